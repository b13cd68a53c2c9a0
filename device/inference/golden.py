"""Golden vectors: a few canonical digits in the model card with the exact outputs expected of each runtime."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..contract import SIDE
from ..errors import ModelFileError
from .model_file import ModelFile

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Golden:
    """Golden vectors.

    Attributes:
        digits: uint8 (N, 28, 28), canonical digits.
        outputs: runtime name and version → (N, labels), the raw outputs expected of it.
    """

    digits: NDArray[np.uint8]
    outputs: Mapping[str, NDArray[Any]]


def pack_golden(golden: Golden) -> dict[str, Any]:
    """Return golden vectors as the card holds them."""
    return {
        "count": len(golden.digits),
        "digits": base64.b64encode(zlib.compress(golden.digits.tobytes(), 9)).decode(),
        "outputs": {runtime: raw.tolist() for runtime, raw in golden.outputs.items()},
    }


def unpack_golden(model: ModelFile) -> Golden | None:
    """Return the golden vectors of a model, or None where its card has none.

    Raises:
        ModelFileError: they are malformed.
    """
    packed = model.card.golden
    if not packed:
        return None
    try:
        content = zlib.decompress(base64.b64decode(packed["digits"]))
        digits = np.frombuffer(content, np.uint8).reshape(int(packed["count"]), SIDE, SIDE)
        shape = (len(digits), len(model.card.labels))
        outputs = {
            str(key): np.asarray(rows, model.card.output.dtype).reshape(shape)
            for key, rows in packed["outputs"].items()
        }
        if not outputs:
            raise ValueError("no outputs")
    except (KeyError, ValueError, TypeError, AttributeError, zlib.error) as cause:
        raise ModelFileError(
            f"{model.path}: expected golden vectors in its card, found {cause!r}; convert it again"
        ) from cause
    return Golden(digits=digits, outputs=outputs)
