"""The process that measures one model in one runtime, and may die of it: `python -m benchmarks.worker FOLDER`.

Its parent leaves `request.json` in the folder; it leaves `answer.json`, `samples.npy`, `warmup.npy` and, where accuracy
was asked for, `answers.npy` there.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.errors import EdgeDigitsError, ModelFileError
from device.inference.assumed_range import assumed_range
from device.inference.inference import quantize_pixels
from device.inference.input_range import INPUT_RANGES
from device.inference.model_file import ModelFile, read_bare_flatbuffer, read_model, sha256
from device.inference.runtime import Runtime, load_runtime

from .answers import other_labels, read_digits
from .built_model import BuiltModel, build_model
from .delegates import with_delegate
from .energy import EnergyMeter
from .figures import Profile, StageTimes
from .profiling import profile_ops
from .records import from_document
from .sampling import Samples, peak_rss_bytes, rss_bytes, take_samples
from .stages import TimedClassifier, time_stages

AROUND_RUNS = 300


@dataclass(frozen=True)
class Request:
    """What to measure.

    Attributes:
        model: path of the model file.
        sha256: hex digest that its flatbuffer must have.
        has_card: whether the file describes itself.
        labels: labels for a model without a card, None for 0–9.
        input_range: what a model without a card was trained on, one of `INPUT_RANGES`; None for what its input says.
        runtime: the runtime to measure in.
        delegate: "xnnpack" or "none".
        digits: path of the test digits, .npy, uint8 (N, 28, 28).
        rotated: path of those that samples rotate through, in the same form.
        classes: how many the test digits are of.
        named: whether they were named for these models, and are not just the digits there are.
        with_accuracy: whether all of them are to be read.
        frames: frames whose whole path is timed, none where 0.
        profile: whether each op is timed.
    """

    model: str
    sha256: str
    has_card: bool
    labels: tuple[str, ...] | None
    input_range: str | None
    runtime: str
    delegate: str
    num_threads: int
    warmup_runs: int
    num_runs: int
    min_s: float
    digits: str
    rotated: str
    classes: int
    named: bool
    with_accuracy: bool
    frames: int
    profile: bool


@dataclass(frozen=True)
class Answer:
    """What was measured, besides the samples and the answers to the test digits.

    Attributes:
        ops: how many ops the graph has, None where the runtime does not tell.
        delegated_ops: how many of them the delegate took.
        no_accuracy: why the model cannot read test digits, None where it can.
        assumed: what is to be said of the pixels that a model was given; None where its card or an option says them.
        no_profile: why the ops could not be timed, None where they were or were not to be.
    """

    runtime_version: str
    construct_s: float
    first_s: float
    cpu_share: float
    around_invoke_s: float
    peak_rss_bytes: int | None
    rss_bytes: int | None
    energy_j: float | None
    energy_source: str | None
    ops: int | None
    delegated_ops: int | None
    stages: StageTimes | None
    profile: Profile | None
    no_accuracy: str | None
    no_profile: str | None
    assumed: str | None = None


@dataclass(frozen=True, eq=False)
class Measured:
    """All that one process measured.

    Attributes:
        answer: the figures.
        samples: the times of the calls.
        answers: int16 (N,), what `read_digits` gave; None where accuracy was not asked for or is not to be had.
    """

    answer: Answer
    samples: Samples
    answers: NDArray[np.int16] | None


def measure(request: Request) -> Measured:
    """Measure as requested.

    Raises:
        EdgeDigitsError: the runtime or the model cannot be used.
    """
    runtime = with_delegate(load_runtime(request.runtime), request.delegate)
    built = build(request, runtime)
    inputs = _inputs(built, request)
    meter = EnergyMeter()
    with meter:
        samples = take_samples(
            built.call,
            inputs,  # type: ignore[arg-type]  # an array is a sequence of its rows
            warmup_runs=request.warmup_runs,
            num_runs=request.num_runs,
            min_s=request.min_s,
        )
    around = take_samples(built.around, inputs, warmup_runs=20, num_runs=AROUND_RUNS, min_s=0)  # type: ignore[arg-type]
    peak_bytes, held_bytes = peak_rss_bytes(), rss_bytes()
    digits = np.load(request.digits, mmap_mode="r")  # from here on, as their memory is not the model's
    problem = built.problem or _unfit_data(built, request)
    answers = _read_all(built, request, runtime, digits) if request.with_accuracy and problem is None else None
    profile, no_profile = _profile(built, request, runtime, inputs[0]) if request.profile else (None, None)
    calls = len(samples.durations_ns) + len(samples.warmup_ns) + 1
    delegated = [op.delegated for op in built.ops]
    answer = Answer(
        runtime_version=runtime.version,
        construct_s=built.construct_s,
        first_s=samples.first_s,
        cpu_share=samples.cpu_share,
        around_invoke_s=float(np.median(around.durations_ns)) / 1e9,
        peak_rss_bytes=peak_bytes,
        rss_bytes=held_bytes,
        energy_j=meter.energy.joules / calls if meter.energy else None,
        energy_source=meter.energy.source if meter.energy else None,
        ops=len(built.ops) or None,
        delegated_ops=sum(map(bool, delegated)) if built.ops else None,
        stages=_stages(built.file, request, runtime, digits) if request.frames and built.file else None,
        profile=profile,
        no_accuracy=problem,
        no_profile=no_profile,
        assumed=None if request.has_card or request.input_range else assumed_range(built.source).note,
    )
    return Measured(answer, samples, answers)


def build(request: Request, runtime: Runtime) -> BuiltModel:
    """Build the very bytes that the benchmark has read."""
    path = Path(request.model)
    file = read_model(path) if request.has_card else None
    flatbuffer = file.flatbuffer if file else read_bare_flatbuffer(path)
    if sha256(flatbuffer) != request.sha256:
        raise ModelFileError(f"{path}: the model was changed while it was measured; measure again")
    return build_model(
        flatbuffer,
        runtime,
        path=path,
        file=file,
        labels=request.labels,
        taken=INPUT_RANGES[request.input_range] if request.input_range else None,
        num_threads=request.num_threads,
    )


def _inputs(built: BuiltModel, request: Request) -> NDArray[Any]:
    """Return what samples rotate through, made digit by digit: what all at once take on the way is not the model's."""
    if built.file is None:
        return built.zeros()[np.newaxis]
    digits = np.load(request.rotated)
    inputs = np.empty((len(digits), *built.source.shape), built.source.dtype)
    for place, digit in enumerate(digits):
        inputs[place] = quantize_pixels(digit, built.source, built.file.taken)[0]
    return inputs


