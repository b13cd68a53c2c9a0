"""What a model says of single digits: samples of a data set, or those found in a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.errors import PictureError, UsageError
from device.finding.finder import find_digits as find_digits_of
from device.loading import load_reader
from device.reading import UNSURE, ReadDigit
from device.settings.model_settings import ModelSettings
from device.settings.reading_settings import ReadingSettings
from device.sources.files import read_frame
from device.sources.pictures import read_picture

from .data import EvaluationDigits
from .probabilities import as_probabilities
from .scoring import Scored, Subject, score

SCHEMA = "edge-digits.prediction/1"


@dataclass(frozen=True, eq=False)
class ShownDigit:
    """A digit to predict.

    Attributes:
        image: uint8 (28, 28), the canonical digit.
        truth: its label, or None where it is not known.
        box: x, y, width, height in the picture it was found in, pixels; None for a sample.
        row: number of its row in the picture, from 0 at the top.
    """

    image: NDArray[np.uint8]
    truth: str | None = None
    box: tuple[int, int, int, int] | None = None
    row: int = 0


@dataclass(frozen=True, eq=False)
class PredictedDigit:
    """A digit with what a model says of it.

    Attributes:
        shown: the digit.
        label: the label with the best score.
        scores: float64 (10,), a probability for each label; of what was read in a picture as a device does, lower where
            what is around the digit speaks against one.
        refused: whether the model's card refuses so low a score.
    """

    shown: ShownDigit
    label: str
    scores: NDArray[np.float64]
    refused: bool

    @property
    def confidence(self) -> float:
        """The best score, 0–1."""
        return float(self.scores.max())

    @property
    def right(self) -> bool | None:
        """Whether the label is the true one; None where that is not known."""
        return None if self.shown.truth is None else self.label == self.shown.truth

    @property
    def words(self) -> str:
        """The prediction in words: "predicted 7, true 7"."""
        said = f"predicted {self.label}" + (", but too unsure to say so" if self.refused else "")
        return said if self.shown.truth is None else f"{said}, true {self.shown.truth}"


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says of a sample or a picture.

    Attributes:
        model: the model.
        runtime: what ran it.
        source: where the digits come from, for people.
        picture: uint8 (H, W) grey or (H, W, 3) BGR, the picture they were found in; None for a sample.
        digits: the digits, none where nothing was found.
        note: what was done to scores that were no probabilities, else "".
    """

    model: Subject
    runtime: str
    source: str
    picture: NDArray[np.uint8] | None
    digits: tuple[PredictedDigit, ...]
    note: str = ""


def sample_digit(digits: EvaluationDigits, *, index: int | None, seed: int | None) -> tuple[ShownDigit, str]:
    """Choose a sample by its number, or draw one.

    Args:
        digits: where from.
        index: its number; the first unless this or `seed` is given.
        seed: draws one.

    Returns:
        The digit, and what it is in words.

    Raises:
        UsageError: there is no such number.
    """
    count = len(digits.labels)
    if index is None:
        index = 0 if seed is None else int(np.random.default_rng(seed).integers(count))
    if not 0 <= index < count:
        raise UsageError(f"--index: expected 0 to {count - 1}, found {index}; {digits.description} are so many")
    digit = ShownDigit(digits.images[index], LABELS[int(digits.labels[index])])
    return digit, f"{digits.description}, number {index:,}"


def read_as_device(
    subject: Subject,
    path: Path,
    *,
    labels: Path | None = None,
    runtime: str | None = None,
    input_range: str | None = None,
    warn: Callable[[str], None],
) -> Prediction:
    """Read a picture with a converted model as `edge-digits classify` does.

    Args:
        subject: a converted model.
        path: of the picture.
        labels: a labels file for a model without a card.
        runtime: the device runtime; the first that works unless given.
        input_range: what a model without a card was trained on; what its quantised input says, else raw pixels, unless
            given.
        warn: is told when a runtime is passed over for another, and what is assumed of a model without a card.

    Raises:
        PictureError: the picture cannot be read.
        FitError: the model cannot be run.
    """
    frame = read_frame(str(path), path)
    if frame.image is None:
        raise frame.error or PictureError(f"{path}: cannot be read; check the file")
    model: Any = {"file": subject.path, "labels": labels, "runtime": runtime, "input_range": input_range}
    reader = load_reader(ModelSettings(**model), ReadingSettings(top_k=len(LABELS)), warn=warn)
    reading, canonicals = reader.read_closely(frame)
    digits = tuple(_predicted(digit, image) for digit, image in zip(reading.digits, canonicals, strict=True))
    return Prediction(subject, reader.runtime, str(path), frame.image, digits)


def _predicted(digit: ReadDigit, image: NDArray[np.uint8]) -> PredictedDigit:
    scores = dict(digit.top)
    return PredictedDigit(
        ShownDigit(image, box=digit.box, row=digit.row),
        digit.top[0][0],
        np.array([scores[label] for label in LABELS]),
        refused=digit.label == UNSURE,
    )


def find_digits(path: Path) -> tuple[NDArray[np.uint8], list[ShownDigit]]:
    """Read a picture and find what may be digits in it, all of it and once, as a Keras model cannot run on a device.

    Returns:
        The picture, uint8 (H, W) or (H, W, 3) BGR, and its digits.

    Raises:
        PictureError: it cannot be read.
    """
    picture = read_picture(path)
    return picture, [ShownDigit(found.canonical, box=found.box, row=found.row) for found in find_digits_of(picture)]


def predict_digits(
    subject: Subject,
    shown: Sequence[ShownDigit],
    *,
    source: str,
    picture: NDArray[np.uint8] | None = None,
    runtime: str | None = None,
    input_range: str | None = None,
    warn: Callable[[str], None],
) -> Prediction:
    """Ask a model.

    Args:
        subject: the model.
        shown: the digits; may be none.
        source: where they come from, for people.
        picture: the picture they were found in.
        runtime: the device runtime for a converted model.
        input_range: what a Keras model takes; found out unless given.
        warn: is told when a runtime is passed over for another.

    Raises:
        FitError: the model cannot be run or takes something else.
        DataError: it is damaged or answers with something other than numbers.
    """
    if not shown:
        return Prediction(subject, "", source, picture, ())
    images = np.stack([each.image for each in shown])
    scored = score(subject, images, runtime=runtime, input_range=input_range, warn=warn)
    probabilities = as_probabilities(scored.scores, step=scored.step)
    values = probabilities.values if probabilities.note else scored.scores.astype(np.float64)
    digits = tuple(
        PredictedDigit(each, LABELS[int(row.argmax())], row, _is_refused(scored, place))
        for place, (each, row) in enumerate(zip(shown, values, strict=True))
    )
    return Prediction(subject, scored.runtime, source, picture, digits, probabilities.note)


def make_document(prediction: Prediction) -> dict[str, Any]:
    """Return a prediction as what `json` can write, in the schema "edge-digits.prediction/1"."""
    return {
        "schema": SCHEMA,
        "model": prediction.model.name,
        "runtime": prediction.runtime,
        "source": prediction.source,
        "digits": [
            {
                "label": each.label,
                "score": round(each.confidence, 6),
                "refused": each.refused,
                "truth": each.shown.truth,
                "box": list(each.shown.box) if each.shown.box else None,
                "row": each.shown.row,
                "scores": {label: round(float(value), 6) for label, value in zip(LABELS, each.scores, strict=True)},
            }
            for each in prediction.digits
        ],
        "note": prediction.note,
    }


def _is_refused(scored: Scored, place: int) -> bool:
    limit = scored.subject.reject_below
    return limit is not None and float(scored.scores[place].max()) < limit
