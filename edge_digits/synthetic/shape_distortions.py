"""Distortions of a digit's shape: stroke width, slant, gaps, and how the finder framed it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE, frame_ink

from .plain_drawing import line_cover, mapped

Picture = NDArray[np.float32]

ZOOM = 4  # strokes of 2–3 px are widened and narrowed by fractions of a pixel in a picture so much larger
HALF = 127.5
LEAST_SHIFT_PX, MOST_SHIFT_PX = 2.0, 4.0
MOST_ZOOM = 0.25


def thin(digit: Picture, share: float, generator: np.random.Generator) -> Picture:
    """Narrow the strokes to a share of their width, 0–1, and frame the digit anew."""
    return _restroked(digit, share)


def thick(digit: Picture, share: float, generator: np.random.Generator) -> Picture:
    """Widen the strokes to a multiple of their width, above 1, and frame the digit anew."""
    return _restroked(digit, share)


def slant(digit: Picture, tangent: float, generator: np.random.Generator) -> Picture:
    """Lean the digit to either side by an angle of about this tangent, and frame it anew."""
    lean = tangent * generator.uniform(0.8, 1.0) * (1 if generator.random() < 0.5 else -1)
    large = _enlarged(digit)
    middle, margin = (SIDE * ZOOM - 1) / 2, SIDE * ZOOM / 4
    inverse = np.array([[1, lean, -lean * (middle + margin) - margin], [0, 1, -margin]], np.float64)
    return _framed(mapped(large, inverse, side=SIDE * ZOOM * 3 // 2))


def broken(digit: Picture, gaps: float, generator: np.random.Generator) -> Picture:
    """Cut gaps across the strokes, as a dry pen leaves them: so many, and the more the wider."""
    large = _enlarged(digit)
    ink = np.argwhere(_core(large))
    keep = np.ones_like(large)
    width = ZOOM * (0.8 + 0.2 * gaps)
    for place in generator.random(int(gaps)):
        y, x = ink[int(place * len(ink))]
        along = _direction(large, int(y), int(x))
        across = np.array([-along[1], along[0]]) * ZOOM * 2.6
        place_xy = np.array([x, y], np.float64)
        keep *= 1 - line_cover(SIDE * ZOOM, place_xy - across, place_xy + across, width=width)
    return _reduced(large * np.asarray(cv2.GaussianBlur(keep, (0, 0), ZOOM * 0.25), np.float32))


def misframed(digit: Picture, share: float, generator: np.random.Generator) -> Picture:
    """Shift the digit and scale it, as a finder that has taken too much or too little; 1 is 4 px and a quarter."""
    angle, towards = generator.uniform(0, 2 * np.pi), generator.random()
    shift = share * generator.uniform(LEAST_SHIFT_PX, MOST_SHIFT_PX)
    zoom = 1 + share * MOST_ZOOM * generator.uniform(0.6, 1.0) * (1 if towards < 0.5 else -1)
    offset = shift * np.array([np.cos(angle), np.sin(angle)])
    # By way of a larger picture: bilinear interpolation of 28×28 px would blur as well.
    large_middle = (SIDE * ZOOM - 1) / 2
    back = large_middle - (large_middle + ZOOM * offset) / zoom
    inverse = np.array([[1 / zoom, 0, back[0]], [0, 1 / zoom, back[1]]], np.float64)
    return _reduced(mapped(_enlarged(digit), inverse, side=SIDE * ZOOM))


def _restroked(digit: Picture, share: float) -> Picture:
    """Bring the strokes to another width by moving their edge along the distance to it, and frame the digit anew."""
    large = _enlarged(digit)
    inside = (large > HALF).astype(np.uint8)
    if inside.all() or not inside.any():
        return digit
    # Signed distance to the edge, in px of the large picture: positive in the ink.
    distance = np.asarray(
        cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5), np.float32
    )
    half_width = 2 * float(distance[inside > 0].mean())
    # A thinner part of the digit keeps its middle line when strokes are narrowed.
    width = _local_half_width(distance, inside, half_width) if share < 1 else np.float32(half_width)
    edge = np.asarray(width * (1 - share), np.float32)
    ink = np.clip((distance - edge) / ZOOM + 0.5, 0, 1) * 255
    return _framed(ink.astype(np.float32))


def _local_half_width(distance: Picture, inside: NDArray[np.uint8], half_width: float) -> Picture:
    """Return the half width of the stroke around each pixel: the largest distance to its edge nearby."""
    side = 2 * round(half_width * 1.2) + 1
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.dilate(distance * inside, element), np.float32)


def _core(large: Picture) -> NDArray[np.bool_]:
    """Return where the ink is in the middle of a stroke."""
    inside = (large > HALF).astype(np.uint8)
    if not inside.any():
        brightest: NDArray[np.bool_] = large >= large.max()
        return brightest
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    nearby = cv2.dilate(distance, np.ones((2 * ZOOM + 1, 2 * ZOOM + 1), np.uint8))
    middle: NDArray[np.bool_] = (distance >= 0.8 * nearby) & (inside > 0)
    return middle


def _direction(large: Picture, y: int, x: int) -> NDArray[np.float64]:
    """Return the unit vector (x, y) along the stroke at a pixel: the main axis of the ink around it."""
    reach = 3 * ZOOM
    top, left = max(0, y - reach), max(0, x - reach)
    rows, columns = np.nonzero(large[top : y + reach + 1, left : x + reach + 1] > HALF)
    if len(rows) < 3:
        return np.array([0.0, 1.0])
    spread = np.cov(np.stack([columns, rows]).astype(np.float64))
    return np.asarray(np.linalg.eigh(spread)[1][:, 1], np.float64)


def _enlarged(digit: Picture) -> Picture:
    large = cv2.resize(digit, (SIDE * ZOOM, SIDE * ZOOM), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(large, 0, 255), np.float32)


def _reduced(large: Picture) -> Picture:
    return np.asarray(cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def _framed(ink: Picture) -> Picture:
    """Frame ink as the device frames what it finds."""
    grey = np.clip(np.rint(ink), 0, 255).astype(np.uint8)
    rows, columns = np.flatnonzero((grey > HALF).any(axis=1)), np.flatnonzero((grey > HALF).any(axis=0))
    if len(rows) == 0:
        return _reduced(ink)
    cropped = grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return frame_ink(cropped).astype(np.float32)
