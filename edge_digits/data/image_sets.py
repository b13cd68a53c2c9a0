"""Images of the user's own for converting: an npz, a folder of pictures, or any source of digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.request import ImageSet
from device.contract import LABELS, SIDE
from device.errors import DataError
from device.finding.finder import find_digit
from device.idx import Part
from device.inference.model_file import sha256
from device.npz import array_names, read_arrays
from device.sources.files import expand
from device.sources.pictures import read_picture

from .digit_sources import holds_digits, read_source

LEAST_CALIBRATION = 10
# The arrays of an npz that hold images and their labels, the best for calibrating and for testing first.
_PAIRS: Mapping[Part, tuple[tuple[str, str], ...]] = {
    "train": (("images", "labels"), ("x_train", "y_train"), ("x", "y"), ("x_test", "y_test")),
    "test": (("images", "labels"), ("x_test", "y_test"), ("x", "y"), ("x_train", "y_train")),
}


def read_image_set(
    path: Path, *, shape: tuple[int, ...], labels: tuple[str, ...], part: Part, report: Callable[[str], None]
) -> ImageSet:
    """Read images for a model from an npz or a folder; for a digit model from anything that `train` learns from.

    Args:
        path: an npz with `images` (or `x_train`, `x_test`, `x`), uint8 (N, ...), and maybe `labels` (or `y_train`,
            `y_test`, `y`), or a folder of pictures, in folders named after their labels or not.
        shape: what the model takes, without batch. Pictures for a digit model go through the device's own finder;
            for another they are scaled to size.
        labels: the model's labels, which name the folders.
        part: which part to take of an npz that has two.
        report: takes each line about pictures that were left out.

    Raises:
        DataError: there are too few images, or of another size, or none that can be read, or labels that the model
            does not have.
    """
    if labels == LABELS and int(np.prod(shape)) == SIDE * SIDE and holds_digits(path):
        digits = read_source(path, report=report).train
        images: NDArray[Any] = digits.images
        positions: NDArray[Any] | None = digits.labels
    else:
        images, positions = (
            _from_npz(path, part, labels=len(labels))
            if path.is_file()
            else _from_folder(path, shape=shape, labels=labels)
        )
    if len(images) < LEAST_CALIBRATION:
        use = {"train": "calibrate", "test": "test"}[part]
        raise DataError(
            f"{path}: expected at least {LEAST_CALIBRATION} images to {use} with, found {len(images)}; add more"
        )
    if not _fits(images.shape[1:], shape):
        raise DataError(
            f"{path}: expected images of shape {shape}, found {images.shape[1:]}; bring them into that shape"
        )
    source = {"source": path.name, "count": len(images), "images_sha256": sha256(images.tobytes())}
    return ImageSet(images, positions, source)


def has_training_part(path: Path) -> bool:
    """Return whether a path is an npz with a training part beside its test part."""
    if path.suffix != ".npz" or not path.is_file():
        return False
    return {"x_train", "y_train", "x_test"} <= set(array_names(path))


def _fits(found: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Tell whether images hold as many values as a model takes, and not the same sides in another order."""
    sides, taken = ([side for side in each if side != 1] for each in (found, shape))
    return int(np.prod(found)) == int(np.prod(shape)) and (sides == taken or sorted(sides) != sorted(taken))


def _from_npz(path: Path, part: Part, *, labels: int) -> tuple[NDArray[np.uint8], NDArray[np.integer[Any]] | None]:
    there = array_names(path)
    name, label_name = next((pair for pair in _PAIRS[part] if pair[0] in there), (None, ""))
    if name is None:
        raise DataError(
            f"{path}: expected images named images, x_train, x_test or x, found {there or 'no arrays'}; save "
            "them under one of these names with numpy.savez"
        )
    found = read_arrays(path, (name, label_name))
    images, positions = found[name], found.get(label_name)
    if images.dtype != np.uint8 or images.ndim < 2:
        raise DataError(
            f"{path}: expected images uint8 (N, ...), found {name} {images.dtype} {images.shape}; save them as "
            "numpy.uint8, 0 to 255"
        )
    if positions is not None:
        _check_labels(path, positions, name=label_name, images=len(images), labels=labels)
    return images, positions


def _check_labels(path: Path, positions: NDArray[Any], *, name: str, images: int, labels: int) -> None:
    if positions.shape != (images,) or positions.dtype.kind not in "iu":
        raise DataError(
            f"{path}: expected an integer label for each of {images} images, found {name} {positions.dtype} "
            f"{positions.shape}; save one for each, as numpy.uint8"
        )
    if images and not 0 <= positions.min() <= positions.max() < labels:
        raise DataError(
            f"{path}: expected labels 0 to {labels - 1}, found {positions.min()} to {positions.max()} in {name}; "
            "number them from 0, as --labels names them"
        )


def _from_folder(
    folder: Path, *, shape: tuple[int, ...], labels: tuple[str, ...]
) -> tuple[NDArray[np.uint8], NDArray[np.integer[Any]] | None]:
    if not folder.is_dir():
        raise DataError(f"{folder}: expected a folder of pictures or an npz file, found neither; check the path")
    images, positions = [], []
    for picture in expand(str(folder)):
        image = _prepared(read_picture(picture), shape)
        if image is not None:
            images.append(image)
            positions.append(labels.index(picture.parent.name) if picture.parent.name in labels else None)
    if not images:
        raise DataError(
            f"{folder}: expected pictures of digits, found none in which a digit can be found; name another folder"
        )
    known = [position for position in positions if position is not None]
    return np.stack(images), np.array(known) if len(known) == len(positions) else None


def _prepared(picture: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
    """Bring a picture to what the model takes; None where it shows no digit."""
    if int(np.prod(shape)) == SIDE * SIDE:
        found = find_digit(picture)
        return None if found is None else found.canonical
    height, width, channels = (*shape, 1)[:3]
    if channels == 1 and picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)  # type: ignore[assignment]  # OpenCV's types are wider
    elif channels == 3:
        kind = cv2.COLOR_GRAY2RGB if picture.ndim == 2 else cv2.COLOR_BGR2RGB
        picture = cv2.cvtColor(picture, kind)  # type: ignore[assignment]  # OpenCV's types are wider
    scaled: NDArray[np.uint8] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return scaled
