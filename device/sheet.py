"""Find the sheet that is written on where a frame also shows what it lies on: a table, a wall, the frame of a screen.

A sheet is a large region, convex and nearly a rectangle, lighter or darker than all that lies around it, with a sharp
edge. Writing is taken off first, by closing and opening wider than strokes (Serra, "Image Analysis and Mathematical
Morphology", 1982); then the picture is cut at several levels of brightness, as for maximally stable extremal regions
(Matas, Chum, Urban and Pajdla, 2002), and the largest region that is a sheet at one of them is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .ink import LEAST_SIDE, halved
from .marks import square

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 96  # px: about the longest side of the copy that a sheet is looked for in
WRITING = 0.1  # of the longest side: strokes are narrower
SPREAD = 0.75  # of the lightest: where the darkest is lighter than this, all is one sheet
LEVELS = 8  # of brightness
LEAST, MOST = 0.15, 0.95  # of the frame: a sheet is at least so large, and at most
CONVEX, WHOLE = 0.93, 0.85  # of its convex hull: what a sheet's outline encloses, what it covers
RECTANGLE = 0.88  # of the smallest rectangle around it: a sheet fills it, more or less askew
ROUGHLY, FOUR_SIDES = 0.04, 0.92  # of its outline, of its area: or it is nearly four straight lines
ONE_WAY = 0.8  # of 1: edges that agree so much in direction are those of a shadow
EDGE = 5  # px of the copy: an edge is no wider
STEP, EDGED = 0.8, 0.9  # beyond the edge it is so much darker, or lighter, along so much of it
BARE = 0.5  # of a sheet bears no writing
ALIKE, ELSEWHERE = 0.12, 0.05  # of its brightness; of what is not the sheet hardly anything is as bright
SOLID = 0.965  # of its convex hull: what a sheet covers, seen closely; thick digits cover less
STABLE = 0.05  # of its area: a sheet is as large at several levels
SHARP = 0.7  # of the way from the level to the brightness of the sheet nearby
# Of the sheet so much lies within that, of one that nearly fills the frame more: the edge of a pool of light is soft.
SHARPLY, SURELY_SHARP = 0.6, 0.85
PATCH = 0.02  # of the sheet: lines part it into patches, while a table has specks as bright
INSET = 3  # px: the edge of a sheet is not looked at


@dataclass(frozen=True, eq=False)
class Sheet:
    """Where the sheet is in a frame.

    Attributes:
        left, top, right, bottom: bounds as shares of the frame.
        inside: uint8 (h, w), 255 on the sheet; of the part within the bounds.
        ground: uint8 (h, w), the sheet without writing, carried on beyond its edges.
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

        size = grey.shape[1], grey.shape[0]
        inside, ground = (cv2.resize(each, size, interpolation=cv2.INTER_LINEAR) for each in (self.inside, self.ground))
        return np.where(inside > 127, grey, ground)

    def covered(self, ink: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
        """Return ink, uint8 (H, W), with what lies beyond the sheet as dark as the bare sheet."""
        import cv2

        inside = cv2.resize(self.inside, ink.shape[::-1])
        return np.where(inside > 127, ink, np.uint8(cv2.mean(ink, cv2.bitwise_and(inside, cv2.bitwise_not(mask)))[0]))


class _Region(NamedTuple):
    """What may be a sheet: pixels, mask of a small copy, and how the copy, without writing, was cut to get it."""

    area: int
    mask: NDArray[Any]
    flat: NDArray[Any]
    level: float
    side: int


def find_sheet(grey: NDArray[Any]) -> Sheet | None:
    """Find the sheet in a frame, uint8 (H, W); None where there is none, or nothing but the sheet."""
    small = halved(grey, SIDE)
    side = round(WRITING * max(small.shape)) | 1
    # What lies beyond a sheet goes on beyond the frame, however little of it is seen, if the frame is no crop.
    for rim in (0, side) if max(grey.shape) > LEAST_SIDE else (0,):
        regions = _most_stable(list(_set_off(small, side, rim=rim)))
        sharply = SURELY_SHARP if rim else SHARPLY
        sheet = next(filter(None, (_sheet(region, grey, sharply=sharply) for region in regions)), None)
        # So little of what was carried on may be a stroke that touches the rim.
        if sheet and not (rim and (sheet.right - sheet.left) * (sheet.bottom - sheet.top) > MOST):
            return sheet
    return None


def _set_off(small: NDArray[Any], side: int, *, rim: int) -> Iterator[_Region]:
    """Yield the regions of a small copy, uint8 (h, w), that are set off from all else.

    Args:
        small: the copy.
        side: writing is narrower, pixels.
        rim: by so many pixels the rim is carried on first.
    """
    import cv2

    seen = cv2.copyMakeBorder(small, rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    frame = slice(rim, rim + small.shape[0]), slice(rim, rim + small.shape[1])
    # Dark writing goes when dark gaps are closed first, light writing when light ones are opened first.
    from_dark, from_light = (
        cv2.morphologyEx(cv2.morphologyEx(seen, first, square(side)), last, square(side))[frame].copy()
        for first, last in ((cv2.MORPH_CLOSE, cv2.MORPH_OPEN), (cv2.MORPH_OPEN, cv2.MORPH_CLOSE))
    )
    for flat, where in (
        (from_dark, cv2.THRESH_BINARY),
        (from_dark, cv2.THRESH_BINARY_INV),
        (from_light, cv2.THRESH_BINARY_INV),
    ):
        for region in _regions(flat, where):
            if _is_set_off(region.mask, flat) and _is_alone(region.mask, small, flat):
                yield region


def _most_stable(found: Sequence[_Region]) -> list[_Region]:
    """Choose the largest region that hardly changes over several levels, as it is at each: of the middle area first."""
    if not found:
        return []
    area = np.array([region.area for region in found])
    alike = abs(area[:, np.newaxis] - area) <= STABLE * area[:, np.newaxis]
    stable = 2 * alike.sum(axis=1) >= alike.sum(axis=1).max()
    chosen = int(np.where(stable, area, 0).argmax())
    middle = np.median(area[alike[chosen]])
    return sorted((found[place] for place in np.flatnonzero(alike[chosen])), key=lambda each: abs(each.area - middle))


def _regions(flat: NDArray[Any], side: int) -> Iterator[_Region]:
    """Yield what may be a sheet at each level of brightness.

    Args:
        flat: uint8 (h, w), without writing.
        side: on which side of the level a sheet is, as OpenCV's thresholds say it.
    """
    import cv2

    darkest, lightest, *_ = cv2.minMaxLoc(flat)
    if darkest > SPREAD * lightest:
        return
    for level in np.linspace(darkest, lightest, LEVELS, endpoint=False):
        mask = cv2.threshold(flat, level, 255, side)[1]
        for outline in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
            if cv2.contourArea(outline) < LEAST * flat.size or not _has_corner(outline, mask.shape):
                continue
            whole = _filled(mask.shape, cv2.convexHull(outline))
            area, enclosed = cv2.countNonZero(whole), _filled(mask.shape, outline)
            covered = cv2.countNonZero(cv2.bitwise_and(enclosed, mask))
            if cv2.countNonZero(enclosed) >= CONVEX * area and covered >= WHOLE * area:
                yield _Region(area, whole, flat, float(level), side)


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


def _is_set_off(region: NDArray[Any], flat: NDArray[Any]) -> bool:
    """Tell whether a region is set off by an edge from what lies around it."""
    import cv2

    near = square(2 * EDGE + 1)
    around = cv2.subtract(cv2.dilate(region, square(EDGE)), cv2.dilate(region, square(EDGE - 2))) > 0
    inner = cv2.erode(region, square(EDGE), borderType=cv2.BORDER_REPLICATE)
    lightest = cv2.dilate(cv2.min(flat, inner), near)[around].astype(float)  # of the sheet nearby
    darkest = cv2.erode(cv2.max(flat, cv2.bitwise_not(inner)), near)[around].astype(float)
    beyond = flat[around]
    darker, lighter = np.count_nonzero(beyond < STEP * lightest), np.count_nonzero(STEP * beyond > darkest)
    return max(darker, lighter) >= EDGED * len(beyond)


def _is_alone(region: NDArray[Any], small: NDArray[Any], flat: NDArray[Any]) -> bool:
    """Tell whether most of a region is bare, and nothing else is as bright: no lines of text, no part of the ground."""
    import cv2

    area, brightness = cv2.countNonZero(region), cv2.mean(flat, region)[0]
    near, inside = ALIKE * brightness, region > 0
    bare = np.count_nonzero((cv2.absdiff(small, flat) < near) & inside)
    elsewhere = np.count_nonzero((abs(flat - brightness) <= near) & ~inside)
    return bare >= BARE * area and elsewhere <= ELSEWHERE * (region.size - area)


def _sheet(region: _Region, grey: NDArray[Any], *, sharply: float) -> Sheet | None:
    """Cut a sheet out of a frame, uint8 (H, W): what is bare in its region, and the writing that this encloses.

    None where what is bare is not convex, of which the small copy did not show enough, or no more of it than a share,
    `sharply`, lies within soft edges.
    """
    import cv2

    size = grey.shape[1], grey.shape[0]
    mask, flat = (cv2.resize(each, size, interpolation=cv2.INTER_NEAREST) for each in (region.mask, region.flat))
    bare = cv2.bitwise_and(cv2.threshold(grey, region.level, 255, region.side)[1], mask)
    least = PATCH * cv2.countNonZero(mask)
    whole, covered = _hull(bare, least=least)
    if covered <= SOLID * cv2.countNonZero(whole):  # a thick digit, seen closely
        return None
    # Soft edges go, and shadows beside them: what stays is nearer to the sheet's brightness than to the level.
    widened, beyond = (cv2.dilate, cv2.CMP_GT) if region.side == cv2.THRESH_BINARY else (cv2.erode, cv2.CMP_LT)
    nearby = widened(region.flat, square(2 * EDGE + 1))
    limit = cv2.resize(cv2.addWeighted(nearby, SHARP, nearby, 0, (1 - SHARP) * region.level), size)
    sharp, _ = _hull(cv2.bitwise_and(cv2.compare(grey, limit, beyond), bare), least=least)
    area, whole = cv2.countNonZero(whole), cv2.bitwise_and(whole, sharp)
    if cv2.countNonZero(whole) <= sharply * area:
        return None
    x, y, width, height = cv2.boundingRect(whole)
    part = slice(y, y + height), slice(x, x + width)
    inside = cv2.erode(whole, square(2 * INSET + 1))[part]
    weight = (inside > 0).astype(np.float32)
    side = max(height, width) // 2 | 1
    ground = cv2.blur(flat[part] * weight, (side, side)) / np.maximum(cv2.blur(weight, (side, side)), 1e-3)
    bounds = x / size[0], y / size[1], (x + width) / size[0], (y + height) / size[1]
    return Sheet(*bounds, inside, np.clip(ground, 0, 255).astype(np.uint8))


def _hull(bare: NDArray[Any], *, least: float) -> tuple[NDArray[Any], float]:
    """Return the convex hull of the patches that have so many pixels, uint8 (H, W), and how much they enclose."""
    import cv2

    outlines = cv2.findContours(bare, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    patches = [each for each in outlines if cv2.contourArea(each) >= least]
    if not patches:
        return np.zeros_like(bare), 0.0
    return _filled(bare.shape, cv2.convexHull(np.concatenate(patches))), sum(map(cv2.contourArea, patches))


def _filled(shape: tuple[int, ...], outline: NDArray[Any]) -> NDArray[Any]:
    """Return what an outline encloses: uint8 (H, W), 255 inside."""
    import cv2

    filled = np.zeros(shape, np.uint8)
    cv2.drawContours(filled, [outline], -1, (255,), cv2.FILLED)
    return filled
