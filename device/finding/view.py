"""What was seen of a frame: its ink and marks, of the whole at once or closely."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..reading import Way
from .ink import Ink, ink_map, ink_threshold
from .marks import (
    LEAST_SHARE,
    MOST_MARKS,
    Marks,
    mark_weights,
    measure_marks,
    pixels_of,
    square,
    typical_height,
    width_of,
)
from .pale_lines import without_pale_lines
from .printed_lines import MANY, without_borders, without_lines, without_rules

if TYPE_CHECKING:
    from .sheet import Sheet

SPECK = 0.01  # of the longest side: marks lower than this are not looked at at all
LOWER = 0.25  # of the digits' height: what is lower when it is looked at closer is none
FAR_LARGER = 4.0  # times as high: a digit among dots
REACH = 0.33  # of the longest side: anything narrower can be ink, anything wider is ground or shadow
FINE_REACH = 0.04  # of the longest side: the same where only tiny digits are looked for
NARROW_REACH = 0.11  # of the longest side: the same where a shadow is that narrow
CLOSE_REACH = 0.9  # of the digits' height
OF_DARKEST = 0.4  # of the darkest ink nearby: paler is not a stroke of the same pen
OF_USUAL = 0.6  # of the threshold of the whole picture: paler is texture
FAINT = 0.5  # of the palest ink: lines that are partly paler than ink are known from here
BROAD_AREA, BROAD = 0.04, 0.14  # of the frame, of its side: what is larger and broader may be a shadow
PALEST = 6.0  # of 255: paler is no ink
THING = 0.01  # of the frame: a large thing
BROADER, BROAD_RIM = 0.06, 0.02  # of the frame's side: how broad it is, solid or cut off by the rim
CUT_OFF = 0.3  # of the longer side: what touches the rim so far was cut off
SOLID = 0.7  # of its bounds: what covers so much is a thing, and no digit
HALF, SOFT = 0.5, 0.01  # of the threshold, of the frame's side: its paler parts, its soft edge
PALER = 0.75  # of the threshold: what is left is so much paler
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
        is_cut: whether marks that may be digits lie at the edge of the sheet.
        is_close: whether it was looked at closer than the whole frame.
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
    is_cut: bool = False
    is_close: bool = False


def overlook(grey: NDArray[Any], way: Way) -> View:
    """See dark ink on a whole page, uint8 (H, W)."""
    return _overlook(grey, way, FINE_REACH if way.fine else REACH * way.reach)


def _overlook(grey: NDArray[Any], way: Way, reach: float) -> View:
    """See what is narrower than this share of the page's longest side."""
    return _without_print(Ink(ink_map(grey, reach=reach * max(grey.shape)), times=way.least), way)


def _without_print(seen: Ink, way: Way) -> View:
    """Weigh the marks of ink without the lines that were printed."""
    unruled = seen if way.joined else without_rules(without_pale_lines(seen))
    ink = without_borders(unruled)
    if ink is not unruled and not way.joined:  # rules that were too pale beside a dark border may be marks now
        ink = without_rules(ink, among=MANY)
    return _without_specks(view_of(seen.values, ink.values, ink.mask), SPECK * max(ink.mask.shape))


def _without_specks(view: View, least: float) -> View:
    """Return what was seen with no weight on marks lower than this, pixels, that outweigh far larger: dots of paper.

    Where there are more than are looked at, they may be the dots of a display, or a texture.
    """
    if view.height >= least or len(view.weight) == MOST_MARKS:
        return view
    larger = view.marks.height >= max(least, FAR_LARGER * view.height)
    if not view.weight[larger].any():
        return view
    weight = np.where(larger, view.weight, 0)
    return replace(view, weight=weight, height=typical_height(view.marks, weight))


def view_of(seen: NDArray[Any], ink: NDArray[Any], mask: NDArray[Any], marks: Marks | None = None) -> View:
    """Weigh the marks of a mask, which are measured unless they are known."""
    marks = marks or measure_marks(mask)
    weight = mark_weights(marks)
    return View(seen, ink, mask, marks, weight, typical_height(marks, weight))


