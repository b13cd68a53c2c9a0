"""Draw digits side by side, each with its caption, as one picture to look through."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from device.output_files import atomic_path

_PAPER, _INK, _FAINT = (250, 250, 248), (32, 36, 44), (104, 110, 120)
_MARGIN, _GAP = 24, 10
_TITLED_WIDTH = 500  # a title has room even over a single digit
_TITLE_PX, _NOTE_PX, _CAPTION_PX = 26, 16, 17


@dataclass(frozen=True)
class _Grid:
    columns: int
    rows: int
    tile: int
    top: int
    left: int
    caption: int

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height from one tile to the next, pixels."""
        return self.tile + _GAP, self.tile + self.caption + _GAP

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet, pixels."""
        width = self.left + self.columns * self.cell[0] - _GAP + _MARGIN
        return max(width, _TITLED_WIDTH if self.top > _MARGIN else 0), self.top + self.rows * self.cell[1] + _GAP


def draw_contact_sheet(
    images: NDArray[np.uint8],
    captions: Sequence[str],
    *,
    title: str = "",
    note: str = "",
    headings: Sequence[str] = (),
    columns: int | None = None,
    zoom: int = 3,
) -> Image.Image:
    """Draw digits, or square pictures of them, in rows, each over its caption.

    Args:
        images: uint8 (N, S, S) grey or (N, S, S, 3) RGB, 0–255, N at least 1.
        captions: N short texts, such as "7" or "4 (9)".
        title: a line above the digits; shortened where it is wider than the sheet.
        note: a smaller line below the title.
        headings: a short text before each row; none unless given.
        columns: digits in a row; about square, and at least ten where there are that many, unless given.
        zoom: width of a picture's pixel on the sheet, pixels.

    Returns:
        An RGB picture.
    """
    count = len(images)
    wide = min(count, columns or max(10, round(math.sqrt(count))))
    header = (_TITLE_PX + 12 if title else 0) + (_NOTE_PX + 20 if note else 0)
    font = ImageFont.load_default(_CAPTION_PX)
    widest = max((math.ceil(font.getlength(heading)) + 2 * _GAP for heading in headings), default=0)
    grid = _Grid(
        columns=wide,
        rows=math.ceil(count / wide),
        tile=images.shape[1] * zoom,
        top=_MARGIN + header,
        left=_MARGIN + widest,
        caption=_CAPTION_PX + _GAP if any(captions) else 0,
    )
    sheet = Image.new("RGB", grid.size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    if title:
        _write_line(pen, title, top=_MARGIN, size=_TITLE_PX, fill=_INK, width=grid.size[0])
    if note:
        top = _MARGIN + (_TITLE_PX + 12 if title else 0)
        _write_line(pen, note, top=top, size=_NOTE_PX, fill=_FAINT, width=grid.size[0])
    for row, heading in enumerate(headings):
        middle = grid.top + row * grid.cell[1] + grid.tile / 2
        pen.text((_MARGIN, middle), heading, fill=_INK, font=font, anchor="lm")
    for place, (image, caption) in enumerate(zip(images, captions, strict=True)):
        row, column = divmod(place, grid.columns)
        left, top = grid.left + column * grid.cell[0], grid.top + row * grid.cell[1]
        # Nearest: the sheet shows the very pixels that a model gets.
        tile = Image.fromarray(image).resize((grid.tile, grid.tile), Image.Resampling.NEAREST)
        sheet.paste(tile, (left, top))
        pen.text((left + grid.tile / 2, top + grid.tile + 3), caption, fill=_INK, font=font, anchor="ma")
    return sheet


def save_contact_sheet(sheet: Image.Image, path: Path) -> None:
    """Write a contact sheet as a PNG file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    with atomic_path(path) as temporary:
        sheet.save(temporary, format="PNG", optimize=True)


def _write_line(
    pen: ImageDraw.ImageDraw, text: str, *, top: int, size: int, fill: tuple[int, int, int], width: int
) -> None:
    """Write a line, shortened at its end if the sheet is too narrow for it."""
    font = ImageFont.load_default(size)
    shown = text
    while len(shown) > 1 and pen.textlength(shown, font=font) > width - 2 * _MARGIN:
        shown = f"{shown[:-2].rstrip()}…"
    pen.text((_MARGIN, top), shown, fill=fill, font=font)
