"""The images a conversion needs: a representative set from training data, and the test images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from converters.request import ImageSet
from device.errors import DataError, UsageError
from device.idx import idx_md5
from device.inference.model_file import sha256

from .data.digit_set import Digits
from .data.mnist import balanced_sample
from .recipes import RECIPES
from .run_files import TRAINING_NAME, read_json


def calibration_sample(digits: Digits, *, count: int, seed: int) -> ImageSet:
    """Draw a seeded, class-balanced representative set from the training digits.

    Raises:
        UsageError: there are not so many digits of every class.
    """
    try:
        chosen = balanced_sample(digits.train_labels, count=count, seed=seed)
    except UsageError as cause:
        raise UsageError(f"{digits.source}: {cause} to calibrate with, by --calibrate") from cause
    source = {"source": digits.source, "seed": seed, "count": count, "indices_sha256": sha256(chosen.tobytes())}
    return ImageSet(digits.train_images[chosen], digits.train_labels[chosen], source)


def whole_test_set(digits: Digits) -> ImageSet:
    """Return all test digits."""
    source = {"source": digits.source, "count": len(digits.test_labels), "images_md5": idx_md5(digits.test_images)}
    return ImageSet(digits.test_images, digits.test_labels, source)


def part(images: ImageSet, *, count: int, seed: int) -> ImageSet:
    """Draw part of a set, seeded; all of it where it is no larger."""
    if len(images.images) <= count:
        return images
    chosen = np.sort(np.random.default_rng(seed).choice(len(images.images), count, replace=False))
    labels = None if images.labels is None else images.labels[chosen]
    source = {**images.source, "seed": seed, "count": count, "indices_sha256": sha256(chosen.tobytes())}
    return ImageSet(images.images[chosen], labels, source)


def training_record(model: Path) -> dict[str, Any]:
    """Return what training.json beside a Keras model says of it; nothing without one, or where it is another model's.

    Raises:
        DataError: it is there and damaged.
    """
    beside = model.parent / TRAINING_NAME
    try:
        record = read_json(beside) if beside.exists() else {}
        if not isinstance(record, dict) or not isinstance(record.get("settings", {}), dict):
            raise DataError(f"{beside}: expected the record of a run, found something else; train again or remove it")
        digest = record.get("model_sha256")  # which earlier releases did not write, and a copy as .h5 has another
        is_known = digest is not None and model.suffix == ".keras" and model.is_file()
        is_others = is_known and digest != sha256(model.read_bytes())
    except OSError as cause:
        raise DataError(f"{model}: cannot be read: {cause.strerror}; check the path and its permissions") from cause
    return {} if is_others else record


def name_of(model: Path, training: Mapping[str, Any]) -> str:
    """Return what the files made of a model are called: its architecture where it is one of ours, else its own name.

    Args:
        model: a file, or the folder of a SavedModel.
        training: what is known of its training.
    """
    arch = training.get("settings", {}).get("arch")
    if isinstance(arch, str) and arch in RECIPES:
        return arch
    named = model.resolve() if model.name in ("", "..") else model
    return named.name if named.is_dir() else named.stem
