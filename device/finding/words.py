"""Leave out what is no digit by what stands beside it: words, signs, and patterns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from .choosing import SLENDER, Scored, is_slender

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .found import Found

FEW = 3  # digits beside each other that are hardly chance
WORD, AMONG, NUMBER = 0.5, 0.5, 0.95  # what a word, a row, and a number in such a row have of digits, on average
LOW, SURE = 0.55, 0.97  # of the usual height of a row: what is lower is a sign unless its score is so high
SIGN = 0.8  # the same of a mark below the threshold: a plus
NO_DIGIT = 0.3  # of a score: below it the model says that a mark is no digit, not that it is unsure which
MOST, ALIKE = 0.6, 0.75  # of a word, of each other's height: digits beside which one is trusted
BARS, PITCH = 4, 0.25  # so many slender ones, so far apart, of their height, are bars
SPACE, WIDER = 0.3, 2.0  # heights, times the usual gap of its row: a space of print
BENT, BETWEEN = 0.06, 6  # of its height, marks: what a bracket is bent by, and how many stand between two
BROAD = 1.1  # of its height: a wider mark may be several digits
FENCE, ONES = 6, 0.4  # so many are, however far apart, unless other rows are as high and they stand so far apart
SAME = 0.7  # of bars are taken for the same digit
CROWD = 20  # marks that may be digits: of more, slender ones are none where no other is


def trusted(found: Sequence[Found], chances: NDArray[np.float32], looks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return chances, 1 for what surely looks like a digit among others of its word that are and are as high.

    These say more of it than whatever else is around it.

    Args:
        found: the marks.
        chances: float32 (N,), how far each may be a digit by what is around it; 1 for what looks like none.
        looks: float32 (N,), the best score of each by what it looks like.
    """
    doubted = (chances < 1) & (looks >= NUMBER)
    if not doubted.any():
        return chances
    believed, words = chances.copy(), defaultdict[tuple[int, int], list[int]](list)
    for place, mark in enumerate(found):
        words[mark.row, mark.word].append(place)
    for word in words.values():
        others = [found[place].box[3] for place in word if chances[place] == 1 and looks[place] >= NO_DIGIT]
        if len(others) < max(2, MOST * len(word)):
            continue
        usual = median(others)
        for place in word:
            _, _, width, height = found[place].box
            is_alike = width > SLENDER * height and ALIKE * height <= usual <= height / ALIKE
            if doubted[place] and is_alike:
                believed[place] = 1
    return believed


def without_words(digits: Sequence[Scored], threshold: float, *, are_cut: bool) -> list[Scored]:
    """Leave out words, which are marks near each other in a row of which too many are below the model's threshold.

    In a row of which most are below it, a word must be a number nearly without doubt. Where narrower gaps, as wide as a
    space of print, part off more digits that are surely some, these are kept and their neighbours left out.

    Args:
        digits: the marks, row by row.
        threshold: the model's.
        are_cut: whether digits have been joined and cut; if not, marks that may be several digits say nothing.
    """
    sure = {id(mark): min(mark.best, threshold) for mark in digits if are_cut or not _may_be_several(mark, threshold)}

    def judged(marks: Sequence[Scored]) -> float:
        """Return the mean of scores as a share of the threshold, those above it counted as 1; 1.0 without any."""
        known = [sure[id(mark)] for mark in marks if id(mark) in sure]
        return sum(known) / (len(known) * threshold) if known and threshold else 1.0

    def count_sure(marks: Iterable[Scored]) -> int:
        return sum(mark.best >= threshold for mark in marks)

    def number(word: Sequence[Scored], least: float) -> Sequence[Scored]:
        """Return what of a word is a number as surely as this: all of it, or what is left without its ends."""
        inner = word if judged(word) >= least else _without_ends(word, threshold)
        return inner if judged(inner) >= least and (inner == word or len(inner) >= FEW) else []

    kept: list[Scored] = []
    written = [mark for mark in digits if mark.best >= threshold and not is_slender(mark)]
    usual = _height(written) if len(written) >= FEW else 0.0
    for _, members in groupby(digits, key=lambda digit: digit.found.row):
        row = list(members)
        row = _without_bars(_without_signs(_without_brackets(row), threshold), usual) if are_cut else row
        least, space = (WORD if judged(row) >= AMONG else NUMBER), _space(row)
        for _, near in groupby(row, key=lambda digit: digit.found.word):
            word = list(near)
            parts = [mark for part in _parted(word, space) for mark in number(part, least)]
            kept += max(parts, list(number(word, least)), key=count_sure)  # of equal ones the first
    return [mark for mark in kept if mark.best >= min(NO_DIGIT, threshold)] if are_cut else kept


def without_unsure_rows(digits: Sequence[Scored], threshold: float) -> list[Scored]:
    """Leave out rows in which no digit is above the model's threshold, beside others where one is: arrows, stains."""
    sure = {digit.found.row for digit in digits if digit.best >= threshold}
    return [digit for digit in digits if not sure or digit.found.row in sure]


