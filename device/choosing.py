"""Choose between what the finder proposes by what the classifier thinks of it: cuts, and how many digits there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from .finder import Found

    Scorer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

SURE = 0.9  # a digit with this score is not cut
MOST_CUT = 12  # digits of a frame that are cut, the least sure first: a page of letters must not take long
GAIN = 0.05  # by how much a cut or a joint must raise the lowest score
NEAR = 0.15  # of the longest side of two: pieces of one digit are no further apart
SOME = (
    3  # digits in a frame: of so few, any two may be pieces of one, also if they are sure or one lies above the other
)


@dataclass(frozen=True, eq=False)
class Scored:
    """A digit with the classifier's scores, float32 (labels,)."""

    found: Found
    scores: NDArray[Any]

    @property
    def best(self) -> float:
        """The best score."""
        return float(self.scores.max())


def score(found: Sequence[Found], scorer: Scorer) -> list[Scored]:
    """Score digits, all in one batch."""
    if not found:
        return []
    scores = scorer(np.stack([digit.canonical for digit in found]))
    return [Scored(digit, each) for digit, each in zip(found, scores, strict=True)]


def with_joints(digits: Sequence[Scored], scorer: Scorer) -> list[Scored]:
    """Join neighbours, where one digit of both raises the lowest score: strokes that a pen left apart."""
    if len(digits) < 2:
        return list(digits)
    some = len(digits) <= SOME
    best = np.array([digit.best for digit in digits])
    least = np.minimum(best[:, None], best)
    near = _are_near(np.array([digit.found.box for digit in digits]), above=some) & ((least < SURE) | some)
    pairs = sorted((least[first, second], first, second) for first, second in np.argwhere(near))[:MOST_CUT]
    wholes = score([digits[first].found.joined(digits[second].found) for _, first, second in pairs], scorer)
    chosen: list[Scored | None] = list(digits)
    for whole, (lower, first, second) in sorted(zip(wholes, pairs, strict=True), key=lambda each: -each[0].best):
        if whole.best > lower + GAIN and chosen[first] is digits[first] and chosen[second] is digits[second]:
            chosen[first], chosen[second] = whole, None
    return [digit for digit in chosen if digit is not None]


def _are_near(boxes: NDArray[Any], *, above: bool) -> NDArray[Any]:
    """Tell which pairs may be pieces of one digit: beside each other, or `above` also one above the other.

    Args:
        boxes: int (n, 4), x, y, width and height.
        above: see above.

    Returns:
        bool (n, n), each pair once.
    """
    start, size = boxes[:, :2], boxes[:, 2:]
    end, longest = start + size, size.max(axis=1)
    reach = NEAR * np.maximum(longest[:, None], longest)
    apart = np.maximum(start[:, None], start) - np.minimum(end[:, None], end)
    near: NDArray[Any] = (apart[..., 0] <= reach) & (apart[..., 1] <= (reach if above else 0))
    return np.triu(near, 1)


def with_cuts(digits: Sequence[Scored], scorer: Scorer) -> list[Scored]:
    """Cut digits of which the classifier is not sure, where a cut raises the lowest score of what it makes."""
    chosen: list[Scored] = []
    doubtful = sorted((digit.best, place) for place, digit in enumerate(digits) if digit.best < SURE)
    cut = {place for _, place in doubtful[:MOST_CUT]}
    for place, digit in enumerate(digits):
        way = best_cut(digit, scorer) if place in cut else None
        chosen += way if way and min(part.best for part in way) > digit.best + GAIN else [digit]
    return chosen


def best_cut(digit: Scored, scorer: Scorer, *, most: int = 0) -> list[Scored] | None:
    """Cut a digit in the way that the classifier likes best; None where there is no way.

    Args:
        digit: what to cut.
        scorer: the classifier's.
        most: parts there may be, 0 for any number.
    """
    ways = [way for way in digit.found.cuts() if len(way) > 1 and (not most or len(way) <= most)]
    scored = iter(score([part for way in ways for part in way], scorer))
    parts = [[next(scored) for _ in way] for way in ways]
    return max(parts, key=lambda way: min(part.best for part in way), default=None)


def with_count(digits: Sequence[Scored], scorer: Scorer, *, count: int) -> list[Scored]:
    """Bring every row to a number of digits: cut where some are missing, leave out the least sure of too many."""
    chosen: list[Scored] = []
    for _, members in groupby(digits, key=lambda digit: digit.found.row):
        row = list(members)
        while len(row) < count:
            ways = {place: best_cut(digit, scorer, most=count - len(row) + 1) for place, digit in enumerate(row)}
            known = {place: way for place, way in ways.items() if way}
            if not known:
                break
            place = max(known, key=lambda place: min(part.best for part in known[place]))
            row[place : place + 1] = known[place]
        least = sorted(row, key=lambda digit: digit.best)[: max(0, len(row) - count)]
        chosen += [digit for digit in row if not any(digit is other for other in least)]
    return chosen
