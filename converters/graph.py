"""A TFLite model as plain values: its tensors and operations, read from any bytes without TensorFlow or a runtime.

Field numbers and dtypes are those of the public schema (tensorflow/lite/schema/schema.fbs, version 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from device.errors import ModelFileError
from device.inference.flatbuffer_reader import Table, root
from device.inference.model_file import IDENTIFIER

from .op_versions import CUSTOM, table

SCHEMA_VERSION = 3
MAX_AXES = 32
MAX_NAME = 100
_DTYPES = (
    *("float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64"),
    *("complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16", "int2", "uint4"),
    *("float8_e4m3fn", "float8_e5m2"),
)
_BITS = {
    **{"bool": 8, "int8": 8, "uint8": 8, "float8_e4m3fn": 8, "float8_e5m2": 8, "int4": 4, "uint4": 4, "int2": 2},
    **{"float16": 16, "bfloat16": 16, "int16": 16, "uint16": 16, "float32": 32, "int32": 32, "uint32": 32},
    **{"float64": 64, "int64": 64, "uint64": 64, "complex64": 64, "complex128": 128},
}


@dataclass(frozen=True)
class Tensor:
    """One tensor.

    Attributes:
        name: as the file has it.
        shape: all axes; -1 where an axis is dynamic.
        dtype: numpy's name, or the schema's for types that numpy does not have.
        scales: quantisation steps: none, one, or one a channel.
        zero_points: quantised values that stand for 0, as many.
        axis: of the channels, where there are several scales.
        constant_bytes: size of its constant data, 0 where it is computed.
        sparse: whether its constant data leaves zeros out.
        stored_shape: what it holds until it is resized; dynamic axes have a size here, as a rule 1.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int
    constant_bytes: int
    sparse: bool
    stored_shape: tuple[int, ...] = ()

    @property
    def elements(self) -> int:
        """How many numbers it holds, a dynamic axis counted as 1."""
        return prod(abs(side) for side in self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes it takes in memory, 0 where its type has no fixed size."""
        return (self.elements * _BITS.get(self.dtype, 0) + 7) // 8


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: such as "CONV_2D", or "CUSTOM:Name".
        version: of its kernel.
        inputs: positions of tensors; -1 where an optional input is left out.
        outputs: positions of tensors.
    """

    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Subgraph:
    """Tensors and the operations between them, in order.

    Attributes:
        tensors: all of them.
        inputs: positions of those that the caller fills.
        outputs: positions of those that the caller reads.
        operations: in the order in which they run.
    """

    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Graph:
    """A whole model.

    Attributes:
        description: what the converter wrote.
        subgraphs: the first is the model, the others are bodies of IF, WHILE and the like.
        min_runtime: the oldest TensorFlow release as the file states it, "" if it does not.
        metadata: names of the metadata buffers.
    """

    description: str
    subgraphs: tuple[Subgraph, ...]
    min_runtime: str
    metadata: tuple[str, ...]

    @property
    def operation_counts(self) -> Mapping[str, int]:
        """How often each operation is used, by "NAME vVERSION"."""
        used = (f"{each.name} v{each.version}" for graph in self.subgraphs for each in graph.operations)
        return dict(sorted(Counter(used).items()))


def read_graph(flatbuffer: bytes) -> Graph:
    """Read a model.

    Args:
        flatbuffer: any bytes; what follows the model is not looked at.

    Raises:
        ModelFileError: they are no TFLite model of this schema, or a damaged one.
    """
    if flatbuffer[4:8] != IDENTIFIER:
        raise ModelFileError(
            f"expected a TFLite model, found none (it starts with {flatbuffer[:8]!r}); name a converted model"
        )
    model = root(flatbuffer)
    version = model.number(0, "I")
    if version != SCHEMA_VERSION:
        raise ModelFileError(f"expected a model of schema version {SCHEMA_VERSION}, found {version}: it is damaged")
    codes = [_read_code(code) for code in model.tables(1)]
    buffers = [_buffer_span(buffer, len(flatbuffer)) for buffer in model.tables(4)]
    subgraphs = tuple(_read_subgraph(each, codes=codes, buffers=buffers) for each in model.tables(2))
    if not subgraphs:
        raise ModelFileError("expected at least one graph, found none: the model is damaged")
    metadata = [(entry.text(0), entry.number(1, "I")) for entry in model.tables(6)]
    min_runtime = ""
    for name, position in metadata:
        if name == "min_runtime_version" and position < len(buffers):
            start, size = buffers[position]
            min_runtime = flatbuffer[start : start + min(size, 16)].split(b"\0")[0].decode("ascii", "replace")
    return Graph(model.text(3), subgraphs, min_runtime, tuple(name for name, _ in metadata))


def _read_code(code: Table) -> tuple[str, int]:
    # Files made before the 128th operation have only the first of the two fields; later ones fill both.
    number = max(code.number(0, "b"), code.number(3, "i"))
    names = table().names
    name = names[number] if 0 <= number < len(names) else f"BUILTIN_{number}"
    if name == CUSTOM:
        name = f"{CUSTOM}:{code.text(1)[:MAX_NAME]}"
    version = code.number(2, "i", 1)
    if version < 0:
        raise ModelFileError(f"expected a version of {name}, found {version}: the model is damaged")
    return name, version


def _buffer_span(buffer: Table, length: int) -> tuple[int, int]:
    offset, size = buffer.number(1, "Q"), buffer.number(2, "Q")
    if offset > 1:  # weights that lie behind the flatbuffer, as in models above 2 GB
        if offset + size > length:
            raise ModelFileError(f"expected {size} bytes of weights at {offset}, found a file of {length}: cut short")
        return offset, size
    return buffer.span(0)


def _read_subgraph(graph: Table, *, codes: list[tuple[str, int]], buffers: list[tuple[int, int]]) -> Subgraph:
    tensors = tuple(_read_tensor(tensor, buffers) for tensor in graph.tables(0))
    operations = []
    for operator in graph.tables(3):
        code = _within(operator.number(0, "I"), len(codes), "an operator code")
        name, version = codes[code]
        operations.append(Operation(name, version, operator.numbers(1, "i"), operator.numbers(2, "i")))
    inputs, outputs = graph.numbers(1, "i"), graph.numbers(2, "i")
    for positions in (inputs, outputs, *(each.inputs for each in operations), *(each.outputs for each in operations)):
        for position in positions:
            if position != -1:
                _within(position, len(tensors), "a tensor")
    if -1 in inputs or -1 in outputs:
        raise ModelFileError("expected tensors as the graph's inputs and outputs, found -1: the model is damaged")
    return Subgraph(tensors, inputs, outputs, tuple(operations))


def _read_tensor(tensor: Table, buffers: list[tuple[int, int]]) -> Tensor:
    number = tensor.number(1, "b")
    signature, shape = tensor.numbers(7, "i"), tensor.numbers(0, "i")
    if len(shape) > MAX_AXES or len(signature) > MAX_AXES:
        raise ModelFileError(f"expected at most {MAX_AXES} axes, found {len(shape)}: the model is damaged")
    if any(side < -1 for side in (*shape, *signature)):
        raise ModelFileError(f"expected sides of at least 1 (or -1), found {shape} {signature}: the model is damaged")
    quantization = tensor.table(4)
    scales = quantization.numbers(2, "f") if quantization else ()
    zero_points = quantization.numbers(3, "q") if quantization else ()
    found = Tensor(
        name=tensor.text(3),
        shape=signature if len(signature) == len(shape) and signature else shape,
        dtype=_DTYPES[number] if 0 <= number < len(_DTYPES) else f"type {number}",
        scales=scales,
        zero_points=zero_points,
        axis=quantization.number(6, "i") if quantization else 0,
        constant_bytes=buffers[_within(tensor.number(2, "I"), len(buffers), "a buffer")][1],
        sparse=tensor.table(6) is not None,
        stored_shape=shape,
    )
    if found.constant_bytes < found.size_bytes and found.constant_bytes and not found.sparse:
        raise ModelFileError(
            f"expected {found.size_bytes} bytes of weights in {found.name[:80]!r}, found {found.constant_bytes}: "
            "the model is damaged"
        )
    return found


def _within(position: int, count: int, what: str) -> int:
    if not 0 <= position < count:
        raise ModelFileError(f"expected {what} below {count}, found {position}: the model is damaged")
    return position
