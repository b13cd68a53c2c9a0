"""Distorting digits while training: affine, elastic and as a camera does it; arrays in, arrays out, in plain numpy.

The distortion of a digit follows from the digit's place in the training set and the epoch alone, whatever the run's
seed, so that every run of a recipe sees the same pictures and a teacher has to be asked about them only once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE

from ..recipes import Augmentation
from .camera_flaws import FLAWS
from .warping import affine_matrices, warp

CHUNK = 1000
WORKERS = 2
_COARSE = 5


def augment(images: NDArray[np.uint8], augmentation: Augmentation, *, epoch: int) -> NDArray[np.uint8]:
    """Distort each digit in its own way.

    Args:
        images: uint8 (N, 28, 28).
        augmentation: how far.
        epoch: another epoch gives another distortion.

    Returns:
        uint8 (N, 28, 28).
    """
    distorted = np.empty_like(images)

    def distort(start: int) -> None:
        generator = np.random.default_rng([epoch, start])
        part = images[start : start + CHUNK]
        warped = _warp_at_random(part, augmentation, generator)
        for share in (augmentation.flawed, augmentation.twice_flawed):
            warped = _flaw(warped, share, generator)
        distorted[start : start + CHUNK] = warped

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(distort, range(0, len(images), CHUNK)))
    return distorted


def _warp_at_random(
    images: NDArray[np.uint8], augmentation: Augmentation, generator: np.random.Generator
) -> NDArray[np.uint8]:
    draws = generator.uniform(-1, 1, (6, len(images)))
    matrices = affine_matrices(
        angle=draws[0] * augmentation.rotation_rad,
        zoom=1 + draws[1:3] * augmentation.zoom,
        shear=draws[3] * augmentation.shear,
        shift=draws[4:6] * augmentation.shift_px,
    )
    displacement = None
    if augmentation.elastic_px:
        coarse = generator.normal(0, augmentation.elastic_px, (len(images), 2, _COARSE, _COARSE)).astype(np.float32)
        displacement = _SMOOTH @ coarse @ _SMOOTH.T
    return warp(images, matrices, displacement)


def _flaw(images: NDArray[np.uint8], share: float, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Give a share of the pictures a flaw, as many to each kind."""
    chosen = generator.permutation(len(images))[: int(share * len(images))]
    for place, flaw in enumerate(FLAWS):
        group = chosen[place :: len(FLAWS)]
        if len(group):
            flawed = flaw(images[group].astype(np.float32), generator)
            images[group] = np.clip(np.rint(flawed), 0, 255).astype(np.uint8)
    return images


def _smooth_interpolation() -> NDArray[np.float32]:
    """Return float32 (28, 5): the weights with which a coarse grid becomes a smooth field (raised cosines)."""
    distance = np.abs(np.linspace(0, _COARSE - 1, SIDE)[:, np.newaxis] - np.arange(_COARSE))
    return np.where(distance < 1, (1 + np.cos(np.pi * distance)) / 2, 0).astype(np.float32)


_SMOOTH = _smooth_interpolation()
