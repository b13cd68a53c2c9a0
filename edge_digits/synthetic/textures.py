"""Textures, and pictures with nothing or hardly anything on them, as a camera crop without a digit shows them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE

Plane = NDArray[np.float64]
"""Grey values float64 (28, 28), about 0–1."""

LEAST_CONTRAST = 0.35


def draw_texture(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw stripes, checks, dots, grain, clouds, cloth or bricks over the whole frame, uint8 (28, 28), 0–255."""
    plane = _TEXTURES[int(generator.integers(len(_TEXTURES)))](generator)
    contrast = generator.uniform(LEAST_CONTRAST, 1.0)
    level = generator.uniform(0, 1 - contrast)
    return _grey(level + contrast * np.clip(plane, 0, 1))


def draw_blank(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw an empty frame: even, sloped, grainy, with a few specks or a line at its border; uint8 (28, 28), 0–255."""
    kind = int(generator.integers(5))
    plane = np.full((SIDE, SIDE), generator.uniform(0, 1) if kind == 0 else generator.uniform(0, 0.15))
    if kind == 1:
        plane = plane + generator.uniform(0.1, 0.6) * _slope(generator)
    elif kind == 2:
        plane = plane + generator.uniform(0.01, 0.08) * generator.standard_normal((SIDE, SIDE))
    elif kind == 3:
        for _ in range(int(generator.integers(1, 4))):
            x, y = generator.integers(2, SIDE - 2, 2)
            plane[y : y + 1 + int(generator.integers(2)), x : x + 1 + int(generator.integers(2))] = generator.uniform(
                0.3, 1
            )
    elif kind == 4:
        width = int(generator.integers(1, 3))
        plane[:width] = generator.uniform(0.3, 1)
        plane = np.rot90(plane, int(generator.integers(4)))
    return _grey(plane)


def _stripes(generator: np.random.Generator) -> Plane:
    wave = np.sin(2 * np.pi * SIDE / generator.uniform(3, 9) * _slope(generator) + generator.uniform(0, 6))
    return np.asarray(0.5 + 0.5 * (np.sign(wave) if generator.random() < 0.4 else wave), np.float64)


def _checks(generator: np.random.Generator) -> Plane:
    side = generator.uniform(2.5, 7)
    shift = generator.uniform(0, side, 2)
    across, down = np.meshgrid(np.arange(SIDE) + shift[0], np.arange(SIDE) + shift[1])
    return np.asarray((np.floor(across / side) + np.floor(down / side)) % 2, np.float64)


def _dots(generator: np.random.Generator) -> Plane:
    step = generator.uniform(4, 8)
    shift = generator.uniform(0, step, 2)
    across, down = np.meshgrid(np.arange(SIDE) + shift[0], np.arange(SIDE) + shift[1])
    distance = np.hypot(across % step - step / 2, down % step - step / 2)
    return np.asarray(np.clip(generator.uniform(0.25, 0.4) * step - distance + 0.5, 0, 1), np.float64)


def _grain(generator: np.random.Generator) -> Plane:
    return 0.4 + 0.3 * generator.standard_normal((SIDE, SIDE))


def _clouds(generator: np.random.Generator) -> Plane:
    plane = cv2.GaussianBlur(generator.standard_normal((3 * SIDE, 3 * SIDE)), (0, 0), generator.uniform(1.2, 3.5))
    plane = np.asarray(plane[SIDE : 2 * SIDE, SIDE : 2 * SIDE], np.float64)
    return np.asarray((plane - plane.min()) / (plane.max() - plane.min()), np.float64)


def _cloth(generator: np.random.Generator) -> Plane:
    step = generator.uniform(2.5, 5)
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    weave = 0.5 + 0.25 * np.sin(2 * np.pi * across / step) + 0.25 * np.sin(2 * np.pi * down / step)
    return np.asarray(weave + 0.15 * generator.standard_normal((SIDE, SIDE)), np.float64)


def _bricks(generator: np.random.Generator) -> Plane:
    height, width = int(generator.integers(4, 8)), int(generator.integers(8, 14))
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE) + int(generator.integers(height)))
    row = down // height
    joint = (down % height == 0) | ((across + row % 2 * (width // 2)) % width == 0)
    wall = np.where(joint, 1.0, 0.15) + 0.05 * generator.standard_normal((SIDE, SIDE))
    return np.asarray(wall, np.float64)


_TEXTURES: tuple[Callable[[np.random.Generator], Plane], ...] = (
    *(_stripes, _checks, _dots, _grain, _clouds, _cloth, _bricks),
)


def _slope(generator: np.random.Generator) -> Plane:
    """Return a slope from 0 to 1 in some direction."""
    angle = generator.uniform(0, 2 * np.pi)
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    along = np.cos(angle) * across + np.sin(angle) * down
    return np.asarray((along - along.min()) / (along.max() - along.min()), np.float64)


def _grey(plane: Plane) -> NDArray[np.uint8]:
    grey: NDArray[np.uint8] = np.clip(np.rint(255 * plane), 0, 255).astype(np.uint8)
    return grey
