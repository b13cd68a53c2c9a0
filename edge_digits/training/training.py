"""Training a named architecture by its recipe, repeatably, with a checkpoint after every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.early_end import raise_if_asked
from device.errors import EdgeDigitsError, UsageError
from device.output_files import refuse_unwritable

from ..data.digit_set import Digits, digests
from ..data.keeping_apart import picture_keys
from ..data.mnist import DEFAULT_VALIDATION, SPLIT_SEED, ValidationSplit, validation_split
from ..recipes import RECIPES, Recipe
from ..run_files import refuse_run
from ..synthetic.non_digits import draw_non_digits
from ..synthetic.pen_digits import draw_pen_digits
from ..synthetic.printed_digits import draw_printed_digits
from ..tensorflow_setup import make_deterministic
from .architectures import build
from .batches import fit_once, in_batches
from .checkpoint import remove_checkpoint, save_checkpoint
from .distillation import lesson_names, teach
from .epochs import NO_DIGIT, Epoch, Lessons, epochs_of
from .resuming import stopped_run
from .run_outcome import Trained, as_json, complete_outcome, finished_run, write_outcome

NON_DIGIT_SEED = 0
PRINTED_SEED = 0
WRITTEN_SEED = 0


@dataclass(frozen=True)
class TrainingSettings(Recipe):
    """What decides the outcome of a run; two runs with the same settings and data give the same model.

    Attributes:
        arch: name of the architecture.
        seed: weights, dropout and order follow from it; the digits held back do not, so that runs can be compared.
        validation: how many training digits to hold back.
        teachers: digests of the models learned from.
        init: digest of the model whose weights were started from, empty where they were drawn.
        weights: how often each source of the data was drawn from relative to the others, where that was said.
    """

    arch: str = "cnn"
    seed: int = 0
    validation: int = DEFAULT_VALIDATION
    teachers: tuple[str, ...] = ()
    init: str = ""
    weights: tuple[float, ...] = ()

    @classmethod
    def from_recipe(
        cls,
        arch: str,
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        augment: bool = True,
        **others: Any,
    ) -> TrainingSettings:
        """Take the architecture's recipe where nothing else is said."""
        recipe = RECIPES[arch]
        values: dict[str, Any] = {field.name: getattr(recipe, field.name) for field in fields(recipe)}
        given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
        values |= {name: value for name, value in given.items() if value is not None}
        if not augment:
            values["augmentation"] = values["last_augmentation"] = None
        return cls(arch=arch, **values, **others)


