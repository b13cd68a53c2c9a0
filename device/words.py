"""Leave out what is no digit, though each mark by itself might be one: words, and patterns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import median

from .choosing import Scored

FEW = 3  # fewer marks than this are no word
# So many refused marks, and more than this share of all, are a word; the more there are, the less is chance.
REFUSED = ((2, 0.5), (3, 0.4), (10, 0.25))
NUMBER = 4  # of so many marks, one may be refused in a number among words
LOW, SURE = 0.65, 0.97  # of the usual height of a row: what is lower is a sign unless its score is so high
SIGN = 0.8  # the same of a mark below the threshold: a plus
TALL = 1.6  # of the usual height of what is refused: what is so much higher is not of the words
SMALL = 0.6  # of the usual height of digits: what is so much lower is a label unless it is a number
LIKE = 0.75  # of the usual height of digits: a row of refused marks that are lower, or so much higher, is none
NO_DIGIT = 0.3  # of a score: below it the model says that a mark is no digit, not that it is unsure which
BARS, SLENDER, PITCH = 4, 0.45, 0.25  # so many, wide, and apart, of their height, are bars
FENCE = 6  # so many are, however far apart
LIST, LISTED = 3, 0.75  # rows of a list, of which such a share begin, or end, with numbers of so many digits
COUNT, LETTERS = 3, 0.2  # and of what else is in such a row, so much is refused
BROAD = 1.1  # of its height: a wider mark may be several digits


def without_words(digits: Sequence[Scored], threshold: float, *, are_cut: bool) -> list[Scored]:
    """Leave out words, which are marks in a row of which many are below the model's threshold.

    Where many of a row are below it, only numbers stay: several marks, nearly all above it, which stand apart from the
    others. Where many of the frame are, all must be above it.

    Args:
        digits: the marks, row by row.
        threshold: the model's.
        are_cut: whether digits have been joined and cut; if not, marks that may be several digits say nothing, and
            two may be pieces of one.
    """
    least = REFUSED if are_cut else REFUSED[1:]

    def judged(marks: Sequence[Scored]) -> list[bool]:
        return [mark.best >= threshold for mark in marks if are_cut or not _is_broad(mark)]

    def is_word(sure: Sequence[bool]) -> bool:
        refused = len(sure) - sum(sure)
        return len(sure) >= FEW and any(refused >= many and refused > share * len(sure) for many, share in least)

    kept: list[Scored] = []
    letters, usual = (
        _height([digit for digit in digits if (digit.best >= threshold) == sure]) for sure in (False, True)
    )
    doubtful = is_word(judged(digits))
    listed = _listed(digits, threshold)
    for _, members in groupby(digits, key=lambda digit: digit.found.row):
        row = list(members)
        row = _without_bars(_without_signs(row, threshold)) if are_cut else row
        row_is_word = is_word(judged(row))
        if are_cut and usual and not any(judged(row)) and not LIKE * usual <= _height(row) <= usual / LIKE:
            continue
        for _, near in groupby(row, key=lambda digit: digit.found.word):
            word = list(near)
            sure = judged(word)
            is_number = len(sure) >= FEW and sum(sure) >= len(sure) - (0 if doubtful or listed else len(sure) // NUMBER)
            high = _height(word)
            is_number |= (word[0].found.row, word[0].found.word) in listed
            among_words = (doubtful or listed or row_is_word) and high < TALL * letters
            if is_number or not (among_words or high < SMALL * usual or is_word(sure)):
                kept += word
    if are_cut and usual:
        return [mark for mark in kept if mark.best >= min(NO_DIGIT, threshold) or _is_broad(mark)]
    return kept


def _listed(digits: Sequence[Scored], threshold: float) -> set[tuple[int, int]]:
    """Return row and word of the numbers of a list, which stand before or behind words, one below the other."""
    rows = [
        [list(word) for _, word in groupby(row, key=lambda digit: digit.found.word)]
        for _, row in groupby(digits, key=lambda digit: digit.found.row)
    ]
    listed = set()
    for end in (0, -1):
        numbers = []
        for row in rows:
            number, rest = row[end], [mark for word in row if word is not row[end] for mark in word]
            letters = sum(mark.best < threshold for mark in rest)
            is_sure = len(number) <= COUNT and all(mark.best >= threshold for mark in number)
            if is_sure and rest and letters >= LETTERS * len(rest):
                numbers.append(number)
        if len(numbers) >= max(LIST, LISTED * len(rows)):
            listed |= {(word[0].found.row, word[0].found.word) for word in numbers}
    return listed


def count_in_numbers(digits: Sequence[Scored], threshold: float) -> int:
    """Count the digits above a threshold with another such beside them, without slender ones: any line is one."""
    sure = [digit for digit in digits if digit.best >= threshold]
    words = Counter((digit.found.row, digit.found.word) for digit in sure)
    return sum(words[digit.found.row, digit.found.word] > 1 and not _is_slender(digit) for digit in sure)


def _without_signs(row: Sequence[Scored], threshold: float) -> list[Scored]:
    """Leave out marks much lower than the others of which the model is not sure, and lower ones that it refuses."""
    height = _height(row)
    return [
        digit
        for digit in row
        if digit.found.box[3] >= (LOW if digit.best >= threshold else SIGN) * height or digit.best >= SURE
    ]


def _without_bars(row: Sequence[Scored]) -> list[Scored]:
    """Leave out slender marks in a row that are many, or closer together than written ones: the bars of a bar code."""
    kept: list[Scored] = []
    for slender, near in groupby(row, key=_is_slender):
        marks = list(near)
        middles = [2 * digit.found.box[0] + digit.found.box[2] for digit in marks]
        pitch = median([other - one for one, other in pairwise(middles)] or [0]) / 2
        are_close = len(marks) >= BARS and pitch < PITCH * _height(marks)
        if not (slender and (are_close or len(marks) >= FENCE)):
            kept += marks
    return kept


def _height(digits: Sequence[Scored]) -> float:
    """Return the usual height of digits, pixels; 0.0 without any."""
    return float(median([digit.found.box[3] for digit in digits] or [0]))


def _is_broad(digit: Scored) -> bool:
    _, _, width, height = digit.found.box
    return width > BROAD * height


def _is_slender(digit: Scored) -> bool:
    _, _, width, height = digit.found.box
    return width < SLENDER * height
