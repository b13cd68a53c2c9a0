"""What the classifier thinks decides between what the finder proposes: digits are joined and cut where surer."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from device.finding.choosing import CROWD, MOST_CUT, Scored, best_cuts, with_count, with_cuts, with_joints
from device.finding.found import Found, pieces_of
from device.finding.splitting import cuts_of
from device.finding.strokes import Strokes, canonical_digits

HEIGHT = 30  # of the frame that pieces are drawn in, px


def piece(left: int, score: float, *, top: int = 5, row: int = 0) -> Scored:
    """A stroke 4 px wide and 20 px high, of which the classifier is so sure."""
    ink = np.zeros((HEIGHT, 8), np.uint8)
    ink[5:25, 2:6] = 255
    strokes = Strokes(ink, ink.copy(), np.zeros_like(ink), left - 2, top - 5)
    scores = np.array([score, 1 - score], np.float32)
    return Scored(Found((left, top, 4, 20), canonical_digits([strokes])[0], row, strokes), scores, score)


def scorer_of(score: float):
    """A classifier that gives every picture this score."""
    return lambda found: np.tile(np.array([score, 1 - score], np.float32), (len(found), 1))


def test_neighbours_that_are_surer_as_one_digit_are_joined() -> None:
    """The joint has the bounds of both and the row of the upper."""
    (joint,) = with_joints([piece(10, 0.6), piece(16, 0.99)], scorer_of(0.95))
    assert joint.found.box == (10, 5, 10, 20)
    assert joint.found.canonical[:, 14].max() == 0  # the gap between them stays


@pytest.mark.parametrize(
    ("digits", "whole"),
    [
        ([piece(10, 0.6), piece(16, 0.7)], 0.62),  # hardly surer
        ([piece(10, 0.6), piece(40, 0.7)], 0.99),  # too far apart
        ([piece(10 + 6 * place, 0.95) for place in range(5)], 1.0),  # many, and sure of each
        ([piece(10, 0.6), piece(16, 0.99)], 0.85),  # a digit before a sign
        ([piece(10, 0.6), piece(10, 0.6, top=26, row=1), *(piece(60 + 30 * n, 1.0) for n in range(3))], 1.0),
    ],
    ids=["hardly surer", "far", "sure of many", "sure of one", "one row above another"],
)
def test_other_neighbours_stay_apart(digits: list[Scored], whole: float) -> None:
    """Digits that stand close, and rows of a page, are not joined for looking like another digit."""
    assert with_joints(digits, scorer_of(whole)) == digits


def test_halves_of_a_stencils_digit_are_joined() -> None:
    """Each passes for a one, and both together, with a score of 0.99, for another digit."""
    one, half, other = (piece(left, 0.95) for left in (10, 40, 46))
    joint = with_joints([one, half, other, piece(90, 0.95)], scorer_of(0.01))[1]
    assert joint.found.box == (40, 5, 10, 20)


def test_of_few_pieces_one_may_lie_above_the_other() -> None:
    """A digit cut across, alone in its frame, is one."""
    (joint,) = with_joints([piece(10, 0.6), piece(10, 0.9, top=27, row=1)], scorer_of(0.97))
    assert (joint.found.box, joint.found.row) == ((10, 5, 4, 42), 0)


def test_each_piece_is_joined_once() -> None:
    """Of two joints that share a piece the surer one is taken."""
    digits = [piece(10 + 6 * place, 0.5) for place in range(3)]
    scores = iter([[0.7, 0.3], [0.9, 0.1], [0.6, 0.4]])
    joints = with_joints(digits, lambda found: np.array([next(scores) for _ in found], np.float32))
    assert len(joints) == 2
    assert max(joint.best for joint in joints) == pytest.approx(0.9)


def chain(count: int) -> Scored:
    """Upright strokes, each 6 px wide and 40 px high, joined by a thin bar, of which the classifier is not sure."""
    ink = np.zeros((44, 30 * count + 4), np.uint8)
    for place in range(count):
        ink[2:42, 9 + 30 * place : 15 + 30 * place] = 255
    ink[21:23, 9 : 15 + 30 * (count - 1)] = 255
    strokes = Strokes(ink, ink.copy(), np.zeros_like(ink), 0, 0)
    x, y, width, height = strokes.bounds
    scores = np.array([0.4, 0.6], np.float32)[::-1]
    return Scored(
        Found((10 * x, 10 * y, 10 * width, 10 * height), canonical_digits([strokes])[0], 3, strokes), scores, 0.6
    )


def upright(found: Sequence[Found]) -> np.ndarray:
    """A classifier that knows a digit only: one upright stroke."""
    pictures = np.stack([digit.canonical for digit in found])
    strokes = (pictures.max(axis=1) > 200).sum(axis=1)
    tall = (pictures[:, :, 12:16].max(axis=2) > 200).sum(axis=1) >= 18
    surely = np.where((strokes <= 8) & tall, 0.99, 0.2).astype(np.float32)
    return np.stack([surely, 1 - surely], axis=1)[:, :1]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_chain_is_cut_into_its_digits(count: int) -> None:
    """However many have grown together; boxes are in pixels of the frame, one for each stroke, in the chain's row."""
    parts = with_cuts([chain(count)], upright, upright)
    assert len(parts) == count
    assert [part.found.row for part in parts] == [3] * count
    for place, (left, _, width, _) in enumerate(part.found.box for part in parts):
        assert left <= 100 + 300 * place
        assert left + width >= 140 + 300 * place


