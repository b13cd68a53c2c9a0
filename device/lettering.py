"""Writing on pictures with OpenCV's built-in letters: they are ASCII only, and in OpenCV 5 bold ones are wider."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Colour = tuple[int, int, int]

STRANGE = "_"  # for a letter that is like none of ASCII's; a question mark would be a digit that was refused


def plain(text: str) -> str:
    """Return a text in ASCII: letters without their accents, and a stroke for each that is no such letter."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(each if each.isascii() else STRANGE for each in parts if not unicodedata.combining(each))


def text_size(text: str, font: float, *, bold: int = 1) -> tuple[int, int, int]:
    """Return width and height of a text, and how far it reaches below its line, pixels.

    Args:
        text: what is to be written.
        font: its size, OpenCV's unit.
        bold: width of its strokes, pixels.
    """
    import cv2

    (width, height), below = cv2.getTextSize(plain(text), cv2.FONT_HERSHEY_SIMPLEX, font, bold)
    return int(width), int(height), int(below)


def fitted(text: str, font: float, room: float, *, bold: int = 1, end: str = "...") -> str:
    """Return a text in ASCII, shortened where it is wider than so many pixels, down to a letter, with another end."""
    text = shown = plain(text)
    while len(text) > 1 and text_size(shown, font, bold=bold)[0] > room:
        text = text[:-1].rstrip()
        shown = f"{text}{end}"
    return shown


def write(
    picture: NDArray[Any],
    text: str,
    place: tuple[int, int],
    font: float,
    colour: Colour,
    *,
    bold: int = 1,
    halo: Colour | None = None,
    reach: int = 1,
) -> None:
    """Write a text on a picture.

    Args:
        picture: uint8 (H, W, 3), which is changed.
        text: letters beyond ASCII are replaced.
        place: left end of its line, x and y, pixels.
        font: its size, OpenCV's unit.
        colour: in the order of the picture's.
        bold: width of its strokes, pixels.
        halo: colour that it is surrounded with; without it there is none.
        reach: how far that goes, pixels.
    """
    import cv2
    import numpy as np

    text, (x, y) = plain(text), place
    if halo is not None:
        width, height, below = text_size(text, font, bold=bold)
        room = reach + bold
        left, top = max(0, x - room), max(0, y - height - room)
        part = picture[top : max(0, y + below + room), left : max(0, x + width + room)]
        mask = np.zeros(part.shape[:2], np.uint8)
        if mask.size:
            cv2.putText(mask, text, (x - left, y - top), cv2.FONT_HERSHEY_SIMPLEX, font, (255,), bold, cv2.LINE_AA)
            side = 2 * reach + 1
            part[cv2.dilate(mask, np.ones((side, side), np.uint8)) > 0] = halo
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, font, colour, bold, cv2.LINE_AA)
