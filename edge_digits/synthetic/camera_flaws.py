"""What camera crops of digits suffer from, for training: each flaw changes a group of digits, each in its own degree.

These are made for learning from; the fixed test of `data distort` is drawn by other code on purpose.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE

from .warping import affine_matrices, warp

Pixels = NDArray[np.float32]
"""float32 (N, 28, 28), 0–255, light ink on dark ground."""

_AXIS = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_SQUARE = np.ones((3, 3), np.uint8)


def thin(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Thin the strokes, as a hard pencil or a strong threshold does."""
    worn: Pixels = np.stack([cv2.erode(each, _CROSS) for each in digits]).astype(np.float32)
    mixed = _blend(digits, worn, generator.uniform(0.3, 0.9, len(digits)))
    return mixed * _per_digit(generator.uniform(1.0, 1.8, len(digits)))


def thicken(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Thicken the strokes, as a marker does."""
    wide: Pixels = np.stack([cv2.dilate(each, _SQUARE) for each in digits]).astype(np.float32)
    return _blend(digits, wide, generator.uniform(0.3, 1.0, len(digits)))


def fade(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Take contrast away."""
    return digits * _per_digit(generator.uniform(0.25, 0.9, len(digits)))


def add_noise(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Add noise of the sensor, pixel by pixel, and now and then specks."""
    sigma = _per_digit(generator.uniform(5, 55, len(digits)))
    noisy = digits + sigma * generator.standard_normal(digits.shape, np.float32)
    density = _per_digit(0.01 * (generator.random(len(digits)) < 0.4))
    specks = generator.random(digits.shape, np.float32) < density
    return np.where(specks, _per_digit(generator.uniform(100, 255, len(digits))), noisy)


def blur(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Put the digits out of focus or in motion."""
    across, down = (_blurring(sigma) for sigma in generator.uniform(0.4, 1.7, 2))
    return _blend(digits, down @ digits @ across.T, generator.uniform(0.5, 1.0, len(digits)))


def break_strokes(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Wipe out one or two narrow strips, as glare and folds do."""
    for _ in range(2):
        distance = _distance_from_lines(len(digits), generator, spread_px=6)
        half_width = _per_digit(generator.uniform(0.2, 1.4, len(digits)))
        digits = digits * np.clip(distance - half_width + 0.5, 0, 1)
    return digits


def rule(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Draw what is left of ruled or squared paper and of the borders of a form, mostly along the axes."""
    for share in (1.0, 0.4):
        distance = _distance_from_lines(len(digits), generator, spread_px=13, along_axes=True)
        half_width = _per_digit(generator.uniform(0.2, 0.9, len(digits)))
        brightness = _per_digit(generator.uniform(50, 255, len(digits)) * (generator.random(len(digits)) < share))
        digits = np.maximum(digits, brightness * np.clip(half_width + 0.5 - distance, 0, 1))
    return digits


def shade(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Lighten the ground unevenly: a slope, or the edge of a shadow."""
    distance = _distance_from_lines(len(digits), generator, spread_px=9, signed=True)
    softness = _per_digit(generator.choice([1.0, 6.0, 14.0], len(digits)))
    ground = _per_digit(generator.uniform(15, 130, len(digits))) * np.clip(distance / softness + 0.5, 0, 1)
    return np.maximum(digits, digits * (1 - ground / 255) + ground)


def misframe(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Move and scale the digits as a crop that took in too much, too little or the wrong place."""
    count = len(digits)
    size = generator.uniform(0.72, 1.22, count)
    matrices = affine_matrices(
        angle=np.zeros(count),
        zoom=size * generator.uniform(0.88, 1.12, (2, count)),
        shear=np.zeros(count),
        shift=generator.uniform(-4, 4, (2, count)),
    )
    return warp(digits.astype(np.uint8), matrices).astype(np.float32)


def slant(digits: Pixels, generator: np.random.Generator) -> Pixels:
    """Slant and turn the digits beyond what people write."""
    count = len(digits)
    matrices = affine_matrices(
        angle=generator.uniform(-0.3, 0.3, count),
        zoom=np.ones((2, count)),
        shear=generator.uniform(-0.45, 0.45, count),
        shift=np.zeros((2, count)),
    )
    return warp(digits.astype(np.uint8), matrices).astype(np.float32)


FLAWS = (thin, thicken, fade, add_noise, blur, break_strokes, rule, shade, misframe, slant)


def _per_digit(values: NDArray[np.float64]) -> Pixels:
    """Return float32 (N, 1, 1), to go with digits."""
    shaped: Pixels = values[:, np.newaxis, np.newaxis].astype(np.float32)
    return shaped


def _blend(digits: Pixels, changed: Pixels, share: NDArray[np.float64]) -> Pixels:
    return digits + (changed - digits) * _per_digit(share)


def _blurring(sigma_px: float) -> NDArray[np.float32]:
    """Return float32 (28, 28): the matrix that blurs one axis with a Gaussian."""
    weights = np.exp(-((_AXIS[:, np.newaxis] - _AXIS) ** 2) / (2 * sigma_px**2))
    blurring: NDArray[np.float32] = (weights / weights.sum(axis=0)).astype(np.float32)
    return blurring


def _distance_from_lines(
    count: int, generator: np.random.Generator, *, spread_px: float, along_axes: bool = False, signed: bool = False
) -> Pixels:
    """Return float32 (count, 28, 28): each pixel's distance from a random line through its picture, pixels."""
    angle = generator.uniform(0, np.pi, count)
    if along_axes:
        angle = np.round(angle / (np.pi / 2)) * (np.pi / 2) + generator.normal(0, 0.05, count)
    offset = generator.uniform(-spread_px, spread_px, count)
    across = _per_digit(np.cos(angle)) * _AXIS[np.newaxis, np.newaxis, :]
    down = _per_digit(np.sin(angle)) * _AXIS[np.newaxis, :, np.newaxis]
    distance: Pixels = across + down - _per_digit(offset)
    unsigned: Pixels = np.abs(distance)
    return distance if signed else unsigned
