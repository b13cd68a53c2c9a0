"""Frames are looked at in other ways where the usual one does not show digits for sure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from device.finding.attempts import (
    AGAIN,
    BANDS,
    BROADEST,
    CLOSE,
    FULL,
    HARDLY,
    JOINED,
    LARGE,
    OVERFULL,
    SOME,
    Attempt,
    best_attempt,
)
from device.finding.choosing import Scored
from device.finding.finder import Finder
from device.finding.found import Finding, Found
from device.frames import Frame
from device.inference.classifier import Classifier
from device.reader import Reader
from device.reading import Way
from device.settings.reading_settings import ReadingSettings
from device.shown_reading import stages

THRESHOLD = 0.8
USUAL = Way("auto")
WAYS = [USUAL, *(USUAL._replace(**change) for change in AGAIN)]
LAST = {"beside": Way("auto", whole=True, beside=True), "label": Way("auto", label=True)}


def seen(*scores: float, marks: int = 3, width: int = 30) -> Callable[[Way], Attempt]:
    """Make up what looking in any way gives: digits of these scores, 40 px high."""
    found = [Found((50 * place, 0, width, 40), np.zeros((28, 28), np.uint8)) for place in range(len(scores))]
    digits = [Scored(each, np.full(10, score), score) for each, score in zip(found, scores, strict=True)]
    return lambda way: Attempt(way, digits, Finding(found, marks), 0.001)


def looks(*, usual: Callable[[Way], Attempt], **others: Callable[[Way], Attempt]) -> tuple[Attempt, list[Way]]:
    """Look at a frame that looks so in the usual way, and so in others, by the name of what is changed.

    Where nothing is read, what lies beside broad things and a label show nothing either unless they are given, and are
    not noted to have been asked for then.
    """
    asked = []

    def look(way: Way) -> Attempt:
        last = next((name for name, each in LAST.items() if way == each), None)
        if last and last not in others:
            return seen(marks=0)(way)
        asked.append(way)
        if last:
            return others[last](way)
        changed = [name for name in others if name not in LAST and getattr(way, name) != getattr(USUAL, name)]
        return others[changed[0]](way) if changed else usual(way)

    return best_attempt(look, ReadingSettings(), THRESHOLD, 400), asked


def test_what_is_sure_is_looked_at_once() -> None:
    """Digits above the threshold need no other look."""
    best, asked = looks(usual=seen(0.81, 0.99))
    assert (best.way, asked) == (USUAL, [USUAL])


@pytest.mark.parametrize("usual", [seen(), seen(0.5), seen(0.99, 0.5)], ids=["nothing", "doubt", "partly"])
def test_what_is_doubtful_is_believed_in_the_first_way_that_leaves_no_doubt(usual: Callable[[Way], Attempt]) -> None:
    """Each way is tried in turn, and none after the one that is believed; finding takes the time of all."""
    best, asked = looks(usual=usual, inset=seen(0.9), reach=seen(0.9), least=seen(0.96))
    assert (best.way, asked) == (WAYS[3], WAYS[:4])
    assert best.find_s == pytest.approx(0.004)


def test_pieces_of_strokes_are_not_believed() -> None:
    """Where less is taken for ink a thick stroke falls apart: one mark is no three ones. A row of three is."""
    assert looks(usual=seen(0.5), reach=seen(0.99, 0.99, 0.99))[0].way == USUAL
    assert looks(usual=seen(0.5, 0.5, 0.5), reach=seen(0.99, 0.99, 0.99))[0].way == WAYS[2]


@pytest.mark.parametrize(
    "other",
    [seen(0.94), seen(), seen(0.99, 0.9), seen(0.99, width=15)],
    ids=["doubt", "nothing", "partly", "a line"],
)
def test_what_remains_doubtful_is_read_in_the_usual_way(other: Callable[[Way], Attempt]) -> None:
    """Neither less than a digit beyond doubt nor a line, which may be anything, is believed instead."""
    best, asked = looks(usual=seen(0.5), inset=other, least=other)
    assert (best.way, asked) == (USUAL, WAYS)


def test_no_sure_digit_is_given_up() -> None:
    """A way that shows fewer digits than are sure already is not believed."""
    best, _ = looks(usual=seen(0.99, 0.98, 0.5), inset=seen(0.99), least=seen(0.99))
    assert best.way == USUAL


@pytest.mark.parametrize(
    "usual",
    [seen(0.5, marks=SOME + 1), seen(*[0.5] * 4), seen(0.5, 0.5, 0.5, width=int(40 * BROADEST / 3) + 2), seen(marks=0)],
    ids=["marks", "doubts", "broad ones", "nothing"],
)
def test_what_is_full_or_empty_is_looked_at_once(usual: Callable[[Way], Attempt]) -> None:
    """Textures and text show something in any way, and blank paper nothing."""
    assert looks(usual=usual, inset=seen(0.99), least=seen(0.99))[1] == [USUAL]


def test_what_is_looked_at_closer_or_beside_a_texture_is_looked_at_no_further() -> None:
    """Stripes are looked at closer, and on what may be a sheet there may be little to see."""
    usual = seen(0.5, marks=BANDS + 1)(USUAL)
    close = replace(usual, found=replace(usual.found, is_close=True))
    assert looks(usual=lambda way: close, inset=seen(0.99))[1] == [USUAL]
    sheet = replace(usual, digits=[], found=replace(usual.found, on_sheet=True))
    full, clear = (
        looks(usual=lambda way: sheet, whole=seen(marks=marks), inset=seen(0.99)) for marks in (FULL + 1, FULL)
    )
    assert [bool(best.way.inset) for best, _ in (full, clear)] == [False, True]


@pytest.mark.parametrize(
    ("usual", "beside", "is_believed"),
    [
        (seen(marks=90), seen(0.96), True),
        (seen(0.5, 0.5, marks=90), seen(0.96, 0.96, 0.85, 0.5), True),
        (seen(marks=90), seen(0.94, 0.94), False),
        (seen(marks=90), seen(0.96, 0.5, 0.5), False),
        (seen(marks=90), seen(0.99, width=15), False),
        (seen(0.9, 0.5, marks=90), seen(0.99, 0.99), None),
        (seen(marks=0), seen(0.99, 0.99), None),
    ],
    ids=["one", "half", "doubt", "less than half", "a line", "read", "blank"],
)
def test_what_lies_beside_broad_things_is_read_where_nothing_else_is(
    usual: Callable[[Way], Attempt], beside: Callable[[Way], Attempt], is_believed: bool | None
) -> None:
    """Half of it must be beyond doubt, and not only lines; None where it is not looked for."""
    best, asked = looks(usual=usual, beside=beside)
    assert (LAST["beside"] in asked) == (is_believed is not None)
    assert best.way == (LAST["beside"] if is_believed else USUAL)


@pytest.mark.parametrize("marks", [FULL, FULL + 1])
def test_nothing_is_looked_for_beside_things_where_many_marks_were_seen_closely(marks: int) -> None:
    """No broad thing has outshone them; a label among them may still bear a number."""
    usual = seen(0.5, marks=marks)(USUAL)
    close = replace(usual, found=replace(usual.found, is_close=True))
    best, asked = looks(usual=lambda way: close, beside=seen(), label=seen(0.9))
    assert (LAST["beside"] in asked) == (marks == FULL)
    assert best.way == LAST["label"]


@pytest.mark.parametrize("count", [FULL, FULL + 1])
def test_no_label_is_looked_for_in_a_text(count: int) -> None:
    """Many may have been digits, and none was: whatever they stand on, its marks are letters."""
    best, asked = looks(usual=seen(*[0.5] * count, marks=90), label=seen(0.9))
    assert (LAST["label"] in asked) == (count == FULL)
    assert best.way == (LAST["label"] if count == FULL else USUAL)


@pytest.mark.parametrize(
    ("usual", "side", "fine", "is_believed"),
    [
        (seen(), LARGE, seen(0.9, 0.9, 0.9), True),
        (seen(0.5), LARGE, seen(0.9, 0.9, 0.9, 0.5, 0.5), True),
        (seen(), LARGE - 1, seen(0.9, 0.9, 0.9), None),
        (seen(0.9), LARGE, seen(0.9, 0.9, 0.9), None),
        (seen(), LARGE, seen(0.9, 0.9), False),
        (seen(), LARGE, seen(0.9, 0.9, 0.9, *[0.5] * 4), False),
        (seen(), LARGE, seen(0.9, 0.9, 0.9, width=15), False),
    ],
    ids=["a number", "among others", "a small frame", "read", "two digits", "most are none", "lines"],
)
def test_tiny_digits_are_looked_for_in_a_large_frame_in_which_nothing_was_read(
    usual: Callable[[Way], Attempt], side: int, fine: Callable[[Way], Attempt], is_believed: bool | None
) -> None:
    """A number of which half is sure; None where they are not looked for."""
    asked = []

    def look(way: Way) -> Attempt:
        asked.append(way)
        return fine(way) if way.fine else usual(way) if way == USUAL else seen(marks=0)(way)

    best = best_attempt(look, ReadingSettings(), THRESHOLD, side)
    assert any(way.fine and way.whole for way in asked) == (is_believed is not None)
    assert best.way.fine == bool(is_believed)


@pytest.mark.parametrize("is_close", [False, True])
def test_what_was_looked_at_closer_is_no_ground(is_close: bool) -> None:
    """A large mark may be ground that was taken for ink, if no others are so small that all were looked at closer."""
    usual = seen(0.5, width=100)(USUAL)
    usual = replace(usual, found=replace(usual.found, is_close=is_close))
    best, _ = looks(usual=lambda way: usual, invert=seen(0.9, 0.9, 0.9))
    assert (best.way.invert == "other") != is_close


def test_many_marks_are_looked_at_closer_but_twice() -> None:
    """That takes longest; where no digit came of it, none is read."""

    def closely(way: Way) -> Attempt:
        seen_so = seen(0.5, marks=BANDS + 1)(way)
        return replace(seen_so, way=way, found=replace(seen_so.found, is_close=True, on_sheet=True))

    best, asked = looks(usual=closely, whole=closely, label=seen(0.9))
    assert asked == [USUAL, USUAL._replace(whole=True)]
    assert best.way == USUAL


def ground(count: int, *, marks: int, on_sheet: bool) -> Callable[[Way], Attempt]:
    """Make up what looking gives where nothing is sure, each mark is as large as ground, and perhaps on a sheet."""
    unsure = seen(*[0.5] * count)(USUAL)
    found = [replace(digit, box=(0, 0, 300, 300)) for digit in unsure.found.digits]
    return lambda way: replace(unsure, way=way, found=Finding(found, marks, on_sheet=on_sheet))


@pytest.mark.parametrize("on_sheet", [False, True], ids=["light taken for dark", "no sheet"])
def test_what_was_taken_for_ground_is_read_unless_the_frame_is_full(*, on_sheet: bool) -> None:
    """Light digits, and what lies beside a sheet, are found where few things were, and not looked for among many."""
    number = seen(0.9, 0.9, 0.9)
    count, others = 1, {"whole" if on_sheet else "invert": number}
    best, asked = looks(usual=ground(count, marks=FULL, on_sheet=on_sheet), **others)
    assert (len(best.digits), len(asked)) == (3, 3 if on_sheet else 2)
    most = OVERFULL if on_sheet else FULL  # a texture beside a page is no reason to miss what is on the page
    assert looks(usual=ground(most + 1, marks=most + 1, on_sheet=on_sheet), **others)[1] == [USUAL]


@pytest.mark.parametrize(
    ("count", "marks", "is_read"),
    [(HARDLY, OVERFULL, True), (HARDLY, OVERFULL + 1, False), (HARDLY + 1, FULL + 1, False)],
)
def test_text_on_what_was_taken_for_ink_is_read(count: int, marks: int, *, is_read: bool) -> None:
    """Of many marks hardly one may be a digit where a text lies on light paper that passed for ink, as on a receipt."""
    best, _ = looks(usual=ground(count, marks=marks, on_sheet=False), invert=seen(0.9, 0.9, 0.9))
    assert (best.way.invert == "other") == is_read


def at_the_edge(*scores: float, is_cut: bool = True) -> Callable[[Way], Attempt]:
    """Make up what looking gives on a sheet at whose edge something may have been cut off."""
    usual = seen(*scores)
    return lambda way: replace(usual(way), found=replace(usual(way).found, on_sheet=True, is_cut=is_cut))


def with_others(score: float, *, width: int = 30, height: int = 40) -> Callable[[Way], Attempt]:
    """Make up what looking gives where two other marks, of this size in pixels, pass for digits beside one."""
    digits = seen(score, score, score)(USUAL).digits
    others = [replace(each, found=replace(each.found, box=(*each.found.box[:2], width, height))) for each in digits[1:]]
    return lambda way: replace(seen(score)(way), digits=[digits[0], *others])


@pytest.mark.parametrize(
    ("usual", "whole", "is_believed"),
    [
        (at_the_edge(0.9, 0.9), seen(0.9, 0.9, 0.9), True),
        (at_the_edge(0.9, 0.9, is_cut=False), seen(0.9, 0.9, 0.9), None),
        (at_the_edge(0.9, 0.9), seen(0.9, 0.9), False),
        (at_the_edge(0.9, 0.9, 0.9), seen(0.5, 0.9, 0.9, 0.9), False),
        (at_the_edge(0.9), with_others(0.9, width=15), False),
        (at_the_edge(0.9), with_others(0.9, height=60), False),
        (at_the_edge(0.9), with_others(0.9, height=25), False),
    ],
    ids=["more", "nothing cut off", "no more", "another lost", "lines", "a cup", "its handle"],
)
def test_what_a_sheet_cut_off_is_read(
    usual: Callable[[Way], Attempt], whole: Callable[[Way], Attempt], *, is_believed: bool | None
) -> None:
    """A line, or the edge of a shadow, may pass for its edge: the whole frame has the same digits and others."""
    best, asked = looks(usual=usual, whole=whole)
    assert best.way.whole == bool(is_believed)
    assert any(way.whole for way in asked) == (is_believed is not None)


@pytest.mark.parametrize("is_close", [False, True])
def test_what_lies_around_a_sheet_is_read_where_the_whole_frame_does_not_show_it(*, is_close: bool) -> None:
    """The outer cells of a table may lie beyond the sheet, and what it lies on outshine them; however often looked."""

    def closely(seen_so: Callable[[Way], Attempt]) -> Callable[[Way], Attempt]:
        return lambda way: replace(seen_so(way), way=way, found=replace(seen_so(way).found, is_close=is_close))

    usual = at_the_edge(0.9, 0.9)
    whole, more = seen(0.5, 0.9, marks=BANDS + 1), seen(0.9, 0.9, 0.9)
    best, asked = looks(usual=closely(usual), whole=closely(whole), wide=closely(more))
    assert best.way == USUAL._replace(wide=True)
    assert asked == [USUAL, USUAL._replace(whole=True), USUAL._replace(wide=True)]
    best, _ = looks(usual=closely(usual), whole=closely(whole), wide=closely(seen(0.5, 0.9, 0.9, 0.9)))
    assert best.way == USUAL


@pytest.mark.parametrize(
    ("usual", "label", "is_believed"),
    [
        (seen(marks=90), seen(0.9), True),
        (seen(0.5, marks=90), seen(0.9, 0.5), True),
        (seen(0.9, marks=90), seen(0.9, 0.9), None),
        (seen(marks=0), seen(0.9), None),
        (seen(marks=90), seen(0.9, 0.5, 0.5), False),
        (seen(marks=90), seen(0.5), False),
        (seen(marks=90), seen(0.99, width=15), False),
    ],
    ids=["nothing else", "doubt", "a digit", "blank", "a word", "in doubt", "a line"],
)
def test_a_label_is_read_where_nothing_else_is(
    usual: Callable[[Way], Attempt], label: Callable[[Way], Attempt], *, is_believed: bool | None
) -> None:
    """It is looked for last, where something was seen that is no digit, and believed if half of it is surely digits."""
    best, asked = looks(usual=usual, label=label)
    assert best.way.label == bool(is_believed)
    assert asked[-1].label == (is_believed is not None)


def test_lines_that_come_out_of_another_way_are_no_number() -> None:
    """Where a sheet bears no digit, a line beside it, or its edge, is none either."""
    best, asked = looks(usual=ground(1, marks=3, on_sheet=True), whole=seen(0.99, 0.99, 0.99, width=15))
    assert USUAL._replace(whole=True) in asked
    assert best.way == USUAL


def in_pieces(*scores: float, marks: int = 20) -> Callable[[Way], Attempt]:
    """Make up what looking gives where the marks may be pieces of digits."""
    usual = seen(*scores, marks=marks)
    return lambda way: replace(usual(way), found=replace(usual(way).found, in_pieces=True))


@pytest.mark.parametrize(
    ("usual", "whole", "is_believed"),
    [
        (in_pieces(), seen(0.9, 0.9), True),
        (in_pieces(0.99), seen(0.9, 0.5, 0.9), True),
        (in_pieces(), seen(0.96), True),
        (in_pieces(), seen(0.9), False),
        (in_pieces(), seen(0.9, 0.5), False),
        (in_pieces(), seen(0.99, 0.99, width=15), False),
        (in_pieces(0.99, 0.99), seen(0.99, 0.99), False),
        (in_pieces(0.99), seen(0.99, width=45), True),
        (in_pieces(0.99, 0.99), seen(0.99, width=45), False),
    ],
    ids=[
        *("digits", "more of them", "one beyond doubt", "one in doubt", "half of them", "lines", "no more"),
        *("one of a part", "one less"),
    ],
)
def test_pieces_are_joined_where_digits_come_of_it(
    usual: Callable[[Way], Attempt], whole: Callable[[Way], Attempt], *, is_believed: bool
) -> None:
    """Most of what is joined must be digits, more than were read in pieces or wholes of these, and one beyond doubt."""
    best, asked = looks(usual=usual, joined=whole)
    assert asked == [USUAL, *(USUAL._replace(joined=gap) for gap in (JOINED, CLOSE))]
    assert (best.way == asked[1]) == is_believed


@pytest.mark.parametrize(
    ("wide", "close", "gap"),
    [(seen(0.99, 0.3), seen(0.99, 0.98, 0.99), CLOSE), (seen(0.99, 0.98, 0.3), seen(0.99), JOINED)],
    ids=["close", "wide"],
)
def test_digits_of_a_display_may_stand_closer_than_its_wide_gaps(
    wide: Callable[[Way], Attempt], close: Callable[[Way], Attempt], gap: float
) -> None:
    """Closing these may run digits into each other: what shows more digits is believed."""
    best, _ = looks(usual=in_pieces(), joined=lambda way: (wide if way.joined == JOINED else close)(way))
    assert best.way.joined == gap


def test_where_several_ways_have_failed_no_other_is_tried() -> None:
    """What may be ground, and pieces, is looked at four times and not seven."""
    usual = ground(1, marks=5, on_sheet=False)
    pieces = replace(usual(USUAL), found=replace(usual(USUAL).found, in_pieces=True))
    _, asked = looks(usual=lambda way: pieces, invert=seen(), joined=seen())
    assert asked == [USUAL, Way("other"), *(USUAL._replace(joined=gap) for gap in (JOINED, CLOSE))]


def test_what_is_not_in_pieces_is_not_joined() -> None:
    """Marks that are digits, nearly all, are left as they are, as are those of another shape."""
    asked = [looks(usual=usual)[1] for usual in (in_pieces(0.9, 0.9, marks=4), seen(marks=20))]
    assert asked == [[USUAL], [USUAL]]


SEVEN = ("#####", "....#", "...#.", "..#..", "..#..", "..#..", "..#..")
FOUR = ("...#.", "..##.", ".#.#.", "#..#.", "#####", "...#.", "...#.")
TWO = (".###.", "#...#", "....#", "...#.", "..#..", ".#...", "#####")


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
def test_digits_of_a_dot_matrix_are_read(classifier: Classifier, *, light: bool) -> None:
    """Dots with gaps between them, as a display shows digits, are joined to strokes."""
    frame = np.full((240, 400), 60, np.uint8)
    for number, rows in enumerate((SEVEN, FOUR, TWO)):
        for (y, x), dot in np.ndenumerate([list(row) for row in rows]):
            if dot == "#":
                cv2.circle(frame, (80 + 96 * number + 14 * x, 70 + 14 * y), 5, (220,), cv2.FILLED, cv2.LINE_AA)
    reading = Reader(classifier).read(Frame("display", 0, 0.0, frame if light else 255 - frame))
    assert reading.text == "742"
    assert [abs(digit.box[2] - 67) < 4 and abs(digit.box[3] - 95) < 4 for digit in reading.digits] == [True] * 3


def with_a_pale_stroke(digit: np.ndarray) -> np.ndarray:
    """Draw a digit, 0–255 ink, on paper, the middle of it so pale that it is no mark beside the rest."""
    ink = cv2.resize(digit, (280, 280), interpolation=cv2.INTER_CUBIC) / 255
    ink[110:170] *= 0.3
    return np.clip(220 - 150 * ink, 0, 255).astype(np.uint8)


def test_pale_strokes_are_read(
    classifier: Classifier, sample_digits: MeasuringDigits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many digits of which a part is pale are read, as hardly any is in the usual way."""
    reader, right = Reader(classifier), []
    for ways in (AGAIN, ()):
        monkeypatch.setattr("device.finding.attempts.AGAIN", ways)
        right.append(0)
        for label in (2, 3, 5, 7):
            for digit in sample_digits.images[sample_digits.labels == label][:8]:
                frame = Frame("pale", 0, 0.0, with_a_pale_stroke(digit))
                right[-1] += reader.read(frame).text == str(label)
    assert right[0] >= 15
    assert right[1] <= 5


def test_what_is_seen_with_less_around_it_lies_where_it_is(
    classifier: Classifier, sample_digits: MeasuringDigits
) -> None:
    """Boxes, and the pictures of the stages, are in the frame's pixels though its rim was not looked at."""
    frame = np.full((300, 400, 3), 220, np.uint8)
    digit = cv2.resize(sample_digits.images[0], (112, 112), interpolation=cv2.INTER_CUBIC)
    frame[100:212, 150:262] -= (digit // 2)[..., np.newaxis]
    inset = USUAL._replace(inset=0.1)
    usual, less = (Finder(frame).find(way).digits[0] for way in (USUAL, inset))
    assert np.abs(np.subtract(usual.box, less.box)).max() <= 2  # the copies that are looked at have other pixels
    reading, canonical = Reader(classifier).read_closely(Frame("scene", 0, 0.0, frame))
    told = stages(frame, replace(reading, ways=(inset,)), canonical, ReadingSettings())
    assert told.shape == stages(frame, reading, canonical, ReadingSettings()).shape
