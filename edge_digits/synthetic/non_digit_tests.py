"""A fixed set of pictures that are no digits, for measuring how well a model refuses: never to train on.

Letters and signs in several fonts, doodles, textures and blanks are drawn from a seed; pieces of clothing come from
Fashion-MNIST where it is installed. What has ink is framed as the device frames digits. Left out are the letters and
signs that a person, too, may read as a digit once they fill the frame: O is 0, l is 1, Z is 2, S is 5, q is 9 …
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE
from device.errors import DataError
from device.idx import read_part

from .doodles import draw_doodle
from .printed_signs import SignFont, draw_sign, find_fonts
from .textures import draw_blank, draw_texture

LETTERS = "ACEFHKLMNPRUVWXYacdefhkmnprtuvwx"
SIGNS = "&@#%$+=*?~<>^€§¶µ"
FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts its files."""


@dataclass(frozen=True, eq=False)
class NonDigits:
    """Pictures that are no digits.

    Attributes:
        images: uint8 (N, 28, 28), 0–255, light on dark.
        kinds: N names, what kind each is of.
    """

    images: NDArray[np.uint8]
    kinds: tuple[str, ...]


def make_non_digits(count: int, *, seed: int, fashion: Path | None = None, report: Callable[[str], None]) -> NonDigits:
    """Make so many pictures of each kind; a picture follows from its kind, its index and the seed.

    Args:
        count: pictures of each kind, at least 1.
        seed: 0 or more.
        fashion: folder of Fashion-MNIST's IDX files; Debian's, where that is installed, unless given.
        report: is told what is missing: matplotlib's fonts, or Fashion-MNIST.

    Raises:
        DataError: `fashion` is given and does not hold such files, or too few pictures.
    """
    fonts = find_fonts()
    if len(fonts) == 1:
        report("note: letters and signs in one font only; matplotlib brings more (pip install 'edge-digits[report]')")
    drawn = [
        _framed(kind, draw, count=count, seed=seed, stream=stream)
        for stream, (kind, draw) in enumerate(_drawings(fonts).items())
    ]
    folder = fashion or (FASHION_FOLDER if FASHION_FOLDER.is_dir() else None)
    if folder is None:
        report("note: without clothing; Debian's package dataset-fashion-mnist has it, or name its folder: --fashion")
    else:
        drawn.append(("clothing", _clothing(folder, count=count, seed=seed)))
    return NonDigits(
        np.concatenate([images for _, images in drawn]),
        tuple(kind for kind, images in drawn for _ in range(len(images))),
    )


_Draw = Callable[[np.random.Generator], NDArray[np.uint8]]


def _drawings(fonts: Sequence[SignFont]) -> Mapping[str, _Draw]:
    """Return what draws each kind; the order decides the random numbers that each gets."""
    plain = [font for font in fonts if font.has_signs]
    return MappingProxyType(
        {
            "letters": lambda generator: draw_sign(LETTERS, fonts, generator=generator),
            "signs": lambda generator: draw_sign(SIGNS, plain, generator=generator),
            "doodles": lambda generator: draw_doodle(generator),
            "textures": lambda generator: draw_texture(generator),
            "blanks": lambda generator: draw_blank(generator),
        }
    )


def _framed(kind: str, draw: _Draw, *, count: int, seed: int, stream: int) -> tuple[str, NDArray[np.uint8]]:
    pictures = [draw(np.random.Generator(np.random.PCG64([seed, stream, index]))) for index in range(count)]
    return kind, np.stack(pictures)


def _clothing(folder: Path, *, count: int, seed: int) -> NDArray[np.uint8]:
    """Draw pictures from Fashion-MNIST's test part, uint8 (count, 28, 28)."""
    images = read_part(folder, "test").images
    if len(images) < count:
        raise DataError(f"{folder}: expected at least {count} pictures of {SIDE}×{SIDE}, found {len(images)}")
    chosen = np.random.Generator(np.random.PCG64(seed)).permutation(len(images))[:count]
    return images[np.sort(chosen)]
