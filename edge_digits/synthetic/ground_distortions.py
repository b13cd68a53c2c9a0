"""Distortions of how a digit is seen: contrast, noise, blur, and what is left of rules and shadow around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE

from .plain_drawing import line_cover

Picture = NDArray[np.float32]

BLUR_REACH = 6  # px: three times the widest blur's


def faint(digit: Picture, contrast: float, generator: np.random.Generator) -> Picture:
    """Reduce the contrast to a share of the full one, between ground and ink at a level of their own."""
    level = generator.uniform(0, 0.35) * (255 - 255 * contrast)
    return np.asarray(level + contrast * digit, np.float32)


def noise(digit: Picture, sigma: float, generator: np.random.Generator) -> Picture:
    """Add noise of so many grey values: half of it by the pixel, half in grains of two pixels, as JPEG leaves them."""
    fine = generator.standard_normal((SIDE, SIDE))
    coarse = cv2.resize(generator.standard_normal((SIDE // 2, SIDE // 2)), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    grain = fine * np.sqrt(0.5) + coarse * np.sqrt(0.5) / max(float(coarse.std()), 1e-6)
    return np.asarray(digit + sigma * grain, np.float32)


def blur(digit: Picture, sigma: float, generator: np.random.Generator) -> Picture:
    """Blur by so many pixels, out of focus or shaken in some direction, and restore the peak as the finder does."""
    angle, shaken = generator.uniform(0, np.pi), generator.uniform(0, 0.5)
    reach = np.arange(-BLUR_REACH, BLUR_REACH + 1)
    across, down = np.meshgrid(reach, reach)
    along = (np.cos(angle) * across + np.sin(angle) * down) / (sigma * (1 + shaken))
    aside = (np.cos(angle) * down - np.sin(angle) * across) / (sigma * (1 - shaken))
    kernel = np.exp(-(along**2 + aside**2) / 2)
    soft = cv2.filter2D(digit, -1, kernel / kernel.sum(), borderType=cv2.BORDER_CONSTANT)
    peak = float(soft.max())
    return np.asarray(soft * (float(digit.max()) / peak if peak > 0 else 1.0), np.float32)


def rules(digit: Picture, darkness: float, generator: np.random.Generator) -> Picture:
    """Leave pieces of ruled or squared paper around and through the digit, of a share of the full ink."""
    spacing = generator.uniform(9, 15)
    tilt, width = generator.uniform(-0.06, 0.06), generator.uniform(0.7, 1.2)
    squared = generator.random() < 0.4
    sheet = np.zeros((SIDE, SIDE), np.float32)
    for is_upright in (False, True) if squared else (False,):
        offset = generator.uniform(0, spacing)
        for line in range(-1, 4):
            ends = SIDE * np.array([generator.uniform(-0.2, 0.55), generator.uniform(0.45, 1.2)])
            heights = offset + line * spacing + tilt * (ends - SIDE / 2)
            points = np.stack([heights, ends] if is_upright else [ends, heights], axis=1)
            sheet = np.maximum(sheet, line_cover(SIDE, points[0], points[1], width=width))
    return np.asarray(np.maximum(digit, 255 * darkness * sheet), np.float32)


def shadow(digit: Picture, depth: float, generator: np.random.Generator) -> Picture:
    """Lay an uneven ground of up to so many grey values under the digit: a slope and the soft edge of a shadow."""
    angle, place = generator.uniform(0, 2 * np.pi), generator.uniform(-5, 5)
    softness, sloped = generator.uniform(1.0, 4.0), generator.uniform(0.2, 0.6)
    across, down = np.meshgrid(np.arange(SIDE) - (SIDE - 1) / 2, np.arange(SIDE) - (SIDE - 1) / 2)
    along = np.cos(angle) * across + np.sin(angle) * down
    edge = 1 / (1 + np.exp(-(along - place) / softness))
    slope = (along - along.min()) / (along.max() - along.min())
    ground = depth * ((1 - sloped) * edge + sloped * slope)
    return np.asarray(ground + digit * (255 - ground) / 255, np.float32)
