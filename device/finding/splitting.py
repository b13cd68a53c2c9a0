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
LAST = 1000  # number of the right side of the mark
STEPS = np.array([0, -1, 1])  # to the side from a row to the next, straight down before others


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


def pieces(insides: Sequence[NDArray[Any]]) -> list[list[Piece]]:
    """Propose pieces of each of several marks that may be digits, all but the whole.

    Args:
        insides: uint8 (H, W), 255 where the marks are, cropped; paths are looked for in all of them together.
    """
    return [list(_pieces(inside, cost, paths)) for inside, (cost, paths) in zip(insides, _paths(insides), strict=True)]


def _pieces(inside: NDArray[Any], cost: NDArray[Any], paths: NDArray[Any]) -> Iterator[Piece]:
    """Propose the pieces of marks, uint8 (H, W), with what each path costs, float (W,), and its way, int (H, W)."""
    import cv2

    height = inside.shape[0]
    x, _, width, _ = cv2.boundingRect(inside)
    cuts = _cuts(height, cost, paths, x, x + width)
    ends = [x, *(place for place, _ in cuts), x + width]
    # For each cut, what lies to its right.
    across = np.arange(inside.shape[1])
    beyond = [inside, *(np.where(across >= path[:, np.newaxis], inside, np.uint8(0)) for _, path in cuts)]
    beyond.append(np.zeros_like(inside))
    for start, left in enumerate(ends[:-1]):
        for end in range(start + 1, len(ends)):
            is_whole = end - start == len(ends) - 1
            if is_whole or not NARROWEST * height <= ends[end] - left <= WIDEST * height:
                continue
            part = cv2.subtract(beyond[start], beyond[end])
            if cv2.countNonZero(part):
                yield Piece(start, end if end < len(ends) - 1 else LAST, part)


def _cuts(
    height: int, cost: NDArray[Any], paths: NDArray[Any], left: int, right: int
) -> list[tuple[int, NDArray[Any]]]:
    """Choose the cuts that cost least, from left to right: place at half height, and in each row, int (H,).

    The marks are so high, and lie between `left` and `right`, exclusive.
    """
    rim = max(1, round(NARROWEST * height))
    first, last = left + rim, right - rim
    most, apart = min(MOST_CUTS, round(CUTS * (last - first) / height)), max(2, APART * height)
    chosen: list[int] = []
    for place in first + np.argsort(cost[first:last], kind="stable"):
        if len(chosen) == most or cost[place] > THROUGH * height:
            break
        if all(abs(place - other) >= apart for other in chosen):
            chosen.append(int(place))
    return [(place, paths[:, place]) for place in sorted(chosen)]


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
