"""Images of the user's own for converting: an npz, a folder of pictures, or any source of digits."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.request import ImageSet
from device.contract import LABELS, SIDE
from device.errors import DataError, one_line
from device.finding.finder import find_digit
from device.idx import Part
from device.inference.model_file import sha256
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
        raise DataError(f"{path}: expected at least {LEAST_CALIBRATION} images, found {len(images)}; add more")
    if int(np.prod(images.shape[1:])) != int(np.prod(shape)):
        raise DataError(f"{path}: expected images of shape {shape}, found {images.shape[1:]}; scale them to that size")
    source = {"source": path.name, "count": len(images), "images_sha256": sha256(images.tobytes())}
    return ImageSet(images, positions, source)


def has_training_part(path: Path) -> bool:
    """Return whether a path is an npz with a training part beside its test part."""
    if path.suffix != ".npz" or not path.is_file():
        return False
    return {"x_train", "y_train", "x_test"} <= set(_read_arrays(path))


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as cause:
        raise DataError(
            f"{path}: expected an npz file, found another or a damaged one ({one_line(cause)}); check the path"
        ) from cause


def _from_npz(path: Path, part: Part, *, labels: int) -> tuple[NDArray[np.uint8], NDArray[np.integer[Any]] | None]:
    found = _read_arrays(path)
    names = next((pair for pair in _PAIRS[part] if pair[0] in found), None)
    images = None if names is None else found[names[0]]
    if names is None or images is None or images.dtype != np.uint8 or images.ndim < 2:
        raise DataError(
            f"{path}: expected uint8 images (N, ...) named images, x_train, x_test or x, found {list(found)}; save "
            "them under one of these names"
        )
    positions = found.get(names[1])
    if positions is None:
        return images, None
    if positions.shape != images.shape[:1] or positions.dtype.kind not in "iu":
        raise DataError(
            f"{path}: expected an integer label for each image, found {positions.dtype} {positions.shape}; save one "
            "for each, as numpy.uint8"
        )
    if len(positions) and not 0 <= positions.min() <= positions.max() < labels:
        raise DataError(
            f"{path}: expected labels 0 to {labels - 1}, found {positions.min()} to {positions.max()}; name as many "
            "labels with --labels as the model has"
        )
    return images, positions


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
