"""Pages as people and printers write them: text, numbers, lists, labels of meters, tables; and lines and shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from device.idx import LabelledDigits

from ..synthetic.pen_digits import draw_large
from ..synthetic.pen_drawings import draw_on, draw_pen
from .page import Font, Page, Plane, draw_room

# Some hand writes these letters as a digit: words of nothing else are written among other words alone.
LIKE_DIGITS = set("OoIlSsZzBbqgGjJiDUuQyYTtLvV")
UNITS = (
    *("kWh", "m³", "kg", "cm", "mm", "km", "°C", "Nr.", "No.", "Tel.", "EUR", "USD", "€/kg", "Vol.", "Art.", "Ref:"),
    *("ID:", "Date:", "am", "pm", "Uhr", "St.", "Room", "Bus", "Gate", "Line", "W/m²", "L/min", "Total:", "Sum=", "x="),
)
LENGTHS = (1, 2, 2, 3, 3, 4, 5, 6, 8)  # of numbers
SMALLEST, LARGEST = 16, 70  # px: letters of a text
LONGEST_WORD = 11
AMONG, LIKELY = 3, 0.3  # words in a line: in one of so many or more, so many of them are of such letters
ONES = 0.15  # of numbers written large are of ones alone
DRAWN, THINNEST, THICKEST = 0.35, 0.012, 0.15  # of them are drawn by a pen of this width, as a share of their height
MOST_DRAWN, SMALLEST_DRAWN, LARGEST_DRAWN = 5, 0.06, 0.45  # things; half their size, of the page's shorter side
KINDS = (0.15, 0.15, 0.25, 0.2, 0.1, 0.15)  # of pages: a large word, a label, and lines as `_LINES` has them


@dataclass(frozen=True)
class Hand:
    """What a page is written with.

    Attributes:
        font: of its words, and of numbers that are not written by hand.
        bold: by how many pixels its strokes are widened.
        jitter: how unlike its letters are, 0 for print.
        digits: numbers are written in these; None for the font's.
        height: of those digits, pixels.
        pen: how much bolder their pen is.
        gap: between words, pixels.
    """

    font: Font
    bold: int
    jitter: float
    digits: LabelledDigits | None
    height: float
    pen: float
    gap: float

    @property
    def size(self) -> float:
        """The font's size, pixels."""
        return float(self.font.size)


def write_page(
    size: tuple[int, int], *, fonts: Sequence[Path], digits: LabelledDigits, rng: np.random.Generator
) -> Page:
    """Write words and numbers on a page of this height and width, pixels, in one of the fonts."""
    page = Page(size)
    kind = int(rng.choice(len(KINDS), p=KINDS))
    if kind == 0:
        hand = _hand(fonts, digits, rng, smallest=50, largest=170)
        _write(page, hand, draw_word(rng), rng.uniform(10, size[1] * 0.4), rng.uniform(0.35, 0.8) * size[0], rng)
    elif kind == 1:
        _write_label(page, _hand(fonts, digits, rng, smallest=SMALLEST, largest=LARGEST), rng)
    else:
        _write_lines(page, _hand(fonts, digits, rng, smallest=SMALLEST, largest=LARGEST), _LINES[kind - 2], rng)
    return page


def _hand(
    fonts: Sequence[Path], digits: LabelledDigits, rng: np.random.Generator, *, smallest: int, largest: int
) -> Hand:
    size = int(np.exp(rng.uniform(np.log(smallest), np.log(largest))))
    return Hand(
        font=ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), size),
        bold=int(rng.choice([0, 0, 0, 1, 1, 2]) * size / 40),
        jitter=float(rng.choice([0, 0, 0.5, 1, 2])),
        digits=digits if rng.random() < 0.5 else None,
        height=size * rng.uniform(0.6, 1.1),
        pen=rng.uniform(-0.2, 0.25),
        gap=size * rng.uniform(0.25, 0.9),
    )


@cache
def _words() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of Python's own help, which is at hand everywhere; and those of LIKE_DIGITS alone, each once."""
    from pydoc_data.topics import topics

    letters = "".join(sign if sign.isalpha() else " " for sign in " ".join(topics.values()))
    words = [word for word in letters.split() if 1 < len(word) <= LONGEST_WORD]
    like_digits = {word for word in words if set(word) <= LIKE_DIGITS}
    return tuple(word for word in words if word not in like_digits), tuple(sorted(like_digits))


def draw_word(rng: np.random.Generator) -> str:
    """Draw a word, as it is, in capitals or in small letters."""
    words, _ = _words()
    word = words[rng.integers(len(words))]
    return (word.upper(), word.capitalize(), word, word.lower())[rng.choice(4, p=[0.15, 0.15, 0.2, 0.5])]


def _number(rng: np.random.Generator) -> str:
    return "".join(str(rng.integers(10)) for _ in range(rng.choice(LENGTHS)))


def draw_unit(rng: np.random.Generator) -> str:
    """Draw a unit, or another short sign that stands beside numbers."""
    return UNITS[rng.integers(len(UNITS))]


