"""Propose cuts through a wide mark: digits that touch are told apart where little ink is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDE = 0.8  # of its height: a mark narrower than this is one digit
LEANS = (-0.35, 0.0, 0.35)  # rise of a cut to the side for each pixel down
LEAST = 0.2  # of the mark's width stays on either side of a cut
USUAL_WIDTH = 0.72  # of its height: a digit, with the gap to the next
WAYS = 3  # cuts in two that are proposed


def is_wide(bounds: tuple[int, int, int, int]) -> bool:
    """Tell whether marks with bounds (x, y, width, height) are so wide that they may be several digits."""
    return bounds[2] > WIDE * bounds[3]


def proposed_cuts(inside: NDArray[Any]) -> Iterator[list[NDArray[Any]]]:
    """Propose ways of cutting marks into digits, each a mask for every digit, left to right.

    Args:
        inside: uint8 (H, W), 255 where the marks are, cropped.

    Yields:
        Lists of uint8 (H, W), 255 where that digit is.
    """
    height, width = inside.shape
    y, x = np.nonzero(inside)
    lines = [_crossed(x + lean * (y - height / 2), width) for lean in LEANS]
    usual = max(2, round(width / (USUAL_WIDTH * height)))
    for place in _lowest(lines, (LEAST * width, (1 - LEAST) * width), WAYS):
        yield _parts(inside, [place])
    for count in {max(3, usual - 1), max(3, usual), usual + 1} if width > 1.3 * height else ():
        pitch = width / count
        cuts = [_lowest(lines, ((k - 0.3) * pitch, (k + 0.3) * pitch), 1)[0] for k in range(1, count)]
        yield _parts(inside, cuts)


def _crossed(place: NDArray[Any], width: int) -> NDArray[Any]:
    """Count, as float (width,), the ink that a cut at each place crosses, its neighbours counting half."""
    count = np.bincount(np.clip(np.round(place), 0, width - 1).astype(int), minlength=width).astype(float)
    even: NDArray[Any] = np.convolve(count, (0.25, 0.5, 0.25), mode="same")
    return even


def _lowest(lines: list[NDArray[Any]], between: tuple[float, float], count: int) -> list[tuple[int, float]]:
    """Choose the cuts, as place and lean, that cross the least ink, apart from each other by a tenth of the width."""
    first, last = int(between[0]), max(int(between[0]) + 1, int(between[1]))
    crossed = np.stack([line[first:last] for line in lines])
    chosen: list[tuple[int, float]] = []
    apart = max(2, len(lines[0]) // 10)
    for flat in np.argsort(crossed, axis=None, kind="stable"):
        lean, place = divmod(int(flat), crossed.shape[1])
        if all(abs(place + first - other) >= apart or LEANS[lean] != slope for other, slope in chosen):
            chosen.append((place + first, LEANS[lean]))
            if len(chosen) == count:
                break
    return chosen


def _parts(inside: NDArray[Any], cuts: list[tuple[int, float]]) -> list[NDArray[Any]]:
    """Cut marks at places, each with its lean."""
    height, width = inside.shape
    x, y = np.arange(width), np.arange(height)[:, None] - height / 2
    number = sum(
        ((x + lean * y >= place).astype(np.uint8) for place, lean in sorted(cuts)), np.zeros(inside.shape, np.uint8)
    )
    parts = [np.where(number == each, inside, 0).astype(np.uint8) for each in range(len(cuts) + 1)]
    return [part for part in parts if part.any()]
