"""Find the digits of a frame and frame them as the network expects: arrays in, dataclasses out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ..contract import SIDE
from ..reading import Way
from .found import Finding, Found, Part, framed

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from .looking import Looks
    from .rows import Group
    from .view import View

BGR_TO_GREY = (0.114, 0.587, 0.299)  # ITU-R BT.601, which OpenCV uses too
LEAST_SIDE = 6  # px: no digit is in a smaller frame
SLENDER = 0.35  # of its height: what is wider, and the only digit among several marks, is no stripe of many
CLEARNESS = 2.1  # times what lies around: textures and slopes of light have less
# Of the frame's longest side: a smaller mark, alone, among others, or in a row with a number of several, is a speck.
ALONE, SMALLEST, TINY = 0.03, 0.02, 0.01


class Finder:
    """Finds the digits of one frame, in one way after another."""

    def __init__(self, frame: NDArray[Any], *, layout: str = "auto", min_height: int = 0) -> None:
        """Take a frame; see `find_digits`.

        Raises:
            ValueError: it has another dtype or shape, or no pixels.
        """
        if frame.dtype != np.uint8 or frame.ndim not in (2, 3) or frame.size == 0 or frame.shape[2:] not in ((), (3,)):
            raise ValueError(f"expected a frame of uint8 (H, W) or (H, W, 3), found {frame.dtype} {frame.shape}")
        self._frame, self._layout, self._min_height = frame, layout, min_height

    @cached_property
    def _looks(self) -> Looks:
        from .looking import Looks  # not where a frame is taken as it is

        return Looks(self._frame, single=self._layout == "single")

    def find(self, way: Way) -> Finding:
        """Find the digits in one way."""
        if self._frame.shape[:2] == (SIDE, SIDE):
            return Finding(_taken_as_it_is(self._frame, way.invert))
        if min(self._frame.shape[:2]) < LEAST_SIDE:
            return Finding([])
        view = self._looks.look(way)
        rows = _rows(view, self._layout)
        several = sum(map(len, rows)) > 1
        digits = list(_parts(rows, view, self._frame, several=several, min_height=self._min_height))
        return Finding(
            digits,
            np.count_nonzero(view.weight),
            view.lower if view.lower >= len(digits) else 0,
            on_sheet=view.sheet is not None,
            in_pieces=view.in_pieces,
            is_cut=view.is_cut,
            others=view.sheet.others if view.sheet else 0,
            is_close=view.is_close,
            is_torn=view.sheet is not None and view.sheet.is_torn,
        )


def find_digits(frame: NDArray[Any], *, layout: str = "auto", invert: str = "auto", min_height: int = 0) -> list[Found]:
    """Find the digits of a frame, dark on light or light on dark, in reading order.

    A frame of 28×28 px is taken as it is and only inverted where its border is light.

    Args:
        frame: uint8 (H, W) grey or (H, W, 3) BGR, 0–255, of any size.
        layout: "single" takes what is near the middle for one digit, "row" the heaviest row; else all rows are read.
        invert: "yes" for light ink on dark ground, "no" for dark on light, "auto" to find out, "other" for what that
            does not find.
        min_height: pixels; what is lower is left out.

    Raises:
        ValueError: the frame has another dtype or shape, or no pixels.
    """
    finder = Finder(frame, layout=layout, min_height=min_height)
    found = finder.find(Way(invert))
    if layout == "single" or not found.others:
        return framed(found.digits)
    from .rows import in_reading_order

    sheets = [finder.find(Way(invert, sheet=number)).digits for number in range(1, found.others + 1)]
    rows = [list(row) for sheet in (found.digits, *sheets) for _, row in groupby(sheet, key=lambda part: part.row)]
    ordered = in_reading_order(rows, lambda part: part.box)
    if layout == "row":
        ordered = [max(ordered, key=lambda row: sum(part.box[2] * part.box[3] for part in row))] if ordered else []
    return framed([part._replace(row=number) for number, row in enumerate(ordered) for part in row])


def find_digit(frame: NDArray[Any]) -> Found | None:
    """Find the one digit of a frame; None where there is nothing to read. See `find_digits`."""
    return next(iter(find_digits(frame, layout="single")), None)


def _rows(view: View, layout: str) -> list[list[Group]]:
    """Choose the groups to read, by row: where nothing may be a digit, among those alone that do not touch the rim."""
    from .view import without_rim

    rows = _rows_of(view, layout)
    touching = view.weight[view.marks.contact > 0].any()
    return _rows_of(without_rim(view), layout) if touching and not rows and layout != "single" else rows


def _rows_of(view: View, layout: str) -> list[list[Group]]:
    from .plausible import could_be_digit, could_be_digits, without_sides
    from .rows import digit_groups, in_rows, single_group

    if not view.weight.any():
        return []
    one = layout == "single" or len(view.weight) == 1
    found = [] if one else digit_groups(view.marks, view.weight, view.height)
    groups = could_be_digits(found, view)
    if len(groups) < 2:
        alone = single_group(view.marks, _weight_beside(groups, found, view))
        return [[alone]] if could_be_digit(alone, view, expected=layout == "single") else []
    rows = [without_sides(row, view) for row in in_rows(groups)]
    if layout == "row":
        return [max(rows, key=lambda row: sum(view.weight[list(each.members)].sum() for each in row))]
    return rows


def _weight_beside(groups: list[Group], found: list[Group], view: View) -> NDArray[Any]:
    """Return what counts beside the only digit, float (n,): nothing heavier, nor what was found but is none."""
    if not groups or groups[0].width <= SLENDER * groups[0].height:
        return view.weight
    most = view.weight[list(groups[0].members)].max()
    weight: NDArray[Any] = np.where(view.weight > most, 0, view.weight)
    weight[[member for group in found if group not in groups for member in group.members]] = 0
    return weight


def _parts(
    rows: list[list[Group]], view: View, frame: NDArray[Any], *, several: bool, min_height: int
) -> Iterator[Part]:
    """Yield what stands out from what lies around it and is more than a speck."""
    from .clearness import clearness
    from .marks import SEVERAL
    from .rows import in_words
    from .strokes import strokes_of

    shape, (top, left) = frame[view.part].shape, (side.start or 0 for side in view.part)
    down, across = shape[0] / view.ink.shape[0], shape[1] / view.ink.shape[1]
    side = max(view.ink.shape)
    every = [group for row in rows for group in row]
    clear = dict(zip(every, clearness(every, view) >= CLEARNESS, strict=True)) if every else {}
    boxes = dict(zip(every, _boxes(every, down, across, shape), strict=True))
    number = 0
    for row in rows:
        some, words = False, in_words(row, view.marks)
        least = TINY if max(map(len, words)) >= SEVERAL else SMALLEST if several else ALONE
        for word, groups in enumerate(words):
            if max(max(group.width, group.height) for group in groups) < least * side:
                continue
            for group in groups:
                x, y, width, height = boxes[group]
                if height >= min_height and clear[group]:
                    some = True
                    strokes = strokes_of(group, view.marks, view.ink)
                    yield Part((x + left, y + top, width, height), number, word, strokes)
        number += some


def _boxes(groups: Sequence[Group], down: float, across: float, shape: tuple[int, ...]) -> list[list[int]]:
    """Return x, y, width and height of groups in a frame of this shape that is so many times higher and wider."""
    sides = np.array([(group.left, group.top, group.right, group.bottom) for group in groups]).reshape(-1, 4)
    scaled = sides * (across, down, across, down)
    start = scaled[:, :2].astype(int)
    end = np.minimum(np.rint(scaled[:, 2:]).astype(int), shape[1::-1])
    boxes: list[list[int]] = np.hstack([start, np.maximum(1, end - start)]).tolist()
    return boxes


def _taken_as_it_is(frame: NDArray[Any], invert: str) -> list[Part]:
    """Read a frame that has the size of a canonical digit already."""
    grey = frame if frame.ndim == 2 else np.round(frame @ np.array(BGR_TO_GREY)).astype(np.uint8)
    middle = (int(grey.min()) + int(grey.max())) / 2
    if grey.min() == grey.max():
        return []
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    is_dark = bool(np.median(border) > middle)
    dark = invert == "no" or (invert in ("auto", "other") and is_dark == (invert == "auto"))
    canonical = 255 - grey if dark else grey.copy()
    rows, columns = np.nonzero(canonical > (int(canonical.min()) + int(canonical.max())) / 2)
    x, y = int(columns.min()), int(rows.min())
    box = x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y
    return [Part(box, canonical=canonical)]
