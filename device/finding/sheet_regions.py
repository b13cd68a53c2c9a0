"""Which regions of a small copy of a frame may be sheets: even, convex, nearly rectangles, and alone of their colour.

An edge is where a colour changes by a share of itself within a few pixels, as a morphological gradient tells (Serra,
"Image Analysis and Mathematical Morphology", 1982), so that uneven light makes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ink import grey_of
from .marks import pixels_of, square

Part = tuple[NDArray[Any], NDArray[Any]]
"""A sheet and what is bare of it, uint8 (h, w), 255 there."""

EDGE, DARK = 0.1, 24  # of the lighter side of an edge, which counts as no darker than this
LINES = 5  # px: lines on a sheet, and gaps between it and what is as bright beside it, are narrower
MANY, LARGE = 5, 0.05  # regions that are looked at; of the largest: smaller ones are patches
GROUND = 0.75  # of the frame: where one region is so large, lines part no sheet beside it
PARTED = 0.4  # of the frame: a smaller sheet may be a part of one
LEAST, MOST = 0.1, 0.95  # of the frame: a sheet is at least so large, and at most
LABEL = 0.03  # of the frame: a label, or one of several sheets, is at least so large
CONVEX, TORN = 0.93, 0.75  # of its convex hull: what the outline of a sheet encloses, and of a torn one
BARE, COVERED = 0.6, 0.3  # of it: what bears no writing, of one sheet, and of one of several
RECTANGLE = 0.88  # of the smallest rectangle around it: a sheet fills it, more or less askew
ROUGHLY, FOUR_SIDES = 0.04, 0.92  # of its outline, of its area: or it is nearly four straight lines
ONE_WAY = 0.8  # of 1: edges that agree so much in direction are those of a shadow
OPPOSITE = 0.3  # of their length: what two edges of a strip add up to as arrows, one up and one down, is less
ALIKE = 0.12  # of its brightness: what differs less is of its colour
ELSEWHERE, REST = 0.1, 0.03  # of what is not the sheet, or not one of several: what may be of its colour
SHADE, HUE = 0.35, 0.02  # of the light, of 1: a shadow on it is no darker, and differs less in its shares of colours
SOFT = 7  # px: the edge of such a shadow


def sheets_in(small: NDArray[Any], *, label: bool = False) -> list[Part]:
    """Find the largest sheet and those of its colour, or the lightest of labels, which are smaller, and torn sheets.

    Args:
        small: the copy, uint8 (h, w) grey or (h, w, 3) BGR.
        label: whether a label or a torn sheet is looked for.
    """
    import cv2

    sizes = (LABEL if label else LEAST, MOST)
    labels, area = _regions(small)
    found, may_have_lines = list(_sheets(small, labels, area, sizes, torn=label)), area.max() < GROUND * labels.size
    # Lines part a sheet, unless they are taken off: dark ones by a closing, light ones by an opening.
    for way in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN) if label or may_have_lines else ():
        if label or max((cv2.countNonZero(whole) for whole, _ in found), default=0) < PARTED * labels.size:
            without_lines = _without_lines(small, way)
            found += _sheets(without_lines, *_regions(without_lines), sizes, torn=label)
    if label:
        return sorted(found, key=lambda sheet: cv2.mean(grey_of(small), sheet[1])[0])[-1:]
    found = sorted(found, key=lambda sheet: -cv2.countNonZero(sheet[0]))[:1]
    return _with_others(found, _without_lines(small, cv2.MORPH_CLOSE)) if may_have_lines else found


def _with_others(sheet: list[Part], small: NDArray[Any]) -> list[Part]:
    """Return a sheet with those beside it; without one, several of one colour.

    They are of its colour, in light or in shadow, or each alone of another. Several are what there is of their colour,
    as cards on a table: there are more cells in a table than are looked at.
    """
    import cv2

    regions, large = _largest(*_regions(small))
    cards = [
        (whole, bare) for bare in regions if (whole := _whole(bare, (LABEL, MOST), small, least=COVERED)) is not None
    ]
    colours = np.array([cv2.mean(small, bare) for _, bare in cards]).reshape(-1, 4)
    for first, bare in sheet or cards:
        colour = np.array(cv2.mean(small, bare))
        beside = [
            (card, is_shade or (sheet and _is_sheet(card[0], small, its_colour, large)))
            for card, its_colour, is_shade in zip(cards, colours, _are_shades(colour, colours), strict=True)
            if not cv2.bitwise_and(card[0], first).any()
        ]
        others = [card for card, is_like in beside if is_like]
        if sheet:
            return [(first, bare), *others]
        together = np.maximum.reduce([first, *(whole for whole, _ in others)])
        if others and _is_alone(together, small, colour, large, most=REST):
            return [(first, bare), *others]
    return []


def _is_sheet(whole: NDArray[Any], small: NDArray[Any], colour: NDArray[Any], large: NDArray[np.bool_]) -> bool:
    """Tell whether what may be a sheet of a colour is no shadow, and alone of that colour."""
    return not _is_shadow(whole, small, colour) and _is_alone(whole, small, colour, large)


def _sheets(
    small: NDArray[Any], labels: NDArray[Any], area: NDArray[Any], sizes: tuple[float, float], *, torn: bool
) -> Iterator[Part]:
    """Yield what may be sheets in a small copy.

    Args:
        small: the copy.
        labels: uint16 (h, w), of its regions; see `_regions`.
        area: int (n,), pixels of each.
        sizes: of a sheet, shares of the copy: at least, at most.
        torn: whether one as large as a sheet must be torn.
    """
    import cv2

    regions, large = _largest(labels, area)
    colours = np.array([cv2.mean(small, region) for region in regions])
    for place, (region, colour) in enumerate(zip(regions, colours, strict=True)):
        parts = [region]
        shades = np.flatnonzero(_are_shades(colour, colours)).tolist() if len(regions) > 1 else []
        if shades not in ([], [place]):
            shaded = np.maximum.reduce([regions[each] for each in {place, *shades}])
            parts.append(cv2.morphologyEx(shaded, cv2.MORPH_CLOSE, square(SOFT)))
        for bare in parts:
            whole = _whole(bare, sizes, small, torn=torn)
            if whole is not None and _is_sheet(whole, small, colour, large):
                yield whole, bare


def _regions(small: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Label the regions without an edge in a small copy: uint16 (h, w), 0 for edges, and pixels of each, int (n,)."""
    import cv2

    lightest = cv2.dilate(small, square(3))
    least = cv2.convertScaleAbs(np.maximum(lightest, np.uint8(DARK)), alpha=EDGE)
    edges = cv2.compare(cv2.subtract(lightest, cv2.erode(small, square(3))), least, cv2.CMP_GE)
    even = cv2.morphologyEx(cv2.bitwise_not(reduce(cv2.max, cv2.split(edges))), cv2.MORPH_OPEN, square(LINES))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(even, connectivity=4, ltype=cv2.CV_16U)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    return labels, area


