"""What frames are made of: digits, fonts and pictures, read once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageFont

from device.errors import DataError, EdgeDigitsError
from device.idx import LabelledDigits
from device.sources.pictures import read_picture

from ..data.mnist import DEFAULT_VALIDATION, SPLIT_SEED, load_mnist, validation_split
from ..synthetic.pen_digits import draw_pen_digits
from ..synthetic.printed_signs import find_fonts
from .camera import Picture
from .displays import draw_styles
from .frames import Sources

PEN_DIGITS = 6000  # beside those of MNIST
LONGEST = 1600  # px: larger pictures are shrunk
LEAST = 220  # px: smaller ones are left out
TRIED = "aehmt0123456789AK"  # a font that draws two of these alike, or one as nothing, does not have them
KINDS = (".jpg", ".jpeg", ".png", ".webp")


def load_sources(
    data: Path | None, *, fonts: Path | None, pictures: Path | None, report: Callable[[str], None]
) -> Sources:
    """Read what frames are made of.

    Args:
        data: digits; MNIST unless given. Those held back for validation are left out.
        fonts: folder of fonts; matplotlib's unless given.
        pictures: folder of pictures without digits; none unless given.
        report: is told what was found.

    Raises:
        DataError: there is no font that has digits and letters, or no picture.
    """
    digits = load_mnist(data, report=report)
    count = min(DEFAULT_VALIDATION, len(digits.train_labels) // 2)
    split = validation_split(digits.train_labels, count=count, seed=SPLIT_SEED)
    pen_images, pen_labels = draw_pen_digits(PEN_DIGITS, seed=SPLIT_SEED)
    learned = LabelledDigits(
        np.concatenate([digits.train_images[split.train], pen_images]),
        np.concatenate([digits.train_labels[split.train], pen_labels]),
    )
    files = sorted(p for p in fonts.rglob("*") if p.suffix in (".ttf", ".otf")) if fonts else [
        font.path for font in find_fonts() if font.path
    ]  # fmt: skip
    usable = [path for path in files if _is_usable(path)]
    if not usable:
        raise DataError(f"expected fonts in {fonts or 'matplotlib'}, found none with letters and digits; name others")
    found = _read_pictures(pictures) if pictures else []
    if pictures and not found:
        raise DataError(f"{pictures}: expected pictures of at least {LEAST} px, found none; name another folder")
    report(f"{len(usable)} fonts, {len(found)} pictures")
    return Sources(learned, draw_styles(), usable, found)


def _is_usable(path: Path) -> bool:
    try:
        font = ImageFont.truetype(str(path), 40)
        drawn = {bytes(font.getmask(sign)) for sign in TRIED}
    except (OSError, ValueError):
        return False
    return len(drawn) >= len(TRIED) - 1 and b"" not in drawn


def _read_pictures(folder: Path) -> list[Picture]:
    found: dict[bytes, Picture] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in KINDS or path.is_symlink():
            continue
        try:
            picture = read_picture(path)
        except EdgeDigitsError:
            continue
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else picture
        scale = LONGEST / max(picture.shape)
        if min(picture.shape[:2]) < LEAST:
            continue
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found[cv2.resize(picture, (8, 8), interpolation=cv2.INTER_AREA).tobytes()] = np.ascontiguousarray(picture)
    return list(found.values())
