"""The benchmark: models × runtimes × rounds, each in a process of its own."""

from __future__ import annotations

import itertools
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from device.command_line import Terminated
from device.errors import EdgeDigitsError, RuntimeMissingError
from device.foreign_model import read_labels
from device.reading import utc_timestamp
from device.runtime import INSTALL_HINT, wanted_runtimes

from .environment import read_environment
from .judgement import explain_slow_integers, judge_change, judge_conditions
from .measuring_digits import MeasuringDigits, load_measuring_digits
from .quantities import format_seconds
from .results import BenchResult, SettingsRecord
from .rounds import Job, Record, Workplace, plan
from .rows import make_row
from .settings import BenchSettings
from .subjects import Subject, read_subjects


def run_benchmark(models: Sequence[Path], *, settings: BenchSettings, report: Callable[[str], None]) -> BenchResult:
    """Measure how fast and how well models read digits.

    A model that a runtime refuses or dies of becomes a row that says so. SIGINT (and SIGTERM, where
    `device.command_line` handles it) ends the measurement early: the result then holds what was measured, and
    `complete` is false.

    Args:
        models: `.tflite` files, with or without a card.
        settings: how to measure.
        report: takes a line for each step and for each note on the whole.

    Raises:
        RuntimeMissingError: no device runtime is installed.
        DataError: the test digits or the labels file cannot be read.
    """
    runtimes = settings.runtimes or tuple(wanted_runtimes())
    if not runtimes:
        raise RuntimeMissingError(f"no device runtime is installed to measure in; {INSTALL_HINT}")
    started_at_s, environment = time.time(), read_environment()
    digits = _without_home(load_measuring_digits(settings.data, report=report))
    labels = read_labels(settings.labels) if settings.labels else None
    subjects, unreadable = read_subjects(models)
    notes = judge_conditions(environment, digits, settings)
    for line in [*(each.error for each in unreadable), *(f"note: {note}" for note in notes)]:
        report(line)
    records = {job: Record() for job in jobs_of(subjects, runtimes, settings)}
    stopped_by = _measure_all(records, digits=digits, labels=labels, settings=settings, report=report)
    rows = tuple(make_row(job, record, digits=digits, rounds=settings.rounds) for job, record in records.items())
    after = read_environment()
    later = [*judge_change(environment, after), *explain_slow_integers(rows)]
    for note in later:
        report(f"note: {note}")
    return BenchResult(
        started_at=utc_timestamp(started_at_s),
        environment=environment,
        settings=_record_settings(settings, runtimes, digits),
        rows=rows,
        unreadable=tuple(unreadable),
        notes=(*notes, *later),
        stopped_by=stopped_by,
        environment_after=after,
    )


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
        Terminated: SIGTERM.
        KeyboardInterrupt: SIGINT.
    """
    if result.stopped_by == "SIGTERM":
        raise Terminated
    if not result.complete:
        raise KeyboardInterrupt


def _measure_all(
    records: dict[Job, Record],
    *,
    digits: MeasuringDigits,
    labels: tuple[str, ...] | None,
    settings: BenchSettings,
    report: Callable[[str], None],
) -> str | None:
    """Fill the records; return the signal that stopped it early, or None."""
    try:
        with Workplace(digits, settings, labels) as workplace:
            for number, job in plan(list(records), rounds=settings.rounds, seed=settings.seed):
                if records[job].error is None:
                    outcome = _measure_once(workplace, job, records[job])
                    report(f"round {number} of {settings.rounds}: {job}: {outcome}")
    except KeyboardInterrupt:
        return "SIGINT"
    except Terminated:
        return "SIGTERM"
    return None


def _measure_once(workplace: Workplace, job: Job, record: Record) -> str:
    """Measure a job once more, keep what came of it in its record, and return that in words."""
    try:
        workplace.measure(job, record)
    except EdgeDigitsError as error:
        record.error = str(error)
        return record.error
    return format_seconds(statistics.median(record.durations_ns[-1].tolist()) / 1e9)


def _without_home(digits: MeasuringDigits) -> MeasuringDigits:
    """Shorten the home folder to ~ in where the digits came from: results are shown to others."""
    home = os.environ.get("HOME", "")
    return digits if len(home) < 2 else replace(digits, source=digits.source.replace(home, "~"))


def _record_settings(settings: BenchSettings, runtimes: tuple[str, ...], digits: MeasuringDigits) -> SettingsRecord:
    fields = asdict(settings)
    del fields["data"], fields["labels"]
    return SettingsRecord(**{**fields, "runtimes": runtimes}, data_source=digits.source, data_md5=digits.md5)
