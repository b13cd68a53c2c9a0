from __future__ import annotations

import numpy as np
import pytest

from edge_digits.synthetic.plain_drawing import line_cover, mapped


def test_a_line_covers_its_width() -> None:
    """A level line of two pixels covers two rows from end to end, and nothing further away."""
    cover = line_cover(9, np.array([-5.0, 3.5]), np.array([15.0, 3.5]), width=2.0)
    assert cover.dtype == np.float32
    assert cover.sum(axis=0) == pytest.approx(np.full(9, 2.0))
    assert cover[3:5].min() == 1
    assert cover[[0, 1, 6, 7, 8]].max() == 0


def test_a_line_ends_where_it_ends() -> None:
    """Beyond its ends a line reaches no further than half its width."""
    cover = line_cover(11, np.array([3.0, 5.0]), np.array([7.0, 5.0]), width=1.0)
    assert np.flatnonzero(cover[5]).tolist() == [3, 4, 5, 6, 7]


def test_a_line_without_length_is_a_dot() -> None:
    """Both ends in one place give a dot."""
    assert line_cover(5, np.array([2.0, 2.0]), np.array([2.0, 2.0]), width=1.0).sum() == 1


def test_the_identity_changes_nothing() -> None:
    """A map to itself gives every pixel back."""
    picture = np.random.default_rng(0).uniform(0, 255, (7, 7)).astype(np.float32)
    assert mapped(picture, np.array([[1, 0, 0], [0, 1, 0]], float), side=7) == pytest.approx(picture, rel=1e-6)


def test_a_shift_moves_and_fills_with_nothing() -> None:
    """Whole pixels move as they are; what comes from beyond the border is 0."""
    picture = np.arange(1, 26, dtype=np.float32).reshape(5, 5)
    moved = mapped(picture, np.array([[1, 0, -2], [0, 1, 1]], float), side=5)
    assert moved[:4, 2:] == pytest.approx(picture[1:, :3])
    assert moved[4].max() == 0
    assert moved[:, :2].max() == 0


def test_between_pixels_values_are_interpolated() -> None:
    """Half a pixel further lies the mean of two neighbours."""
    picture = np.array([[0, 10, 20], [0, 10, 20], [0, 10, 20]], np.float32)
    assert mapped(picture, np.array([[1, 0, 0.5], [0, 1, 0]], float), side=3)[1, :2].tolist() == [5, 15]
