"""Take printed lines out of ink: the rules of paper, the squares of a grid, the boxes of a form, the borders of a cell.

`level_lines` finds them; here it is decided which of them are printed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ink import Ink
from .level_lines import COVERED, LEAN, ROUGH, Lines, level_lines
from .marks import Marks, labelled, stroke_width
from .pale_lines import CROSSES, NET, far_darker

LONG = 0.35  # of the longest side of the frame: a rule is at least this long
RULE_THICKEST = 0.03  # of the longest side
LINE_THICKEST = 0.15  # of the height of a digit
HOLLOW = 0.7  # of a ring's area is its hole
SHARPER = 1.25  # turns, between a circle and a star: by so much the outlines of a closed line differ in length
ATTACHED = 0.5  # of the height of a digit: one that touches the line makes one of them longer than this
PALER, THINNER = 0.75, 0.6  # of the other ink's value and width: a rule is paler or thinner than this
MANY = 3  # lines in one direction are no strokes of one digit
BAND = 0.2  # of the frame's shorter side: how deep inside a side its border may lie
BORDER_LENGTH, BORDER_THICKEST = 0.85, 0.15  # of the side, of the frame's shorter side
BOX_UPRIGHT, BOX_LEVEL, FAR_LONGER = 1.4, 1.2, 2.5  # of the height of a digit: lines of a box, and of a grid
SIDES = 0.5  # of the height of a digit: sides of a box are further apart
TICK, TICK_THICKEST = 0.8, 1.5  # of a digit's height, of the thickness of the line that it stands on
ROW = 2  # lines across a frame, with sides between them: a row of boxes
BETWEEN = 0.8  # of its height: what touches lines so far apart goes from one to another
TICK_UNEVEN = 0.3  # of their usual height: by so much ticks differ
ROUNDS = 3  # a double border takes two, and thresholds fall when the darkest line has gone


def without_rules(ink: Ink, *, among: int = 1) -> Ink:
    """Blank the lines that cross a frame where they are many, or thinner or paler than its other ink.

    A stroke of a digit that is cropped tightly crosses the frame too, but it is neither.

    Args:
        ink: the ink.
        among: of fewer lines in a direction none is a rule.
    """
    import cv2

    level, upright = _rules(ink.mask, ink.values), _rules(cv2.transpose(ink.mask), cv2.transpose(ink.values))
    found = [level] if level else []
    found += [upright.transposed()] if upright else []
    found = [lines for lines in found if lines.count >= among]
    if not found:
        return ink
    values, every = ink.values, cv2.bitwise_or(found[0].pixels, found[-1].pixels)
    are_many = any(lines.count >= MANY for lines in found)  # what crosses so many is the margin of a page
    if sum(lines.count for lines in found) >= NET and (strokes := far_darker(every, ink)) is not None:
        values, found = strokes, [lines for lines in found if lines.count < MANY]
    for lines in found:
        if are_many or _is_lesser(lines, every, values, ink.mask):
            values = _blanked(values, lines.pixels, ink.mask)
    return ink.changed(values)


def _rules(mask: NDArray[Any], ink: NDArray[Any]) -> Lines | None:
    """Find the lines that cross a frame from left to right."""
    longest = max(mask.shape)
    length, thickest = max(CROSSES * mask.shape[1], LONG * longest), RULE_THICKEST * longest
    lines = level_lines(mask, ink, length=length, thickest=thickest, full=ROUGH)
    return lines and _with_ticks(lines, mask, boxes=lines.count == ROW)


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

    longer, shorter = np.maximum(marks.width, marks.height), np.minimum(marks.width, marks.height)
    large = (longer > 2.5 * height) | (shorter > 1.2 * height)
    if not large.any():
        return ink, mask
    rings = _rings(marks, large, height=height)
    ink, mask = _blanked(ink, rings, mask), cv2.subtract(mask, rings)
    among, labels = marks.only(large), marks.labels
    thickest = LINE_THICKEST * height
    # First the boxes around digits, then what is left of a grid; each upright, then level.
    level = level_lines(cv2.bitwise_and(mask, among), ink, length=BOX_LEVEL * height, thickest=thickest)
    turned = [cv2.transpose(each) for each in (ink, mask, cv2.bitwise_and(mask, among))]
    upright = level_lines(turned[2], turned[0], length=BOX_UPRIGHT * height, thickest=thickest)
    # What is found one way crosses what is found the other.
    if sides := upright and _of_boxes(upright, level, cv2.transpose(labels), height=height):
        ink, mask = map(cv2.transpose, _without(turned[0], turned[1], sides, boxes=True))
        level = level_lines(cv2.bitwise_and(mask, among), ink, length=BOX_LEVEL * height, thickest=thickest)
    ink, mask = _without(ink, mask, level and _of_boxes(level, upright, labels, height=height), boxes=True)
    for _ in range(2):
        ink, mask = cv2.transpose(ink), cv2.transpose(mask)
        lines = level_lines(mask, ink, length=FAR_LONGER * height, thickest=thickest)
        ink, mask = _without(ink, mask, lines, boxes=False)
    return ink, mask


def _without(
    ink: NDArray[Any], mask: NDArray[Any], lines: Lines | None, *, boxes: bool
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Blank lines, and what stands on them, in ink and in its mask, uint8 (H, W)."""
    import cv2

    if lines is None:
        return ink, mask
    lines = _with_ticks(lines, mask, boxes=boxes)
    return _blanked(ink, lines.pixels, mask), cv2.subtract(mask, lines.pixels)


