"""Frame what was drawn as the device frames what it finds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.contract import SIDE, frame_ink


def framed(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ink of a canvas, uint8 (H, W), light on dark, framed, uint8 (28, 28); of a blank one nothing."""
    rows, columns = np.flatnonzero(canvas.any(axis=1)), np.flatnonzero(canvas.any(axis=0))
    if len(rows) == 0:
        return np.zeros((SIDE, SIDE), np.uint8)
    canonical: NDArray[np.uint8] = frame_ink(canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return canonical
