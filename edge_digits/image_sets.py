"""Images of the user's own for converting: an npz, a folder of pictures, or any source of digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.request import ImageSet
from device.contract import LABELS, SIDE
from device.errors import DataError
from device.finder import find_digit
from device.model_file import sha256
from device.pictures import read_picture
from device.sources import expand

from .digit_sources import holds_digits, read_source

LEAST_CALIBRATION = 10


def read_image_set(
    path: Path, *, shape: tuple[int, ...], labels: tuple[str, ...], report: Callable[[str], None]
) -> ImageSet:
    """Read images for a model from an npz or a folder; for a digit model from anything that `train` learns from.

    Args:
        path: an npz with `images` (or `x_train`, `x_test`, `x`), uint8 (N, ...), and maybe `labels` (or `y_train`,
            `y_test`, `y`), or a folder of pictures, in folders named after their labels or not.
        shape: what the model takes, without batch. Pictures for a digit model go through the device's own finder;
            for another they are scaled to size.
        labels: the model's labels, which name the folders.
        report: takes each line about pictures that were left out.

    Raises:
        DataError: there are too few images, or of another size, or none that can be read.
    """
    if labels == LABELS and int(np.prod(shape)) == SIDE * SIDE and holds_digits(path):
        digits = read_source(path, report=report).train
        images: NDArray[Any] = digits.images
        positions: NDArray[Any] | None = digits.labels
    else:
        images, positions = _from_npz(path) if path.is_file() else _from_folder(path, shape=shape, labels=labels)
    if len(images) < LEAST_CALIBRATION:
        raise DataError(f"{path}: expected at least {LEAST_CALIBRATION} images, found {len(images)}; add more")
    if int(np.prod(images.shape[1:])) != int(np.prod(shape)):
        raise DataError(f"{path}: expected images of shape {shape}, found {images.shape[1:]}; scale them to that size")
    source = {"source": path.name, "count": len(images), "images_sha256": sha256(images.tobytes())}
    return ImageSet(images, positions, source)


def _from_npz(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.integer[Any]] | None]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, AttributeError) as cause:
        raise DataError(f"{path}: expected an npz file, found another or a damaged one ({cause})") from cause
    images = next((found[name] for name in ("images", "x_train", "x_test", "x") if name in found), None)
    labels = next((found[name] for name in ("labels", "y_train", "y_test", "y") if name in found), None)
    if images is None or images.dtype != np.uint8 or images.ndim < 2:
        raise DataError(
            f"{path}: expected uint8 images (N, ...) named images, x_train, x_test or x, found {list(found)}"
        )
    if labels is not None and (labels.shape != images.shape[:1] or labels.dtype.kind not in "iu"):
        raise DataError(f"{path}: expected an integer label for each image, found {labels.dtype} {labels.shape}")
    return images, labels


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
        raise DataError(f"{folder}: expected pictures of digits, found none in which a digit can be found")
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
