"""What a camera sees where nothing is written: patches, wedges, blots, bars beside each other, rungs and steps."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from .framing import framed

CANVAS_PX = 112
BLOT_SHARE = (0.04, 0.35)  # of the canvas: a blot's area
SLENDEREST = 0.4  # width by length: a more slender patch may be a 1
_WHITE = (255,)

Canvas = NDArray[np.uint8]


def draw_solid_shape(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw such a thing, uint8 (28, 28), 0–255, light on dark, framed as the device frames what it finds."""
    canvas = _SHAPES[int(generator.integers(len(_SHAPES)))](generator)
    if generator.random() < 0.4:
        canvas = cv2.GaussianBlur(canvas, (0, 0), float(generator.uniform(1.0, 4.0))).astype(np.uint8)
    if generator.random() < 0.3:
        canvas = _fading(canvas, generator)
    return framed(canvas)


def _fading(canvas: Canvas, generator: np.random.Generator) -> Canvas:
    """Let the ink fade to one side, as what lies in half light does."""
    towards = generator.normal(size=2)
    y, x = np.mgrid[-1 : 1 : CANVAS_PX * 1j, -1 : 1 : CANVAS_PX * 1j]
    slope = (x * towards[0] + y * towards[1]) / np.hypot(*towards)
    faded = np.maximum(canvas * np.clip(0.7 - generator.uniform(0.3, 0.9) * slope, 0.1, 1), canvas > 0)
    return np.asarray(faded, np.uint8)


def _patch(generator: np.random.Generator) -> Canvas:
    """A filled polygon of three to six corners, not slender."""
    while True:
        corners = int(generator.integers(3, 7))
        angle = np.sort(generator.uniform(0, 2 * np.pi, corners))
        reach = generator.uniform(0.4, 1, (corners, 1)) * (CANVAS_PX / 2 - 8)
        points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach + CANVAS_PX / 2
        width, length = sorted(cv2.minAreaRect(points.astype(np.float32))[1])
        if width > SLENDEREST * length:
            return _filled(points)


def _wedge(generator: np.random.Generator) -> Canvas:
    """A bar that is much broader at one end."""
    length, broad = generator.uniform(60, 96), generator.uniform(0.35, 0.7)
    ends = np.array([generator.uniform(0, 0.25) * broad, broad])[:: int(generator.choice([1, -1]))] * length / 2
    shift = generator.uniform(-0.2, 0.2) * length
    points = [[-ends[0], -length / 2], [ends[0], -length / 2], [ends[1] + shift, length / 2]]
    return _filled(_turned(np.array([*points, [-ends[1] + shift, length / 2]]), generator))


def _beam(generator: np.random.Generator) -> Canvas:
    """A bar or an ellipse too broad for a stroke."""
    length = generator.uniform(60, 96)
    half = np.array([generator.uniform(SLENDEREST, 0.9) * length / 2, length / 2])
    if generator.random() < 0.5:
        angle = np.linspace(0, 2 * np.pi * generator.choice([0.5, 1.0]), 40)[:, np.newaxis]
        return _filled(_turned(np.hstack([np.cos(angle), np.sin(angle)]) * half, generator))
    return _filled(_turned(np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half, generator))


