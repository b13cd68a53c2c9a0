"""Frames that nobody should have to read: noise, stripes, checks, blots, extremes of size and strange files, seeded."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Frame = NDArray[np.uint8]
SIZE = (480, 640)
FILES = (
    *(("PNG", "I;16"), ("PNG", "RGBA"), ("PNG", "LA"), ("GIF", "P")),
    *(("TIFF", "CMYK"), ("JPEG", "CMYK"), ("JPEG", "RGB")),
)
ORIENTATION = 0x0112  # the tag of EXIF that says how a camera was held
STRANGE_SIZES = ((1, 1), (1, 10000), (10000, 1), (2, 2), (3, 700), (27, 29), (28, 28), (5, 5))


def _noise(rng: np.random.Generator) -> Frame:
    return rng.integers(0, 256, (*SIZE, 3)).astype(np.uint8)


def _grain(rng: np.random.Generator) -> Frame:
    cell = int(rng.integers(2, 24))
    coarse = rng.integers(0, 256, (SIZE[0] // cell + 1, SIZE[1] // cell + 1)).astype(np.uint8)
    return np.kron(coarse, np.ones((cell, cell), np.uint8))[: SIZE[0], : SIZE[1]]


def _stripes(rng: np.random.Generator) -> Frame:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    angle, period = rng.uniform(0, np.pi), rng.uniform(2, 80)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
    wave = np.sign(wave) if rng.random() < 0.5 else wave
    frame: Frame = np.clip(128 + 120 * wave, 0, 255).astype(np.uint8)
    return frame


def _checks(rng: np.random.Generator) -> Frame:
    cell = int(rng.integers(1, 60))
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    frame: Frame = (255 * ((x // cell + y // cell) % 2)).astype(np.uint8)
    return frame


def _plain(rng: np.random.Generator) -> Frame:
    return np.full((*SIZE, 3), rng.integers(0, 256, 3), np.uint8)


def _shapes(rng: np.random.Generator) -> Frame:
    page = Image.new("RGB", SIZE[::-1], (int(rng.integers(0, 256)),) * 3)
    pen = ImageDraw.Draw(page)
    for _ in range(int(rng.integers(1, 400))):
        colour = tuple(rng.integers(0, 256, 3).tolist())
        (left, top), (right, bottom) = np.sort(rng.integers(0, 640, (2, 2)), axis=0).tolist()
        kind = rng.integers(0, 4)
        if kind == 0:
            pen.line((left, bottom, right, top), colour, int(rng.integers(1, 12)))
        elif kind == 1:
            pen.ellipse((left, top, left + 40, top + 30), colour)
        else:
            pen.rectangle((left, top, right, bottom), colour if kind == 2 else None, colour, int(rng.integers(1, 6)))
    return np.array(page)


def _dots(rng: np.random.Generator) -> Frame:
    frame = np.full(SIZE, 220, np.uint8)
    step = int(rng.integers(3, 30))
    frame[::step, ::step] = frame[1::step, ::step] = frame[::step, 1::step] = 30
    return frame


def _strange(rng: np.random.Generator) -> Frame:
    height, width = STRANGE_SIZES[rng.integers(len(STRANGE_SIZES))]
    shape = (height, width, 3) if rng.random() < 0.5 else (height, width)
    return rng.integers(0, 256, shape).astype(np.uint8)


def _edge(rng: np.random.Generator) -> Frame:
    y, x = np.mgrid[-1 : 1 : SIZE[0] * 1j, -1 : 1 : SIZE[1] * 1j]
    angle, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.6, 0.6)
    light = np.where(x * np.cos(angle) + y * np.sin(angle) < place, rng.uniform(0.2, 0.8), 1.0)
    return np.clip(light * 220 + rng.normal(0, 3, SIZE), 0, 255).astype(np.uint8)


def _letters(rng: np.random.Generator) -> Frame:
    page = Image.new("L", SIZE[::-1], 230)
    pen, height = ImageDraw.Draw(page), int(rng.integers(16, 70))
    font = ImageFont.load_default(height)
    for top in range(5, SIZE[0], round(1.4 * height)):
        text = "".join(rng.choice(list("ABCDEFGHKLMNPRTUVWXYabdefghkmnprtuvwxy "), 60))
        pen.text((10, top), text, 40, font=font)
    return np.array(page)


def _file(rng: np.random.Generator) -> Frame:
    """Shapes or noise in a file of 16 bits, transparent, of inks, of a palette, or of a camera held on its side."""
    from device.sources.pictures import decode_picture

    drawn = Image.fromarray((_shapes if rng.random() < 0.5 else _noise)(rng))
    form, mode = FILES[rng.integers(len(FILES))]
    exif = Image.Exif()
    exif[ORIENTATION] = int(rng.integers(1, 9))
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(drawn.convert("L")).astype(np.uint16) * 257)
    else:
        picture = drawn.convert(mode)
    content = io.BytesIO()
    picture.save(content, form, **({"exif": exif} if mode == "RGB" else {}))
    return decode_picture(content.getvalue(), name=form)


KINDS: dict[str, Callable[[np.random.Generator], Frame]] = {
    "noise": _noise,
    "grain": _grain,
    "stripes": _stripes,
    "checks": _checks,
    "plain": _plain,
    "shapes": _shapes,
    "dots": _dots,
    "strange sizes": _strange,
    "shadow edge": _edge,
    "letters": _letters,
    "strange files": _file,
}
"""What makes a frame of each kind; the digits of a seed decide how it looks."""


def hostile_frames(count: int, *, seed: int = 0) -> Iterator[tuple[str, Frame]]:
    """Yield kind and frame, uint8 (H, W) or (H, W, 3), all kinds in turn; the same seed yields the same frames."""
    kinds = list(KINDS.items())
    for number in range(count):
        kind, make = kinds[number % len(kinds)]
        yield kind, make(np.random.default_rng((seed, number)))
