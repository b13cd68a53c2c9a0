"""Lines and affine maps in plain numpy: OpenCV's own differ between its versions, and a fixed test must not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def line_cover(side: int, start: NDArray[np.float64], end: NDArray[np.float64], *, width: float) -> NDArray[np.float32]:
    """Return how much of each pixel a line with round ends covers.

    Args:
        side: width and height of the picture, pixels.
        start: x and y of one end, pixels; the middle of the first pixel is 0, 0.
        end: x and y of the other end.
        width: of the line, pixels.

    Returns:
        float32 (side, side), 0–1, by the distance of a pixel's middle to the line.
    """
    places = np.arange(side, dtype=np.float64)
    across, down = places[np.newaxis, :] - start[0], places[:, np.newaxis] - start[1]
    towards = np.asarray(end, np.float64) - start
    length = max(float(towards @ towards), 1e-9)
    along = np.clip((across * towards[0] + down * towards[1]) / length, 0, 1)
    distance = np.sqrt((across - along * towards[0]) ** 2 + (down - along * towards[1]) ** 2)
    return np.asarray(np.clip(width / 2 - distance + 0.5, 0, 1), np.float32)


def mapped(picture: NDArray[np.float32], inverse: NDArray[np.float64], *, side: int) -> NDArray[np.float32]:
    """Map a picture affinely, with bilinear interpolation and nothing beyond its border.

    Args:
        picture: float32 (H, W).
        inverse: float64 (2, 3), from x, y, 1 of the new picture to x, y of the old one.
        side: width and height of the new picture, pixels.

    Returns:
        float32 (side, side).
    """
    places = np.arange(side, dtype=np.float64)
    x = inverse[0, 0] * places[np.newaxis, :] + inverse[0, 1] * places[:, np.newaxis] + inverse[0, 2] + 1
    y = inverse[1, 0] * places[np.newaxis, :] + inverse[1, 1] * places[:, np.newaxis] + inverse[1, 2] + 1
    padded = np.pad(picture, (1, 2))
    height, width = padded.shape
    x, y = np.clip(x, 0, width - 2), np.clip(y, 0, height - 2)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right_share, low_share = x - left, y - top
    corner = top * width + left
    flat = padded.ravel()
    upper = flat[corner] * (1 - right_share) + flat[corner + 1] * right_share
    lower = flat[corner + width] * (1 - right_share) + flat[corner + width + 1] * right_share
    return np.asarray(upper * (1 - low_share) + lower * low_share, np.float32)
