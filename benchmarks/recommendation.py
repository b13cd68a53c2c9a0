"""Which variant to deploy in which runtime, and why the others fall out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .comparison import SIGNIFICANT, compare_accuracy, describe
from .quantities import format_accuracy, format_seconds
from .results import Row


@dataclass(frozen=True)
class Wishes:
    """What a deployed model must keep; None where anything will do.

    Attributes:
        max_latency_s: the most that 19 of 20 digits may take (p95), seconds.
        min_accuracy: the least share of digits read right, 0–1.
        max_bytes: the most bytes on disk.
    """

    max_latency_s: float | None = None
    min_accuracy: float | None = None
    max_bytes: float | None = None


@dataclass(frozen=True)
class Recommendation:
    """What to deploy.

    Attributes:
        chosen: the row; None where no row keeps all wishes.
        reasons: why that one, in words.
        others: each other row in words, with why it falls out.
    """

    chosen: Row | None
    reasons: str
    others: tuple[tuple[str, str], ...]


def recommend(rows: Sequence[Row], wishes: Wishes) -> Recommendation:
    """Choose among the rows that keep all wishes: of those not significantly worse than the best reader, the fastest.

    Whether a row reads worse is asked of McNemar's test on the same digits; of equally fast ones the smaller is chosen.
    """
    out = {id(row): why for row in rows if (why := _breaks(row, wishes))}
    left = [row for row in rows if id(row) not in out]
    readers = [row for row in left if row.accuracy]
    if readers:
        best = max(readers, key=lambda row: row.accuracy.accuracy if row.accuracy else 0.0)
        for row in left:
            why = _worse(row, best)
            if why:
                out[id(row)] = why
        left = [row for row in left if id(row) not in out]
    if not left:
        return Recommendation(None, "no model keeps all of it", tuple((describe(row), out[id(row)]) for row in rows))
    chosen = min(left, key=lambda row: (row.latency.median_s if row.latency else 0.0, row.file_bytes))
    for row in left:
        if row is not chosen:
            out[id(row)] = _slower(row, chosen)
    others = tuple((describe(row), out[id(row)]) for row in rows if row is not chosen)
    return Recommendation(chosen, _praise(chosen, several=len(left) > 1), others)


def format_recommendation(found: Recommendation) -> str:
    """Return a recommendation as lines of text."""
    head = (
        f"deploy {describe(found.chosen)}: {found.reasons}" if found.chosen else f"nothing to deploy: {found.reasons}"
    )
    return "\n".join([head, *(f"  not {name}: {why}" for name, why in found.others)])


def _breaks(row: Row, wishes: Wishes) -> str:
    """Return which wish a row does not keep, empty if it keeps all."""
    if row.latency is None:
        return row.error or "not measured"
    broken = []
    if wishes.max_latency_s is not None and row.latency.p95_s > wishes.max_latency_s:
        broken.append(
            f"too slow, p95 {format_seconds(row.latency.p95_s)} is above {format_seconds(wishes.max_latency_s)}"
        )
    if wishes.min_accuracy is not None:
        if row.accuracy is None:
            broken.append("its accuracy is not known")
        elif row.accuracy.accuracy < wishes.min_accuracy:
            broken.append(
                f"reads too badly, {100 * row.accuracy.accuracy:.2f} % is below {100 * wishes.min_accuracy:g} %"
            )
    if wishes.max_bytes is not None and row.file_bytes > wishes.max_bytes:
        broken.append(f"too large, {row.file_bytes:,} bytes are above {wishes.max_bytes:,.0f}")
    return "; ".join(broken)


def _worse(row: Row, best: Row) -> str:
    """Return that a row reads significantly worse than the best, empty if it does not."""
    if row.accuracy is None:
        return "its accuracy is not known"
    gain = compare_accuracy(row, best)
    if gain is None or gain.p is None or gain.p >= SIGNIFICANT or gain.points >= 0:
        return ""
    return f"reads {-gain.points:.2f} points worse than {describe(best)} (McNemar p = {gain.p:.2g})"


def _slower(row: Row, chosen: Row) -> str:
    assert row.latency is not None
    assert chosen.latency is not None
    ratio = row.latency.median_s / chosen.latency.median_s
    if ratio < 1.005:
        return f"as fast, {row.file_bytes:,} bytes instead of {chosen.file_bytes:,}"
    return f"{ratio:.2f}× as long, {format_seconds(row.latency.median_s)}, and reads no better than chance allows"


def _praise(row: Row, *, several: bool) -> str:
    assert row.latency is not None
    figures = [f"p95 {format_seconds(row.latency.p95_s)}", f"{row.file_bytes:,} bytes"]
    if row.accuracy:
        figures.append(f"reads {format_accuracy(row.accuracy)}")
    why = "the fastest of those that read as well as the best" if several else "the only one left"
    return f"{', '.join(figures)}; {why}"
