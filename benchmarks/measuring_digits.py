"""The digits that accuracy is measured on, with a digest that says which they were."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.errors import DataError
from device.idx import CANONICAL_MD5, LabelledDigits, idx_md5, read_part
from device.paths import cache_dir
from device.printable import printable

_log = logging.getLogger(__name__)

MOST_CLASSES = 256  # as many as a label of one byte can name
DATA_VARIABLE = "EDGE_DIGITS_DATA"
SAMPLE_TEST = Path(__file__).parent / "assets" / "mnist_sample_test.npz"
SAMPLE_MD5: Mapping[str, str] = {
    "test_images": "f410bb200c2349d34c5b1f277674510b",
    "test_labels": "507cfcb7c9474cd87b5ec02ee359a607",
}
"""MD5 of the embedded test digits as IDX files."""


@dataclass(frozen=True, eq=False)
class MeasuringDigits:
    """Labelled digits to measure accuracy on.

    Attributes:
        images: uint8 (N, 28, 28), 0–255.
        labels: uint8 (N,), 0–9 for digits; what is named may have further classes.
        source: where they came from, for people to read.
        md5: hex MD5 of the images and then the labels, each as an IDX file; equal digits have an equal digest.
        is_sample: whether they are the 2,000 that ship with this project.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    source: str
    md5: str
    is_sample: bool = False

    @property
    def classes(self) -> int:
        """How many classes there are: ten, or as many as the labels name."""
        return max(len(LABELS), int(self.labels.max()) + 1)


def load_measuring_digits(data: Path | None, *, report: Callable[[str], None] = _log.warning) -> MeasuringDigits:
    """Take test digits from what is named, else from the cache of `edge-digits data fetch`, else from the sample.

    Args:
        data: npz file or folder of IDX files; where None, the environment variable EDGE_DIGITS_DATA may name one. What
            is named must work and may hold other digits than MNIST's.
        report: takes a line when the cache is damaged and therefore passed over.

    Raises:
        DataError: what is named is missing, damaged or ill-formed.
    """
    named = data or from_variable()
    if named is not None:
        with naming_variable(data):
            part = read_part(named, "test", classes=MOST_CLASSES)
        return _measuring_digits(
            part, f"MNIST, {named}" if _matches(part, CANONICAL_MD5) else f"{named} (not MNIST's test digits)"
        )
    cache = cache_dir() / "mnist.npz"
    if cache.exists():
        try:
            return _measuring_digits(_verified(read_part(cache, "test"), CANONICAL_MD5, str(cache)), f"MNIST, {cache}")
        except DataError as cause:
            report(f"{cause}; measuring on the embedded sample")
    part = _verified(read_part(SAMPLE_TEST, "test"), SAMPLE_MD5, str(SAMPLE_TEST))
    return _measuring_digits(part, f"the embedded sample ({len(part.labels):,} test digits of MNIST)", is_sample=True)


def from_variable() -> Path | None:
    """Return what the environment variable EDGE_DIGITS_DATA names, or None."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named) if named else None


@contextmanager
def naming_variable(data: Path | None) -> Iterator[None]:
    """Say of an error in digits that the environment variable names them, where `data` does not."""
    try:
        yield
    except DataError as cause:
        if data is not None:
            raise
        found = str(cause).rsplit("; ", 1)[0]  # what to do is another thing here
        raise DataError(f"{found}; set {DATA_VARIABLE}, which names it, right or unset it") from cause


def _measuring_digits(part: LabelledDigits, source: str, *, is_sample: bool = False) -> MeasuringDigits:
    return MeasuringDigits(part.images, part.labels, printable(source), idx_md5(part.images, part.labels), is_sample)


def _matches(part: LabelledDigits, expected: Mapping[str, str]) -> bool:
    return (idx_md5(part.images), idx_md5(part.labels)) == (expected["test_images"], expected["test_labels"])


def _verified(part: LabelledDigits, expected: Mapping[str, str], name: str) -> LabelledDigits:
    if not _matches(part, expected):
        raise DataError(f"{name}: expected test digits with MD5 {expected['test_images']}, found other digits")
    return part
