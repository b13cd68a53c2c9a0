"""One digit of each class in every kind and strength of distortion, as one picture to look through."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from device.contract import LABELS, SIDE

from .distortions import KINDS, STRENGTHS, distort

PAPER, INK, FAINT = (250, 250, 248), (32, 36, 44), (104, 110, 120)
ZOOM, GAP, BLOCK_GAP, MARGIN = 2, 4, 22, 28
NAME_WIDTH, HEAD = 120, 92
TITLE_PX, NOTE_PX, NAME_PX = 26, 16, 17


def draw_distortions(images: NDArray[np.uint8], labels: NDArray[np.uint8], *, seed: int) -> Image.Image:
    """Draw the first digit of each class, clean and in every kind and strength.

    Args:
        images: uint8 (N, 28, 28), 0–255.
        labels: uint8 (N,).
        seed: of the distortions; they are those that `distort` gives these digits.

    Returns:
        An RGB picture: a row for each kind, a block of columns for each strength.
    """
    firsts = [int(np.flatnonzero(labels == label)[0]) for label in range(len(LABELS)) if (labels == label).any()]
    step = SIDE * ZOOM + GAP
    block = len(firsts) * step - GAP + BLOCK_GAP
    size = (2 * MARGIN + NAME_WIDTH + len(STRENGTHS) * block - BLOCK_GAP, HEAD + (len(KINDS) + 1) * step + 2 * MARGIN)
    sheet = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    title, note, name = (ImageFont.load_default(px) for px in (TITLE_PX, NOTE_PX, NAME_PX))
    pen.text((MARGIN, MARGIN - 4), "Digits as a camera may show them", fill=INK, font=title)
    pen.text(
        (MARGIN, MARGIN + 32), f"every digit as a model gets it, 28 by 28 pixels; seed {seed}", fill=FAINT, font=note
    )
    top = MARGIN + HEAD
    for column, strength in enumerate(STRENGTHS):
        pen.text((MARGIN + NAME_WIDTH + column * block, top - 26), strength, fill=INK, font=name)
    rows = [("clean", [images[firsts]] * len(STRENGTHS))]
    for kind in KINDS:
        sets = [
            np.concatenate([distort(images[[each]], kind, strength, seed=seed, first=each) for each in firsts])
            for strength in STRENGTHS
        ]
        rows.append((kind, sets))
    for row, (kind, sets) in enumerate(rows):
        y = top + row * step
        pen.text((MARGIN, y + SIDE * ZOOM / 2), kind, fill=INK, font=name, anchor="lm")
        for column, digits in enumerate(sets):
            for place, digit in enumerate(digits):
                tile = Image.fromarray(digit).resize((SIDE * ZOOM, SIDE * ZOOM), Image.Resampling.NEAREST)
                sheet.paste(tile, (MARGIN + NAME_WIDTH + column * block + place * step, y))
    return sheet
