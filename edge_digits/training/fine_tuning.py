"""Going on from a trained model with new digits: what it starts from, and whether it got better or worse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from converters.keras_models import read_trained
from converters.references import load_reference
from device.contract import LABELS, SIDE
from device.errors import ContractError, DataError, GateError, UsageError
from device.idx import CANONICAL_MD5
from device.inference.inference import are_logits
from device.inference.input_range import RAW
from device.statistics import mcnemar_p

from ..conversion_data import training_record
from ..data.keeping_apart import picture_keys
from ..data.mixture import Mixture, MixtureSource
from ..data.mnist import SPLIT_SEED, default_validation, load_mnist, validation_split
from ..data.mnist_sources import from_sample
from ..taken_range import taken_range

LEAST_ACCURACY = 0.2
LARGEST_DROP = 0.005
CHANCE = 0.05
_ASKED = 500  # digits that tell logits from scores
_OTHER_SHAPES = (None, SIDE, SIDE), (None, SIDE * SIDE)


@dataclass(frozen=True)
class HeldBack:
    """Digits of one source that the run does not learn from.

    Attributes:
        name: of the source.
        images: uint8 (N, 28, 28).
        labels: uint8 (N,).
        is_gated: whether a model that reads fewer of them right is refused; test sets only report.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    is_gated: bool


@dataclass(frozen=True)
class Change:
    """What became of the digits of one source.

    Attributes:
        name: of the source.
        count: digits compared.
        before: right before, digits.
        after: right after, digits.
        p_value: of McNemar's test, for the difference being chance.
        is_gated: whether it decides.
    """

    name: str
    count: int
    before: int
    after: int
    p_value: float
    is_gated: bool

    def __str__(self) -> str:
        change = f"{self.before / self.count:.2%} → {self.after / self.count:.2%}"
        p_value = "< 0.01" if self.p_value < 0.01 else f"= {self.p_value:.2f}"
        return f"{self.name}: {change} of {self.count:,} digits (McNemar p {p_value})"

    def is_worse(self, max_drop: float | None) -> bool:
        """Tell whether more digits were lost than may be.

        Args:
            max_drop: share of the digits that may be lost, 0–1; None for 0.5 points, or fewer beyond chance.
        """
        lost = self.before - self.after
        if lost <= 1:  # one digit says nothing, however few there are
            return False
        if max_drop is not None:
            return lost > max_drop * self.count
        return lost > LARGEST_DROP * self.count or self.p_value < CHANCE


def load_digit_model(path: Path, *, report: Callable[[str], None] = lambda line: None) -> keras.Model:
    """Load a model to go on from or to learn from; one that ends in logits gets a softmax behind them.

    Args:
        path: a `.keras` or `.h5` file.
        report: takes a line where a softmax was put behind logits.

    Raises:
        ModelFileError: it is missing, no Keras model, or has weights that are no numbers.
        ContractError: it does not take 28×28 raw pixels with an axis for their channel, or does not answer with ten
            scores.
    """
    model = read_trained(path)
    expected = (None, SIDE, SIDE, 1), (None, len(LABELS))
    found = tuple(model.input_shape), tuple(model.output_shape)
    if found != expected:
        advice = "name a model of one digit"
        if found[0] in _OTHER_SHAPES and found[1] == expected[1]:
            advice = (
                f"training gives it {expected[0]}: put a keras.layers.Reshape({found[0][1:]}) in front of its layers"
            )
        raise ContractError(
            f"{path}: expected a model from {expected[0]} to {expected[1]}, found {found[0]} to {found[1]}; {advice}"
        )
    taken = taken_range(load_reference(path), training_record(path))
    if taken != RAW:
        raise ContractError(
            f"{path}: expected a model that takes raw pixels 0-255, found one that takes {taken.name}; put "
            f"keras.layers.Rescaling(1/{1 / taken.scale:g}, {taken.offset:g}) in front of its layers and save it again"
        )
    return _with_softmax(path, model, report)


def _with_softmax(path: Path, model: keras.Model, report: Callable[[str], None]) -> keras.Model:
    """Put a softmax behind a model whose answers are surely logits, as `evaluate` does: recipes want probabilities."""
    digits = from_sample().train_images[:_ASKED]
    if not are_logits(model.predict(digits[..., np.newaxis], batch_size=_ASKED, verbose=0)):
        return model
    report(f"{path}: its scores are logits: a softmax is put behind them")
    probabilities = keras.layers.Softmax(name="softmax_of_logits")(model.outputs[0])
    return keras.Model(model.inputs[0], probabilities, name=model.name)


def refuse_frozen(path: Path, model: keras.Model) -> None:
    """Refuse a model to go on from of which nothing would learn.

    Raises:
        ContractError: none of its weights is trainable.
    """
    if not model.trainable_weights:
        raise ContractError(
            f"{path}: expected weights that can learn, found every layer frozen; set trainable and save it again"
        )


