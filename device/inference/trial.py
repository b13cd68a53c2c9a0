"""Trying a model in a child process that may die, so that the parent learns the outcome and lives on.

The child has never imported TensorFlow, so a process that holds TensorFlow can ask device runtimes through it.
`python -m device.inference.trial` is the child; its parent talks to it through a temporary folder.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..child_process import describe_end, run_module
from ..errors import EdgeDigitsError, FitError, RuntimeMissingError
from .inference import Inference, quantize_pixels
from .input_range import INPUT_RANGES, RAW, InputRange
from .model_card import TensorCard
from .runtime import INSTALL_HINT, load_runtime, wanted_runtimes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ADDRESS_SPACE_BYTES = 4 << 30


@dataclass(frozen=True)
class Trial:
    """What became of a model in a runtime.

    Attributes:
        runtime: name and version, such as "tflite-runtime 2.14.0".
        input: the tensor that takes pixels.
        output: the tensor that answers with scores.
        raw_scores: (N, labels) in the output's dtype, for the digits that were asked about.
    """

    runtime: str
    input: TensorCard
    output: TensorCard
    raw_scores: NDArray[Any]

    @property
    def runtime_name(self) -> str:
        """The runtime without its version."""
        return self.runtime.split(" ")[0]


def try_model(
    flatbuffer: bytes, *, runtime: str, digits: NDArray[np.uint8], num_threads: int = 1, taken: InputRange = RAW
) -> Trial:
    """Run a flatbuffer over digits in a child process.

    Args:
        flatbuffer: any bytes, damaged ones included.
        runtime: "tflite-runtime" or "ai-edge-litert".
        digits: uint8 (N, 28, 28); may be empty to try one blank digit and return no scores.
        num_threads: threads for one inference.
        taken: the range that the model was trained on.

    Raises:
        FitError: the runtime refuses the model, or the child died or took more than ten minutes.
    """
    with tempfile.TemporaryDirectory(prefix="edge-digits-trial-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(flatbuffer)
        np.save(folder / "digits.npy", digits)
        child = run_module("device.inference.trial", [str(folder), runtime, str(num_threads), taken.name])
        try:
            answer = json.loads((folder / "answer.json").read_text())
        except (OSError, ValueError) as cause:
            raise FitError(f"{runtime} {describe_end(child)} on this model; do not use it there") from cause
        if "error" in answer:
            raise FitError(answer["error"])
        return Trial(
            runtime=answer["runtime"],
            input=_tensor(answer["input"]),
            output=_tensor(answer["output"]),
            raw_scores=np.load(folder / "scores.npy"),
        )


def try_runtimes(
    model: Path,
    flatbuffer: bytes,
    *,
    runtime: str | None,
    digits: NDArray[np.uint8],
    taken: InputRange = RAW,
    warn: Callable[[str], None],
) -> Trial:
    """Run a flatbuffer over digits in the first runtime that can; where only one may be used, its error is the answer.

    Args:
        model: what to call it.
        flatbuffer: any bytes, damaged ones included.
        runtime: the only one to use, or None.
        digits: as for `try_model`.
        taken: the range that the model was trained on.
        warn: is told when a runtime is passed over for another.

    Raises:
        FitError: no runtime can run it; RuntimeMissingError where there is none.
    """
    first: FitError | None = None
    for name in [runtime] if runtime else wanted_runtimes():
        try:
            trial = try_model(flatbuffer, runtime=name, digits=digits, taken=taken)
        except FitError as error:
            if first is None:
                first = type(error)(f"{model}: {error}")
            continue
        if first:
            warn(f"{first}; using {trial.runtime} instead")
        return trial
    raise first or RuntimeMissingError(f"no device runtime is installed; {INSTALL_HINT}")


def _tensor(fields: dict[str, object]) -> TensorCard:
    return TensorCard(**{**fields, "shape": tuple(fields["shape"])})  # type: ignore[arg-type]  # JSON made by asdict


def main(folder: Path, runtime_name: str, num_threads: int, taken: InputRange) -> None:
    """Be the child: run the model that the parent left in `folder` and leave the answer there."""
    # A damaged model may ask for any amount of memory; the machine is not to suffer for it.
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    answer: dict[str, object]
    try:
        runtime = load_runtime(runtime_name)
        inference = Inference((folder / "model.tflite").read_bytes(), runtime, num_threads=num_threads)
        digits = np.load(folder / "digits.npy")
        if len(digits):
            values = quantize_pixels(digits, inference.input, taken)
        else:
            values = np.zeros((1, *inference.input.shape), inference.input.dtype)
        np.save(folder / "scores.npy", inference.run(values)[: len(digits)])
        answer = {"runtime": str(runtime), "input": asdict(inference.input), "output": asdict(inference.output)}
    except (EdgeDigitsError, RuntimeError, ValueError, MemoryError) as error:
        answer = {"error": " ".join(str(error).split())}
    (folder / "answer.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), INPUT_RANGES[sys.argv[4]])
