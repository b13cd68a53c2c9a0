"""Holding a result against an earlier one: which rows became slower or read worse than is allowed."""

from __future__ import annotations

from collections.abc import Sequence

from .comparison import SIGNIFICANT, Comparison, accuracy_words, compare_rows, describe
from .pairings import pair_rows
from .quantities import format_seconds
from .results import BenchResult, Row


def regressions(baseline: BenchResult, rows: Sequence[Row], *, most: float, same_digits: bool) -> list[str]:
    """Return which rows are slower than in the baseline by more than is allowed, or read significantly worse.

    A row is slower only where its interval says so as well: noise alone is no regression. One that was measured then
    and cannot be measured now is a regression too.

    Args:
        baseline: the earlier result.
        rows: those of the new one.
        most: by how much longer a row may take, as a share of before.
        same_digits: whether accuracy was counted on the same digits.
    """
    found = []
    for then, now in pair_rows(baseline.rows, rows):
        if then.latency is None:
            continue
        if now.latency is None:
            found.append(f"{describe(now)} was measured in the baseline and is not now: {now.error}")
            continue
        compared = compare_rows(now, then, paired=False, same_digits=same_digits)
        slower = 1 / compared.speed_up - 1
        if slower > most and _certain(compared):
            found.append(
                f"{describe(now)} takes {slower:.0%} longer than in the baseline, "
                f"{format_seconds(now.latency.median_s)} after {format_seconds(then.latency.median_s)}"
            )
        gain = compared.accuracy
        if gain is not None and gain.p is not None and gain.p < SIGNIFICANT and gain.points < 0:
            found.append(f"{describe(now)} reads worse than in the baseline: {accuracy_words(gain)}")
    return found


def undecided(baseline: BenchResult, rows: Sequence[Row], *, most: float) -> list[str]:
    """Return in words which rows take longer than is allowed, in rounds that differ too much to call it more."""
    found = []
    for then, now in pair_rows(baseline.rows, rows):
        if then.latency is None or now.latency is None:
            continue
        compared = compare_rows(now, then, paired=False, same_digits=False)
        slower = 1 / compared.speed_up - 1
        if slower > most and not _certain(compared):
            found.append(
                f"{describe(now)} takes {slower:.0%} longer than in the baseline, which the rounds are too few or too "
                "unlike to tell from noise; measure both with more --rounds"
            )
    return found


def _certain(compared: Comparison) -> bool:
    """Whether the subject is slower by more than chance, as far as rounds tell."""
    return compared.interval_95 is None or compared.interval_95[1] < 1


def unmatched(baseline: BenchResult, rows: Sequence[Row]) -> list[str]:
    """Return in words which rows the baseline says nothing about."""
    known = {id(now) for then, now in pair_rows(baseline.rows, rows) if then.latency}
    return [f"{describe(row)} is not in the baseline" for row in rows if id(row) not in known]
