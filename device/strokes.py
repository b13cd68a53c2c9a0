"""Even out the strokes of a digit before it shrinks: cores at full ink, hairlines as wide as those of MNIST."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import INK_SIDE

CORE_PERCENTILE = 75  # of the ink inside the marks; this and everything above becomes 255
FLOOR = 0.5  # of the palest ink inside the marks; this and everything below becomes 0
LEAST_WIDTH = 2.5  # px of a canonical digit; MNIST's strokes are 2–3 px of 20


def even_strokes(ink: NDArray[Any], marks: NDArray[Any]) -> NDArray[Any]:
    """Stretch the ink of a digit to the full range and widen strokes that would vanish when shrunk.

    Args:
        ink: uint8 (H, W), 0 is ground.
        marks: uint8 (H, W), 1 where the digit is and 0 elsewhere; at least one pixel is 1.

    Returns:
        uint8 (H, W), 0–255, the digit alone with soft edges.
    """
    import cv2

    inside = ink[marks > 0]
    floor = FLOOR * float(inside.min())
    core = float(np.percentile(inside, CORE_PERCENTILE))
    stretched = np.clip((ink.astype(np.float32) - floor) * (255 / max(core - floor, 1)), 0, 255).astype(np.uint8)
    # The soft edge of a stroke lies just outside the marks.
    strokes: NDArray[Any] = stretched * cv2.dilate(marks, np.ones((5, 5), np.uint8))
    _, _, width, height = cv2.boundingRect(marks)
    lack = LEAST_WIDTH * max(width, height) / INK_SIDE - stroke_width(marks)
    if lack < 1:
        return strokes
    side = round(lack) + 1
    return cv2.dilate(strokes, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))


def stroke_width(marks: NDArray[Any]) -> float:
    """Measure the mean width of strokes, in pixels.

    Across a stroke of width w the distance to the nearest ground rises from 0 to w/2 and falls again; its
    mean is w/4.

    Args:
        marks: uint8 (H, W), 1 inside strokes and 0 elsewhere; at least one pixel is 1.
    """
    import cv2

    distance = cv2.distanceTransform(np.pad(marks, 1), cv2.DIST_L2, 3)
    return max(1.0, 4 * float(distance[distance > 0].mean()) - 1)
