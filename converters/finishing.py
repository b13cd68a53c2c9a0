"""What a flatbuffer goes through before it is verified: metadata for standard readers, and stripping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.errors import FitError
from device.inference.trial import try_model

from .mending import Made
from .request import ConversionRequest
from .stripping import strip
from .tflite_metadata import add_metadata

DESCRIPTION = "Takes raw pixels, 0-255; labels.txt names the scores."
PROOF_IMAGES = 200


@dataclass(frozen=True)
class Finished:
    """A flatbuffer as it is verified and written.

    Attributes:
        flatbuffer: the model.
        mending: what had to be done for it to fit its targets, or "".
        saved_bytes: how much shorter stripping made it.
    """

    flatbuffer: bytes
    mending: str
    saved_bytes: int


def finish(made: Made, request: ConversionRequest, *, images: NDArray[np.uint8], runtimes: tuple[str, ...]) -> Finished:
    """Add TFLITE_METADATA, and strip where that was asked for.

    Args:
        made: what the converter gave.
        request: names, labels and whether to strip.
        images: uint8 (N, *shape), to prove on that stripping changes nothing.
        runtimes: installed device runtimes to prove it in.

    Raises:
        FitError: stripping changes an answer, or a runtime refuses the model.
    """
    described, plain = (
        add_metadata(
            made.flatbuffer, labels=request.labels, name=request.name, description=description, mean=0.0, std=1.0
        )
        for description in (DESCRIPTION, "")
    )
    if not request.strip:
        return Finished(described, made.mending, 0)
    stripped = strip(plain)
    for runtime in runtimes:
        before, after = (
            try_model(flatbuffer, runtime=runtime, digits=images[:PROOF_IMAGES]).raw_scores
            for flatbuffer in (described, stripped.flatbuffer)
        )
        if not np.array_equal(before, after):
            raise FitError(
                f"{runtime}: expected the same answers after stripping, found others; convert without --strip"
            )
    return Finished(stripped.flatbuffer, made.mending, len(described) - len(stripped.flatbuffer))
