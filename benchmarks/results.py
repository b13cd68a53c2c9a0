"""The result of a benchmark, and its JSON document in the schema "edge-digits.bench/1"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from device.errors import DataError

from .environment import Environment

SCHEMA = "edge-digits.bench/1"

Record = TypeVar("Record")


@dataclass(frozen=True)
class Latency:
    """How long one digit takes: figures of the samples of all rounds together, in seconds.

    Attributes:
        samples: how many there are.
        spread_s: distance of the upper from the lower quartile.
        round_medians_s: the median of each round, in the order of rounds.
        sorted_s: the samples in rising order, thinned evenly to a few hundred that still hold lowest and highest.
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


@dataclass(frozen=True)
class Accuracy:
    """How many test digits were read right.

    Attributes:
        correct: digits read right.
        n: digits asked about.
        accuracy: share, 0–1.
        interval_95: 95 % confidence interval of the share, by Wilson's method.
    """

    correct: int
    n: int
    accuracy: float
    interval_95: tuple[float, float]


@dataclass(frozen=True)
class Row:
    """One model in one runtime.

    Attributes:
        model: the file's name, with as much of its path as tells it from the others.
        name: the name on its card, or the file's stem.
        variant: float32, int8, ...; "foreign" where the file carries no card.
        sha256: hex digest of the flatbuffer.
        file_bytes: size of the file.
        flatbuffer_bytes: size of what the runtime loads of it.
        runtime: "tflite-runtime" or "ai-edge-litert".
        runtime_version: None where the runtime could not say.
        num_threads: threads for one inference.
        latency: None where nothing could be measured.
        construct_s: time to build the interpreter and check the model, seconds, median over rounds.
        first_s: time of the first inference, seconds, median over rounds.
        peak_rss_bytes: most memory that a measuring process held, before accuracy was counted.
        cpu_share: processor time over wall time while sampling, lowest of the rounds; below 1 others had the processor.
        accuracy: None where it could not be measured.
        data_source: which test digits were used.
        error: in one line, why nothing could be measured; None where something was.
        notes: what to know of these figures, one line each.
    """

    model: str
    name: str
    variant: str
    sha256: str
    file_bytes: int
    flatbuffer_bytes: int
    runtime: str
    runtime_version: str | None
    num_threads: int
    latency: Latency | None
    construct_s: float | None
    first_s: float | None
    peak_rss_bytes: int | None
    cpu_share: float | None
    accuracy: Accuracy | None
    data_source: str
    error: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A model file that could not be read or is damaged.

    Attributes:
        model: the file as it was named.
        error: what was expected, what was found, what to do, in one line.
    """

    model: str
    error: str


@dataclass(frozen=True)
class SettingsRecord:
    """The settings that a result was measured with; `BenchSettings` says what they mean."""

    runtimes: tuple[str, ...]
    num_threads: int
    warmup_runs: int
    num_runs: int
    min_s: float
    rounds: int
    seed: int
    data_source: str
    data_md5: str


@dataclass(frozen=True)
class BenchResult:
    """What a benchmark found.

    Attributes:
        started_at: time in UTC, "2026-01-31T12:00:00.123Z".
        environment: the machine and its software.
        settings: how it was measured.
        rows: one a model and runtime, models in the order they were named.
        unreadable: model files that could not be measured at all.
        notes: what to know of the whole, one line each.
        stopped_by: "SIGINT" or "SIGTERM" where the benchmark was stopped before its end.
    """

    started_at: str
    environment: Environment
    settings: SettingsRecord
    rows: tuple[Row, ...]
    unreadable: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()
    stopped_by: str | None = None

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was measured."""
        return self.stopped_by is None

    def to_json(self) -> str:
        """Return the result as one JSON document."""
        document = {"schema": SCHEMA, **asdict(self), "complete": self.complete}
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> BenchResult:
        """Read a result; fields that a later version may have added are left aside.

        Raises:
            DataError: the text is no JSON document of this schema.
        """
        try:
            document = json.loads(text)
            if document["schema"] != SCHEMA:
                raise DataError(f"expected a result in the schema {SCHEMA}, found {document['schema']!r}")
            return _record(
                cls,
                document,
                environment=_record(Environment, document["environment"]),
                settings=_record(SettingsRecord, document["settings"]),
                rows=tuple(_row(row) for row in document["rows"]),
                unreadable=tuple(_record(Unreadable, each) for each in document.get("unreadable", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as cause:
            if isinstance(cause, DataError):
                raise
            raise DataError(f"expected a result of `bench --json`, found something else ({cause!r})") from cause


def _row(document: Mapping[str, Any]) -> Row:
    latency, accuracy = document["latency"], document["accuracy"]
    return _record(
        Row, document, latency=latency and _record(Latency, latency), accuracy=accuracy and _record(Accuracy, accuracy)
    )


def _record(kind: type[Record], document: Mapping[str, Any], **read: Any) -> Record:
    """Make a record of the fields it knows; those in `read` replace the document's, and lists become tuples."""
    known = {
        each.name: read.get(each.name, document[each.name])
        for each in fields(kind)  # type: ignore[arg-type]  # every record here is a dataclass
        if each.name in document
    }
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in known.items()})
