"""Put marks together: pieces to digits, digits to rows, rows in reading order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .marks import Marks, typical_height

Digit = TypeVar("Digit")
Box = tuple[int, int, int, int]
LOW, HIGH = 0.5, 2.2  # of the typical height: digits are from so low to so high
ABOVE = 0.35  # of the narrower one's width: so much of it lies above or below the other, if both are one digit
GAP = 0.25  # of the height: pieces of a digit are no further apart
FLAT = 4.0  # times as wide as high: what is, lies under a digit and is wider, underlines it
LONGER = 4.0  # times as wide as a digit: what is, and lies flat below or above it, is a line and no piece
TALLER = 1.2  # of the height of tall digits: no digit made of pieces is taller
TALL = 0.85  # of the weight is in marks lower than the tall digits
DIRT = 0.01  # of the square of the height: a mark of a smaller area is no piece
PIECE, SHORT_CONTACT = 0.05, 0.05  # of the one digit's area, of the frame's half perimeter: what its pieces have
STACKED = 0.12  # of the height: what lies in one column so close together is one broken digit
LEVEL = 0.4  # of the higher one's height: neighbours in a row are beside each other so far, which two rows are to none
LOWEST, COMPANY = 0.2, 1.5  # of the typical height, of their own: rows of lower digits, and how far they stand apart
BROAD, HIGHEST, PAIR = 0.35, 6.0, 2  # wide as a share of their height, times the typical height: higher ones, so few
MANY, STEEP, STEEPEST = 6, 0.02, 0.18  # digits that tell how rows run, and how far they climb a pixel, if they do
BAND, CLEARLY = 0.5, 1.2  # of the height: a line of them; times as crowded as level lines: those that run as rows do
APART = 0.93  # heights: what stands further apart is not of one word
SIGN = 0.3  # of the height: how far below or above the foot of digits that of a dot or a comma between them is
SPACE, WIDER = 0.45, 3.0  # heights, and times the usual gap of its row: nor is what stands so far apart


@dataclass(frozen=True)
class Group:
    """The marks of one digit.

    Attributes:
        members: positions of its marks.
        left, top, right, bottom: bounds in pixels, right and bottom exclusive.
    """

    members: tuple[int, ...]
    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        """Pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Pixels."""
        return self.right - self.left


def single_group(marks: Marks, weight: NDArray[Any]) -> Group:
    """Take the weightiest mark and the pieces near it, near these, and so on, for one digit."""
    if len(weight) == 1:  # most frames end here
        return _groups(marks, np.zeros(1, int), np.zeros(1, int))[0]
    main = int(weight.argmax())
    reach = GAP * max(marks.width[main], marks.height[main])
    contact = SHORT_CONTACT * sum(marks.labels.shape)
    possible = (marks.area >= PIECE * marks.area[main]) & (marks.contact <= contact) & (weight > 0)
    possible &= (marks.top < marks.bottom[main]) | (marks.width < np.maximum(marks.width[main], FLAT * marks.height))
    chosen = np.arange(len(weight)) == main
    while True:
        near = (
            (marks.left < marks.right[chosen].max() + reach)
            & (marks.right > marks.left[chosen].min() - reach)
            & (marks.top < marks.bottom[chosen].max() + reach)
            & (marks.bottom > marks.top[chosen].min() - reach)
        )
        grown = chosen | (near & possible)
        if (grown == chosen).all():
            members = np.flatnonzero(chosen)
            return _groups(marks, members, np.zeros_like(members))[0]
        chosen = grown


def digit_groups(marks: Marks, weight: NDArray[Any], height: float) -> list[Group]:
    """Choose the marks that are as high as digits, and give them their pieces, which lie above, below or inside them.

    Args:
        marks: the marks.
        weight: float (n,), 0 for what cannot be ink of a digit.
        height: typical height, pixels.
    """
    high = marks.height
    digits = (high >= LOW * height) & (high <= HIGH * height) & (weight > 0)
    some = np.flatnonzero(digits | ((high < LOW * height) & (marks.area >= DIRT * height**2) & (weight > 0)))
    left, top, right, bottom = (side[some] for side in (marks.left, marks.top, marks.right, marks.bottom))
    shared = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    apart = np.maximum(top[:, None], top) - np.minimum(bottom[:, None], bottom)
    joint = np.maximum(bottom[:, None], bottom) - np.minimum(top[:, None], top)
    narrower = np.minimum((right - left)[:, None], right - left)
    tallest = TALLER * max(height, min(HIGH * height, typical_height(marks, weight, share=TALL)))
    big = digits[some]
    flat = np.where(~big & (right - left > height), right - left, 0)
    # The edge of a window above or under a slender digit of a row, and what underlines a digit.
    underlines = (top >= bottom[:, None]) & (right - left > FLAT * (bottom - top))
    near = (shared >= ABOVE * narrower) & (apart <= GAP * height) & (joint <= tallest)
    is_line = (near & (flat > np.where(underlines, 1.0, LONGER) * narrower)).any(axis=0)
    one = near & ~is_line & ~is_line[:, None]
    owner = np.arange(len(some))
    for piece in np.flatnonzero(~big):
        share = np.where(one[piece] & big, shared[piece], -1)
        owner[piece] = share.argmax() if share.max() >= 0 else piece
    # Digits, and pieces that are none's: of two of these, one above the other, one is made.
    free = owner == np.arange(len(some))
    for first, second in np.argwhere(np.triu(one & free[:, None] & free & (big[:, None] == big), 1)):
        owner[owner == owner[second]] = owner[first]
    order = np.argsort(owner, kind="stable")
    # A chain of pieces, as the holes of a page from a binder, is higher than any digit.
    groups = _groups(marks, some[order], owner[order])
    groups = [group for group in groups if LOW * height <= group.height <= HIGH * height]
    pieces = np.array([member for group in groups for member in group.members], int)
    alone = free & ~big & (high[some] >= LOWEST * height) & ~np.isin(some, pieces)
    lower = in_company(marks, some[alone], some[big])
    higher = np.flatnonzero((high > HIGH * height) & (weight > 0))
    broad = (marks.contact[higher] == 0) & (marks.width[higher] > BROAD * high[higher])
    lone = higher[broad & (high[higher] < HIGHEST * height)]  # a mark under a text, no line and no edge of the sheet
    above = in_company(marks, higher, some[big])
    if not above.size and len(lone) <= PAIR:
        above = lone
    for found in filter(len, (lower, above)):
        others = np.zeros_like(weight)
        others[found] = weight[found]
        groups += digit_groups(marks, others, typical_height(marks, others))
    return [_joined(groups)] if _is_column(groups) else groups


def in_company(marks: Marks, lower: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Choose, of lower marks, int (n,), those that stand in a row with two marks as high, of these or of others."""
    known = np.r_[lower, others]
    left, top, right, bottom = (side[known] for side in (marks.left, marks.top, marks.right, marks.bottom))
    height = bottom - top
    taller = np.maximum(height[:, None], height)
    beside = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top) >= LEVEL * taller
    near = np.maximum(left[:, None], left) - np.minimum(right[:, None], right) <= COMPANY * taller
    alike = beside & near & (np.minimum(height[:, None], height) >= LOW * taller)
    has_two = alike.sum(axis=1) > 2
    company: NDArray[Any] = lower[(alike & has_two).any(axis=1)[: len(lower)]]
    return company


