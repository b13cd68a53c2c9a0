"""Golden vectors: a few canonical digits in the model card with the exact outputs expected of each runtime."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from .classifier import Classifier
from .contract import SIDE
from .errors import ModelFileError


def pack_golden(digits: np.ndarray, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return golden vectors as the card holds them.

    Args:
        digits: uint8 (N, 28, 28), canonical digits.
        outputs: runtime name and version → (N, labels), raw outputs.
    """
    return {
        "count": len(digits),
        "digits": base64.b64encode(zlib.compress(digits.tobytes(), 9)).decode(),
        "outputs": {runtime: raw.tolist() for runtime, raw in outputs.items()},
    }


def replay_golden(classifier: Classifier) -> float | None:
    """Run the golden digits of a model and return the largest difference from what its card expects.

    Args:
        classifier: the model in the runtime to check.

    Returns:
        The largest absolute difference of a raw output from the same runtime's expected one (any runtime's where this
        one is not in the card); None where the card has no golden vectors.

    Raises:
        ModelFileError: the golden vectors are malformed.
    """
    golden = classifier.model.card.golden
    if not golden:
        return None
    try:
        packed = zlib.decompress(base64.b64decode(golden["digits"]))
        digits = np.frombuffer(packed, np.uint8).reshape(int(golden["count"]), SIDE, SIDE)
        outputs = golden["outputs"]
        expected = np.asarray(outputs.get(str(classifier.runtime)) or next(iter(outputs.values())), np.float64)
        return float(np.abs(classifier.raw_scores(digits) - expected).max())
    except (KeyError, ValueError, StopIteration, zlib.error) as cause:
        raise ModelFileError(
            f"{classifier.model.path}: expected golden vectors in its card, found {cause!r}; convert it again"
        ) from cause
