"""Choose between what the finder proposes by what the classifier thinks of it: cuts, and how many digits there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

import numpy as np

from .found import cut_marks, framed, holds_middle, joined

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from .found import Found
    from .touching import Touching

    Scorer = Callable[[Sequence[Found]], NDArray[np.float32]]

SURE = 0.9  # a digit with this score is not cut
MOST_JOINTS = 12  # pairs of a frame that are joined, the least sure first: a page of letters must not take long
MOST_CUT = 12.0  # times their height: how wide digits that are cut are in all, the least sure first, likewise
MOST_PARTS = 12  # digits that a mark is cut into
CROWD = 40  # marks: where more were seen, and none is surely a digit, they are a text, and none is cut
PENALTY = 0.05  # what a part more must raise the lowest score by
JOINT_GAIN, CUT_GAIN = 0.05, 0.15  # by how much a joint or a cut must raise the lowest score
CUT_LEAST = 0.8  # a cut makes nothing that scores less
SLENDER = 0.45  # of its height: a 1 or a line is less wide
HALF, OF_HALVES = 0.8, 0.98  # of each other's height, of a score: halves of a digit, and the digit that is made of them
NEAR = 0.15  # of the longest side of two: pieces of one digit are no further apart
SOME = 3  # digits in a frame: of so few, any two may be pieces of one, also sure ones, or one above the other


@dataclass(frozen=True, eq=False)
class Scored:
    """A digit with the classifier's scores, float32 (labels,), and the best of them."""

    found: Found
    scores: NDArray[Any]
    best: float


def score(found: Sequence[Found], scorer: Scorer) -> list[Scored]:
    """Score digits, all in one batch."""
    if not found:
        return []
    scores = scorer(found)
    return [Scored(*each) for each in zip(found, scores, scores.max(axis=1).tolist(), strict=True)]


def is_slender(digit: Scored) -> bool:
    """Tell whether a digit is slender, as any line is."""
    _, _, width, height = digit.found.box
    return width < SLENDER * height


def with_joints(digits: Sequence[Scored], scorer: Scorer) -> list[Scored]:
    """Join neighbours, where one digit of both raises the lowest score: strokes that a pen left apart."""
    if len(digits) < 2:
        return list(digits)
    some = len(digits) <= SOME
    best = np.array([digit.best for digit in digits])
    boxes = np.array([digit.found.box for digit in digits])
    slender = np.array([is_slender(digit) for digit in digits])
    near = _are_near(boxes, np.flatnonzero((best < SURE) | slender | some), above=some)
    both = {(min(one, other), max(one, other)) for one, other in near.tolist()}
    pairs = sorted((min(best[first], best[second]), first, second) for first, second in both)[:MOST_JOINTS]
    wholes = score(joined([(digits[first].found, digits[second].found) for _, first, second in pairs]), scorer)
    chosen: list[Scored | None] = list(digits)
    for whole, (lower, first, second) in sorted(zip(wholes, pairs, strict=True), key=lambda each: -each[0].best):
        if lower >= SURE and _are_halves(digits[first], digits[second], whole):
            least = OF_HALVES
        else:  # what is sure by itself is a piece of nothing that is less so: the digit before a sign
            least = max(lower + JOINT_GAIN, min(SURE, max(best[first], best[second])))
        if whole.best > least and chosen[first] is digits[first] and chosen[second] is digits[second]:
            chosen[first], chosen[second] = whole, None
    return [digit for digit in chosen if digit is not None]


def _are_halves(one: Scored, other: Scored, whole: Scored) -> bool:
    """Tell whether two digits may be the halves of a stencil's 0 or 8, which pass for ones, or of a broken 1."""
    (_, top, _, height), (_, other_top, _, other_height) = one.found.box, other.found.box
    are_alike = is_slender(one) and is_slender(other) and min(height, other_height) > HALF * max(height, other_height)
    are_beside = top < other_top + other_height and other_top < top + height
    return are_alike and not (are_beside and whole.scores.argmax() == one.scores.argmax())


def _are_near(boxes: NDArray[Any], some: NDArray[Any], *, above: bool) -> NDArray[Any]:
    """Find pairs that may be pieces of one digit: beside each other, or `above` also one above the other.

    Args:
        boxes: int (n, 4), x, y, width and height.
        some: int (m,), those which the first of a pair is one of.
        above: see above.

    Returns:
        int (pairs, 2).
    """
    start, size = boxes[:, :2], boxes[:, 2:]
    end, longest = start + size, size.max(axis=1)
    reach = NEAR * np.maximum(longest[some, None], longest)
    apart = np.maximum(start[some, None], start) - np.minimum(end[some, None], end)
    near = (apart[..., 0] <= reach) & (apart[..., 1] <= (reach if above else 0))
    near[np.arange(len(some)), some] = False
    first, second = np.nonzero(near)
    return np.stack([some[first], second], axis=1)