def _unfit_data(built: BuiltModel, request: Request) -> str | None:
    labels = built.file.card.labels if built.file else ()
    if request.classes > max(len(labels), len(LABELS)):
        found = f"the test data has {request.classes} classes and the model {len(labels)} labels"
    elif not request.named and (others := other_labels(labels)):
        found = f"the test data are digits and the model has {others}"
    else:
        return None
    return f"{found}; name the data that it was made for with --data"


def _read_all(built: BuiltModel, request: Request, runtime: Runtime, digits: NDArray[np.uint8]) -> NDArray[np.int16]:
    file, reader = built.file, built
    assert file is not None
    if request.num_threads > 1:
        # What is read does not depend on threads, but a second one can make a digit take a hundred times as long.
        reader = build_model(built.flatbuffer, runtime, path=file.path, file=file, labels=None, num_threads=1)
    return read_digits(
        reader.call,
        digits,
        source=built.source,
        target=built.target,
        labels=file.card.labels,
        classes=request.classes,
        taken=file.taken,
    )


def _stages(file: ModelFile, request: Request, runtime: Runtime, digits: NDArray[np.uint8]) -> StageTimes:
    classifier = TimedClassifier(file, runtime, num_threads=request.num_threads)
    return time_stages(classifier, digits, frames=request.frames)


def _profile(
    built: BuiltModel, request: Request, runtime: Runtime, value: NDArray[Any]
) -> tuple[Profile | None, str | None]:
    try:
        return profile_ops(built.flatbuffer, runtime, value=value, num_threads=request.num_threads), None
    except EdgeDigitsError as error:
        return None, str(error)


def main(folder: Path) -> None:
    """Be the child: measure what the parent left in `folder` and leave the answer there."""
    answer: dict[str, object]
    try:
        request = from_document(Request, json.loads((folder / "request.json").read_text(encoding="utf-8")))
        measured = measure(request)
        np.save(folder / "samples.npy", measured.samples.durations_ns)
        np.save(folder / "warmup.npy", measured.samples.warmup_ns)
        if measured.answers is not None:
            np.save(folder / "answers.npy", measured.answers)
        answer = asdict(measured.answer)
    except (EdgeDigitsError, OSError, RuntimeError, ValueError, MemoryError) as error:
        answer = {"error": " ".join(str(error).split()) or type(error).__name__}
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
