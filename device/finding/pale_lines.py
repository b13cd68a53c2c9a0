"""Take out the lines of squared paper that are far paler than the pen by their tone."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ink import Ink, ink_threshold
from .marks import measure_marks, square

CROSSES = 0.85  # of the frame: a line that crosses it is at least this long
NET, FAR_PALER = 5, 0.5  # lines in a direction, of the other ink's value: such lines are known by their tone
TONE = 0.8  # of the pixels of lines, which are softer at their edges, are paler than their own tone
SOME = 4  # px: how far apart the ways are on which lines are counted
CLOSEST = 5  # px: lines that are closer to each other are noise


def without_pale_lines(ink: Ink) -> Ink:
    """Blank what is as pale as the squares that cover a frame, where other ink is far darker.

    Strokes that cross such lines stay whole, as they do not where lines are known by their shape.
    """
    mask = ink.mask
    if not NET <= _lines_on_the_way(mask) <= max(mask.shape) / CLOSEST:  # most frames end here
        return ink
    marks, (height, width) = measure_marks(mask), mask.shape
    cross = (marks.width >= CROSSES * width) | (marks.height >= CROSSES * height)
    if not cross.any():
        return ink
    net = marks.only(cross)
    if _lines_on_the_way(net) < NET:
        return ink
    strokes = far_darker(net, ink)
    return ink if strokes is None else ink.changed(strokes)


def far_darker(lines: NDArray[Any], ink: Ink) -> NDArray[Any] | None:
    """Return the ink far darker than lines, uint8 (H, W), 255 there, with its soft edges; None where there is none."""
    import cv2

    limit = ink_threshold(cv2.bitwise_and(ink.values, ink.mask))
    dark = cv2.threshold(ink.values, limit, 255, cv2.THRESH_BINARY)[1]
    count = cv2.calcHist([ink.values], [0], lines, [256], [0, 256]).cumsum()
    tone = int(count.searchsorted(TONE * count[-1]))
    if tone > min(limit, FAR_PALER * cv2.mean(ink.values, dark)[0]):
        return None
    return cv2.bitwise_and(ink.values, cv2.dilate(dark, square(3)))


def _lines_on_the_way(mask: NDArray[Any]) -> float:
    """Count the lines that are met from top to bottom and from left to right, medians over some ways: the lesser."""
    ways = (np.ascontiguousarray(mask[:, ::SOME]), np.ascontiguousarray(mask[::SOME].T))
    return min(float(median((way[1:] > way[:-1]).sum(axis=0, dtype=np.uint16).tolist())) for way in ways)
