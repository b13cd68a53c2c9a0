"""Pictures of what was read: each frame with its digits drawn on it, and the stages that led to them as one sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .label_places import place_labels
from .lettering import fitted, text_size, write
from .reading import UNSURE, ReadDigit, Reading, Way

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .finding.view import View
    from .settings.reading_settings import ReadingSettings, Roi

SHEET, GAP, CAPTION = 1008, 12, 22  # px, width of the sheet of stages, and around and below each stage
STAGES = 760  # px, the height that all stages together may take
DIGIT = 72  # px, the side of a canonical digit on the sheet
PAPER, INK, FAINT = (250, 250, 248), (36, 32, 30), (150, 146, 142)  # BGR
ROWS = ((140, 60, 0), (40, 110, 20), (150, 20, 110))  # BGR: rows that follow each other are told apart
DOUBTFUL = (0, 60, 220)
REGION = (200, 90, 0)
MOST_REGIONS = 4  # whose stages are shown
MOST_LEFT_OUT = 22  # marks that are shown of those that were left out, two rows
LARGEST_REGION = 3.0  # times: larger shows no more
FONT = 0.42  # OpenCV's unit
LARGEST = 1600  # px, the longest side of an annotated picture
LEAST = 480  # px: smaller ones are enlarged, so that labels can be read


def annotated(
    image: NDArray[Any],
    reading: Reading,
    *,
    scale: float | None = None,
    regions: Sequence[Roi] = (),
    left_out: Sequence[ReadDigit] = (),
) -> NDArray[Any]:
    """Draw boxes, digits and scores on a frame, over the regions that were read.

    Args:
        image: uint8 (H, W) or (H, W, 3).
        reading: what was read in it.
        scale: of the drawing; that of a size for looking at unless given.
        regions: to show with their names.
        left_out: what was found and not read, to show in faint boxes.

    Returns:
        uint8 (h, w, 3) BGR.
    """
    import cv2

    longest = max(image.shape[:2])
    if scale is None:
        scale = LARGEST / longest if longest > LARGEST else max(1.0, LEAST / longest)
    size = _scaled(image, scale)
    drawn = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    drawn = cv2.cvtColor(drawn, cv2.COLOR_GRAY2BGR) if drawn.ndim == 2 else drawn
    _draw_regions(drawn, regions, scale=scale)
    for mark in left_out:
        x, y, width, height = (round(side * scale) for side in mark.box)
        cv2.rectangle(drawn, (x, y), (x + width, y + height), FAINT, 1)
    for digit, label in zip(reading.digits, place_labels(reading.digits, scale=scale, size=size), strict=True):
        x, y, width, height = (round(side * scale) for side in digit.box)
        colour = DOUBTFUL if digit.label == UNSURE else ROWS[digit.row % len(ROWS)]
        cv2.rectangle(drawn, (x, y), (x + width, y + height), colour, max(1, round(height / 60)))
        place = (label.where.left, label.where.bottom)
        write(drawn, label.text, place, label.font, colour, halo=PAPER)
    return drawn


def stages(
    image: NDArray[Any],
    reading: Reading,
    canonical: Sequence[NDArray[Any]],
    settings: ReadingSettings,
    left_out: Sequence[tuple[NDArray[Any], ReadDigit]] = (),
) -> NDArray[Any]:
    """Return the sheet of stages: frame, grey, background removed, lines removed, mask, boxes, canonical digits.

    Where only a sheet of paper in the frame was looked at, it is a stage as well. Where regions were read, the frame
    comes first with what was read, then the stages of each of the first few regions.

    Args:
        image: uint8 (H, W) grey or (H, W, 3) BGR.
        reading: what was read in it.
        canonical: uint8 (28, 28) each, what the network was given for each digit.
        settings: what it was read with.
        left_out: what was found and not read: what the network was given, uint8 (28, 28), and what it takes it for.

    Returns:
        uint8 (h, w, 3) BGR.
    """
    text, marks = f"read: {reading.on_one_line(reading.rows)}", [mark for _, mark in left_out]
    regions = [pair for pair in zip(settings.regions, reading.ways, strict=False) if pair[0].part_of(image).size]
    strips: list[NDArray[Any]] = []
    if settings.regions:
        _, scale = _layout(image, 1, height=STAGES // 2)
        drawn = annotated(image, reading, scale=scale, regions=settings.regions, left_out=marks)
        strips += _strips([(text, drawn)], image, columns=1, scale=scale)
    for roi, way in regions[:MOST_REGIONS]:
        part = roi.part_of(image)
        shown = [(f"region {roi.name}", part), *_stages_of(part, settings, way)]
        columns, scale = _layout(part, len(shown), height=STAGES // 2)
        strips += _strips(shown, part, columns=columns, scale=min(scale, LARGEST_REGION))
    if len(regions) > MOST_REGIONS:
        strips.append(_line(f"stages of {MOST_REGIONS} of {len(regions)} regions; name fewer to see the others"))
    if not settings.regions:
        shown = [("frame", image), *_stages_of(image, settings, *reading.ways)]
        columns, scale = _layout(image, len(shown) + 1, height=STAGES)
        shown.append((text, annotated(image, reading, scale=scale, left_out=marks)))
        strips += _strips(shown, image, columns=columns, scale=scale)
    strips += _digit_rows(list(zip(canonical, reading.digits, strict=True)))
    if left_out:
        more = f", {MOST_LEFT_OUT} of {len(left_out)}" if len(left_out) > MOST_LEFT_OUT else ""
        strips.append(_line(f"left out, as no digits or parts of words (faint boxes){more}"))
        strips += _digit_rows(left_out[:MOST_LEFT_OUT])
    return np.vstack(strips)


def _draw_regions(drawn: NDArray[Any], regions: Sequence[Roi], *, scale: float) -> None:
    """Draw regions and their names onto a frame that is drawn at a scale, uint8 (h, w, 3) BGR."""
    import cv2

    high, wide = drawn.shape[:2]
    for roi in regions:
        x, right = (round(min(side * scale, wide)) for side in (roi.x, roi.x + roi.width))
        y, bottom = (round(min(side * scale, high)) for side in (roi.y, roi.y + roi.height))
        if x == right or y == bottom:  # beyond the frame
            continue
        cv2.rectangle(drawn, (x, y), (right, bottom), REGION, 2)
        name = fitted(roi.name, 0.5, wide - 9)
        long, tall, below = text_size(name, 0.5)
        x = max(0, min(x, wide - long - 9))
        bottom = max(bottom, tall + 2 * below)
        cv2.rectangle(drawn, (x, bottom - tall - 2 * below), (x + long + 8, bottom), REGION, cv2.FILLED)
        write(drawn, name, (x + 4, bottom - below), 0.5, (255, 255, 255))


def _stages_of(image: NDArray[Any], settings: ReadingSettings, way: Way) -> list[tuple[str, NDArray[Any]]]:
    """Return the stages between a frame, or a region of it, and its digits, each with its title."""
    import cv2

    from .contract import SIDE
    from .finding.finder import LEAST_SIDE
    from .finding.looking import look

    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    shown: list[tuple[str, NDArray[Any]]] = [("grey", grey)]
    if image.shape[:2] == (SIDE, SIDE) or min(image.shape[:2]) < LEAST_SIDE:
        return shown
    view = look(image, way, single=settings.layout == "single")
    if view.sheet:
        title = f"sheet, one of {view.sheet.others + 1}" if view.sheet.others else "sheet"
        shown.append((title, _in_place(view.sheet.carried_on(grey[view.part]), view, grey)))
    seen = (_stretched(view.all_ink), _stretched(view.ink), view.mask)
    gaps = ", gaps closed" if way.joined else ""
    titles = (f"background removed{gaps}", "printed lines removed", "marks")
    return shown + [(title, _in_place(255 - picture, view, grey)) for title, picture in zip(titles, seen, strict=True)]


def _in_place(picture: NDArray[Any], view: View, grey: NDArray[Any]) -> NDArray[Any]:
    """Return what was seen of a part of a frame, uint8 (h, w), where it is in the frame, light around it."""
    import cv2

    if view.part == (slice(None), slice(None)):
        return picture
    whole = np.full_like(grey, 255)
    size = whole[view.part].shape[::-1]
    whole[view.part] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return whole


def _layout(image: NDArray[Any], count: int, *, height: int) -> tuple[int, float]:
    """Return how many stages stand side by side, and their scale: as large as they have room for in such a height."""
    high, wide = image.shape[:2]
    found = []
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        across = ((SHEET - GAP) // columns - GAP - 2) / wide  # 2 for the line around it
        found.append((min(across, (height / rows - CAPTION - GAP) / high), columns))
    scale, columns = max(found)
    return columns, scale


def _strips(
    shown: Sequence[tuple[str, NDArray[Any]]], image: NDArray[Any], *, columns: int, scale: float
) -> list[NDArray[Any]]:
    """Put pictures, each scaled as the image is, into strips with their titles below."""
    width, size = (SHEET - GAP) // columns, _scaled(image, scale)
    tiles = [_tile(picture, title, size, width=width) for title, picture in shown]
    return [_side_by_side(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]


def _line(text: str) -> NDArray[Any]:
    """Return a strip with one line of text."""
    strip = np.full((CAPTION + GAP, SHEET, 3), PAPER, np.uint8)
    write(strip, fitted(text, FONT, SHEET - 2 * GAP), (GAP, GAP + CAPTION - 6), FONT, INK)
    return strip


def _scaled(image: NDArray[Any], scale: float) -> tuple[int, int]:
    """Return width and height of a picture at a scale, pixels."""
    return max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))


def _side_by_side(tiles: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Put stages into a strip as wide as the sheet."""
    strip = np.full((tiles[0].shape[0], SHEET, 3), PAPER, np.uint8)
    strip[:, : sum(tile.shape[1] for tile in tiles)] = np.hstack(tiles)
    return strip


