"""Writing digits as one npz file, with the arrays that Keras's mnist.npz has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..run_files import write_npz
from .digit_set import Digits


def write_digits(digits: Digits, path: Path) -> None:
    """Write the parts of a set of digits that hold any, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    if len(digits.train_labels):
        arrays |= {"x_train": digits.train_images, "y_train": digits.train_labels}
    if len(digits.test_labels):
        arrays |= {"x_test": digits.test_images, "y_test": digits.test_labels}
    write_npz(path, compressed=True, **arrays)
