"""Scenes: digits of MNIST written on paper, a board or a screen and photographed, with the truth of what they say.

They measure the finder and hold it in tests. Each has one difficulty, its cause, so that a figure says what is hard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from device.idx import LabelledDigits

from .scene_paper import Plane, laid_out, light, photographed, printed_lines, table, texture, tilted

INK_SIDE = 20  # px: the longest side of MNIST's digits
DOT_LIT, DOT = 0.4, 0.35  # ink that lights a dot; its radius, of how far dots are apart
BOX = 1.24  # side of a printed box, of the digits' height


@dataclass(frozen=True)
class Cause:
    """What makes a scene hard.

    Attributes:
        paper: "plain", "ruled", "squared" or "boxes" (a form: a printed box around each digit).
        light: as `scene_paper.light` takes it.
        dark: light ink on dark ground: chalk, or a screen.
        pen: how much bolder than MNIST's the pen is, −1 to 1.
        contrast: share of light that ink takes, 0–1.
        depth: depth of the paper's texture.
        touching: share of the gaps that are closed.
        closed: how wide these are then, of the digits' height.
        broken: share of the digits with a gap in a stroke.
        dots: in about so many rows of dots a digit is shown, as displays do; 0 for strokes.
        marks: dots, commas and dashes among the digits.
        blur, noise: blur as a share of the digits' height, and noise in grey values.
        tilt: perspective, as a share of the frame's side.
        height: of the digits, as a share of what fills the frame.
        sheet: share of the frame's sides that the paper takes; around it a table shows, light if the paper is dark.
    """

    paper: str = "plain"
    light: str = "even"
    dark: bool = False
    pen: float = 0.0
    contrast: float = 0.75
    depth: float = 0.01
    touching: float = 0.0
    closed: float = -0.05
    broken: float = 0.0
    dots: int = 0
    marks: bool = False
    blur: float = 0.008
    noise: float = 2.5
    tilt: float = 0.0
    height: float = 1.0
    sheet: float = 1.0


CAUSES = {
    "plain": Cause(),
    "gradient": Cause(light="gradient"),
    "shadow": Cause(light="shadow"),
    "band": Cause(light="band"),
    "ruled": Cause(paper="ruled"),
    "squared": Cause(paper="squared"),
    "boxes": Cause(paper="boxes"),
    "touching": Cause(touching=0.5),
    "broken": Cause(broken=0.5),
    "marks": Cause(marks=True),
    "bold": Cause(pen=0.8),
    "fine": Cause(pen=-0.8),
    "pencil": Cause(contrast=0.2, pen=-0.4, depth=0.015),
    "blurred": Cause(blur=0.06),
    "noisy": Cause(noise=14),
    "chalk": Cause(dark=True, contrast=0.6, depth=0.03),
    "tilted": Cause(tilt=0.05),
    "small": Cause(height=0.4),
    "table": Cause(sheet=0.75, tilt=0.02),
    "slate": Cause(sheet=0.75, tilt=0.02, dark=True, contrast=0.6, depth=0.03),
    "dots": Cause(dots=11, dark=True),
}
LAYOUTS = {"single": (1, 1), "row": (1, 5), "page": (4, 6)}


@dataclass(frozen=True, eq=False)
class Scene:
    """A rendered scene and its truth.

    Attributes:
        frame: uint8 (H, W, 3), BGR.
        rows: the text of each row, from the top.
        boxes: float (N, 4), x, y, width and height of each digit in reading order, pixels.
    """

    frame: NDArray[np.uint8]
    rows: tuple[str, ...]
    boxes: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Glyph:
    """A digit as it lies on the page: its ink, float32 (h, w), 0–1, and where its top left corner is."""

    ink: Plane
    left: int
    top: int


def render_scene(
    digits: LabelledDigits,
    *,
    cause: Cause,
    rows: int,
    columns: int,
    seed: int | tuple[int, ...],
    size: tuple[int, int] = (480, 640),
) -> Scene:
    """Render a scene.

    Args:
        digits: canonical digits with labels to draw from.
        cause: what makes it hard.
        rows: how many rows; 0 for a scene in which nothing is written.
        columns: how many digits in a row.
        seed: the same seed renders the same scene.
        size: height and width of the frame, pixels.
    """
    rng = np.random.default_rng(seed)
    room = 0.72 if cause.paper == "boxes" else 0.8
    side = cause.height * min(0.54 * size[0] / max(1, rows), room * size[1] / max(1, columns))
    chosen = rng.integers(0, len(digits.labels), (rows, columns))
    glyphs = [_write(digits.images[row], rng, place=place, side=side, size=size, cause=cause, rows=rows)
              for place, row in enumerate(chosen)]  # fmt: skip
    ink = np.zeros(size, np.float32)
    for each in [glyph for row in glyphs for glyph in row]:
        part = ink[each.top : each.top + each.ink.shape[0], each.left : each.left + each.ink.shape[1]]
        np.maximum(part, each.ink[: part.shape[0], : part.shape[1]], out=part)
    if cause.marks:
        _scatter_marks(ink, glyphs, side)
    boxes = np.array([_ink_box(glyph) for row in glyphs for glyph in row], np.float64).reshape(-1, 4)
    lines = _lines(glyphs, size, rng, cause=cause, side=side)
    matrix = tilted(size, rng, amount=cause.tilt)
    if cause.sheet < 1:
        matrix = laid_out(size, rng, share=cause.sheet) @ matrix
    ink, lines = (cv2.warpPerspective(plane, matrix, size[::-1]) for plane in (ink, lines))  # type: ignore[assignment]
    sheet = cv2.warpPerspective(np.ones(size, np.float32), matrix, size[::-1]) if cause.sheet < 1 else None
    frame = _photograph(ink, lines, sheet, rng, cause=cause, side=side)  # type: ignore[arg-type]
    return Scene(frame, tuple("".join(map(str, digits.labels[row])) for row in chosen), _warped(boxes, matrix))


def empty_scene(*, cause: Cause, seed: int | tuple[int, ...], size: tuple[int, int] = (480, 640)) -> Scene:
    """Render the page of a scene with nothing written on it."""
    nothing = LabelledDigits(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8))
    return render_scene(nothing, cause=replace(cause, marks=False), rows=0, columns=0, seed=seed, size=size)


def _write(
    images: NDArray[np.uint8], rng: np.random.Generator, *, place: int, side: float, size: tuple[int, int],
    cause: Cause, rows: int,
) -> list[_Glyph]:  # fmt: skip
    """Write one row of digits, uint8 (N, 28, 28), as a hand does: not quite level nor evenly spaced."""
    inks = [_enlarged(image, side * rng.uniform(0.92, 1.08), cause.pen) for image in images]
    inks = [_break(ink, rng, side) if rng.random() < cause.broken else ink for ink in inks]
    inks = [_in_dots(ink, side / cause.dots) for ink in inks] if cause.dots else inks
    free = rng.uniform(0.18, 0.45, len(inks)) * side
    free[rng.random(len(inks)) < cause.touching] = cause.closed * side
    if cause.paper == "boxes":  # as far apart as the boxes are
        free[1:] = [BOX * side - (a.shape[1] + b.shape[1]) / 2 for a, b in pairwise(inks)]
    width = sum(ink.shape[1] for ink in inks) + free[1:].sum()
    x = float(np.clip(rng.uniform(0.3, 0.7) * (size[1] - width), 4, None))
    middle = size[0] * (place + 0.5 + rng.uniform(-0.06, 0.06)) / rows
    sway = 0.0 if cause.paper == "boxes" else 0.04 * side
    glyphs = []
    for ink, gap in zip(inks, [*free[1:], 0.0], strict=True):
        top = max(0, int(middle - ink.shape[0] / 2 + rng.normal(0, sway)))
        glyphs.append(_Glyph(ink, int(x), top))
        x += ink.shape[1] + gap
    return glyphs


def _enlarged(image: NDArray[np.uint8], side: float, pen: float) -> Plane:
    """Enlarge a canonical digit to strokes with firm edges, cropped; `pen` makes them bolder."""
    scale = side / INK_SIDE
    large = cv2.resize(image.astype(np.float32) / 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    smooth = cv2.GaussianBlur(large, (0, 0), (0.45 + 0.25 * abs(pen)) * scale)
    ink: Plane = np.clip((smooth - 0.42 + 0.26 * pen) * scale * 0.8 + 0.5, 0, 1).astype(np.float32)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.5), np.flatnonzero(ink.max(axis=0) > 0.5)
    if rows.size == 0:  # so fine a pen would leave nothing of this digit
        return _enlarged(image, side, pen + 0.2)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _break(ink: Plane, rng: np.random.Generator, side: float) -> Plane:
    """Leave a gap across a digit, where the pen skipped."""
    broken = ink.copy()
    row = int(rng.uniform(0.3, 0.7) * ink.shape[0])
    broken[row : row + max(2, round(0.05 * side))] = 0
    return broken


def _in_dots(ink: Plane, pitch: float) -> Plane:
    """Show a digit in round dots, so many pixels apart, with gaps between them."""
    rows, columns = (max(1, round(side / pitch)) for side in ink.shape)
    shown = cv2.resize(ink, (columns, rows), interpolation=cv2.INTER_AREA) > DOT_LIT
    dots = np.zeros((round(pitch * rows), round(pitch * columns)), np.float32)
    for row, column in np.argwhere(shown).tolist():
        middle = round(16 * pitch * (column + 0.5)), round(16 * pitch * (row + 0.5))
        cv2.circle(dots, middle, round(16 * DOT * pitch), (1.0,), cv2.FILLED, cv2.LINE_AA, shift=4)
    return dots


def _scatter_marks(ink: Plane, glyphs: Sequence[Sequence[_Glyph]], side: float) -> None:
    """Put dots, commas and dashes between and beside the digits of each row."""
    dot = max(2, round(0.06 * side))
    for row in glyphs:
        base = max(glyph.top + glyph.ink.shape[0] for glyph in row)
        for kind, (left, right) in enumerate(pairwise(row)):
            x = (left.left + left.ink.shape[1] + right.left) // 2
            if kind % 2:
                cv2.circle(ink, (x, base - dot), dot, (1.0,), -1)
            else:
                cv2.line(ink, (x, base - dot), (x - dot, base + 2 * dot), (1.0,), dot)
        x, y = row[-1].left + row[-1].ink.shape[1] + round(0.3 * side), row[-1].top + row[-1].ink.shape[0] // 2
        cv2.line(ink, (x, y), (x + round(0.35 * side), y), (1.0,), dot)


def _lines(
    glyphs: Sequence[Sequence[_Glyph]], size: tuple[int, int], rng: np.random.Generator, *, cause: Cause, side: float
) -> Plane:
    """Draw what is printed on the paper: share of light taken, 0–1."""
    lines = np.zeros(size, np.float32)
    if cause.paper in ("ruled", "squared"):
        pitch = side * (rng.uniform(1.2, 1.5) if cause.paper == "ruled" else rng.uniform(0.45, 0.9))
        return printed_lines(size, rng, pitch=pitch, squared=cause.paper == "squared", offset=rng.uniform(0, pitch))
    if cause.paper == "boxes":
        depth, thick = rng.uniform(0.3, 0.7), max(1, round(side * rng.uniform(0.015, 0.03)))
        for each in [glyph for row in glyphs for glyph in row]:
            middle = each.left + each.ink.shape[1] // 2, each.top + each.ink.shape[0] // 2
            half = round(BOX / 2 * side)
            corners = [(middle[0] - half, middle[1] - half), (middle[0] + half, middle[1] + half)]
            cv2.rectangle(lines, corners[0], corners[1], (depth,), thick)
    return lines


def _photograph(
    ink: Plane, lines: Plane, sheet: Plane | None, rng: np.random.Generator, *, cause: Cause, side: float
) -> NDArray[np.uint8]:
    """Put ink and lines on paper, light it and photograph it; `sheet` is 1 where the paper is, None for everywhere."""
    shape = ink.shape[0], ink.shape[1]
    paper = np.array([1.0, 1.0, 1.0]) * rng.uniform(190, 240) * rng.uniform(0.93, 1.0, 3)
    taken = np.maximum(ink * rng.uniform(0.9, 1.0) * cause.contrast, lines * (1 - ink))
    tint = 1 - taken[..., np.newaxis] * rng.uniform(0.8, 1.0, 3)
    if cause.dark:
        ground = paper * rng.uniform(0.15, 0.3)
        tint = 1 + taken[..., np.newaxis] * (paper / ground - 1)
        paper = ground
    lit = texture(shape, rng, depth=cause.depth) * light(shape, rng, kind=cause.light)
    page = paper * tint * lit[..., np.newaxis]
    if sheet is not None:
        page = page * sheet[..., np.newaxis] + table(sheet, rng, light=cause.dark) * (1 - sheet)[..., np.newaxis]
    return photographed(page.astype(np.float32), rng, blur_px=cause.blur * side, noise=cause.noise)


def _ink_box(glyph: _Glyph) -> tuple[int, int, int, int]:
    return glyph.left, glyph.top, glyph.ink.shape[1], glyph.ink.shape[0]


def _warped(boxes: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Carry boxes (N, 4) through a perspective: the bounds of where their corners come to lie."""
    if not len(boxes):
        return boxes
    x, y, width, height = boxes.T
    corners = np.stack([[x, y], [x + width, y], [x + width, y + height], [x, y + height]]).transpose(2, 0, 1)
    moved = cv2.perspectiveTransform(corners.astype(np.float64), matrix)
    least, most = moved.min(axis=1), moved.max(axis=1)
    carried: NDArray[np.float64] = np.concatenate([least, most - least], axis=1)
    return carried
