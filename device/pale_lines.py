"""Take out the lines of squared paper that are far paler than the pen by their tone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ink import ink_threshold
from .marks import measure_marks, square

CROSSES = 0.85  # of the frame: a line that crosses it is at least this long
NET, FAR_PALER = 5, 0.5  # lines in a direction, of the other ink's value: such lines are known by their tone
TONE = 80  # percentile of the values of lines, which are softer at their edges: their own
CLOSEST = 5  # px: lines that are closer to each other are noise


def without_pale_lines(ink: NDArray[Any], threshold: float) -> NDArray[Any]:
    """Blank what is as pale as the squares that cover a frame, uint8 (H, W), where other ink is far darker.

    Strokes that cross such lines stay whole, as they do not where lines are known by their shape. Ink is above
    `threshold`.
    """
    import cv2

    mask = cv2.threshold(ink, threshold, 255, cv2.THRESH_BINARY)[1]
    lines = min(_lines_on_the_way(mask > 0), _lines_on_the_way(mask.T > 0))
    if not NET <= lines <= max(mask.shape) / CLOSEST:  # most frames end here
        return ink
    marks, (height, width) = measure_marks(mask), mask.shape
    net = marks.only((marks.width >= CROSSES * width) | (marks.height >= CROSSES * height)) > 0
    if min(_lines_on_the_way(net), _lines_on_the_way(net.T)) < NET:
        return ink
    strokes = far_darker(net, ink, mask)
    return ink if strokes is None else strokes


def far_darker(lines: NDArray[np.bool_], ink: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any] | None:
    """Return the ink that is far darker than lines, with its soft edges; None where there is none.

    Args:
        lines: bool (H, W), where the lines are.
        ink: uint8 (H, W), 0 is ground.
        mask: uint8 (H, W), 255 where there is ink.
    """
    import cv2

    limit = ink_threshold(cv2.bitwise_and(ink, mask))
    dark = cv2.threshold(ink, limit, 255, cv2.THRESH_BINARY)[1]
    if np.percentile(ink[lines], TONE) > min(limit, FAR_PALER * cv2.mean(ink, dark)[0]):
        return None
    return cv2.bitwise_and(ink, cv2.dilate(dark, square(3)))


def _lines_on_the_way(net: NDArray[np.bool_]) -> float:
    """Count the lines that are met from top to bottom: the median over columns."""
    return float(np.median((net[1:] > net[:-1]).sum(axis=0)))
