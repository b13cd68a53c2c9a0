"""Confidence intervals of medians and of their ratios, from the medians of rounds.

A round is a process of its own, and processes differ by more than the samples within one do: where code and data come
to lie in memory stays the same for thousands of samples. So rounds are what is drawn again in the bootstrap. With few
values its intervals are too narrow; as T. Hesterberg proposes ("What Teachers Should Know About the Bootstrap", 2015),
they are widened to what Student's t asks for with so few.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from device.statistics import Z_95

DRAWS = 4000
# 97.5 % quantile of Student's t for 1, 2, ... degrees of freedom; from 30 on Cornish and Fisher's expansion is exact.
T_QUANTILES = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045),
)


def centre_and_interval(
    first: Sequence[float], second: Sequence[float] | None = None, *, paired: bool = False, seed: int = 0
) -> tuple[float, tuple[float, float] | None]:
    """Return the geometric mean of medians, or the ratio of two of them, with a 95 % interval.

    Args:
        first: the median of each round, seconds.
        second: those of what `first` is divided by; None for no ratio.
        paired: whether the rounds of both belong together, number by number; further ones of either are left aside.
        seed: draws the rounds.

    Returns:
        The figure, and its interval; None where a single round leaves it unknown.
    """
    generator = np.random.default_rng(seed)
    if second is None:
        logs = [np.log(np.asarray(first, np.float64))]
    elif paired:
        count = min(len(first), len(second))
        logs = [np.log(np.asarray(first[:count], np.float64)) - np.log(np.asarray(second[:count], np.float64))]
    else:
        logs = [np.log(np.asarray(first, np.float64)), -np.log(np.asarray(second, np.float64))]
    centre = math.fsum(float(each.mean()) for each in logs)
    least = min(len(each) for each in logs)
    if least < 2:
        return math.exp(centre), None
    drawn = sum((_means(each, generator) for each in logs), start=np.zeros(DRAWS))
    low, high = (float(bound) - centre for bound in np.percentile(drawn, (2.5, 97.5)))
    wider = student_factor(least)
    return math.exp(centre), (math.exp(centre + wider * low), math.exp(centre + wider * high))


def student_factor(count: int) -> float:
    """Return by how much a bootstrap interval of the mean of `count` values, 2 or more, must be widened."""
    freedom = count - 1
    quantile = T_QUANTILES[freedom - 1] if freedom <= len(T_QUANTILES) else Z_95 + (Z_95**3 + Z_95) / (4 * freedom)
    return quantile / Z_95 * math.sqrt(count / freedom)


def _means(values: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Return the means of as many values drawn with replacement, `DRAWS` times."""
    places = generator.integers(0, len(values), (DRAWS, len(values)))
    means: NDArray[np.float64] = values[places].mean(axis=1)
    return means
