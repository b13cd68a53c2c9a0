"""Take the rules of ruled or squared paper out of an ink map.

A rule crosses the frame from side to side. So may a stroke of a digit that is cropped tightly; a rule is therefore only
taken out where it is thinner or paler than the remaining ink. Rules are found as Hough did it (1962): every
pixel of ink votes, for each of a few slopes, for the line through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .strokes import stroke_width

SIDE_PX = 160  # longest side of the picture in which pixels vote
COVER = 0.75  # of the columns: a rule shows in at least this many
STEEPEST = 0.1  # rise or fall as a share of the length, about 6°
MOST = 16  # rules looked for in each direction
PALER = 0.75  # of the other ink's value
THINNER = 0.6  # of the other ink's width


def without_rules(ink: NDArray[Any], threshold: int) -> NDArray[Any]:
    """Blank lines that cross an ink map and are thinner or paler than its other ink.

    Args:
        ink: uint8 (H, W), 0 is ground.
        threshold: values above it are ink.

    Returns:
        uint8 (H, W); `ink` itself where there are no rules.
    """
    level = _without_level_rules(ink, threshold)
    upright = _without_level_rules(np.rot90(level), threshold)
    return np.rot90(upright, -1)


def _without_level_rules(ink: NDArray[Any], threshold: int) -> NDArray[Any]:
    """Blank the rules that run from left to right."""
    import cv2

    marks = ink > threshold
    rules = _level_rules(marks)
    if not rules:
        return ink
    gone = np.zeros_like(marks)
    widths = []
    for rows in rules:
        pixels, width = _line_pixels(marks, rows)
        gone |= pixels
        widths.append(width)
    rest = marks & ~cv2.dilate(gone.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    if not rest.any():
        return ink
    paler = np.median(ink[gone]) < PALER * np.percentile(ink[rest], 75)
    thinner = np.median(widths) < THINNER * stroke_width(rest.astype(np.uint8))
    if not (paler or thinner):
        return ink
    clean = ink.copy()
    # The soft edge above and below a rule goes with it, save where it is the edge of a stroke.
    soft = cv2.dilate(gone.astype(np.uint8), np.ones((5, 1), np.uint8)).astype(bool) & ~(marks & ~gone)
    clean[soft] = 0
    return clean


def _level_rules(marks: NDArray[Any]) -> list[NDArray[Any]]:
    """Find the rows (W,) of each line that runs from the left side to the right one.

    Args:
        marks: bool (H, W), True where there is ink.
    """
    import cv2

    step = max(1, -(-max(marks.shape) // SIDE_PX))
    # A pixel of the small picture is ink where any of its pixels is: thin rules must survive.
    thick = cv2.dilate(marks.astype(np.uint8), np.ones((step, step), np.uint8))[step // 2 :: step, step // 2 :: step]
    y, x = np.nonzero(thick)
    small_width = thick.shape[1]
    reach = int(STEEPEST * small_width)
    slopes = np.arange(-reach, reach + 1, 2) / max(1, small_width)
    rules: list[NDArray[Any]] = []
    while y.size and len(rules) < MOST and small_width >= 16:
        votes = [np.bincount(np.round(y - slope * x).astype(int) + reach, minlength=1) for slope in slopes]
        best = max(range(len(slopes)), key=lambda index: int(votes[index].max()))
        row = int(votes[best].argmax()) - reach
        on_line = np.abs(y - slopes[best] * x - row) <= 1.5
        columns = x[on_line]
        # In noise or a shaded area every line gets votes: a rule gets more than its neighbours.
        if np.unique(columns).size < COVER * small_width or votes[best][row + reach] < 2 * np.median(votes[best]):
            break
        if columns.min() <= 0.03 * small_width and columns.max() >= 0.97 * small_width - 1:
            rules.append(np.round(row * step + step / 2 + slopes[best] * np.arange(marks.shape[1])).astype(int))
        y, x = y[~on_line], x[~on_line]
    return rules


def _line_pixels(marks: NDArray[Any], rows: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Follow a line and leave the strokes that cross it.

    Args:
        marks: bool (H, W).
        rows: int (W,), about where the line is in each column.

    Returns:
        bool (H, W), the pixels that belong to the line alone, and the line's width in pixels.
    """
    height, width = marks.shape
    slack = max(2, max(marks.shape) // SIDE_PX + 1)
    reach = 4 * slack + 8
    offsets = np.arange(-reach, reach + 1)[:, None]
    where = rows[None, :] + offsets
    inside = (where >= 0) & (where < height)
    columns = np.broadcast_to(np.arange(width), where.shape)
    band = np.zeros(where.shape, bool)
    band[inside] = marks[where[inside], columns[inside]]
    near = band[reach - slack : reach + slack + 1]
    # Start each column's run at the ink nearest to the expected row.
    order = np.argsort(np.abs(np.arange(-slack, slack + 1)), kind="stable")
    start = reach - slack + order[near[order].argmax(axis=0)]
    hit = near.any(axis=0)
    index = np.arange(2 * reach + 1)[:, None]
    top = np.where(~band & (index < start), index, -1).max(axis=0)
    bottom = np.where(~band & (index > start), index, 2 * reach + 1).min(axis=0)
    length = bottom - top - 1
    if not hit.any():
        return np.zeros_like(marks), 0.0
    usual = float(np.median(length[hit]))
    line = band & (index > top) & (index < bottom) & hit & (length <= 1.6 * usual + 1) & inside
    pixels = np.zeros_like(marks)
    pixels[where[line], columns[line]] = True
    return pixels, usual
