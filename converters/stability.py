"""Does the choice of the representative set matter? Two conversions with disjoint halves of it, held together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.inference.inference import dequantize
from device.inference.trial import try_model

MOST_IMAGES = 2000


def measure_stability(
    convert: Callable[[NDArray[np.uint8]], bytes],
    calibration: NDArray[np.uint8],
    *,
    images: NDArray[np.uint8],
    runtime: str,
) -> dict[str, Any]:
    """Convert with each half of a representative set and compare the results.

    Args:
        convert: a representative set, uint8 (N, *shape) → flatbuffer.
        calibration: uint8 (N, *shape), at least two.
        images: uint8 (M, *shape), to compare on.
        runtime: an installed device runtime.

    Returns:
        "images" compared, "agreement" of the best labels, and "largest_difference" of a score.
    """
    some = images[:MOST_IMAGES]
    trials = [try_model(convert(calibration[start::2]), runtime=runtime, digits=some) for start in (0, 1)]
    one, other = (dequantize(trial.raw_scores, trial.output) for trial in trials)
    return {
        "images": len(some),
        "agreement": round(float((one.argmax(1) == other.argmax(1)).mean()), 5),
        "largest_difference": round(float(np.abs(one - other).max()), 5),
    }
