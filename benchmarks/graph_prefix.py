"""Cutting a model's graph after one of its ops, in the bytes of its file.

Source of the layout: "FlatBuffer Internals" (flatbuffers.dev) and the schema of TFLite models. Two vectors of the main
subgraph are changed: that of the ops is made shorter where it lies, and that of the outputs is written anew behind the
file. Nothing else moves, so weights keep their alignment. Signatures, which name the old outputs, are dropped.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from device.errors import ModelFileError

# Numbers of fields in the tables of the schema.
MODEL_SUBGRAPHS, MODEL_SIGNATURES = 2, 7
SUBGRAPH_OUTPUTS, SUBGRAPH_OPERATORS = 2, 3
OPERATOR_INPUTS, OPERATOR_OUTPUTS = 1, 2


@dataclass(frozen=True)
class Graph:
    """What cutting needs to know of a flatbuffer that a runtime has accepted.

    Attributes:
        flatbuffer: its bytes.
        ops: inputs and outputs of each op, numbers of tensors.
        outputs: tensors that the graph gives.
        operators_at: where the vector of ops lies.
        outputs_at: where the distance to the vector of outputs lies.
        signatures_at: where the vector of signatures lies, None without one.
    """

    flatbuffer: bytes
    ops: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    outputs: tuple[int, ...]
    operators_at: int
    outputs_at: int
    signatures_at: int | None


def read_graph(flatbuffer: bytes) -> Graph:
    """Read what cutting needs.

    Raises:
        ModelFileError: the bytes hold no graph, or several.
    """
    try:
        model = _follow(flatbuffer, 0)
        subgraphs = _vector_at(flatbuffer, model, MODEL_SUBGRAPHS)
        if _u32(flatbuffer, subgraphs) != 1:
            raise ModelFileError(f"expected one subgraph, found {_u32(flatbuffer, subgraphs)}: it cannot be cut")
        subgraph = _follow(flatbuffer, subgraphs + 4)
        operators = _vector_at(flatbuffer, subgraph, SUBGRAPH_OPERATORS)
        tables = [_follow(flatbuffer, operators + 4 * (1 + place)) for place in range(_u32(flatbuffer, operators))]
        signatures = _field(flatbuffer, model, MODEL_SIGNATURES)
        return Graph(
            flatbuffer=flatbuffer,
            ops=tuple(
                (_tensors(flatbuffer, table, OPERATOR_INPUTS), _tensors(flatbuffer, table, OPERATOR_OUTPUTS))
                for table in tables
            ),
            outputs=_tensors(flatbuffer, subgraph, SUBGRAPH_OUTPUTS),
            operators_at=operators,
            outputs_at=_needed(flatbuffer, subgraph, SUBGRAPH_OUTPUTS),
            signatures_at=None if signatures is None else _follow(flatbuffer, signatures),
        )
    except struct.error as cause:
        raise ModelFileError("expected a whole TFLite model, found one cut short: it is damaged") from cause


def cut_after(graph: Graph, count: int) -> bytes:
    """Return a flatbuffer of the first ops, which gives all that the rest, or the caller, would take from them.

    Args:
        graph: from `read_graph`.
        count: ops to keep, 1 to all of them.
    """
    kept, left = graph.ops[:count], graph.ops[count:]
    made = [tensor for _, outputs in kept for tensor in outputs]
    taken = {tensor for inputs, _ in left for tensor in inputs} | set(graph.outputs)
    outputs = [tensor for tensor in made if tensor in taken]
    content = bytearray(graph.flatbuffer)
    struct.pack_into("<I", content, graph.operators_at, count)
    if graph.signatures_at is not None:
        struct.pack_into("<I", content, graph.signatures_at, 0)
    content += bytes(-len(content) % 4)
    struct.pack_into("<I", content, graph.outputs_at, len(content) - graph.outputs_at)
    content += struct.pack(f"<I{len(outputs)}i", len(outputs), *outputs)
    return bytes(content)


def _u32(content: bytes, position: int) -> int:
    return int(struct.unpack_from("<I", content, position)[0])


def _follow(content: bytes, position: int) -> int:
    return position + _u32(content, position)


def _field(content: bytes, table: int, number: int) -> int | None:
    """Return where a field of a table lies, None where it is absent."""
    vtable = table - int(struct.unpack_from("<i", content, table)[0])
    if 4 + 2 * number >= int(struct.unpack_from("<H", content, vtable)[0]):
        return None
    distance = int(struct.unpack_from("<H", content, vtable + 4 + 2 * number)[0])
    return table + distance if distance else None


def _needed(content: bytes, table: int, number: int) -> int:
    position = _field(content, table, number)
    if position is None:
        raise ModelFileError(f"expected field {number} in a table of the model, found none: it is damaged")
    return position


def _vector_at(content: bytes, table: int, number: int) -> int:
    return _follow(content, _needed(content, table, number))


def _tensors(content: bytes, table: int, number: int) -> tuple[int, ...]:
    position = _field(content, table, number)
    if position is None:
        return ()
    start = _follow(content, position)
    return tuple(int(each) for each in struct.unpack_from(f"<{_u32(content, start)}i", content, start + 4))
