"""Moving the pixels of many small pictures at once."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE

_PADDING = 2


def warp(
    images: NDArray[np.uint8], matrices: NDArray[np.float32], displacement: NDArray[np.float32] | None = None
) -> NDArray[np.uint8]:
    """Move the pixels of each picture, bilinear, with ground (0) outside.

    Args:
        images: uint8 (N, 28, 28), N at most 1,000.
        matrices: float32 (N, 2, 3), from output to input pixels, both counted from the centre.
        displacement: float32 (N, 2, 28, 28), pixels added to where x and y are read, or None.

    Returns:
        uint8 (N, 28, 28).
    """
    count, padded_side = len(images), SIDE + 2 * _PADDING
    # One tall picture of all, each with a margin, so that OpenCV moves the pixels of all in one call.
    padded = np.zeros((count, padded_side, padded_side), np.uint8)
    padded[:, _PADDING:-_PADDING, _PADDING:-_PADDING] = images
    axis = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
    y, x = np.meshgrid(axis, axis, indexing="ij")
    grid = np.stack([x, y, np.ones_like(x)]).reshape(3, -1)
    places = (matrices @ grid).reshape(count, 2, SIDE, SIDE)
    if displacement is not None:
        places += displacement
    places += np.float32((SIDE - 1) / 2 + _PADDING)
    np.clip(places, 0, padded_side - 1, out=places)
    places[:, 1] += np.arange(count, dtype=np.float32)[:, np.newaxis, np.newaxis] * padded_side
    moved = cv2.remap(
        padded.reshape(-1, padded_side),
        np.ascontiguousarray(places[:, 0]).reshape(-1, SIDE),
        np.ascontiguousarray(places[:, 1]).reshape(-1, SIDE),
        cv2.INTER_LINEAR,
    )
    return moved.reshape(count, SIDE, SIDE)  # type: ignore[return-value]  # OpenCV's types are wider


def affine_matrices(
    *,
    angle: NDArray[np.float64],
    zoom: NDArray[np.float64],
    shear: NDArray[np.float64],
    shift: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return the affine maps that turn, zoom, slant and shift.

    Args:
        angle: (N,), radians.
        zoom: (2, N), along x and y; 1 keeps the size.
        shear: (N,), a tangent.
        shift: (2, N), along x and y, pixels.

    Returns:
        float32 (N, 2, 3), from output to input pixels about the centre.
    """
    cosine, sine = np.cos(angle), np.sin(angle)
    across = [cosine / zoom[0], (sine + shear) / zoom[0], shift[0]]
    down = [-sine / zoom[1], cosine / zoom[1], shift[1]]
    matrices: NDArray[np.float32] = np.stack([across, down]).transpose(2, 0, 1).astype(np.float32)
    return matrices
