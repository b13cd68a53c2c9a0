"""The contact sheet of misread photographs: each with the boxes found in it, what was read and what is true."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.photo_list import NOTHING
from device.output_files import atomic_path
from device.sources.pictures import read_picture

from .photo_evaluation import digits_right, right_places
from .photo_reading import PhotoReading

PAPER, INK, FAINT, GROUND, ACCENT = (250, 250, 248), (32, 36, 44), (104, 110, 120), (226, 228, 231), (200, 80, 30)
CALM = (31, 95, 153)
GAP, LINE, HEAD = 14, 17, 58
WIDTH = 1240  # of a sheet with several pictures, pixels
LONGEST = 12  # digits that fit beside "read" under a tile


def draw_misread(readings: Sequence[PhotoReading], path: Path, *, title: str, tile: int) -> None:
    """Draw misread photographs as a PNG.

    Args:
        readings: what to draw, in this order, none of them with an error; none gives a sheet that says so.
        path: PNG to write.
        title: a line above them.
        tile: side of the square that each photograph is fitted into, pixels.

    Raises:
        OutputError: it cannot be written.
    """
    columns = max(math.ceil(500 / tile), min(WIDTH // (tile + GAP), len(readings)))
    pictures = [draw_reading(reading, side=tile) for reading in readings]
    starts = range(0, len(pictures), columns)
    # Rows of flat pictures are as low as the highest of them.
    heights = [max(picture.height for picture in pictures[start : start + columns]) for start in starts]
    below = 3 * LINE + GAP
    size = (columns * (tile + GAP) + GAP, HEAD + sum(height + below for height in heights) if readings else 2 * HEAD)
    sheet = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((GAP, 16), title, fill=INK, font=ImageFont.load_default(20))
    if not readings:
        pen.text((GAP, HEAD), "nothing was misread", fill=INK, font=ImageFont.load_default(14))
    top = HEAD
    for start, height in zip(starts, heights, strict=True):
        for column in range(min(columns, len(readings) - start)):
            left = GAP + column * (tile + GAP)
            picture = pictures[start + column]
            pen.rectangle((left, top, left + tile - 1, top + height - 1), fill=GROUND)
            sheet.paste(picture, (left + (tile - picture.width) // 2, top + (height - picture.height) // 2))
            _write_lines(pen, readings[start + column], left=left, top=top + height + 3, width=tile)
        top += height + below
    with atomic_path(path) as temporary:
        sheet.save(temporary, format="PNG", optimize=True)


def _write_lines(pen: ImageDraw.ImageDraw, reading: PhotoReading, *, left: int, top: int, width: int) -> None:
    """Write under a picture what it shows, what was read, and whose it is."""
    name = _cut(f"{reading.photo.source}: {reading.photo.path.name}", width // 8)
    for line, (text, colour) in enumerate(zip((*describe(reading), name), (INK, ACCENT, FAINT), strict=True)):
        pen.text((left, top + line * LINE), text, fill=colour, font=ImageFont.load_default(14))


def draw_reading(reading: PhotoReading, *, side: int) -> Image.Image:
    """Return a photograph scaled into a square of `side` pixels, with what was found in it in boxes.

    Where there are several digits, each has what was read above it, in a second colour where that is right.
    """
    frame = read_picture(reading.photo.path)
    colours = frame if frame.ndim == 2 else np.ascontiguousarray(frame[..., ::-1])
    picture = Image.fromarray(colours).convert("RGB")
    scale = min(side / picture.width, side / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(small)
    font = ImageFont.load_default(max(9, min(15, side // 15)))
    for digit, right in zip(reading.digits, _right_digits(reading), strict=True):
        x, y, width, height = (value * scale for value in digit.box)
        colour = CALM if right else ACCENT
        pen.rectangle((x - 1, y - 1, x + width, y + height), outline=colour, width=1 if right else 2)
        if len(reading.digits) > 1:
            above = y > font.size + 2 if isinstance(font, ImageFont.FreeTypeFont) else True
            place = (x + width / 2, y - 2 if above else y + height + 1)
            pen.text(
                place,
                digit.label,
                fill=colour,
                font=font,
                anchor="mb" if above else "mt",
                stroke_width=2,
                stroke_fill=PAPER,
            )
    return small


def _right_digits(reading: PhotoReading) -> list[bool]:
    """Return of each digit that was found whether it is right."""
    found = "".join(digit.label for digit in reading.digits)
    return right_places(found, reading.photo.label)


def reading_as_jpeg(reading: PhotoReading, *, side: int) -> bytes:
    """Return `draw_reading` as JPEG bytes."""
    content = io.BytesIO()
    draw_reading(reading, side=side).save(content, format="JPEG", quality=70, optimize=True)
    return content.getvalue()


def describe(reading: PhotoReading) -> tuple[str, str]:
    """Return what a photograph shows and what was read, a short line each."""
    label, text = reading.photo.label, reading.text
    if len(label) > LONGEST:
        right = digits_right(text, label)
        return f"shows {len(label)} digits", f"{right} of them right, {len(text)} read"
    truth = "shows nothing to read" if reading.photo.kind == NOTHING else f"shows {label}"
    if not text:
        return truth, "nothing found"
    score = f" ({min(digit.score for digit in reading.digits):.0%})" if reading.digits else ""
    return truth, f"read {text if len(text) <= LONGEST else f'{text[: LONGEST - 1]}…'}{score}"


def _cut(text: str, most: int) -> str:
    """Return text shortened in its middle where it is too long for its place."""
    half = most // 2
    return text if len(text) <= most else f"{text[: half - 1]}…{text[-half:]}"
