"""Letters and signs in the fonts that Pillow and matplotlib bring, framed as the device frames digits."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from device.contract import frame_ink

MATPLOTLIB_FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic"),
    *("STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol"),
)
MATPLOTLIB_LETTER_FONTS = ("cmr10", "cmss10", "cmtt10", "cmti10", "cmmi10")  # signs lie elsewhere in these
CANVAS_PX, FONT_PX = 200, 110
MOST_TURN_DEGREES, MOST_SHEAR, MOST_WIDENING_PX = 12.0, 0.25, 5


@dataclass(frozen=True)
class SignFont:
    """A font.

    Attributes:
        path: its file; None for the one that Pillow brings.
        has_signs: whether it has more than letters.
    """

    path: Path | None
    has_signs: bool


def find_fonts() -> list[SignFont]:
    """Return Pillow's font, and those of matplotlib where it is installed."""
    fonts = [SignFont(None, has_signs=True)]
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return fonts
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    for names, has_signs in ((MATPLOTLIB_FONTS, True), (MATPLOTLIB_LETTER_FONTS, False)):
        fonts += [SignFont(path, has_signs) for name in names if (path := folder / f"{name}.ttf").is_file()]
    return fonts


def draw_sign(signs: str, fonts: Sequence[SignFont], *, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one of the signs in one of the fonts, a little turned, sheared and widened.

    Args:
        signs: what to choose from.
        fonts: what to draw it with.
        generator: chooses.

    Returns:
        uint8 (28, 28), 0–255, light on dark, framed.
    """
    sign = signs[int(generator.integers(len(signs)))]
    font = fonts[int(generator.integers(len(fonts)))]
    widening = int(generator.integers(MOST_WIDENING_PX + 1))
    turn = np.deg2rad(generator.uniform(-MOST_TURN_DEGREES, MOST_TURN_DEGREES))
    shear = generator.uniform(-MOST_SHEAR, MOST_SHEAR)
    canvas = Image.new("L", (CANVAS_PX, CANVAS_PX))
    ImageDraw.Draw(canvas).text(
        (CANVAS_PX / 2, CANVAS_PX / 2),
        sign,
        fill=255,
        font=ImageFont.load_default(FONT_PX) if font.path is None else ImageFont.truetype(str(font.path), FONT_PX),
        anchor="mm",
        stroke_width=widening,
    )
    cosine, sine, middle = np.cos(turn), np.sin(turn), CANVAS_PX / 2
    across, down = cosine + shear * sine, sine - shear * cosine
    matrix = (
        *(across, -down, middle - across * middle + down * middle),
        *(sine, cosine, middle - sine * middle - cosine * middle),
    )
    turned = canvas.transform(canvas.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    return frame_ink(np.asarray(turned.crop(turned.getbbox())))
