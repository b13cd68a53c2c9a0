"""The labelled digits that models are evaluated on: MNIST's test digits unless something else is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import DataError, UsageError
from device.idx import LabelledDigits, idx_md5

from ..data.digit_set import Digits, digests, no_digits
from ..data.digit_sources import read_source
from ..data.mixture import load_mixture
from ..data.mnist import SPLIT_SEED, default_validation, is_canonical, load_mnist, validation_split

SPLITS = ("test", "validation", "train", "all")
NAMES = {"test": "test digits", "validation": "digits held back for validation", "train": "training digits"}


@dataclass(frozen=True, eq=False)
class EvaluationDigits:
    """Labelled digits with a name.

    Attributes:
        images: uint8 (N, 28, 28), 0–255.
        labels: uint8 (N,), 0–9.
        description: what they are, for people: "MNIST, test digits".
        source: where they came from.
        split: test, validation, train or all.
        md5: hex MD5 of images and then labels, each as an IDX file.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    description: str
    source: str
    split: str
    md5: str


def load_evaluation_digits(
    data: Path | None,
    *,
    split: str | None = None,
    training: Sequence[Mapping[str, Any]] = (),
    report: Callable[[str], None],
) -> EvaluationDigits:
    """Take the digits to evaluate on.

    Args:
        data: anything that `train` takes as a source; MNIST where None.
        split: the part of it. "validation" is what training holds back of the training digits; "test" of a source that
            keeps no test part apart is what training holds back of it to test on. Unless given, the test part where
            there is one, and everything where there is none.
        training: what is recorded of each model's training.
        report: takes each line about where digits come from, and doubts about the split.

    Raises:
        DataError: what is named is missing, damaged, ill-formed or empty.
        UsageError: models held different digits back.
    """
    if data is not None:
        if split is None or split == "all":
            return _own_digits(data, split, report)
        digits = load_mixture([data], every_class=False, report=report).digits
    else:
        digits = load_mnist(None, report=report)
    name = "MNIST" if is_canonical(digits) else "the embedded sample of MNIST" if digits.is_sample else digits.source
    split = split or "test"
    part = _part(digits, split, training, report)
    if len(part.labels) == 0:
        raise DataError(f"{digits.source}: expected {NAMES.get(split, 'digits')}, found none; choose another --split")
    return _named(part, f"{name}, {NAMES.get(split, 'all digits')}", digits.source, split)


def _own_digits(data: Path, split: str | None, report: Callable[[str], None]) -> EvaluationDigits:
    """Read a source and take its test part, or everything where it has none or that was asked for."""
    source = read_source(data, report=report)
    parts = [part for part in (source.train, source.test) if part is not None and len(part.labels)]
    if not parts:
        raise DataError(f"{data}: expected labelled digits, found none; check the path")
    if split is None and source.test is not None and len(source.test.labels):
        digits = Digits(*_arrays(source.train), *_arrays(source.test), source.name)
        name = "MNIST" if is_canonical(digits) else source.name
        return _named(source.test, f"{name}, test digits", source.name, "test")
    return _named(_joined(parts), f"{source.name}, all digits", source.name, "all")


def _part(
    digits: Digits, split: str, training: Sequence[Mapping[str, Any]], report: Callable[[str], None]
) -> LabelledDigits:
    if split == "all":
        return _joined([digits.train, digits.test])
    if split == "test":
        return digits.test
    if split == "train":
        return digits.train
    if len(digits.train_labels) < 2:  # nothing that could be parted
        return no_digits()
    of_these = [record for record in training if record.get("data") in (None, digests(digits))]
    if len(of_these) < len(training):
        report("warning: a model was trained on other digits than these, so it may have seen what is held back here")
    count = _held_back(of_these, default=default_validation(len(digits.train_labels)))
    held = validation_split(digits.train_labels, count=count, seed=SPLIT_SEED).validation
    return LabelledDigits(digits.train_images[held], digits.train_labels[held])


def _held_back(training: Sequence[Mapping[str, Any]], *, default: int) -> int:
    """Return how many digits training held back, by the models' records, or the default where none says it."""
    settings = [record.get("settings", {}) for record in training]
    found = {int(each.get("validation", default)) for each in settings} or {default}
    if len(found) > 1:
        raise UsageError(
            f"expected models that held as many digits back, found {sorted(found)}; evaluate them one by one, or on "
            "--split test"
        )
    return found.pop()


def _joined(parts: Sequence[LabelledDigits]) -> LabelledDigits:
    return LabelledDigits(
        np.concatenate([each.images for each in parts]), np.concatenate([each.labels for each in parts])
    )


def _arrays(part: LabelledDigits) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    return part.images, part.labels


def _named(part: LabelledDigits, description: str, source: str, split: str) -> EvaluationDigits:
    return EvaluationDigits(part.images, part.labels, description, source, split, md5=idx_md5(part.images, part.labels))
