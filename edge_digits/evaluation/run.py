"""One run of `evaluate`, from models and digits to a result; a model that cannot be evaluated stops no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.photo_list import Photo, read_photo_list
from device.early_end import raise_if_asked
from device.errors import EdgeDigitsError, UsageError
from device.inference.foreign_model import refuse_needless

from .data import EvaluationDigits, load_evaluation_digits
from .photo_evaluation import PhotoEvaluation, evaluate_photos
from .photo_reading import read_photos
from .result import EvaluatedModel, EvaluationResult, compare_models, evaluate_model
from .scoring import TFLITE, Subject, read_subjects, score

NEEDS_CONVERSION = "photographs need a converted file; `edge-digits convert` makes one"


@dataclass(frozen=True)
class EvaluationRequest:
    """What to evaluate, on what.

    Attributes:
        models: `.keras`, `.h5` and `.tflite` files and SavedModel folders.
        data: digits; MNIST where None.
        split: the part of them; see `load_evaluation_digits`.
        photos: a list of photographs to read too.
        runtime: the device runtime for converted models; the first that works where None.
        labels: a labels file for converted models without a card.
        input_range: what Keras models, and converted ones without a card, take; where None, found out and raw pixels.
    """

    models: tuple[Path, ...]
    data: Path | None = None
    split: str | None = None
    photos: Path | None = None
    runtime: str | None = None
    labels: Path | None = None
    input_range: str | None = None


@dataclass(frozen=True, eq=False)
class EvaluationRun:
    """What came of a request.

    Attributes:
        result: of the models that could be evaluated.
        failures: why others could not.
    """

    result: EvaluationResult
    failures: tuple[EdgeDigitsError, ...]


def run_evaluation(request: EvaluationRequest, *, report: Callable[[str], None]) -> EvaluationRun:
    """Evaluate models.

    Args:
        request: what is wanted.
        report: takes each line about digits, runtimes and models that cannot be evaluated.

    Raises:
        UsageError: photographs are to be read and no model is converted, labels or a range are given and no model lacks
            them, or models held different digits back.
        DataError: the digits or the list of photographs are missing or ill-formed; or, as any other error, what is
            wrong with the models if none can be evaluated.
    """
    photos = read_photo_list(request.photos) if request.photos else []
    if photos and all(path.suffix != TFLITE for path in request.models):
        raise UsageError(f"--photos: expected a .tflite model to read them, found none; {NEEDS_CONVERSION}")
    refuse_needless(request.models, labels=request.labels, input_range=request.input_range)
    subjects, failures = read_subjects(
        request.models, labels=request.labels, runtime=request.runtime, input_range=request.input_range, warn=report
    )
    _raise_if_nothing(subjects, failures)
    training = [subject.training for subject in subjects if subject.training]
    digits = load_evaluation_digits(request.data, split=request.split, training=training, report=report)
    models = _score_all(subjects, digits, request, failures=failures, report=report)
    _raise_if_nothing(models, failures)
    able = [model.scored.subject for model in models]
    read = _read_all([each for each in able if each.converted], photos, request, failures=failures)
    notes = [f"{each.name}: {NEEDS_CONVERSION}" for each in able if photos and not each.converted]
    result = EvaluationResult(
        digits,
        tuple(models),
        compare_models(models, digits),
        tuple(read),
        (*notes, *(f"{each.name}: {each.evaluation.note}" for each in models if each.evaluation.note)),
    )
    return EvaluationRun(result, tuple(failures))


def _score_all(
    subjects: Sequence[Subject],
    digits: EvaluationDigits,
    request: EvaluationRequest,
    *,
    failures: list[EdgeDigitsError],
    report: Callable[[str], None],
) -> list[EvaluatedModel]:
    """Evaluate each model; what is wrong with one goes to `failures`."""
    models = []
    for subject in subjects:
        raise_if_asked()
        try:
            scored = score(
                subject, digits.images, runtime=request.runtime, input_range=request.input_range, warn=report
            )
            models.append(evaluate_model(scored, digits))
        except EdgeDigitsError as error:
            failures.append(error)
    return models


def _read_all(
    subjects: Sequence[Subject],
    photos: Sequence[Photo],
    request: EvaluationRequest,
    *,
    failures: list[EdgeDigitsError],
) -> list[PhotoEvaluation]:
    """Read the photographs with each converted model; what is wrong with one goes to `failures`."""
    read = []
    for subject in subjects if photos else ():
        raise_if_asked()
        try:
            readings = read_photos(
                subject, photos, runtime=request.runtime, labels=request.labels, input_range=request.input_range
            )
            read.append(evaluate_photos(subject.name, readings))
        except EdgeDigitsError as error:
            failures.append(error)
    return read


def _raise_if_nothing(models: Sequence[Subject | EvaluatedModel], failures: Sequence[EdgeDigitsError]) -> None:
    """Raise the first failure if no model is left; say the others in it."""
    if not models:
        first = failures[0]
        raise type(first)("; ".join(map(str, failures)))
