"""The digits a conversion needs: a representative set from training data, and the test digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from converters.request import DigitSample
from device.idx import idx_md5
from device.model_file import sha256

from .digit_set import Digits
from .mnist import balanced_sample
from .run_files import read_json


def calibration_sample(digits: Digits, *, count: int, seed: int) -> DigitSample:
    """Draw a seeded, class-balanced representative set from the training digits.

    Raises:
        UsageError: there are not so many digits of every class.
    """
    chosen = balanced_sample(digits.train_labels, count=count, seed=seed)
    source = {"source": digits.source, "seed": seed, "count": count, "indices_sha256": sha256(chosen.tobytes())}
    return DigitSample(digits.train_images[chosen], digits.train_labels[chosen], source)


def whole_test_set(digits: Digits) -> DigitSample:
    """Return all test digits."""
    source = {"source": digits.source, "count": len(digits.test_labels), "images_md5": idx_md5(digits.test_images)}
    return DigitSample(digits.test_images, digits.test_labels, source)


def training_record(model: Path) -> dict[str, Any]:
    """Return what training.json beside a Keras model says, or nothing where there is none.

    Raises:
        DataError: it is there and damaged.
    """
    beside = model.parent / "training.json"
    return dict(read_json(beside)) if beside.exists() else {}
