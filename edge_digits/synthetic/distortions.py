"""Digits as camera crops have them on a bad day: ten kinds of distortion in three strengths, for measuring.

A fixed test, which training's own distortions know nothing of. Every distorted digit is a function of the digit, the
kind, the strength and a seed; one seed distorts a digit in the same way, only more, from weak to strong.

The strengths were set by eye on a contact sheet: weak is hardly seen by a reader, middle is what a crop shows on a bad
day, strong is what a person still reads nearly always.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from . import ground_distortions, shape_distortions

Picture = NDArray[np.float32]
_Distortion = Callable[[Picture, float, np.random.Generator], Picture]

STRENGTHS = ("weak", "middle", "strong")

_KINDS: Mapping[str, tuple[_Distortion, tuple[float, float, float]]] = MappingProxyType(
    {
        "thin": (shape_distortions.thin, (0.75, 0.55, 0.38)),
        "thick": (shape_distortions.thick, (1.25, 1.5, 1.85)),
        "faint": (ground_distortions.faint, (0.75, 0.45, 0.22)),
        "noise": (ground_distortions.noise, (14, 32, 58)),
        "blur": (ground_distortions.blur, (0.5, 0.9, 1.35)),
        "slant": (shape_distortions.slant, (0.18, 0.36, 0.58)),
        "broken": (shape_distortions.broken, (1, 2, 4)),
        "misframed": (shape_distortions.misframed, (0.3, 0.65, 1.0)),
        "rules": (ground_distortions.rules, (0.18, 0.38, 0.65)),
        "shadow": (ground_distortions.shadow, (40, 85, 140)),
    }
)
"""Each kind's function and what it takes as its three strengths; the functions say what that means."""

KINDS = tuple(_KINDS)


def distort(images: NDArray[np.uint8], kind: str, strength: str, *, seed: int, first: int = 0) -> NDArray[np.uint8]:
    """Distort canonical digits.

    Args:
        images: uint8 (N, 28, 28), 0–255, light on dark.
        kind: one of `KINDS`.
        strength: one of `STRENGTHS`.
        seed: 0 or more.
        first: index of the first digit; a digit's distortion follows from its own index.

    Returns:
        uint8 (N, 28, 28), 0–255.
    """
    function, amounts = _KINDS[kind]
    amount = amounts[STRENGTHS.index(strength)]
    distorted = np.empty_like(images)
    for place, image in enumerate(images):
        # One stream of numbers for all strengths: a stronger distortion is the same one, only more of it.
        generator = np.random.Generator(np.random.PCG64([seed, KINDS.index(kind), first + place]))
        picture = function(image.astype(np.float32), amount, generator)
        distorted[place] = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return distorted