def test_so_many_are_cut_as_are_so_wide_in_all() -> None:
    """Of many chains those that are least sure are cut, however many cuts each takes."""
    asked: list[int] = []

    def looks(found: Sequence[Found]) -> np.ndarray:
        asked.append(len(found))
        return scorer_of(0.5)(found)

    chains = [chain(4) for _ in range(9)]
    width, height = chains[0].found.box[2:]
    with_cuts(chains[:1], looks, looks)
    with_cuts(chains, looks, looks)
    assert asked[1] == asked[0] * int(MOST_CUT * height / width) < asked[0] * len(chains)


def test_what_lies_beyond_a_piece_that_is_no_digit_is_not_scored() -> None:
    """Most marks that are no digits have none at their left end, and few of their pieces are scored."""
    asked: list[int] = []

    def looks(found: Sequence[Found]) -> np.ndarray:
        asked.append(len(found))
        return scorer_of(0.5)(found)

    (pieces,) = pieces_of([chain(5).found])
    assert best_cuts([chain(5)], looks, [0.5]) == [None]
    (few,) = asked
    assert 0 < few < len(pieces) / 3
    best_cuts([chain(5)], looks, [0.4])
    assert sum(asked) == few + len(pieces)


def test_a_sure_digit_and_one_that_no_cut_makes_surer_stay_whole() -> None:
    """A cut must raise the lowest score."""
    sure, doubtful = chain(2), chain(2)
    sure = Scored(sure.found, np.array([0.95], np.float32), 0.95)
    never = lambda found: np.full((len(found), 1), 0.62, np.float32)  # noqa: E731 - a classifier, by name
    assert with_cuts([sure, doubtful], never, never) == [sure, doubtful]


def test_a_text_is_not_cut() -> None:
    """Where many marks were seen, and none is surely a digit; what is left of them may be wide letters."""
    better = scorer_of(0.95)
    doubtful, sure = chain(3), chain(2)
    sure = Scored(sure.found, np.array([0.95], np.float32), 0.95)
    assert len(with_cuts([doubtful], better, better, among=CROWD)) > 1
    assert with_cuts([doubtful], better, better, among=CROWD + 1) == [doubtful]
    assert len(with_cuts([doubtful, sure], better, better, among=CROWD + 1)) > 2


def test_no_more_parts_are_made_than_there_may_be() -> None:
    """Where a number of digits is expected, a chain gives as many as are missing."""
    (parts,) = best_cuts([chain(4)], lambda found: np.full((len(found), 1), 0.9, np.float32), [0.0], most=2)
    assert parts is not None
    assert len(parts) == 2


def test_hairlines_are_cut_as_other_strokes_are() -> None:
    """Digits a frame high, drawn with a pen of a pixel, are there in the smaller copy that is cut."""
    ink = np.zeros((404, 504), np.uint8)
    cv2.line(ink, (10, 2), (250, 401), (255,))
    cv2.line(ink, (250, 401), (500, 2), (255,))
    strokes = Strokes(ink, ink.copy(), np.zeros_like(ink), 0, 0)
    found = Found(strokes.bounds, canonical_digits([strokes])[0], 0, strokes)
    (parts,) = pieces_of([found])
    assert len(parts) > 2
    assert all(part.box[3] <= found.box[3] for part in parts)


