"""Find lines in ink that run from left to right, or nearly.

A line is long, thin and straight, and as dark all along. What is thick across its direction, or far darker, is a stroke
that crosses it, or runs along it, and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .marks import labelled, pixels_of

FULL, ROUGH = 0.9, 0.85  # of a stretch of a line is ink, and of one that crosses the frame
BRIDGED, COVERED = 0.25, 0.7  # of a line's length: gaps where strokes cross it; what is ink
LEAN = 0.2  # rise as a share of the length, about 11°
DARKER = 1.5  # times: by so much a stroke is darker than the line that it runs along
SLACK_PX = 1.5  # how far, apart from its thickness, a line strays from straight; a foot on it reaches further
FEWER = 4  # px: of so many columns of a line that is known roughly, one says as much as all
MOST_LINES = 20  # that are looked at, the longest ones; a texture may have hundreds
SAMPLES = 300  # pixels that a line is fitted to
RIDGE = 1e-6 * np.eye(3)  # what lets even a line of two columns be fitted


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines that run from left to right.

    Attributes:
        pixels: uint8 (H, W), 255 where a line is and no stroke crosses it.
        count: how many there are.
        thickness: mean, pixels.
    """

    pixels: NDArray[Any]
    count: int
    thickness: float

    def transposed(self) -> Lines:
        """Return the same lines running from top to bottom."""
        return Lines(np.ascontiguousarray(self.pixels.T), self.count, self.thickness)


def level_lines(
    mask: NDArray[Any], ink: NDArray[Any], *, length: float, thickest: float, full: float = FULL
) -> Lines | None:
    """Find lines that are level, or nearly; None without one.

    Args:
        mask: uint8 (H, W), 255 where there is ink.
        ink: uint8 (H, W), 0 is ground.
        length: a line is at least this long, pixels.
        thickest: and not thicker than this, pixels.
        full: so much of each stretch of it is ink.
    """
    import cv2

    if np.count_nonzero(mask.max(axis=0)) < COVERED * length:  # most frames end here, at little cost
        return None
    thin = _thin(mask, thickest)
    is_short = np.count_nonzero(thin.max(axis=0)) < COVERED * length
    joined = None if is_short else _joined(thin, length, full)
    if joined is None:
        return None
    labels, stats = labelled(joined)
    pixels, count, total = np.zeros_like(mask), 0, 0
    wide, high = FEWER * stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    wide[0] = 0  # the ground
    long = np.flatnonzero((wide >= length) & (high <= LEAN * wide + 2 * thickest))
    for name in long[np.argsort(-wide[long], kind="stable")[:MOST_LINES]].tolist():
        x, y, width, height, _ = stats[name].tolist()
        part = slice(y, y + height), slice(FEWER * x, FEWER * (x + width))
        inside = pixels_of(labels[y : y + height, x : x + width], name)
        inside = cv2.resize(inside, None, fx=FEWER, fy=1, interpolation=cv2.INTER_NEAREST)
        line = cv2.bitwise_and(inside[:, : mask.shape[1] - FEWER * x], thin[part])
        if np.count_nonzero(line.max(axis=0)) < COVERED * length:
            continue
        line = _straight(line)
        columns = np.flatnonzero(line.max(axis=0))
        extent = int(columns[-1] + 1 - columns[0]) if columns.size else 0
        if extent >= length and columns.size >= COVERED * extent:
            along = cv2.bitwise_and(ink[part], line)
            tones = np.sort(along.max(axis=0)[columns])  # of its middle: its edges are paler
            pixels[part] |= np.where(along > DARKER * tones[len(tones) // 2], np.uint8(0), line)
            count, total = count + 1, total + extent
    return Lines(pixels, count, cv2.countNonZero(pixels) / total) if count else None


def _thin(mask: NDArray[Any], thickest: float) -> NDArray[Any]:
    """Keep ink that is not higher than so many pixels; what lies beyond the frame makes none of it higher."""
    import cv2

    tall = np.ones((max(2, round(thickest)) + 1, 1), np.uint8)
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, tall, borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    return cv2.subtract(mask, thick)


def _joined(thin: NDArray[Any], length: float, full: float) -> NDArray[Any] | None:
    """Join the stretches of lines of this length, in pixels, in every FEWER columns; None where there can be none."""
    import cv2

    stretch = max(7, round(min(length / 4, 30)))
    near = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    share = cv2.boxFilter(near, cv2.CV_16U, (stretch, 1), normalize=False, borderType=cv2.BORDER_CONSTANT)
    inked = cv2.compare(share, 255 * full * stretch, cv2.CMP_GE)  # type: ignore[call-overload]  # numbers do too
    if not inked.any():
        return None
    joined = _widened(inked, stretch + round(BRIDGED * length))
    return joined if FEWER * np.count_nonzero(joined.max(axis=0)) >= length else None


def _widened(mask: NDArray[Any], gap: int) -> NDArray[Any]:
    """Widen ink by `gap` pixels, and by 5 in height, in every FEWER columns alone: in two steps, which cost less."""
    import cv2

    count = gap // FEWER
    first = gap - FEWER * (count - 1)
    anchor = gap // 2 - FEWER * (count // 2)
    few = cv2.dilate(mask, np.ones((5, first), np.uint8), anchor=(anchor, 2))[:, ::FEWER]
    return cv2.dilate(np.ascontiguousarray(few), np.ones((1, count), np.uint8), anchor=(count // 2, 0))


def _straight(line: NDArray[Any]) -> NDArray[Any]:
    """Keep of a line what lies along one curve of the second degree; strokes that run along it for a while go."""
    import cv2

    x, y = cv2.findNonZero(line).reshape(-1, 2).T
    slack = SLACK_PX + len(x) / np.count_nonzero(line.max(axis=0)) / 2
    place = x * (2 / line.shape[1]) - 1
    some = slice(None, None, max(1, len(x) // SAMPLES))
    few, heights = place[some], y[some].astype(float)
    known = np.array([np.ones(len(few)), few, few * few])
    weighed = known
    for _ in range(2):  # least squares, and again without what lies off the curve
        column = (weighed @ heights)[:, np.newaxis]  # as OpenCV 5 wants it
        curve = cv2.solve(weighed @ known.T + RIDGE, column, flags=cv2.DECOMP_CHOLESKY)[1][:, 0]
        off = np.abs(curve @ known - heights)
        weighed = known * (off <= max(slack, np.partition(off, len(off) // 2)[len(off) // 2]))
    # Not as a product of matrices, which wakes the threads of NumPy 1.26: they spin for longer than it takes.
    off = np.abs(curve[0] + place * (curve[1] + place * curve[2]) - y) > slack
    line[y[off], x[off]] = 0
    return line
