"""Rounds: in each, every model is measured once in every runtime, in a fresh process, in an order drawn by chance."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.child_process import describe_end, run_module
from device.errors import FitError

from .delegates import XNNPACK
from .measuring_digits import MeasuringDigits
from .records import from_document
from .sampling import rotation
from .settings import BenchSettings
from .subjects import FOREIGN, Subject
from .worker import Answer, Request

TIMEOUT_S = 3600.0


@dataclass(frozen=True)
class Job:
    """A model to measure in a runtime, with a number of threads, with a delegate or without."""

    subject: Subject
    runtime: str
    num_threads: int = 1
    delegate: str = XNNPACK

    def __str__(self) -> str:
        """Return it in words: "cnn_int8.tflite on tflite-runtime, 2 threads"."""
        more = [f"{self.num_threads} threads"] if self.num_threads > 1 else []
        more += ["no delegate"] if self.delegate != XNNPACK else []
        return ", ".join([f"{self.subject.label} on {self.runtime}", *more])


@dataclass(eq=False)
class Record:
    """What has been measured of a job so far.

    Attributes:
        answers: one a round that went well.
        durations_ns: int64 (N,), the samples of each of these rounds.
        warmup_ns: int64 (W,), the warm-up of the first of them.
        read: int16 (N,), what was read in each test digit; None where that is not known.
        error: why a round did not go well; no further one is tried.
    """

    answers: list[Answer] = field(default_factory=list)
    durations_ns: list[NDArray[np.int64]] = field(default_factory=list)
    warmup_ns: NDArray[np.int64] | None = None
    read: NDArray[np.int16] | None = None
    error: str | None = None


class Workplace:
    """A temporary folder that holds the test digits and what the workers are told and answer."""

    def __init__(self, digits: MeasuringDigits, settings: BenchSettings, labels: tuple[str, ...] | None) -> None:
        """Take what every worker needs; `labels` are those of models without a card."""
        self._digits, self._settings, self._labels = digits, settings, labels
        self._folder = tempfile.TemporaryDirectory(prefix="edge-digits-bench-")

    def __enter__(self) -> Workplace:
        """Write the test digits, and those that samples rotate through."""
        np.save(self._path("digits.npy"), self._digits.images)
        np.save(self._path("rotated.npy"), rotation(self._digits.images))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def measure(self, job: Job, record: Record) -> None:
        """Measure a job once more, in a process of its own, and add what came of it to its record.

        Raises:
            FitError: the runtime refuses the model, or dies of it.
        """
        settings = self._settings
        request = Request(
            model=str(job.subject.path),
            sha256=job.subject.sha256,
            has_card=job.subject.variant != FOREIGN,
            labels=self._labels,
            input_range=settings.input_range,
            runtime=job.runtime,
            delegate=job.delegate,
            num_threads=job.num_threads,
            warmup_runs=settings.warmup_runs,
            num_runs=settings.num_runs,
            min_s=settings.min_s,
            digits=str(self._path("digits.npy")),
            rotated=str(self._path("rotated.npy")),
            classes=self._digits.classes,
            named=settings.data is not None,
            with_accuracy=not record.answers,
            frames=settings.frames,
            profile=settings.profile,
        )
        for name in ("answer.json", "answers.npy"):
            self._path(name).unlink(missing_ok=True)
        self._path("request.json").write_text(json.dumps(asdict(request)), encoding="utf-8")
        child = run_module("benchmarks.worker", [self._folder.name], timeout_s=TIMEOUT_S)
        try:
            answer = json.loads(self._path("answer.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as cause:
            raise FitError(f"{job.runtime} {describe_end(child)} on this model; do not use it there") from cause
        if "error" in answer:
            raise FitError(answer["error"])
        if not record.answers:
            record.warmup_ns = np.load(self._path("warmup.npy"))
            record.read = np.load(self._path("answers.npy")) if self._path("answers.npy").exists() else None
        record.durations_ns.append(np.load(self._path("samples.npy")))
        record.answers.append(from_document(Answer, answer))

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / name


def plan(jobs: Sequence[Job], *, rounds: int, seed: int) -> Iterator[tuple[int, Job]]:
    """Give the rounds, numbered from 1, and the jobs in the order in which to measure them.

    The order differs from round to round, so that a machine that slows down for a while does not always hit the same
    model.
    """
    generator = random.Random(seed)
    for number in range(1, rounds + 1):
        for job in generator.sample(jobs, len(jobs)):
            yield number, job
