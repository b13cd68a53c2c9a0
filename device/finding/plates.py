"""Plates: solid marks on which something is written in the ground's tone, as light digits on a dark meter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .marks import Marks, square

MOST = 24  # plates that are looked for, the largest marks
RECTANGLE = 0.92  # of the smallest rectangle around it: a plate fills it, with what is written on it, and no 8 does
WRITTEN, SOLID = 0.012, 0.65  # of a plate bears writing, is bare: a bold 0 or 8 is less solid
EVEN = 0.25  # of what it differs from its writing by, light aside: a shaded cell, with a digit on it, is less even
LEAST = 0.05  # of the frame's longest side: the shorter side of a plate
FRAME = 5  # px: half as much along its edge is soft, or the frame that it is set in
EDGE = 5  # px: an edge is no wider
AROUND = 9  # px: where the ground of a plate is looked at


def find_plates(marks: Marks, ink: NDArray[Any]) -> list[NDArray[Any]]:
    """Find the plates among marks: the outline of each, int32 (n, 1, 2), x and y in pixels.

    Args:
        marks: the marks.
        ink: uint8 (H, W), what they were found in.
    """
    import cv2

    side = max(marks.labels.shape)
    large = np.minimum(marks.width, marks.height) >= LEAST * side
    found = []
    for place in np.flatnonzero(large & (marks.contact == 0))[:MOST]:
        part, pixels = marks.cut_out(place)
        offset = int(marks.left[place]), int(marks.top[place])
        outlines = cv2.findContours(pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=offset)[0]
        outline = max(outlines, key=cv2.contourArea)
        area, (across, along) = cv2.contourArea(outline), cv2.minAreaRect(outline)[1]
        if area < RECTANGLE * across * along or not SOLID * area <= marks.area[place] <= (1 - WRITTEN) * area:
            continue
        whole = cv2.drawContours(np.zeros_like(pixels), [outline - offset], -1, (255,), cv2.FILLED)
        written = cv2.subtract(whole, pixels)
        inner = cv2.bitwise_and(cv2.erode(whole, square(FRAME), borderValue=(0,)), pixels)
        if _unevenness(ink[part], inner) <= EVEN * (cv2.mean(ink[part], pixels)[0] - cv2.mean(ink[part], written)[0]):
            found.append(outline)
    return found


def _unevenness(ink: NDArray[Any], pixels: NDArray[Any]) -> float:
    """Return how much the ink of a plate differs from a plane, root mean square: light may fall askew.

    Args:
        ink: uint8 (H, W).
        pixels: uint8 (H, W), 255 where the plate is.
    """
    where = np.nonzero(pixels)
    places = np.stack([*where, np.ones_like(where[0])], axis=1).astype(float)
    own = ink[where].astype(float)
    plane = np.linalg.lstsq(places, own, rcond=None)[0]
    return float(np.std(own - places @ plane))


def turned(grey: NDArray[Any], plates: Sequence[NDArray[Any]], *, scale: float) -> NDArray[Any]:
    """Return a frame, uint8 (H, W), with plates as light as what lies around them, and dark writing on them.

    Args:
        grey: uint8 (H, W); plates are dark.
        plates: outlines from `find_plates`.
        scale: size of this frame relative to the one that the plates were found in.
    """
    import cv2

    grey = grey.copy()
    room = EDGE + AROUND
    for outline in plates:
        scaled = np.round(outline * scale).astype(np.int32)
        x, y, width, height = cv2.boundingRect(scaled)
        left, top = max(0, x - room), max(0, y - room)
        part = grey[top : y + height + room, left : x + width + room]
        whole = cv2.drawContours(np.zeros_like(part), [scaled - (left, top)], -1, (255,), cv2.FILLED)
        outer = cv2.dilate(whole, square(EDGE))
        around = cv2.subtract(cv2.dilate(outer, square(AROUND)), outer) > 0
        if not around.any():
            continue
        ground, plate = np.median(part[around]), np.median(part[whole > 0])
        inner = cv2.erode(whole, square(EDGE)) > 0
        written = np.clip(ground + plate - part[inner], 0, ground)
        part[outer > 0] = ground
        part[inner] = written
    return grey
