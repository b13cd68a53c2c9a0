"""See one digit that fills its frame, with strokes so thick, or so near the rim, that they pass for ground or shadow.

Where light is even, the ground has one tone, and whatever is darker is ink.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ink import ink_threshold
from .marks import BLOT, measure_marks, pixels_of, square, stroke_width
from .plates import find_plates

CELLS = 16  # across and down: a frame is made so small
EVEN = 0.85  # of the lightest: the ground is as light in all four quarters
RIM_DARK, RIM = 0.5, 0.9  # of the lightest, of the rim: so much of it is so dark
DARK, MANY = 0.7, 0.1  # of the ground's tone, of the cells: there is that much thick ink
ALONE = 0.97  # of the ink: one mark
LARGE = 0.5  # of the longest side: its longer side
THICK = 0.08  # of the longest side: its strokes are at least so wide
SOLID = 0.6  # of its bounds: what covers so much and lies along a side is a table, and no 7 that is cropped closely
HOLES, HOLE = 2, 0.002  # in a digit; of its area: a smaller one is a flaw
EVENLY = 0.72  # of its darkest: all of it is about as dark, unlike a shadow on a digit


def shrunk(grey: NDArray[Any]) -> NDArray[Any]:
    """Make a frame, uint8 (H, W), as small as its cells."""
    import cv2

    return cv2.resize(grey, (CELLS, CELLS), interpolation=cv2.INTER_AREA)


def even_ground(cells: NDArray[Any]) -> float:
    """Return the tone of the ground of dark ink if it is nearly the same all over, else 0.0; see `shrunk`."""
    lightest = cells.reshape(2, CELLS // 2, 2, CELLS // 2).max(axis=(1, 3))
    return float(lightest.min()) if lightest.min() >= EVEN * lightest.max() else 0.0


def has_dark_rim(cells: NDArray[Any]) -> bool:
    """Tell whether the rim of a frame is as dark as ink nearly all around, as no ink of a digit is; see `shrunk`."""
    rim = np.concatenate([cells[0], cells[-1], cells[1:-1, 0], cells[1:-1, -1]])
    return bool(np.count_nonzero(rim < RIM_DARK * cells.max()) >= RIM * rim.size)


def close_up(grey: NDArray[Any], cells: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """See one mark of thick strokes.

    Args:
        grey: uint8 (H, W), dark ink.
        cells: the same, as `shrunk` makes it.

    Returns:
        Ink and mask, uint8 (H, W); None where there is no such mark.
    """
    import cv2

    ground, side = even_ground(cells), max(grey.shape)
    if np.count_nonzero(cells < DARK * ground) < MANY * CELLS**2:  # most frames end here
        return None
    ink = cv2.convertScaleAbs(cv2.subtract(np.full_like(grey, int(ground)), grey), alpha=255 / ground)
    mask = cv2.threshold(ink, ink_threshold(ink), 255, cv2.THRESH_BINARY)[1]
    marks = measure_marks(mask)
    if not marks.area.size or marks.area[0] < ALONE * marks.area.sum():
        return None
    longer, pixels = max(marks.width[0], marks.height[0]), pixels_of(marks.labels, marks.names[0])
    width = stroke_width(pixels)
    if longer < LARGE * side or not THICK * side <= width <= BLOT * longer:
        return None
    if find_plates(marks, ink):
        return None
    if marks.contact[0] > longer and marks.area[0] > SOLID * marks.width[0] * marks.height[0]:
        return None
    outlines = cv2.findContours(pixels, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]
    holes = sum(cv2.contourArea(each) >= HOLE * marks.area[0] for each in outlines) - 1
    core = cv2.erode(pixels, square(int(width / 2) | 1), borderValue=(255,)) > 0
    is_even = np.median(ink[core]) >= EVENLY * np.percentile(ink[mask > 0], 99)
    return (ink, mask) if holes <= HOLES and is_even else None
