"""Pictures of things that are no digits, though parts of them may look so: books, tiles, keys, sticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from .page import Page, Plane
from .pages import draw_word

KEYS = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
KEY = 0.88  # of the way to the next: how large a key is
MOST_STICKS = 5


def draw_objects(ground: Plane, *, fonts: Sequence[Path], rng: np.random.Generator) -> Plane:
    """Draw books, tiles, boards, a keyboard or sticks on a ground, float32 (H, W, 3), 0–255; return the picture."""
    draw = _OBJECTS[rng.integers(len(_OBJECTS))]
    return draw(ground.copy(), fonts, rng)


def _colour(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a colour: most things have strong ones."""
    colour: NDArray[np.float64] = rng.uniform(10, 240) * rng.uniform(0.2, 1, 3) ** rng.choice([0.3, 1])
    return colour


def _tuple(colour: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(colour.tolist())


def _font(fonts: Sequence[Path], size: float, rng: np.random.Generator) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), max(8, int(size)))


def _stamped(picture: Plane, ink: Plane, colour: NDArray[np.float64]) -> Plane:
    stamped: Plane = (picture + (colour - picture) * ink[..., np.newaxis]).astype(np.float32)
    return stamped


def _books(picture: Plane, fonts: Sequence[Path], rng: np.random.Generator) -> Plane:
    """Draw shelves of books, their titles along or across their spines."""
    height, width = picture.shape[:2]
    shelves = int(rng.integers(1, 4))
    pitch, shelf = height / shelves, _colour(rng)
    for number in range(shelves):
        bottom, left = int((number + 1) * pitch - rng.uniform(2, 12)), rng.uniform(-20, width * 0.2)
        cv2.rectangle(picture, (0, bottom), (width, bottom + int(pitch * 0.06) + 2), _tuple(shelf), -1)
        while left < width:
            wide, high = pitch * rng.uniform(0.06, 0.3), pitch * rng.uniform(0.55, 0.95)
            lean = rng.normal(0, 0.03) * high
            corners = [
                [left, bottom],
                [left + lean, bottom - high],
                [left + lean + wide, bottom - high],
                [left + wide, bottom],
            ]
            colour = _colour(rng)
            cv2.fillConvexPoly(picture, np.rint(corners).astype(np.int32), _tuple(colour), cv2.LINE_AA)
            for band in rng.uniform(0.05, 0.95, int(rng.integers(0, 4))):
                y = int(bottom - high * band)
                thick = int(rng.integers(1, 6))
                start, end = (int(left + lean * band), y), (int(left + lean * band + wide), y)
                cv2.line(picture, start, end, _tuple(_colour(rng)), thick)
            if rng.random() < 0.8:
                picture = _titled(picture, fonts, (left, bottom - high, wide, high), colour, rng)
            left += wide + (rng.uniform(0.1, 0.8) * pitch if rng.random() < 0.08 else rng.uniform(0, 3))
    return picture


def _titled(
    picture: Plane,
    fonts: Sequence[Path],
    spine: tuple[float, ...],
    colour: NDArray[np.float64],
    rng: np.random.Generator,
) -> Plane:
    """Write a title along a spine, whose bounds are these, from top to bottom, or the other way."""
    left, top, wide, high = spine
    ink = Page((max(4, int(wide)), max(4, int(high))))
    font = _font(fonts, wide * rng.uniform(0.4, 0.8), rng)
    ink.write(draw_word(rng), rng.uniform(0.05, 0.5) * high, 0.72 * wide, font=font, bold=0, jitter=0, rng=rng)
    turned = np.rot90(ink.ink, rng.choice([1, 3]))
    page = Page((picture.shape[0], picture.shape[1]))
    page.put(np.ascontiguousarray(turned), left, top, is_digit=False)
    return _stamped(picture, page.ink, 255 - colour if rng.random() < 0.7 else _colour(rng))


