"""Find the digit in a photograph: ink, without borders and rules, joined to marks, framed as the network expects it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .cell_borders import without_borders
from .contract import frame_ink
from .ink import ink_map, ink_threshold
from .marks import digit_marks
from .paper_rules import without_rules
from .strokes import even_strokes

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

LEAST_SHARE = 0.03  # of the frame's longest side: a smaller mark is a speck
FAINTEST = 6  # of 255: paler ink than this is the texture of the paper
CLEARNESS = 2.5  # times what lies around it: noise alone reaches 1.7, the palest pencil more than 3


def find_in_photograph(frame: NDArray[Any]) -> tuple[tuple[int, int, int, int], NDArray[Any]] | None:
    """Find the one digit of a frame of any size.

    Args:
        frame: uint8 (H, W) grey or (H, W, 3) BGR, 0–255.

    Returns:
        Its box (x, y, width, height) in pixels of the frame, and the canonical digit, uint8 (28, 28); None where there
        is nothing to read.
    """
    ink = without_borders(ink_map(frame))
    ink = without_rules(ink, ink_threshold(ink))
    marks = digit_marks(ink, ink_threshold(ink))
    if marks is None or not _is_clear(ink, marks):
        return None
    strokes = even_strokes(ink, marks)
    x, y, width, height = bounds(strokes)
    return _scaled(bounds(marks), ink.shape, frame.shape), frame_ink(strokes[y : y + height, x : x + width])


def _is_clear(ink: NDArray[Any], marks: NDArray[Any]) -> bool:
    """Tell whether marks stand out from what lies around them and are more than a speck."""
    import cv2

    _, _, width, height = bounds(marks)
    if max(width, height) < LEAST_SHARE * max(ink.shape):
        return False
    # Averages over 5×5 px: strokes keep their ink, the peaks of noise lose it.
    even = cv2.blur(ink, (5, 5))
    around = even[cv2.dilate(marks, np.ones((9, 9), np.uint8)) == 0]
    core = float(np.percentile(even[marks > 0], 75))
    return core >= FAINTEST and (around.size == 0 or core >= CLEARNESS * max(1.0, float(np.median(around))))


def bounds(mask: NDArray[Any]) -> tuple[int, int, int, int]:
    """Return x, y, width and height of what is not 0 in a picture (H, W)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y


def _scaled(
    box: tuple[int, int, int, int], small: tuple[int, ...], frame: tuple[int, ...]
) -> tuple[int, int, int, int]:
    """Carry a box from a picture of one shape (h, w) over to a frame of another; it stays inside the frame."""
    down, across = frame[0] / small[0], frame[1] / small[1]
    left, top = int(box[0] * across), int(box[1] * down)
    right, bottom = min(frame[1], round((box[0] + box[2]) * across)), min(frame[0], round((box[1] + box[3]) * down))
    return left, top, max(1, right - left), max(1, bottom - top)
