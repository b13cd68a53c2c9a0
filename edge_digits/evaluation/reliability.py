"""Calibration: whether a model that is 90 % sure is right nine times out of ten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BIN_COUNT = 15


@dataclass(frozen=True)
class ConfidenceBin:
    """The answers whose confidence lies in one interval.

    Attributes:
        low: lower bound, not included but in the first bin, 0–1.
        high: upper bound, included, 0–1.
        count: answers in it.
        correct: right ones among them.
        mean_confidence: their mean confidence, 0–1; None where there are none.
    """

    low: float
    high: float
    count: int
    correct: int
    mean_confidence: float | None

    @property
    def accuracy(self) -> float | None:
        """Share of right answers, 0–1; None where there are none."""
        return self.correct / self.count if self.count else None


@dataclass(frozen=True)
class Reliability:
    """How far confidence and accuracy agree.

    Attributes:
        bins: of equal width, ascending.
        expected_calibration_error: mean distance of a bin's accuracy from its confidence, bins weighted by count.
        mean_confidence: over all answers, 0–1.
    """

    bins: tuple[ConfidenceBin, ...]
    expected_calibration_error: float
    mean_confidence: float


def reliability(
    confidence: NDArray[np.floating[Any]], correct: NDArray[np.bool_], *, bin_count: int = BIN_COUNT
) -> Reliability:
    """Sort answers into bins of confidence and hold it against accuracy.

    The measure is the expected calibration error of Naeini, Cooper and Hauskrecht (2015) with the bins of Guo, Pleiss,
    Sun and Weinberger, "On Calibration of Modern Neural Networks" (2017).

    Args:
        confidence: float (N,), probability of each answer, 0–1, N at least 1.
        correct: bool (N,), whether it was right.
        bin_count: bins of equal width.
    """
    edges = np.linspace(0, 1, bin_count + 1)
    place = np.clip(np.ceil(np.asarray(confidence, np.float64) * bin_count).astype(int) - 1, 0, bin_count - 1)
    bins = tuple(
        _bin(edges[index], edges[index + 1], confidence[place == index], correct[place == index])
        for index in range(bin_count)
    )
    gaps = [abs(each.correct - each.count * (each.mean_confidence or 0.0)) for each in bins]
    return Reliability(bins, float(sum(gaps) / len(confidence)), float(np.mean(confidence)))


def _bin(low: float, high: float, confidence: NDArray[Any], correct: NDArray[np.bool_]) -> ConfidenceBin:
    mean = float(confidence.mean(dtype=np.float64)) if len(confidence) else None
    return ConfidenceBin(float(low), float(high), len(confidence), int(correct.sum()), mean)