def _is_column(groups: Sequence[Group]) -> bool:
    """Tell whether a few groups, all that there are, lie closely one below the other."""
    pairs = list(pairwise(sorted(groups, key=lambda group: group.top)))
    return 1 <= len(pairs) <= 2 and all(
        min(upper.right, lower.right) - max(upper.left, lower.left) >= ABOVE * min(upper.width, lower.width)
        and lower.top - upper.bottom <= STACKED * max(upper.height, lower.height)
        for upper, lower in pairs
    )


def _joined(groups: Sequence[Group]) -> Group:
    sides = np.array([(each.left, each.top, each.right, each.bottom) for each in groups])
    members = tuple(member for each in groups for member in each.members)
    return Group(members, *map(int, sides[:, :2].min(axis=0)), *map(int, sides[:, 2:].max(axis=0)))


def _groups(marks: Marks, members: NDArray[Any], owner: NDArray[Any]) -> list[Group]:
    """Make a group of the marks, int (n,), of each owner, int (n,), sorted."""
    if not members.size:
        return []
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    least = [np.minimum.reduceat(side[members], starts).tolist() for side in (marks.left, marks.top)]
    most = [np.maximum.reduceat(side[members], starts).tolist() for side in (marks.right, marks.bottom)]
    names = [tuple(part.tolist()) for part in np.split(members, starts[1:])]
    return [Group(*each) for each in zip(names, *least, *most, strict=True)]


def in_rows(groups: Sequence[Group]) -> list[list[Group]]:
    """Put groups into rows, top to bottom, and each row from left to right.

    A group belongs to the row of its nearest neighbour on either side that lies beside it, so that a row may climb.
    Where all climb, as on a page that was not held straight, neighbours are sought in that direction.
    """
    return _level_rows(groups, _climb(groups) if len(groups) >= MANY else 0.0) if groups else []


