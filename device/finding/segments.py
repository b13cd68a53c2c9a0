"""Digits of displays, which are made of segments or dots with gaps between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .marks import Marks, width_of

MOST = 0.9  # of what is seen: how wide the rest is, such as the letters of a unit, says nothing
LEAST = 4  # marks that digits of a display are made of
DIRECT = 1.25  # of its diagonal: a segment is no longer
ALIKE = 1.8  # times as wide as the narrow ones: no more are the wide ones
MANY = 200  # marks: what so many are is a texture more often than a display
NEARLY_ALL, EVEN = 0.9, 6.0  # of so many are straight; times as large as the small ones: no more are the large ones


def are_segments(marks: Marks, weight: NDArray[Any]) -> bool:
    """Tell whether marks may be the segments or dots that digits are made of: several, equally wide, and most straight.

    So are many marks of a texture, but nearly all dots of a display are straight, and they are alike in area.

    Args:
        marks: the marks.
        weight: float (n,), 0 for what is no ink of a digit.
    """
    some = np.flatnonzero(weight)
    if len(some) < LEAST:
        return False
    area, are_many = marks.area[some], len(some) >= MANY
    width = width_of(area, marks.inner[some])
    most = max(2 * LEAST, int(np.searchsorted(area.cumsum(), MOST * area.sum())) + 1)  # the largest come first
    straight = area < DIRECT * width * np.hypot(marks.width[some], marks.height[some])
    return bool(
        np.count_nonzero(straight) >= (NEARLY_ALL if are_many else 0.5) * len(some)
        and min(_range(width), _range(width[:most])) <= ALIKE
        and (not are_many or _range(area) <= EVEN)
    )


def _range(values: NDArray[Any]) -> float:
    """Return how many times as large the largest of values is as the least, without a tenth of them at either end."""
    some = np.sort(values)
    return float(some[-1 - len(some) // 10] / some[len(some) // 10])


def without_gaps(grey: NDArray[Any], gap: float) -> NDArray[Any]:
    """Close the gaps in dark ink, of so many pixels, by an opening of its ground, uint8 (H, W), with a disc."""
    import cv2

    side = int(gap) + 1 | 1  # an even one would shift it
    return cv2.morphologyEx(grey, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
