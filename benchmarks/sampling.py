"""Taking samples: one call after another, each timed on its own."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROTATED_DIGITS = 1000

Call = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Samples:
    """What one process measured of one model.

    Attributes:
        first_s: time of the first call, seconds.
        warmup_ns: int64 (W,), time of each call of the warm-up, nanoseconds, in order; not counted.
        durations_ns: int64 (N,), time of each call after the warm-up, nanoseconds, in order.
        cpu_share: processor time over wall time while sampling; near 1 where nothing else had the processor.
    """

    first_s: float
    warmup_ns: NDArray[np.int64]
    durations_ns: NDArray[np.int64]
    cpu_share: float


def take_samples(
    call: Callable[[NDArray[Any]], object],
    inputs: Sequence[NDArray[Any]],
    *,
    warmup_runs: int,
    num_runs: int,
    min_s: float,
    clock_ns: Callable[[], int] = time.perf_counter_ns,
    cpu_clock_ns: Callable[[], int] = time.thread_time_ns,
) -> Samples:
    """Call once, warm up, then sample until both the number and the time asked for are reached.

    Args:
        call: what is measured.
        inputs: what it is called with, in rotation.
        warmup_runs: calls whose time is kept and not counted.
        num_runs: samples to take, at least; 1 or more.
        min_s: seconds to sample, at least.
        clock_ns: tells wall time.
        cpu_clock_ns: tells the processor time of this thread, which does all the work of one-threaded inference.
    """
    start_ns = clock_ns()
    call(inputs[0])
    first_s = (clock_ns() - start_ns) / 1e9
    warmup, durations = array("q"), array("q")
    for run in range(warmup_runs):
        start_ns = clock_ns()
        call(inputs[run % len(inputs)])
        warmup.append(clock_ns() - start_ns)
    cpu_start_ns, begin_ns = cpu_clock_ns(), clock_ns()
    enough_ns, end_ns = begin_ns + int(min_s * 1e9), begin_ns
    while len(durations) < num_runs or end_ns < enough_ns:
        value = inputs[len(durations) % len(inputs)]
        start_ns = clock_ns()
        call(value)
        end_ns = clock_ns()
        durations.append(end_ns - start_ns)
    cpu_ns = cpu_clock_ns() - cpu_start_ns
    return Samples(
        first_s=first_s,
        warmup_ns=np.array(warmup, np.int64),
        durations_ns=np.array(durations, np.int64),
        cpu_share=cpu_ns / max(1, end_ns - begin_ns),
    )


def rotation(digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Choose the digits to rotate through, spread evenly over all of them.

    Args:
        digits: uint8 (N, 28, 28), N at least 1.

    Returns:
        uint8 (at most `ROTATED_DIGITS`, 28, 28).
    """
    return np.array(digits[:: -(-len(digits) // ROTATED_DIGITS)])


def peak_rss_bytes() -> int | None:
    """Return the most memory this process has held since its program started, None where the system does not tell.

    The kernel's VmHWM is read, not getrusage(2): the latter's figure outlives exec and so begins with the parent's.
    """
    return _status_bytes("VmHWM:")


def rss_bytes() -> int | None:
    """Return the memory this process holds now, None where the system does not tell."""
    return _status_bytes("VmRSS:")


def _status_bytes(name: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return None
