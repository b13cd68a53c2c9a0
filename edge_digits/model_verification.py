"""Holding `.tflite` files against the model they came from, or against each other, in every device runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring_digits import MeasuringDigits
from converters.request import Agreement
from converters.verification import compare, hostile_images, run_everywhere
from device.inference.inference import dequantize
from device.inference.input_range import INPUT_RANGES
from device.inference.model_card import ModelCard
from device.inference.model_file import ModelFile, read_model
from device.inference.trial import try_model


def original_range(card: ModelCard) -> str | None:
    """Return the input range that `convert` took a model's origin to have, None where its card does not say."""
    found = card.conversion.get("original_input_range")
    return str(found) if found in INPUT_RANGES else None


def reference_scores(
    reference: Path, images: NDArray[np.uint8], *, runtime: str, input_range: str | None
) -> NDArray[np.float32]:
    """Return the scores of a reference, a `.tflite` file or anything that `convert` takes.

    Args:
        reference: its path.
        images: uint8 (N, 28, 28).
        runtime: the device runtime for a `.tflite` file.
        input_range: what a Keras or SavedModel reference takes; None for raw pixels if it rescales them, else 0–1.

    Returns:
        float32 (N, labels).

    Raises:
        ModelFileError: the reference is missing or damaged.
        FitError: the runtime cannot run it.
    """
    if reference.suffix == ".tflite":
        trial = try_model(read_model(reference).flatbuffer, runtime=runtime, digits=images)
        return dequantize(trial.raw_scores, trial.output)
    from converters.references import load_reference

    from .tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    loaded = load_reference(reference)
    name = input_range or ("0-255" if loaded.rescales else "0-1")
    return loaded.scores(images, INPUT_RANGES[name])


def verify_model(
    model: ModelFile,
    digits: MeasuringDigits,
    *,
    expected: NDArray[np.float32],
    hostile_expected: NDArray[np.float32],
    runtimes: Sequence[str],
) -> tuple[Agreement, ...]:
    """Compare a model in each runtime with the scores of its reference.

    Args:
        model: the converted file.
        digits: what to compare on.
        expected: float32 (N, labels), the reference's scores for the digits.
        hostile_expected: the same for `hostile_images`.
        runtimes: names of installed device runtimes.

    Raises:
        FitError: a runtime refuses the model or dies of it.
    """
    trials = run_everywhere(model.flatbuffer, images=digits.images, runtimes=tuple(runtimes))
    return tuple(
        compare(each, expected=expected, hostile_expected=hostile_expected, labels=digits.labels) for each in trials
    )


def hostile_digits() -> NDArray[np.uint8]:
    """Return the images that training never showed a model, uint8 (16, 28, 28)."""
    return hostile_images((28, 28))