def train(
    digits: Digits,
    settings: TrainingSettings,
    out: Path,
    *,
    frequency: NDArray[np.float32] | None = None,
    part: NDArray[np.int16] | None = None,
    teachers: Sequence[Path] = (),
    init: keras.Model | None = None,
    accept: Callable[[keras.Model], list[dict[str, Any]]] | None = None,
    resume: bool = False,
    force: bool = False,
    report: Callable[[str], None],
) -> Trained:
    """Train a model; write model.keras, history.json, training.json and curves.png to `out`.

    Args:
        digits: the data; only its training part is used.
        settings: what decides the outcome.
        out: folder for the results, made if need be.
        frequency: float32 (N,), how often to see each training digit in an epoch on average, or None for once each.
        part: int16 (N,), which source each training digit is of, so that some of each are held back; None for one.
        teachers: Keras models to learn from beside the labels; `settings` holds their digests.
        init: the model to start from; `settings` holds its digest.
        accept: returns what became of the model started from, for the record; raises if it is not to be written, and
            the run can then be resumed.
        resume: continue the run that was stopped in `out`; start one if there is none.
        force: overwrite what is in `out`.
        report: takes a line for each epoch.

    Raises:
        OutputExistsError: `out` holds a run and neither `resume` nor `force` is given.
        UsageError: `resume` with other settings than the stopped run's, or too few digits for one batch.
        OutputError: `out` cannot be written.
        ModelFileError: a teacher cannot be loaded.
        DataError: the checkpoint is damaged, or another network's.
        EdgeDigitsError: the loss is no number any more.
    """
    split = held_back_split(digits, settings, part)
    if len(split.train) < settings.batch_size:
        raise UsageError(
            f"expected at least one batch of {settings.batch_size}, found {len(split.train)} digits to learn from; "
            "lower --batch-size, add digits, as with --data mnist, or go on from a model with --init"
        )
    refuse_unwritable(out)
    keras.utils.set_random_seed(settings.seed)
    make_deterministic()

    identity = as_json({"settings": asdict(settings), "data": digests(digits)})
    finished = finished_run(out, identity) if resume and not force else None
    if finished is not None:
        complete_outcome(finished, settings=settings)
        remove_checkpoint(out)
        report(f"{out}: this run is finished already")
        return finished
    checkpoint = stopped_run(out, identity, settings.arch, init, report=report) if resume and not force else None
    if checkpoint is None and not force:
        refuse_run(out)
    report(f"preparing {len(split.train):,} digits to learn from; {len(split.validation):,} are held back")
    lessons = _lessons(digits, frequency, split, settings, teachers, report)
    if force:  # not before a teacher that cannot be loaded is refused
        remove_checkpoint(out)
    steps = len(lessons.images) // settings.batch_size
    model = checkpoint.model if checkpoint else compile_model(init or build(settings.arch), settings, steps=steps)
    history = list(checkpoint.history) if checkpoint else []
    held_back = digits.train_images[split.validation], digits.train_labels[split.validation]
    for epoch in epochs_of(lessons, numbers=range(len(history), settings.epochs), seed=settings.seed):
        raise_if_asked()
        row = _learn(model, epoch, settings, held_back, report=report)
        if not np.isfinite(row["loss"]):
            raise EdgeDigitsError(
                f"{out}: expected a finite loss, found {row['loss']} in epoch {row['epoch']:.0f}; start over with "
                "--force and a lower --learning-rate"
            )
        history.append(row)
        save_checkpoint(out, model, identity, history)
        report(_line(history[-1], settings))
    changes = [] if accept is None else accept(model)
    trained = write_outcome(
        model, out, identity, history, digits=digits, held_back=held_back, settings=settings, changes=changes
    )
    remove_checkpoint(out)
    return trained


def held_back_split(
    digits: Digits, settings: TrainingSettings, part: NDArray[np.int16] | None = None
) -> ValidationSplit:
    """Say which training digits a run learns from and which it holds back: of each class and source in proportion.

    What is held back of a source are some of the digits that a run on this source alone holds back, so that a model
    that such a run trained has learned from none of them.
    """
    labels = digits.train_labels.astype(np.int16)
    count = settings.validation
    if part is None or not part.any():
        return validation_split(labels, count=count, seed=SPLIT_SEED)
    among = np.zeros(len(labels), bool)
    for index in np.unique(part):
        own = np.flatnonzero(part == index)
        if len(own) > count:
            own = own[validation_split(labels[own], count=count, seed=SPLIT_SEED).validation]
        among[own] = True
    split = validation_split(labels + part * len(LABELS), count=count, seed=SPLIT_SEED, among=among)
    # Sources overlap, as Kaggle's digits with MNIST: what one holds back must not be learned from another.
    keys = picture_keys(digits.train_images)
    return ValidationSplit(split.train[~np.isin(keys[split.train], keys[split.validation])], split.validation)


def compile_model(model: keras.Model, settings: TrainingSettings, *, steps: int) -> keras.Model:
    """Compile a model with its recipe's optimiser and loss.

    Args:
        model: what to train.
        settings: what decides the outcome.
        steps: batches in an epoch.
    """
    model.compile(
        optimizer=_optimizer(settings, steps=steps),
        loss=settings.loss,
        metrics=["accuracy"],
        jit_compile=False,  # compiling takes longer than it saves on networks this small
    )
    return model


