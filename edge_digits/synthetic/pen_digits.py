"""Digits in the forms that hands of many countries write and MNIST hardly holds, to learn from.

MNIST's digits come from the United States: a 1 is a stroke, and a flag on it makes it a 7. Elsewhere flags are long,
some with a foot, sevens are crossed, and a 4 may be a triangle on a long stem.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS, SIDE

from .framing import framed

CANVAS_PX = 160
HIGH_PX = 100  # of a digit on it
STEPS = 12  # between two points of a curve
Point = tuple[float, float]
Form = tuple[Sequence[Point], ...]
"""The strokes of a digit, each a curve through points (x, y): about 0.6 wide and 1 high, y down."""


def _arc(middle: Point, radii: Point, start: float, end: float) -> list[Point]:
    """Return points along an ellipse from one angle to another, in degrees clockwise from the right."""
    angles = np.radians(np.linspace(start, end, max(3, round(abs(end - start) / 30))))
    return [(middle[0] + radii[0] * math.cos(angle), middle[1] + radii[1] * math.sin(angle)) for angle in angles]


_LOOP = _arc((0.3, 0.27), (0.24, 0.25), 0, 360)  # of a 9
_FORMS: tuple[tuple[Form, ...], ...] = (
    (
        (_arc((0.3, 0.5), (0.3, 0.5), -90, 270),),
        (_arc((0.3, 0.5), (0.22, 0.5), -60, 305),),
        (_arc((0.3, 0.5), (0.4, 0.5), -110, 255),),
    ),
    (
        (((0.3, 0), (0.3, 1)),),
        (((0.12, 0.22), (0.3, 0)), ((0.3, 0), (0.3, 1))),
        (((0.0, 0.36), (0.3, 0)), ((0.3, 0), (0.3, 1))),
        (((-0.08, 0.42), (0.14, 0.24), (0.3, 0)), ((0.3, 0), (0.3, 1))),
        (((0.04, 0.26), (0.2, 0.14), (0.3, 0)), ((0.3, 0), (0.3, 1)), ((0.08, 1), (0.52, 1))),
        (((0.16, 0.12), (0.3, 0)), ((0.3, 0), (0.3, 1)), ((0.14, 1), (0.46, 1))),
    ),
    (
        (((0.04, 0.25), (0.12, 0.06), (0.34, 0), (0.54, 0.14), (0.5, 0.4), (0.26, 0.72), (0, 1)), ((0, 1), (0.6, 1))),
        (
            *(((0.02, 0.2), (0.2, 0), (0.46, 0.06), (0.54, 0.3), (0.36, 0.62), (0.1, 0.96), (0.02, 0.86)),),
            ((0.02, 0.86), (0.16, 0.78), (0.34, 0.94), (0.6, 0.96)),
        ),
        (((0, 0.12), (0.28, 0), (0.56, 0.2), (0.34, 0.6), (0, 0.98)), ((0, 0.98), (0.3, 0.9), (0.6, 1.0))),
        (((0.02, 0.04), (0.52, 0.02)), ((0.52, 0.02), (0.3, 0.5), (0.02, 0.98)), ((0.02, 0.98), (0.6, 0.96))),
    ),
    (
        (
            ((0.04, 0.14), (0.26, 0), (0.5, 0.12), (0.48, 0.36), (0.24, 0.46)),
            ((0.24, 0.46), (0.54, 0.56), (0.56, 0.84), (0.28, 1), (0, 0.86)),
        ),
        (
            ((0.04, 0.02), (0.54, 0.02)),
            ((0.54, 0.02), (0.24, 0.4)),
            ((0.24, 0.4), (0.54, 0.52), (0.54, 0.86), (0.26, 1), (0, 0.86)),
        ),
        (((0, 0.08), (0.4, 0.02), (0.46, 0.3), (0.2, 0.46), (0.56, 0.6), (0.48, 0.94), (0.06, 0.98)),),
    ),
    (
        (((0.34, 0), (0, 0.62)), ((0, 0.62), (0.62, 0.62)), ((0.42, 0.34), (0.42, 1))),
        (((0.1, 0), (0.02, 0.5), (0.06, 0.56)), ((0.06, 0.56), (0.6, 0.52)), ((0.46, 0.06), (0.42, 1))),
        (((0.42, 0), (0, 0.5)), ((0, 0.5), (0.42, 0.5)), ((0.42, 0), (0.42, 1))),
        (((0.4, 0), (0, 0.64)), ((0, 0.64), (0.6, 0.64)), ((0.4, 0), (0.4, 1))),
        (((0.4, 0), (0.02, 0.44)), ((0.02, 0.44), (0.4, 0.42)), ((0.4, 0), (0.36, 1))),
        (((0.06, 0), (0.04, 0.42), (0.2, 0.5), (0.46, 0.46)), ((0.5, 0), (0.46, 0.46), (0.42, 1))),
    ),
    (
        (
            *(((0.08, 0), (0.04, 0.42)), ((0.04, 0.42), (0.36, 0.36), (0.56, 0.64), (0.36, 0.96), (0, 0.9))),
            ((0.08, 0), (0.54, 0)),
        ),
        (
            *(((0.54, 0.02), (0.1, 0.02)), ((0.1, 0.02), (0.06, 0.4))),
            ((0.06, 0.4), (0.46, 0.46), (0.5, 0.86), (0.2, 1), (0, 0.88)),
        ),
        (((0.52, 0), (0.14, 0.06), (0.08, 0.36), (0.42, 0.5), (0.5, 0.8), (0.26, 1), (0, 0.92)),),
    ),
    (
        (((0.46, 0), (0.14, 0.3), (0, 0.7), (0.26, 1), (0.54, 0.76), (0.32, 0.5), (0.04, 0.72)),),
        (((0.3, 0), (0.08, 0.66), *_arc((0.3, 0.74), (0.24, 0.25), 180, -170)),),
        (((0.5, 0.06), (0.3, 0), (0.06, 0.34), (0.04, 0.76), (0.3, 1), (0.54, 0.78), (0.36, 0.54), (0.08, 0.66)),),
    ),
    (
        (((0, 0.02), (0.58, 0.02)), ((0.58, 0.02), (0.2, 1))),
        (((0, 0.04), (0.58, 0)), ((0.58, 0), (0.36, 0.44), (0.24, 1)), ((0.14, 0.48), (0.54, 0.46))),
        (((0, 0.02), (0.56, 0.02)), ((0.56, 0.02), (0.26, 1)), ((0.16, 0.52), (0.56, 0.52))),
        (((0, 0.16), (0.02, 0.02)), ((0.02, 0.02), (0.56, 0.04)), ((0.56, 0.04), (0.34, 0.5), (0.28, 1))),
        (((0, 0.08), (0.18, 0.02), (0.36, 0.08), (0.58, 0)), ((0.58, 0), (0.3, 0.5), (0.22, 1))),
    ),
    (
        (
            (
                *((0.5, 0.14), (0.28, 0), (0.08, 0.16), (0.22, 0.4), (0.46, 0.6), (0.54, 0.84), (0.3, 1)),
                *((0.04, 0.82), (0.2, 0.56), (0.42, 0.38), (0.52, 0.16)),
            ),
        ),
        (_arc((0.3, 0.25), (0.22, 0.25), 80, 440), _arc((0.3, 0.74), (0.28, 0.26), -90, 270)),
        (_arc((0.28, 0.22), (0.2, 0.22), 60, 420), _arc((0.32, 0.72), (0.26, 0.28), -110, 250)),
    ),
    (
        (_LOOP, ((0.54, 0.2), (0.54, 0.6), (0.48, 1))),
        (_LOOP, ((0.54, 0.22), (0.54, 0.74), (0.34, 1), (0.06, 0.92))),
        (_arc((0.28, 0.26), (0.26, 0.26), -30, 300), ((0.54, 0.04), (0.5, 0.5), (0.38, 1))),
        (
            ((0.5, 0.1), (0.22, 0), (0.02, 0.26), (0.2, 0.5), (0.5, 0.3), (0.54, 0.06)),
            ((0.54, 0.06), (0.52, 0.56), (0.44, 1)),
        ),
    ),
)  # fmt: skip


def draw_pen_digits(count: int, *, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw digits as pens write them, framed as the device frames what it finds.

    Args:
        count: how many; each digit gets as many, in all its forms.
        seed: the same seed draws the same.

    Returns:
        uint8 (count, 28, 28), 0–255, light on dark; and uint8 (count,), their classes.
    """
    generator = np.random.default_rng(seed)
    labels = (np.arange(count) % len(LABELS)).astype(np.uint8)
    images = np.empty((count, SIDE, SIDE), np.uint8)
    for place, label in enumerate(labels.tolist()):
        images[place] = draw_written(label, generator)
    return images, labels


