"""Frames to learn from, with the boxes of their digits: half of what stands in them are digits, half is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from device.idx import LabelledDigits

from ..synthetic.scenes import CAUSES, render_scene
from .camera import Picture, as_seen, cut_from, draw_ground, photographed
from .displays import show_numbers
from .objects import draw_objects
from .page import Box, Page
from .pages import draw_drawings, draw_shapes, write_number_large, write_page, write_table

DISPLAY = "display"
SIZES = ((480, 640), (480, 640), (480, 640), (480, 640), (640, 480))  # height and width, pixels
SHARES = {
    **{"scene": 0.17, "written": 0.27, "picture": 0.14, "large": 0.1, "table": 0.09, "shapes": 0.03, DISPLAY: 0.08},
    **{"drawing": 0.05, "object": 0.05, "empty": 0.02},
}
PLAIN = 0.2  # of frames have an even ground, as a canvas on a screen
BESIDE = 0.3  # of drawings stand beside a number
ROOM = 0.06  # of a digit's height: so much, at least, is left around it in a picture of it
WHOLE = 0.9  # of a digit's area: one of which less is in the frame is no digit to learn from
LEAST_SIDE = 20  # px of a frame
SHADOWED = 3.0  # times as often as others: scenes in which a shadow has an edge, which may cross a digit


@dataclass(frozen=True)
class Sources:
    """What frames are made of.

    Attributes:
        digits: canonical digits with labels, by hand.
        displays: others, as displays show them, by style.
        fonts: files of fonts.
        pictures: uint8 (H, W, 3), BGR, of things that are no digits.
    """

    digits: LabelledDigits
    displays: Sequence[LabelledDigits]
    fonts: Sequence[Path]
    pictures: Sequence[Picture]


def draw_frame(sources: Sources, rng: np.random.Generator) -> tuple[Picture, list[Box], str]:
    """Draw a frame, uint8 (H, W, 3), BGR, with the boxes of its digits and its kind."""
    size, kind = SIZES[rng.integers(len(SIZES))], str(rng.choice(list(SHARES), p=list(SHARES.values())))
    if kind == "scene":
        return *_scene(sources.digits, size, rng), kind
    if kind == "picture" and sources.pictures:
        return as_seen(cut_from(sources.pictures, size, rng), rng), [], kind
    ground = draw_ground(sources.pictures, size, rng)
    if rng.random() < PLAIN:
        ground[:] = rng.uniform(0, 255, 3) if rng.random() < 0.4 else rng.choice([255.0, 0.0])
    if kind == "object":
        ground = draw_objects(ground, fonts=sources.fonts, rng=rng)
    if kind in ("object", "empty"):
        return as_seen(ground, rng), [], kind
    page = Page(size)
    if kind == "written":
        page = write_page(size, fonts=sources.fonts, digits=sources.digits, rng=rng)
    elif kind == "table":
        page = write_table(size, fonts=sources.fonts, digits=sources.digits, rng=rng)
    elif kind == "large":
        page = write_number_large(size, digits=sources.digits, rng=rng)
    elif kind == DISPLAY:
        page = show_numbers(size, fonts=sources.fonts, styles=sources.displays, rng=rng)
    elif kind == "drawing":
        page = write_number_large(size, digits=sources.digits, rng=rng) if rng.random() < BESIDE else page
        draw_drawings(page, rng)
    else:
        page.ink = draw_shapes(size, rng=rng)
    return *photographed(page, ground, rng), kind


def _scene(digits: LabelledDigits, size: tuple[int, int], rng: np.random.Generator) -> tuple[Picture, list[Box]]:
    causes = {name: cause for name, cause in CAUSES.items() if not cause.dots}  # as what ships learned
    often = np.array([SHADOWED if cause.light in ("shadow", "band") else 1.0 for cause in causes.values()])
    cause = causes[str(rng.choice(list(causes), p=often / often.sum()))]
    layout = rng.choice(4, p=[0.5, 0.33, 0.12, 0.05])
    counts = ((1, 1), (1, int(rng.integers(2, 9))), tuple(int(side) for side in rng.integers(2, 7, 2)), (0, 0))
    rows, columns = counts[layout]
    nothing = LabelledDigits(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8))
    scene = render_scene(
        digits if rows else nothing, cause=cause, rows=rows, columns=columns, seed=int(rng.integers(2**31)), size=size
    )
    return scene.frame, [tuple(box) for box in scene.boxes.tolist()]


def cropped(frame: Picture, boxes: Sequence[Box], rng: np.random.Generator) -> tuple[Picture, list[Box], list[Box]]:
    """Crop a frame to one of its digits, as a picture of it alone.

    Returns:
        the frame, the boxes of the digits that are whole in it, and those of the others.
    """
    x, y, width, height = boxes[rng.integers(len(boxes))]
    left, top, right, bottom = np.abs(rng.normal(0.1, 0.5, 4)) * max(width, height) + ROOM * height + 1
    start = int(max(0, x - left)), int(max(0, y - top))
    end = int(min(frame.shape[1], x + width + right)), int(min(frame.shape[0], y + height + bottom))
    if min(end[0] - start[0], end[1] - start[1]) < LEAST_SIDE:
        return frame, list(boxes), []
    whole: list[Box] = []
    parts: list[Box] = []
    for each in boxes:
        low = [max(each[side], start[side]) for side in (0, 1)]
        high = [min(each[side] + each[side + 2], end[side]) for side in (0, 1)]
        seen = (low[0] - start[0], low[1] - start[1], high[0] - low[0], high[1] - low[1])
        if min(seen[2:]) > 0:
            (whole if seen[2] * seen[3] > WHOLE * each[2] * each[3] else parts).append(seen)
    return np.ascontiguousarray(frame[start[1] : end[1], start[0] : end[0]]), whole, parts
