"""Take printed lines out of ink: the rules of paper, the squares of a grid, the boxes of a form.

A line is thin and long. What is thick across its direction is a stroke that crosses it, and stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .marks import Marks, pixels_of

CROSSES = 0.7  # of the frame: a rule is at least this long
RULE_THICKEST = 0.03  # of the longest side
LINE_THICKEST = 0.15  # of the height of a digit
FULL = 0.9  # of a stretch of a line is ink
BRIDGED, COVERED = 0.25, 0.7  # of a line's length: gaps where strokes cross it; what is ink
LEAN = 0.12  # rise as a share of the length, about 7°
PALER = 0.75  # of the other ink's value: a rule is as pale as this
THINNER = 0.6  # of the other ink's width: or as thin as this
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
MANY = 3  # lines in one direction are no strokes of one digit


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines that run from left to right.

    Attributes:
        pixels: uint8 (H, W), 255 where a line is and no stroke crosses it.
        count: how many there are.
        thickness: mean, pixels.
    """

    pixels: NDArray[Any]
    count: int
    thickness: float


def level_lines(mask: NDArray[Any], *, length: float, thickest: float) -> Lines | None:
    """Find lines that are level, or nearly; None without one.

    Args:
        mask: uint8 (H, W), 255 where there is ink.
        length: a line is at least this long, pixels.
        thickest: and not thicker than this, pixels.
    """
    import cv2

    tall = max(2, round(thickest)) + 1
    thin = cv2.subtract(mask, cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((tall, 1), np.uint8)))
    stretch = max(7, round(min(length / 4, 30)))
    near = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    full = cv2.boxFilter(near, -1, (stretch, 1), borderType=cv2.BORDER_CONSTANT)
    full = cv2.threshold(full, 255 * FULL, 255, cv2.THRESH_BINARY)[1]
    if not cv2.countNonZero(full):
        return None
    gap = stretch + round(BRIDGED * length)
    joined = cv2.dilate(full, np.ones((5, gap), np.uint8))
    if cv2.countNonZero(cv2.reduce(joined, 0, cv2.REDUCE_MAX)) < length:
        return None
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    chosen = np.zeros(len(stats), np.uint8)
    total = 0
    for name, (x, y, width, height, _) in enumerate(stats[1:], 1):
        if width - gap < length or height > LEAN * width + 2 * thickest:
            continue
        here = pixels_of(labels[y : y + height, x : x + width], name)
        columns = cv2.reduce(cv2.bitwise_and(here, thin[y : y + height, x : x + width]), 0, cv2.REDUCE_MAX)
        if cv2.countNonZero(columns) >= COVERED * (width - gap):
            chosen[name], total = 255, total + width - gap
    if not total:
        return None
    pixels = cv2.bitwise_and(chosen[labels], thin)
    return Lines(pixels, np.count_nonzero(chosen), cv2.countNonZero(pixels) / total)


def without_rules(ink: NDArray[Any], threshold: int) -> NDArray[Any]:
    """Blank the lines that cross a frame, uint8 (H, W), where they are many, or thinner or paler than its other ink.

    A stroke of a digit that is cropped tightly crosses the frame too, but it is neither. Ink is above `threshold`.
    """
    import cv2

    mask = cv2.threshold(ink, threshold, 255, cv2.THRESH_BINARY)[1]
    level, upright = _rules(mask), _rules(cv2.transpose(mask))
    found = [level] if level else []
    found += [replace(upright, pixels=cv2.transpose(upright.pixels))] if upright else []
    every = cv2.bitwise_or(found[0].pixels, found[-1].pixels) if found else mask
    for lines in found:
        if lines.count >= MANY or _is_lesser(lines, every, ink, mask):
            ink = _blanked(ink, lines.pixels, mask)
    return ink


def _rules(mask: NDArray[Any]) -> Lines | None:
    """Find the lines that cross a frame from left to right."""
    return level_lines(mask, length=CROSSES * mask.shape[1], thickest=RULE_THICKEST * max(mask.shape))


def without_lines(
    ink: NDArray[Any], mask: NDArray[Any], marks: Marks, *, height: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Blank the lines longer than a digit of known height, in pixels, in ink and in its mask, uint8 (H, W).

    Args:
        ink: uint8 (H, W), 0 is ground.
        mask: uint8 (H, W), 255 where there is ink.
        marks: those of the mask; only among marks larger than a digit there are lines.
        height: of the digits, pixels.
    """
    import cv2

    large = (np.maximum(marks.width, marks.height) > 2.5 * height) | (
        np.minimum(marks.width, marks.height) > 1.2 * height
    )
    if not large.any():
        return ink, mask
    chosen = np.zeros(int(marks.names.max()) + 1, np.uint8)
    chosen[marks.names[large]] = 255
    # First the boxes around digits, then what is left of a grid.
    for where, lengths in ((_looked_up(chosen, marks.labels), (1.4, 1.2)), (None, (2.5, 2.5))):
        among = mask if where is None else where
        for length in lengths:
            ink, mask, among = (cv2.transpose(each) for each in (ink, mask, among))
            lines = level_lines(among, length=length * height, thickest=LINE_THICKEST * height)
            if lines:
                ink = _blanked(ink, lines.pixels, mask)
                mask, among = cv2.subtract(mask, lines.pixels), cv2.subtract(among, lines.pixels)
    return ink, mask


def _looked_up(table: NDArray[Any], labels: NDArray[Any]) -> NDArray[Any]:
    """Return `table[labels]`, 0 for labels beyond its end."""
    found: NDArray[Any] = np.append(table, np.uint8(0))[np.minimum(labels, len(table))]
    return found


def stroke_width(area: int, mask: NDArray[Any]) -> float:
    """Estimate the mean width of strokes from what a border of one pixel takes from them, in pixels.

    Args:
        area: pixels that are ink.
        mask: uint8 (H, W), not 0 where there is ink.
    """
    import cv2

    left = cv2.countNonZero(cv2.erode(mask, CROSS))
    return 2 * area / max(1, area - left)


def _is_lesser(lines: Lines, every: NDArray[Any], ink: NDArray[Any], mask: NDArray[Any]) -> bool:
    """Tell whether lines are paler or thinner than the ink apart from every line."""
    import cv2

    rest = cv2.subtract(mask, cv2.dilate(every, np.ones((5, 5), np.uint8)))
    area = cv2.countNonZero(rest)
    if not area:
        return False
    paler = cv2.mean(ink, lines.pixels)[0] < PALER * cv2.mean(ink, rest)[0]
    return bool(paler or lines.thickness < THINNER * stroke_width(area, rest))


def _blanked(ink: NDArray[Any], pixels: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    """Blank the pixels of lines and their soft edges, save where these are the edge of a stroke."""
    import cv2

    soft = cv2.dilate(pixels, np.ones((5, 3), np.uint8))
    gone = cv2.subtract(soft, cv2.subtract(mask, pixels))
    return cv2.subtract(ink, cv2.bitwise_and(ink, gone))
