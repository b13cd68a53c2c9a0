"""Intervals of medians and ratios from the medians of rounds."""

import numpy as np
import pytest

from benchmarks.intervals import centre_and_interval, student_factor


def test_a_single_round_has_no_interval():
    """How much processes differ cannot be told from one of them."""
    assert centre_and_interval([2.0], [1.0]) == (pytest.approx(2.0), None)


def test_rounds_in_pairs_share_what_slowed_both_down():
    """A machine that slows down from round to round leaves the ratio of pairs exact, and that of strangers not."""
    slow, fast = [2.0, 4.0, 8.0, 16.0], [1.0, 2.0, 4.0, 8.0]
    ratio, interval = centre_and_interval(slow, fast, paired=True)
    assert ratio == pytest.approx(2.0)
    assert interval == (pytest.approx(2.0), pytest.approx(2.0))
    _, apart = centre_and_interval(slow, fast)
    assert apart is not None
    assert apart[0] < 1.0 < 4.0 < apart[1]


@pytest.mark.parametrize("rounds", [3, 5, 10])
def test_intervals_cover_as_often_as_they_say(rounds):
    """Of 400 intervals of 95 %, between 92 and 98.5 % hold the true ratio, also from three rounds."""
    generator = np.random.default_rng(1)
    held = 0
    for trial in range(400):
        medians = np.exp(generator.normal(0.0, 0.02, rounds))
        _, interval = centre_and_interval(medians.tolist(), seed=trial)
        assert interval is not None
        held += interval[0] <= 1.0 <= interval[1]
    assert 0.92 <= held / 400 <= 0.985


def test_the_widening_is_students():
    """With few rounds the factor is that of Student's t; with many it goes to 1."""
    assert student_factor(3) == pytest.approx(4.303 / 1.96 * np.sqrt(1.5), rel=1e-3)
    assert student_factor(41) == pytest.approx(2.0211 / 1.95996 * np.sqrt(41 / 40), rel=1e-3)
    assert 1.0 < student_factor(1000) < 1.01
