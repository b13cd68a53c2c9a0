"""The kinds of picture that are read: what people call them, how their files end, and what Pillow needs for them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class PictureKind:
    """One kind of picture file.

    Attributes:
        name: what people call it.
        formats: what Pillow calls it.
        suffixes: how its files end, in small letters.
        decoder: Pillow's module that decodes it, where a Pillow may lack that.
    """

    name: str
    formats: tuple[str, ...]
    suffixes: tuple[str, ...]
    decoder: str | None = None


KINDS = (
    PictureKind("PNG", ("PNG",), (".png", ".apng")),
    PictureKind("JPEG", ("JPEG", "MPO"), (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo")),
    PictureKind("GIF", ("GIF",), (".gif",)),
    PictureKind("BMP", ("BMP", "DIB"), (".bmp", ".dib")),
    PictureKind("PNM", ("PPM",), (".pnm", ".pbm", ".pgm", ".ppm", ".pfm")),
    PictureKind("WebP", ("WEBP",), (".webp",), "PIL._webp"),
    PictureKind("TIFF", ("TIFF",), (".tif", ".tiff")),
    PictureKind("AVIF", ("AVIF",), (".avif", ".avifs"), "PIL._avif"),
)
FORMATS = tuple(each for kind in KINDS for each in kind.formats)
SUFFIXES = frozenset(each for kind in KINDS for each in kind.suffixes)


def readable_kinds() -> list[PictureKind]:
    """Return the kinds that the Pillow that is installed decodes."""
    return [kind for kind in KINDS if kind.decoder is None or find_spec(kind.decoder) is not None]


def readable_names() -> str:
    """Return the names of those kinds, for a message."""
    return ", ".join(kind.name for kind in readable_kinds())


def readable_suffixes() -> frozenset[str]:
    """Return how files of those kinds end."""
    return frozenset(each for kind in readable_kinds() for each in kind.suffixes)
