"""What of a model TensorFlow Lite Micro lacks: operations, and types of tensors that its kernels do not take.

Micro has no hybrid kernels, which take float32 with integer weights, and its DEQUANTIZE takes no float16
(tensorflow/lite/micro/kernels: conv_common.cc, fully_connected.cc, dequantize_common.cc). It says so on the device,
when it allocates tensors.
"""

from __future__ import annotations

from .graph import Graph, Operation, Tensor
from .op_versions import CUSTOM, MICRO, MissingOperation, missing_operations, oldest_runtimes

_WEIGHTS = frozenset({"int2", "int4", "int8", "uint8", "int16"})


def missing_in_micro(graph: Graph) -> list[MissingOperation]:
    """Return which operations of a model Micro does not have, or not for the types of their tensors."""
    return [*missing_operations(graph.operation_counts, MICRO), *operations_of_other_types(graph)]


def operations_of_other_types(graph: Graph) -> list[MissingOperation]:
    """Return which operations of a model Micro refuses for the types of their tensors, by operation and types."""
    counts: dict[tuple[str, int, str], int] = {}
    for subgraph in graph.subgraphs:
        for operation in subgraph.operations:
            tensors = [subgraph.tensors[position] for position in operation.inputs if position != -1]
            if types := _refused_types(operation, tensors):
                key = operation.name, operation.version, types
                counts[key] = counts.get(key, 0) + 1
    return [
        MissingOperation(name, version, count, oldest_runtimes(f"{name} v{version}"), types)
        for (name, version, types), count in counts.items()
    ]


def _refused_types(operation: Operation, inputs: list[Tensor]) -> str:
    """Return for which types Micro refuses an operation, "" if it does not."""
    dtypes = {tensor.dtype for tensor in inputs}
    if operation.name == "DEQUANTIZE":
        return "of float16" if "float16" in dtypes else ""
    # Integers without a scale are shapes and positions; a custom operation takes whatever it is made for.
    weights = sorted(tensor.dtype for tensor in inputs if tensor.dtype in _WEIGHTS and tensor.scales)
    if "float32" not in dtypes or not weights or operation.name.startswith(CUSTOM):
        return ""
    return f"of float32 with {weights[0]} weights"
