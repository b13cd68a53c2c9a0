"""Find the sheet that is written on where a frame also shows what it lies on: a table, a wall, the frame of a screen.

A sheet is the largest region without an edge, save those of what is written on it, that is convex and nearly a
rectangle (`sheet_regions`). There may be several, as cards on a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .ink import grey_of, halved
from .marks import square
from .sheet_regions import LEAST, sheets_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 160  # px: about the longest side of the copy that a sheet is looked for in
INSET, BEYOND = 1, 4  # px of the copy: the edge of a sheet is not looked at; and how far around it may be


@dataclass(frozen=True, eq=False)
class Sheet:
    """Where the sheet is in a frame.

    Attributes:
        left, top, right, bottom: bounds as shares of the frame.
        inside: uint8 (h, w), 255 on the sheet; of a small copy of the part within the bounds.
        ground: uint8 (h, w), the sheet without writing, carried on beyond its edges; of the same.
        others: how many sheets of its colour there are beside it.
        is_torn: whether its edges are no straight lines.
    """

    left: float
    top: float
    right: float
    bottom: float
    inside: NDArray[Any]
    ground: NDArray[Any]
    others: int = 0
    is_torn: bool = False

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


def find_sheet(frame: NDArray[Any], *, label: bool = False, number: int = 0, wide: bool = False) -> Sheet | None:
    """Find the sheet in a frame, the largest, or the lightest of labels and torn ones.

    Args:
        frame: uint8 (H, W) grey or (H, W, 3) BGR.
        label: whether to look for what is too small, or too torn, to be taken for a sheet else.
        number: 0, or that of another sheet of its colour.
        wide: whether to take what lies closely around it for a part of it, as the outer cells of a table may be.

    Returns:
        None where there is nothing else, or no sheet.
    """
    import cv2

    small = halved(frame, SIDE)
    found = sheets_in(small, label=label)
    if number >= len(found):
        return None
    grey, (whole, bare) = grey_of(small), found[number]
    whole = cv2.dilate(whole, square(2 * BEYOND + 1)) if wide else whole
    x, y, width, height = cv2.boundingRect(whole)
    part = slice(y, y + height), slice(x, x + width)
    weight = (bare[part] > 0).astype(np.float32)
    side = max(height, width) // 2 | 1
    ground = cv2.blur(grey[part] * weight, (side, side)) / np.maximum(cv2.blur(weight, (side, side)), 1e-3)
    bounds = x / grey.shape[1], y / grey.shape[0], (x + width) / grey.shape[1], (y + height) / grey.shape[0]
    inside = cv2.erode(whole, square(2 * INSET + 1))[part]
    is_torn = label and cv2.countNonZero(whole) >= LEAST * whole.size
    return Sheet(*bounds, inside, np.clip(ground, 0, 255).astype(np.uint8), len(found) - 1, is_torn)
