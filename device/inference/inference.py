"""One interpreter with one input and one output: quantised values in, quantised values out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ContractError
from .input_range import RAW, InputRange
from .model_card import TensorCard
from .runtime import Runtime

if TYPE_CHECKING:
    from numpy.typing import NDArray

DTYPES = ("float32", "int8", "uint8", "int16")
OUTSIDE = 0.01  # a score this far outside 0–1 is no probability but a logit


class Inference:
    """A flatbuffer in a runtime, with the cards of its two tensors.

    Attributes:
        input: the tensor that takes pixels.
        output: the tensor that answers.
    """

    def __init__(self, flatbuffer: bytes, runtime: Runtime, *, num_threads: int = 1) -> None:
        """Build the interpreter.

        Args:
            flatbuffer: a model that is known to be whole; a damaged one can end the process.
            runtime: from `load_runtime`.
            num_threads: threads for one inference.

        Raises:
            FitError: the runtime cannot run the model.
            ContractError: the model has several inputs or outputs, or tensors of a kind not handled here.
        """
        self._interpreter = runtime.build(flatbuffer, num_threads=num_threads)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ContractError(
                f"expected a model with one input and one output, found {len(inputs)} and {len(outputs)}"
            )
        self.input, self.output = describe_tensor(inputs[0]), describe_tensor(outputs[0])
        for tensor in (self.input, self.output):
            if tensor.dtype not in DTYPES or (tensor.dtype != "float32" and not tensor.scale > 0):
                raise ContractError(
                    f"expected {', '.join(DTYPES)} tensors, quantised ones with a scale, found {tensor}"
                )
        self._input_index: int = inputs[0]["index"]
        self._output_index: int = outputs[0]["index"]

    def run(self, values: NDArray[Any]) -> NDArray[Any]:
        """Run the model over each row of `values`.

        Args:
            values: (N, *input shape) in the input's dtype; the input shape starts with batch 1.

        Returns:
            (N, *output shape without batch) in the output's dtype.
        """
        interpreter, source, target = self._interpreter, self._input_index, self._output_index
        raw = np.empty((len(values), *self.output.shape[1:]), self.output.dtype)
        for row, value in enumerate(values):
            interpreter.set_tensor(source, value)
            interpreter.invoke()
            raw[row] = interpreter.get_tensor(target)[0]
        return raw


def describe_tensor(details: dict[str, Any]) -> TensorCard:
    """Return the card of a tensor from what an interpreter says of it."""
    scale, zero_point = details["quantization"]
    return TensorCard(
        shape=tuple(int(side) for side in details["shape"]),
        dtype=np.dtype(details["dtype"]).name,
        scale=float(scale),
        zero_point=int(zero_point),
    )


def quantize_pixels(pixels: NDArray[np.uint8], tensor: TensorCard, taken: InputRange = RAW) -> NDArray[Any]:
    """Turn raw pixels into the values an input tensor takes.

    The quantisation is the affine one of the TFLite 8-bit specification: real = (quantised - zero point) × scale.

    Args:
        pixels: uint8, N × as many pixels as the tensor has, in any shape.
        tensor: the input tensor.
        taken: the range that the model was trained on.

    Returns:
        (N, *tensor shape) in the tensor's dtype.
    """
    quantized: NDArray[Any] = _levels(tensor, taken).take(pixels).reshape(-1, *tensor.shape)
    return quantized


@cache
def _levels(tensor: TensorCard, taken: InputRange) -> NDArray[Any]:
    """Return what an input tensor takes for each raw value: (256,) in its dtype."""
    levels = np.arange(256, dtype=np.float64) * taken.scale + taken.offset
    dtype = np.dtype(tensor.dtype)
    if dtype.kind != "f":
        bounds = np.iinfo(dtype)
        levels = np.clip(np.round(levels / tensor.scale) + tensor.zero_point, bounds.min, bounds.max)
    return levels.astype(dtype)


def dequantize(raw: NDArray[Any], tensor: TensorCard) -> NDArray[np.float32]:
    """Return the float32 values that an output tensor's raw ones stand for: (raw - zero point) × scale."""
    if raw.dtype.kind == "f":
        return raw.astype(np.float32, copy=False)
    return (raw.astype(np.float32) - np.float32(tensor.zero_point)) * np.float32(tensor.scale)


def are_logits(scores: NDArray[np.floating[Any]]) -> bool:
    """Tell whether scores are those of a network that ends without softmax: some lie outside 0–1."""
    return bool((scores < -OUTSIDE).any() or (scores > 1 + OUTSIDE).any())


def softmax(logits: NDArray[Any]) -> NDArray[Any]:
    """Return the probabilities, (N, labels), that logits stand for."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[Any] = powers / powers.sum(axis=1, keepdims=True)
    return shares
