"""Choosing the images for a conversion: the user's own, else MNIST for models that take digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from converters.references import Reference
from converters.request import ImageSet
from device.contract import LABELS, SIDE
from device.errors import DataError, UsageError
from device.idx import Part

from .conversion_data import calibration_sample, part, whole_test_set
from .data.image_sets import has_training_part, read_image_set
from .data.mnist import load_mnist, most_balanced


def images_for(
    reference: Reference,
    labels: tuple[str, ...],
    *,
    data: Path | None,
    calibrate_from: Path | None,
    count: int,
    is_exact: bool = True,
    seed: int,
    report: Callable[[str], None],
) -> tuple[ImageSet | None, ImageSet]:
    """Return the representative set and the test images for a model.

    Args:
        reference: the model.
        labels: its labels.
        data: digits with a training and a test part, or, for another model, test images; the training part of an npz
            that has two is calibrated with.
        calibrate_from: images to calibrate with instead of training digits.
        count: how many to calibrate with.
        is_exact: whether fewer digits, where there are not so many of every class, are refused.
        seed: draws them.
        report: takes each line about where images come from.

    Returns:
        The representative set, None where there is nothing to draw it from, and the test images.

    Raises:
        ContractError: the model has another number of scores than labels.
        UsageError: the model takes no digits, and no images were named.
        DataError: images that were named are missing or not what the model takes.
    """
    reference.check_labels(labels)
    own = None
    if calibrate_from is not None:
        own = part(_images(reference, labels, calibrate_from, "train", report), count=count, seed=seed)
    if int(np.prod(reference.input_shape)) == SIDE * SIDE and labels == LABELS:
        digits = load_mnist(data, report=report)
        if own is None and len(digits.train_labels):
            most = most_balanced(digits.train_labels)
            if most < count and not is_exact:
                report(f"{digits.source}: calibrating with {most} digits, as many of each class as there are of all")
                count = most
            own = calibration_sample(digits, count=count, seed=seed)
        if not len(digits.test_labels):
            raise DataError(f"{digits.source}: expected test digits to hold what is converted against, found none")
        return own, whole_test_set(digits)
    if data is None:
        raise UsageError(
            f"{reference.path}: takes images of shape {reference.input_shape} with {len(labels)} labels, which MNIST "
            "cannot test; name test images with --data, and training images with --calibrate-from"
        )
    if own is None and has_training_part(data):
        own = part(_images(reference, labels, data, "train", report), count=count, seed=seed)
    return own, _images(reference, labels, data, "test", report)


def _images(
    reference: Reference, labels: tuple[str, ...], path: Path, of: Part, report: Callable[[str], None]
) -> ImageSet:
    return read_image_set(path, shape=reference.input_shape, labels=labels, part=of, report=report)
