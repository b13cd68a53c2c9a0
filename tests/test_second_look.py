"""Digits that would be refused are looked at again, each a little changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from device.finding.choosing import Scored
from device.finding.found import Found
from device.finding.second_look import CHANGES, MOST, looked_at_again

THRESHOLD = 0.8
LOOKS = len(CHANGES) + 2  # as it is, changed, and thinner


def digit(best: float, *, row: int = 0, label: int = 3) -> Scored:
    """Return a digit that was taken for this label, with its score in its picture."""
    scores = np.full(10, (1 - best) / 9, np.float32)
    scores[label] = best
    canonical = np.zeros((28, 28), np.uint8)
    canonical[6:22, 9:19] = round(100 * best)
    return Scored(Found((0, 0, 10, 16), canonical, row), scores, float(scores.max()))


def looks_of(scores: Sequence[float], *, label: int = 3, first: float | None = None):
    """Return a scorer of any number of digits whose looks, all but the first, have the given scores of a label."""

    def looks(found: Sequence[Found]) -> np.ndarray:
        every = np.zeros((len(found), 10), np.float32)
        for place, each in enumerate(found):
            look = place % LOOKS
            assert look or each.canonical.max() > 0
            every[place, label if look else 3] = scores[look - 1] if look else first or each.canonical.max() / 100
        return every

    return looks


def test_a_digit_that_is_surer_in_most_looks_has_their_mean() -> None:
    """Beside one that is sure; that one is not looked at."""
    sure, unsure = digit(0.99), digit(0.6)
    one, other = looked_at_again([sure, unsure], looks_of([0.9] * (LOOKS - 1)), THRESHOLD)
    assert one is sure
    assert other.best == pytest.approx((0.6 + 0.9 * (LOOKS - 1)) / LOOKS)
    assert (int(other.scores.argmax()), other.found) == (3, unsure.found)


@pytest.mark.parametrize(
    ("digits", "looks"),
    [
        ([digit(0.99), digit(0.6)], looks_of([0.8] * (LOOKS - 1))),  # the mean is below the threshold
        ([digit(0.99), digit(0.6)], looks_of([0.99] * (LOOKS - 1), label=5)),  # it speaks for another label
        ([digit(0.99), digit(0.6)], looks_of([0.99] * (LOOKS - 1), first=0.9)),  # what is around it spoke against it
        ([digit(0.99), digit(0.2)], looks_of([0.99] * (LOOKS - 1))),  # it is no digit
        ([digit(0.99, row=1), digit(0.6)], looks_of([0.99] * (LOOKS - 1))),  # none in its row is sure
        ([digit(0.6), digit(0.7)], looks_of([0.99] * (LOOKS - 1))),
        ([digit(0.99), *[digit(0.6)] * (MOST + 1)], looks_of([0.99] * (LOOKS - 1))),  # too many
    ],
)
def test_others_stay_as_they_were(digits: list[Scored], looks) -> None:
    """Nothing is believed that one look alone would not say in a row of digits."""
    assert [again is digit for again, digit in zip(looked_at_again(digits, looks, THRESHOLD), digits, strict=True)] == [
        True
    ] * len(digits)


def test_without_a_threshold_nothing_is_looked_at_again() -> None:
    """As with --no-reject, where nothing is refused; and nothing is no row."""

    def looks(found: Sequence[Found]) -> np.ndarray:
        raise AssertionError(found)

    digits = [digit(0.99), digit(0.4)]
    assert looked_at_again(digits, looks, 0.0) == digits
    assert looked_at_again([], looks, THRESHOLD) == []