def held_back_of(mixture: Mixture, validation: NDArray[np.int64]) -> list[HeldBack]:
    """Gather what each source keeps apart: validation digits, and test digits.

    A source of the user's own that keeps no test part is judged by all that was held back of it; MNIST's test digits
    only report.

    Args:
        mixture: what the run learns from.
        validation: int64 (K,), positions of its training digits that are held back.
    """
    sets = []
    for index, source in enumerate(mixture.sources):
        own = validation[mixture.part[validation] == index]
        images, labels, test = mixture.images[own], mixture.labels[own], mixture.test_of(index)
        if source.is_held_back:
            images, labels = np.concatenate([images, test.images]), np.concatenate([labels, test.labels])
        elif len(test.labels):
            sets.append(HeldBack(f"{source.name}, test", test.images, test.labels, is_gated=False))
        if len(labels):
            sets.append(HeldBack(_gated_name(source), images, labels, is_gated=True))
    return sets


def warn_of_ungated(mixture: Mixture, sets: Sequence[HeldBack], *, report: Callable[[str], None]) -> None:
    """Say of which sources nothing is held back, so that a model that reads them worse is not noticed.

    Args:
        mixture: what the run learns from.
        sets: what was held back of it.
        report: takes a line for each such source.
    """
    gated = {each.name for each in sets if each.is_gated}
    for source in mixture.sources:
        if _gated_name(source) not in gated:
            cure = "add digits: with five of a class, one is held back" if source.is_held_back else "raise --validation"
            report(f"warning: nothing of {source.name} is held back, so a model that reads it worse passes; {cure}")


def _gated_name(source: MixtureSource) -> str:
    return f"{source.name}, held back"


def mnist_held_back(mixture: Mixture, learned: NDArray[np.int64], *, report: Callable[[str], None]) -> list[HeldBack]:
    """Gather MNIST's validation digits where MNIST is not in the mixture, so that a model that forgets it is noticed.

    Those that the run learns from, as from a source that shares digits with MNIST, are left out.

    Args:
        mixture: what the run learns from.
        learned: int64 (K,), positions of its training digits that are learned from.
        report: takes a line about where MNIST came from, or why there is none.
    """
    test_digest = CANONICAL_MD5["test_images"]
    if any(each.kind == "mnist" or each.md5["test_images"] == test_digest for each in mixture.sources):
        return []
    try:
        mnist = load_mnist(None, report=report)
        if len(mnist.train_labels) < len(LABELS):
            raise DataError(f"{mnist.source}: expected training digits, found {len(mnist.train_labels)}")
    except DataError as cause:
        report(f"warning: without MNIST, a model that forgets it is not noticed: {cause}")
        return []
    count = default_validation(len(mnist.train_labels))
    held = validation_split(mnist.train_labels, count=count, seed=SPLIT_SEED).validation
    images = mnist.train_images[held]
    is_new = ~np.isin(picture_keys(images), picture_keys(mixture.images[learned]))
    if not is_new.any():
        return []
    return [HeldBack(f"{mnist.source}, held back", images[is_new], mnist.train_labels[held][is_new], is_gated=True)]


def comparison(
    model: keras.Model, sets: Sequence[HeldBack], *, max_drop: float | None, report: Callable[[str], None]
) -> Callable[[keras.Model], list[dict[str, Any]]]:
    """Note what a model reads now; return the function that says what became of it, or refuses it where it got worse.

    Args:
        model: before training.
        sets: what to read.
        max_drop: share of a set's digits that it may lose, as `Change.is_worse` takes it.
        report: takes a line for each set.

    Raises:
        UsageError: the model reads next to nothing, as one does that expects other pixels than 0–255.
    """
    before = [_right(model, each) for each in sets]
    worst = min((right.mean() for right, each in zip(before, sets, strict=True) if not each.is_gated), default=1.0)
    if worst < LEAST_ACCURACY:
        raise UsageError(
            f"--init: expected a model that reads digits of 0–255 pixels, found one that reads {worst:.0%} of them; "
            "name a trained one that scales its input itself"
        )

    def accept(trained: keras.Model) -> list[dict[str, Any]]:
        changes = [_change(each, old, _right(trained, each)) for each, old in zip(sets, before, strict=True)]
        for change in changes:
            is_chance = change.before > change.after and change.p_value >= CHANCE
            chance = ", which is within chance" if is_chance else ""
            report(f"{change}{chance}{'' if change.is_gated else ', for report only'}")
        worse = [each for each in changes if each.is_gated and each.is_worse(max_drop)]
        if worse:
            points = LARGEST_DROP if max_drop is None else max_drop
            chance = f", and none beyond chance (p {CHANCE} or more)" if max_drop is None else ""
            raise GateError(
                f"expected at most {100 * points:g} points lost{chance}, found {'; '.join(map(str, worse))}; the model "
                "is not written: add more data, or resume with a larger --max-drop"
            )
        return [asdict(change) for change in changes]

    return accept


def _right(model: keras.Model, held: HeldBack) -> NDArray[np.bool_]:
    scores = model.predict(held.images[..., np.newaxis], batch_size=500, verbose=0)
    right: NDArray[np.bool_] = scores.argmax(axis=1) == held.labels
    return right


def _change(held: HeldBack, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Change:
    p_value = mcnemar_p(int((after & ~before).sum()), int((before & ~after).sum()))
    return Change(held.name, len(before), int(before.sum()), int(after.sum()), p_value, held.is_gated)