def _blot(generator: np.random.Generator) -> Canvas:
    """One or several spots of smooth noise."""
    while True:
        noise = generator.normal(size=(CANVAS_PX, CANVAS_PX)).astype(np.float32)
        field = cv2.GaussianBlur(noise, (0, 0), float(generator.uniform(5, 14)))
        mask = (field > generator.uniform(0.3, 1.3) * field.std()).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
        order = np.argsort(-stats[1:, cv2.CC_STAT_AREA])[: int(generator.choice([1, 1, 2, 3]))] + 1
        width, length = sorted(stats[order[0], [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]) if len(order) else (0, 1)
        share = stats[order[:1], cv2.CC_STAT_AREA].sum() / mask.size
        if width > SLENDEREST * length and BLOT_SHARE[0] < share < BLOT_SHARE[1]:
            return np.where(np.isin(labels, order), 255, 0).astype(np.uint8)


def _bars(generator: np.random.Generator) -> Canvas:
    """Three to five strokes beside each other, or that come from one place."""
    count, width = int(generator.integers(3, 6)), int(generator.integers(3, 12))
    place, spread = np.linspace(-1, 1, count)[:, np.newaxis], generator.uniform(18, 44, 2)
    if generator.random() < 0.3:
        spread[0] *= 0.1
    skew, rough = generator.uniform(-20, 20), generator.normal(0, 3, (2, count, 1))
    starts = np.hstack([place * spread[0] + skew + rough[0], np.full((count, 1), -36.0)])
    ends = np.hstack([place * spread[1] + rough[1], np.full((count, 1), 36.0)])
    return _stroked(np.stack([starts, ends], axis=1), width, generator)


def _rungs(generator: np.random.Generator) -> Canvas:
    """One or two strokes that go on beyond their rungs, which an 8 or a 0 does not: a ladder, a fence, a window."""
    apart, width = generator.uniform(14, 32), int(generator.integers(4, 11))
    rungs = np.linspace(-28, 28, int(generator.integers(3, 6))) + generator.uniform(-5, 5)
    posts = (-apart, apart) if generator.random() < 0.6 else (-apart,)
    lines = [[[x, -44.0], [x, 44.0]] for x in posts]
    lines += [[[-apart - generator.uniform(0, 10), y], [apart, y + generator.uniform(-3, 3)]] for y in rungs]
    return _stroked(np.array(lines), width, generator)


def _steps(generator: np.random.Generator) -> Canvas:
    """A line that goes along and down by turns, as stairs and the edges of things do."""
    count = int(generator.integers(7, 12))
    moves = generator.uniform(0.3, 1, (count, 2)) * np.array([generator.choice([-1, 1]), 1])
    moves[::2, 1] = 0
    moves[1::2, 0] = 0
    points = np.vstack([[0, 0], moves.cumsum(axis=0)])
    points = (points - points.mean(axis=0)) / np.ptp(points, axis=0).max() * 84
    lines = np.stack([points[:-1], points[1:]], axis=1)
    return _stroked(lines, int(generator.integers(4, 11)), generator)


def _rings(generator: np.random.Generator) -> Canvas:
    """A disc in a ring, or a ring with something in it: an eye, a wheel, a cup."""
    canvas = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
    middle = CANVAS_PX // 2
    axes = generator.integers(30, 46, 2)
    rim = int(generator.integers(4, 14))
    cv2.ellipse(canvas, ((middle, middle), (axes * 2.0).tolist(), 0.0), _WHITE, rim, cv2.LINE_AA)
    inner = axes * generator.uniform(0.25, 0.55)
    place = middle + generator.uniform(-8, 8, 2)
    thickness = -1 if generator.random() < 0.6 else int(generator.integers(4, 9))
    cv2.ellipse(canvas, (place.tolist(), (inner * 2).tolist(), 0.0), _WHITE, thickness, cv2.LINE_AA)
    return canvas


_SHAPES: tuple[Callable[[np.random.Generator], Canvas], ...] = (
    *(_patch, _wedge, _beam, _blot, _blot, _bars, _rungs, _steps, _rings),
)


def _turned(points: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Turn points about the origin, (N, 2), upright or nearly half of the time, and put them into the canvas."""
    angle = generator.uniform(0, 2 * np.pi) if generator.random() < 0.5 else generator.normal(0, 0.25)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn.T + CANVAS_PX / 2, np.float64)


def _filled(points: NDArray[np.float64]) -> Canvas:
    canvas = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
    cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], _WHITE, cv2.LINE_AA)
    return canvas


def _stroked(lines: NDArray[np.float64], width: int, generator: np.random.Generator) -> Canvas:
    """Draw lines, (N, 2, 2) of start and end, about the origin, all turned alike."""
    canvas = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
    ends = np.rint(_turned(lines.reshape(-1, 2), generator)).astype(np.int32).reshape(-1, 2, 2)
    cv2.polylines(canvas, list(ends), False, _WHITE, width, cv2.LINE_AA)
    return canvas
