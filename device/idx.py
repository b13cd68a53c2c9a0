"""Labelled digits as MNIST keeps them: IDX files (LeCun's own format, plain or gzipped) and Keras's mnist.npz.

IDX is two zero bytes, a type code, the number of axes, each axis as a big-endian uint32, then the values. Digests are
of these bytes, so that the same digits have the same digest however they were stored.
"""

from __future__ import annotations

import gzip
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .contract import LABELS, SIDE
from .errors import DataError
from .npz import DAMAGED, read_arrays, reason_of, refuse_large

Part = Literal["train", "test"]

CANONICAL_MD5: Mapping[str, str] = {
    "train_images": "6bbc9ace898e44ae57da46a324031adb",
    "train_labels": "a25bea736e30d166cdddb491f175f624",
    "test_images": "2646ac647ad5339dbf082846283269ea",
    "test_labels": "27ae3e4e09519cfbb04c329615203637",
}
"""MD5 of MNIST's four IDX files, uncompressed."""

_UINT8 = 0x08
_LONGEST_HEADER = 4 + 4 * 255
_MOST_BYTES = 2 << 30  # EMNIST, the largest set of such images, has 0.64 GB
_STEMS: Mapping[Part, str] = {"train": "train", "test": "t10k"}


@dataclass(frozen=True, eq=False)
class LabelledDigits:
    """Canonical digits with their labels.

    Attributes:
        images: uint8 (N, 28, 28), 0–255.
        labels: uint8 (N,), 0–9.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def read_part(path: Path, part: Part, *, classes: int = len(LABELS)) -> LabelledDigits:
    """Read the training or test part from an npz file, a folder of IDX files, or a folder that holds mnist.npz.

    Args:
        path: the file or folder.
        part: which part.
        classes: labels are below this; more than ten where what is read need not be digits.

    Raises:
        DataError: nothing is there, it is damaged, or it does not hold digits of 28×28 with such labels.
    """
    try:
        return _read_part(path, part, classes)
    except OSError as cause:  # of a folder or name that cannot be asked for what is there
        raise DataError(f"{path}: cannot be read: {cause.strerror}; check the path and its permissions") from cause


def _read_part(path: Path, part: Part, classes: int) -> LabelledDigits:
    if not path.is_dir():
        return _read_npz(path, part, classes)
    names = [f"{_STEMS[part]}-{kind}" for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]
    files = {name: _find_idx(path, name) for name in names}
    found = [file for file in files.values() if file]
    if len(found) == len(names):
        return checked(*map(_read_idx, found), name=str(path), classes=classes)
    if (path / "mnist.npz").is_file():
        return _read_npz(path / "mnist.npz", part, classes)
    if found:
        absent = next(name for name, file in files.items() if file is None)
        raise DataError(f"{path}: expected {absent} (plain or .gz) beside {found[0].name}, found none; add it")
    raise DataError(
        f"{path}: expected {names[0]} and {names[1]} (plain or .gz) or mnist.npz in this folder, found neither"
    )


def parse_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    """Parse the bytes of an IDX file of unsigned bytes.

    Returns:
        uint8, read-only, with the axes that the header states.

    Raises:
        DataError: it is not IDX, or its length is not what its header says. `name` is how the message calls it.
    """
    shape, start, expected = _idx_layout(content, name)
    if len(content) != expected:
        found = f"{len(content)}" if len(content) < expected else "more"
        raise DataError(f"{name}: expected {expected} bytes for shape {shape}, found {found}; fetch it again")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _idx_layout(beginning: bytes, name: str) -> tuple[tuple[int, ...], int, int]:
    """Return the shape that an IDX header states, and how many bytes header and file then have."""
    axes = beginning[3] if beginning[:3] == bytes([0, 0, _UINT8]) and len(beginning) > 3 else 0
    start = 4 + 4 * axes
    if axes == 0 or len(beginning) < start:
        raise DataError(f"{name}: expected an IDX file of unsigned bytes, found something else; fetch it again")
    shape = struct.unpack(f">{axes}I", beginning[4:start])
    return shape, start, start + int(np.prod(shape, dtype=object))


def idx_header(shape: tuple[int, ...]) -> bytes:
    """Return the header that an IDX file of unsigned bytes with this shape has."""
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, _UINT8, len(shape), *shape)


def idx_md5(*arrays: NDArray[np.uint8]) -> str:
    """Return the hex MD5 of the IDX files of these arrays, one after the other.

    MD5 because MNIST's published sums are MD5; it guards against damage, not against forgery.
    """
    digest = hashlib.md5(usedforsecurity=False)
    for array in arrays:
        digest.update(idx_header(array.shape))
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def checked(
    images: NDArray[np.generic], labels: NDArray[np.generic], *, name: str, classes: int = len(LABELS)
) -> LabelledDigits:
    """Check that two arrays are digits with their labels.

    Args:
        images: what should be uint8 (N, 28, 28).
        labels: what should be whole numbers (N,).
        name: how a message calls them.
        classes: labels are below this.

    Raises:
        DataError: shape, dtype, range or count is not as in `LabelledDigits`.
    """
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or len(images) == 0:
        raise DataError(
            f"{name}: expected images uint8 (N, {SIDE}, {SIDE}), found {images.dtype} {images.shape}; save them as "
            f"numpy.uint8, 0 to 255, {SIDE} by {SIDE} pixels, at least one"
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.shape != images.shape[:1]:
        raise DataError(
            f"{name}: expected {len(images)} whole-number labels, found {labels.dtype} {labels.shape}; save one for "
            "each image, as numpy.uint8"
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= classes:
        raise DataError(
            f"{name}: expected labels 0 to {classes - 1}, found {lowest} to {highest}; correct them, or leave those "
            "images out"
        )
    return LabelledDigits(images.astype(np.uint8, copy=False), labels.astype(np.uint8, copy=False))


def _find_idx(folder: Path, name: str) -> Path | None:
    # Both spellings are about: the published one, and the one that some unpackers make of it.
    names = (name, f"{name}.gz", name.replace("-idx", ".idx"), f"{name.replace('-idx', '.idx')}.gz")
    return next((folder / candidate for candidate in names if (folder / candidate).is_file()), None)


def _read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file, plain or gzipped, no further than its header says that there is something."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(_LONGEST_HEADER)
            shape, _, expected = _idx_layout(content, str(path))
            refuse_large(path, expected, f"shape {shape}", most_bytes=_MOST_BYTES)
            content += file.read(max(0, expected + 1 - len(content)))
        return parse_idx(content, str(path))
    except DataError:
        raise
    except DAMAGED as cause:
        raise DataError(f"{path}: expected a readable IDX file, found: {reason_of(cause)}; fetch it again") from cause


def _read_npz(path: Path, part: Part, classes: int) -> LabelledDigits:
    if not path.exists():
        raise DataError(f"{path}: expected an .npz file or a folder of IDX files, found nothing there; check the path")
    if not path.is_file():  # /dev/zero has no end
        raise DataError(f"{path}: expected an .npz file or a folder of IDX files, found a device or pipe; name a file")
    keys = (f"x_{part}", f"y_{part}")
    arrays = read_arrays(path, keys, most_bytes=_MOST_BYTES)
    absent = [key for key in keys if key not in arrays]
    if absent:
        raise DataError(
            f"{path}: expected the arrays {' and '.join(keys)}, found no {' and no '.join(absent)}; save them under "
            "these names with numpy.savez"
        )
    return checked(*arrays.values(), name=str(path), classes=classes)
