"""Frames to learn from: digits of which neighbours touch or nearly do, and what is none, with where each digit is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from device.idx import LabelledDigits

from ..context.camera import Picture, draw_ground, photographed
from ..context.frames import Sources
from ..context.frames import draw_frame as draw_other
from ..context.page import Box, Page
from ..context.pages import draw_word
from ..synthetic.pen_digits import draw_large
from ..synthetic.scenes import CAUSES, render_scene

SIZE = (480, 640)  # height and width, pixels
SHARES = {"scene": 0.52, "pen": 0.22, "print": 0.13, "other": 0.13}
PLAIN = 0.5  # of scenes have no other difficulty than that digits touch
CLOSED, APART = (-0.15, 0.05), (0.1, 0.4)  # gaps of digits that touch, or nearly, and of others, of their height
THINNEST, THICKEST = 0.012, 0.2  # pens, of the digits' height
SMALLEST, LARGEST = 26, 180  # px: digits and letters
NUMBERS = 0.35  # of what is printed closely
SQUEEZED = (0.55, 1.0)  # of what letters have room: less and they touch
SCRAWLS = 0.25  # of printed pages have a scrawl too


def draw_frame(sources: Sources, rng: np.random.Generator) -> tuple[Picture, list[Box], str | None]:
    """Draw a frame, uint8 (H, W, 3), BGR, with the boxes of its digits and what they are, None where nobody knows."""
    kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
    if kind == "scene":
        return _scene(sources.digits, rng)
    if kind == "other":
        frame, boxes, _ = draw_other(sources, rng)
        return frame, boxes, None
    page, text = _write_by_pen(rng) if kind == "pen" else _print_closely(sources.fonts, rng)
    frame, boxes = photographed(page, draw_ground(sources.pictures, SIZE, rng), rng)
    return frame, boxes, text if len(text) == len(boxes) else None  # some may lie beyond the frame


def _scene(digits: LabelledDigits, rng: np.random.Generator) -> tuple[Picture, list[Box], str]:
    others = [cause for cause in CAUSES.values() if not cause.dots and cause.paper != "boxes"]
    cause = CAUSES["plain"] if rng.random() < PLAIN else others[rng.integers(len(others))]
    pen = cause.pen if cause.pen else rng.uniform(-0.8, 1.1)
    cause = replace(cause, touching=rng.uniform(0.2, 1), closed=rng.uniform(*CLOSED), pen=pen)
    rows, columns = (1, rng.integers(2, 9)) if rng.random() < 0.5 else rng.integers(2, 7, 2)
    seed = int(rng.integers(2**31))
    scene = render_scene(digits, cause=cause, rows=int(rows), columns=int(columns), seed=seed, size=SIZE)
    return scene.frame, [tuple(box) for box in scene.boxes.tolist()], "".join(scene.rows)


def _write_by_pen(rng: np.random.Generator) -> tuple[Page, str]:
    """Write rows of digits by one pen, and say which."""
    page, text, height = Page(SIZE), "", _drawn_size(rng)
    pen, touching, closed = (
        np.exp(rng.uniform(*np.log([THINNEST, THICKEST]))),
        rng.uniform(0.2, 1),
        rng.uniform(*CLOSED),
    )
    for base in np.arange(1.1 * height, SIZE[0], height * rng.uniform(1.3, 2)):
        left = rng.uniform(5, 0.4 * SIZE[1])
        for _ in range(rng.integers(2, 8)):
            label, tall = int(rng.integers(10)), height * rng.uniform(0.9, 1.1)
            glyph = draw_large(label, rng, high_px=int(tall), pen=pen).astype(np.float32) / 255
            if left + glyph.shape[1] > SIZE[1] - 5:
                break
            page.put(glyph, left, base + rng.normal(0, 0.04) * height - len(glyph), is_digit=True)
            text += str(label)
            left += glyph.shape[1] + height * (closed if rng.random() < touching else rng.uniform(*APART))
    return page, text


def _print_closely(fonts: Sequence[Path], rng: np.random.Generator) -> tuple[Page, str]:
    """Print words and numbers so closely that signs may touch, with a scrawl here and there; say which digits."""
    page, text, height = Page(SIZE), "", _drawn_size(rng)
    font = ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), int(height))
    bold, jitter, squeezed = (
        int(rng.choice([0, 0, 0.03]) * height),
        float(rng.choice([0, 1, 2])),
        rng.uniform(*SQUEEZED),
    )
    for base in np.arange(1.2 * height, SIZE[0], height * rng.uniform(1.2, 2)):
        left = rng.uniform(5, 0.3 * SIZE[1])
        while left < SIZE[1] - height:
            is_number = rng.random() < NUMBERS
            word = str(rng.integers(10, 10 ** rng.integers(2, 6))) if is_number else draw_word(rng)
            for sign in word:
                if left > SIZE[1] - height:
                    break
                end = page.write(sign, left, base, font=font, bold=bold, jitter=jitter, rng=rng)
                text += sign if is_number else ""
                left += (end - left) * squeezed
            left += height * rng.uniform(0.4, 1)
    for _ in range(rng.integers(1, 4) if rng.random() < SCRAWLS else 0):
        _scrawl(page, rng)
    return page, text


def _scrawl(page: Page, rng: np.random.Generator) -> None:
    """Draw the loops and waves of a hand that writes no letters."""
    turns, height = int(rng.integers(2, 8)), _drawn_size(rng) / 2
    along = np.linspace(0, turns, 30 * turns)
    high = np.interp(along, np.arange(turns + 1), rng.uniform(0.3, 1, turns + 1)) * height
    x = rng.uniform(10, 0.6 * SIZE[1]) + along * height * rng.uniform(0.4, 1.2)
    x += np.cos(2 * np.pi * along) * height * rng.uniform(0, 0.5)
    y = rng.uniform(0.1, 0.9) * SIZE[0] + np.sin(2 * np.pi * along) * high
    canvas: NDArray[np.uint8] = np.zeros(SIZE, np.uint8)
    points = np.rint(np.stack([x, y], axis=1)).astype(np.int32)
    cv2.polylines(canvas, [points], False, (255,), max(1, int(height * rng.uniform(0.03, 0.25))), cv2.LINE_AA)
    page.ink = np.maximum(page.ink, canvas.astype(np.float32) / 255)


def _drawn_size(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log([SMALLEST, LARGEST]))))
