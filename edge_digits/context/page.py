"""A page that is written on, with the knowledge of where its digits are."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from device.idx import LabelledDigits

Plane = NDArray[np.float32]
Font = ImageFont.FreeTypeFont
Box = tuple[float, float, float, float]
"""x, y, width and height, pixels."""

SHARPNESS = 4.0  # of the edges of enlarged digits
INK = 0.35  # more of it belongs to a digit
TURN_DEGREES, GROWTH, SWAY = 4.0, 0.06, 0.03  # how unlike the letters of a hand are, at a jitter of 1

TOUCHING = 0.25  # of numbers are written so closely that digits touch


class Page:
    """Ink on nothing, and which digit each of its pixels belongs to.

    Attributes:
        ink: float32 (H, W), 0–1.
        owner: int32 (H, W), the number of the digit, from 1; 0 where there is none.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        """Take an empty page of this height and width, pixels."""
        self.ink: Plane = np.zeros(size, np.float32)
        self.owner = np.zeros(size, np.int32)
        self._digits = 0

    def put(self, glyph: Plane, left: float, top: float, *, is_digit: bool) -> None:
        """Put a glyph, float32 (h, w), 0–1, where it belongs; what lies beyond the page is lost."""
        x, y = round(left), round(top)
        height, width = self.ink.shape
        rows, columns = slice(max(0, y), min(height, y + len(glyph))), slice(max(0, x), min(width, x + glyph.shape[1]))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        seen = glyph[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
        np.maximum(self.ink[rows, columns], seen, out=self.ink[rows, columns])
        if is_digit:
            self._digits += 1
            self.owner[rows, columns][seen > INK] = self._digits

    def write(
        self, text: str, left: float, base: float, *, font: Font, bold: int, jitter: float, rng: np.random.Generator
    ) -> float:
        """Write a text from a point on its base line; return where it ends, pixels.

        Args:
            text: what to write.
            left: where it starts, pixels.
            base: the height of its base line, pixels.
            font: in which size and face.
            bold: by how many pixels strokes are widened.
            jitter: how unlike its letters are, 0 for print.
            rng: draws the jitter.
        """
        for sign in text:
            glyph, from_left, from_base = _drawn(sign, font, bold)
            if glyph is not None:
                lower = 0.0
                if jitter:
                    middle = (glyph.shape[1] / 2, glyph.shape[0] / 2)
                    turn = cv2.getRotationMatrix2D(
                        middle, rng.normal(0, TURN_DEGREES * jitter), 1 + rng.normal(0, GROWTH * jitter)
                    )
                    glyph = cv2.warpAffine(glyph, turn, glyph.shape[::-1])  # type: ignore[assignment]
                    lower = rng.normal(0, SWAY * jitter) * font.size
                self.put(glyph, left + from_left, base + from_base + lower, is_digit=sign in "0123456789")
            left += font.getlength(sign) + (rng.normal(0, SWAY * jitter) * font.size if jitter else 0)
        return left

    def write_digit(self, image: NDArray[np.uint8], left: float, base: float, *, height: float, pen: float) -> float:
        """Write a canonical digit, uint8 (28, 28), so high and with so much bolder a pen; return where it ends."""
        rows, columns = np.nonzero(image > 40)
        ink = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32) / 255
        scale = height / 20
        size = max(2, int(ink.shape[1] * scale)), max(2, int(ink.shape[0] * scale))
        glyph = cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC)
        glyph = np.pad(np.clip((glyph - 0.5 + pen) * SHARPNESS + 0.5, 0, 1), 1)
        self.put(glyph.astype(np.float32), left, base - size[1], is_digit=True)
        return left + size[0]

    def write_number(
        self, number: str, left: float, base: float, *, digits: LabelledDigits, height: float, pen: float,
        rng: np.random.Generator,
    ) -> float:  # fmt: skip
        """Write a number by hand, in digits drawn from these; return where it ends."""
        room = draw_room(rng)
        for sign in number:
            chosen = digits.images[rng.choice(np.flatnonzero(digits.labels == int(sign)))]
            below, high = base + rng.normal(0, 0.04) * height, height * rng.uniform(0.85, 1.15)
            left = self.write_digit(chosen, left, below, height=high, pen=pen) + height * rng.uniform(*room)
        return left


def draw_room(rng: np.random.Generator) -> tuple[float, float]:
    """Draw how much room a hand leaves between digits, at least and at most, of their height; some touch."""
    return (-0.12, 0.1) if rng.random() < TOUCHING else (0.08, 0.4)


@lru_cache(2000)
def _drawn(sign: str, font: Font, bold: int) -> tuple[Plane | None, int, int]:
    """Return a sign, float32 (h, w), or None where it is blank, and where it starts from left and base line."""
    left, top, right, bottom = (int(side) for side in font.getbbox(sign, stroke_width=bold, anchor="ls"))
    if right <= left or bottom <= top:
        return None, 0, 0
    picture = Image.new("L", (right - left + 4, bottom - top + 4))
    ImageDraw.Draw(picture).text((2 - left, 2 - top), sign, font=font, fill=255, stroke_width=bold, anchor="ls")
    return np.asarray(picture, np.float32) / 255, left - 2, top - 2
