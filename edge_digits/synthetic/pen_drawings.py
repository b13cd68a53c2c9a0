"""What people draw with a pen that is no digit, though its parts may look like one: faces, suns, flowers, houses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
"""float64 (N, 2), x and y, about −1 to 1."""

THINNEST, THICKEST = 0.02, 0.14  # of half its size: the pen
TURN = 0.25  # rad: how far one is turned, at most
SHAKE = 0.03  # of its size: how far lines stray
FINE_BITS = 3  # of a pixel, in which lines are drawn


def draw_pen(rng: np.random.Generator) -> float:
    """Draw the width of a pen, as a share of half the size of what it draws."""
    return float(rng.uniform(THINNEST, THICKEST))


def draw_on(
    canvas: NDArray[np.uint8], *, half: float, middle: tuple[float, float], pen: float, rng: np.random.Generator
) -> None:
    """Draw one on a canvas, uint8 (H, W), in 255.

    Args:
        canvas: what is drawn on.
        half: half its size, pixels.
        middle: x and y, pixels.
        pen: its width, as a share of `half`.
        rng: draws what it is, and how it is turned and shaped.
    """
    turn, across = rng.uniform(-TURN, TURN), rng.uniform(0.7, 1.2)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * (across, 1)
    for line in _DRAWINGS[rng.integers(len(_DRAWINGS))](rng):
        points = (_shaken(line, rng) @ matrix.T * half + middle) * 2**FINE_BITS
        width = max(1, round(pen * half))
        cv2.polylines(canvas, [np.rint(points).astype(np.int32)], False, (255,), width, cv2.LINE_AA, FINE_BITS)


def _shaken(line: Line, rng: np.random.Generator) -> Line:
    """Draw a line as an unsteady hand does, in more points."""
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    places = np.linspace(0, along[-1], max(2, int(along[-1] / 0.08)))
    points = np.stack([np.interp(places, along, line[:, axis]) for axis in (0, 1)], axis=1)
    coarse = rng.normal(0, SHAKE, (max(2, len(points) // 5), 2))
    shake = [np.interp(np.linspace(0, 1, len(points)), np.linspace(0, 1, len(coarse)), side) for side in coarse.T]
    shaken: Line = points + np.stack(shake, axis=1) * rng.uniform(0, 1)
    return shaken


def _ring(x: float, y: float, across: float, down: float, *, start: float = 0.0, end: float = 1.0) -> Line:
    """Draw a part of an ellipse, from and to turns clockwise from the right."""
    angle = 2 * np.pi * np.linspace(start, end, 24)
    return np.stack([x + across * np.cos(angle), y + down * np.sin(angle)], axis=1)


def _path(*points: tuple[float, float]) -> Line:
    return np.array(points, float)


def _face(rng: np.random.Generator) -> list[Line]:
    eye, apart, high = rng.uniform(0.06, 0.16), rng.uniform(0.25, 0.45), rng.uniform(0.2, 0.4)
    mouth = _ring(0, 0.1, 0.5, 0.45, start=0.08, end=0.42) if rng.random() < 0.7 else _path((-0.4, 0.5), (0.4, 0.5))
    lines = [_ring(0, 0, 1, 1), mouth]
    for side in (-apart, apart):
        upright = _path((side, -high - 2 * eye), (side, -high + 2 * eye))
        lines.append(_ring(side, -high, eye, eye * rng.uniform(0.7, 1.6)) if rng.random() < 0.75 else upright)
    if rng.random() < 0.4:
        lines.append(_path((0, -0.15), (0.1, 0.15), (-0.05, 0.18)))
    return lines


def _sun(rng: np.random.Generator) -> list[Line]:
    core = rng.uniform(0.3, 0.5)
    lines = [_ring(0, 0, core, core)]
    for angle in 2 * np.pi * np.arange(count := int(rng.integers(6, 13))) / count:
        way = np.array([np.cos(angle), np.sin(angle)])
        lines.append(np.stack([way * (core + 0.12), way * rng.uniform(0.8, 1)]))
    return lines


def _flower(rng: np.random.Generator) -> list[Line]:
    core, count = rng.uniform(0.12, 0.2), int(rng.integers(5, 9))
    lines = [_ring(0, -0.4, core, core), _path((0, -0.4 + core), (rng.uniform(-0.1, 0.1), 1))]
    for angle in 2 * np.pi * np.arange(count) / count:
        petal = core * rng.uniform(0.8, 1.1)
        lines.append(_ring(2 * core * np.cos(angle), 2 * core * np.sin(angle) - 0.4, petal, petal))
    if rng.random() < 0.6:
        lines.append(_path((0, 0.6), (0.35, 0.25), (0.3, 0.5), (0, 0.7)))
    return lines


def _heart(rng: np.random.Generator) -> list[Line]:
    angle = np.linspace(0, 2 * np.pi, 40)
    down = 13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle)
    return [np.stack([np.sin(angle) ** 3, -down / 16], axis=1)]


def _house(rng: np.random.Generator) -> list[Line]:
    lines = [
        _path((-0.7, 1), (-0.7, -0.2), (0, -1), (0.7, -0.2), (0.7, 1), (-0.7, 1)),
        _path((-0.7, -0.2), (0.7, -0.2)),
    ]
    lines.append(_path((-0.1, 1), (-0.1, 0.45), (0.2, 0.45), (0.2, 1)))
    if rng.random() < 0.7:
        lines += [_path((-0.55, 0), (-0.2, 0), (-0.2, 0.35), (-0.55, 0.35), (-0.55, 0))]
        lines += [_path((-0.38, 0), (-0.38, 0.35)), _path((-0.55, 0.17), (-0.2, 0.17))]
    return lines


def _person(rng: np.random.Generator) -> list[Line]:
    head, arm, leg = rng.uniform(0.16, 0.25), rng.uniform(-0.3, 0.3), rng.uniform(0.2, 0.5)
    neck = 2 * head - 1
    arms = _path((-0.5, neck + 0.3 + arm), (0, neck + 0.2), (0.5, neck + 0.3 - arm))
    return [_ring(0, head - 1, head, head), _path((0, neck), (0, 0.3)), arms, _path((-leg, 1), (0, 0.3), (leg, 1))]


def _tree(rng: np.random.Generator) -> list[Line]:
    trunk = [_path((-0.1, 1), (-0.1, 0.2)), _path((0.1, 1), (0.1, 0.2))]
    if rng.random() < 0.5:
        return [*trunk, _cloud(rng)[0] * (0.8, 0.7) - (0, 0.3)]
    return [*trunk, _path((0, -1), (0.6, 0.2), (-0.6, 0.2), (0, -1)), _path((-0.35, -0.3), (0.35, -0.3))]


def _cloud(rng: np.random.Generator) -> list[Line]:
    count = int(rng.integers(5, 9))
    bumps = []
    for turn in np.arange(count) / count:
        x, y = 0.65 * np.cos(2 * np.pi * turn), 0.45 * np.sin(2 * np.pi * turn)
        bumps.append(_ring(x, y, 0.36, 0.36, start=turn - 0.2, end=turn + 0.2))
    return [np.concatenate([*bumps, bumps[0][:1]])]


def _fish(rng: np.random.Generator) -> list[Line]:
    return [
        _ring(-0.15, 0, 0.75, rng.uniform(0.3, 0.5), start=0.05, end=0.95),
        *(_path((0.55, -0.15), (1, -0.45), (0.95, 0.45), (0.55, 0.15)), _ring(-0.55, -0.08, 0.07, 0.07)),
    ]


def _cup(rng: np.random.Generator) -> list[Line]:
    deep = rng.uniform(0.15, 0.3)
    return [
        *(_ring(0, -0.7, 0.6, deep), _path((-0.6, -0.7), (-0.5, 0.8), (0.5, 0.8), (0.6, -0.7))),
        _ring(0.55, 0, 0.35, 0.4, start=-0.25, end=0.25),
    ]


def _star(rng: np.random.Generator) -> list[Line]:
    points = int(rng.integers(4, 8))
    angle = np.pi * np.arange(2 * points + 1) / points
    far = np.where(np.arange(2 * points + 1) % 2, rng.uniform(0.35, 0.6), 1)
    return [np.stack([far * np.sin(angle), -far * np.cos(angle)], axis=1)]


def _balloons(rng: np.random.Generator) -> list[Line]:
    lines = []
    for place in rng.uniform(-0.7, 0.7, int(rng.integers(1, 4))):
        lines += [_ring(place, -0.6, 0.25, 0.33), _path((place, -0.27), (place / 2, 0.3), (0, 1))]
    return lines


def _wheels(rng: np.random.Generator) -> list[Line]:
    roof = _path(
        (-1, 0.4), (-1, 0), (-0.6, -0.1), (-0.35, -0.5), (0.4, -0.5), (0.65, -0.1), (1, 0), (1, 0.4), (-1, 0.4)
    )
    return [roof, *(_ring(side, 0.5, wheel, wheel) for side in (-0.5, 0.5) for wheel in (0.22, 0.08)),
            _path((0, -0.5), (0, -0.1), (0.6, -0.1), (-0.6, -0.1))]  # fmt: skip


def _animal(rng: np.random.Generator) -> list[Line]:
    lines = [
        _ring(0, 0.1, 0.7, 0.6),
        _path((-0.6, -0.2), (-0.6, -0.9), (-0.15, -0.5)),
        _path((0.15, -0.5), (0.6, -0.9), (0.6, -0.2)),
    ]
    lines += [_ring(side, 0, 0.08, 0.12) for side in (-0.28, 0.28)]
    for side in (-1, 1):
        lines += [_path((side * 0.2, down), (side, down + lower)) for down, lower in ((0.3, -0.05), (0.38, 0.1))]
    return [*lines, _path((-0.08, 0.25), (0.08, 0.25), (0, 0.35), (-0.08, 0.25))]


def _sprig(rng: np.random.Generator) -> list[Line]:
    lines = [_path((0, 1), (rng.uniform(-0.1, 0.1), 0), (0, -1))]
    for down in np.linspace(0.7, -0.8, int(rng.integers(3, 7))):
        for side in (-1, 1):
            lines.append(_path((0, down), (side * 0.4, down - 0.4), (side * 0.45, down - 0.15), (0, down)))
    return lines


_DRAWINGS: Sequence[Callable[[np.random.Generator], list[Line]]] = (
    *(_face, _face, _sun, _flower, _heart, _house, _person, _tree, _cloud, _fish, _cup, _star),
    *(_balloons, _wheels, _animal, _sprig),
)
