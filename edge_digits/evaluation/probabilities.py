"""Scores as probabilities, whatever a model ends in: softmax, sigmoids or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import DataError
from device.inference.inference import are_logits, softmax

LEAST = 1e-7  # as Keras clips probabilities before taking their logarithm
# A quantised softmax of ten scores is off its sum by at most ten half steps of 1/256; sigmoids are off by far more.
SUM_TOLERANCE = 0.03


@dataclass(frozen=True, eq=False)
class Probabilities:
    """One probability a label for each image.

    Attributes:
        values: float64 (N, labels), 0–1; every row sums to 1, that of a quantised softmax as nearly as its steps allow.
        note: what was done to the scores to get them; "" where they were probabilities already.
        least: what a probability of 0 counts as, so that one image cannot make a loss infinite.
    """

    values: NDArray[np.float64]
    note: str = ""
    least: float = LEAST

    def loss(self, truth: NDArray[np.integer[Any]]) -> float:
        """Return the mean cross-entropy with the true labels, natural logarithm.

        Only the probability of the true label is raised to the least: what a quantised softmax rounds to 0 for the
        others is not to make it less sure than it was.

        Args:
            truth: integers (N,).
        """
        own = self.values[np.arange(len(truth)), truth]
        return float(-np.log(np.clip(own, self.least, 1)).mean())


def as_probabilities(scores: NDArray[np.floating[Any]], *, step: float = 0.0) -> Probabilities:
    """Return scores as probabilities.

    Scores outside 0–1 are taken for logits and go through softmax. Those that do not sum to 1, as sigmoids do not, are
    divided by their sum. In the loss a probability of 0 counts as half a step of a quantised output and as 1e-7
    otherwise.

    Args:
        scores: float (N, labels), finite.
        step: quantisation step of the output, 0.0 where it is not quantised.

    Raises:
        DataError: a score is NaN or infinite.
    """
    values = scores.astype(np.float64)
    if not np.isfinite(values).all():
        raise DataError("expected finite scores, found NaN or infinity among the answers; train or convert again")
    if are_logits(values):
        return Probabilities(softmax(values), "scores are logits: softmax was applied")
    least, sums = max(LEAST, step / 2), values.sum(axis=1)
    if (np.abs(sums - 1) <= SUM_TOLERANCE).all():
        return Probabilities(np.clip(values, 0, 1), least=least)
    note = f"scores sum to {sums.min():.2g}–{sums.max():.2g} (sigmoids?): divided by their sum"
    values = np.clip(values, LEAST, 1)  # a row of zeros knows nothing
    return Probabilities(values / values.sum(axis=1, keepdims=True), note, least)
