"""From the marks of a digit to the canonical digit: strokes at full ink, hairlines as wide as MNIST's, framed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..contract import INK_SIDE, frame_inks
from .marks import Marks, pixels_of, square, width_of, without_edge
from .rows import Group

CORE = 0.4  # standard deviations above the mean ink of the marks; this and everything above becomes 255
FLOOR = 0.5  # of the palest ink inside the marks; this and everything below becomes 0
LEAST_WIDTH = 1.8  # px of a canonical digit; MNIST's strokes are 2–3 px of 20
AMPLE = 160  # px: larger hairlines are widened at half this size or more
CUT_SIDE = 60  # px: higher ones are cut at less than twice this height
SOFT_PX = 2  # how far the soft edge of a stroke reaches beyond the marks
PALE_PX = 8  # how far its paler parts do, which may be too pale to be marks


class Strokes(NamedTuple):
    """The part of an ink map that holds one digit.

    Attributes:
        ink: uint8 (h, w), 0 is ground.
        inside: uint8 (h, w), 255 where the digit's marks are.
        others: uint8 (h, w), 255 where other marks are.
        left, top: where the part lies in the ink map, pixels.
    """

    ink: NDArray[Any]
    inside: NDArray[Any]
    others: NDArray[Any]
    left: int
    top: int

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Bounds of the marks in the ink map: x, y, width, height."""
        import cv2

        x, y, width, height = cv2.boundingRect(self.inside)
        return self.left + x, self.top + y, width, height

    def only(self, inside: NDArray[Any]) -> Strokes:
        """Return the strokes of some of the marks, uint8 (h, w), 255 inside."""
        import cv2

        x, y, width, height = cv2.boundingRect(inside)
        left, top = max(0, x - SOFT_PX), max(0, y - SOFT_PX)
        part = slice(top, y + height + SOFT_PX), slice(left, x + width + SOFT_PX)
        others = cv2.subtract(cv2.bitwise_or(self.inside[part], self.others[part]), inside[part])
        return Strokes(self.ink[part], inside[part], others, self.left + left, self.top + top)

    def shrunk(self) -> Strokes:
        """Return strokes that are far higher than a canonical digit at about CUT_SIDE, where a cut costs less time."""
        import cv2

        step = max(1, self.ink.shape[0] // CUT_SIDE)
        size = [max(1, side // step) for side in self.ink.shape[::-1]]
        ink, inside, others = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in self[:3])
        half = cv2.minMaxLoc(inside)[1] // 2  # of hairlines, which cover no pixel by half, too
        inside = cv2.threshold(inside, half, 255, cv2.THRESH_BINARY)[1]
        return Strokes(ink, inside, others, self.left // step, self.top // step)

    def joined(self, other: Strokes) -> Strokes:
        """Return the strokes of two parts of one ink map as one."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        right = max(self.left + self.ink.shape[1], other.left + other.ink.shape[1])
        bottom = max(self.top + self.ink.shape[0], other.top + other.ink.shape[0])
        ink, inside, others = np.zeros((3, bottom - top, right - left), np.uint8)
        for part in (self, other):
            x, y = part.left - left, part.top - top
            here = slice(y, y + part.ink.shape[0]), slice(x, x + part.ink.shape[1])
            ink[here] = np.maximum(ink[here], part.ink)
            inside[here] |= part.inside
            others[here] |= part.others
        return Strokes(ink, inside, others & ~inside, left, top)


def canonical_digits(several: Sequence[Strokes]) -> NDArray[Any]:
    """Return the canonical digit of each, uint8 (N, 28, 28)."""
    return frame_inks(full_inks(several))


def full_inks(several: Sequence[Strokes], *, are_rows: bool = False) -> list[NDArray[Any]]:
    """Return each at full ink with strokes that are wide enough, uint8 (h, w), cropped.

    Side by side on one sheet, all take less time together.

    Args:
        several: the strokes.
        are_rows: each may be several digits, whose height says how wide strokes are, however wide they are together.
    """
    import cv2

    floor, span = np.array([_levels(each) for each in several]).T[..., np.newaxis]
    tables = np.clip(np.rint((np.arange(256) - floor) * (255 / span)), 0, 255).astype(np.uint8)
    shape, places = _laid_out([each.ink.shape for each in several])
    even, inside, others = np.zeros((3, *shape), np.uint8)
    for place, each, table in zip(places, several, tables, strict=True):
        even[place], inside[place], others[place] = cv2.LUT(each.ink, table), each.inside, each.others
    near = cv2.dilate(inside, square(2 * PALE_PX + 1))
    if cv2.countNonZero(others):  # their soft edges are no ink of these, save what is also the soft edge of these
        soft = square(2 * SOFT_PX + 1)
        near = cv2.subtract(near, cv2.subtract(cv2.dilate(others, soft), cv2.dilate(inside, soft)))
    even = cv2.bitwise_and(even, near)
    inner = without_edge(inside)
    inks = []
    for place in places:
        ink, marks = even[place], inside[place]
        area, (_, _, width, height) = cv2.countNonZero(marks), cv2.boundingRect(marks)
        side = height if are_rows else max(width, height)
        lack = LEAST_WIDTH * side / INK_SIDE - width_of(area, cv2.countNonZero(inner[place]))
        ink = _widened(ink, lack) if lack >= 1 else ink
        x, y, width, height = cv2.boundingRect(ink)
        inks.append(ink[y : y + height, x : x + width])
    return inks


def _laid_out(sizes: Sequence[tuple[int, ...]]) -> tuple[tuple[int, int], list[tuple[slice, slice]]]:
    """Lay pictures out in rows on a sheet, apart from each other: its shape, and the place of each."""
    across = max(*(width for _, width in sizes), math.isqrt(sum(height * width for height, width in sizes)))
    left = top = below = 0
    places = []
    for height, width in sizes:
        if left + width > across:
            left, top = 0, below
        places.append((slice(top, top + height), slice(left, left + width)))
        left, below = left + width + PALE_PX, max(below, top + height + PALE_PX)
    return (below, across), places


def _levels(strokes: Strokes) -> tuple[float, float]:
    """Return what becomes 0, and how much more ink becomes 255."""
    import cv2

    mean, deviation = cv2.meanStdDev(strokes.ink, mask=strokes.inside)
    floor = FLOOR * cv2.minMaxLoc(strokes.ink, strokes.inside)[0]
    return floor, max(mean[0, 0] + CORE * deviation[0, 0] - floor, 1.0)


def _widened(ink: NDArray[Any], lack: float) -> NDArray[Any]:
    """Widen hairlines by so many pixels."""
    import cv2

    # Widening large ones at once would take long: first by squares, then round, at a size that shows it.
    step = max(1, max(ink.shape) // AMPLE)
    smaller = cv2.dilate(ink, square(step))[::step, ::step]
    side = max(0, round((lack + 1) / step) - 1) + 1
    return cv2.dilate(smaller, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))


def strokes_of(group: Group, marks: Marks, ink: NDArray[Any]) -> Strokes:
    """Cut the strokes of a group out of an ink map, uint8 (H, W), with room for their soft edges."""
    import cv2

    left, top = max(0, group.left - SOFT_PX), max(0, group.top - SOFT_PX)
    part = (slice(top, group.bottom + SOFT_PX), slice(left, group.right + SOFT_PX))
    labels = marks.labels[part]
    inside = pixels_of(labels, marks.names[group.members[0]])
    for member in group.members[1:]:
        inside = cv2.bitwise_or(inside, pixels_of(labels, marks.names[member]))
    return Strokes(ink[part], inside, cv2.subtract(marks.mask[part], inside), left, top)