def _optimizer(settings: TrainingSettings, *, steps: int) -> keras.optimizers.Optimizer:
    if settings.optimizer != "adamw":
        return keras.optimizers.get(
            {"class_name": settings.optimizer, "config": {"learning_rate": settings.learning_rate}}
        )
    warm_up = min(steps, steps * settings.epochs // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 10,
        decay_steps=max(1, steps * settings.epochs - warm_up),
        warmup_target=settings.learning_rate,
        warmup_steps=warm_up,
        alpha=0.005,
    )
    return keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay)


def _lessons(
    digits: Digits,
    frequency: NDArray[np.float32] | None,
    split: ValidationSplit,
    settings: TrainingSettings,
    teachers: Sequence[Path],
    warn: Callable[[str], None],
) -> Lessons:
    """Put together what the run learns from: digits, those drawn here, what is no digit, and what teachers say."""
    images, labels = digits.train_images[split.train], digits.train_labels[split.train]
    count = int(settings.non_digits * len(images))
    others = draw_non_digits(count, images=images, labels=labels, seed=NON_DIGIT_SEED)
    printed, printed_labels = draw_printed_digits(int(settings.printed * len(images)), seed=PRINTED_SEED)
    written, written_labels = draw_pen_digits(int(settings.written * len(images)), seed=WRITTEN_SEED)
    if frequency is not None:
        drawn = np.ones(count + len(printed) + len(written), np.float32)
        frequency = np.concatenate([frequency[split.train], drawn])
    images = np.concatenate([images, printed, written, others])
    labels = np.concatenate([labels, printed_labels, written_labels]).astype(np.int16)
    taught, soft_targets = len(labels) - len(written), None
    if teachers:
        named = lesson_names(images, settings.augmentation_in, digits=taught) if frequency is None else None
        soft_targets = teach(teachers, lesson_in=named, temperature=settings.soft_temperature, warn=warn)
    return Lessons(
        images=images,
        labels=np.concatenate([labels, np.full(count, NO_DIGIT, np.int16)]),
        frequency=frequency,
        classes=len(LABELS),
        augmentation_in=settings.augmentation_in,
        label_smoothing=settings.label_smoothing,
        taught=taught,
        soft_targets=soft_targets,
        soft_share=settings.soft_share,
    )


def _learn(
    model: keras.Model,
    epoch: Epoch,
    settings: TrainingSettings,
    held_back: tuple[Any, Any],
    *,
    report: Callable[[str], None],
) -> Mapping[str, float]:
    """Train for one epoch, showing how far it is, and return its row of the history."""
    began_s = time.perf_counter()
    # Keras saves no state of random layers, so a resumed run could not go on with it; like the order of the digits,
    # they follow from seed and epoch alone.
    for place, layer in enumerate(model.layers):
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([settings.seed + 1000003 * place, epoch.number << 20])
    sparse = settings.loss.startswith("sparse")
    whole = len(epoch.images) // settings.batch_size * settings.batch_size
    images, labels = held_back
    targets = epoch.targets[:whole].argmax(axis=1) if sparse else epoch.targets[:whole]
    label = f"in epoch {epoch.number + 1}/{settings.epochs}"
    logs = fit_once(model, epoch.images[:whole], targets, batch_size=settings.batch_size, label=label, report=report)
    checks = labels if sparse else np.eye(len(LABELS), dtype=np.float32)[labels]
    held = in_batches(images[..., np.newaxis], checks, batch_size=500)
    checked = model.evaluate(**held, verbose=0, return_dict=True)
    row = {name: values[-1] for name, values in logs.items()} | {f"val_{name}": each for name, each in checked.items()}
    row = {name: float(value) for name, value in row.items()}
    return row | {"epoch": epoch.number + 1, "seconds": round(time.perf_counter() - began_s, 3)}


def _line(row: Mapping[str, float], settings: TrainingSettings) -> str:
    return (
        f"epoch {row['epoch']:.0f}/{settings.epochs}: loss {row['loss']:.4f}, "
        f"validation accuracy {row['val_accuracy']:.2%}, {row['seconds']:.0f} s"
    )
