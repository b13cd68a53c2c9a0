"""The few statistics that results carry."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054


def wilson_interval(correct: int, count: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a proportion, by Wilson's score method (1927).

    Args:
        correct: successes, 0 to `count`.
        count: trials, at least 1.

    Returns:
        Lower and upper bound, 0–1, with the share between them or on them.
    """
    share = correct / count
    spread = Z_95**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    # Rounding puts a bound a hair inside a share of 0 or 1.
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def mcnemar_p(gained: int, lost: int) -> float:
    """Return the two-sided p-value of McNemar's exact test for two classifiers on the same images.

    Args:
        gained: images that only the one gets right.
        lost: images that only the other gets right.

    Returns:
        The probability of a split at least as uneven if neither were better, 0–1 (McNemar 1947, binomial form).
    """
    count, fewer = gained + lost, min(gained, lost)
    if count == 0:
        return 1.0
    # In logarithms, because 2 to the power of `count` does not fit a float for a thousand disagreements.
    log_half = count * math.log(2)
    tail = math.fsum(
        math.exp(math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1) - log_half)
        for k in range(fewer + 1)
    )
    return min(1.0, 2 * tail)
