"""Pictures as a camera might take them: a digit in ink on paper, with uneven light, blur and noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

PAPER_BGR = np.array([225.0, 236.0, 240.0])
INK_BGR = np.array([110.0, 50.0, 40.0])


def draw_on_paper(digit: NDArray[np.uint8], *, generator: np.random.Generator, side: int = 240) -> NDArray[np.uint8]:
    """Draw a canonical digit as a photograph of ink on paper.

    Args:
        digit: uint8 (28, 28), light on dark.
        generator: draws light, place and noise.
        side: width and height of the picture, pixels.

    Returns:
        uint8 (side, side, 3), BGR, 0–255.
    """
    inner = int(side * generator.uniform(0.6, 0.85))
    left, top = generator.integers(0, side - inner, 2)
    ink = np.zeros((side, side), np.float64)
    enlarged = Image.fromarray(digit).resize((inner, inner), Image.Resampling.BICUBIC)
    ink[top : top + inner, left : left + inner] = (
        np.asarray(enlarged.filter(ImageFilter.GaussianBlur(side / 150))) / 255
    )
    ink = np.clip(ink * 1.6 - 0.3, 0, 1)[..., np.newaxis]
    towards = generator.uniform(-1, 1, 2)
    across, down = np.meshgrid(np.linspace(-0.5, 0.5, side), np.linspace(-0.5, 0.5, side))
    light = 0.8 + 0.3 * (towards[0] * across + towards[1] * down)[..., np.newaxis]
    picture = (PAPER_BGR * (1 - ink) + INK_BGR * ink) * light + generator.normal(0, 4, (side, side, 1))
    photograph: NDArray[np.uint8] = np.clip(picture, 0, 255).astype(np.uint8)
    return photograph
