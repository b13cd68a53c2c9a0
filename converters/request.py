"""What a conversion is asked for and what it gives: the dataclasses of `converters.convert`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS

# Agreement with the Keras model that each variant must reach, as a fraction of digits with the same best label.
MIN_AGREEMENT: Mapping[str, float] = {"float32": 0.9999, "int8": 0.997}
VARIANTS = tuple(MIN_AGREEMENT)


@dataclass(frozen=True, eq=False)
class DigitSample:
    """Digits with their labels and where they came from.

    Attributes:
        images: uint8 (N, 28, 28), canonical digits.
        labels: uint8 (N,).
        source: what the card records about them: source, seed, count, digest ...
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    source: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class ConversionRequest:
    """What to convert, how, and what the result must reach.

    Attributes:
        model: a `.keras` file.
        out: folder for the converted files.
        name: stem of their names.
        calibration: the representative set that int8 ranges are measured on; from training data.
        test: the digits that agreement and accuracy are measured on.
        variants: which of `VARIANTS`.
        min_agreement: limit for every variant, 0–1; None for each variant's own.
        labels: one a score.
        training: what the card records about the training.
        runtimes: device runtimes to verify in; None for all that are installed.
        force: overwrite files that are there.
    """

    model: Path
    out: Path
    name: str
    calibration: DigitSample
    test: DigitSample
    variants: tuple[str, ...] = VARIANTS
    min_agreement: float | None = None
    labels: tuple[str, ...] = LABELS
    training: Mapping[str, Any] = field(default_factory=dict)
    runtimes: tuple[str, ...] | None = None
    force: bool = False


@dataclass(frozen=True)
class Agreement:
    """How a variant compares with the Keras model in one runtime.

    Attributes:
        runtime: name and version.
        count: digits compared.
        agreement: fraction with the same best label.
        largest_difference: of any score.
        mean_difference: of all scores, absolute.
        correct: digits whose best label is the true one.
        keras_correct: the same for the Keras model.
    """

    runtime: str
    count: int
    agreement: float
    largest_difference: float
    mean_difference: float
    correct: int
    keras_correct: int


@dataclass(frozen=True)
class Conversion:
    """One converted variant.

    Attributes:
        variant: its name.
        path: where it is, or would be had it met its gate.
        size_bytes: of the whole file.
        flatbuffer_bytes: of what the runtime maps.
        agreements: one for each runtime it was verified in.
        failure: why it was not written, or None.
    """

    variant: str
    path: Path
    size_bytes: int
    flatbuffer_bytes: int
    agreements: tuple[Agreement, ...]
    failure: str | None = None