def _of_boxes(lines: Lines, across: Lines | None, labels: NDArray[Any], *, height: float) -> Lines | None:
    """Keep the lines of marks that have two beside each other, as boxes have: one may be bars of digits that touch.

    None is left where no mark has. Unless they are long, others cross them: a 0 of a hand larger than print has two
    sides, and no lines across.
    """
    import cv2

    x, y = cv2.findNonZero(lines.pixels).reshape(-1, 2).T
    names, count = labels[y, x], int(labels.max()) + 1
    first, last = _reach(names, y, count)
    left, right = _reach(names, x, count)
    crossed = np.zeros(count, bool)
    if across:
        crossed[labels[across.transposed().pixels > 0]] = True
    boxes = (last - first >= SIDES * height) & (crossed | (right - left >= FAR_LONGER * height))
    if not boxes.any():
        return None
    pixels, gone = lines.pixels.copy(), ~boxes[names]
    pixels[y[gone], x[gone]] = 0
    return replace(lines, pixels=pixels)


def _reach(names: NDArray[Any], y: NDArray[Any], count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the least and the greatest y, int (n,), of each of so many names; without any 0 and -1."""
    first, last = np.zeros(count, int), np.full(count, -1)
    order = np.lexsort((y, names))
    ordered, starts = names[order], np.flatnonzero(np.diff(names[order], prepend=-1))
    ends = np.append(starts[1:], len(order)) - 1
    first[ordered[starts]], last[ordered[starts]] = y[order[starts]], y[order[ends]]
    return first, last


def _with_ticks(lines: Lines, mask: NDArray[Any], *, boxes: bool = False) -> Lines:
    """Add the short lines that stand on lines, as on a ruler or between the places of a form.

    They are alike, as thin as what they stand on, beside each other, and lower than what is written, or reach from one
    line to another, as the sides of boxes do.
    """
    import cv2

    thickest = TICK_THICKEST * lines.thickness + 1
    rest = cv2.subtract(mask, lines.pixels)
    if not cv2.erode(rest, np.ones((int(2 * thickest), 1), np.uint8)).any():  # noise, of many marks, ends here
        return lines
    near = cv2.bitwise_and(cv2.dilate(lines.pixels, np.ones((5, 5), np.uint8)), rest)
    if not cv2.countNonZero(near):
        return lines
    labels, stats = labelled(rest)
    width, high, area = (stats[:, each] for each in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    x, y = cv2.findNonZero(near).reshape(-1, 2).T
    first, last = _reach(labels[y, x], y, len(stats))
    ticks = last >= 0
    ticks &= (high >= 2 * thickest) & (area <= thickest * high) & (width <= thickest + LEAN * high)
    ticks[0] = False  # the ground
    if np.count_nonzero(ticks) < MANY:
        return lines
    usual = np.median(high[ticks])
    ticks &= np.abs(high - usual) <= TICK_UNEVEN * usual
    sides = ticks & (last - first >= BETWEEN * high)
    if boxes and np.count_nonzero(sides) >= MANY:
        return replace(lines, pixels=cv2.bitwise_or(lines.pixels, sides[labels].astype(np.uint8) * 255))
    others = np.where(ticks, 0, area * (high > usual))
    others[0] = 0
    order = np.argsort(high)
    place = int(np.searchsorted(others[order].cumsum(), others.sum() / 2))
    if np.count_nonzero(ticks) < MANY or usual > TICK * high[order[min(place, len(order) - 1)]]:
        return lines
    if not _have_company(stats[ticks, cv2.CC_STAT_TOP], near=usual / 2):  # as the ones and the l of a text have not
        return lines
    return replace(lines, pixels=cv2.bitwise_or(lines.pixels, ticks[labels].astype(np.uint8) * 255))


def _have_company(y: NDArray[Any], *, near: float) -> bool:
    """Tell whether most of the ticks that begin at y, int (n,), have another at about their height."""
    beside = np.abs(y - y[:, np.newaxis]) <= near
    return bool(2 * np.count_nonzero(beside.sum(axis=1) > 1) > len(y))


def _rings(marks: Marks, large: NDArray[Any], *, height: float) -> NDArray[Any]:
    """Find closed lines drawn around digits, which nothing touches: uint8 (H, W), 255 where they are.

    Args:
        marks: the marks.
        large: bool (n,), those which may be such lines.
        height: of the digits, pixels.
    """
    import cv2

    rings = np.zeros(marks.labels.shape, np.uint8)
    for place in np.flatnonzero(large):
        within = (marks.left > marks.left[place]) & (marks.right < marks.right[place]) & (2 * marks.height > height)
        if not (within & (marks.top > marks.top[place]) & (marks.bottom < marks.bottom[place])).any():
            continue
        part, pixels = marks.cut_out(place)
        outlines, tree = cv2.findContours(pixels, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        area = np.array([cv2.contourArea(each) for each in outlines])
        is_hole = tree[0, :, 3] >= 0
        outer, hole = (int(np.where(chosen, area, 0).argmax()) for chosen in (~is_hole, is_hole))
        if not is_hole[hole] or area[hole] < HOLLOW * area[outer]:
            continue
        # The outlines of a closed line run parallel: they differ in length by a full turn of its thickness, and by more
        # where corners are sharp.
        outside, inside = (cv2.arcLength(outlines[each], closed=True) for each in (outer, hole))
        turn = 2 * np.pi * (area[outer] - area[hole]) / ((outside + inside) / 2)
        if abs(outside - inside - SHARPER * turn) <= ATTACHED * height + (SHARPER - 1) * turn:
            rings[part] |= pixels
    return rings


def without_borders(ink: Ink) -> Ink:
    """Blank the borders of the cell that a frame was cut from, and what lies outside them."""
    for _ in range(ROUNDS):
        # All four sides are measured on the same marks: a border that has lost its corners has lost its ends.
        borders = _borders(ink)
        if not borders:
            break
        values = ink.values.copy()
        for turn, border in borders.items():
            np.rot90(values, turn)[: len(border)][border] = 0
        ink = ink.changed(values)
    return ink


def _borders(ink: Ink) -> dict[int, NDArray[Any]]:
    """Find the lines along the sides, by the turns of 90° that bring each to the top: bool (rows, W), True to blank.

    An end of a border goes on beyond the frame or meets the border of the next side; the bar of a digit does neither.
    """
    found = {turn: _top_border(ink, turn) for turn in range(4)}
    lines = {turn: line for turn, line in found.items() if line is not None}
    return {
        turn: line
        for turn, line in lines.items()
        if (line[:, :2].any() or (turn - 1) % 4 in lines) and (line[:, -2:].any() or (turn + 1) % 4 in lines)
    }


def _top_border(ink: Ink, turn: int) -> NDArray[Any] | None:
    """Find a line along the top of a turned picture: bool (rows, W), True from its top to the line's lower edge."""
    import cv2

    mask = np.rot90(ink.mask, turn)
    width, shorter = mask.shape[1], min(mask.shape)
    band = mask[: max(2, round(BAND * shorter))]
    if width < 16 or np.count_nonzero(band.max(axis=0)) < COVERED * BORDER_LENGTH * width:  # most frames end here
        return None
    band, values = np.ascontiguousarray(band), np.rot90(ink.values, turn)
    lines = level_lines(band, values, length=BORDER_LENGTH * width, thickest=BORDER_THICKEST * shorter, full=ROUGH)
    if lines is None:
        return None
    below = np.cumsum(cv2.dilate(lines.pixels, np.ones((5, 3), np.uint8))[::-1] > 0, axis=0)[::-1]
    return below > 0


def _is_lesser(lines: Lines, every: NDArray[Any], ink: NDArray[Any], mask: NDArray[Any]) -> bool:
    """Tell whether lines are paler or thinner than the ink apart from every line."""
    import cv2

    rest = cv2.subtract(mask, cv2.dilate(every, np.ones((5, 5), np.uint8)))
    if not cv2.countNonZero(rest):
        return False
    paler = cv2.mean(ink, lines.pixels)[0] < PALER * cv2.mean(ink, rest)[0]
    return bool(paler or lines.thickness < THINNER * stroke_width(rest))


def _blanked(ink: NDArray[Any], pixels: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    """Blank the pixels of lines and their soft edges, save where these are the edge of a stroke."""
    import cv2

    soft = cv2.dilate(pixels, np.ones((5, 3), np.uint8))
    gone = cv2.subtract(soft, cv2.subtract(mask, pixels))
    return cv2.subtract(ink, cv2.bitwise_and(ink, gone))
