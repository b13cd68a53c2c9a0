"""The result of a benchmark, and its JSON document, which `benchmarks/assets/bench.schema.json` describes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from device.errors import DataError, one_line

from .environment import Environment
from .figures import Accuracy, Latency, OpTime, Profile, StageTimes
from .records import from_document

SCHEMA_NAME, SCHEMA_VERSION = "edge-digits.bench", 2
MOST = 10**18  # of anything, in any unit
SHORTEST_S = 1e-12  # a thousandth of what the clock tells
SCHEMA = f"{SCHEMA_NAME}/{SCHEMA_VERSION}"

__all__ = [
    "Accuracy",
    "BenchResult",
    "Latency",
    "OpTime",
    "Profile",
    "Row",
    "SettingsRecord",
    "StageTimes",
    "Unreadable",
]


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
        delegate: "xnnpack" or "none".
        ops: how many the graph has, None where the runtime does not tell.
        delegated_ops: how many of them the delegate took.
        around_invoke_s: setting the input and getting the output without running the model, median, seconds.
        rss_bytes: memory held at the end of sampling.
        energy_j: of one inference, the machine's own use while it ran included, joules; None where nothing tells.
        energy_source: what told.
        stages: where the time of a frame goes, None where it was not asked for.
        profile: where the time of an inference goes, None where it was not asked for.
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
    delegate: str = "xnnpack"
    ops: int | None = None
    delegated_ops: int | None = None
    around_invoke_s: float | None = None
    rss_bytes: int | None = None
    energy_j: float | None = None
    energy_source: str | None = None
    stages: StageTimes | None = None
    profile: Profile | None = None
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
    num_threads: tuple[int, ...]
    warmup_runs: int
    num_runs: int
    min_s: float
    rounds: int
    seed: int
    data_source: str
    data_md5: str
    delegates: tuple[str, ...] = ("xnnpack",)
    frames: int = 0
    profile: bool = False


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
        stopped_by: "SIGINT", "SIGTERM" or "SIGHUP" where the benchmark was stopped before its end, "connection" where
            that to another machine broke.
        environment_after: the machine when all was measured, None where that is not known.
        device: what the user calls the device, None where they did not say.
    """

    started_at: str
    environment: Environment
    settings: SettingsRecord
    rows: tuple[Row, ...]
    unreadable: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()
    stopped_by: str | None = None
    environment_after: Environment | None = None
    device: str | None = None

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was measured."""
        return self.stopped_by is None

    def to_json(self, *, one_line: bool = False) -> str:
        """Return the result as one JSON document."""
        document = {"schema": SCHEMA, **asdict(self), "complete": self.complete}
        return json.dumps(document, indent=None if one_line else 1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes, *, name: str = "this") -> BenchResult:
        """Read a result; fields that a later version may have added are left aside.

        Args:
            text: the JSON document.
            name: where it came from, for the error.

        Raises:
            DataError: the text is no JSON document of this schema, it is cut short, or its figures cannot be.
        """
        try:
            document = json.loads(text)
            json.dumps(document, ensure_ascii=False).encode()  # halves of surrogate pairs could not be written again
        except (ValueError, RecursionError) as cause:
            raise DataError(
                f"{name}: expected a result of `bench --json`, found no whole JSON document "
                f"({one_line(cause)}); copy it again"
            ) from cause
        _check_schema(document, name)
        try:
            _refuse_huge(document, "result")
            result = from_document(cls, document)
            for place, row in enumerate(result.rows):
                _check_figures(row, where=f"result.rows[{place}]")
            return result
        except ValueError as cause:
            raise DataError(f"{name}: expected a result of `bench --json`: {cause}; make it again") from cause


def _check_schema(document: Any, name: str) -> None:
    found = document.get("schema") if isinstance(document, dict) else None
    family, _, version = str(found).partition("/")
    if family != SCHEMA_NAME or not (version.isascii() and version.isdigit()):
        raise DataError(f"{name}: expected a result of `bench --json` in the schema {SCHEMA}, found {found!r}")
    if int(version) != SCHEMA_VERSION:
        what = "a newer one; update edge-digits" if int(version) > SCHEMA_VERSION else "an older one; measure again"
        raise DataError(f"{name}: expected a result in the schema {SCHEMA}, found {found}, {what}")


def _refuse_huge(value: Any, where: str) -> None:
    """Refuse numbers that nothing has and that overflow where they are multiplied or drawn."""
    if isinstance(value, dict):
        for name, each in value.items():
            _refuse_huge(each, f"{where}.{name}")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            _refuse_huge(each, f"{where}[{place}]")
    elif isinstance(value, (int, float)) and abs(value) > MOST:
        raise ValueError(f"{where} must be at most {MOST:.0e}, found more")


def _check_figures(row: Row, *, where: str) -> None:
    """Refuse what no benchmark measures, and what nothing can be divided by or drawn from."""
    latency, accuracy = row.latency, row.accuracy
    if row.file_bytes < 1:
        raise ValueError(f"{where}.file_bytes must be at least 1, found {row.file_bytes}")
    if latency and not (latency.sorted_s and latency.round_medians_s):
        raise ValueError(f"{where}.latency must have samples and medians of rounds, found none")
    if latency and min(latency.median_s, latency.mean_s, *latency.round_medians_s) <= 0:
        raise ValueError(f"{where}.latency must have times above 0, found others")
    if latency and min(latency.median_s, latency.mean_s, *latency.round_medians_s) < SHORTEST_S:
        raise ValueError(f"{where}.latency must have times of {SHORTEST_S:g} s or more, found shorter ones")
    if latency and min(latency.min_s, *latency.sorted_s) < 0:
        raise ValueError(f"{where}.latency must have no times below 0, found some")
    if accuracy and not 0 <= accuracy.correct <= accuracy.n > 0:
        raise ValueError(f"{where}.accuracy must be of one digit or more, found {accuracy.correct} of {accuracy.n}")
    if accuracy and not 0 <= accuracy.interval_95[0] <= accuracy.accuracy <= accuracy.interval_95[1] <= 1:
        raise ValueError(f"{where}.accuracy must be a share of 0 to 1 within its interval, found another")
    if accuracy and any(len(counts) != len(accuracy.confusion) + 1 for counts in accuracy.confusion):
        raise ValueError(f"{where}.accuracy.confusion must have one count more than rows in each of them")