def _digit_rows(found: Sequence[tuple[NDArray[Any], ReadDigit]]) -> Iterator[NDArray[Any]]:
    """Draw the canonical digits, what the network was given, with label and score below."""
    import cv2

    across = (SHEET - GAP) // (DIGIT + GAP)
    for start in range(0, len(found), across):
        strip = np.full((DIGIT + CAPTION + 2 * GAP, SHEET, 3), PAPER, np.uint8)
        for place, (each, digit) in enumerate(found[start : start + across]):
            x = GAP + place * (DIGIT + GAP)
            large = cv2.resize(each, (DIGIT, DIGIT), interpolation=cv2.INTER_NEAREST)
            strip[GAP : GAP + DIGIT, x : x + DIGIT] = large[..., np.newaxis]
            score = f"  {digit.score:.2f}" if digit.score else ""
            label = fitted(digit.label if digit.score else "no digit", FONT, DIGIT - text_size(score, FONT)[0])
            write(strip, label + score, (x, GAP + DIGIT + CAPTION - 6), FONT, INK)
        yield strip


def _tile(picture: NDArray[Any], title: str, size: tuple[int, int], *, width: int) -> NDArray[Any]:
    """Put a picture, scaled to a size, into a tile with its title below."""
    import cv2

    tile = np.full((size[1] + CAPTION + GAP, width, 3), PAPER, np.uint8)
    shrinks = size[0] < picture.shape[1]
    shown = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST)
    shown = cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR) if shown.ndim == 2 else shown
    tile[GAP : GAP + size[1], GAP : GAP + size[0]] = shown
    cv2.rectangle(tile, (GAP - 1, GAP - 1), (GAP + size[0], GAP + size[1]), FAINT, 1)
    write(tile, fitted(title, FONT, width - GAP), (GAP, GAP + size[1] + CAPTION - 6), FONT, INK)
    return tile


def _stretched(ink: NDArray[Any]) -> NDArray[Any]:
    """Stretch ink to the full range, so that pencil can be seen."""
    stretched: NDArray[Any] = (ink * (255 / max(1, int(ink.max())))).astype(np.uint8)
    return stretched
