"""What a conversion is asked for and what it gives: the dataclasses of `converters.convert`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS

# Share of inputs that must get the reference's best label, by variant.
MIN_AGREEMENT: Mapping[str, float] = {
    "float32": 0.9999,
    "float16": 0.9995,
    "dynamic": 0.997,
    "int8": 0.997,
    "int8-uint8": 0.997,
    "int8-float": 0.997,
    "int16x8": 0.999,
}
VARIANT_NAMES = tuple(MIN_AGREEMENT)
# int8 with some layers in float, made when it is asked for.
MIXED = "int8-mixed"
DEFAULT_TARGETS = ("tflite-runtime-2.14", "ai-edge-litert-2")
INPUT_RANGE_NAMES = ("0-255", "0-1", "-1-1")


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images, with their labels if there are any, and where they came from.

    Attributes:
        images: uint8 (N, H, W) or (N, H, W, C), 0–255.
        labels: integers (N,), positions in the list of labels; None where they are not known.
        source: what the card records about them: source, seed, count, digest ...
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.integer[Any]] | None
    source: Mapping[str, Any]


@dataclass(frozen=True)
class Gate:
    """What a variant must reach to be written.

    Attributes:
        min_agreement: share of images with the Keras model's best label, 0–1; None for the variant's own limit.
        max_drop: how much lower than the Keras model's the accuracy may be, 0–1.
    """

    min_agreement: float | None = None
    max_drop: float = 0.001


@dataclass(frozen=True, eq=False)
class ConversionRequest:
    """What to convert, how, and what the result must reach.

    Attributes:
        model: a `.keras` or `.h5` file or a SavedModel folder.
        out: folder for the converted files.
        name: stem of their names.
        test: the images that agreement and accuracy are measured on.
        calibration: the representative set that integer ranges are measured on, from training data; variants that
            need one are refused without it.
        variants: which of `VARIANT_NAMES`.
        gate: what each variant must reach.
        labels: one a score.
        input_range: what the model takes, one of `INPUT_RANGE_NAMES`; None to find out.
        training: what the card records about the training.
        runtimes: device runtimes to verify in; None for all that are installed.
        targets: releases whose runtimes must know every operation, such as "tflite-runtime-2.14" or "micro".
        keep_float: words in the names of layers that a mixed variant keeps in float32.
        mixed: make a mixed variant with as few of the worst layers in float32 as its gate needs.
        stability: convert int8 with each half of the representative set too, and report the difference.
        per_tensor: one scale for each tensor of weights instead of one for each channel; a shorter file.
        strip: leave out what runtimes do not need, after proof that no bit of the answers changes.
        force: overwrite files that are there.
    """

    model: Path
    out: Path
    name: str
    test: ImageSet
    calibration: ImageSet | None = None
    variants: tuple[str, ...] = VARIANT_NAMES
    gate: Gate = Gate()
    labels: tuple[str, ...] = LABELS
    input_range: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    runtimes: tuple[str, ...] | None = None
    targets: tuple[str, ...] = DEFAULT_TARGETS
    keep_float: tuple[str, ...] = ()
    mixed: bool = False
    stability: bool = False
    per_tensor: bool = False
    strip: bool = False
    force: bool = False


@dataclass(frozen=True)
class Agreement:
    """How a variant compares with its reference in one runtime.

    Attributes:
        runtime: name and version.
        count: images compared.
        agreement: share with the same best label.
        class_agreement: the same for the images that the reference gives each label, in the order of labels; None
            where there is no such image.
        largest_difference: of any score.
        mean_difference: of all scores, absolute.
        hostile_difference: the largest on blank, full, noisy and saturated images.
        correct: images whose best label is the true one; None where labels are not known.
        reference_correct: the same for the reference.
        mcnemar_p: probability of a difference in accuracy as large as this by chance (exact McNemar test).
    """

    runtime: str
    count: int
    agreement: float
    class_agreement: tuple[float | None, ...]
    largest_difference: float
    mean_difference: float
    hostile_difference: float
    correct: int | None = None
    reference_correct: int | None = None
    mcnemar_p: float | None = None

    @property
    def drop(self) -> float | None:
        """How much lower than the reference's the accuracy is, 0–1; None where labels are not known."""
        if self.correct is None or self.reference_correct is None:
            return None
        return (self.reference_correct - self.correct) / self.count


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
        misfit: whether that is because a runtime cannot run it (exit code 4) rather than because of a gate (3).
        mending: what had to be done for the targets to know its operations, or "".
        saved_bytes: how much shorter stripping made it.
    """

    variant: str
    path: Path
    size_bytes: int
    flatbuffer_bytes: int
    agreements: tuple[Agreement, ...]
    failure: str | None = None
    misfit: bool = False
    mending: str = ""
    saved_bytes: int = 0