@pytest.mark.parametrize(("start", "wide", "high"), [(25, 2, 2), (18, 29, 24), (18, 87, 72), (19, 93, 72)])
def test_pieces_of_a_mark_lie_in_it(start: int, wide: int, high: int) -> None:
    """However little of a pixel they are, and however their sides are rounded: their boxes are where its box is."""
    ink = np.zeros((70, 80), np.uint8)
    for left in (5, 5 + start, 5 + 2 * start):
        cv2.rectangle(ink, (left, 5), (left + 17 + 2 * (start - 18), 48), (255,), 3)
    strokes = Strokes(ink, ink.copy(), np.zeros_like(ink), 0, 0)
    found = Found((6, 3, wide, high), canonical_digits([strokes])[0], 0, strokes)
    (parts,) = pieces_of([found])
    assert len(parts) > 2
    for part in parts:
        x, y, width, height = part.box
        assert 6 <= x < x + width <= 6 + wide
        assert 3 <= y < y + height <= 3 + high


def test_the_ink_of_other_marks_is_no_pale_part_of_a_digit() -> None:
    """However near they stand, as the other piece of a cut does; without them it would be."""
    ink = np.zeros((60, 40), np.uint8)
    ink[5:55, 10:16] = 255
    alone, inside, others = ink.copy(), ink.copy(), np.zeros_like(ink)
    others[5:55, 21:27] = 255
    ink |= others
    nothing = np.zeros_like(ink)
    several = [
        Strokes(*each, 0, 0) for each in ((alone, inside, nothing), (ink, inside, others), (ink, inside, nothing))
    ]
    expected, without, taken = canonical_digits(several)
    np.testing.assert_array_equal(without, expected)
    assert not np.array_equal(taken, expected)


def test_strokes_are_framed_together_as_alone() -> None:
    """On one sheet neither a neighbour's ink nor its soft edge comes in, be it large, a hairline or at the rim."""
    rng = np.random.default_rng(0)
    several = []
    for height, width, pen in ((30, 24, 4), (300, 210, 2), (44, 700, 6), (12, 10, 3), (30, 24, 24)):
        inside = np.zeros((height, width), np.uint8)
        inside[:, width // 2 : width // 2 + pen] = inside[height // 2 : height // 2 + pen] = 255
        ink = np.maximum(inside // 2, rng.integers(0, 128, inside.shape).astype(np.uint8))
        several.append(Strokes(ink, inside, np.zeros_like(ink), 0, 0))
    together = canonical_digits(several)
    assert np.array_equal(together, np.concatenate([canonical_digits([each]) for each in several]))
    assert np.array_equal(canonical_digits(several[::-1]), together[::-1])


def test_a_cut_goes_around_ink() -> None:
    """Two slanted digits that overlap each other's columns and touch at one place are cut between them."""
    inside = np.zeros((60, 110), np.uint8)
    for left in (8, 32):
        for row in range(5, 55):
            start = left + (40 - row // 2 if row < 30 else row - 5)
            inside[row, start : start + 6] = 255
    apart = inside.copy()
    inside[29:31, 35:59] = 255
    halves = [half for _, half in cuts_of([inside])[0].pieces(0)]
    (count, labels) = cv2.connectedComponents(apart)
    assert count == 3
    one = (labels == labels[labels > 0].min()) & (apart > 0)
    assert any((half[one] > 0).all() and not half[(apart > 0) & ~one].any() for half in halves)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 3), (3, 40), (40, 3), (200, 900)])
def test_marks_of_any_size_can_be_cut(shape: tuple[int, int]) -> None:
    """Specks and large marks too: each piece is a part of the mark."""
    inside = np.full(shape, 255, np.uint8)
    (cuts,) = cuts_of([inside])
    pieces = [piece for start in range(len(cuts.places)) for _, piece in cuts.pieces(start)]
    assert all(0 < np.count_nonzero(piece) < inside.size for piece in pieces)


@pytest.mark.parametrize(("sure", "count"), [(0.99, 1), (0.6, 3)])
def test_a_sure_digit_is_not_cut_into_doubtful_ones(sure: float, count: int) -> None:
    """However many digits are expected; a doubtful one is, as two may have been taken for it."""
    digit = chain(3)
    digit = Scored(digit.found, np.array([sure, 1 - sure], np.float32), sure)
    assert len(with_count([digit], scorer_of(0.7), count=3)) == count
