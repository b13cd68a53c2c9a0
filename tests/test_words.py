"""What is no number, though each mark by itself might be a digit: words, units, signs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from device.choosing import Scored
from device.classifier import Classifier
from device.finder import Found
from device.frames import Frame
from device.reader import Reader
from device.words import without_words

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
        ([(0.9, 0.7, 0.9, 0.9)], [0, 1, 2, 3]),  # a digit that is not sure
        ([(0.7, 0.7)], [0, 1]),  # too few to be a word
        ([(0.7, 0.7, 0.9)], []),
        ([(0.7, 0.9, 0.7, 0.9, 0.9, 0.7, 0.9)], []),  # three of seven
        ([(0.7, 0.9, 0.7, 0.9, 0.7), (0.9, 0.9, 0.9)], [5, 6, 7]),  # a label and its number
        ([(0.7, 0.9, 0.7, 0.9, 0.7), (0.9, 0.7, 0.9, 0.9)], []),
        ([(0.7, 0.9, 0.7, 0.9, 0.7), (0.9, 0.7, 0.9)], []),
        ([(0.7, 0.9, 0.7), (0.9, 0.9, 0.9, 0.9, 0.9, 0.9)], [3, 4, 5, 6, 7, 8]),  # a row of digits after all
    ],
)
def test_words_are_left_out_and_numbers_stay(words: list[tuple[float, ...]], stay: list[int]) -> None:
    """By how many of the marks are refused, in each word, and in the row."""
    assert kept(row(*words)) == stay


def test_a_number_below_words_stays() -> None:
    """As on an envelope; what is too short to be one goes with them."""
    address = [row((0.7,) * 5, (0.7,) * 6, number=0), row((0.7,) * 9, number=1), row((0.9,) * 5, number=2)]
    assert kept([mark for each in address for mark in each]) == [20, 21, 22, 23, 24]
    address[2] = row((0.9, 0.9), number=2)
    assert kept([mark for each in address for mark in each]) == []


def test_among_words_a_number_is_surer_the_more_of_them_there_are() -> None:
    """In a row of which most is refused one mark in four may be, in such a frame none."""
    labelled = row((0.7, 0.9, 0.7, 0.9, 0.7), (0.9, 0.7, 0.9, 0.9))
    assert kept(labelled) == []
    assert kept(labelled + row((0.9,) * 8, number=1)) == list(range(5, 17))


@pytest.mark.parametrize(("high", "stay"), [(30, []), (70, [5, 6])])
def test_what_is_far_higher_than_words_is_not_of_them(high: int, stay: list[int]) -> None:
    """Two digits below a heading stay where they are written larger."""
    marks = row((0.7, 0.9, 0.7, 0.9, 0.7), heights=dict.fromkeys(range(5), 30))
    assert kept(marks + row((0.9, 0.9), number=1, heights={0: high, 1: high})) == stay


@pytest.mark.parametrize(("word", "stay"), [((0.9, 0.7), False), ((0.9, 0.9), False), ((0.9, 0.9, 0.9), True)])
def test_what_is_far_lower_than_digits_is_a_label(word: tuple[float, ...], stay: bool) -> None:
    """Unless it is a number."""
    marks = row(word, heights=dict.fromkeys(range(3), 20)) + row((0.9,) * 5, number=1)
    assert kept(marks) == list(range(0 if stay else len(word), len(marks)))


def test_before_digits_are_joined_and_cut_less_is_said() -> None:
    """Two marks may be pieces of one digit."""
    assert kept(row((0.7, 0.7, 0.9)), are_cut=False) == [0, 1, 2]
    assert kept(row((0.7, 0.7, 0.7, 0.9)), are_cut=False) == []


@pytest.mark.parametrize(("score", "stay"), [(0.95, [1, 2, 3]), (0.99, [0, 1, 2, 3])])
def test_a_low_mark_beside_digits_is_a_sign(score: float, stay: list[int]) -> None:
    """A plus sign looks like a digit; a small digit does so more."""
    assert kept(row((score,), (0.9, 0.9, 0.9), heights={0: 24})) == stay


@pytest.mark.parametrize(("high", "stay"), [(26, False), (34, True), (48, True), (60, False)])
def test_a_row_of_what_is_refused_is_none_unless_it_is_as_high_as_digits(high: int, stay: bool) -> None:
    """A tick, a stain or a logo above digits is not read; where nothing else is read, it stays doubtful."""
    refused = row((0.7, 0.6), number=0, heights={0: high, 1: high})
    assert kept(refused + row((0.9,) * 4, number=1)) == list(range(0 if stay else 2, 6))
    assert kept(refused) == [0, 1]


@pytest.mark.parametrize(("score", "threshold", "stay"), [(0.2, 0.8, False), (0.4, 0.8, True), (0.2, 0.0, True)])
def test_what_the_model_calls_no_digit_is_left_out(score: float, threshold: float, stay: bool) -> None:
    """Beside digits, unless the user refuses nothing."""
    marks = row((0.9, score, 0.9, 0.9))
    assert len(without_words(marks, threshold, are_cut=True)) == 3 + stay
    assert len(without_words(marks[1:2], threshold, are_cut=True)) == 1


@pytest.mark.parametrize(("pitch", "count", "stay"), [(8, 5, False), (14, 5, True), (14, 6, False)])
def test_the_bars_of_a_bar_code_are_left_out(pitch: int, count: int, stay: bool) -> None:
    """They are closer together than ones, or more than there are ones in a row."""
    bars = [
        Scored(Found((pitch * place, 0, 4, HIGH), DIGIT), np.array([0.99, 0.01], np.float32), 0.99)
        for place in range(count)
    ]
    assert kept(bars + row((0.9, 0.9, 0.9), number=1)) == list(range(0 if stay else count, count + 3))


def test_a_number_below_an_address_is_read(classifier: Classifier) -> None:
    """Letters look like digits, one by one: what is read is the number alone."""
    page = np.full((480, 640), 225, np.uint8)
    for text, y, size, wide in (("Max Mustermann", 120, 1.4, 3), ("Hauptgasse", 200, 1.4, 3), ("13074", 340, 2.5, 7)):
        cv2.putText(page, text, (80, y), cv2.FONT_HERSHEY_SIMPLEX, size, (40,), wide, cv2.LINE_AA)
    assert Reader(classifier).read(Frame("page", 0, 0.0, page)).rows == ("13074",)


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("are_cut", [False, True])
def test_the_numbers_of_a_list_stay(*, behind: bool, are_cut: bool) -> None:
    """Before its words or behind them, however short they are; a single row that begins with one is a sentence."""
    word, number = (0.7, 0.9, 0.7, 0.9, 0.7), (0.9, 0.9)
    rows = [row(*((word, number) if behind else (number, word)), number=place) for place in range(4)]
    stay = {
        mark.found.box[1] // 100
        for mark in without_words([mark for each in rows for mark in each], 0.8, are_cut=are_cut)
    }
    assert stay == {0, 1, 2, 3}
    assert len(without_words([mark for each in rows for mark in each], 0.8, are_cut=are_cut)) == 8
    sentences = [*rows[:1], *(row(word, word, number=place) for place in range(1, 4))]
    assert without_words([mark for each in sentences for mark in each], 0.8, are_cut=are_cut) == []


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
