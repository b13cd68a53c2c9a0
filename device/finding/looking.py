"""Look at a frame: once at the whole, and where what is written is small, again and closer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..reading import AS_IT_IS, Way
from .close_up import close_up, even_ground, has_dark_rim, shrunk
from .ink import calm, grey_copy, grey_of, is_light_on_dark, small_copy
from .marks import MOST_MARKS, SEVERAL, stroke_width
from .outlines import with_outlines_filled
from .plates import find_plates, turned
from .rows import LOW, in_company
from .segments import are_segments, without_gaps
from .sheet import Sheet, find_sheet
from .view import SPECK, View, look_closer, only_lower, overlook, view_of, without_marks, without_shadow, without_things

WORK_SIDE = 400  # px of the longest side: a digit of a tenth of the frame still has twice the contract's 20 px
FINE_SIDE = 800  # px of it where tiny digits are looked for
SMALL = 0.3  # of the longest side: several digits lower than this are looked at closer
GOOD_HEIGHT = 40  # px: digits are looked at so closely that they have this height, if the frame shows that much
LOWEST = 26  # px: one digit alone is fine down to this height
HIGHEST = 4.0  # times the height that is known: if this becomes the typical one, something came out that is no digit
LARGE = 2.0  # times the typical height: such a mark is no digit
ALONG = 0.5  # of its longer side: what lies along the edge of the sheet so far is no digit on it
MOSTLY = 0.6  # of the weight of lower marks: so much stands in rows, if they are digits
NESTED = 2  # plates in each other: dark windows on the light face of a meter before a dark wall
SOME = 8  # marks: where another look shows more, it brought out a texture


class Looks:
    """Looks at one frame, in one way after another: what several ways have in common is seen once."""

    def __init__(self, frame: NDArray[Any], *, single: bool = False) -> None:
        """Take a frame.

        Args:
            frame: uint8 (H, W) grey or (H, W, 3) BGR.
            single: whether there is but one digit, which needs no closer look.
        """
        self._frame, self._single = frame, single
        self._sheets: dict[tuple[bool, int, bool], Sheet | None] = {}
        self._sights: dict[Way, _Sight] = {}

    @cached_property
    def _small(self) -> NDArray[Any]:
        return small_copy(self._frame, WORK_SIDE)

    def look(self, way: Way) -> View:
        """See the ink of the frame: of the sheet alone, where it shows more than that."""
        if way.inset:
            y, x = (int(way.inset * side) for side in self._frame.shape[:2])
            part = slice(y, self._frame.shape[0] - y), slice(x, self._frame.shape[1] - x)
            return replace(self._look_at(self._frame[part], None, way), part=part)
        sheet = self._sheet(way)
        if sheet is None and way.label:
            nothing = np.zeros(self._small.shape[:2], np.uint8)
            return view_of(nothing, nothing, nothing)
        if sheet is None:
            return self._look_at(self._frame, None, way)
        part = sheet.part_of(self._frame)
        view = self._look_at(self._frame[part], sheet, way)
        marks = view.marks
        longer, contact = np.maximum(marks.width, marks.height), sheet.contact(marks.labels, marks.names)
        is_cut = bool(((contact > 0) & (view.weight > 0) & (marks.height > LOW * view.height)).any())
        weight = np.where(contact > ALONG * longer, 0, view.weight)
        return replace(view, part=part, sheet=sheet, weight=weight, is_cut=is_cut)

    def _sheet(self, way: Way) -> Sheet | None:
        if way.whole:
            return None
        name = way.label, way.sheet, way.wide
        if name not in self._sheets:
            self._sheets[name] = find_sheet(self._small, label=way.label, number=way.sheet, wide=way.wide)
        return self._sheets[name]

    def _look_at(self, frame: NDArray[Any], sheet: Sheet | None, way: Way) -> View:
        """See the ink of a part of the frame that shows nothing but the sheet, or of the part with the sheet."""
        name = way._replace(whole=sheet is None, lower=False, beside=False, joined=float(way.joined > 0))
        if name not in self._sights:
            seen = frame is self._frame and not way.fine
            grey = grey_of(self._small) if seen else grey_copy(frame, FINE_SIDE if way.fine else WORK_SIDE)
            self._sights[name] = _sight(grey, sheet, way)
        sight = self._sights[name]
        return sight.view if sight.is_near else _look_on(frame, sight, way, single=self._single)


def look(frame: NDArray[Any], way: Way = AS_IT_IS, *, single: bool = False) -> View:
    """See the ink of a frame in one way; see `Looks`."""
    return Looks(frame, single=single).look(way)


class _Sight(NamedTuple):
    """What was seen at first, and how copies of the frame are made fit to look at again: dark ink on the sheet alone.

    Attributes:
        view: what was seen, of the whole at once.
        grey: the copy that it was seen in, uint8 (H, W), dark ink.
        sheet: the sheet, where the frame shows more than that.
        light: whether ink is light.
        plates: what is turned light, outlines in that copy.
        is_near: whether it is one digit that fills the frame, and all that there is to see.
    """

    view: View
    grey: NDArray[Any]
    sheet: Sheet | None
    light: bool
    plates: Sequence[NDArray[Any]] = ()
    is_near: bool = False

    def copy(self, frame: NDArray[Any], side: int, gap: float) -> NDArray[Any]:
        """Make a copy of about this longest side of a frame, gaps of so many pixels of the first closed."""
        import cv2

        grey = grey_copy(frame, side)
        grey = calm(self.sheet.carried_on(grey) if self.sheet else grey)
        grey = cv2.bitwise_not(grey) if self.light else grey
        scale = max(grey.shape) / max(self.grey.shape)
        grey = turned(grey, self.plates, scale=scale) if self.plates else grey
        return without_gaps(grey, gap * scale) if gap else grey


def _sight(grey: NDArray[Any], sheet: Sheet | None, way: Way) -> _Sight:
    """See the ink of a copy, uint8 (H, W), that shows nothing but the sheet, or the part with the sheet, at once."""
    import cv2

    grey = calm(sheet.carried_on(grey) if sheet else grey)
    auto = way.invert == "auto"
    light = way.invert == "yes" or ((auto or way.invert == "other") and is_light_on_dark(grey) == auto)
    grey = cv2.bitwise_not(grey) if light else grey
    cells = shrunk(grey)
    # The rim tells ground from ink where strokes are as wide as the gaps between them.
    other = ((cv2.bitwise_not(grey), 255 - cells),) if auto and has_dark_rim(cells) else ()
    for each, its_cells in () if way.fine else (*other, (grey, cells)):
        if closely := close_up(each, its_cells):
            return _Sight(replace(view_of(closely[0], *closely), is_even=True), grey, sheet, light, is_near=True)
    view = replace(without_shadow(grey, overlook(grey, way), way), is_even=even_ground(cells) > 0)
    plates: list[NDArray[Any]] = []
    for _ in range(NESTED if auto else 0):
        found = find_plates(view.marks, view.ink)
        if not found:
            break
        plates, grey = [*plates, *found], turned(grey, found, scale=1.0)
        view = overlook(grey, way)
    return _Sight(with_outlines_filled(view), grey, sheet, light, plates)


def _look_on(frame: NDArray[Any], sight: _Sight, way: Way, *, single: bool) -> View:
    """See what a way is for, beyond what is seen at first, and small digits closer."""
    view = sight.view
    if way.beside:
        paler = without_things(view, way)
        if paler is view:
            return without_marks(view)
        view = replace(paler, is_even=view.is_even)
    gap, most = 0.0, SOME
    if way.joined:
        gap, most = way.joined * stroke_width(view.mask), np.count_nonzero(view.weight) // 2
        view = overlook(without_gaps(sight.grey, gap), way)
    if (way.least != 1 or way.reach != 1 or way.inset or gap) and np.count_nonzero(view.weight) > most:
        return without_marks(view)
    view = _look_for_small(frame, sight._replace(view=view), gap, way, single=single)
    return without_marks(view) if gap and np.count_nonzero(view.weight) > most else view


def _look_for_small(frame: NDArray[Any], sight: _Sight, gap: float, way: Way, *, single: bool) -> View:
    """Look again and closer where digits are small or among lines; return the view as it is else."""
    view, side = sight.view, max(sight.grey.shape)
    tallest, in_pieces = LOW * view.height, are_segments(view.marks, view.weight)
    lower_view = only_lower(view, tallest)
    lower = 0 if way.lower else _count_in_rows(lower_view, side)
    view = lower_view if way.lower else replace(view, lower=lower, in_pieces=in_pieces)
    closer_side = 0 if single else _closer_side(view, side, max(frame.shape[:2]))
    if not closer_side:
        return view
    closer = sight.copy(frame, closer_side, gap)
    scale = max(closer.shape) / side
    height = view.height * scale
    view = replace(look_closer(closer, height, way), is_close=True)
    if way.lower:
        return only_lower(view, tallest * scale)
    lower_view = only_lower(view, HIGHEST * height)
    has_come_out = view.height > HIGHEST * height and _in_rows(lower_view).size
    return replace(lower_view if has_come_out else view, lower=lower, in_pieces=in_pieces)


def _closer_side(view: View, side: int, full: int) -> int:
    """Choose the longest side of the copy in which a frame, of which this was seen, is looked at closer; 0 for none."""
    if not SPECK * side <= view.height < SMALL * side:
        return 0
    several = np.count_nonzero((view.marks.height > view.height / 2) & (view.weight > 0)) > 1
    if not several and view.height >= LOWEST:
        return 0
    closer = _side_for(view.height, side, full)
    return closer if closer > side or _has_large_marks(view) else 0


def _count_in_rows(view: View, side: int) -> int:
    """Count the marks that stand in rows with others as high; 0 where most of what was seen does not."""
    if view.height < SPECK * side or len(view.weight) == MOST_MARKS:
        return 0
    beside = _in_rows(view)
    return len(beside) if view.weight[beside].sum() >= MOSTLY * view.weight.sum() else 0


def _in_rows(view: View) -> NDArray[Any]:
    """Choose the marks, int (n,), that stand in rows with others as high, and are as high as what was seen, about."""
    some = np.flatnonzero((view.weight > 0) & (view.marks.height > LOW * view.height))
    return in_company(view.marks, some, some[:0]) if len(some) >= SEVERAL else some[:0]


def _has_large_marks(view: View) -> bool:
    """Tell whether a mark is larger than a digit: a grid, a box, a shadow."""
    longer = np.maximum(view.marks.width, view.marks.height)
    return bool((longer > LARGE * view.height).any())


def _side_for(height: float, side: int, full: int) -> int:
    """Choose the side of the copy, halved from the whole frame, in which digits have about GOOD_HEIGHT pixels."""
    while height < 0.7 * GOOD_HEIGHT and 2 * side <= full:
        height, side = 2 * height, 2 * side
    return side