def _climb(groups: Sequence[Group]) -> float:
    """Return by how much rows lie lower for each pixel to the right; 0.0 where they hardly climb, or not clearly.

    That is the slope of the lines in which middles crowd most, as a projection profile tells it (Postl, "Detection of
    Linear Oblique Structures and Skew Scan in Digitized Documents", 1986).
    """
    left, top, right, bottom = np.array([(each.left, each.top, each.right, each.bottom) for each in groups]).T
    slopes = np.linspace(-STEEPEST, STEEPEST, 37)
    heights = (top + bottom) / 2 - slopes[:, np.newaxis] * (left + right) / 2
    lines = heights / (BAND * np.median(bottom - top))
    lines -= lines.min()
    crowds = np.zeros(len(slopes))
    for phase in (0.0, 0.5):  # else a row may lie on the border of two lines
        crowds += [(np.bincount(each) ** 2).sum() for each in (lines + phase).astype(int)]
    best = int((crowds - np.abs(slopes)).argmax())  # of equal ones the one that is nearest to level
    is_clear = abs(slopes[best]) > STEEP and crowds[best] > CLEARLY * crowds[len(slopes) // 2]
    return float(slopes[best]) if is_clear else 0.0


def _level_rows(groups: Sequence[Group], climb: float) -> list[list[Group]]:
    """Put groups into rows that climb so."""
    left, top, right, bottom = np.array([(each.left, each.top, each.right, each.bottom) for each in groups]).T
    height, middle = bottom - top, left + right
    top, bottom = (side - climb * middle / 2 for side in (top, bottom))
    beside = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    beside = beside >= LEVEL * np.maximum(height[:, None], height)
    ahead = np.where(beside & (middle[:, None] < middle), left - right[:, None], np.inf)
    behind = np.where(beside & (middle[:, None] > middle), left[:, None] - right, np.inf)
    joined = list(range(len(groups)))
    for distance in (ahead, behind):
        nearest = distance.argmin(axis=1)
        near = distance.min(axis=1) < np.inf
        for one, other in zip(np.flatnonzero(near).tolist(), nearest[near].tolist(), strict=True):
            joined[_first(joined, other)] = _first(joined, one)
    rows: dict[int, list[int]] = {}
    for place in np.argsort(middle, kind="stable").tolist():
        rows.setdefault(_first(joined, place), []).append(place)
    return [
        [groups[place] for place in row] for row in sorted(rows.values(), key=lambda row: (top + bottom)[row].mean())
    ]


def in_words(row: Sequence[Group], marks: Marks | None = None) -> list[list[Group]]:
    """Divide a row, from left to right, where gaps are wide, or far wider than most and without a sign in them.

    Args:
        row: its groups.
        marks: all marks, of which those too low to be in a group may be signs: the dot or comma of a number.
    """
    words = [[row[0]]]
    gaps = [other.left - one.right for one, other in pairwise(row)]
    space = max(SPACE * max(group.height for group in row), WIDER * median(gaps or [0]))
    for gap, (one, other) in zip(gaps, pairwise(row), strict=True):
        height = min(one.height, other.height)
        if gap > APART * height or (gap > space and not (marks and _has_sign(one, other, marks))):
            words.append([])
        words[-1].append(other)
    return words


def _has_sign(one: Group, other: Group, marks: Marks) -> bool:
    """Tell whether a dot or a comma stands low between two neighbours."""
    height, below = min(one.height, other.height), max(one.bottom, other.bottom)
    between = (marks.left >= one.right - 1) & (marks.right <= other.left + 1) & (marks.area >= DIRT * height**2)
    low = (marks.bottom > below - SIGN * height) & (marks.bottom < below + SIGN * height)
    return bool((between & low & (marks.height < LOW * height)).any())


def in_reading_order(rows: Sequence[Sequence[Digit]], box: Callable[[Digit], Box]) -> list[list[Digit]]:
    """Put rows into order, top to bottom; of those side by side and about as high one is made.

    Args:
        rows: of digits of any kind.
        box: tells where a digit is: x, y, width, height.
    """
    ordered: list[list[Digit]] = []
    for row in sorted(rows, key=lambda row: _level(map(box, row))[0]):
        if ordered and _are_level(_level(map(box, ordered[-1])), _level(map(box, row))):
            ordered[-1] = sorted([*ordered[-1], *row], key=lambda digit: box(digit)[0])
        else:
            ordered.append(list(row))
    return ordered


def _level(boxes: Iterable[Box]) -> tuple[float, float]:
    """Return how far down the middle of a row is, and how high it is, on average, pixels."""
    _, y, _, height = np.array(list(boxes), float).T
    return float((y + height / 2).mean()), float(height.mean())


def _are_level(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether rows with such middles and heights are one: the middles within half a height, these about alike."""
    lower, higher = sorted((one[1], other[1]))
    return abs(one[0] - other[0]) < lower / 2 and higher < 2 * lower


def _first(joined: list[int], place: int) -> int:
    """Return which place stands for all that are joined with one, by way of `joined`, from each to another of them."""
    while joined[place] != place:
        place = joined[place]
    return place
