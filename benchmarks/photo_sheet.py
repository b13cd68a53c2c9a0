"""The contact sheet of misread photographs: each with what the finder made of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from device.errors import PictureError
from device.output_files import atomic_path

from .photos import PhotoReading

TILE, GAP, CAPTION, COLUMNS = 140, 12, 40, 4
PAPER, INK, FAINT = (250, 250, 248), (32, 36, 44), (200, 202, 206)


def draw_misreadings(readings: Sequence[PhotoReading], path: Path) -> None:
    """Draw photographs, each beside the canonical digit found in it and over what was read.

    Args:
        readings: what to draw, in this order; none gives a sheet that says so.
        path: PNG to write.

    Raises:
        OutputError: it cannot be written.
    """
    columns = max(1, min(COLUMNS, len(readings)))
    cell_width, cell_height = 2 * TILE + 2 * GAP, TILE + CAPTION + GAP
    rows = max(1, math.ceil(len(readings) / columns))
    sheet = Image.new("RGB", (columns * cell_width + GAP, rows * cell_height + GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    if not readings:
        pen.text((GAP, GAP), "nothing was misread", fill=INK, font=font)
    for place, reading in enumerate(readings):
        row, column = divmod(place, columns)
        left, top = GAP + column * cell_width, GAP + row * cell_height
        sheet.paste(_photograph(reading), (left, top))
        sheet.paste(_canonical(reading), (left + TILE + GAP // 2, top))
        said = f"read as {reading.text} ({reading.score:.2f})" if reading.text else "nothing found"
        pen.text((left, top + TILE + 2), f"{reading.photo.label}: {said}", fill=INK, font=font)
        pen.text((left, top + TILE + 19), reading.photo.path.name[-36:], fill=INK, font=font)
    with atomic_path(path) as temporary:
        sheet.save(temporary, format="PNG")


def _photograph(reading: PhotoReading) -> Image.Image:
    """Return the photograph fitted into a tile, or an empty tile where it cannot be read."""
    from device.sources.pictures import read_picture

    try:
        frame = read_picture(reading.photo.path)
    except PictureError:
        return Image.new("RGB", (TILE, TILE), FAINT)
    colours = frame if frame.ndim == 2 else np.ascontiguousarray(frame[..., ::-1])
    return ImageOps.pad(Image.fromarray(colours).convert("RGB"), (TILE, TILE), color=FAINT)


def _canonical(reading: PhotoReading) -> Image.Image:
    if reading.canonical is None:
        return Image.new("RGB", (TILE, TILE), FAINT)
    return Image.fromarray(reading.canonical).resize((TILE, TILE), Image.Resampling.NEAREST).convert("RGB")
