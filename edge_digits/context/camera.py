"""What pages lie on and how a camera sees them: paper, wood and pictures, light, perspective, blur and noise."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .page import Box, Page, Plane

Picture = NDArray[np.uint8]
"""uint8 (H, W, 3), BGR."""

ON_PICTURE = 0.22  # of all pages lie on one
DARK = 70  # of 255: on darker ground, ink is light
LIGHT_INK = 0.25  # of pages on other ground have it too
SHADOW = 0.4  # of frames have one


def cut_from(pictures: Sequence[Picture], size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Cut a part of this height and width out of a picture drawn from these, enlarged or shrunk; float32 (H, W, 3)."""
    picture = pictures[rng.integers(len(pictures))]
    height, width = picture.shape[:2]
    wide = int(max(80, min(width, height * size[1] / size[0]) * rng.uniform(0.25, 1)))
    wide, high = min(width, wide), min(height, round(wide * size[0] / size[1]))
    left, top = rng.integers(width - wide + 1), rng.integers(height - high + 1)
    way = cv2.INTER_AREA if wide > size[1] else cv2.INTER_CUBIC
    part = cv2.resize(picture[top : top + high, left : left + wide], size[::-1], interpolation=way)
    cut: Plane = part[:, :: rng.choice([-1, 1])].astype(np.float32)
    return cut


def draw_ground(pictures: Sequence[Picture], size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Draw what is written on: paper in uneven light, wood, grain, or a picture, pale or blurred; float32 (H, W, 3)."""
    if pictures and rng.random() < ON_PICTURE:
        ground = cut_from(pictures, size, rng)
        if rng.random() < 0.5:
            ground = _blurred(ground, rng.uniform(0.5, 8))
        mean = ground.mean()
        pale: Plane = mean + (ground - mean) * (rng.uniform(0.1, 0.6) if rng.random() < 0.6 else 1)
        return pale
    ground = np.ones((*size, 3), np.float32) * (rng.uniform(40, 245) + rng.normal(0, 15, 3))
    for share, across, down, depth in (
        (0.7, (100, 600), (100, 600), (3, 30)),  # light
        (0.35, (20, 400), (2, 12), (1, 10)),  # wood
        (0.4, (1.5, 6), (1.5, 6), (0.5, 4)),  # grain
    ):
        if rng.random() < share:
            clouds = _clouds(size, (rng.uniform(*down), rng.uniform(*across)), rng)
            ground += clouds[..., np.newaxis] * rng.uniform(*depth)
    return ground.astype(np.float32)


def photographed(page: Page, ground: Plane, rng: np.random.Generator) -> tuple[Picture, list[Box]]:
    """Photograph a page on its ground, float32 (H, W, 3): a frame of its size, and the boxes of its digits in it."""
    height, width = page.ink.shape
    turn = rng.normal(0, 4 if rng.random() < 0.8 else 12)
    matrix = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), turn, rng.uniform(0.85, 1.2)), [0, 0, 1]])
    lens = np.eye(3)
    lens[2, :2] = rng.normal(0, 0.00012, 2)
    matrix = lens @ matrix
    matrix[:2, 2] += rng.normal(0, 0.04, 2) * (width, height)
    ink, owner = page.ink, page.owner.astype(np.float32)
    if rng.random() < 0.3:  # by an unsteady hand
        waves = [_clouds((height, width), (60, 60), rng) * rng.uniform(0.5, 2.5) for _ in range(2)]
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        ink = cv2.remap(ink, columns + waves[0], rows + waves[1], cv2.INTER_LINEAR)  # type: ignore[assignment]
        owner = cv2.remap(owner, columns + waves[0], rows + waves[1], cv2.INTER_NEAREST)  # type: ignore[assignment]
    ink = cv2.warpPerspective(ink, matrix, (width, height))  # type: ignore[assignment]
    owner = cv2.warpPerspective(owner, matrix, (width, height), flags=cv2.INTER_NEAREST)  # type: ignore[assignment]
    if ground.mean() > DARK and rng.random() > LIGHT_INK:
        colour = ground * rng.uniform(0.05, 0.6) + rng.normal(0, 8, 3) * rng.integers(2)
    else:
        colour = np.minimum(255, ground + (255 - ground) * rng.uniform(0.4, 1) + rng.normal(0, 8, 3))
    share = (ink * rng.uniform(0.5, 1))[..., np.newaxis]
    return as_seen(ground * (1 - share) + colour * share, rng), _boxes(owner.astype(np.int32))


def as_seen(light: Plane, rng: np.random.Generator) -> Picture:
    """Return what a camera makes of light, float (H, W, 3), 0–255: uneven, with a shadow, blurred, noisy, as a JPEG."""
    height, width = light.shape[:2]
    if rng.random() < 0.5:
        uneven = 1 + _clouds((height, width), (height * 0.8, width * 0.8), rng) * rng.uniform(0.03, 0.2)
        light = light * np.clip(uneven, 0.3, 1.6)[..., np.newaxis]
    if rng.random() < SHADOW:
        light = light * _shadow((height, width), rng)[..., np.newaxis]
    light = _blurred(light.astype(np.float32), rng.uniform(0.05, 1.6) if rng.random() < 0.85 else rng.uniform(1.5, 3))
    light = light + rng.normal(0, rng.uniform(0, 6), light.shape)
    frame: Picture = np.clip(light, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
        frame = cv2.imdecode(packed, cv2.IMREAD_COLOR)  # type: ignore[assignment]
    return frame


def _shadow(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Draw the share of light, float32 (H, W), that something straight leaves: a wall, a bar, a corner, a phone."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    turn, middle = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.85, 2) * size
    down, across = rows - middle[0], columns - middle[1]
    dark = np.ones(size, bool)
    for far, least in (
        (across * np.cos(turn) + down * np.sin(turn), 1.0),
        (down * np.cos(turn) - across * np.sin(turn), 0.4),
    ):
        if rng.random() < least:
            dark &= (far > 0) & (far < rng.choice([1, rng.uniform(0.03, 0.5)]) * sum(size))
    soft = np.exp(rng.uniform(np.log(0.4), np.log(20)))
    return _blurred(np.where(dark, rng.uniform(0.3, 0.85), 1).astype(np.float32), soft)


def _blurred(values: Plane, sigma: float) -> Plane:
    blurred: Plane = cv2.GaussianBlur(values, (0, 0), sigma)  # type: ignore[assignment]
    return blurred


def _clouds(size: tuple[int, int], grain: tuple[float, float], rng: np.random.Generator) -> Plane:
    """Draw smooth noise of a grain so high and wide, pixels, float32 (H, W)."""
    coarse = [max(2, int(side / each) + 2) for side, each in zip(size, grain, strict=True)]
    noise = rng.normal(0, 1, coarse).astype(np.float32)
    clouds: Plane = cv2.resize(noise, size[::-1], interpolation=cv2.INTER_CUBIC)  # type: ignore[assignment]
    return clouds


def _boxes(owner: NDArray[np.int32]) -> list[Box]:
    boxes = []
    for number in np.unique(owner[owner > 0]):
        rows, columns = np.nonzero(owner == number)
        left, top = columns.min(), rows.min()
        boxes.append((float(left), float(top), float(columns.max() + 1 - left), float(rows.max() + 1 - top)))
    return boxes
