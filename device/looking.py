"""Look at a frame: once at the whole, and where what is written is small, again and closer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .close_up import close_up, even_ground, has_dark_rim, shrunk
from .ink import (
    Ink,
    calm,
    grey_copy,
    grey_of,
    ink_map,
    ink_threshold,
    is_light_on_dark,
    small_copy,
    without_gaps,
)
from .marks import (
    LEAST_SHARE,
    MOST_MARKS,
    SEVERAL,
    Marks,
    are_pieces,
    mark_weights,
    measure_marks,
    pixels_of,
    square,
    stroke_width,
    typical_height,
)
from .pale_lines import without_pale_lines
from .plates import find_plates, turned
from .printed_lines import without_borders, without_lines, without_rules
from .reading import AS_IT_IS, Way
from .rows import LOW, in_company
from .sheet import find_sheet

if TYPE_CHECKING:
    from .sheet import Sheet

WORK_SIDE = 400  # px of the longest side: a digit of a tenth of the frame still has twice the contract's 20 px
REACH = 0.33  # of the longest side: anything narrower can be ink, anything wider is ground or shadow
NARROW_REACH = 0.11  # of the longest side: the same where a shadow is that narrow
SPECK = 0.015  # of the longest side: marks lower than this are not looked at at all
SMALL = 0.3  # of the longest side: several digits lower than this are looked at closer
GOOD_HEIGHT = 40  # px: digits are looked at so closely that they have this height, if the frame shows that much
LOWEST = 26  # px: one digit alone is fine down to this height
LARGE = 2.0  # times the typical height: such a mark is no digit
CLOSE_REACH = 0.9  # of the digits' height
OF_DARKEST = 0.4  # of the darkest ink nearby: paler is not a stroke of the same pen
OF_USUAL = 0.6  # of the threshold of the whole picture: paler is texture
FAINT = 0.5  # of the palest ink: lines that are partly paler than ink are known from here
BROAD_AREA, BROAD = 0.04, 0.14  # of the frame, of its side: what is larger and broader may be a shadow
PALEST = 6.0  # of 255: paler is no ink
ALONG = 0.5  # of its longer side: what lies along the edge of the sheet so far is no digit on it
MOSTLY = 0.6  # of the weight of lower marks: so much stands in rows, if they are digits
SOME = 8  # marks: where another look shows more, it brought out a texture
DARKER = 1.15  # times: ink in a shadow is so much darker than the shadow


@dataclass(frozen=True, eq=False)
class View:
    """What was seen.

    Attributes:
        all_ink: uint8 (h, w), 0 is ground.
        ink: the same, printed lines taken out.
        mask: uint8 (h, w), 255 where there is ink.
        marks: its marks.
        weight: float (n,), how much each counts; see `mark_weights`.
        height: typical height of the marks, pixels.
        part: rows and columns of the frame that were looked at.
        sheet: the sheet that they hold, where the frame shows more than that.
        is_even: whether the ground is about as light all over.
        lower: how many marks that are too low to be digits beside the others stand in rows, as digits do.
        in_pieces: whether the marks may be the segments or dots that digits are made of.
    """

    all_ink: NDArray[Any]
    ink: NDArray[Any]
    mask: NDArray[Any]
    marks: Marks
    weight: NDArray[Any]
    height: float
    part: tuple[slice, slice] = (slice(None), slice(None))
    sheet: Sheet | None = None
    is_even: bool = False
    lower: int = 0
    in_pieces: bool = False


def look(frame: NDArray[Any], way: Way = AS_IT_IS, *, single: bool = False) -> View:
    """See the ink of a frame: of the sheet alone, where the frame shows more than that.

    Args:
        frame: uint8 (H, W) grey or (H, W, 3) BGR.
        way: how to look at it.
        single: whether there is but one digit, which needs no closer look.
    """
    if way.inset:
        y, x = (int(way.inset * side) for side in frame.shape[:2])
        part = slice(y, frame.shape[0] - y), slice(x, frame.shape[1] - x)
        grey = grey_copy(frame[part], WORK_SIDE)
        return replace(_look_at(frame[part], grey, None, way, single=single), part=part)
    small = small_copy(frame, WORK_SIDE)
    sheet = None if way.whole else find_sheet(small)
    if sheet is None:
        return _look_at(frame, grey_of(small), None, way, single=single)
    part = sheet.part_of(frame)
    view = _look_at(frame[part], grey_copy(frame[part], WORK_SIDE), sheet, way, single=single)
    longer = np.maximum(view.marks.width, view.marks.height)
    weight = np.where(sheet.contact(view.marks.labels, view.marks.names) > ALONG * longer, 0, view.weight)
    return replace(view, all_ink=sheet.covered(view.all_ink, view.mask), part=part, sheet=sheet, weight=weight)


def _look_at(frame: NDArray[Any], grey: NDArray[Any], sheet: Sheet | None, way: Way, *, single: bool) -> View:
    """See the ink of a frame that shows nothing but the sheet, or the part with the sheet; `grey` is its copy."""
    import cv2

    grey = calm(sheet.carried_on(grey) if sheet else grey)
    auto = way.invert == "auto"
    light = way.invert == "yes" or ((auto or way.invert == "other") and is_light_on_dark(grey) == auto)
    grey = cv2.bitwise_not(grey) if light else grey
    cells, side = shrunk(grey), max(grey.shape)
    # The rim tells ground from ink where strokes are as wide as the gaps between them.
    other = ((cv2.bitwise_not(grey), 255 - cells),) if auto and has_dark_rim(cells) else ()
    for each, its_cells in () if way.lower else (*other, (grey, cells)):
        if closely := close_up(each, its_cells):
            return replace(_view(closely[0], *closely), is_even=True)
    view = replace(_without_shadow(grey, _overlook(grey, REACH, way), way), is_even=even_ground(cells) > 0)
    plates = find_plates(view.marks, view.ink) if auto else []
    if plates:
        grey = turned(grey, plates, scale=1.0)
        view = _overlook(grey, REACH, way)
    gap, most = 0.0, SOME
    if way.joined:
        gap, most = way.joined * stroke_width(view.mask), np.count_nonzero(view.weight) // 2
        view = _overlook(without_gaps(grey, gap), REACH, way)
    if (way.least != 1 or way.inset or gap) and np.count_nonzero(view.weight) > most:
        return _without_marks(view)
    tallest, in_pieces = LOW * view.height, are_pieces(view.marks, view.weight)
    lower_view = _only_lower(view, tallest)
    view = lower_view if way.lower else replace(view, lower=_count_in_rows(lower_view, side), in_pieces=in_pieces)
    closer_side = 0 if single else _closer_side(view, side, max(frame.shape[:2]))
    if not closer_side:
        return view
    closer = grey_copy(frame, closer_side)
    closer = calm(sheet.carried_on(closer) if sheet else closer)
    closer = cv2.bitwise_not(closer) if light else closer
    scale = max(closer.shape) / side
    closer = turned(closer, plates, scale=scale) if plates else closer
    closer = without_gaps(closer, gap * scale) if gap else closer
    close_view = _look_closer(closer, view.height * scale, way)
    if way.lower:
        return _only_lower(close_view, tallest * scale)
    if gap and np.count_nonzero(close_view.weight) > most:
        return _without_marks(close_view)
    return replace(close_view, lower=view.lower, in_pieces=view.in_pieces)


def _closer_side(view: View, side: int, full: int) -> int:
    """Choose the longest side of the copy in which a frame, of which this was seen, is looked at closer; 0 for none."""
    if not SPECK * side <= view.height < SMALL * side:
        return 0
    several = np.count_nonzero((view.marks.height > view.height / 2) & (view.weight > 0)) > 1
    if not several and view.height >= LOWEST:
        return 0
    closer = _side_for(view.height, side, full)
    return closer if closer > side or _has_large_marks(view) else 0


def _without_marks(view: View) -> View:
    return replace(view, weight=np.zeros_like(view.weight))


def _only_lower(view: View, height: float) -> View:
    """Return what was seen with no weight on marks of this height, pixels, and more."""
    weight = np.where(view.marks.height < height, view.weight, 0)
    return replace(view, weight=weight, height=typical_height(view.marks, weight))


def _count_in_rows(view: View, side: int) -> int:
    """Count the marks that stand in rows with others as high; 0 where most of what was seen does not."""
    some = np.flatnonzero((view.weight > 0) & (view.marks.height > LOW * view.height))
    if len(some) < SEVERAL or view.height < SPECK * side or len(view.weight) == MOST_MARKS:
        return 0
    beside = in_company(view.marks, some, some[:0])
    return len(beside) if view.weight[beside].sum() >= MOSTLY * view.weight.sum() else 0


def _has_large_marks(view: View) -> bool:
    """Tell whether a mark is larger than a digit: a grid, a box, a shadow."""
    longer = np.maximum(view.marks.width, view.marks.height)
    return bool((longer > LARGE * view.height).any())


def _side_for(height: float, side: int, full: int) -> int:
    """Choose the side of the copy, halved from the whole frame, in which digits have about GOOD_HEIGHT pixels."""
    while height < 0.7 * GOOD_HEIGHT and 2 * side <= full:
        height, side = 2 * height, 2 * side
    return side


def _overlook(grey: NDArray[Any], reach: float, way: Way) -> View:
    """See dark ink on a whole page; `reach` is a share of its longest side."""
    seen = Ink(ink_map(grey, reach=reach * max(grey.shape)), times=way.least)
    ink = without_borders(without_rules(without_pale_lines(seen)))
    return _view(seen.values, ink.values, ink.mask)


def _view(seen: NDArray[Any], ink: NDArray[Any], mask: NDArray[Any], marks: Marks | None = None) -> View:
    """Weigh the marks of a mask, which are measured unless they are known."""
    marks = marks or measure_marks(mask)
    weight = mark_weights(marks)
    return View(seen, ink, mask, marks, weight, typical_height(marks, weight))


def _without_shadow(grey: NDArray[Any], view: View, way: Way) -> View:
    """Look again with less reach where the main mark may be a shadow with digits in it."""
    import cv2

    marks, main = view.marks, int(view.weight.argmax()) if view.weight.size else -1
    if main < 0 or marks.area[main] < BROAD_AREA * grey.size:
        return view
    broad = BROAD * max(grey.shape)
    depth = cv2.distanceTransform(marks.cut_out(main, room=1)[1], cv2.DIST_L2, 3)
    if 2 * cv2.minMaxLoc(depth)[1] < broad:
        return view
    again = _overlook(grey, NARROW_REACH, way)
    if again.height < LEAST_SHARE * max(grey.shape):
        return view
    # What is left out must be broad and paler than what stays, else it was thick strokes.
    pixels = pixels_of(marks.labels, marks.names[main])
    gone = cv2.morphologyEx(cv2.subtract(pixels, again.mask), cv2.MORPH_OPEN, square(int(broad / 2)))
    darker = cv2.mean(view.ink, again.mask)[0] > DARKER * cv2.mean(view.ink, gone)[0] and gone.any()
    return again if darker else view


def _look_closer(grey: NDArray[Any], height: float, way: Way) -> View:
    """See dark ink where digits have a known height: each stroke against its own surroundings."""
    import cv2

    seen = ink_map(grey, reach=max(9.0, CLOSE_REACH * height))
    palest = int(max(PALEST, OF_USUAL * way.least * ink_threshold(seen)))
    ink = without_rules(Ink(without_pale_lines(Ink(seen, FAINT * palest)).values, palest)).values
    around = int(height) | 1
    darkest = cv2.blur(cv2.dilate(ink, square(around)), (around, around))
    least = np.maximum(cv2.convertScaleAbs(darkest, alpha=OF_DARKEST), np.uint8(palest))
    mask = cv2.compare(ink, least, cv2.CMP_GT)
    marks = measure_marks(mask)
    ink, clean = without_lines(ink, mask, marks, height=height)
    return _view(seen, ink, clean, marks if clean is mask else None)
