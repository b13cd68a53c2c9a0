"""Digits that are drawn as outlines: what lies between two lines that run side by side is ink."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .marks import square
from .view import View, view_of

MOST, THIN = 4, 0.2  # marks that are looked at, the largest; of its bounds: what lines cover at most
CONVEX, HOLLOW = 0.8, 0.95  # of its convex hull: what covers more is a box, or the hole of a 0; with others in it
ROUND = 0.85  # of theirs: holes of a digit, drawn in it, cover more, and digits in a tag less


def with_outlines_filled(view: View) -> View:
    """Return what was seen with strokes that are drawn by their outlines as ink, or as it is without any."""
    marks, found = view.marks, []
    thin = marks.area[:MOST] < THIN * marks.height[:MOST] * marks.width[:MOST]
    for place in np.flatnonzero(thin) if thin.any() else ():  # most frames end here
        part, pixels = marks.cut_out(place)
        strokes = _between_lines(pixels, view.mask[part])
        if strokes is not None:
            found.append((part, strokes > 0, np.median(view.ink[part][pixels > 0])))
    if not found:
        return view
    ink, mask = view.ink.copy(), view.mask.copy()
    for part, strokes, tone in found:
        mask[part][strokes] = 255
        ink[part][strokes] = np.maximum(ink[part][strokes], np.uint8(tone))
    return replace(view_of(view.all_ink, ink, mask), is_even=view.is_even)


def _between_lines(pixels: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any] | None:
    """Return what lies between the lines of an outline, uint8 (h, w), 255 there; None where it is none.

    Args:
        pixels: uint8 (h, w), 255 where the outer line is, cropped to it.
        mask: uint8 (h, w), 255 where any ink is there, as the outlines of holes.
    """
    import cv2

    outlines, tree = cv2.findContours(pixels, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    holes = [outline for outline, (_, _, _, parent) in zip(outlines, tree[0], strict=True) if parent >= 0]
    if not holes:
        return None
    hole = max(holes, key=cv2.contourArea)
    enclosed = cv2.drawContours(np.zeros_like(pixels), [hole], -1, (255,), cv2.FILLED)
    enclosed = cv2.subtract(enclosed, pixels)
    others = cv2.bitwise_and(enclosed, mask)
    within = cv2.findContours(others, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    if _convexity(hole) > (HOLLOW if within else CONVEX) or any(_convexity(each) < ROUND for each in within):
        return None
    between = cv2.subtract(enclosed, cv2.drawContours(np.zeros_like(pixels), within, -1, (255,), cv2.FILLED))
    return cv2.dilate(between, square(3))


def _convexity(outline: NDArray[Any]) -> float:
    """Return how much of its convex hull an outline encloses, 0–1; 1.0 of a line."""
    import cv2

    hull = cv2.contourArea(cv2.convexHull(outline))
    return cv2.contourArea(outline) / hull if hull else 1.0
