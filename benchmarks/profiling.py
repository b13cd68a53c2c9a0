"""Timing each op of a graph: by running the graph cut after each op, in turns, and taking differences.

The Python packages of both runtimes keep their profilers to themselves, and a delegate runs many ops as one. A graph
that ends after an op runs all before it the same way, with the same delegate, so the next op's time is what the next
longer graph takes more. In turns, because then whatever slows the machine down hits all of them.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import ModelFileError
from device.inference.runtime import Runtime

from .delegates import describe_ops
from .figures import OpTime, Profile
from .graph_prefix import cut_after, read_graph

METHOD = "differences between graphs cut after each op, each running in turn"
PASSES = 300
MOST_OPS = 300
WARMUP_PASSES = 20


def profile_ops(
    flatbuffer: bytes, runtime: Runtime, *, value: NDArray[Any], num_threads: int = 1, passes: int = PASSES
) -> Profile:
    """Measure how long each op takes.

    Args:
        flatbuffer: a model that this runtime has run in this process before.
        runtime: from `load_runtime`, with or without a delegate.
        value: what the input tensor is set to.
        num_threads: threads for one inference.
        passes: how often each of the graphs is run.

    Raises:
        ModelFileError: the graph has several subgraphs or too many ops to be cut after each.
        FitError: the runtime refuses a part of the graph.
    """
    graph = read_graph(flatbuffer)
    if len(graph.ops) > MOST_OPS:
        raise ModelFileError(f"expected at most {MOST_OPS} ops to time each of, found {len(graph.ops)}")
    parts = [cut_after(graph, count) for count in range(1, len(graph.ops) + 1)]
    interpreters = [runtime.build(each, num_threads=num_threads) for each in [*parts, flatbuffer]]
    for interpreter in interpreters:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], value)
    for _ in range(WARMUP_PASSES):
        for interpreter in interpreters:
            interpreter.invoke()
    medians_s = np.median(_time_in_turns(interpreters, passes), axis=0) / 1e9
    # Noise can make a longer graph seem faster; no op takes less than no time.
    seconds = np.diff(np.maximum.accumulate(medians_s[:-1]), prepend=0.0)
    ops = describe_ops(interpreters[-1])
    names = [op.name for op in ops] if len(ops) == len(parts) else [f"op {place}" for place in range(len(parts))]
    taken = [op.delegated for op in ops] if len(ops) == len(parts) else [None] * len(parts)
    return Profile(
        method=METHOD,
        ops=tuple(
            OpTime(name, round(float(each), 9), delegated)
            for name, each, delegated in zip(names, seconds, taken, strict=True)
        ),
        whole_s=round(float(medians_s[-1]), 9),
        sum_s=round(float(seconds.sum()), 9),
    )


def merge_profiles(profiles: list[Profile]) -> Profile:
    """Return the medians of the profiles of several rounds; there must be at least one, all of one graph."""
    first = profiles[0]
    seconds = np.median([[op.seconds for op in profile.ops] for profile in profiles], axis=0)
    return Profile(
        method=first.method,
        ops=tuple(
            OpTime(op.name, round(float(each), 9), op.delegated) for op, each in zip(first.ops, seconds, strict=True)
        ),
        whole_s=round(float(np.median([profile.whole_s for profile in profiles])), 9),
        sum_s=round(float(seconds.sum()), 9),
    )


def _time_in_turns(interpreters: list[Any], passes: int) -> NDArray[np.int64]:
    """Return nanoseconds, int64 (passes, interpreters)."""
    durations = np.empty((passes, len(interpreters)), np.int64)
    clock_ns = time.perf_counter_ns
    for row in durations:
        for place, interpreter in enumerate(interpreters):
            start_ns = clock_ns()
            interpreter.invoke()
            row[place] = clock_ns() - start_ns
    return durations
