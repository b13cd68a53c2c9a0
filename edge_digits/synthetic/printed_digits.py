"""Digits that no hand writes, to learn from: in type, in the seven segments of displays and meters, and in dots."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS, SIDE

from .framing import framed
from .printed_signs import draw_sign, find_fonts

CANVAS_PX = 160
# Corners of the segments, as (column, row) of a digit one wide and two high, by the letters that data sheets give them.
_SEGMENTS = {
    "a": ((0, 0), (1, 0)),
    "b": ((1, 0), (1, 1)),
    "c": ((1, 1), (1, 2)),
    "d": ((0, 2), (1, 2)),
    "e": ((0, 1), (0, 2)),
    "f": ((0, 0), (0, 1)),
    "g": ((0, 1), (1, 1)),
}
_LIT = (
    *(("abcdef",), ("bc",), ("abged",), ("abgcd",), ("fgbc",)),
    *(("afgcd",), ("afgedc", "fgedc"), ("abc", "fabc"), ("abcdefg",), ("abfgcd", "abfgc")),
)
# Five by seven dots; where there are several, displays differ.
_DOTS = (
    ("01110 10001 10001 10001 10001 10001 01110", "01110 10001 10011 10101 11001 10001 01110"),
    ("00100 01100 00100 00100 00100 00100 01110", "00010 00110 01010 00010 00010 00010 00010"),
    ("01110 10001 00001 00010 00100 01000 11111", "01110 10001 00001 01110 10000 10000 11111"),
    ("11111 00010 00100 00010 00001 10001 01110", "01110 10001 00001 00110 00001 10001 01110"),
    ("00010 00110 01010 10010 11111 00010 00010", "10001 10001 10001 11111 00001 00001 00001"),
    ("11111 10000 11110 00001 00001 10001 01110", "11111 10000 10000 11110 00001 00001 11110"),
    ("00110 01000 10000 11110 10001 10001 01110", "01110 10001 10000 11110 10001 10001 01110"),
    ("11111 00001 00010 00100 01000 01000 01000", "11111 00001 00001 00010 00010 00100 00100"),
    ("01110 10001 10001 01110 10001 10001 01110",),
    ("01110 10001 10001 01111 00001 00010 01100", "01110 10001 10001 01111 00001 10001 01110"),
)
_WHITE = (255,)


def draw_printed_digits(count: int, *, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw digits in type (half of them), segments and dots, framed as the device frames what it finds.

    Args:
        count: how many; each digit gets as many.
        seed: the same seed draws the same, with the same fonts.

    Returns:
        uint8 (count, 28, 28), 0–255, light on dark; and uint8 (count,), their classes.
    """
    generator = np.random.default_rng(seed)
    fonts = find_fonts()
    labels = (np.arange(count) % len(LABELS)).astype(np.uint8)
    images = np.empty((count, SIDE, SIDE), np.uint8)
    for place, label in enumerate(labels.tolist()):
        kind = place // len(LABELS) % 4
        if kind < 2:
            images[place] = draw_sign(LABELS[label], fonts, generator=generator)
        else:
            images[place] = draw_displayed(label, generator, dots=kind == 3)
    return images, labels


def draw_displayed(label: int, generator: np.random.Generator, *, dots: bool) -> NDArray[np.uint8]:
    """Draw a digit as a display shows it, in segments or dots: uint8 (28, 28), 0–255, light on dark, framed."""
    canvas = _dots(label, generator) if dots else _segments(label, generator)
    if generator.random() < 0.5:
        canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), float(generator.uniform(1, 4))), np.uint8)
    return framed(canvas)


def _segments(label: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Light segments, upright or slanted to the right, joined or with gaps, with ends that are square or pointed."""
    half_width, gap = generator.uniform(0.06, 0.2), generator.uniform(-0.04, 0.1)
    tip = half_width * generator.choice([0.0, generator.uniform(0.3, 1.0)])
    size = np.array([generator.uniform(0.8, 1.15), 1.0]) * CANVAS_PX * 0.35
    slant = generator.uniform(0, 0.25) * (generator.random() < 0.6)
    canvas = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
    for letter in _LIT[label][int(generator.integers(len(_LIT[label])))]:
        start, end = np.array(_SEGMENTS[letter], float)
        along = (end - start) / np.abs(end - start).max()
        across = along[::-1] * half_width
        start, end = start + along * gap, end - along * gap
        shape = [start, start + along * tip + across, end - along * tip + across]
        shape += [end, end - along * tip - across, start + along * tip - across]
        points = (np.array(shape) - [0.5, 1]) * size
        points[:, 0] -= slant * points[:, 1]
        cv2.fillPoly(canvas, [np.rint(points + CANVAS_PX / 2).astype(np.int32)], _WHITE, cv2.LINE_AA)
    return canvas


def _dots(label: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Dots, round or square, apart or joined; gaps between them are closed half of the time, as the reader does."""
    pitch = np.array([generator.uniform(0.8, 1.1), 1.0]) * CANVAS_PX / 9
    size = generator.uniform(0.5, 1.05) * pitch.min()
    is_round = generator.random() < 0.6
    canvas = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
    glyph = _DOTS[label][int(generator.integers(len(_DOTS[label])))]
    lit = np.argwhere([[dot == "1" for dot in row] for row in glyph.split()])[:, ::-1]
    for x, y in (lit - [2, 3]) * pitch + CANVAS_PX / 2:
        if is_round:
            cv2.circle(canvas, (round(x), round(y)), round(size / 2), _WHITE, -1, cv2.LINE_AA)
        else:
            corners = np.rint([x - size / 2, y - size / 2, x + size / 2, y + size / 2]).astype(int).tolist()
            cv2.rectangle(canvas, tuple(corners[:2]), tuple(corners[2:]), _WHITE, -1)
    if generator.random() < 0.5:
        reach = round(2 * max(pitch.max() - size, 0)) | 1
        ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        canvas = np.asarray(cv2.morphologyEx(canvas, cv2.MORPH_CLOSE, ball), np.uint8)
    return canvas
