"""Sides of boxes that were left over are no ones: they stand halfway between digits, paler or finer than these."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from device.finding.plausible import could_be_digits, without_sides
from device.finding.rows import digit_groups, in_rows
from device.finding.view import View, view_of

LEFT, PITCH, TALL, BROAD = 100, 60, 50, 30  # px: of the first digit and the boxes, and size of the digits in them


def row_of(lines: list[tuple[float, int, int, int]], *, digits: int = 4, pitch: int = PITCH) -> View:
    """See a row of digits as rings, with lines: each so many boxes from the left, so wide and high, px, and dark."""
    ink = np.zeros((120, 480), np.uint8)
    for place in range(digits):
        middle = (LEFT + place * pitch, 60)
        cv2.ellipse(ink, middle, (BROAD // 2 - 3, TALL // 2 - 3), 0, 0, 360, (200,), 6)
    for place, width, height, dark in lines:
        x = int(LEFT + place * pitch - width / 2)
        ink[60 - height // 2 : 60 + height // 2, x : x + width] = dark
    return view_of(ink, ink, np.where(ink > 0, 255, 0).astype(np.uint8))


def count_of(view: View) -> int:
    """Count what is left of the row."""
    (row,) = in_rows(could_be_digits(digit_groups(view.marks, view.weight, view.height), view))
    return len(without_sides(row, view))


@pytest.mark.parametrize("line", [(1.5, 6, 50, 110), (1.5, 6, 40, 120), (1.5, 3, 50, 200), (-0.5, 6, 50, 110)])
def test_what_is_left_of_a_box_is_left_out(line: tuple[float, int, int, int]) -> None:
    """Between two digits, or beside the last one, if it is paler or finer than digits."""
    assert count_of(row_of([line])) == 4


def test_two_sides_are_left_out() -> None:
    """At both ends of a row, and between."""
    assert count_of(row_of([(-0.5, 6, 52, 110), (3.5, 6, 52, 110)])) == 4


@pytest.mark.parametrize(
    "line",
    [
        (1.5, 6, 50, 200),  # as dark and as broad as other strokes
        (4.0, 6, 50, 110),  # in a box of its own
        (-1.0, 6, 50, 110),
    ],
)
def test_a_one_is_kept(line: tuple[float, int, int, int]) -> None:
    """By its ink, or because it stands where a digit stands."""
    assert count_of(row_of([line])) == 5


def test_a_pale_one_has_room_for_itself() -> None:
    """Its neighbours are further apart than other digits, unlike those beside the side of a box."""
    view = row_of([(0.5, 6, 50, 110)], digits=2, pitch=110)
    right = np.zeros_like(view.ink)
    right[:, 240:] = np.roll(row_of([], digits=3).ink, 175, axis=1)[:, 240:]
    ink = np.maximum(view.ink, right)
    both = view_of(ink, ink, np.where(ink > 0, 255, 0).astype(np.uint8))
    assert count_of(both) == 6


def test_among_few_digits_nothing_is_known() -> None:
    """How far they are apart shows only where three stand without a line between."""
    assert count_of(row_of([(0.5, 6, 50, 110)], digits=2)) == 3
