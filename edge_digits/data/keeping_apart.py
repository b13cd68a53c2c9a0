"""Keeping what a mixture is tested on apart from what is trained on, whatever sources it has."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.idx import LabelledDigits

from .digit_sources import SourceDigits

HELD_BACK_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class KeptApart:
    """The two parts of one source.

    Attributes:
        train: what to train on.
        test: what to test on.
        is_held_back: whether the test part was held back from the training part.
        taken_out: training digits left out because another source tests on the very same picture.
    """

    train: LabelledDigits
    test: LabelledDigits
    is_held_back: bool
    taken_out: int


def keep_apart(read: Sequence[SourceDigits], *, seed: int) -> list[KeptApart]:
    """Give each source a test part and take out of the others' training parts what is in it.

    A source without a test part of its own has a tenth of each class held back. Which digits these are follows from
    their pixels and the seed. Kaggle's train.csv, for one, holds digits of MNIST's test part.
    """
    if len(read) == 1 and read[0].test is not None:
        return [KeptApart(read[0].train, read[0].test, is_held_back=False, taken_out=0)]
    keys = [picture_keys(each.train.images, seed=seed) for each in read]
    tests = [set() if each.test is None else set(picture_keys(each.test.images, seed=seed).tolist()) for each in read]
    held = [np.zeros(len(each.train.labels), bool) for each in read]
    for index, each in enumerate(read):
        if each.test is None:
            elsewhere = _is_in(keys[index], tests, but=index)
            held[index][~elsewhere] = _lowest(keys[index][~elsewhere], each.train.labels[~elsewhere])
            tests[index] = set(keys[index][held[index]].tolist())
    prepared = []
    for index, each in enumerate(read):
        taken = _is_in(keys[index], tests, but=index) & ~held[index]
        kept = ~taken & ~held[index]
        whole = bool(kept.all())
        prepared.append(
            KeptApart(
                train=each.train if whole else _chosen(each.train, kept),
                test=each.test or _chosen(each.train, held[index]),
                is_held_back=each.test is None,
                taken_out=int(taken.sum()),
            )
        )
    return prepared


def picture_keys(images: NDArray[np.uint8], *, seed: int = 0) -> NDArray[np.uint64]:
    """Return uint64 (N,), a number for each picture that follows from its pixels and the seed alone."""
    salt = seed.to_bytes(8, "little", signed=True)
    content = np.ascontiguousarray(images)
    keys = [hashlib.blake2b(image.data, digest_size=8, salt=salt).digest() for image in content]
    return np.frombuffer(b"".join(keys), np.uint64)


def _is_in(keys: NDArray[np.uint64], tests: Sequence[set[int]], *, but: int) -> NDArray[np.bool_]:
    """Return bool (N,), which pictures are in the test part of a source other than `but`."""
    others = set().union(*(each for index, each in enumerate(tests) if index != but))
    return np.isin(keys, np.fromiter(others, np.uint64, len(others)))


def _lowest(keys: NDArray[np.uint64], labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return bool (N,), which digits to hold back: of each class a tenth, those of the lowest keys, never all.

    Of five to nine digits one is held back, of fewer none; the same picture twice is held back twice or not at all.
    """
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        quota = max(int(len(own) * HELD_BACK_SHARE), int(len(own) >= 5))
        lowest = own[keys[own] < np.sort(keys[own])[quota]]
        held[lowest] = True
    return held


def _chosen(digits: LabelledDigits, which: NDArray[np.bool_]) -> LabelledDigits:
    return LabelledDigits(digits.images[which], digits.labels[which])
