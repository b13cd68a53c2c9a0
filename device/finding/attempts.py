"""Look at a frame in other ways where the usual one does not show digits for sure, and say which way is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median
from typing import Any

from ..reading import Way
from ..settings.reading_settings import ReadingSettings
from .choosing import Scored, in_one_order, is_slender, without_overlapped
from .found import Finding
from .words import FEW, are_slender, count_in_numbers

PART = 0.8  # of a digit's area: a part of it has less
JOINED, CLOSE = 1.7, 0.85  # times as wide as strokes: gaps between pieces are narrower, also where digits stand close
PIECES = 2  # marks for each digit: where there are more, these may be its pieces
GROUND = 0.2  # of the longest side: what is smaller is no piece of ground that was taken for ink
HARDLY, OVERFULL = 2, 120  # what may be digits, and marks: with so few of so many, these may be a text on it
FULL = 40  # marks, or what may be digits: with more a frame is full of a texture, or of words
# Strokes may lie at the border of a cell, in a band of shadow, be paler than what was taken for marks, or darker than
# what they run into.
AGAIN: tuple[dict[str, Any], ...] = ({"inset": 0.04}, {"reach": 0.25}, {"least": 0.5}, {"least": 1.2})
SOME, DOUBTFUL = 15, 3  # marks, and what may be digits of them but is not sure: with more a frame is too full for that
BANDS = 4  # marks: a band of shadow is one with what lies in it, and a digit falls into fewer pieces
BROADEST = 5.0  # times their height: how wide what may be digits is in all, likewise
DOUBT = 0.15  # of what may be digits: where less is not sure, as on a page, the rest is not read once more for it
ALIKE = 0.7  # of each other's height: digits that a sheet cut off, and the others, differ less
BEYOND_DOUBT = 0.95  # of a score: what is seen so is believed
LARGE = 960  # px of the longest side: a smaller frame shows tiny digits no better than they were seen
MOST_TRIED = 2  # ways: where more have failed, others hardly help
MOST_CLOSE = 2  # looks that went closer at many marks, which take longest: then only sheets are looked at


@dataclass(frozen=True, eq=False)
class Attempt:
    """What came of looking in one way.

    Attributes:
        way: the way.
        digits: what was chosen of what was found, scored.
        found: what was found.
        find_s, frame_s: how long finding took, and framing what was found, seconds.
    """

    way: Way
    digits: list[Scored]
    found: Finding
    find_s: float = 0.0
    frame_s: float = 0.0


def best_attempt(look: Callable[[Way], Attempt], settings: ReadingSettings, threshold: float, side: int) -> Attempt:
    """Look in as few ways as it takes; `find_s` and `frame_s` of the one that is believed are those of all.

    Where there are few large marks, and not all that is read is sure, the frame is looked at once more with less around
    it, and with other thresholds: that is believed if each mark is a digit beyond doubt, and not all are slender, as
    any line is.

    Args:
        look: reads a frame in one way.
        settings: what is looked for.
        threshold: the score from which the model is sure of a digit.
        side: the frame's longest, pixels.
    """
    tried: list[Attempt] = []

    def attempt(way: Way) -> Attempt:
        close = sum(each.found.is_close and each.found.marks > BANDS for each in tried)
        if close >= MOST_CLOSE and not (way.sheet or way.wide):
            return Attempt(way, [], Finding([]))
        tried.append(look(way))
        return tried[-1]

    best = attempt(Way(settings.invert))
    if settings.layout != "single":
        best = _with_lower(best, attempt, settings, threshold)
        best = _ground_or_sheet(best, attempt, threshold, side)
        best = _with_what_was_cut_off(best, attempt, threshold)
        best = _with_other_sheets(best, attempt, threshold, one_row=settings.layout == "row")
    best = _with_pieces_joined(best, attempt, threshold)
    sure, marks = len(_sure(best, threshold)), max(tried[0].found.marks, best.found.marks)
    is_read = 0 < sure == len(best.digits)
    found = len(best.found.digits)
    breadth = sum(width / height for _, _, width, height in (digit.box for digit in best.found.digits))
    is_simple = 0 < marks <= SOME and DOUBT * found <= found - sure <= DOUBTFUL and breadth <= BROADEST
    is_full = max(each.found.marks for each in tried) > FULL or (best.found.is_close and marks > BANDS)
    if is_simple and not is_read and not is_full and len(tried) <= MOST_TRIED:
        best = _first_beyond_doubt(best, attempt, sure=sure, marks=marks)
    if marks and settings.layout != "single" and not _sure(best, threshold):
        best = _elsewhere(tuple(tried), attempt, threshold) or best
    if not _sure(best, threshold) and settings.layout != "single":
        best = _tiny_ones(settings.invert, attempt, threshold, side) or best
    return replace(best, find_s=sum(each.find_s for each in tried), frame_s=sum(each.frame_s for each in tried))


def _first_beyond_doubt(best: Attempt, attempt: Callable[[Way], Attempt], *, sure: int, marks: int) -> Attempt:
    """Return the first of the ways to look again that leaves no doubt, with no fewer digits than are sure already."""
    for change in AGAIN:
        is_narrow = "reach" in change
        if is_narrow and marks > BANDS:
            continue
        again = attempt(best.way._replace(**change))
        # Strokes that are wider than what is left of the reach fall into pieces.
        are_pieces = is_narrow and len(again.digits) > max(1, len(best.found.digits))
        if len(again.digits) >= max(1, sure) and not are_pieces and _is_beyond_doubt(again):
            return again
    return best


def _with_what_was_cut_off(best: Attempt, attempt: Callable[[Way], Attempt], threshold: float) -> Attempt:
    """Read the whole frame, or what lies around the sheet, where digits may lie at the edge of what was taken for it.

    That is believed if it shows the same digits and others about as high, not only lines.
    """
    sure = _sure(best, threshold)
    if not sure or not best.found.is_cut or best.way.whole:
        return best
    usual = median(digit.found.box[3] for digit in sure)
    for way in (best.way._replace(whole=True), best.way._replace(wide=True)):
        more = attempt(way)
        others = _sure(more, threshold)
        new = without_overlapped(others, sure)
        same = len(others) - len(new) == len(sure) and len(without_overlapped(sure, others)) == 0
        alike = all(ALIKE * usual <= digit.found.box[3] <= usual / ALIKE for digit in new)
        if same and new and alike and not are_slender(new):
            return more
    return best


def _with_other_sheets(best: Attempt, attempt: Callable[[Way], Attempt], threshold: float, *, one_row: bool) -> Attempt:
    """Read the sheets that are like the one that was read, as cards on a table: those with digits, not only lines.

    Of all rows the one that covers most is read if one is asked for, which may run over several sheets.
    """
    digits = best.digits
    for number in range(1, best.found.others + 1):
        other = _first_read([(best.way._replace(sheet=number), 1)], attempt, threshold)
        digits = in_one_order(digits, other.digits) if other else digits
    if one_row and best.found.others and digits:
        rows = [list(row) for _, row in groupby(digits, key=lambda digit: digit.found.row)]
        digits = in_one_order(max(rows, key=_area), [])
    return replace(best, digits=digits)


def _elsewhere(tried: Sequence[Attempt], attempt: Callable[[Way], Attempt], threshold: float) -> Attempt | None:
    """Read the whole frame beside broad dark things where nothing was read, or a label, or a torn sheet.

    The first is believed if half of it is beyond doubt, a label if half of it is surely digits, not only lines, and a
    torn sheet if all of it is beyond doubt. Where many marks were seen closely, no thing had outshone them, and where
    many may have been digits and none was, they are a text, on whatever it stands.
    """
    invert = tried[0].way.invert
    are_many = any(each.found.is_close and each.found.marks > FULL for each in tried)
    beside = [] if are_many else [(Way(invert, whole=True, beside=True), 1)]
    if found := _first_read(beside, attempt, BEYOND_DOUBT):
        return found
    if any(len(each.found.digits) > FULL for each in tried):
        return None
    label = attempt(Way(invert, label=True))
    is_read = _is_beyond_doubt(label) if label.found.is_torn else _is_read(label, threshold)
    return label if is_read else None


def _tiny_ones(invert: str, attempt: Callable[[Way], Attempt], threshold: float, side: int) -> Attempt | None:
    """Look for tiny digits in a large frame in which nothing was read: a number that is half of what is found."""
    ways = [(Way(invert, whole=True, fine=True), FEW)] if side >= LARGE else []
    return _first_read(ways, attempt, threshold)


def _with_pieces_joined(best: Attempt, attempt: Callable[[Way], Attempt], threshold: float) -> Attempt:
    """Read digits that are made of segments or dots, as displays show them, with the gaps between these closed.

    They may be where there are far more marks than digits, and these are pieces: they are if most of what comes out of
    joining them are digits, and more than without, or one in place of a part of each; one alone must be beyond doubt.
    Digits that stand close run into each other then: narrower gaps are closed too, and what shows more is taken.
    Slender ones say nothing, as segments pass for ones.
    """
    found = best.found
    are_letters = len(found.digits) > max(FULL, found.marks / PIECES)
    wholes = sum(not is_slender(digit) for digit in best.digits)
    if not found.in_pieces or are_letters or found.marks <= PIECES * wholes:
        return best
    whole = attempt(best.way._replace(joined=JOINED))
    if whole.found.marks:  # of a texture narrower gaps leave as much
        closer = attempt(best.way._replace(joined=CLOSE))
        # Of digits that are sure, less those that are not.
        whole = max(whole, closer, key=lambda each: 2 * len(_sure(each, threshold)) - len(each.found.digits))
    sure, before = _sure(whole, threshold if len(whole.digits) > 1 else BEYOND_DOUBT), _sure(best, threshold)
    were_parts = not without_overlapped(sure, before) and _area(before) < PART * _area(sure)
    is_better = len(sure) > max(len(before) - (were_parts and len(sure) == len(before)), len(whole.digits) / 2)
    return whole if is_better and not are_slender(whole.digits) else best


def _with_lower(
    best: Attempt, attempt: Callable[[Way], Attempt], settings: ReadingSettings, threshold: float
) -> Attempt:
    """Read what is too low where as many such marks stand in rows as digits are sure: if more numbers come of them."""
    sure, lower = _sure(best, threshold), best.found.lower
    if len(sure) >= max(FEW, lower + 1) or not lower or settings.layout == "row" or settings.expect_digits:
        return best
    digits = attempt(best.way._replace(lower=True)).digits
    if count_in_numbers(digits, threshold) < max(FEW, len(sure), len(digits) / 2):
        return best
    return replace(best, digits=in_one_order(without_overlapped(sure, digits), digits))


def _ground_or_sheet(usual: Attempt, attempt: Callable[[Way], Attempt], threshold: float, side: int) -> Attempt:
    """Read what was taken for ground, or beside the sheet, where nothing is sure.

    Where there are marks, and one is as large as a piece of ground, light may have been taken for dark, if none was so
    small that all were looked at closer: it was if a number comes out of taking it the other way. Where a sheet bears
    no digit, something else may have been taken for it: it was if digits come out of the whole frame, and not only
    lines.
    """
    found = usual.found
    if _sure(usual, threshold):
        return usual
    largest = max((length for digit in found.digits for length in digit.box[2:]), default=0)
    full = FULL if len(found.digits) > HARDLY else OVERFULL
    is_large = largest >= GROUND * side and not found.is_close
    is_ground = usual.way.invert == "auto" and is_large and found.marks <= full
    others = [(Way("other"), FEW)] if is_ground else []
    others += [(usual.way._replace(whole=True), 1)] if found.on_sheet and len(found.digits) <= OVERFULL else []
    return _first_read(others, attempt, threshold) or usual


def _first_read(ways: Sequence[tuple[Way, int]], attempt: Callable[[Way], Attempt], threshold: float) -> Attempt | None:
    """Return the first of ways in which so many digits are sure, and half of all, and not all are slender."""
    for way, least in ways:
        other = attempt(way)
        if _is_read(other, threshold, least=least):
            return other
    return None


def _is_read(attempt: Attempt, threshold: float, *, least: int = 1) -> bool:
    """Tell whether so many digits are sure, and half of all, and not all are slender."""
    return len(_sure(attempt, threshold)) >= max(least, len(attempt.digits) / 2) and not are_slender(attempt.digits)


def _sure(attempt: Attempt, threshold: float) -> list[Scored]:
    return [digit for digit in attempt.digits if digit.best >= threshold]


def _area(digits: Sequence[Scored]) -> int:
    return sum(digit.found.box[2] * digit.found.box[3] for digit in digits)


def _is_beyond_doubt(attempt: Attempt) -> bool:
    return not are_slender(attempt.digits) and min(digit.best for digit in attempt.digits) >= BEYOND_DOUBT
