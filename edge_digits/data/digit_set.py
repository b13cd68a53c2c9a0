"""The digits that training and evaluation work with, and how to tell whether they are MNIST."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE
from device.errors import DataError
from device.idx import CANONICAL_MD5, LabelledDigits, Part, idx_md5, read_part

PARTS: tuple[Part, ...] = ("train", "test")


@dataclass(frozen=True, eq=False)
class Digits:
    """A training and a test part of labelled canonical digits.

    Attributes:
        train_images: uint8 (N, 28, 28), 0–255.
        train_labels: uint8 (N,), 0–9.
        test_images: uint8 (M, 28, 28), 0–255.
        test_labels: uint8 (M,), 0–9.
        source: where they came from, for people to read.
        is_sample: whether they are the small sample that ships with this project rather than the whole.
    """

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]
    source: str
    is_sample: bool = False

    @property
    def train(self) -> LabelledDigits:
        """The training part."""
        return LabelledDigits(self.train_images, self.train_labels)

    @property
    def test(self) -> LabelledDigits:
        """The test part."""
        return LabelledDigits(self.test_images, self.test_labels)


def digits_of(train: LabelledDigits, test: LabelledDigits, *, source: str, is_sample: bool = False) -> Digits:
    """Put a training and a test part together."""
    return Digits(train.images, train.labels, test.images, test.labels, source, is_sample)


def no_digits() -> LabelledDigits:
    """Return a part without digits."""
    return LabelledDigits(np.zeros((0, SIDE, SIDE), np.uint8), np.zeros(0, np.uint8))


def read_digits(path: Path, *, source: str) -> Digits:
    """Read both parts from an npz file or a folder, whatever digits they are.

    Raises:
        DataError: a part is missing, damaged or ill-formed.
    """
    return digits_of(read_part(path, "train"), read_part(path, "test"), source=source)


def read_parts(path: Path, *, source: str) -> Digits:
    """Read an npz file or a folder, whatever digits they are; an npz may hold one part alone, the other is empty then.

    Raises:
        DataError: a part is damaged or ill-formed, or both are missing.
    """
    parts = _parts_in(path)
    read = {part: read_part(path, part) if part in parts else no_digits() for part in PARTS}
    return digits_of(read["train"], read["test"], source=source)


def _parts_in(path: Path) -> tuple[Part, ...]:
    """Return which parts an npz file holds; both where that cannot be told, so that reading it says what is wrong."""
    if not path.is_file():
        return PARTS
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return PARTS
    return tuple(part for part in PARTS if {f"x_{part}.npy", f"y_{part}.npy"} & names) or PARTS


def refuse_one_part(digits: Digits) -> None:
    """Refuse data that lack what is trained on or what is tested on, before long work needs both.

    Raises:
        DataError: they do.
    """
    training, test = len(digits.train_labels), len(digits.test_labels)
    if not training or not test:
        raise DataError(
            f"{digits.source}: expected digits to train on and to test on, found {training:,} and {test:,}; "
            "name data with both parts"
        )


def digests(digits: Digits) -> dict[str, str]:
    """Return the hex MD5 of each of the four arrays, serialised as an IDX file, by the name of its field."""
    return {
        "train_images": idx_md5(digits.train_images),
        "train_labels": idx_md5(digits.train_labels),
        "test_images": idx_md5(digits.test_images),
        "test_labels": idx_md5(digits.test_labels),
    }


def is_canonical(digits: Digits) -> bool:
    """Return whether these are MNIST's 60,000 and 10,000 digits in their published order."""
    return digests(digits) == CANONICAL_MD5


def verify(digits: Digits, expected: Mapping[str, str] = CANONICAL_MD5) -> Digits:
    """Return the digits unchanged if their digests are those expected.

    Args:
        digits: what to verify.
        expected: hex MD5 of each array, as `digests` gives them; MNIST's unless given.

    Raises:
        DataError: an array is a different one; the message names the first.
    """
    for name, found in digests(digits).items():
        if found != expected[name]:
            raise DataError(f"{digits.source}: expected {name} with MD5 {expected[name]}, found {found}")
    return digits
