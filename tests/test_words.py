"""What is no number, though each mark by itself might be a digit: words, units, signs."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from device.finding.choosing import Scored
from device.finding.context import Context
from device.finding.found import Found
from device.finding.strokes import Strokes
from device.finding.words import CROWD, trusted, without_lines, without_unsure_rows, without_words
from device.frames import Frame
from device.inference.classifier import Classifier
from device.inference.runtime import load_runtime
from device.reader import Reader

HIGH = 40  # px, of a digit
DIGIT = np.zeros((28, 28), np.uint8)


def row(*words: tuple[float, ...], number: int = 0, heights: dict[int, int] | None = None) -> list[Scored]:
    """Make a row of words, each with the scores of its marks; heights of marks by their place."""
    marks: list[Scored] = []
    for word, scores in enumerate(words):
        for score in scores:
            height = (heights or {}).get(len(marks), HIGH)
            box = (50 * len(marks) + 200 * word, 100 * number + (HIGH - height) // 2, 30, height)
            scores_of_labels = np.array([score, *[(1 - score) / 9] * 9], np.float32)
            marks.append(Scored(Found(box, DIGIT, number, word=word), scores_of_labels, score))
    return marks


def kept(marks: list[Scored], *, are_cut: bool = True) -> list[int]:
    """Return the places of the marks that stay."""
    return [place for place, mark in enumerate(marks) if mark in without_words(marks, 0.8, are_cut=are_cut)]


@pytest.mark.parametrize(
    ("words", "stay"),
    [
        ([(0.9, 0.5, 0.9, 0.9)], [0, 1, 2, 3]),  # a digit that is not sure
        ([(0.9, 0.4)], [0, 1]),
        ([(0.1, 0.4, 0.4)], []),
        ([(0.1, 0.9, 0.1, 0.2, 0.1, 0.9)], []),  # two letters that look like digits
        ([(0.1, 0.9, 0.1, 0.2, 0.1), (0.9, 0.5, 0.9)], [5, 6, 7]),  # a label and its number
        ([(0.1, 0.9, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1), (0.9, 0.9)], [9, 10]),  # a number among words
        ([(0.1, 0.9, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1), (0.9, 0.5)], []),  # that is surely none
        ([(0.1, 0.1, 0.2, 0.1), (0.4, 0.9, 0.9, 0.9, 0.3)], [5, 6, 7]),  # an amount between signs, beside words
        ([(0.1, 0.1, 0.2, 0.1), (0.4, 0.9, 0.5, 0.9, 0.3)], []),
    ],
)
def test_words_are_left_out_and_numbers_stay(words: list[tuple[float, ...]], stay: list[int]) -> None:
    """By how sure of digits the model is on average, in each word, and in the row."""
    assert kept(row(*words)) == stay


@pytest.mark.parametrize(
    ("bends", "stay"),
    [
        ((-8, None, 8), [1]),  # (5)
        ((None, -8, None, None, 8), [0, 2, 3]),
        ((8, None, -8), [0, 1, 2]),  # bent towards what is between
        ((0, None, 0), [0, 1, 2]),
        ((-8, None, 0), [0, 1, 2]),
        ((-8, 8, None), [0, 1, 2]),  # nothing between
        ((-8, *[None] * 7, 8), list(range(9))),  # too much
    ],
)
def test_a_pair_of_brackets_is_no_pair_of_ones(bends: tuple[int | None, ...], stay: list[int]) -> None:
    """They are slender and bent, by so many pixels of 40, away from the digits that they stand around."""
    marks = row((0.95,) * len(bends))
    assert kept([mark if bend is None else bent(mark, bend) for mark, bend in zip(marks, bends, strict=True)]) == stay


def bent(mark: Scored, bend: int) -> Scored:
    """Make a mark a slender stroke whose middle lies so many pixels to the right of its ends."""
    inside = np.zeros((HIGH, 30), np.uint8)
    middles = [(round(15 + bend * np.sin(np.pi * y / (HIGH - 1))), y) for y in range(HIGH)]
    cv2.polylines(inside, [np.array(middles, np.int32)], isClosed=False, color=(255,), thickness=3)
    x, _, _, _ = mark.found.box
    strokes = Strokes(inside, inside, np.zeros_like(inside), 0, 0)
    return replace(mark, found=replace(mark.found, box=(x, 0, 12, HIGH), strokes=strokes))


@pytest.mark.parametrize(
    ("scores", "gaps", "stay"),
    [
        ((0.1, 0.2, 0.1, 0.2, 0.9, 0.9), (4, 4, 4, 14, 4), [4, 5]),  # "Room 82" in print
        ((0.1, 0.2, 0.1, 0.2, 0.9), (4, 4, 4, 14), [4]),
        ((0.1, 0.2, 0.1, 0.2, 0.5), (4, 4, 4, 14), []),
        ((0.1, 0.2, 0.1, 0.2, 0.9, 0.9), (4, 4, 4, 10, 4), []),  # too narrow for a space
        ((0.1, 0.2, 0.1, 0.2, 0.9, 0.9), (10, 8, 8, 14, 8), []),  # hardly wider than the others
        ((0.1, 0.9, 0.9, 0.9), (4, 14, 4), [1, 2, 3]),  # a sign before a number with a wide gap
        ((0.9, 0.9, 0.5, 0.9), (4, 14, 4), [0, 1, 2, 3]),
        ((0.9, 0.9, 0.4, 0.4, 0.3), (4, 14, 4, 4), [0, 1]),  # and its unit
    ],
)
def test_a_space_parts_a_number_from_a_word(scores: tuple[float, ...], gaps: tuple[int, ...], stay: list[int]) -> None:
    """Of digits 40 px high: a third of it, and twice the usual gap, where more that is surely digits is left so."""
    lefts = [30 * place + sum(gaps[:place]) for place in range(len(scores))]
    marks = [
        replace(mark, found=replace(mark.found, box=(left, 0, 30, HIGH)))
        for mark, left in zip(row(scores), lefts, strict=True)
    ]
    assert kept(marks) == stay


@pytest.mark.parametrize(
    ("others", "looks", "height", "is_trusted"),
    [
        ((1, 1, 1), 0.99, HIGH, True),
        ((1, 0.1, 0.1), 0.99, HIGH, False),  # most of the word is none
        ((1, 1, 1), 0.9, HIGH, False),  # it does not surely look like one
        ((1, 1, 1), 0.99, HIGH // 2, False),  # it is lower
        ((1,), 0.99, HIGH, False),  # one other is not many
    ],
)
def test_what_stands_among_digits_is_trusted(
    others: tuple[float, ...], looks: float, height: int, is_trusted: bool
) -> None:
    """They say more of a mark than whatever else is around it."""
    found = [mark.found for mark in row((looks, *[0.99 for _ in others]), heights={0: height})]
    chances = np.array([0.2, *others], np.float32)
    believed = trusted(found, chances, np.array([looks, *[0.99 for _ in others]], np.float32))
    assert believed.tolist() == [1.0 if is_trusted else chances[0], *chances[1:].tolist()]


def test_a_row_is_judged_by_itself() -> None:
    """A number below an address stays, however short, and so do those of a list."""
    letters = (0.1, 0.2, 0.1, 0.1, 0.3)
    address = [row(letters, letters, number=0), row(letters, number=1), row((0.9, 0.9), number=2)]
    assert kept([mark for each in address for mark in each]) == [15, 16]
    items = [row((0.9, 0.9), letters, letters, number=place) for place in range(3)]
    assert kept([mark for each in items for mark in each]) == [0, 1, 12, 13, 24, 25]


@pytest.mark.parametrize(("score", "stay"), [(0.95, [1, 2, 3]), (0.99, [0, 1, 2, 3])])
def test_a_low_mark_beside_digits_is_a_sign(score: float, stay: list[int]) -> None:
    """A plus sign looks like a digit; a small digit does so more."""
    assert kept(row((score,), (0.9, 0.9, 0.9), heights={0: 20})) == stay


@pytest.mark.parametrize(("score", "threshold", "stay"), [(0.2, 0.8, False), (0.4, 0.8, True), (0.2, 0.0, True)])
def test_what_the_model_calls_no_digit_is_left_out(score: float, threshold: float, stay: bool) -> None:
    """Beside digits, unless the user refuses nothing."""
    marks = row((0.9, score, 0.9, 0.9))
    assert len(without_words(marks, threshold, are_cut=True)) == 3 + stay


@pytest.mark.parametrize(("pitch", "count", "stay"), [(8, 5, False), (14, 5, True), (14, 6, False)])
def test_the_bars_of_a_bar_code_are_left_out(pitch: int, count: int, stay: bool) -> None:
    """They are closer together than ones, or more than there are ones in a row."""
    bars = [
        Scored(Found((pitch * place, 0, 4, HIGH), DIGIT), np.array([0.99, 0.01], np.float32), 0.99)
        for place in range(count)
    ]
    assert kept(bars + row((0.9, 0.9, 0.9), number=1)) == list(range(0 if stay else count, count + 3))


@pytest.mark.parametrize(("ones", "stay"), [(7, False), (5, False), (4, True)])
def test_a_number_in_narrow_type_is_no_bar_code(ones: int, stay: bool) -> None:
    """Its digits are as slender as bars, and differ."""
    scores = np.eye(10, dtype=np.float32)
    labels = [1] * ones + [*range(2, 9 - ones)]
    marks = [Scored(Found((20 * place, 0, 14, HIGH), DIGIT), scores[label], 1.0) for place, label in enumerate(labels)]
    assert kept(marks) == list(range(7 if stay else 0))


@pytest.mark.parametrize(
    ("pitch", "scores", "height", "stay"),
    [
        (20, (0.9, 0.9, 0.9), HIGH, True),
        (14, (0.9, 0.9, 0.9), HIGH, False),  # too close to each other
        (20, (0.9, 0.9), HIGH, False),  # two digits say nothing of a page
        (20, (0.9, 0.9, 0.9, 0.9, 0.9), HIGH // 2, False),  # bars above a number
    ],
)
def test_a_row_of_ones_on_a_page_of_digits_is_read(
    pitch: int, scores: tuple[float, ...], height: int, stay: bool
) -> None:
    """As an exercise has it; they are as high as the digits of other rows, and as far apart as ones are written."""
    ones = [
        Scored(Found((pitch * place, 0, 4, HIGH), DIGIT), np.array([0.99, 0.01], np.float32), 0.99)
        for place in range(7)
    ]
    others = row(scores, number=1, heights=dict.fromkeys(range(len(scores)), height))
    assert kept(ones + others) == list(range(0 if stay else 7, 7 + len(scores)))


def test_rows_without_a_sure_digit_are_left_out_beside_others() -> None:
    """Arrows below a number, as a carton has them, are none; where nothing is sure, what may be digits stays."""
    number, arrows = row((0.9, 0.5, 0.9), number=1), row((0.5, 0.6), number=2)
    assert without_unsure_rows([*number, *arrows], 0.8) == number
    assert without_unsure_rows(arrows, 0.8) == arrows
    assert without_unsure_rows([*number, *arrows], 0.0) == [*number, *arrows]


def test_lines_alone_in_a_crowd_are_no_ones() -> None:
    """As the backs of books are; beside another digit, and among a few letters, a 1 is one."""
    (broad,) = row((0.9,))
    (slender,) = (replace(mark, found=replace(mark.found, box=(0, 0, 8, HIGH))) for mark in row((0.9,)))
    assert without_lines([slender, slender], among=CROWD + 1) == []
    assert without_lines([slender, broad], among=CROWD + 1) == [slender, broad]
    assert without_lines([slender], among=CROWD) == [slender]


def test_a_number_below_an_address_is_read(classifier: Classifier) -> None:
    """Letters look like digits, one by one: what is read is the number alone, which is the first row."""
    page = np.full((480, 640), 225, np.uint8)
    for text, y, size, wide in (("Max Mustermann", 120, 1.4, 3), ("Hauptgasse", 200, 1.4, 3), ("13074", 340, 2.5, 7)):
        cv2.putText(page, text, (80, y), cv2.FONT_HERSHEY_SIMPLEX, size, (40,), wide, cv2.LINE_AA)
    reader = Reader(classifier, context=Context(load_runtime(None)))
    reading = reader.read(Frame("page", 0, 0.0, page))
    assert reading.rows == ("13074",)
    assert {digit.row for digit in reading.digits} == {0}


@pytest.mark.parametrize(("score", "high", "stays"), [(0.7, 30, False), (0.9, 30, True), (0.7, 34, True)])
def test_a_lower_mark_that_is_refused_is_a_sign(score: float, high: int, stays: bool) -> None:
    """As the plus before a number to add; a digit that is sure, or as high as the others, is none."""
    marks = row((score,), (0.9, 0.9, 0.9), heights={0: high})
    assert (0 in kept(marks)) == stays


def test_rows_with_a_doubtful_digit_are_no_list() -> None:
    """The cells of a table of which one digit in each row is not sure are all read."""
    rows = [row((0.9, 0.9), (0.9, 0.9), (0.9, 0.7), (0.9, 0.9), number=place) for place in range(4)]
    marks = [mark for each in rows for mark in each]
    assert len(without_words(marks, 0.8, are_cut=True)) == len(marks)