def draw_written(label: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a digit in one of its forms by one of many pens: uint8 (28, 28), 0–255, light on dark, framed."""
    strokes, width = _write(label, generator)
    return framed(_drawn(strokes, HIGH_PX, CANVAS_PX, width))


def draw_large(label: int, generator: np.random.Generator, *, high_px: int, pen: float) -> NDArray[np.uint8]:
    """Draw a digit in one of its forms as large as it is seen: uint8 (H, W), 0–255, light on dark, no room around it.

    Args:
        label: which digit, 0–9.
        generator: draws its form and its hand.
        high_px: about how high it is.
        pen: width of its strokes, as a share of its height.
    """
    strokes, _ = _write(label, generator)
    canvas = _drawn(strokes, high_px, 2 * high_px, max(1.0, pen * high_px))
    x, y, width, height = cv2.boundingRect(canvas)
    return canvas[y : y + height, x : x + width]


def _write(label: int, generator: np.random.Generator) -> tuple[list[NDArray[np.float64]], float]:
    """Write a digit: its strokes, each float64 (n, 2) in its heights around its middle; and its pen's width of 100."""
    form = _FORMS[label][int(generator.integers(len(_FORMS[label])))]
    # A hand writes all its strokes alike: narrow or broad, slanted, a little turned, and bent in one way.
    across, slant, turn = generator.uniform(0.7, 1.25), generator.uniform(-0.15, 0.4), generator.uniform(-0.08, 0.08)
    matrix = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    matrix = matrix @ np.array([[across, -slant], [0, 1]])
    bend, waves = generator.uniform(-0.045, 0.045, (2, 2))[:, 0], generator.uniform(0.3, 1.1, (2, 2))
    phase, width = generator.uniform(0, 2 * np.pi, (2, 2))[:, 0], generator.uniform(4, 16)
    strokes = []
    for stroke in form:
        points = _curve(np.array(stroke, float))
        points = points[: len(points) - int(generator.integers(0, 1 + len(points) // 14))]  # pens stop early or late
        for axis in range(2):
            points[:, axis] += np.sin(2 * np.pi * points @ waves[axis] + phase[axis]) * bend[axis]
        strokes.append((points - (0.3, 0.5)) @ matrix.T)
    return strokes, width


def _drawn(strokes: Sequence[NDArray[np.float64]], high_px: int, side: int, width: float) -> NDArray[np.uint8]:
    """Draw strokes in the middle of a canvas, uint8 (side, side)."""
    canvas = np.zeros((side, side), np.uint8)
    for stroke in strokes:
        points = np.rint((stroke * high_px + side / 2) * 16).astype(np.int32)
        cv2.polylines(canvas, [points], False, (255,), round(width), cv2.LINE_AA, 4)
    return canvas


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Catmull-Rom spline through points, float64 (n, 2), as a polyline."""
    ends = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    along = np.linspace(0, 1, STEPS, endpoint=False)[:, np.newaxis]
    parts = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        parts.append(b + along * ((c - a) + along * ((2 * a - 5 * b + 4 * c - d) + along * (3 * (b - c) + d - a))) / 2)
    return np.concatenate([*parts, points[-1:]])
