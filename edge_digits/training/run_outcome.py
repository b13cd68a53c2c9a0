"""What a finished training run leaves behind: the calibrated model, its history and its record."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from device.errors import DataError
from device.inference.model_file import sha256
from device.output_files import atomic_path
from device.version import VERSION

from ..data.digit_set import Digits
from ..run_files import CURVES_NAME, HISTORY_NAME, MODEL_NAME, TRAINING_NAME, read_json, write_json
from ..synthetic.non_digits import draw_non_digits
from .curves import draw_curves
from .run_history import has_figures, is_history
from .score_calibration import decide, fit_temperature, soften, soften_model

if TYPE_CHECKING:
    from .training import TrainingSettings

_FIGURES = ("validation_accuracy", "seconds", "parameters")  # of a record, which others ask for
_NON_DIGITS = 2000
_NON_DIGIT_SEED = 1


@dataclass(frozen=True)
class Trained:
    """What a run left behind.

    Attributes:
        model: path of the Keras model.
        history: one row an epoch.
        validation_accuracy: after the last epoch, 0–1.
    """

    model: Path
    history: tuple[Mapping[str, float], ...]
    validation_accuracy: float


def finished_run(out: Path, identity: Mapping[str, Any]) -> Trained | None:
    """Return the finished run in `out` if it is the one with this identity.

    Raises:
        DataError: what is in a file of its names is no record or history of a run, or its model is another one.
    """
    if not (out / MODEL_NAME).exists() or not (out / TRAINING_NAME).exists():
        return None
    record = read_json(out / TRAINING_NAME)
    if not isinstance(record, dict):
        raise _foreign(out / TRAINING_NAME, "the record of a run")
    if any(record.get(part) != identity[part] for part in identity):
        return None
    if not has_figures(record, _FIGURES):
        raise _foreign(out / TRAINING_NAME, f"the record of a run with {', '.join(_FIGURES)}")
    digest = record.get("model_sha256")  # which earlier releases did not write
    if digest is not None and digest != sha256((out / MODEL_NAME).read_bytes()):
        raise DataError(
            f"{out / MODEL_NAME}: expected the model of the finished run, found another or a damaged one; restore it, "
            "or train anew with --force"
        )
    history = read_json(out / HISTORY_NAME)
    if not is_history(history):
        raise _foreign(out / HISTORY_NAME, "the history of a run, one row an epoch")
    return Trained(out / MODEL_NAME, history=tuple(history), validation_accuracy=record["validation_accuracy"])


def _foreign(path: Path, expected: str) -> DataError:
    return DataError(
        f"{path}: expected {expected}, found another document; restore it, or drop the finished run with --force"
    )


def write_outcome(
    model: keras.Model,
    out: Path,
    identity: Mapping[str, Any],
    history: Sequence[Mapping[str, float]],
    *,
    digits: Digits,
    held_back: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    settings: TrainingSettings,
    changes: Sequence[Mapping[str, Any]] = (),
) -> Trained:
    """Calibrate a trained model where its recipe says so, and write it with its record.

    Args:
        model: as trained; its last layer is scaled.
        out: the run's folder.
        identity: settings and data digests of the run.
        history: one row an epoch.
        digits: the data.
        held_back: validation images, uint8 (N, 28, 28), and labels, uint8 (N,).
        settings: what decided the outcome.
        changes: what became of the model that the run started from, a row for each set of digits.

    Raises:
        OutputError: a file cannot be written.
    """
    decision = _calibrate(model, digits, held_back, accepted=settings.accepted) if settings.calibrated else {}
    with atomic_path(out / MODEL_NAME) as temporary:
        model.save(temporary)
    validation_accuracy = history[-1]["val_accuracy"]
    write_json(out / HISTORY_NAME, list(history))
    write_json(
        out / TRAINING_NAME,
        {
            **identity,
            "source": digits.source,
            "parameters": model.count_params(),
            "model_sha256": sha256((out / MODEL_NAME).read_bytes()),
            "validation_accuracy": validation_accuracy,
            **({"decision": decision} if decision else {}),
            **({"changes": list(changes)} if changes else {}),
            "seconds": round(sum(row["seconds"] for row in history), 1),
            "versions": {
                "edge-digits": VERSION,
                **{name: version(name) for name in (keras.backend.backend(), "keras", "numpy")},
            },
        },
    )
    _draw_curves(history, out / CURVES_NAME, settings)
    return Trained(model=out / MODEL_NAME, history=tuple(history), validation_accuracy=validation_accuracy)


def complete_outcome(run: Trained, *, settings: TrainingSettings) -> None:
    """Draw the curves of a finished run where a kill came before them, as they are what is written last.

    Raises:
        OutputError: they cannot be written.
    """
    curves = run.model.with_name(CURVES_NAME)
    if not curves.exists():
        _draw_curves(run.history, curves, settings)


def _draw_curves(history: Sequence[Mapping[str, float]], path: Path, settings: TrainingSettings) -> None:
    distorted, non_digits = settings.augmentation is not None, settings.non_digits > 0
    draw_curves(history, path, distorted=distorted, non_digits=non_digits)


def write_h5(model: Path) -> Path:
    """Write a Keras model beside itself in Keras's older format, HDF5.

    Raises:
        OutputError: it cannot be written.
    """
    path = model.with_suffix(".h5")
    loaded = keras.models.load_model(model, compile=False)
    # Keras warns that the format is old, which is why one asks for it.
    logging.getLogger("absl").setLevel(logging.ERROR)
    with atomic_path(path) as temporary:
        loaded.save(temporary)
    return path


def _calibrate(
    model: keras.Model, digits: Digits, held_back: tuple[NDArray[np.uint8], NDArray[np.uint8]], *, accepted: float
) -> dict[str, Any]:
    images, labels = held_back
    others = draw_non_digits(_NON_DIGITS, images=images, labels=labels, seed=_NON_DIGIT_SEED)
    scores, other_scores = (
        model.predict(each[..., np.newaxis], batch_size=500, verbose=0) for each in (images, others)
    )
    temperature = fit_temperature(scores, labels)
    soften_model(model, temperature)
    scores, other_scores = soften(scores, temperature), soften(other_scores, temperature)
    return asdict(decide(scores, labels, other_scores, temperature=temperature, accepted=accepted))


def as_json(value: Any) -> Any:
    """Return settings as they come back from a JSON document."""
    if isinstance(value, Mapping):
        return {key: as_json(each) for key, each in value.items()}
    return [as_json(each) for each in value] if isinstance(value, (tuple, list)) else value
