"""What the classifier thinks decides between what the finder proposes: pieces are joined where that is surer."""

from __future__ import annotations

import numpy as np
import pytest

from device.choosing import Scored, with_joints
from device.finder import Found
from device.strokes import Strokes

HEIGHT = 30  # of the frame that pieces are drawn in, px


def piece(left: int, score: float, *, top: int = 5, row: int = 0) -> Scored:
    """A stroke 4 px wide and 20 px high, of which the classifier is so sure."""
    ink = np.zeros((HEIGHT, 8), np.uint8)
    ink[5:25, 2:6] = 255
    strokes = Strokes(ink, ink.copy(), left - 2, top - 5)
    scores = np.array([score, 1 - score], np.float32)
    return Scored(Found((left, top, 4, 20), strokes.canonical(), row, strokes), scores)


def scorer_of(score: float):
    """A classifier that gives every picture this score."""
    return lambda pictures: np.tile(np.array([score, 1 - score], np.float32), (len(pictures), 1))


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
        ([piece(10, 0.6), piece(10, 0.6, top=26, row=1), *(piece(60 + 30 * n, 1.0) for n in range(3))], 1.0),
    ],
    ids=["hardly surer", "far", "sure of many", "one row above another"],
)
def test_other_neighbours_stay_apart(digits: list[Scored], whole: float) -> None:
    """Digits that stand close, and rows of a page, are not joined for looking like another digit."""
    assert with_joints(digits, scorer_of(whole)) == digits


def test_of_few_pieces_one_may_lie_above_the_other() -> None:
    """A digit cut across, alone in its frame, is one."""
    (joint,) = with_joints([piece(10, 0.6), piece(10, 0.9, top=27, row=1)], scorer_of(0.97))
    assert (joint.found.box, joint.found.row) == ((10, 5, 4, 42), 0)


def test_each_piece_is_joined_once() -> None:
    """Of two joints that share a piece the surer one is taken."""
    digits = [piece(10 + 6 * place, 0.5) for place in range(3)]
    scores = iter([[0.7, 0.3], [0.9, 0.1], [0.6, 0.4]])
    joints = with_joints(digits, lambda pictures: np.array([next(scores) for _ in pictures], np.float32))
    assert len(joints) == 2
    assert max(joint.best for joint in joints) == pytest.approx(0.9)
