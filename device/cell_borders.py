"""Take the borders of a cell out of an ink map: the lines of a form or table that run along the sides of the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ink import ink_threshold

BAND = 0.2  # of the frame: how deep inside a side its border line may lie
COVER = 0.85  # of the columns of a side: a border line shows in at least this many
STRAIGHT = 0.03  # of the longest side: a border line stays within this of a straight line
THICKEST = 0.15  # of the frame: a thicker one is a table's edge, a shadow or the bar of a digit
ROUNDS = 3  # a double border takes two, and thresholds fall when the darkest line has gone


@dataclass(frozen=True)
class BorderLine:
    """A line along the top of a picture.

    Attributes:
        pixels: bool (rows, W), everything from the top edge of the picture down to the lower edge of the line.
        starts: it reaches the left side of the picture.
        ends: it reaches the right side of the picture.
    """

    pixels: NDArray[Any]
    starts: bool
    ends: bool


def without_borders(ink: NDArray[Any]) -> NDArray[Any]:
    """Blank the borders of the cell that a frame was cut from.

    Args:
        ink: uint8 (H, W), 0 is ground.

    Returns:
        uint8 (H, W), a copy with the borders set to 0.
    """
    clean = ink.copy()
    for _ in range(ROUNDS):
        marks = clean > ink_threshold(clean)
        # All four sides are measured on the same marks: a border that has lost its corners has lost its ends.
        lines = side_lines(marks)
        if not any(line is not None for line in lines):
            break
        for turn, line in enumerate(lines):
            if line is not None:
                np.rot90(clean, turn)[: line.pixels.shape[0]][line.pixels] = 0
    return clean


def side_lines(marks: NDArray[Any]) -> list[BorderLine | None]:
    """Find the lines along the four sides, and doubt the ones that a digit could have drawn.

    An end of a border goes on beyond the frame or meets the border of the next side; the bar of a digit does neither.
    Where one mark touches all four sides and there is but one line, the frame is a digit cropped tightly.

    Args:
        marks: bool (H, W), True where there is ink.

    Returns:
        One line or None for each turn of the picture by 90°: those of its top, right, bottom and left side.
    """
    lines = [border_line(np.rot90(marks, turn)) for turn in range(4)]
    known = [line is not None for line in lines]
    if sum(known) == 1 and _fills_frame(marks):
        return [None] * 4
    return [
        line if line and (line.starts or known[turn - 1]) and (line.ends or known[(turn + 1) % 4]) else None
        for turn, line in enumerate(lines)
    ]


def _fills_frame(marks: NDArray[Any]) -> bool:
    """Tell whether the largest mark touches all four sides."""
    import cv2

    _, _, stats, _ = cv2.connectedComponentsWithStats(marks.astype(np.uint8), connectivity=8)
    largest = stats[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())]
    return bool(largest[cv2.CC_STAT_WIDTH] == marks.shape[1] and largest[cv2.CC_STAT_HEIGHT] == marks.shape[0])


def border_line(marks: NDArray[Any]) -> BorderLine | None:
    """Find a line that runs along the top of a picture from end to end.

    Args:
        marks: bool (H, W), True where there is ink.

    Returns:
        The line; None without one.
    """
    height, width = marks.shape
    band = marks[: max(2, round(BAND * height))]
    seen = band.any(axis=0)
    if width < 16 or seen.mean() < COVER:
        return None
    first = band.argmax(axis=0)
    rows = np.arange(band.shape[0])[:, None]
    filled = band | (rows < first)
    last = np.where(filled.all(axis=0), band.shape[0], filled.argmin(axis=0))
    middle = _straight(first, seen)
    if np.mean(np.abs(first - middle)[seen] < STRAIGHT * max(marks.shape)) < 0.85:
        return None
    thickness = np.median((last - first)[seen])
    if thickness > THICKEST * height:
        return None
    # A tilted line may leave the band; it is blanked there too.
    deep = np.arange(min(height, 2 * band.shape[0]))[:, None]
    return BorderLine(deep < middle + 1.25 * thickness + 2, starts=bool(seen[:2].any()), ends=bool(seen[-2:].any()))


def _straight(heights: NDArray[Any], seen: NDArray[Any]) -> NDArray[Any]:
    """Fit a straight line (W,) through the medians of the left and the right half, which outliers cannot move."""
    half = heights.size // 2
    left, right = np.median(heights[:half][seen[:half]]), np.median(heights[half:][seen[half:]])
    fitted: NDArray[Any] = left + (right - left) * (np.arange(heights.size) - half / 2) / half
    return fitted
