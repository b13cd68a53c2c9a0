"""Holding a converted model against the Keras model it came from, in every device runtime there is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.errors import FitError
from device.inference import dequantize
from device.trial import Trial, try_model

from .request import Agreement, DigitSample

GOLDEN_COUNT = 10


def compare(trial: Trial, *, expected: NDArray[np.float32], labels: NDArray[np.uint8]) -> Agreement:
    """Compare what a device runtime answered with what Keras answered.

    Args:
        trial: the answers, (N, labels) raw.
        expected: float32 (N, labels), the Keras model's scores for the same digits.
        labels: uint8 (N,), the true labels.
    """
    scores = dequantize(trial.raw_scores, trial.output)
    if scores.shape != expected.shape:
        raise FitError(f"{trial.runtime}: expected scores of shape {expected.shape}, found {scores.shape}")
    difference = np.abs(scores - expected)
    said, keras_said = scores.argmax(1), expected.argmax(1)
    # A runtime that answers NaN agrees with nothing, whatever argmax makes of it.
    same = (said == keras_said) & np.isfinite(scores).all(1)
    return Agreement(
        runtime=trial.runtime,
        count=len(labels),
        agreement=float(same.mean()),
        largest_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        correct=int((said == labels).sum()),
        keras_correct=int((keras_said == labels).sum()),
    )


def run_everywhere(flatbuffer: bytes, *, digits: NDArray[np.uint8], runtimes: tuple[str, ...]) -> tuple[Trial, ...]:
    """Run a flatbuffer over digits in each runtime, each in a child process that has never imported TensorFlow.

    Args:
        flatbuffer: the converted model.
        digits: uint8 (N, 28, 28).
        runtimes: names of installed device runtimes.

    Raises:
        FitError: a runtime refuses the model or dies of it.
    """
    return tuple(try_model(flatbuffer, runtime=runtime, digits=digits) for runtime in runtimes)


def golden_positions(test: DigitSample) -> list[int]:
    """Return the positions of the golden digits: the first of each label, then the first of the others."""
    first = [int(np.flatnonzero(test.labels == label)[0]) for label in np.unique(test.labels)]
    others = [position for position in range(len(test.labels)) if position not in first]
    return (first + others)[:GOLDEN_COUNT]