def _write(page: Page, hand: Hand, text: str, left: float, base: float, rng: np.random.Generator) -> float:
    if hand.digits is not None and text.isdecimal():
        return page.write_number(text, left, base, digits=hand.digits, height=hand.height, pen=hand.pen, rng=rng)
    return page.write(text, left, base, font=hand.font, bold=hand.bold, jitter=hand.jitter, rng=rng)


def _write_label(page: Page, hand: Hand, rng: np.random.Generator) -> None:
    """Write a number with its unit, and words above and below, as meters have them."""
    (height, width), size = page.ink.shape, hand.size
    base = rng.uniform(0.3, 0.8) * height
    end = _write(page, hand, _number(rng), rng.uniform(10, width * 0.4), base, rng)
    small = hand.font.font_variant(size=max(10, int(hand.size * rng.uniform(0.4, 1))))
    hand = replace(hand, font=small)
    _write(page, hand, draw_unit(rng), end + hand.gap, base, rng)
    for side in (-1, 1):
        if rng.random() < 0.6:
            lower = base + side * size * rng.uniform(1.2, 2.5)
            _write(page, hand, f"{draw_word(rng)} {draw_word(rng)}", rng.uniform(10, width * 0.4), lower, rng)


def _write_lines(page: Page, hand: Hand, line: Callable[..., list[str]], rng: np.random.Generator) -> None:
    height, width = page.ink.shape
    pitch, base, first = hand.size * rng.uniform(1.2, 2.2), rng.uniform(1, 2.5) * hand.size, rng.uniform(5, width * 0.3)
    length = int(rng.integers(1, 9))
    for number in range(int(rng.integers(1, 12))):
        left = first + rng.normal(0, 0.1) * hand.size
        for text in line(rng, number=number, length=length):
            if left > width - hand.size:
                break
            left = _write(page, hand, text, left, base, rng) + hand.gap
        base += pitch
        if base > height:
            break


def _words_alone(rng: np.random.Generator, *, length: int, **_: int) -> list[str]:
    like_digits = _words()[1] if length >= AMONG else ()
    return [
        like_digits[rng.integers(len(like_digits))] if like_digits and rng.random() < LIKELY else draw_word(rng)
        for _ in range(length)
    ]


def _numbers(rng: np.random.Generator, *, length: int, **_: int) -> list[str]:
    return [_number(rng) for _ in range(length)]


def _mixed(rng: np.random.Generator, *, length: int, **_: int) -> list[str]:
    ways = (_number, draw_word, draw_unit)
    return [ways[rng.choice(3, p=[0.35, 0.58, 0.07])](rng) for _ in range(length)]


def _item(rng: np.random.Generator, *, number: int, **_: int) -> list[str]:
    """Return a line of a list: a number before words, or behind them."""
    first = f"{number + 1}{rng.choice(['', '.', ')'])}" if rng.random() < 0.5 else _number(rng)
    line = [first, *(draw_word(rng) for _ in range(rng.integers(1, 3)))]
    return line[:: rng.choice([1, 1, -1])]


_LINES = (_words_alone, _mixed, _numbers, _item)


def write_table(
    size: tuple[int, int], *, fonts: Sequence[Path], digits: LabelledDigits, rng: np.random.Generator
) -> Page:
    """Write digits into the cells of a table, by hand, printed or both, on a page of this height and width, pixels."""
    page = Page(size)
    rows, columns = (int(side) for side in rng.integers(1, 10, 2))
    high = min(size[1] * rng.uniform(0.5, 1.1) / columns, size[0] * rng.uniform(0.5, 1.1) / rows, 220)
    wide = high * rng.choice([1, 1, rng.uniform(0.8, 1.6)])
    left, top = (rng.uniform(-0.3 * each, max(5, rest)) for each, rest in
                 ((wide, size[1] - columns * wide), (high, size[0] - rows * high)))  # fmt: skip
    lines = _grid(size, (left, top), (rows, columns), (wide, high), rng)
    font = ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), max(8, int(high * rng.uniform(0.45, 0.85))))
    printed, filled, height = rng.choice([0, 0, 0.4, 1]), rng.uniform(0.5, 1), high * rng.uniform(0.45, 0.8)
    pen = rng.uniform(-0.25, 0.25)
    for row in range(rows):
        for column in range(columns):
            if rng.random() > filled:
                continue
            x, y = (corner + (place + 0.5 + rng.normal(0, 0.04)) * side for corner, place, side in
                    ((left, column, wide), (top, row, high)))  # fmt: skip
            if rng.random() < printed:
                digit = str(rng.integers(10))
                bounds = font.getbbox(digit, anchor="ls")
                x, y = x - (bounds[0] + bounds[2]) / 2, y - (bounds[1] + bounds[3]) / 2
                page.write(digit, x, y, font=font, bold=0, jitter=0, rng=rng)
            else:
                image, tall = digits.images[rng.integers(len(digits.images))], height * rng.uniform(0.85, 1.15)
                page.write_digit(image, x - 0.35 * tall, y + tall / 2, height=tall, pen=pen)
    page.ink = np.maximum(page.ink * rng.choice([1, 1, rng.uniform(0.3, 1)]), lines * rng.uniform(0.3, 1))
    return page


