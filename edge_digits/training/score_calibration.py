"""Making scores mean what they say, and choosing below which score a picture is taken for no digit."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from ..evaluation.reliability import reliability

_LEAST_SCORE = 1e-7


@dataclass(frozen=True)
class Decision:
    """How the scores of a model become a decision; this goes into the model card.

    Attributes:
        reject_below: a best score below it means: no digit.
        accepted: share of the validation digits that are accepted, 0–1.
        refused: share of pictures without a digit, of the kinds learned from but others, that are refused, 0–1.
        temperature: the scores were softened by it to be probabilities.
        expected_calibration_error: mean distance of score from accuracy over 15 bins, on validation digits, 0–1.
    """

    reject_below: float
    accepted: float
    refused: float
    temperature: float
    expected_calibration_error: float


def fit_temperature(scores: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Find the temperature under which the labels are likeliest.

    Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", 2017.

    Args:
        scores: float32 (N, classes), softmax scores.
        labels: uint8 (N,).

    Returns:
        Above 1 where the scores are too sure, below 1 where they are not sure enough.
    """
    low, high = np.log(0.2), np.log(5.0)
    ratio = (np.sqrt(5) - 1) / 2
    # Golden-section search: the likelihood has one peak in the inverse temperature.
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if _surprise(scores, labels, np.exp(left)) < _surprise(scores, labels, np.exp(right)):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def soften(scores: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return softmax scores as they are at another temperature, float32 (N, classes)."""
    logits = np.log(np.maximum(scores, _LEAST_SCORE)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    softened: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return softened


def soften_model(model: keras.Model, temperature: float) -> None:
    """Divide the weights of the last layer that has any, a Dense before softmax, so that the scores are softened."""
    layer = next(each for each in reversed(model.layers) if each.weights)
    if isinstance(layer, keras.Model):  # one that was put behind others as a whole
        soften_model(layer, temperature)
    else:
        layer.set_weights([weights / temperature for weights in layer.get_weights()])


def expected_calibration_error(scores: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Return how far best scores are from being probabilities; see `reliability`."""
    return reliability(scores.max(axis=1), scores.argmax(axis=1) == labels).expected_calibration_error


def decide(
    digits: NDArray[np.float32],
    labels: NDArray[np.uint8],
    non_digits: NDArray[np.float32],
    *,
    temperature: float,
    accepted: float,
) -> Decision:
    """Choose the threshold that accepts a share of digits held back.

    Args:
        digits: float32 (N, classes), calibrated scores of validation digits.
        labels: uint8 (N,), their classes.
        non_digits: float32 (M, classes), calibrated scores of pictures without a digit.
        temperature: with which the scores were calibrated.
        accepted: the share, 0–1.
    """
    best = digits.max(axis=1)
    reject_below = float(np.floor(np.quantile(best, 1 - accepted) * 256) / 256)  # what an int8 score can be
    return Decision(
        reject_below=reject_below,
        accepted=round(float((best >= reject_below).mean()), 5),
        refused=round(float((non_digits.max(axis=1) < reject_below).mean()), 5),
        temperature=round(temperature, 4),
        expected_calibration_error=round(expected_calibration_error(digits, labels), 5),
    )


def _surprise(scores: NDArray[np.float32], labels: NDArray[np.uint8], temperature: float) -> float:
    softened = soften(scores, temperature)
    return float(-np.log(softened[np.arange(len(labels)), labels] + _LEAST_SCORE).mean())
