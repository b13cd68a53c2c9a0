"""Statements about two rows: how much faster, how much better, with intervals, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from device.statistics import mcnemar_p

from .intervals import centre_and_interval
from .results import Row
from .table import runtime_name

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Gain:
    """How many digits two models read differently well, on the same digits.

    Attributes:
        points: by how many percentage points the subject is better, negative where it is worse.
        gained: digits that only the subject reads right; None where only totals are known.
        lost: digits that only the reference reads right; None where only totals are known.
        p: two-sided p-value of McNemar's exact test; None where only totals are known.
    """

    points: float
    gained: int | None
    lost: int | None
    p: float | None


@dataclass(frozen=True)
class Comparison:
    """One row held against another.

    Attributes:
        subject: what is compared, in words.
        reference: what it is compared with, in words.
        speed_up: how many times as fast the subject is.
        interval_95: its 95 % interval; None where one of the two was measured in a single round.
        paired: whether the rounds of both belong together, measured in one run.
        rounds: how many rounds the interval comes from, of the row that has fewer.
        accuracy: None where they were not measured on the same digits.
        bytes_ratio: size of the subject's file over that of the reference's.
        memory_ratio: most memory of the subject's process over that of the reference's, None where it is not known.
    """

    subject: str
    reference: str
    speed_up: float
    interval_95: tuple[float, float] | None
    paired: bool
    rounds: int
    accuracy: Gain | None
    bytes_ratio: float
    memory_ratio: float | None


def compare_rows(
    subject: Row, reference: Row, *, paired: bool, same_digits: bool, names: tuple[str, str] | None = None
) -> Comparison:
    """Compare two rows that were both measured.

    Args:
        subject: what is compared.
        reference: what it is compared with.
        paired: whether both are of one run, in which the rounds of all rows were taken together.
        same_digits: whether accuracy was counted on the same digits.
        names: what the two are called; by model and runtime if absent.

    Raises:
        ValueError: one of them has no latency.
    """
    if subject.latency is None or reference.latency is None:
        raise ValueError("expected two rows that were measured")
    subject_s, reference_s = subject.latency.round_medians_s, reference.latency.round_medians_s
    speed_up, interval = centre_and_interval(reference_s, subject_s, paired=paired)
    memory = subject.peak_rss_bytes, reference.peak_rss_bytes
    subject_words, reference_words = names or _names(subject, reference)
    return Comparison(
        subject=subject_words,
        reference=reference_words,
        speed_up=speed_up,
        interval_95=interval,
        paired=paired,
        rounds=min(len(subject_s), len(reference_s)),
        accuracy=compare_accuracy(subject, reference) if same_digits else None,
        bytes_ratio=subject.file_bytes / reference.file_bytes,
        memory_ratio=memory[0] / memory[1] if memory[0] and memory[1] else None,
    )


def compare_accuracy(subject: Row, reference: Row) -> Gain | None:
    """Compare accuracy on the same digits, None where one of the rows has none."""
    first, second = subject.accuracy, reference.accuracy
    if first is None or second is None or first.n != second.n:
        return None
    points = 100 * (first.correct - second.correct) / first.n
    if first.misread is None or second.misread is None:
        return Gain(points, None, None, None)
    gained, lost = len(set(second.misread) - set(first.misread)), len(set(first.misread) - set(second.misread))
    return Gain(points, gained, lost, mcnemar_p(gained, lost))


def describe(row: Row) -> str:
    """Return a row in words: "cnn_int8.tflite on tflite-runtime 2.14.0"."""
    return f"{row.model} on {runtime_name(row)}"


def statement(found: Comparison) -> str:
    """Return a comparison as a sentence."""
    parts = [f"{found.subject} is {speed_words(found)} {found.reference}", accuracy_words(found.accuracy)]
    if abs(found.bytes_ratio - 1) >= 0.005:
        parts.append(f"file {found.bytes_ratio:.2f}×")
    if found.memory_ratio is not None and abs(found.memory_ratio - 1) >= 0.02:
        parts.append(f"memory {found.memory_ratio:.2f}×")
    return "; ".join(parts)


def speed_words(found: Comparison) -> str:
    """Return which is faster: "2.70× faster (95 % interval 2.50–2.90) than", or that it cannot be told."""
    ratio, interval = found.speed_up, found.interval_95
    faster = ratio >= 1
    shown = ratio if faster else 1 / ratio
    words = f"{shown:.{_digits(shown)}f}× {'faster' if faster else 'slower'}"
    if interval is None:
        return f"{words} (one round: no interval) than"
    low, high = interval if faster else (1 / interval[1], 1 / interval[0])
    bounds = f"95 % interval {low:.{_digits(shown)}f}–{high:.{_digits(shown)}f}"
    if low <= 1 <= high:
        return f"as fast, as far as {found.rounds} rounds tell ({words}, {bounds}), as"
    return f"{words} ({bounds}) than"


def accuracy_words(gain: Gain | None) -> str:
    """Return which reads better: "accuracy −0.01 points, not significant, McNemar p = 0.8"."""
    if gain is None:
        return "accuracy not compared"
    if gain.p is None:
        return f"accuracy {_signed(gain.points)} points"
    if gain.gained == gain.lost == 0:
        return "accuracy the same, digit for digit"
    verdict = "significant" if gain.p < SIGNIFICANT else "not significant"
    shown = f"p = {gain.p:.2g}" if gain.p >= 0.001 else "p < 0.001"
    return (
        f"accuracy {_signed(gain.points)} points, {verdict}, McNemar {shown} "
        f"(only it reads {gain.gained}, only the other {gain.lost})"
    )


def widest(comparisons: Sequence[Comparison]) -> float:
    """Return how far the widest interval reaches, upper over lower bound; 1 without any."""
    return max((each.interval_95[1] / each.interval_95[0] for each in comparisons if each.interval_95), default=1.0)


def _names(subject: Row, reference: Row) -> tuple[str, str]:
    """Return what two rows of one result are called, without saying twice what they share."""
    if runtime_name(subject) == runtime_name(reference):
        return subject.model, describe(reference)
    if subject.model == reference.model:
        return describe(subject), f"on {runtime_name(reference)}"
    return describe(subject), describe(reference)


def _digits(ratio: float) -> int:
    return 2 if ratio < 9.995 else 1


def _signed(points: float) -> str:
    return f"{points:+.2f}".replace("-", "−").replace("+0.00", "±0.00").replace("−0.00", "±0.00")
