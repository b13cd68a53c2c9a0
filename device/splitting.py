"""Cut a wide mark into pieces that may be digits: where little ink is in the way, and more often than needed.

Which of the pieces are digits, the classifier decides: over-segmentation, as in LeCun, Bottou, Bengio and Haffner,
"Gradient-Based Learning Applied to Document Recognition", 1998.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDE, TOO_WIDE = 0.8, 10.0  # of its height: a mark narrower than this is one digit, a wider one no row of them
LEANS = (-0.35, 0.0, 0.35)  # rise of a cut to the side for each pixel down
APART = 0.16  # of the height: cuts are no closer to each other
CUTS, MOST_CUTS = 5.0, 20  # cuts that are proposed for each height of width, and at most
THROUGH = 0.4  # of the height: a cut crosses no more ink
NARROWEST, WIDEST = 0.12, 1.2  # of the height: a digit's width
LAST = 1000  # number of the right side of the mark


class Piece(NamedTuple):
    """What lies between two cuts.

    Attributes:
        start, end: numbers of the cuts, from 0 for the left side of the mark to LAST for the right.
        inside: uint8 (H, W), 255 where the piece is.
    """

    start: int
    end: int
    inside: NDArray[Any]


def is_wide(bounds: tuple[int, int, int, int]) -> bool:
    """Tell whether marks with bounds (x, y, width, height) are so wide that they may be several digits."""
    return WIDE * bounds[3] < bounds[2] < TOO_WIDE * bounds[3]


def pieces(inside: NDArray[Any]) -> Iterator[Piece]:
    """Propose pieces of marks that may be digits, all but the whole.

    Args:
        inside: uint8 (H, W), 255 where the marks are, cropped.
    """
    import cv2

    height = inside.shape[0]
    y, x = np.nonzero(inside)
    cuts = _cuts(x, y, inside.shape)
    ends = [int(x.min()), *(place for place, _ in cuts), int(x.max()) + 1]
    # For each cut, what lies to its right.
    across, down = np.arange(inside.shape[1]), np.arange(height)[:, np.newaxis] - height / 2
    beyond = [inside, *(np.where(across + lean * down >= place, inside, np.uint8(0)) for place, lean in cuts)]
    beyond.append(np.zeros_like(inside))
    for start, left in enumerate(ends[:-1]):
        for end in range(start + 1, len(ends)):
            is_whole = end - start == len(ends) - 1
            if is_whole or not NARROWEST * height <= ends[end] - left <= WIDEST * height:
                continue
            part = cv2.subtract(beyond[start], beyond[end])
            if cv2.countNonZero(part):
                yield Piece(start, end if end < len(ends) - 1 else LAST, part)


def _cuts(x: NDArray[Any], y: NDArray[Any], shape: tuple[int, ...]) -> list[tuple[int, float]]:
    """Choose the cuts that cross the least ink, from left to right, as place at half height and lean.

    Args:
        x: int (n,), columns of the pixels of the marks.
        y: int (n,), their rows.
        shape: height and width of the picture.
    """
    height, width = shape
    lines = np.stack([_crossed(x + lean * (y - height / 2), width) for lean in LEANS])
    leans, crossed = lines.argmin(axis=0), lines.min(axis=0)
    rim = max(1, round(NARROWEST * height))
    first, last = int(x.min()) + rim, int(x.max()) + 1 - rim
    most, apart = min(MOST_CUTS, round(CUTS * (last - first) / height)), max(2, APART * height)
    chosen: list[int] = []
    for place in first + np.argsort(crossed[first:last], kind="stable"):
        if len(chosen) == most or crossed[place] > THROUGH * height:
            break
        if all(abs(place - other) >= apart for other in chosen):
            chosen.append(int(place))
    return [(place, LEANS[leans[place]]) for place in sorted(chosen)]


def _crossed(place: NDArray[Any], width: int) -> NDArray[Any]:
    """Count, as float (width,), the ink that a cut at each place crosses, its neighbours counting half."""
    count = np.bincount(np.clip(np.round(place), 0, width - 1).astype(int), minlength=width).astype(float)
    even: NDArray[Any] = np.convolve(count, (0.25, 0.5, 0.25), mode="same")
    return even