def _grid(
    size: tuple[int, int], corner: tuple[float, float], counts: tuple[int, int], cell: tuple[float, float],
    rng: np.random.Generator,
) -> Plane:  # fmt: skip
    """Draw the lines of a table, float32 (H, W), each third perhaps twice as wide."""
    lines = np.zeros(size, np.uint8)
    (left, top), (rows, columns), (wide, high) = corner, counts, cell
    thickness = int(max(1, rng.uniform(0.01, 0.07) * high))
    every = int(rng.choice([100, 3, 3]))  # each third line may be thicker
    right, bottom = left + columns * wide, top + rows * high
    level = [((left, top + row * high), (right, top + row * high), row) for row in range(rows + 1)]
    upright = [((left + column * wide, top), (left + column * wide, bottom), column) for column in range(columns + 1)]
    for *ends, place in level + upright:
        start, end = (tuple(map(int, each)) for each in ends)
        cv2.line(lines, start, end, (255,), thickness if place % every else 2 * thickness, cv2.LINE_AA)
    return lines.astype(np.float32) / 255


def write_number_large(size: tuple[int, int], *, digits: LabelledDigits, rng: np.random.Generator) -> Page:
    """Write one number by hand, in digits of up to half the page's height, on a page of this height and width."""
    page = Page(size)
    height = float(np.exp(rng.uniform(np.log(30), np.log(220))))
    left, base, pen = rng.uniform(5, size[1] * 0.6), rng.uniform(height + 5, size[0]), rng.uniform(-0.2, 0.3)
    room, of_ones = draw_room(rng), rng.random() < ONES
    thin = np.exp(rng.uniform(np.log(THINNEST), np.log(THICKEST))) if rng.random() < DRAWN else 0.0
    for place in range(7):
        chosen = rng.choice(np.flatnonzero(digits.labels == 1)) if of_ones else rng.integers(len(digits.labels))
        lower, tall = base + rng.normal(0, 0.05) * height, height * rng.uniform(0.9, 1.1)
        if thin:
            glyph = draw_large(int(digits.labels[chosen]), rng, high_px=int(tall), pen=thin)
            page.put(glyph.astype(np.float32) / 255, left, lower - len(glyph), is_digit=True)
            left += glyph.shape[1]
        else:
            left = page.write_digit(digits.images[chosen], left, lower, height=tall, pen=pen)
        left += height * rng.uniform(*room)
        if left > size[1] - height * 0.4 or place >= rng.integers(7):
            break
    return page


def draw_drawings(page: Page, rng: np.random.Generator) -> None:
    """Draw a few things on a page, all by one pen; ink that is there already stays."""
    height, width = page.ink.shape
    canvas, pen = np.zeros((height, width), np.uint8), draw_pen(rng)
    for _ in range(rng.integers(1, MOST_DRAWN + 1)):
        half = min(height, width) * np.exp(rng.uniform(np.log(SMALLEST_DRAWN), np.log(LARGEST_DRAWN)))
        middle = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height
        draw_on(canvas, half=half, middle=middle, pen=pen, rng=rng)
    page.ink = np.maximum(page.ink, canvas.astype(np.float32) / 255)


def draw_shapes(size: tuple[int, int], *, rng: np.random.Generator) -> Plane:
    """Draw lines, boxes, blots and arrows at random, float32 (H, W), 0–1; nothing that might be a 1 or a 0."""
    ink: NDArray[np.uint8] = np.zeros(size, np.uint8)
    for _ in range(rng.integers(1, 25)):
        colour, thickness = (int(rng.integers(120, 256)),), int(rng.integers(1, 9))
        points = np.stack([rng.uniform(0, size[1], 2), rng.uniform(0, size[0], 2)], axis=1).astype(int).tolist()
        length = int(np.exp(rng.uniform(2.5, 5)))
        start = points[0]
        end = [side + int(rng.uniform(0.3, 1.5) * length) for side in start]
        kind = rng.integers(6)
        if kind < 2:
            cv2.line(ink, start, points[1], colour, thickness, cv2.LINE_AA)
        elif kind == 2:
            cv2.rectangle(ink, start, end, colour, thickness if rng.random() < 0.7 else -1)
        elif kind == 3:
            knots = np.array([start]) + rng.normal(0, 0.5 * length, (rng.integers(3, 9), 2))
            cv2.polylines(ink, [knots.astype(np.int32)], bool(rng.random() < 0.4), colour, thickness, cv2.LINE_AA)
        elif kind == 4:
            axes = length // 2 + 2, int(length * rng.uniform(0.2, 0.6)) + 2
            cv2.ellipse(ink, start, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
        else:
            cv2.arrowedLine(ink, start, end, colour, thickness, cv2.LINE_AA)
    return ink.astype(np.float32) / 255