def _largest(labels: NDArray[Any], area: NDArray[Any]) -> tuple[list[NDArray[Any]], NDArray[np.bool_]]:
    """Return the regions that are looked at, uint8 (h, w), largest first, and where large ones are, bool (h, w)."""
    large = (area >= LARGE * area.max()) & (area > 0)
    return [pixels_of(labels, int(name)) for name in np.argsort(-area)[:MANY] if large[name]], large[labels]


def _without_lines(small: NDArray[Any], way: int) -> NDArray[Any]:
    import cv2

    without: NDArray[Any] = cv2.blur(cv2.morphologyEx(small, way, square(LINES)), (3, 3))
    return without


def _are_shades(one: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Tell whether a mean colour, float (4,), and others, (n, 4), may be of one sheet, in light and in shadow."""
    light, lights = one.sum(), others.sum(axis=1)
    hue, hues = one / max(1.0, light), others / np.maximum(1.0, lights)[:, np.newaxis]
    shades: NDArray[Any] = np.minimum(light, lights) > SHADE * np.maximum(1.0, np.maximum(light, lights))
    shades &= np.abs(hue - hues).max(axis=1) < HUE
    return shades


def _is_shadow(whole: NDArray[Any], small: NDArray[Any], colour: NDArray[Any]) -> bool:
    """Tell whether what has this colour, float (4,), is darker than the rest and of its hue, where that is no grey."""
    import cv2

    rest = np.array(cv2.mean(small, cv2.bitwise_not(whole)))
    is_grey = np.ptp(rest[:3]) <= HUE * rest.sum() or small.ndim == 2
    return bool(rest.sum() > colour.sum()) and not is_grey and bool(_are_shades(rest, colour[np.newaxis])[0])


def _is_light(small: NDArray[Any], bare: NDArray[Any]) -> bool:
    """Tell whether a region is lighter than the rest of a small copy, as a sheet before a table is and no shadow."""
    import cv2

    return sum(cv2.mean(small, bare)) > sum(cv2.mean(small, cv2.bitwise_not(bare)))


def _whole(
    bare: NDArray[Any],
    sizes: tuple[float, float],
    small: NDArray[Any],
    *,
    least: float = BARE,
    torn: bool = False,
) -> NDArray[Any] | None:
    """Return a sheet with what is written on it, uint8 (h, w), if what is bare has the shape and the size of one.

    Args:
        bare: uint8 (h, w), 255 there.
        sizes: of a sheet, shares of the copy: at least, at most.
        small: the copy.
        least: of it, so much is bare.
        torn: whether one as large as a sheet must be torn.
    """
    import cv2

    smallest, largest = (size * bare.size for size in sizes)
    outline = max(cv2.findContours(bare, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0], key=cv2.contourArea)
    _, _, width, height = cv2.boundingRect(outline)
    if width * height > largest or cv2.contourArea(outline) < TORN * smallest:
        return None
    if not _has_corner(outline, small, bare):
        return None
    whole = _filled(bare.shape, cv2.convexHull(outline))
    area = cv2.countNonZero(whole)
    if area < smallest or cv2.countNonZero(bare) < least * area:
        return None
    share = cv2.countNonZero(_filled(bare.shape, outline)) / area
    is_found = TORN <= share < CONVEX if torn and area >= LEAST * bare.size else share >= CONVEX
    return whole if is_found else None


def _is_alone(
    whole: NDArray[Any], small: NDArray[Any], colour: NDArray[Any], large: NDArray[np.bool_], *, most: float = ELSEWHERE
) -> bool:
    """Tell whether hardly anything else is of the colour of a sheet: the cells of a table are, and stripes of a page.

    Args:
        whole: uint8 (h, w), 255 on the sheet.
        small: the copy.
        colour: float (4,), of the sheet.
        large: bool (h, w), where large regions are; patches of a pattern do not count.
        most: of what is not the sheet, so much at most is of its colour.
    """
    import cv2

    differ, channels = ALIKE * colour.max(), slice(small.shape[2] if small.ndim == 3 else 1)
    alike = cv2.inRange(small, (colour - differ)[channels], (colour + differ)[channels])
    alike = np.where(large, alike, np.uint8(0))
    return cv2.countNonZero(cv2.subtract(alike, whole)) <= most * (whole.size - cv2.countNonZero(whole))


def _has_corner(outline: NDArray[Any], small: NDArray[Any], bare: NDArray[Any]) -> bool:
    """Tell whether an outline is nearly a rectangle or has four sides, and shows a corner, or two sides if it is light.

    A shadow has one edge, or two alike; a receipt that runs through the frame has two.
    """
    import cv2

    hull = cv2.convexHull(outline)[:, 0]
    _, (across, along), _ = cv2.minAreaRect(hull)
    area, sides = cv2.contourArea(hull), cv2.approxPolyDP(hull, ROUGHLY * cv2.arcLength(hull, closed=True), closed=True)
    has_four_sides = len(sides) == 4 and cv2.contourArea(sides) >= FOUR_SIDES * area
    if area < RECTANGLE * across * along and not has_four_sides:
        return False
    edges = np.roll(hull, -1, axis=0) - hull
    last = np.array(bare.shape[::-1]) - 1
    on_rim = (((hull == 0) | (hull == last)) & (edges == 0)).any(axis=1)
    x, y = edges[~on_rim].T.astype(float)
    length, twice = np.hypot(x, y), 2 * np.arctan2(y, x)
    agree = np.hypot((length * np.cos(twice)).sum(), (length * np.sin(twice)).sum())
    if agree < ONE_WAY * length.sum():
        return True
    are_opposite = np.hypot(x.sum(), y.sum()) < OPPOSITE * length.sum()
    return bool(are_opposite) and _is_light(small, bare)


def _filled(shape: tuple[int, ...], outline: NDArray[Any]) -> NDArray[Any]:
    """Return what an outline encloses: uint8 (H, W), 255 inside."""
    import cv2

    filled = np.zeros(shape, np.uint8)
    cv2.drawContours(filled, [outline], -1, (255,), cv2.FILLED)
    return filled
