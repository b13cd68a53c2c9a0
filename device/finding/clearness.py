"""Say how clearly marks stand out: strokes end, while clouds of a texture and slopes of light go on around them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .marks import square
from .rows import Group
from .view import View

LEAST = 26  # px: marks are looked at as if they were at least so long
NEAR = 0.07  # of a mark's longer side: how far around it is looked for its ground
SOFT = 0.11  # of the same: how wide the soft edges of ink are, which are no ground
BLUR = 5  # px: over so much ink is averaged
PAPER = 3.5  # of 255: less ink than this is the texture of paper


def clearness(groups: Sequence[Group], view: View) -> NDArray[Any]:
    """Say how many times darker the ink of each group is than what lies around it: float (n,)."""
    import cv2

    bounds = np.array([(group.left, group.top, group.right, group.bottom) for group in groups]).T
    longer = np.maximum(LEAST, np.maximum(bounds[2] - bounds[0], bounds[3] - bounds[1]))
    near, soft = _widened(bounds, NEAR * longer, view.mask.shape), round(SOFT * median(longer.tolist())) | 1
    # What is further away says nothing, and takes time.
    room = max(BLUR, soft)
    (left, top), (right, bottom) = np.maximum(0, near[:2].min(axis=1) - room), near[2:].max(axis=1) + room
    all_ink, mask = (each[top:bottom, left:right] for each in (view.all_ink, view.mask))
    even = cv2.blur(all_ink, (BLUR, BLUR))  # strokes keep their ink, the peaks of noise lose it
    bare = cv2.bitwise_not(cv2.dilate(mask, square(soft)))
    bounds, near = (each - np.array([[left], [top], [left], [top]]) for each in (bounds, near))
    clear: NDArray[Any] = _means(even, mask, bounds) / np.maximum(PAPER, _means(even, bare, near))
    return clear


def _widened(bounds: NDArray[Any], by: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return bounds, int (4, n), with so many pixels around them, (n,), as far as a picture of this shape goes."""
    (left, top, right, bottom), room = bounds, np.rint(by).astype(int)
    least = np.maximum(0, left - room), np.maximum(0, top - room)
    return np.stack([*least, np.minimum(shape[1], right + room), np.minimum(shape[0], bottom + room)])


def _means(values: NDArray[Any], mask: NDArray[Any], bounds: NDArray[Any]) -> NDArray[Any]:
    """Return the mean of values, uint8 (H, W), where a mask is 255, within each bounds: float (n,), 0 without any."""
    import cv2

    total = _sums(cv2.integral(cv2.bitwise_and(values, mask)), bounds)
    means: NDArray[Any] = 255 * total / np.maximum(1, _sums(cv2.integral(mask), bounds))
    return means


def _sums(integral: NDArray[Any], bounds: Sequence[NDArray[Any]] | NDArray[Any]) -> NDArray[Any]:
    """Sum up within left, top, right and bottom, each int (n,), by an integral picture; 255 of a mask counts as 1."""
    left, top, right, bottom = bounds
    total = integral[bottom, right] - integral[top, right] - integral[bottom, left] + integral[top, left]
    sums: NDArray[Any] = total / 255
    return sums
