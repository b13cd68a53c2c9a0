"""Gates: conditions on the figures of a benchmark under which it fails, such as "p95>2ms"."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from device.errors import UsageError

from .comparison import describe
from .quantities import format_figure
from .results import Row
from .units import ENERGY, RATE, SHARE, SIZE, TIME, parse_accuracy, parse_figure


@dataclass(frozen=True)
class Metric:
    """A figure that a gate can be about.

    Attributes:
        kind: what its unit measures.
        read: takes a row; None where the row has no such figure.
    """

    kind: str
    read: Callable[[Row], float | None]


def _latency(name: str) -> Metric:
    return Metric(TIME, lambda row: getattr(row.latency, name) if row.latency else None)


METRICS = {
    "median": _latency("median_s"),
    "mean": _latency("mean_s"),
    "p90": _latency("p90_s"),
    "p95": _latency("p95_s"),
    "p99": _latency("p99_s"),
    "min": _latency("min_s"),
    "spread": _latency("spread_s"),
    "first": Metric(TIME, lambda row: row.first_s),
    "build": Metric(TIME, lambda row: row.construct_s),
    "frame": Metric(TIME, lambda row: row.stages.total_s if row.stages else None),
    "throughput": Metric(RATE, lambda row: row.latency.per_second if row.latency else None),
    "accuracy": Metric(SHARE, lambda row: row.accuracy.accuracy if row.accuracy else None),
    "bytes": Metric(SIZE, lambda row: row.file_bytes),
    "memory": Metric(SIZE, lambda row: row.peak_rss_bytes),
    "energy": Metric(ENERGY, lambda row: row.energy_j),
}
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"\s*(\w+)\s*(>=|<=|>|<)\s*(.+)", flags=re.DOTALL)


@dataclass(frozen=True)
class Gate:
    """A condition that must not hold.

    Attributes:
        text: as it was given.
        metric: a key of `METRICS`.
        operator: a key of `OPERATORS`.
        bound: in the unit of the metric's kind.
    """

    text: str
    metric: str
    operator: str
    bound: float


def parse_gate(text: str) -> Gate:
    """Read a condition: metric, operator, figure with its unit.

    Raises:
        UsageError: it is something else.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise UsageError(f"--fail-if: expected a condition such as 'p95>2ms' or 'accuracy<99.5%', found {text!r}")
    name = found[1].lower()
    if name not in METRICS:
        raise UsageError(f"--fail-if: expected one of {', '.join(METRICS)}, found {found[1]!r} in {text!r}")
    option, kind = f"--fail-if {text!r}", METRICS[name].kind
    bound = parse_accuracy(found[3], option=option) if kind == SHARE else parse_figure(found[3], kind, option=option)
    return Gate(" ".join(text.split()), name, found[2], bound)


def failures(gates: Sequence[Gate], rows: Sequence[Row]) -> list[str]:
    """Return what each gate found, one entry a gate and row; a figure that is not known fails, for nothing shows it."""
    found = []
    for gate in gates:
        metric = METRICS[gate.metric]
        for row in rows:
            value = metric.read(row)
            if value is None:
                reason = f": {row.error}" if row.error else ""
                found.append(f"--fail-if '{gate.text}' cannot be told: {describe(row)} has no {gate.metric}{reason}")
            elif OPERATORS[gate.operator](value, gate.bound):
                figure = format_figure(value, metric.kind)
                named = figure if figure.endswith(gate.metric) else f"{gate.metric} {figure}"
                found.append(f"--fail-if '{gate.text}' is true: {describe(row)} has {named}")
    return found
