"""Finding out which input range a model was trained with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import ModelFileError, UsageError
from device.inference.input_range import INPUT_RANGES, InputRange

from .references import Reference
from .request import ImageSet

TIE = 1.01  # losses within one per cent of each other do not tell ranges apart
LEAST_SHARE = 1e-7  # as Keras clips probabilities before taking their logarithm
MOST_IMAGES = 1000


def find_input_range(reference: Reference, images: ImageSet | None) -> InputRange:
    """Return the range in which a model fits labelled images best, raw pixels where it makes no difference.

    The measure is cross-entropy and not accuracy: a linear model gives the same answers for larger input, only surer
    ones than it was trained to.

    A model that rescales its input itself takes raw pixels, whatever there is to measure with.

    Args:
        reference: the model.
        images: labelled images of the training or calibration set, never of the test set.

    Raises:
        UsageError: there are no labelled images to find out with, and no layer that rescales.
    """
    if reference.rescales:
        return INPUT_RANGES["0-255"]
    if images is None or images.labels is None:
        raise UsageError(
            f"{reference.path}: cannot tell whether the model takes 0–255, 0–1 or −1–1; say it with --input-range"
        )
    some, labels = images.images[:MOST_IMAGES], images.labels[:MOST_IMAGES]
    losses = {name: _loss(reference, some, labels, taken) for name, taken in INPUT_RANGES.items()}
    return next(INPUT_RANGES[name] for name, loss in losses.items() if loss <= TIE * min(losses.values()))


def _loss(
    reference: Reference, images: NDArray[np.uint8], labels: NDArray[np.integer[Any]], taken: InputRange
) -> float:
    """Return how badly a range fits: without bound where a model that is not made for it answers with no numbers."""
    try:
        return cross_entropy(reference.scores(images, taken), labels)
    except ModelFileError:
        return math.inf


def cross_entropy(scores: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> float:
    """Return the mean cross-entropy of scores, which are probabilities or, where rows do not sum to 1, logits.

    Args:
        scores: float32 (N, classes).
        labels: integers (N,).
    """
    values = scores.astype(np.float64)
    if (values < 0).any() or not np.allclose(values.sum(1), 1, atol=1e-3):
        values = np.exp(values - values.max(1, keepdims=True))
        values /= values.sum(1, keepdims=True)
    return float(-np.log(np.clip(values[np.arange(len(labels)), labels], LEAST_SHARE, 1)).mean())
