"""Displays: numbers in segments or dots, in a row or a few, perhaps in a window, with words and units beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import ImageFont

from device.contract import LABELS
from device.idx import LabelledDigits

from ..synthetic.printed_digits import draw_displayed
from .page import Page
from .pages import draw_unit, draw_word

STYLES = 600  # each has all ten digits
IN_DOTS = 3  # each third style is in dots, the others in segments
ROWS, LENGTHS = (1, 1, 1, 2, 3), (1, 2, 3, 4, 4, 5, 6, 8)
SMALLEST, LARGEST = 22, 200  # px: height of digits
FRAMED_PX = 20  # height of a canonical digit
INK = 40  # of 255: more of it belongs to a digit


def draw_styles() -> list[LabelledDigits]:
    """Draw canonical digits as displays show them: of each style all ten, in their order."""
    labels = np.arange(len(LABELS), dtype=np.uint8)
    return [
        LabelledDigits(
            np.stack([
                draw_displayed(label, np.random.default_rng(style), dots=style % IN_DOTS == 0)
                for label in labels.tolist()
            ]),
            labels,
        )
        for style in range(STYLES)
    ]  # fmt: skip


def show_numbers(
    size: tuple[int, int], *, fonts: Sequence[Path], styles: Sequence[LabelledDigits], rng: np.random.Generator
) -> Page:
    """Show numbers in one of the styles on a page of this height and width, pixels.

    Half of them stand in a window: as bright as the ground, on what is as dark as ink.
    """
    page, style = Page(size), styles[rng.integers(len(styles))]
    rows, length = int(rng.choice(ROWS)), int(rng.choice(LENGTHS))
    height = min(float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))), 0.8 * size[0] / rows)
    wide = [int(np.ptp(np.flatnonzero(image.max(axis=0) > INK))) + 1 for image in style.images]
    cell, pitch = height * (max(wide) / FRAMED_PX + rng.uniform(0.05, 0.4)), height * rng.uniform(1.15, 1.8)
    left, top = rng.uniform(0.02, 0.5) * size[1], rng.uniform(0.05, 0.6) * size[0]
    font = ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), max(12, int(height * rng.uniform(0.2, 0.6))))
    to_right = rng.random() < 0.7  # slender digits stand at the right of their cells
    for row in range(rows):
        base, end = top + height + row * pitch, left + length * cell
        for place in range(int(rng.integers(length)) if rng.random() < 0.3 else 0, length):
            if base > size[0] or left + (place + 1) * cell > size[1]:
                break
            digit = int(rng.integers(len(LABELS)))
            room = (max(wide) - wide[digit]) * height / FRAMED_PX if to_right else 0.0
            page.write_digit(style.images[digit], left + place * cell + room, base, height=height, pen=0.0)
        if rng.random() < 0.4:
            page.write(draw_unit(rng), end + 0.2 * height, base, font=font, bold=0, jitter=0, rng=rng)
    margin, bottom = height * rng.uniform(0.15, 0.6), top + height + (rows - 1) * pitch
    if rng.random() < 0.5:
        rows_in = slice(max(0, int(top - margin)), int(bottom + margin))
        columns_in = slice(max(0, int(left - margin)), int(left + length * cell + margin))
        page.ink[rows_in, columns_in] = 1 - page.ink[rows_in, columns_in]
    for base in (top - 1.2 * margin, bottom + 1.3 * margin + font.size):
        if rng.random() < 0.4:
            page.write(draw_word(rng), left + rng.uniform(0, height), base, font=font, bold=0, jitter=0, rng=rng)
    return page
