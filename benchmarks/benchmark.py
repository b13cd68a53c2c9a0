"""The benchmark: models × runtimes × rounds, each in a process of its own."""

from __future__ import annotations

import itertools
import os
import signal
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from device.early_end import Terminated
from device.errors import EdgeDigitsError, RuntimeMissingError, SourceError
from device.inference.foreign_model import read_labels
from device.inference.runtime import INSTALL_HINT, wanted_runtimes
from device.printable import printable
from device.reading import utc_timestamp

from .environment import Environment, read_environment
from .judgement import explain_slow_integers, judge_change, judge_conditions
from .measuring_digits import MeasuringDigits, load_measuring_digits
from .quantities import format_seconds
from .results import BenchResult, SettingsRecord, Unreadable
from .rounds import Job, Record, Workplace, plan
from .rows import make_row
from .settings import BenchSettings
from .stages import require_packages
from .subjects import Subject, read_subjects


@dataclass(frozen=True)
class Undertaking:
    """A benchmark from its start on: what is measured, how, and what has been measured so far."""

    started_at_s: float
    environment: Environment
    digits: MeasuringDigits
    settings: BenchSettings
    runtimes: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]
    notes: tuple[str, ...]
    records: dict[Job, Record]

    def result(self, stopped_by: str | None) -> BenchResult:
        """Return what has been measured so far."""
        rows = tuple(
            make_row(job, record, digits=self.digits, settings=self.settings) for job, record in self.records.items()
        )
        after = read_environment()
        return BenchResult(
            started_at=utc_timestamp(self.started_at_s),
            environment=self.environment,
            settings=_record_settings(self.settings, self.runtimes, self.digits),
            rows=rows,
            unreadable=self.unreadable,
            notes=(*self.notes, *judge_change(self.environment, after), *explain_slow_integers(rows)),
            stopped_by=stopped_by,
            environment_after=after,
        )


def run_benchmark(
    models: Sequence[Path],
    *,
    settings: BenchSettings,
    report: Callable[[str], None],
    on_partial: Callable[[BenchResult], None] | None = None,
) -> BenchResult:
    """Measure how fast and how well models read digits.

    A model that a runtime refuses or dies of becomes a row that says so. SIGINT (and SIGTERM and SIGHUP,
    where `device.command_line` handles them) ends the measurement early: the result then holds what was measured, and
    `complete` is false.

    Args:
        models: `.tflite` files, with or without a card.
        settings: how to measure.
        report: takes a line for each step and for each note on the whole.
        on_partial: takes what has been measured after each process, as if the benchmark had been stopped there.

    Raises:
        RuntimeMissingError: no device runtime is installed.
        ExtraMissingError: frames are to be timed, and what reads them is not installed.
        DataError: the test digits or the labels file cannot be read.
    """
    runtimes = settings.runtimes or tuple(wanted_runtimes())
    if not runtimes:
        raise RuntimeMissingError(f"no device runtime is installed to measure in; {INSTALL_HINT}")
    if settings.frames:
        require_packages()
    started_at_s, environment = time.time(), read_environment()
    digits = _without_home(load_measuring_digits(settings.data, report=report))
    labels = read_labels(settings.labels) if settings.labels else None
    subjects, unreadable = read_subjects(models)
    notes = judge_conditions(environment, digits, settings) if subjects else []
    for line in [*(each.error for each in unreadable), *(f"note: {note}" for note in notes)]:
        report(line)
    undertaking = Undertaking(
        started_at_s=started_at_s,
        environment=environment,
        digits=digits,
        settings=settings,
        runtimes=runtimes,
        unreadable=tuple(unreadable),
        notes=tuple(notes),
        records={job: Record() for job in jobs_of(subjects, runtimes, settings)},
    )
    result = undertaking.result(_measure_all(undertaking, labels, report=report, on_partial=on_partial))
    for note in result.notes[len(notes) :]:
        report(f"note: {note}")
    return result


def jobs_of(subjects: Sequence[Subject], runtimes: Sequence[str], settings: BenchSettings) -> list[Job]:
    """Return every model in every runtime, with each number of threads, with each delegate."""
    return [
        Job(*each)
        for each in itertools.product(
            subjects, runtimes, dict.fromkeys(settings.num_threads), dict.fromkeys(settings.delegates)
        )
    ]


def raise_if_stopped(result: BenchResult) -> None:
    """Go on with the signal that stopped a benchmark, if one did.

    Raises:
        Terminated: SIGTERM or SIGHUP.
        SourceError: the connection to another machine broke.
        KeyboardInterrupt: SIGINT.
    """
    if result.stopped_by == "connection":
        raise SourceError("the connection broke before the end; what was measured until then is kept, measure again")
    if result.stopped_by in ("SIGTERM", "SIGHUP"):
        raise Terminated(signal.Signals[result.stopped_by])
    if not result.complete:
        raise KeyboardInterrupt


def _measure_all(
    undertaking: Undertaking,
    labels: tuple[str, ...] | None,
    *,
    report: Callable[[str], None],
    on_partial: Callable[[BenchResult], None] | None,
) -> str | None:
    """Fill the records; return the signal that stopped it early, or None."""
    settings, records = undertaking.settings, undertaking.records
    try:
        with Workplace(undertaking.digits, settings, labels) as workplace:
            for number, job in plan(list(records), rounds=settings.rounds, seed=settings.seed):
                if records[job].error is None:
                    outcome = _measure_once(workplace, job, records[job])
                    report(f"round {number} of {settings.rounds}: {job}: {outcome}")
                    if on_partial:
                        on_partial(undertaking.result("SIGINT"))
    except KeyboardInterrupt:
        return "SIGINT"
    except Terminated as stop:
        return stop.signal.name
    return None


def _measure_once(workplace: Workplace, job: Job, record: Record) -> str:
    """Measure a job once more, keep what came of it in its record, and return that in words."""
    try:
        workplace.measure(job, record)
    except EdgeDigitsError as error:
        record.error = printable(str(error))
        return record.error
    return format_seconds(statistics.median(record.durations_ns[-1].tolist()) / 1e9)


def _without_home(digits: MeasuringDigits) -> MeasuringDigits:
    """Shorten the home folder to ~ in where the digits came from: results are shown to others."""
    home = os.environ.get("HOME", "")
    return digits if len(home) < 2 else replace(digits, source=digits.source.replace(home, "~"))


def _record_settings(settings: BenchSettings, runtimes: tuple[str, ...], digits: MeasuringDigits) -> SettingsRecord:
    fields = asdict(settings)
    del fields["data"], fields["labels"], fields["input_range"]
    return SettingsRecord(**{**fields, "runtimes": runtimes}, data_source=digits.source, data_md5=digits.md5)
