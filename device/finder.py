"""Find the digit in a frame and frame it as the network expects it: arrays in, a dataclass out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .contract import SIDE

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

BGR_TO_GREY = (0.114, 0.587, 0.299)  # ITU-R BT.601, which OpenCV uses too


@dataclass(frozen=True)
class Found:
    """A digit in a frame.

    Attributes:
        box: x, y, width and height in pixels of the frame.
        canonical: uint8 (28, 28), the canonical digit.
    """

    box: tuple[int, int, int, int]
    canonical: NDArray[Any]


def find_digit(frame: NDArray[Any]) -> Found | None:
    """Find the one digit of a frame, dark on light or light on dark.

    A frame of 28×28 px is taken as it is and only inverted where its border is light.

    Args:
        frame: uint8 (H, W) grey or (H, W, 3) BGR, 0–255, of any size.

    Returns:
        The digit; None where there is nothing to read.

    Raises:
        ValueError: the frame has another dtype or shape, or no pixels.
    """
    if frame.dtype != np.uint8 or frame.ndim not in (2, 3) or frame.size == 0 or frame.shape[2:] not in ((), (3,)):
        raise ValueError(f"expected a frame of uint8 (H, W) or (H, W, 3), found {frame.dtype} {frame.shape}")
    if frame.shape[:2] == (SIDE, SIDE):
        return _taken_as_it_is(frame)
    from .photograph import find_in_photograph

    found = find_in_photograph(frame)
    return None if found is None else Found(*found)


def _taken_as_it_is(frame: NDArray[Any]) -> Found | None:
    """Read a frame that has the size of a canonical digit already."""
    grey = frame if frame.ndim == 2 else np.round(frame @ np.array(BGR_TO_GREY)).astype(np.uint8)
    middle = (int(grey.min()) + int(grey.max())) / 2
    if grey.min() == grey.max():
        return None
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    canonical = 255 - grey if np.median(border) > middle else grey.copy()
    rows, columns = np.nonzero(canonical > (int(canonical.min()) + int(canonical.max())) / 2)
    x, y = int(columns.min()), int(rows.min())
    return Found((x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y), canonical)
