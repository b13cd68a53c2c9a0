"""From the marks of a digit to the canonical digit: strokes at full ink, hairlines as wide as MNIST's, framed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .contract import INK_SIDE, frame_ink
from .marks import Marks, pixels_of, stroke_width
from .rows import Group

CORE = 0.4  # standard deviations above the mean ink of the marks; this and everything above becomes 255
FLOOR = 0.5  # of the palest ink inside the marks; this and everything below becomes 0
LEAST_WIDTH = 1.8  # px of a canonical digit; MNIST's strokes are 2–3 px of 20
AMPLE = 160  # px: larger hairlines are widened at half this size or more
SOFT_PX = 2  # how far the soft edge of a stroke reaches beyond the marks

SOFT = np.ones((2 * SOFT_PX + 1, 2 * SOFT_PX + 1), np.uint8)


class Strokes(NamedTuple):
    """The part of an ink map that holds one digit.

    Attributes:
        ink: uint8 (h, w), 0 is ground.
        inside: uint8 (h, w), 255 where the digit's marks are.
        left, top: where the part lies in the ink map, pixels.
    """

    ink: NDArray[Any]
    inside: NDArray[Any]
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
        return self._replace(inside=inside)

    def joined(self, other: Strokes) -> Strokes:
        """Return the strokes of two parts of one ink map as one."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        right = max(self.left + self.ink.shape[1], other.left + other.ink.shape[1])
        bottom = max(self.top + self.ink.shape[0], other.top + other.ink.shape[0])
        ink, inside = np.zeros((2, bottom - top, right - left), np.uint8)
        for part in (self, other):
            x, y = part.left - left, part.top - top
            here = slice(y, y + part.ink.shape[0]), slice(x, x + part.ink.shape[1])
            ink[here] = np.maximum(ink[here], part.ink)
            inside[here] |= part.inside
        return Strokes(ink, inside, left, top)

    def canonical(self) -> NDArray[Any]:
        """Return the canonical digit, uint8 (28, 28)."""
        import cv2

        ink, inside = self.ink, self.inside
        mean, deviation = cv2.meanStdDev(ink, mask=inside)
        floor = FLOOR * cv2.minMaxLoc(ink, inside)[0]
        core = mean[0, 0] + CORE * deviation[0, 0]
        even = cv2.subtract(ink, floor)  # type: ignore[call-overload]  # OpenCV takes numbers too
        even = cv2.convertScaleAbs(even, alpha=255 / max(core - floor, 1))
        soft = cv2.dilate(inside, SOFT)
        even = cv2.bitwise_and(even, soft)
        _, _, width, height = cv2.boundingRect(inside)
        lack = LEAST_WIDTH * max(width, height) / INK_SIDE - stroke_width(cv2.countNonZero(inside), inside)
        if lack >= 1:
            # Widening large strokes at once would take long: first by squares, then round, at a size that shows it.
            step = max(1, max(even.shape) // AMPLE)
            smaller = cv2.dilate(even, np.ones((step, step), np.uint8))[::step, ::step]
            side = max(0, round((lack + 1) / step) - 1) + 1
            even = cv2.dilate(smaller, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        x, y, width, height = cv2.boundingRect(even)
        return frame_ink(even[y : y + height, x : x + width])


def strokes_of(group: Group, marks: Marks, ink: NDArray[Any]) -> Strokes:
    """Cut the strokes of a group out of an ink map, uint8 (H, W), with room for their soft edges."""
    import cv2

    left, top = max(0, group.left - SOFT_PX), max(0, group.top - SOFT_PX)
    part = (slice(top, group.bottom + SOFT_PX), slice(left, group.right + SOFT_PX))
    labels = marks.labels[part]
    inside = pixels_of(labels, marks.names[group.members[0]])
    for member in group.members[1:]:
        inside = cv2.bitwise_or(inside, pixels_of(labels, marks.names[member]))
    return Strokes(ink[part], inside, left, top)
