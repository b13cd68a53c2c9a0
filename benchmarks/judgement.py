"""What a benchmark says of its own figures: why they may mislead and what to do about it."""

from __future__ import annotations

from .environment import Environment
from .measuring_digits import MeasuringDigits
from .results import Latency
from .settings import BenchSettings

FEW_SAMPLES = 100
UNSTABLE = 0.10
LEAST_CPU_SHARE = 0.95
LOADED = 0.5


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
    if num_threads == 1 and cpu_share < LEAST_CPU_SHARE:
        notes.append(
            f"loaded machine: other programs had the processor {1 - cpu_share:.0%} of the time; "
            "stop them and measure again"
        )
    return notes


def judge_conditions(environment: Environment, digits: MeasuringDigits, settings: BenchSettings) -> list[str]:
    """Return what to know of a whole benchmark, one line each."""
    notes = []
    if settings.num_threads > environment.cores:
        notes.append(
            f"{settings.num_threads} threads on {environment.cores} processors get in each other's way; "
            f"measure with --num-threads {environment.cores} or fewer"
        )
    if environment.load_1m is not None and environment.load_1m > LOADED * environment.cores:
        notes.append(
            f"loaded machine: the load was {environment.load_1m:.1f} on {environment.cores} processors at the start; "
            "stop other programs and measure again"
        )
    if environment.governor not in (None, "performance"):
        notes.append(
            f'the processor\'s frequency varies (governor "{environment.governor}"); '
            "for steadier figures choose performance: `sudo cpupower frequency-set -g performance`"
        )
    if digits.is_sample:
        notes.append(
            f"accuracy is that on the {len(digits.labels):,} digits that ship with the program; "
            "for all of MNIST's test digits run `edge-digits data fetch` first or name them with --data"
        )
    return notes
