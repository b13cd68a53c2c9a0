"""The scores of a trained or converted model for digits; converted ones run in a child process without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.answers import describe_labels
from benchmarks.subjects import short_names
from device.contract import LABELS, SIDE
from device.errors import ContractError, EdgeDigitsError, ModelFileError
from device.inference.foreign_model import read_foreign_model
from device.inference.inference import dequantize
from device.inference.input_range import INPUT_RANGES
from device.inference.model_file import ModelFile, has_card, read_model
from device.inference.trial import try_runtimes
from device.printable import printable

from ..conversion_data import training_record

TFLITE = ".tflite"
TRAINED_SUFFIXES = (".keras", ".h5", ".hdf5")


@dataclass(frozen=True, eq=False)
class Subject:
    """A model to evaluate, read as far as that needs no TensorFlow.

    Attributes:
        path: where it is.
        name: its file name, with as many folders as tell it from the others.
        size_bytes: of the file, or of all files of a SavedModel.
        converted: the checked `.tflite` file; None for what Keras runs.
        training: what is recorded of its training; empty where nothing is.
        runtime: name of the runtime that a file without a card ran in; None for the first that can.
    """

    path: Path
    name: str
    size_bytes: int
    converted: ModelFile | None
    training: dict[str, Any]
    runtime: str | None = None

    @property
    def reject_below(self) -> float | None:
        """The best score below which the model's card refuses an image; None where it names none."""
        found = self.converted.card.decision.get("reject_below") if self.converted else None
        return None if found is None else float(found)


@dataclass(frozen=True, eq=False)
class Scored:
    """A model's scores.

    Attributes:
        subject: the model.
        runtime: what ran it: "keras 3.15.1", "tflite-runtime 2.14.0".
        scores: float32 (N, 10).
        step: quantisation step of its output, 0.0 where it is not quantised.
    """

    subject: Subject
    runtime: str
    scores: NDArray[np.float32]
    step: float


def read_subjects(
    paths: Sequence[Path],
    *,
    labels: Path | None = None,
    runtime: str | None = None,
    input_range: str | None = None,
    warn: Callable[[str], None],
) -> tuple[list[Subject], list[EdgeDigitsError]]:
    """Read the models to evaluate, each once, before anything that takes long.

    Args:
        paths: `.keras`, `.h5` and `.tflite` files and SavedModel folders.
        labels: a labels file for `.tflite` files without a card.
        runtime: the runtime to try such files in; the first that can run it unless given.
        input_range: what such files were trained on; what their quantised inputs say, else raw pixels, unless given.
        warn: is told what is assumed of such files.

    Returns:
        Those that can be evaluated, and what is wrong with the others: ModelFileError for what is missing, damaged or
        no model, ContractError for what takes no digits of 28×28 pixels or has other labels than 0 to 9, FitError for
        a file without a card that does not run.
    """
    names = short_names(list(dict.fromkeys(paths)))
    subjects: list[Subject] = []
    failures: list[EdgeDigitsError] = []
    for path, name in names.items():
        try:
            subjects.append(
                read_subject(path, name, labels=labels, runtime=runtime, input_range=input_range, warn=warn)
            )
        except EdgeDigitsError as error:
            failures.append(error)
    return subjects, failures


def read_subject(
    path: Path,
    name: str,
    *,
    labels: Path | None = None,
    runtime: str | None = None,
    input_range: str | None = None,
    warn: Callable[[str], None],
) -> Subject:
    """Read one model to evaluate; see `read_subjects`.

    Raises:
        ModelFileError: it is missing, damaged or no model.
        ContractError: it does not take digits of 28×28 pixels or has other labels than 0 to 9.
        FitError: a file without a card does not run.
    """
    name = printable(name)
    if path.suffix != TFLITE:
        return _trained_subject(path, name)
    if labels is None or has_card(path):
        return _converted_subject(read_model(path), name)
    foreign = read_foreign_model(path, labels=labels, runtime=runtime, input_range=input_range, warn=warn)
    return replace(_converted_subject(foreign.file, name), runtime=foreign.runtime)


def score(
    subject: Subject,
    images: NDArray[np.uint8],
    *,
    runtime: str | None = None,
    input_range: str | None = None,
    warn: Callable[[str], None],
) -> Scored:
    """Run a model over digits.

    Args:
        subject: the model.
        images: uint8 (N, 28, 28), N at least 1.
        runtime: the device runtime for a converted model; the first that works unless given.
        input_range: what a Keras model takes; found out with training digits unless given.
        warn: is told when a runtime is passed over for another, and what range was found out.

    Raises:
        ModelFileError: a Keras model is damaged.
        ContractError: it takes something other than 28×28 pixels, or has other outputs than ten scores.
        FitError: no runtime can run it.
    """
    if subject.converted is not None:
        model, wanted = subject.converted, runtime or subject.runtime
        trial = try_runtimes(model.path, model.flatbuffer, runtime=wanted, digits=images, taken=model.taken, warn=warn)
        step = 0.0 if trial.output.dtype == "float32" else trial.output.scale
        return Scored(subject, trial.runtime, dequantize(trial.raw_scores, trial.output), step)
    return _score_trained(subject, images, input_range=input_range, warn=warn)


def _trained_subject(path: Path, name: str) -> Subject:
    if not path.exists():
        raise ModelFileError(f"{path}: expected a .keras, .h5 or .tflite model, found nothing there; check the path")
    if path.is_dir() == (path.suffix in TRAINED_SUFFIXES):
        raise ModelFileError(
            f"{path}: expected a .keras, .h5 or .tflite file or a SavedModel folder, found something else; name a model"
        )
    files = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
    return Subject(path, name, sum(each.stat().st_size for each in files), None, training_record(path))


def _converted_subject(model: ModelFile, name: str) -> Subject:
    path, card = model.path, model.card
    if card.input.shape[:1] != (1,) or int(np.prod(card.input.shape)) != SIDE * SIDE:
        raise ContractError(
            f"{path}: expected a model for digits of {SIDE}×{SIDE} pixels, found one for input {card.input.shape}; "
            "name a digit model"
        )
    if card.labels != LABELS or card.output.shape != (1, len(LABELS)):
        found = describe_labels(card.labels)
        raise ContractError(f"{path}: expected the labels 0 to 9, found {found}; name a digit model")
    return Subject(path, name, path.stat().st_size, model, dict(card.training))


def _score_trained(
    subject: Subject, images: NDArray[np.uint8], *, input_range: str | None, warn: Callable[[str], None]
) -> Scored:
    from ..tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    import keras

    from converters.references import load_reference

    from ..taken_range import taken_range

    reference = load_reference(subject.path)
    if reference.classes != len(LABELS):
        raise ContractError(
            f"{subject.path}: expected {len(LABELS)} scores, one a digit, found {reference.classes}; name a digit model"
        )
    reference.shaped(images[:1])  # refuses a model of another size in its own words
    said = None if input_range is None else INPUT_RANGES[input_range]
    taken = said or taken_range(reference, subject.training, report=warn)
    return Scored(subject, f"keras {keras.__version__}", reference.scores(images, taken), 0.0)
