"""Cut a wide mark into pieces that may be digits: where little ink is in the way, and more often than needed.

A cut is the path from top to bottom that costs least: it goes around ink where there is a way (Wang and Jean,
"Segmentation of Merged Characters by Neural Networks and Shortest Path", 1994). Which of the pieces are digits, the
classifier decides: over-segmentation, as in LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to
Document Recognition", 1998.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDE, TOO_WIDE = 0.65, 10.0  # of its height: a mark narrower than this is one digit, a wider one no row of them
ROWS = 48  # px: paths are looked for in a copy of this height
ASIDE = 0.7  # pixels of ink that a path rather crosses than goes one pixel to the side
APART = 0.16  # of the height: cuts are no closer to each other
CUTS, MOST_CUTS = 5.0, 20  # cuts that are proposed for each height of width, and at most
THROUGH = 0.6  # of the height: a cut costs no more
NARROWEST, WIDEST = 0.12, 1.2  # of the height: a digit's width
STEPS = np.array([0, -1, 1])  # to the side from a row to the next, straight down before others


class Cuts(NamedTuple):
    """Where a mark may be cut.

    Attributes:
        places: of each cut at half height, pixels, from left to right; the first and the last are the mark's sides.
        beyond: for each, uint8 (H, W), 255 where the mark is to the right of it.
    """

    places: list[int]
    beyond: list[NDArray[Any]]

    def pieces(self, start: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield what may be a digit to the right of a cut, all but the whole mark.

        Args:
            start: number of the cut.

        Yields:
            The number of the cut that it ends at, and uint8 (H, W), 255 where it is.
        """
        import cv2

        height, last = self.beyond[0].shape[0], len(self.places) - 1
        for end in range(start + 1, last + (start > 0)):
            if NARROWEST * height <= self.places[end] - self.places[start] <= WIDEST * height:
                inside = cv2.subtract(self.beyond[start], self.beyond[end])
                if cv2.countNonZero(inside):
                    yield end, inside


def is_wide(bounds: tuple[int, int, int, int]) -> bool:
    """Tell whether marks with bounds (x, y, width, height) are so wide that they may be several digits."""
    return WIDE * bounds[3] < bounds[2] < TOO_WIDE * bounds[3]


def cuts_of(insides: Sequence[NDArray[Any]]) -> list[Cuts]:
    """Propose cuts of several marks, more than needed; the pieces between them overlap.

    Args:
        insides: uint8 (H, W), 255 where the marks are, cropped; paths are looked for in all of them together.
    """
    return [_cuts(inside, cost, paths) for inside, (cost, paths) in zip(insides, _paths(insides), strict=True)]


def _cuts(inside: NDArray[Any], cost: NDArray[Any], paths: NDArray[Any]) -> Cuts:
    """Choose the cuts that cost least.

    Args:
        inside: uint8 (H, W), 255 where the mark is.
        cost: of each path, float (W,).
        paths: the column of each in each row, int (H, W).
    """
    import cv2

    height = inside.shape[0]
    left, _, width, _ = cv2.boundingRect(inside)
    rim = max(1, round(NARROWEST * height))
    first, last = left + rim, left + width - rim
    most, apart = min(MOST_CUTS, round(CUTS * (last - first) / height)), max(2, APART * height)
    chosen: list[int] = []
    for place in first + np.argsort(cost[first:last], kind="stable"):
        if len(chosen) == most or cost[place] > THROUGH * height:
            break
        if all(abs(place - other) >= apart for other in chosen):
            chosen.append(int(place))
    chosen.sort()
    across = np.arange(inside.shape[1])
    right = [np.where(across >= paths[:, place, np.newaxis], inside, np.uint8(0)) for place in chosen]
    return Cuts([left, *chosen, left + width], [inside, *right, np.zeros_like(inside)])


def _paths(insides: Sequence[NDArray[Any]]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Find the paths of least cost through each place at half height: costs in pixels, float (W,), and int (H, W)."""
    import cv2

    inks = []
    for inside in insides:
        rows, columns = (max(4, round(side * min(1, ROWS / inside.shape[0]))) for side in inside.shape)
        inks.append(cv2.resize(inside, (columns, rows), interpolation=cv2.INTER_AREA) / np.float32(255))
    halves = _half_paths([half for ink in inks for half in (ink[: len(ink) // 2 + 1], ink[: len(ink) // 2 : -1])])
    for inside, (above, upper), (below, lower) in zip(insides, halves[::2], halves[1::2], strict=True):
        (height, width), columns = inside.shape, len(above)
        drift = (np.concatenate([upper, lower[::-1]]) - np.arange(columns)) * (width / columns)
        # Back at full size each place takes the path of the column of the copy that it lies in.
        row, column = (np.arange(side) * few // side for side, few in ((height, len(drift)), (width, columns)))
        cost = (above + below)[column] * (height / len(drift))
        yield cost, np.arange(width) + np.rint(drift).astype(int)[row][:, column]


def _half_paths(inks: Sequence[NDArray[Any]]) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Find, in each ink, the path of least cost from any place in its first row to each in its last.

    That is dynamic programming, row by row in all of them at once: above the lower ones lies nothing, which costs
    nothing, and beside the narrower ones a wall.

    Args:
        inks: float32 (rows, columns), 0–1.

    Returns:
        For each the costs, float32 (columns,), and the columns that each path runs through, int (rows, columns).
    """
    if not inks:
        return []
    count, rows, columns = len(inks), max(len(ink) for ink in inks), max(ink.shape[1] for ink in inks)
    every = np.full((rows, count, columns), np.inf, np.float32)
    for number, ink in enumerate(inks):
        every[:, number, : ink.shape[1]] = 0
        every[rows - len(ink) :, number, : ink.shape[1]] = ink
    beside = np.full((count, columns + 2), np.inf, np.float32)
    ways = np.empty((3, count, columns), np.float32)
    steps = np.empty((rows - 1, count, columns), int)
    cost = every[0]
    for row, step in zip(every[1:], steps, strict=True):
        np.add(cost, np.float32(ASIDE), out=beside[:, 1:-1])
        ways[0], ways[1], ways[2] = cost, beside[:, :-2], beside[:, 2:]
        step[:] = STEPS[ways.argmin(axis=0)]
        cost = ways.min(axis=0) + row
    path = [np.tile(np.arange(columns), (count, 1))]
    for step in steps[::-1]:
        path.append(path[-1] + np.take_along_axis(step, path[-1], axis=1))
    paths = np.stack(path[::-1], axis=1)
    return [
        (cost[number, : ink.shape[1]], paths[number, rows - len(ink) :, : ink.shape[1]])
        for number, ink in enumerate(inks)
    ]
