"""Making a row of the result from what the rounds measured."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.printable import printable
from device.statistics import wilson_interval

from .answers import confusion_counts
from .intervals import centre_and_interval
from .judgement import judge_latency, judge_profile
from .measuring_digits import MeasuringDigits
from .profiling import merge_profiles
from .results import Accuracy, Latency, Row
from .rounds import Job, Record
from .settings import BenchSettings
from .stages import merge_stages
from .subjects import FOREIGN

KEPT_SAMPLES = 200
KEPT_WARMUP = 100
NOT_MEASURED = "not measured: the benchmark was stopped before its turn"


def make_row(job: Job, record: Record, *, digits: MeasuringDigits, settings: BenchSettings) -> Row:
    """Make the row of a job, with an error in place of figures if there are none."""
    answers, shared = record.answers, {**_what_is_measured(job), "data_source": digits.source}
    if not answers:
        nothing = dict.fromkeys(
            ("runtime_version", "latency", "construct_s", "first_s", "peak_rss_bytes", "cpu_share", "accuracy")
        )
        return Row(**shared, **nothing, error=record.error or NOT_MEASURED)  # type: ignore[arg-type]  # names match
    first, latency = answers[0], summarize(record.durations_ns, warmup_ns=record.warmup_ns)
    cpu_share = min(answer.cpu_share for answer in answers)
    energies = [answer.energy_j for answer in answers if answer.energy_j is not None]
    profiles = [answer.profile for answer in answers if answer.profile]
    profile = merge_profiles(profiles) if profiles else None
    stages = [answer.stages for answer in answers if answer.stages]
    return Row(
        **shared,
        runtime_version=first.runtime_version,
        latency=latency,
        construct_s=statistics.median(answer.construct_s for answer in answers),
        first_s=statistics.median(answer.first_s for answer in answers),
        peak_rss_bytes=max((answer.peak_rss_bytes for answer in answers if answer.peak_rss_bytes), default=None),
        cpu_share=cpu_share,
        accuracy=None if record.read is None else count_answers(record.read, digits.labels, classes=digits.classes),
        ops=first.ops,
        delegated_ops=first.delegated_ops,
        around_invoke_s=_to_nanosecond(statistics.median(answer.around_invoke_s for answer in answers)),
        rss_bytes=max((answer.rss_bytes for answer in answers if answer.rss_bytes), default=None),
        energy_j=statistics.median(energies) if energies else None,
        energy_source=first.energy_source,
        stages=merge_stages(stages) if stages else None,
        profile=profile,
        notes=(
            *judge_latency(latency, cpu_share=cpu_share, num_threads=job.num_threads),
            *(judge_profile(profile) if profile else ()),
            *_model_notes(job, record, settings),
        ),
    )


def _what_is_measured(job: Job) -> dict[str, Any]:
    subject = job.subject
    return {
        "model": subject.label,
        "name": subject.name,
        "variant": subject.variant,
        "sha256": subject.sha256,
        "file_bytes": subject.file_bytes,
        "flatbuffer_bytes": subject.flatbuffer_bytes,
        "runtime": job.runtime,
        "num_threads": job.num_threads,
        "delegate": job.delegate,
    }


def summarize(rounds_ns: Sequence[NDArray[np.int64]], *, warmup_ns: NDArray[np.int64] | None = None) -> Latency:
    """Return the figures of samples.

    Args:
        rounds_ns: int64 (N,), nanoseconds, one array a round; at least one, none empty.
        warmup_ns: int64 (W,), nanoseconds, the warm-up of the first round.
    """
    medians_s = [_to_nanosecond(float(np.median(each)) / 1e9) for each in rounds_ns]
    _, interval = centre_and_interval([max(each, 1e-9) for each in medians_s])
    ordered_s = np.sort(np.concatenate(rounds_ns)) / 1e9
    low, median, high, p90, p95, p99 = np.percentile(ordered_s, (25, 50, 75, 90, 95, 99))
    kept = np.linspace(0, len(ordered_s) - 1, min(len(ordered_s), KEPT_SAMPLES)).round().astype(np.int64)
    return Latency(
        samples=len(ordered_s),
        min_s=_to_nanosecond(ordered_s[0]),
        median_s=_to_nanosecond(median),
        mean_s=_to_nanosecond(ordered_s.mean()),
        p90_s=_to_nanosecond(p90),
        p95_s=_to_nanosecond(p95),
        p99_s=_to_nanosecond(p99),
        spread_s=_to_nanosecond(high - low),
        round_medians_s=tuple(medians_s),
        sorted_s=tuple(_to_nanosecond(each) for each in ordered_s[kept]),
        # Where rounds fall into two groups, the median of all samples is that of the larger one and may lie outside.
        interval_95_s=interval and (_to_nanosecond(min(interval[0], median)), _to_nanosecond(max(interval[1], median))),
        warmup_s=() if warmup_ns is None else tuple(_to_nanosecond(each / 1e9) for each in warmup_ns[:KEPT_WARMUP]),
    )


def make_accuracy(correct: int, count: int) -> Accuracy:
    """Return the accuracy for a number of digits read right."""
    return Accuracy(correct, count, correct / count, wilson_interval(correct, count))


def count_answers(answers: NDArray[np.int16], truth: NDArray[np.uint8], *, classes: int = 10) -> Accuracy:
    """Return the accuracy of answers, with which of them are wrong.

    Args:
        answers: int16 (N,), from `read_digits`.
        truth: uint8 (N,), below `classes`.
        classes: how many there are.
    """
    wrong = np.flatnonzero(answers != truth)
    return replace(
        make_accuracy(len(truth) - len(wrong), len(truth)),
        misread=tuple(int(index) for index in wrong),
        confusion=confusion_counts(answers, truth, classes=classes),
    )


def _model_notes(job: Job, record: Record, settings: BenchSettings) -> list[str]:
    notes, rounds = [], settings.rounds
    if record.error or len(record.answers) < rounds:
        reason = record.error or "the benchmark was stopped"
        notes.append(f"measured in {len(record.answers)} of {rounds} rounds: {reason}")
    first = record.answers[0]
    if first.no_profile:
        notes.append(f"no profile: {printable(first.no_profile)}")
    if first.no_accuracy:
        notes.append(f"no accuracy: {printable(first.no_accuracy)}")
    elif job.subject.variant == FOREIGN:
        said = f"given pixels as {settings.input_range}, which --input-range says"
        notes.append(f"carries no card: it was {first.assumed or said}")
    return notes


def _to_nanosecond(seconds: float) -> float:
    return round(float(seconds), 9)
