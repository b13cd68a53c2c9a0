"""A model built in a runtime as it is measured: values set, graph run, values got, and nothing else in between."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import CONTRACT_VERSION, LABELS
from device.errors import ContractError
from device.inference.assumed_range import assumed_range
from device.inference.classifier import check_contract
from device.inference.inference import DTYPES, describe_tensor
from device.inference.input_range import InputRange
from device.inference.model_card import ModelCard, TensorCard
from device.inference.model_file import ModelFile, sha256
from device.inference.runtime import Runtime

from .delegates import Op, describe_ops
from .sampling import Call


@dataclass(frozen=True, eq=False)
class BuiltModel:
    """A model ready to be called.

    Attributes:
        file: the model with its card, or with the one made up for a foreign model; None where it reads no digits as
            that says.
        flatbuffer: what the runtime loaded.
        call: takes what the input tensor takes and gives what the output tensor gives; this is what a sample times.
        around: does the same without running the graph.
        source: the input tensor.
        target: the output tensor.
        ops: of the graph, empty where the runtime does not tell.
        construct_s: time to build the interpreter, seconds.
        problem: why the model reads no digits, None where it does.
    """

    file: ModelFile | None
    flatbuffer: bytes
    call: Call
    around: Call
    source: TensorCard
    target: TensorCard
    ops: tuple[Op, ...]
    construct_s: float
    problem: str | None = None

    def zeros(self) -> NDArray[Any]:
        """Return an input of zeros."""
        return np.zeros(self.source.shape, self.source.dtype)


def build_model(
    flatbuffer: bytes,
    runtime: Runtime,
    *,
    path: Path,
    file: ModelFile | None,
    labels: tuple[str, ...] | None,
    taken: InputRange | None = None,
    num_threads: int,
) -> BuiltModel:
    """Build a model and see whether it reads digits.

    Args:
        flatbuffer: the model.
        runtime: from `load_runtime`.
        path: of the model's file.
        file: the model with its card, None for a foreign one.
        labels: those of a foreign model, None for 0–9.
        taken: the range that a foreign model was trained on; None for what its input says, else raw pixels.
        num_threads: threads for one inference.

    Raises:
        FitError: the runtime cannot run the model.
        ContractError: its tensors are of a kind not handled here.
    """
    start_s = time.perf_counter()
    interpreter = runtime.build(flatbuffer, num_threads=num_threads)
    construct_s = time.perf_counter() - start_s
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ContractError(f"expected a model with one input and one output, found {len(inputs)} and {len(outputs)}")
    source, target = describe_tensor(inputs[0]), describe_tensor(outputs[0])
    for tensor in (source, target):
        if tensor.dtype not in DTYPES or (tensor.dtype != "float32" and not tensor.scale > 0):
            raise ContractError(f"expected {', '.join(DTYPES)} tensors, quantised ones with a scale, found {tensor}")
    taken = taken or assumed_range(source).taken
    known, problem = file or _made_up_file(path, flatbuffer, source, target, labels or LABELS, taken), None
    try:
        check_contract(known, source, target)
    except ContractError as error:
        problem = " ".join(str(error).split())
    call, around = _calls(interpreter, inputs[0]["index"], outputs[0]["index"])
    return BuiltModel(
        file=None if problem else known,
        flatbuffer=flatbuffer,
        call=call,
        around=around,
        source=source,
        target=target,
        ops=describe_ops(interpreter),
        construct_s=construct_s,
        problem=problem,
    )


def _calls(interpreter: Any, source: int, target: int) -> tuple[Call, Call]:
    """Return what runs an interpreter, and what only sets and gets; bound names save looking them up each time."""
    set_tensor, invoke, get_tensor = interpreter.set_tensor, interpreter.invoke, interpreter.get_tensor

    def call(value: NDArray[Any]) -> NDArray[Any]:
        set_tensor(source, value)
        invoke()
        answer: NDArray[Any] = get_tensor(target)
        return answer

    def around(value: NDArray[Any]) -> NDArray[Any]:
        set_tensor(source, value)
        answer: NDArray[Any] = get_tensor(target)
        return answer

    return call, around


def _made_up_file(
    path: Path,
    flatbuffer: bytes,
    source: TensorCard,
    target: TensorCard,
    labels: tuple[str, ...],
    taken: InputRange,
) -> ModelFile:
    card = ModelCard(
        name=path.stem,
        variant=source.dtype,
        flatbuffer_sha256=sha256(flatbuffer),
        labels=labels,
        input=source,
        output=target,
        contract_version=CONTRACT_VERSION,
    )
    return ModelFile(path=path, flatbuffer=flatbuffer, card=card, taken=taken)
