"""What a benchmark is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BenchSettings:
    """How models are measured.

    Attributes:
        runtimes: names of device runtimes; every installed one where empty.
        num_threads: threads for one inference; each number is measured.
        delegates: "xnnpack", "none" or both; each is measured.
        warmup_runs: inferences after the first whose time is kept and not counted.
        num_runs: samples to take in each round, at least.
        min_s: seconds to sample in each round, at least.
        rounds: processes that measure each model in each runtime.
        seed: draws the order of the processes in each round.
        data: test digits for accuracy and latency; see `load_measuring_digits` where None.
        labels: a labels file for models that carry no card.
        input_range: what such models were trained on, one of `INPUT_RANGES`; None for what their quantised
            inputs say, else raw pixels, which is noted.
        frames: frames whose whole path is timed in each round; none where 0.
        profile: whether each op is timed as well.
    """

    runtimes: tuple[str, ...] = ()
    num_threads: tuple[int, ...] = (1,)
    delegates: tuple[str, ...] = ("xnnpack",)
    warmup_runs: int = 50
    num_runs: int = 1000
    min_s: float = 1.0
    rounds: int = 3
    seed: int = 0
    data: Path | None = None
    labels: Path | None = None
    input_range: str | None = None
    frames: int = 0
    profile: bool = False