def without_shadow(grey: NDArray[Any], view: View, way: Way) -> View:
    """Look again with less reach where the main mark may be a shadow with digits in it."""
    import cv2

    marks, main = view.marks, int(view.weight.argmax()) if view.weight.size else -1
    if main < 0 or marks.area[main] < BROAD_AREA * grey.size:
        return view
    broad = BROAD * max(grey.shape)
    pixels = marks.cut_out(main, room=1)[1]
    # Every fourth pixel tells how broad strokes are to within four, and that most are not.
    if 2 * (4 * _depth(pixels[::4, ::4]) + 4) < broad or 2 * _depth(pixels) < broad:
        return view
    again = _overlook(grey, way, NARROW_REACH)
    if again.height < LEAST_SHARE * max(grey.shape):
        return view
    # What is left out must be broad and paler than what stays, else it was thick strokes.
    pixels = pixels_of(marks.labels, marks.names[main])
    gone = cv2.morphologyEx(cv2.subtract(pixels, again.mask), cv2.MORPH_OPEN, square(int(broad / 2)))
    darker = cv2.mean(view.ink, again.mask)[0] > DARKER * cv2.mean(view.ink, gone)[0] and gone.any()
    return again if darker else view


def _depth(mask: NDArray[Any]) -> float:
    """Return how far it is from the inmost pixel of ink to its edge, pixels; `mask` is uint8 (H, W)."""
    import cv2

    return float(cv2.minMaxLoc(cv2.distanceTransform(np.ascontiguousarray(mask), cv2.DIST_L2, 3))[1])


def without_things(view: View, way: Way) -> View:
    """Look for paler strokes where broad dark things, which are no digits, have set what counts as ink.

    That is what the rim cuts off, such as a table beside a sheet, or what is solid, such as a telephone on it.
    """
    import cv2

    marks, side = view.marks, max(view.mask.shape)
    large = marks.area >= THING * view.mask.size
    if not large.any():
        return view
    longer = np.maximum(marks.width, marks.height)
    width = width_of(marks.area, marks.inner)
    is_cut = (marks.contact > CUT_OFF * longer) & (width > BROAD_RIM * side)
    is_solid = (marks.area >= SOLID * marks.width * marks.height) & (width > BROADER * side)
    things = large & (is_cut | is_solid)
    if not things.any():
        return view
    threshold = ink_threshold(view.all_ink)
    # With what they run into, such as the paler stripes of a cloth.
    paler = measure_marks(cv2.threshold(view.all_ink, HALF * threshold, 255, cv2.THRESH_BINARY)[1])
    hit = np.isin(paler.names, paler.labels[marks.only(things) > 0])
    seen = cv2.subtract(view.all_ink, cv2.dilate(paler.only(hit), square(2 * int(SOFT * side) + 1)))
    if ink_threshold(seen) >= PALER * threshold:
        return view
    again = _without_print(Ink(seen, times=way.least), way)
    return again if again.height >= LEAST_SHARE * side else view


def look_closer(grey: NDArray[Any], height: float, way: Way) -> View:
    """See dark ink where digits have a known height: each stroke against its own surroundings."""
    import cv2

    seen = ink_map(grey, reach=max(9.0, CLOSE_REACH * height))
    palest = int(max(PALEST, OF_USUAL * way.least * ink_threshold(seen)))
    ink = seen
    if not way.joined:  # displays have no printed lines, and what is like them are bars of their digits
        ink = without_rules(Ink(without_pale_lines(Ink(seen, FAINT * palest)).values, palest)).values
    around = int(height) | 1
    darkest = cv2.blur(cv2.dilate(ink, square(around)), (around, around))
    least = np.maximum(cv2.convertScaleAbs(darkest, alpha=OF_DARKEST), np.uint8(palest))
    mask = cv2.compare(ink, least, cv2.CMP_GT)
    marks = measure_marks(mask)
    if way.joined:
        return _without_specks(view_of(seen, ink, mask, marks), LOWER * height)
    ink, clean = without_lines(ink, mask, marks, height=height)
    whole = cv2.threshold(ink, palest, 255, cv2.THRESH_BINARY)[1]
    # Boxes that are too pale beside strokes, of which what is left would pass for ones; not in a texture.
    if len(marks.names) < MOST_MARKS and cv2.countNonZero(cv2.subtract(whole, cv2.dilate(clean, square(3)))) > height:
        ink, unlined = without_lines(ink, whole, measure_marks(whole), height=height)
        clean = clean if unlined is whole else cv2.bitwise_and(clean, unlined)
    return _without_specks(view_of(seen, ink, clean, marks if clean is mask else None), LOWER * height)


def only_lower(view: View, height: float) -> View:
    """Return what was seen with no weight on marks of this height, pixels, and more."""
    weight = np.where(view.marks.height < height, view.weight, 0)
    return replace(view, weight=weight, height=typical_height(view.marks, weight))


def without_rim(view: View) -> View:
    """Return what was seen with no weight on marks that touch the rim."""
    weight = np.where(view.marks.contact > 0, 0, view.weight)
    return replace(view, weight=weight, height=typical_height(view.marks, weight))


def without_marks(view: View) -> View:
    """Return what was seen with no weight on any mark."""
    return replace(view, weight=np.zeros_like(view.weight))
