"""The figures of one model: latency, accuracy, the path of a frame, and op by op."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Latency:
    """How long one digit takes, from values in to values out: figures of the samples of all rounds, in seconds.

    Attributes:
        samples: how many there are.
        spread_s: distance of the upper from the lower quartile.
        round_medians_s: the median of each round, in the order of rounds.
        sorted_s: the samples in rising order, thinned evenly to a few hundred that still hold lowest and highest.
        interval_95_s: 95 % interval of the median by bootstrap over rounds, and holds it; None with one round.
        warmup_s: the warm-up of the first round, in order, at most a hundred; not counted in any figure.
    """

    samples: int
    min_s: float
    median_s: float
    mean_s: float
    p90_s: float
    p95_s: float
    p99_s: float
    spread_s: float
    round_medians_s: tuple[float, ...]
    sorted_s: tuple[float, ...]
    interval_95_s: tuple[float, float] | None = None
    warmup_s: tuple[float, ...] = ()

    @property
    def per_second(self) -> float:
        """How many digits are read in a second, one after the other."""
        return 1 / self.mean_s


@dataclass(frozen=True)
class Accuracy:
    """How many test digits were read right.

    Attributes:
        correct: digits read right.
        n: digits asked about.
        accuracy: share, 0–1.
        interval_95: 95 % confidence interval of the share, by Wilson's method.
        misread: which digits were not read right, by their number in the test set, rising.
        confusion: a row for each true digit (or class) with a count for each that was read, and one for none of them;
            10 rows of 11 counts for digits. Empty where it is not known.
    """

    correct: int
    n: int
    accuracy: float
    interval_95: tuple[float, float]
    misread: tuple[int, ...] | None = None
    confusion: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class StageTimes:
    """Where the time of one frame goes, from its source to a label: medians over frames and rounds, in seconds.

    Attributes:
        frame: what the frames are, in words.
        frames: how many were timed.
        capture_s: getting the frame: reading and decoding it.
        find_s: finding the digit in it.
        prepare_s: framing it as MNIST's are, and turning pixels into the values that the model takes.
        invoke_s: setting them, running the model, getting its values.
        decide_s: turning those into labels, and all else that reading a frame takes.
        total_s: all of it.
    """

    frame: str
    frames: int
    capture_s: float
    find_s: float
    prepare_s: float
    invoke_s: float
    decide_s: float
    total_s: float


@dataclass(frozen=True)
class OpTime:
    """One op of the graph.

    Attributes:
        name: such as "CONV_2D".
        seconds: its time, never below 0.
        delegated: whether the delegate ran it, None where the runtime does not tell.
    """

    name: str
    seconds: float
    delegated: bool | None


@dataclass(frozen=True)
class Profile:
    """Where the time of one inference goes, op by op.

    Attributes:
        method: how it was measured, in words.
        ops: in the order of the graph.
        whole_s: median time of running the uncut graph, without setting and getting values, seconds.
        sum_s: what the ops add up to, seconds.
    """

    method: str
    ops: tuple[OpTime, ...]
    whole_s: float
    sum_s: float

    @property
    def delegate_share(self) -> float | None:
        """What share of the time the delegate's ops take, 0–1; None where the runtime does not tell them apart."""
        if any(op.delegated is None for op in self.ops) or not self.sum_s:
            return None
        return sum(op.seconds for op in self.ops if op.delegated) / self.sum_s