def with_cuts(
    digits: Sequence[Scored], scorer: Scorer, looks: Scorer, *, among: int = 0, whole: Touching | None = None
) -> list[Scored]:
    """Cut digits of which the classifier is not sure, where a cut raises the lowest score of what it makes.

    What pieces look like chooses between the many ways; what is around them has its say in those that are chosen.

    Args:
        digits: what to cut.
        scorer: the classifier's, with what is around digits.
        looks: the classifier's by what they look like.
        among: how many marks they were left of.
        whole: reads those that may be several as a whole, and has the last word on cuts.
    """
    are_sure = [digit.best >= SURE for digit in digits]
    if all(are_sure) or (among > CROWD and not any(are_sure)):  # most frames end here
        return list(digits)
    from .splitting import is_wide

    doubtful = sorted(
        (digit.best, place) for place, digit in enumerate(digits) if digit.best < SURE and is_wide(digit.found.box)
    )
    widths = accumulate(width / height for _, _, width, height in (digits[place].found.box for _, place in doubtful))
    doubtful = doubtful[: sum(width <= MOST_CUT for width in widths)]
    ways = best_cuts([digits[place] for _, place in doubtful], looks, [_least(best) for best, _ in doubtful])
    known = [(place, way) for (_, place), way in zip(doubtful, ways, strict=True) if way]
    parts = iter(score([part.found for _, way in known for part in way], scorer))
    chosen = [[digit] for digit in digits]
    for place, way in known:
        scored = [next(parts) for _ in way]
        if min(part.best for part in scored) > _least(digits[place].best):
            chosen[place] = scored
    if whole:
        for _, place in doubtful:
            chosen[place] = whole.judged(digits[place], chosen[place], scorer, looks)
    return [digit for way in chosen for digit in way]


def _least(best: float) -> float:
    """Return what parts of a digit with this score must score more than: they are surely digits, and surer than it."""
    return max(CUT_LEAST, best + CUT_GAIN)


def best_cuts(
    digits: Sequence[Scored], scorer: Scorer, least: Sequence[float], *, most: int = MOST_PARTS
) -> list[list[Scored] | None]:
    """Cut each digit in the way whose lowest score is highest, a part more counting against it; None without one.

    What lies to the right of a cut is scored only where a piece that ends there is a digit.

    Args:
        digits: what to cut.
        scorer: the classifier's.
        least: of each, what all its parts must score more than.
        most: parts there may be.
    """
    cut = cut_marks([digit.found for digit in digits])
    marks = {number: mark for number, mark in enumerate(cut) if mark}
    known: dict[int, dict[tuple[int, int], Scored]] = {number: {} for number in marks}
    starts = {(number, 0) for number in marks}
    seen = set(starts)
    while starts:
        parts = [(number, start, *part) for number, start in sorted(starts) for part in marks[number].parts(start)]
        pieces = score(framed([part for *_, part in parts]), scorer)
        starts = set()
        for (number, start, end, _), piece in zip(parts, pieces, strict=True):
            if piece.best > least[number]:
                known[number][start, end] = piece
                starts.add((number, end))
        starts -= seen
        seen |= starts
    return [_best_way(known[number], mark.last, most) if mark else None for number, mark in enumerate(cut)]


def _best_way(scored: dict[tuple[int, int], Scored], last: int, most: int) -> list[Scored] | None:
    """Choose the pieces, of those between two cuts by their numbers up to the last, that a digit is cut into."""
    # The best way that has come to a cut in so many parts: its lowest score, and the pieces.
    ways: dict[tuple[int, int], tuple[float, tuple[Scored, ...]]] = {(0, 0): (1.0, ())}
    for start, end in sorted(scored, key=lambda piece: (piece[1], piece[0])):
        piece = scored[start, end]
        for count in range(most):
            lowest, parts = ways.get((start, count), (0.0, ()))
            lowest = min(lowest, piece.best)
            if lowest > ways.get((end, count + 1), (0.0, ()))[0]:
                ways[end, count + 1] = lowest, (*parts, piece)
    whole = [
        (lowest - PENALTY * count, count) for (end, count), (lowest, _) in ways.items() if end == last and count > 1
    ]
    return list(ways[last, max(whole)[1]][1]) if whole else None


def with_count(digits: Sequence[Scored], scorer: Scorer, *, count: int) -> list[Scored]:
    """Bring every row to a number of digits: cut where some are missing, leave out the least sure of too many.

    A row stays short where nothing in it can be cut into digits.
    """
    chosen: list[Scored] = []
    for _, members in groupby(digits, key=lambda digit: digit.found.row):
        row = list(members)
        while len(row) < count:
            ways = best_cuts(row, scorer, [0.0] * len(row), most=count - len(row) + 1)
            known = {place: way for place, way in enumerate(ways) if way and _may_be_cut(row[place], way)}
            if not known:
                break
            place = max(known, key=lambda place: min(part.best for part in known[place]))
            row[place : place + 1] = known[place]
        least = sorted(row, key=lambda digit: digit.best)[: max(0, len(row) - count)]
        chosen += [digit for digit in row if not any(digit is other for other in least)]
    return chosen


def _may_be_cut(digit: Scored, way: Sequence[Scored]) -> bool:
    """Tell whether a digit may be cut where one is missing: one that is sure is not cut into what is no digit."""
    return digit.best < SURE or min(part.best for part in way) >= CUT_LEAST


def in_one_order(one: Sequence[Scored], other: Sequence[Scored]) -> list[Scored]:
    """Put the rows of two readings of a frame into one order, top to bottom; of those side by side one is made."""
    from .rows import in_reading_order

    rows = [list(row) for each in (one, other) for _, row in groupby(each, key=lambda digit: digit.found.row)]
    ordered = enumerate(in_reading_order(rows, lambda digit: digit.found.box))
    return [replace(digit, found=replace(digit.found, row=number)) for number, row in ordered for digit in row]


def without_overlapped(digits: Sequence[Scored], others: Sequence[Scored]) -> list[Scored]:
    """Leave out digits in whose boxes lie the middles of others."""
    return [digit for digit in digits if not any(holds_middle(digit.found.box, other.found.box) for other in others)]