def count_in_numbers(digits: Sequence[Scored], threshold: float) -> int:
    """Count the digits above a threshold with another such beside them, without slender ones: any line is one."""
    sure = [digit for digit in digits if digit.best >= threshold]
    words = Counter((digit.found.row, digit.found.word) for digit in sure)
    return sum(words[digit.found.row, digit.found.word] > 1 and not is_slender(digit) for digit in sure)


def are_slender(digits: Sequence[Scored]) -> bool:
    """Tell whether all digits are slender, as any line is."""
    return all(map(is_slender, digits))


def without_lines(digits: Sequence[Scored], *, among: int) -> list[Scored]:
    """Leave out slender digits that are alone among so many marks that may be digits, as the backs of books are."""
    return [] if among > CROWD and are_slender(digits) else list(digits)


def _space(row: Sequence[Scored]) -> float:
    """Return what is a space in a row of print, pixels: narrower ones stand between the digits of a number."""
    boxes = [digit.found.box for digit in row]
    gaps = [other[0] - one[0] - one[2] for one, other in pairwise(boxes)]
    return max(SPACE * max((box[3] for box in boxes), default=0), WIDER * median(gaps or [0]))


def _parted(word: Sequence[Scored], space: float) -> list[list[Scored]]:
    """Divide a word, from left to right, where gaps are wider than a space, pixels."""
    parts = [[word[0]]]
    for one, other in pairwise(word):
        if other.found.box[0] - one.found.box[0] - one.found.box[2] > space:
            parts.append([])
        parts[-1].append(other)
    return parts


def _without_ends(word: Sequence[Scored], threshold: float) -> list[Scored]:
    """Leave out the marks before and behind the digits above a threshold: signs of a currency, units."""
    sure = [place for place, mark in enumerate(word) if mark.best >= threshold]
    return list(word[sure[0] : sure[-1] + 1]) if sure else []


def _without_brackets(row: Sequence[Scored]) -> list[Scored]:
    """Leave out pairs of slender marks that are bent away from what stands between them."""
    bends = [_bend(mark.found) if is_slender(mark) else 0.0 for mark in row]
    pairs = [
        (first, last)
        for first in np.flatnonzero(np.array(bends) < -BENT).tolist()
        for last in range(first + 2, min(first + 2 + BETWEEN, len(row)))
        if bends[last] > BENT
    ]
    gone = {place for pair in pairs for place in pair}
    return [mark for place, mark in enumerate(row) if place not in gone]


def _bend(mark: Found) -> float:
    """Say how far to the right of its ends the middle of a mark lies, as a share of its height."""
    if mark.strokes is None:
        return 0.0
    pixels = mark.strokes.inside > 0
    pixels = pixels[pixels.any(axis=1)]
    middles = pixels @ np.arange(pixels.shape[1]) / np.maximum(1, pixels.sum(axis=1))
    sixth = max(1, len(middles) // 6)
    middle = len(middles) // 2
    between = middles[max(0, middle - sixth) : middle + sixth]
    return float((between.mean() - (middles[:sixth].mean() + middles[-sixth:].mean()) / 2) / len(middles))


def _without_signs(row: Sequence[Scored], threshold: float) -> list[Scored]:
    """Leave out marks much lower than the others of which the model is not sure, and lower ones that it refuses."""
    height = _height(row)
    return [
        digit
        for digit in row
        if digit.found.box[3] >= (LOW if digit.best >= threshold else SIGN) * height or digit.best >= SURE
    ]


def _without_bars(row: Sequence[Scored], usual: float) -> list[Scored]:
    """Leave out slender marks in a row that are many, or closer together than written ones: the bars of a bar code.

    Many that are as high as what else is written, and not close together, are ones: a row of an exercise. Bars look
    alike, and digits of a narrow type do not.

    Args:
        row: its marks.
        usual: height of what is surely digits in any row, and not slender, pixels; 0.0 without several.
    """
    kept: list[Scored] = []
    for slender, near in groupby(row, key=is_slender):
        marks = list(near)
        middles = [2 * digit.found.box[0] + digit.found.box[2] for digit in marks]
        pitch = median([other - one for one, other in pairwise(middles)] or [0]) / 2
        height = _height(marks)
        are_close = len(marks) >= BARS and pitch < PITCH * height
        are_ones = ALIKE * height <= usual <= height / ALIKE and pitch >= ONES * height
        are_many = len(marks) >= FENCE and not are_ones
        are_alike = Counter(int(mark.scores.argmax()) for mark in marks).most_common(1)[0][1] >= SAME * len(marks)
        if not (slender and are_alike and (are_close or are_many)):
            kept += marks
    return kept


def _height(digits: Sequence[Scored]) -> float:
    """Return the usual height of digits, pixels; 0.0 without any."""
    return float(median([digit.found.box[3] for digit in digits] or [0]))


def _may_be_several(digit: Scored, threshold: float) -> bool:
    _, _, width, height = digit.found.box
    return width > BROAD * height and digit.best < threshold
