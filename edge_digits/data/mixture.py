"""Digits from several sources, mixed by weight, with what each is to be tested on kept apart."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.errors import DataError, UsageError
from device.idx import LabelledDigits

from .digit_set import Digits, digests, digits_of, no_digits
from .digit_sources import Kind, SourceDigits, read_source
from .keeping_apart import KeptApart, keep_apart


@dataclass(frozen=True)
class MixtureSource:
    """What one source gives to a mixture.

    Attributes:
        name: where it came from.
        kind: what it is stored as.
        weight: how often training draws from it, relative to the others; None where every digit counts alike.
        train_count: training digits, after what other sources test on was taken out.
        test_count: test digits.
        is_held_back: whether the test digits were held back from the training ones, as the source keeps none apart.
        taken_out: training digits left out because another source tests on the very same picture.
        md5: hex MD5 of each of its four arrays as an IDX file, by the names that `digests` gives them.
    """

    name: str
    kind: Kind
    weight: float | None
    train_count: int
    test_count: int
    is_held_back: bool
    taken_out: int
    md5: dict[str, str]


@dataclass(frozen=True, eq=False)
class Mixture:
    """Digits of several sources, one source after the other.

    Attributes:
        images: uint8 (N, 28, 28), 0–255, the training part.
        labels: uint8 (N,), 0–9.
        part: int16 (N,), index of each digit's source.
        test_images: uint8 (M, 28, 28), 0–255.
        test_labels: uint8 (M,), 0–9.
        test_part: int16 (M,), index of each test digit's source.
        sources: what each gives.
        is_sample: whether the only source is the sample that ships with this project.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    part: NDArray[np.int16]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]
    test_part: NDArray[np.int16]
    sources: tuple[MixtureSource, ...]
    is_sample: bool = False

    @property
    def digits(self) -> Digits:
        """The mixture as a training and a test part, without weights."""
        return Digits(self.images, self.labels, self.test_images, self.test_labels, self.name, self.is_sample)

    @property
    def name(self) -> str:
        """All sources, with their weights where there are any, for people to read."""
        names = [each.name if each.weight is None else f"{each.name} × {each.weight:g}" for each in self.sources]
        return " + ".join(names) if len(names) > 1 else self.sources[0].name

    @property
    def missing_classes(self) -> list[str]:
        """The labels that no training digit has."""
        counts = np.bincount(self.labels, minlength=len(LABELS))
        return [label for label, count in zip(LABELS, counts, strict=True) if not count]

    @cached_property
    def sampling_weights(self) -> NDArray[np.float32]:
        """float32 (N,), how often to draw each training digit relative to the others; their mean is 1.

        The digits of a source together weigh what the source weighs.
        """
        counts = np.array([each.train_count for each in self.sources], np.float64)
        weights = [float(each.train_count) if each.weight is None else each.weight for each in self.sources]
        shares = np.array([weight if count else 0.0 for weight, count in zip(weights, counts, strict=True)])
        each = shares / shares.sum() * counts.sum() / np.maximum(counts, 1)
        drawn: NDArray[np.float32] = each[self.part].astype(np.float32)
        return drawn

    def test_of(self, index: int) -> LabelledDigits:
        """Return the test digits of one source."""
        own = self.test_part == index
        return LabelledDigits(self.test_images[own], self.test_labels[own])


