"""Things that are no digits, to learn from: letters, doodles, textures, blanks, turned and paired digits, solid shapes.

A network that has only ever seen digits calls everything one. Shown these with the target "every digit equally
likely", it learns to be unsure of them (Hendrycks, Mazeika and Dietterich, "Deep Anomaly Detection with Outlier
Exposure", 2019). What refusal is measured with is drawn by other code, from other fonts and patterns.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE

from .framing import framed
from .solid_shapes import draw_solid_shape

# Letters that some hand writes as a digit does (O, I, l, S, Z, b, q ...) are left out: they cannot be told apart.
_SIGNS = "ACEFHKLMNPRUVWXacdefhkmnprtuvwx#&%@$+=*?<>^{}"
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
_CANVAS = 112
KINDS = 9  # the last are solid shapes
_WHITE = (255,)
_ASYMMETRIC = (2, 3, 4, 5, 7)


def draw_non_digits(
    count: int, *, images: NDArray[np.uint8], labels: NDArray[np.uint8], seed: int
) -> NDArray[np.uint8]:
    """Draw pictures that show no digit, framed as the device frames what it finds.

    Args:
        count: how many; each kind gets as many.
        images: uint8 (N, 28, 28), training digits that pairs and turned digits are made of.
        labels: uint8 (N,), their classes.
        seed: the same seed draws the same.

    Returns:
        uint8 (count, 28, 28).
    """
    generator = np.random.default_rng(seed)
    turnable = np.flatnonzero(np.isin(labels, _ASYMMETRIC))
    drawn = np.empty((count, SIDE, SIDE), np.uint8)
    for place in range(count):
        kind = place % KINDS
        if kind < 2:
            drawn[place] = framed(_sign(generator))
        elif kind < 4:
            drawn[place] = framed(_doodle(generator))
        elif kind == 4:
            drawn[place] = _texture(generator)
        elif kind == 5:
            drawn[place] = _shape_or_blank(generator)
        elif kind == 6:
            drawn[place] = framed(_pair(images[generator.integers(0, len(images), 2)], generator))
        elif kind == 7:
            turned = np.rot90(images[generator.choice(turnable)], generator.choice([1, 3]))
            drawn[place] = framed(np.ascontiguousarray(turned))
        else:
            drawn[place] = draw_solid_shape(generator)
    return drawn


def _sign(generator: np.random.Generator) -> NDArray[np.uint8]:
    canvas = np.zeros((_CANVAS, _CANVAS), np.uint8)
    sign = str(generator.choice(list(_SIGNS)))
    font = int(generator.choice(_FONTS)) | (cv2.FONT_ITALIC if generator.random() < 0.3 else 0)
    thickness = int(generator.integers(2, 11))
    cv2.putText(canvas, sign, (20, 88), font, float(generator.uniform(1.8, 3.0)), _WHITE, thickness, cv2.LINE_AA)
    return canvas


def _doodle(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one to four wandering strokes: too many turns for a digit."""
    canvas = np.zeros((_CANVAS, _CANVAS), np.uint8)
    strokes = int(generator.integers(1, 5))
    thickness = int(generator.integers(3, 11))
    for _ in range(strokes):
        knots = generator.uniform(12, _CANVAS - 12, (int(generator.integers(6, 11) if strokes == 1 else 4), 2))
        curve = _smooth_curve(knots) if generator.random() < 0.8 else knots
        cv2.polylines(canvas, [np.rint(curve).astype(np.int32)], False, _WHITE, thickness, cv2.LINE_AA)
    return canvas


def _smooth_curve(knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pass a Catmull-Rom spline through the knots, (N, 2) to (M, 2)."""
    padded = np.concatenate([knots[:1], knots, knots[-1:]])
    step = np.linspace(0, 1, 12)[:, np.newaxis]
    pieces = [
        0.5 * (2 * b + (c - a) * step + (2 * a - 5 * b + 4 * c - d) * step**2 + (3 * b - a - 3 * c + d) * step**3)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.concatenate(pieces)


def _texture(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw noise of some grain, stripes or a chequered pattern."""
    choice = generator.integers(0, 3)
    if choice == 0:
        noise = generator.normal(0, 1, (SIDE, SIDE)).astype(np.float32)
        grain = generator.uniform(0.3, 3.5)
        pattern = cv2.GaussianBlur(noise, (0, 0), float(grain))
        pattern = pattern / max(float(pattern.std()), 1e-6)
        threshold = generator.uniform(-0.5, 1.2)
        pattern = (pattern - threshold) * generator.choice([1.0, 8.0])
    else:
        angle, period = generator.uniform(0, np.pi, 2), generator.uniform(3, 14, 2)
        y, x = np.mgrid[:SIDE, :SIDE]
        waves = [
            np.sin((x * np.cos(a) + y * np.sin(a)) * 2 * np.pi / p + generator.uniform(0, 6))
            for a, p in zip(angle, period, strict=True)
        ]
        pattern = waves[0] if choice == 1 else waves[0] * waves[1]
        pattern = pattern * generator.choice([1.0, 8.0]) + generator.uniform(-0.5, 0.5)
    brightness = generator.uniform(60, 255)
    texture: NDArray[np.uint8] = np.clip((pattern + 0.5) * brightness, 0, 255).astype(np.uint8)
    return texture


def _shape_or_blank(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw an even ground, a filled shape, a dot, a frame or a beam across the picture."""
    picture = np.full((SIDE, SIDE), generator.integers(0, 255) if generator.random() < 0.3 else 0, np.uint8)
    left, top = generator.integers(0, 20, 2)
    right, bottom = left + generator.integers(3, 26), top + generator.integers(3, 26)
    colour, shape = (int(generator.integers(100, 256)),), generator.integers(0, 5)
    if shape == 1:
        cv2.rectangle(picture, (int(left), int(top)), (int(right), int(bottom)), colour, -1)
    elif shape == 2:
        centre = (int(left + right) // 2, int(top + bottom) // 2)
        axes = (int(right - left) // 2 + 4, int(bottom - top) // 2 + 4)
        cv2.ellipse(picture, centre, axes, float(generator.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    elif shape == 3:
        thickness = int(generator.integers(1, 4))
        cv2.rectangle(picture, (int(left), int(top)), (int(right), int(bottom)), colour, thickness)
    elif shape == 4:
        ends = generator.integers(-4, SIDE + 4, (2, 2))
        start, end = [(int(x), int(y)) for x, y in ends]
        cv2.line(picture, start, end, colour, int(generator.integers(6, 14)), cv2.LINE_AA)
    return picture


def _pair(digits: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Put two digits side by side, touching or not, as a crop that took in both."""
    trimmed = [each[:, np.flatnonzero(each.any(axis=0))] for each in digits if each.any()]
    gap = int(generator.integers(-3, 6))
    width = sum(each.shape[1] for each in trimmed) + gap
    canvas = np.zeros((SIDE, max(width, 1)), np.uint8)
    place = 0
    for each in trimmed:
        part = canvas[:, place : place + each.shape[1]]
        np.maximum(part, each[:, : part.shape[1]], out=part)
        place += each.shape[1] + gap
    return canvas
