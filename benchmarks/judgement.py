"""What a benchmark says of its own figures: why they may mislead and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from .environment import Environment, describe_throttling
from .figures import Latency, Profile
from .measuring_digits import MeasuringDigits
from .quantities import count_processors
from .results import Row
from .settings import BenchSettings

FEW_SAMPLES = 100
UNSTABLE = 0.10
SUM_DIFFERS = 0.10
LEAST_CPU_SHARE = 0.95
LOADED = 0.5
OUTLYING = 3.0
WARMER_CELSIUS = 10.0
SLOWER_CLOCK = 0.9


def judge_latency(latency: Latency, *, cpu_share: float, num_threads: int) -> list[str]:
    """Return what speaks against a row's figures, one line each.

    Args:
        latency: its figures.
        cpu_share: processor time over wall time while sampling, lowest of the rounds.
        num_threads: threads for one inference.
    """
    notes = []
    if latency.samples < FEW_SAMPLES:
        notes.append(f"only {latency.samples} samples: p95 and p99 say little; measure with --num-runs 1000")
    fastest, slowest = min(latency.round_medians_s), max(latency.round_medians_s)
    if len(latency.round_medians_s) < 2:
        notes.append("only one round: how much processes differ is not known; measure with --rounds 3")
    elif slowest / fastest - 1 > UNSTABLE:
        notes.append(
            f"unstable: medians of the rounds differ by {slowest / fastest - 1:.0%}; "
            "stop other programs, let the device cool, measure again"
        )
    if latency.samples >= FEW_SAMPLES and latency.p99_s > OUTLYING * latency.median_s:
        notes.append(
            f"outliers: one digit in a hundred takes {latency.p99_s / latency.median_s:.1f} times the median or more; "
            "if they are not yours, stop other programs; look at p99, not at the mean"
        )
    if num_threads == 1 and cpu_share < LEAST_CPU_SHARE:
        notes.append(
            f"loaded machine: other programs had the processor {1 - cpu_share:.0%} of the time; "
            "stop them and measure again"
        )
    return notes


def judge_profile(profile: Profile) -> list[str]:
    """Return what speaks against the times of ops, one line each."""
    differs = profile.sum_s / profile.whole_s - 1 if profile.whole_s else 0.0
    if abs(differs) <= SUM_DIFFERS:
        return []
    return [
        f"the ops add up to {1 + differs:.0%} of the whole graph: they were not measured steadily; "
        "stop other programs, use one thread, measure again"
    ]


def judge_change(before: Environment, after: Environment) -> list[str]:
    """Return what changed in the machine while it was measured, one line each."""
    notes = [
        f"throttled: {words}; cool the device or give it a stronger supply, and measure again"
        for words in describe_throttling(after.throttled)
    ]
    if before.throttle_count is not None and (after.throttle_count or 0) > before.throttle_count:
        notes.append("throttled: the processor slowed itself down for heat; let it cool and measure again")
    clocks = (before.frequency_hz, after.frequency_hz)
    if before.governor == "performance" and clocks[0] and clocks[1] and clocks[1] < SLOWER_CLOCK * clocks[0]:
        notes.append(
            f"the processor ran at {clocks[0] / 1e9:.2f} GHz at the start and {clocks[1] / 1e9:.2f} GHz at the end; "
            "let it cool and measure again"
        )
    temperatures = (before.temperature_celsius, after.temperature_celsius)
    if None not in temperatures and temperatures[1] - temperatures[0] > WARMER_CELSIUS:  # type: ignore[operator]
        notes.append(
            f"warmed up from {temperatures[0]:.0f} to {temperatures[1]:.0f} °C while measuring; "
            "run it for a while first and measure again"
        )
    return notes


def explain_slow_integers(rows: Sequence[Row]) -> list[str]:
    """Return a line for each model whose int8 variant is slower than its float32 one in the same runtime, with why."""
    notes = []
    floats = {_place(row): row for row in rows if row.variant == "float32" and row.latency}
    for row in rows:
        other = floats.get(_place(row)) if row.variant == "int8" else None
        if row.latency is None or other is None or other.latency is None:
            continue
        ratio = row.latency.median_s / other.latency.median_s
        if ratio > 1 + UNSTABLE:
            notes.append(
                f"{row.model} is {ratio:.1f} times as slow as {other.model} on {row.runtime}: {_why_slow(row, other)}"
            )
    return notes


def _place(row: Row) -> tuple[object, ...]:
    return row.name, row.runtime, row.num_threads, row.delegate


def _why_slow(slow: Row, fast: Row) -> str:
    if None in (slow.ops, fast.ops, slow.delegated_ops, fast.delegated_ops):
        return "this runtime does not tell which ops its fast kernels took; measure in another with --runtime all"
    shares = (
        f"XNNPACK took {slow.delegated_ops} of {slow.ops} ops of the int8 model "
        f"and {fast.delegated_ops} of {fast.ops} of the float one"
    )
    if slow.delegated_ops and slow.delegated_ops >= (fast.delegated_ops or 0):
        return f"{shares}; this processor has no fast instructions for int8; deploy float32 here"
    return f"{shares}, and what it does not take runs in plain kernels; deploy float32 here, or int8 on another runtime"


def judge_conditions(environment: Environment, digits: MeasuringDigits, settings: BenchSettings) -> list[str]:
    """Return what to know of a whole benchmark, one line each."""
    notes = []
    most = max(settings.num_threads)
    if most > environment.cores:
        notes.append(
            f"{most} threads on {count_processors(environment.cores)} get in each other's way; "
            f"measure with --num-threads {environment.cores} or fewer"
        )
    if environment.load_1m is not None and environment.load_1m > LOADED * environment.cores:
        notes.append(
            f"loaded machine: the load was {environment.load_1m:.1f} on {count_processors(environment.cores)} at the "
            "start; stop other programs and measure again"
        )
    if environment.governor not in (None, "performance"):
        notes.append(
            f'the processor\'s frequency varies (governor "{environment.governor}"); '
            "for steadier figures choose performance: `sudo cpupower frequency-set -g performance`"
        )
    return [*notes, *judge_digits(digits)]


def judge_digits(digits: MeasuringDigits) -> list[str]:
    """Return what to know of the test digits, one line each."""
    if not digits.is_sample:
        return []
    return [
        f"accuracy is that on the {len(digits.labels):,} digits that ship with the program; "
        "for all of MNIST's test digits run `edge-digits data fetch` first or name them with --data"
    ]