def load_mixture(
    sources: Sequence[Path | str],
    weights: Sequence[float] | None = None,
    *,
    seed: int = 0,
    every_class: bool = True,
    report: Callable[[str], None],
) -> Mixture:
    """Read several sources of any kind and put them together.

    A source that keeps no test part has a tenth of each class held back. Which digits these are follows from the
    pictures and the seed, not from the order of files, so that a collection that grows keeps nearly all of them apart.
    A training digit whose very picture another source tests on is left out.

    Args:
        sources: as `read_source` takes them.
        weights: how often to draw from each source, relative to the others, whatever their sizes; None where every
            digit is to count alike.
        seed: decides what is held back.
        every_class: refuse a mixture in which a digit from 0 to 9 has no training sample.
        report: takes each line about what was read, left out and held back.

    Raises:
        UsageError: there are no sources, one is named twice, or the weights are not one positive number for each.
        DataError: a source is missing, damaged or empty, or classes are without samples.
    """
    _check_request(sources, weights)
    read = [read_source(each, report=report) for each in sources]
    prepared = keep_apart(read, seed=seed)
    for source, each in zip(read, prepared, strict=True):
        if each.taken_out:
            report(f"{source.name}: left out {each.taken_out:,} training digits that another source tests on")
        if each.is_held_back and len(each.test.labels):
            report(f"{source.name}: held back {len(each.test.labels):,} of its digits to test on")
    mixture = _join(read, prepared, weights)
    _check_outcome(mixture, every_class=every_class)
    return mixture


def _check_request(sources: Sequence[Path | str], weights: Sequence[float] | None) -> None:
    if not sources:
        raise UsageError("expected at least one source of digits, found none; name one with --data")
    places = [os.path.realpath(each) for each in sources]
    twice = next((each for each, place in zip(sources, places, strict=True) if places.count(place) > 1), None)
    if twice is not None:
        raise UsageError(f"expected every source once, found {twice} twice; give it a weight instead")
    if weights is None:
        return
    if len(weights) != len(sources):
        raise UsageError(f"expected a weight for each of {len(sources)} sources, found {len(weights)}")
    wrong = next((each for each in weights if not (math.isfinite(each) and each > 0)), None)
    if wrong is not None:
        raise UsageError(f"expected weights above 0, found {wrong:g}; leave out a source that is not wanted")
    if not math.isfinite(sum(weights)):
        shown = " and ".join(f"{each:g}" for each in weights)
        raise UsageError(f"expected weights whose sum is finite, found {shown}; only how they compare matters")


def _join(read: Sequence[SourceDigits], prepared: Sequence[KeptApart], weights: Sequence[float] | None) -> Mixture:
    """Put prepared sources one after the other; a single one keeps its arrays."""
    sources = tuple(
        MixtureSource(
            name=source.name,
            kind=source.kind,
            weight=None if weights is None else float(weights[index]),
            train_count=len(each.train.labels),
            test_count=len(each.test.labels),
            is_held_back=each.is_held_back,
            taken_out=each.taken_out,
            md5=digests(digits_of(each.train, each.test, source=source.name)),
        )
        for index, (source, each) in enumerate(zip(read, prepared, strict=True))
    )
    train, test = _concatenated([each.train for each in prepared]), _concatenated([each.test for each in prepared])
    return Mixture(
        images=train.images,
        labels=train.labels,
        part=np.repeat(np.arange(len(sources), dtype=np.int16), [each.train_count for each in sources]),
        test_images=test.images,
        test_labels=test.labels,
        test_part=np.repeat(np.arange(len(sources), dtype=np.int16), [each.test_count for each in sources]),
        sources=sources,
        is_sample=len(read) == 1 and read[0].is_sample,
    )


def _concatenated(parts: Sequence[LabelledDigits]) -> LabelledDigits:
    if len(parts) == 1:
        return parts[0]
    joined = [no_digits(), *parts]
    return LabelledDigits(
        np.concatenate([each.images for each in joined]), np.concatenate([each.labels for each in joined])
    )


def _check_outcome(mixture: Mixture, *, every_class: bool) -> None:
    if not every_class:
        return
    idle = [each for each in mixture.sources if each.train_count == 0]
    if idle:
        reason = "only digits that another source tests on" if idle[0].taken_out else "only test digits"
        raise DataError(f"{idle[0].name}: expected digits to train on, found {reason}; leave it out")
    if mixture.missing_classes:
        raise DataError(
            f"{mixture.name}: expected training digits of every class, found none of "
            f"{', '.join(mixture.missing_classes)}; add some, or mix in MNIST with --data mnist"
        )
