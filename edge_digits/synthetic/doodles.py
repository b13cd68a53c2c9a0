"""Doodles: what people draw on paper that is no digit, framed as the device frames digits."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from .framing import framed

CANVAS_PX = 192
Lines = list[NDArray[np.float64]]
"""Polylines, each float64 (points, 2) of x and y, about −1 to 1."""


def draw_doodle(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a scribble, a zigzag, a figure or the like, uint8 (28, 28), 0–255, light on dark, framed."""
    draw = _DOODLES[int(generator.integers(len(_DOODLES)))]
    lines = draw(generator)
    turn, stretch = generator.uniform(-0.35, 0.35), generator.uniform(0.65, 1.0, 2)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    canvas = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
    width = int(generator.integers(9, 19))
    for line in lines:
        points = (line * stretch) @ rotation.T * (CANVAS_PX * 0.3) + CANVAS_PX / 2
        cv2.polylines(canvas, [np.rint(points).astype(np.int32)], False, (255,), width, cv2.LINE_AA)
    return framed(canvas)


def _scribble(generator: np.random.Generator) -> Lines:
    """A smooth line back and forth through many points."""
    return [_smooth(generator.uniform(-1, 1, (int(generator.integers(8, 13)), 2)))]


def _zigzag(generator: np.random.Generator) -> Lines:
    count = int(generator.integers(6, 10))
    heights = np.where(np.arange(count) % 2 == 0, -1, 1) * generator.uniform(0.6, 1.0, count)
    return [np.stack([np.linspace(-1, 1, count), heights], axis=1)]


def _waves(generator: np.random.Generator) -> Lines:
    across, turns = np.linspace(-1, 1, 80), generator.uniform(2, 3.5)
    gap = generator.uniform(0.35, 0.5)
    wave = 0.2 * np.sin(np.pi * turns * across)
    return [np.stack([across, wave + offset], axis=1) for offset in (-gap, gap)]


def _spiral(generator: np.random.Generator) -> Lines:
    angle = np.linspace(0, 2 * np.pi * generator.uniform(2.2, 3.2), 160)
    radius = angle / angle[-1]
    return [np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)]


def _star(generator: np.random.Generator) -> Lines:
    points = 5 if generator.random() < 0.5 else 7
    angle = 2 * np.pi * np.arange(points + 1) * 2 / points
    return [np.stack([np.sin(angle), -np.cos(angle)], axis=1)]


def _cross(generator: np.random.Generator) -> Lines:
    reach = generator.uniform(0.7, 1.0, 4)
    lines = [np.array([[-reach[0], 0], [reach[1], 0]]), np.array([[0, -reach[2]], [0, reach[3]]])]
    if generator.random() < 0.5:
        lines += [np.array([[-0.7, -0.7], [0.7, 0.7]]), np.array([[-0.7, 0.7], [0.7, -0.7]])]
    return lines


def _grid(generator: np.random.Generator) -> Lines:
    places = np.linspace(-0.6, 0.6, int(generator.integers(2, 4)))
    upright = [np.array([[place, -1], [place, 1]]) for place in places]
    return [*upright, *(np.array([[-1, place], [1, place]]) for place in places)]


def _face(generator: np.random.Generator) -> Lines:
    angle = np.linspace(0, 2 * np.pi, 60)
    mouth = np.linspace(0.2 * np.pi, 0.8 * np.pi, 20)
    eyes = [np.array([[side, -0.4], [side, -0.2]]) for side in (-0.35, 0.35)]
    curve = 0.55 * (1 if generator.random() < 0.7 else -1)
    offset = 0.0 if curve > 0 else 0.8
    smile = np.stack([0.5 * np.cos(mouth), offset + curve * np.sin(mouth)], axis=1)
    return [np.stack([np.cos(angle), np.sin(angle)], axis=1), *eyes, smile]


def _crossed_box(generator: np.random.Generator) -> Lines:
    box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]], np.float64)
    return [box, np.array([[-1.0, -1.0], [1.0, 1.0]]), np.array([[-1.0, 1.0], [1.0, -1.0]])]


def _arrow(generator: np.random.Generator) -> Lines:
    tip = generator.uniform(0.4, 0.7)
    arrow = [np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([[1 - tip, -tip], [1.0, 0.0], [1 - tip, tip]])]
    return arrow if generator.random() < 0.5 else [*arrow, np.array([[tip - 1, -tip], [-1.0, 0.0], [tip - 1, tip]])]


_DOODLES: tuple[Callable[[np.random.Generator], Lines], ...] = (
    *(_scribble, _scribble, _zigzag, _waves, _spiral, _star),
    *(_cross, _grid, _face, _crossed_box, _arrow),
)


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a curve through points: Catmull and Rom, "A Class of Local Interpolating Splines" (1974)."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    step = np.linspace(0, 1, 16, endpoint=False)[:, np.newaxis]
    pieces = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        slope = end - before
        bend = 2 * before - 5 * start + 4 * end - after
        twist = -before + 3 * start - 3 * end + after
        pieces.append(start + 0.5 * (slope * step + bend * step**2 + twist * step**3))
    return np.concatenate([*pieces, points[-1:]])
