"""Where the labels of digits are written on a frame: beside their boxes, and over no other box or label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .lettering import fitted, text_size
from .reading import ReadDigit

FONTS = (1.0, 0.8, 0.65, 0.52, 0.44, 0.38)  # OpenCV's unit; what is smaller cannot be read
OF_HEIGHT = 0.35  # of a row's digits: a label may be so high
GAP = 5  # px between a box and its label, and between labels


class Rectangle(NamedTuple):
    """A part of the drawing, pixels; right and bottom are beyond it."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: Rectangle) -> bool:
        """Tell whether two have a pixel in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True)
class Label:
    """A text on the drawing.

    Attributes:
        text: what is written.
        font: its size, OpenCV's unit.
        where: what it covers; its base line is the lower side.
    """

    text: str
    font: float
    where: Rectangle


def place_labels(digits: Sequence[ReadDigit], *, scale: float, size: tuple[int, int]) -> list[Label]:
    """Place a label for each digit: with the score if that has room, and in one size for a row.

    Args:
        digits: of a reading.
        scale: of the drawing.
        size: its width and height, pixels.

    Returns:
        A label a digit, above its box, or below where there is no room above.
    """
    boxes = [_box_of(digit, scale) for digit in digits]
    placed: dict[int, Label] = {}
    for row in dict.fromkeys(digit.row for digit in digits):
        members = [number for number, digit in enumerate(digits) if digit.row == row]
        away = [box for number, box in enumerate(boxes) if digits[number].row != row]
        taken = [*away, *(label.where for label in placed.values())]
        highest = OF_HEIGHT * float(np.median([boxes[number].bottom - boxes[number].top for number in members]))
        beside = {number: [boxes[other] for other in members if other != number] for number in members}
        found: dict[int, Label | None] = {}
        for font in [each for each in FONTS if text_size("0", each)[1] <= highest] or FONTS[-1:]:
            found = {n: _placed(_full(digits[n]), font, boxes[n], beside[n], taken, size) for n in members}
            if all(found.values()):
                break
        for n in members:
            bare, room = digits[n].label, boxes[n].right - boxes[n].left
            placed[n] = (
                found[n]
                or _placed(bare, font, boxes[n], beside[n], taken, size)
                or _at(fitted(bare, font, room, end=""), font, boxes[n], size)
            )
    return [placed[number] for number in range(len(digits))]


def _placed(
    text: str,
    font: float,
    box: Rectangle,
    beside: Iterable[Rectangle],
    taken: Sequence[Rectangle],
    size: tuple[int, int],
) -> Label | None:
    """Return a label above a box, else below, that keeps clear of the columns beside it and of what is taken."""
    high = text_size(text, font)[1] + 2 * GAP
    columns = [Rectangle(each.left - GAP, each.top - high, each.right, each.bottom + high) for each in beside]
    for label in (_at(text, font, box, size), _at(text, font, box, size, below=True)):
        where = label.where
        inside = where.left >= 0 and where.top >= 0 and where.bottom <= size[1]
        if inside and not any(where.meets(each) for each in (*columns, *taken)):
            return label
    return None


def _at(text: str, font: float, box: Rectangle, size: tuple[int, int], *, below: bool = False) -> Label:
    """Return a label above a box, or below; on the right it ends where the drawing does."""
    width, height, _ = text_size(text, font)
    bottom = box.top - GAP
    if below or (bottom < height and box.bottom + GAP + height <= size[1]):
        bottom = box.bottom + GAP + height
    left = max(0, min(box.left, size[0] - width))
    return Label(text, font, Rectangle(left, max(height, bottom) - height, left + width, max(height, bottom)))


def _full(digit: ReadDigit) -> str:
    return f"{digit.label} {round(100 * digit.score)}%"


def _box_of(digit: ReadDigit, scale: float) -> Rectangle:
    x, y, width, height = (round(side * scale) for side in digit.box)
    return Rectangle(x, y, x + width, y + height)
