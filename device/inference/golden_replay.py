"""Replaying golden vectors: does this runtime, on this processor, compute what the model's card says?"""

from __future__ import annotations

import platform
from dataclasses import dataclass

from .golden import unpack_golden
from .inference import dequantize
from .model_file import ModelFile
from .trial import try_model

# Runtimes differ in how they round inside a convolution; scores of the shipped models differ by up to 0.25 between
# tflite-runtime 2.14 and ai-edge-litert 2.3 over the 10,000 test digits, of which golden vectors are few. The same
# runtime must give the same bits on the kind of processor that golden vectors are made on. On arm64 tflite-runtime 2.14
# does so too; ai-edge-litert 2.3 rounds otherwise there, which docs/running.md has figures of.
BOUND = 0.1
MADE_ON = ("x86_64", "AMD64")


@dataclass(frozen=True)
class Replay:
    """What became of a model's golden vectors in one runtime.

    Attributes:
        runtime: name and version that ran.
        reference: name and version whose outputs they were held against.
        count: vectors; 0 where the card has none.
        difference: largest difference of a score.
        met: whether that is within the bound: 0 for integer output of the same runtime on the same kind of processor,
            else `BOUND`.
    """

    runtime: str
    reference: str
    count: int
    difference: float
    met: bool

    def __str__(self) -> str:
        """Return it as a line for people."""
        if self.count == 0:
            return f"{self.runtime}: ran; its card has no golden vectors"
        if self.difference == 0:
            return f"{self.runtime}: {self.count} golden vectors of {self.reference} met exactly"
        verdict = "within the bound" if self.met else "outside the bound"
        return (
            f"{self.runtime}: scores differ from the golden ones of {self.reference} by up to {self.difference:.4f}, "
            f"{verdict}"
        )


def replay_golden(model: ModelFile, *, runtime: str) -> Replay:
    """Run a model's golden vectors in a child process.

    Args:
        model: with or without golden vectors.
        runtime: "tflite-runtime" or "ai-edge-litert".

    Raises:
        FitError: the runtime refuses the model or dies of it.
        ModelFileError: the golden vectors are malformed.
    """
    import numpy as np

    golden = unpack_golden(model)
    if golden is None:
        trial = try_model(model.flatbuffer, runtime=runtime, digits=np.zeros((0, 1), np.uint8))
        return Replay(trial.runtime, "", 0, 0.0, met=True)
    trial = try_model(model.flatbuffer, runtime=runtime, digits=golden.digits)
    reference = trial.runtime if trial.runtime in golden.outputs else next(iter(golden.outputs))
    expected = dequantize(golden.outputs[reference], model.card.output)
    difference = float(np.abs(dequantize(trial.raw_scores, trial.output) - expected).max())
    same = reference == trial.runtime and platform.machine() in MADE_ON and trial.raw_scores.dtype.kind != "f"
    bound = 0 if same else BOUND
    return Replay(trial.runtime, reference, len(golden.digits), difference, met=difference <= bound)
