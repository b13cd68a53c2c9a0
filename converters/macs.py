"""Counting parameters and multiply-accumulate operations of a model.

A multiply-accumulate (MAC) is one weight or factor times one value. The counts are those of the direct method: output
positions × weights of one output for convolutions, rows × weights for dense layers; what a kernel really does may be
less (Winograd, sparsity). Additions of biases, activations, pooling and reshaping are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .graph import Graph, Operation, Subgraph, Tensor

# Operations with weights that the counting does not know.
_UNCOUNTED = frozenset(
    {
        "LSTM",
        "RNN",
        "SVDF",
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        "UNIDIRECTIONAL_SEQUENCE_RNN",
        "BIDIRECTIONAL_SEQUENCE_LSTM",
    }
    | {"BIDIRECTIONAL_SEQUENCE_RNN", "CONV_3D_TRANSPOSE", "RFFT2D", "STABLEHLO_CONVOLUTION", "STABLEHLO_DOT_GENERAL"}
)


@dataclass(frozen=True)
class Macs:
    """Multiply-accumulate operations of one inference.

    Attributes:
        total: of the first graph.
        by_operation: operation's name → its part of them.
        uncounted: names of operations that multiply and are not counted here.
    """

    total: int
    by_operation: Mapping[str, int]
    uncounted: tuple[str, ...]


def count_parameters(graph: Graph) -> int:
    """Return how many trained numbers a model holds: elements of constant tensors.

    Unquantised integers are left out: they are shapes, axes and paddings. Biases of quantised layers have a scale.
    """
    counted = 0
    for subgraph in graph.subgraphs:
        for tensor in subgraph.tensors:
            whole = tensor.dtype in ("int32", "int64") and not tensor.scales
            if tensor.constant_bytes and not whole and tensor.dtype not in ("string", "bool"):
                counted += tensor.elements
    return counted


def count_macs(graph: Graph) -> Macs:
    """Count the multiply-accumulate operations of a model's first graph, a dynamic axis taken as 1."""
    subgraph = graph.subgraphs[0]
    by_operation: dict[str, int] = {}
    uncounted = set()
    for operation in subgraph.operations:
        if operation.name in _UNCOUNTED or operation.name.startswith("CUSTOM:"):
            uncounted.add(operation.name)
            continue
        macs = _operation_macs(operation, subgraph)
        if macs:
            by_operation[operation.name] = by_operation.get(operation.name, 0) + macs
    return Macs(sum(by_operation.values()), by_operation, tuple(sorted(uncounted)))


def _operation_macs(operation: Operation, subgraph: Subgraph) -> int:
    """Return an operation's MACs, 0 where its tensors are not those of such an operation."""
    inputs = [subgraph.tensors[position] if position >= 0 else None for position in operation.inputs]
    outputs = [subgraph.tensors[position] for position in operation.outputs if position >= 0]
    if len(inputs) < 2 or inputs[0] is None or inputs[1] is None or not outputs:
        return 0
    first, weights, output = inputs[0], inputs[1], outputs[0]
    if operation.name in ("CONV_2D", "CONV_3D", "DEPTHWISE_CONV_2D"):
        channels = _last(output)
        return output.elements // channels * weights.elements if channels else 0
    if operation.name == "TRANSPOSE_CONV":  # inputs: output shape, weights, values
        values = inputs[2] if len(inputs) > 2 else None
        channels = _last(values) if values else 0
        return values.elements // channels * weights.elements if values and channels else 0
    if operation.name == "FULLY_CONNECTED":
        depth = _last(weights)
        return first.elements // depth * weights.elements if depth else 0
    if operation.name == "BATCH_MATMUL":
        return output.elements * _summed_side(first, output)
    return 0


def _summed_side(first: Tensor, output: Tensor) -> int:
    """Return the length of the axis that a matrix product sums over, whether its first factor is transposed or not."""
    if len(first.shape) < 2 or len(output.shape) < 2:
        return 0
    rows = abs(output.shape[-2])
    sides = [abs(side) for side in first.shape[-2:]]
    if rows in sides:
        sides.remove(rows)
    return sides[-1]


def _last(tensor: Tensor) -> int:
    return abs(tensor.shape[-1]) if tensor.shape else 0
