"""The process that measures one model in one runtime, and may die of it: `python -m benchmarks.worker FOLDER`.

Its parent leaves `request.json` in the folder; it leaves `answer.json` and `samples.npy` there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.classifier import Classifier
from device.contract import CONTRACT_VERSION, LABELS
from device.errors import ContractError, EdgeDigitsError, ModelFileError
from device.inference import Inference
from device.model_card import ModelCard
from device.model_file import ModelFile, read_bare_flatbuffer, read_model, sha256
from device.runtime import Runtime, load_runtime

from .sampling import Call, peak_rss_bytes, rotation, take_samples


@dataclass(frozen=True)
class Request:
    """What to measure.

    Attributes:
        model: path of the model file.
        sha256: hex digest that its flatbuffer must have.
        has_card: whether the file describes itself.
        labels: labels for a model without a card, None for 0–9.
        runtime: the runtime to measure in.
        digits: path of the test digits, .npy, uint8 (N, 28, 28).
        truth: path of their labels, .npy, uint8 (N,); None where accuracy is not asked for.
    """

    model: str
    sha256: str
    has_card: bool
    labels: tuple[str, ...] | None
    runtime: str
    num_threads: int
    warmup_runs: int
    num_runs: int
    min_s: float
    digits: str
    truth: str | None


@dataclass(frozen=True)
class Answer:
    """What was measured, besides the samples.

    Attributes:
        correct: test digits read right, None where accuracy was not asked for or is not to be had.
        no_accuracy: why the model cannot read test digits, None where it can.
    """

    runtime_version: str
    construct_s: float
    first_s: float
    cpu_share: float
    peak_rss_bytes: int | None
    correct: int | None
    no_accuracy: str | None


@dataclass(frozen=True, eq=False)
class Built:
    """A model ready to be called.

    Attributes:
        call: takes uint8 (1, 28, 28); this is what a sample times.
        construct_s: time to build the interpreter and check the model, seconds.
        classifier: None where the model does not take canonical digits; `call` then runs it on zeros.
        problem: why there is no classifier.
    """

    call: Call
    construct_s: float
    classifier: Classifier | None
    problem: str | None = None


def measure(request: Request) -> tuple[Answer, NDArray[np.int64]]:
    """Measure as requested.

    Returns:
        The answer, and int64 (N,) the samples in nanoseconds.

    Raises:
        EdgeDigitsError: the runtime or the model cannot be used.
    """
    runtime = load_runtime(request.runtime)
    built = build(request, runtime)
    digits = np.load(request.digits, mmap_mode="r")  # what is not looked at must not count as the model's memory
    samples = take_samples(
        built.call,
        rotation(digits),
        warmup_runs=request.warmup_runs,
        num_runs=request.num_runs,
        min_s=request.min_s,
    )
    peak_bytes = peak_rss_bytes()
    correct = None
    if built.classifier is not None and request.truth is not None:
        # What is read does not depend on threads, but a second one can make a digit take a hundred times as long.
        reader = built.classifier if request.num_threads == 1 else Classifier(built.classifier.model, runtime)
        correct = count_correct(reader.scores, digits, np.load(request.truth), reader.model.card.labels)
    answer = Answer(
        runtime_version=runtime.version,
        construct_s=built.construct_s,
        first_s=samples.first_s,
        cpu_share=samples.cpu_share,
        peak_rss_bytes=peak_bytes,
        correct=correct,
        no_accuracy=built.problem,
    )
    return answer, samples.durations_ns


def build(request: Request, runtime: Runtime) -> Built:
    """Build the model: as a classifier if it takes canonical digits, else bare."""
    path = Path(request.model)
    file = read_model(path) if request.has_card else None
    flatbuffer = file.flatbuffer if file else read_bare_flatbuffer(path)
    if sha256(flatbuffer) != request.sha256:
        raise ModelFileError(f"{path}: the model was changed while it was measured; measure again")
    start_s = time.perf_counter()
    if file:
        classifier = Classifier(file, runtime, num_threads=request.num_threads)
        return Built(classifier.scores, time.perf_counter() - start_s, classifier)
    inference = Inference(flatbuffer, runtime, num_threads=request.num_threads)
    construct_s = time.perf_counter() - start_s
    try:
        foreign = _with_card(path, flatbuffer, inference, request.labels or LABELS)
        classifier = Classifier(foreign, runtime, num_threads=request.num_threads)
        return Built(classifier.scores, construct_s, classifier)
    except ContractError as error:
        zeros = np.zeros((1, *inference.input.shape), inference.input.dtype)
        return Built(lambda digit: inference.run(zeros), construct_s, None, " ".join(str(error).split()))


def count_correct(
    scores: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    digits: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    labels: tuple[str, ...],
) -> int:
    """Count the digits read right, one at a time, by the very calls that are timed.

    Args:
        scores: a classifier's method.
        digits: uint8 (N, 28, 28).
        truth: uint8 (N,), 0–9.
        labels: one a score.
    """
    correct = 0
    for index in range(len(digits)):
        found = scores(digits[index : index + 1])[0]
        # A score that is no number is no reading, whatever argmax makes of it.
        correct += bool(np.isfinite(found).all()) and labels[int(found.argmax())] == str(truth[index])
    return correct


def _with_card(path: Path, flatbuffer: bytes, inference: Inference, labels: tuple[str, ...]) -> ModelFile:
    card = ModelCard(
        name=path.stem,
        variant=inference.input.dtype,
        flatbuffer_sha256=sha256(flatbuffer),
        labels=labels,
        input=inference.input,
        output=inference.output,
        contract_version=CONTRACT_VERSION,
    )
    return ModelFile(path=path, flatbuffer=flatbuffer, card=card)


def main(folder: Path) -> None:
    """Be the child: measure what the parent left in `folder` and leave the answer there."""
    fields = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    fields["labels"] = tuple(fields["labels"]) if fields["labels"] else None
    answer: dict[str, object]
    try:
        measured, durations_ns = measure(Request(**fields))
        np.save(folder / "samples.npy", durations_ns)
        answer = asdict(measured)
    except (EdgeDigitsError, OSError, RuntimeError, ValueError, MemoryError) as error:
        answer = {"error": " ".join(str(error).split()) or type(error).__name__}
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
