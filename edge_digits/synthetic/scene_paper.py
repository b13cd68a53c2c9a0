"""What digits are written on and what a camera makes of it: paper, printed lines, light, lens and sensor."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
"""float32 (H, W)."""


def texture(shape: tuple[int, int], rng: np.random.Generator, *, depth: float) -> Plane:
    """Draw the texture of paper: clouds and fibres.

    Args:
        shape: height and width, pixels.
        rng: draws it.
        depth: standard deviation, as a share of the paper's brightness.

    Returns:
        About 1.0 everywhere.
    """
    clouds = cv2.resize(rng.normal(0, 1, (shape[0] // 40 + 2, shape[1] // 40 + 2)), shape[::-1], interpolation=2)
    fibres = cv2.GaussianBlur(rng.normal(0, 1, shape), (0, 0), 1.2) * 4
    return (1 + depth * (0.6 * clouds + 0.4 * fibres)).astype(np.float32)


def printed_lines(
    shape: tuple[int, int], rng: np.random.Generator, *, pitch: float, squared: bool, offset: float
) -> Plane:
    """Draw the rules of paper, or its squares.

    Args:
        shape: height and width, pixels.
        rng: draws thickness and darkness.
        pitch: distance of the lines, pixels.
        squared: upright lines too.
        offset: where the first line is, pixels from the top.

    Returns:
        Share of light that the lines take, 0–1.
    """
    lines = np.zeros(shape, np.float32)
    thick = max(1, round(pitch * rng.uniform(0.02, 0.05)))
    for axis in (0, 1) if squared else (0,):
        for place in np.arange(offset % pitch, shape[axis], pitch):
            start = int(place)
            (lines if axis == 0 else lines.T)[start : start + thick] = 1
    return lines * np.float32(rng.uniform(0.15, 0.45))


def light(shape: tuple[int, int], rng: np.random.Generator, *, kind: str) -> Plane:
    """Draw how much light falls where.

    Args:
        shape: height and width, pixels.
        rng: draws direction and depth.
        kind: "even", "gradient" (falls off to one side), "shadow" (an edge, hard or soft) or "band" (two edges).

    Returns:
        0–1.
    """
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-0.5 : 0.5 : shape[0] * 1j, -0.5 : 0.5 : shape[1] * 1j]
    along = x * np.cos(angle) + y * np.sin(angle)
    if kind == "even":
        lit: Plane = (1 - 0.1 * (along + 0.5)).astype(np.float32)
    if kind == "gradient":
        lit = (1 - rng.uniform(0.4, 0.7) * np.clip(along + 0.5, 0, 1)).astype(np.float32)
    if kind in ("even", "gradient"):
        return lit
    softness, depth, place = rng.choice([0.002, 0.01, 0.05]), rng.uniform(0.3, 0.6), rng.uniform(-0.25, 0.25)
    dark = 1 / (1 + np.exp(-np.clip((along - place) / softness, -60, 60)))
    if kind == "band":
        dark -= 1 / (1 + np.exp(-np.clip((along - place - rng.uniform(0.15, 0.35)) / softness, -60, 60)))
    shaded: Plane = (1 - depth * dark).astype(np.float32)
    return shaded


def tilted(shape: tuple[int, int], rng: np.random.Generator, *, amount: float) -> NDArray[np.float64]:
    """Return the perspective, float64 (3, 3), of a camera held askew; `amount` is a share of the frame's side."""
    height, width = shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + (rng.uniform(-amount, amount, (4, 2)) * max(shape)).astype(np.float32)
    matrix: NDArray[np.float64] = cv2.getPerspectiveTransform(corners, moved)  # type: ignore[assignment]
    return matrix


def laid_out(shape: tuple[int, int], rng: np.random.Generator, *, share: float) -> NDArray[np.float64]:
    """Return the turn and shift, float64 (3, 3), that lay a sheet of a share of the frame's sides somewhere in it."""
    height, width = shape
    share *= rng.uniform(0.8, 1.1)
    matrix = np.eye(3)
    matrix[:2] = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-8, 8), share)
    matrix[:2, 2] += rng.uniform(-0.45, 0.45, 2) * (1 - share) * np.array([width, height])
    return matrix


def table(sheet: Plane, rng: np.random.Generator, *, light: bool) -> NDArray[np.float64]:
    """Draw a wooden table with the shadow that a sheet throws on it.

    Args:
        sheet: 1 where the sheet is.
        rng: draws colour and grain.
        light: of light wood, else of dark.

    Returns:
        float64 (H, W, 3), BGR, 0–255.
    """
    height, width = sheet.shape
    colour = rng.uniform(170, 225) if light else rng.uniform(25, 110)
    wood = colour * np.array([rng.uniform(0.5, 1.0), rng.uniform(0.7, 1.0), 1.0])
    waves = cv2.resize(rng.normal(0, 1, (height // 16, 5)), (width, height), interpolation=cv2.INTER_CUBIC)
    rows = np.arange(height)[:, np.newaxis] / rng.uniform(6, 20)
    grain = 1 + rng.uniform(0, 0.15) * np.sin(rows + 2 * waves) + 0.02 * rng.normal(0, 1, sheet.shape)
    shade = 1 - 0.4 * cv2.GaussianBlur(np.roll(sheet, (5, 5), axis=(0, 1)), (0, 0), 5)
    drawn: NDArray[np.float64] = wood * (grain * shade)[..., np.newaxis]
    return drawn


def photographed(
    reflected: NDArray[np.float32], rng: np.random.Generator, *, blur_px: float, noise: float
) -> NDArray[np.uint8]:
    """Photograph what a page reflects: a lens that is not sharp and a sensor with noise.

    Args:
        reflected: float32 (H, W, 3), BGR, 0–255.
        rng: draws the noise.
        blur_px: standard deviation of the blur, pixels.
        noise: standard deviation of the noise, grey values.

    Returns:
        uint8 (H, W, 3), BGR.
    """
    seen = cv2.GaussianBlur(reflected, (0, 0), blur_px) if blur_px > 0 else reflected
    grain = rng.normal(0, noise, reflected.shape[:2])[..., np.newaxis] + rng.normal(0, noise / 2, reflected.shape)
    return np.clip(seen + grain, 0, 255).astype(np.uint8)
