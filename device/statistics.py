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
        Lower and upper bound, 0–1.
    """
    share = correct / count
    spread = Z_95**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(0.0, centre - half), min(1.0, centre + half)