def _tiles(picture: Plane, fonts: Sequence[Path], rng: np.random.Generator) -> Plane:
    """Draw the joints of tiles, bricks, boards, slats or a mesh, turned and seen aslant."""
    height, width = picture.shape[:2]
    side = 2 * max(height, width)
    ink: NDArray[np.uint8] = np.zeros((side, side), np.uint8)
    high = float(np.exp(rng.uniform(np.log(12), np.log(220))))
    wide = high * rng.choice([1, 1, 2, rng.uniform(0.3, 4), 100])
    joint = max(1, int(min(high, wide) * rng.uniform(0.01, 0.2)))
    shifted = rng.choice([0, 0, 0.5])
    for row in range(int(side / high) + 1):
        y = int(row * high)
        cv2.line(ink, (0, y), (side, y), (255,), joint)
        for column in range(int(side / wide) + 1):
            x = int((column + shifted * (row % 2)) * wide)
            cv2.line(ink, (x, y), (x, int(y + high)), (255,), joint)
    turn = rng.choice([0, 90]) + rng.normal(0, 12)
    matrix = np.vstack([cv2.getRotationMatrix2D((side / 2, side / 2), turn, rng.uniform(0.8, 1.2)), [0, 0, 1]])
    lens = np.eye(3)
    lens[2, :2] = rng.normal(0, 0.0002, 2)
    seen = cv2.warpPerspective(ink, lens @ matrix, (side, side))
    top, left = (side - height) // 2, (side - width) // 2
    share = seen[top : top + height, left : left + width].astype(np.float32) / 255 * rng.uniform(0.3, 1)
    colour = _colour(rng) if rng.random() < 0.5 else picture.mean((0, 1)) * rng.uniform(0.3, 0.8)
    return _stamped(picture, share, colour)


def _keyboard(picture: Plane, fonts: Sequence[Path], rng: np.random.Generator) -> Plane:
    """Draw keys with letters in rows, as of a keyboard or a pad."""
    height, width = picture.shape[:2]
    pitch = rng.uniform(0.06, 0.14) * width
    left, top = rng.uniform(0.02, 0.3) * width, rng.uniform(0.1, 0.5) * height
    body, key = _colour(rng), _colour(rng)
    letters = Page((height, width))
    font = _font(fonts, pitch * rng.uniform(0.25, 0.55), rng)
    end = int(left + 10.5 * pitch), int(top + 4.3 * pitch)
    cv2.rectangle(picture, (int(left - 0.3 * pitch), int(top - 0.3 * pitch)), end, _tuple(body), -1)
    for row, signs in enumerate(KEYS):
        for column, sign in enumerate(signs):
            x, y = left + (column + 0.4 * row) * pitch, top + row * pitch
            corner = int(x + KEY * pitch), int(y + KEY * pitch)
            cv2.rectangle(picture, (int(x), int(y)), corner, _tuple(key * rng.uniform(0.95, 1.05)), -1)
            letters.write(sign, x + 0.2 * pitch, y + 0.6 * pitch, font=font, bold=0, jitter=0, rng=rng)
    x, y = int(left + 2 * pitch), int(top + 3 * pitch)
    cv2.rectangle(picture, (x, y), (int(left + 7 * pitch), int(top + 3.85 * pitch)), _tuple(key), -1)
    colour = np.full(3, 235.0) if key.mean() < 120 else np.full(3, 20.0)
    return _stamped(picture, letters.ink, colour)


def _sticks(picture: Plane, fonts: Sequence[Path], rng: np.random.Generator) -> Plane:
    """Draw pens, cables, rails and edges of paper that lie about."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(1, MOST_STICKS + 1))):
        colour, thick = _colour(rng), int(np.exp(rng.uniform(np.log(2), np.log(40))))
        start, turn, length = rng.uniform(0, 1, 2) * (width, height), rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 1.2)
        way = np.array([np.cos(turn), np.sin(turn)]) * length * height
        if rng.random() < 0.5:
            points = np.stack([start, start + way])
        else:
            along = np.linspace(0, 1, 40)[:, np.newaxis]
            bend = rng.uniform(-0.4, 0.4) * np.array([-way[1], way[0]])
            points = start + along * way + np.sin(along * np.pi * rng.uniform(0.5, 2.5)) * bend
        cv2.polylines(picture, [np.rint(points).astype(np.int32)], False, _tuple(colour), thick, cv2.LINE_AA)
        if thick > 5 and rng.random() < 0.6:  # its light side
            shine = [np.rint(points + thick / 5).astype(np.int32)]
            cv2.polylines(picture, shine, False, _tuple(colour * 1.3), max(1, thick // 4), cv2.LINE_AA)
    return picture


_OBJECTS: Sequence[Callable[[Plane, Sequence[Path], np.random.Generator], Plane]] = (
    *(_books, _tiles, _tiles, _keyboard, _sticks),
)
