"""Find the sheet that is written on where a frame also shows what it lies on: a table, a wall, the frame of a screen.

A sheet is the largest region without an edge, save those of what is written on it, that is convex and nearly a
rectangle. An edge is where a colour changes by a share of itself within a few pixels, as a morphological gradient tells
(Serra, "Image Analysis and Mathematical Morphology", 1982), so that uneven light makes none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from .ink import grey_of, halved
from .marks import pixels_of, square

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SIDE = 160  # px: about the longest side of the copy that a sheet is looked for in
EDGE, DARK = 0.1, 24  # of the lighter side of an edge, which counts as no darker than this
LINES = 5  # px: lines on a sheet, and gaps between it and what is as bright beside it, are narrower
MANY, LARGE = 5, 0.05  # regions that are looked at; of the largest: smaller ones are patches
GROUND = 0.75  # of the frame: where one region is so large, lines part no sheet beside it
LEAST, MOST = 0.1, 0.95  # of the frame: a sheet is at least so large, and at most
LABEL = 0.03  # of the frame: a label is at least so large, and smaller than other sheets
CONVEX, BARE = 0.93, 0.6  # of its convex hull: what a sheet's outline encloses, what bears no writing
RECTANGLE = 0.88  # of the smallest rectangle around it: a sheet fills it, more or less askew
ROUGHLY, FOUR_SIDES = 0.04, 0.92  # of its outline, of its area: or it is nearly four straight lines
ONE_WAY = 0.8  # of 1: edges that agree so much in direction are those of a shadow
ALIKE, ELSEWHERE = 0.12, 0.1  # of its brightness; of what is not the sheet, what may be as bright
SHADE, HUE = 0.35, 0.02  # of the light, of 1: a shadow on it is no darker, and differs less in its shares of colours
SOFT = 7  # px: the edge of such a shadow
INSET = 1  # px of the copy: the edge of a sheet is not looked at


@dataclass(frozen=True, eq=False)
class Sheet:
    """Where the sheet is in a frame.

    Attributes:
        left, top, right, bottom: bounds as shares of the frame.
        inside: uint8 (h, w), 255 on the sheet; of a small copy of the part within the bounds.
        ground: uint8 (h, w), the sheet without writing, carried on beyond its edges; of the same.
    """

    left: float
    top: float
    right: float
    bottom: float
    inside: NDArray[Any]
    ground: NDArray[Any]

    def part_of(self, frame: NDArray[Any]) -> tuple[slice, slice]:
        """Return the rows and columns of a frame that the sheet is in."""
        height, width = frame.shape[:2]
        return (
            slice(int(self.top * height), round(self.bottom * height)),
            slice(int(self.left * width), round(self.right * width)),
        )

    def carried_on(self, grey: NDArray[Any]) -> NDArray[Any]:
        """Return a copy, uint8 (H, W), of the part with the sheet as if the sheet filled it."""
        import cv2

        ground = cv2.resize(self.ground, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return np.where(self._inside_of(grey.shape), grey, ground)

    def covered(self, ink: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
        """Return ink, uint8 (H, W), with what lies beyond the sheet as dark as the bare sheet."""
        import cv2

        inside = self._inside_of(ink.shape)
        bare = cv2.mean(ink, cv2.bitwise_and(inside.astype(np.uint8) * 255, cv2.bitwise_not(mask)))[0]
        return np.where(inside, ink, np.uint8(bare))

    def contact(self, labels: NDArray[Any], names: NDArray[Any]) -> NDArray[Any]:
        """Count the pixels along the edge of the sheet that belong to each mark: int (n,).

        Args:
            labels: int (H, W), the mark of each pixel, in a copy of the part with the sheet.
            names: int (n,), the label of each mark.
        """
        import cv2

        inside = self._inside_of(labels.shape).astype(np.uint8)
        edge = cv2.subtract(inside, cv2.erode(inside, square(3))) > 0
        found: NDArray[Any] = np.bincount(labels[edge], minlength=int(labels.max()) + 1)[names]
        return found

    def _inside_of(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        import cv2

        inside: NDArray[np.bool_] = cv2.resize(self.inside, shape[::-1], interpolation=cv2.INTER_LINEAR) > 127
        return inside


def find_sheet(frame: NDArray[Any], *, label: bool = False) -> Sheet | None:
    """Find the sheet in a frame, the largest, or the lightest of labels.

    Args:
        frame: uint8 (H, W) grey or (H, W, 3) BGR.
        label: whether to look for what is too small to be taken for a sheet else.

    Returns:
        None where there is nothing else, or no sheet.
    """
    import cv2

    small, sizes = halved(frame, SIDE), (LABEL, LEAST) if label else (LEAST, MOST)
    labels, area = _regions(small)
    found = list(_sheets(small, labels, area, sizes))
    # Lines part a sheet, unless they are taken off: dark ones by a closing, light ones by an opening.
    for way in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN) if area.max() < GROUND * labels.size else ():
        if label or not found:
            without_lines = cv2.blur(cv2.morphologyEx(small, way, square(LINES)), (3, 3))
            found += _sheets(without_lines, *_regions(without_lines), sizes)
    if not found:
        return None
    grey = grey_of(small)
    whole, bare = max(found, key=lambda sheet: cv2.mean(grey, sheet[1])[0] if label else cv2.countNonZero(sheet[0]))
    x, y, width, height = cv2.boundingRect(whole)
    part = slice(y, y + height), slice(x, x + width)
    weight = (bare[part] > 0).astype(np.float32)
    side = max(height, width) // 2 | 1
    ground = cv2.blur(grey[part] * weight, (side, side)) / np.maximum(cv2.blur(weight, (side, side)), 1e-3)
    bounds = x / grey.shape[1], y / grey.shape[0], (x + width) / grey.shape[1], (y + height) / grey.shape[0]
    inside = cv2.erode(whole, square(2 * INSET + 1))[part]
    return Sheet(*bounds, inside, np.clip(ground, 0, 255).astype(np.uint8))


def _sheets(
    small: NDArray[Any], labels: NDArray[Any], area: NDArray[Any], sizes: tuple[float, float]
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield what may be sheets in a small copy, and what is bare of each: uint8 (h, w), 255 there.

    Args:
        small: the copy.
        labels: uint16 (h, w), of its regions; see `_regions`.
        area: int (n,), pixels of each.
        sizes: of a sheet, shares of the copy: at least, at most.
    """
    import cv2

    large = (area >= LARGE * area.max()) & (area > 0)
    largest = {int(name): pixels_of(labels, int(name)) for name in np.argsort(-area)[:MANY] if large[name]}
    colours = {name: np.array(cv2.mean(small, region)) for name, region in largest.items()}
    for name, region in largest.items():
        parts = [region]
        shades = [each for other, each in largest.items() if other != name and _is_shade(colours[name], colours[other])]
        if shades:
            shaded = np.maximum.reduce([region, *shades])
            parts.append(cv2.morphologyEx(shaded, cv2.MORPH_CLOSE, square(SOFT)))
        for bare in parts:
            whole = _whole(bare, sizes)
            if whole is not None and _is_alone(whole, small, colours[name], large[labels]):
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


def _is_shade(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Tell whether two mean colours, float (4,), may be those of one sheet in light and in shadow."""
    lighter, darker = max(one.sum(), other.sum(), 1.0), min(one.sum(), other.sum())
    differ = np.abs(one / max(1.0, one.sum()) - other / max(1.0, other.sum())).max()
    return bool(darker > SHADE * lighter and differ < HUE)


def _whole(bare: NDArray[Any], sizes: tuple[float, float]) -> NDArray[Any] | None:
    """Return a sheet with what is written on it, uint8 (h, w), if what is bare has the shape and the size of one."""
    import cv2

    least, most = (size * bare.size for size in sizes)
    outline = max(cv2.findContours(bare, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0], key=cv2.contourArea)
    _, _, width, height = cv2.boundingRect(outline)
    if width * height > most or cv2.contourArea(outline) < CONVEX * least or not _has_corner(outline, bare.shape):
        return None
    whole = _filled(bare.shape, cv2.convexHull(outline))
    area = cv2.countNonZero(whole)
    if area < least or cv2.countNonZero(bare) < BARE * area:
        return None
    return whole if cv2.countNonZero(_filled(bare.shape, outline)) >= CONVEX * area else None


def _is_alone(whole: NDArray[Any], small: NDArray[Any], colour: NDArray[Any], large: NDArray[np.bool_]) -> bool:
    """Tell whether hardly anything else is of the colour of a sheet: the cells of a table are, and stripes of a page.

    Args:
        whole: uint8 (h, w), 255 on the sheet.
        small: the copy.
        colour: float (4,), of the sheet.
        large: bool (h, w), where large regions are; patches of a pattern do not count.
    """
    import cv2

    differ, channels = ALIKE * colour.max(), slice(small.shape[2] if small.ndim == 3 else 1)
    alike = cv2.inRange(small, (colour - differ)[channels], (colour + differ)[channels])
    alike = np.where(large, alike, np.uint8(0))
    return cv2.countNonZero(cv2.subtract(alike, whole)) <= ELSEWHERE * (whole.size - cv2.countNonZero(whole))


def _has_corner(outline: NDArray[Any], shape: tuple[int, ...]) -> bool:
    """Tell whether an outline is nearly a rectangle, or has four sides, and a corner is seen.

    A shadow has one edge, or two alike.
    """
    import cv2

    hull = cv2.convexHull(outline)[:, 0]
    _, (across, along), _ = cv2.minAreaRect(hull)
    area, sides = cv2.contourArea(hull), cv2.approxPolyDP(hull, ROUGHLY * cv2.arcLength(hull, closed=True), closed=True)
    has_four_sides = len(sides) == 4 and cv2.contourArea(sides) >= FOUR_SIDES * area
    if area < RECTANGLE * across * along and not has_four_sides:
        return False
    edges = np.roll(hull, -1, axis=0) - hull
    last = np.array(shape[1::-1]) - 1
    on_rim = (((hull == 0) | (hull == last)) & (edges == 0)).any(axis=1)
    x, y = edges[~on_rim].T.astype(float)
    length, twice = np.hypot(x, y), 2 * np.arctan2(y, x)
    agree = np.hypot((length * np.cos(twice)).sum(), (length * np.sin(twice)).sum())
    return bool(agree < ONE_WAY * length.sum())


def _filled(shape: tuple[int, ...], outline: NDArray[Any]) -> NDArray[Any]:
    """Return what an outline encloses: uint8 (H, W), 255 inside."""
    import cv2

    filled = np.zeros(shape, np.uint8)
    cv2.drawContours(filled, [outline], -1, (255,), cv2.FILLED)
    return filled
