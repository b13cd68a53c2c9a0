"""Cutting a model's graph after one of its ops, in the bytes of its file.

Source of the layout: "FlatBuffer Internals" (flatbuffers.dev) and the schema of TFLite models. Two vectors of the main
subgraph are changed: that of the ops is made shorter where it lies, and that of the outputs is written anew behind the
file. Nothing else moves, so weights keep their alignment. Signatures, which name the old outputs, are dropped.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from device.errors import ModelFileError
from device.inference.flatbuffer_reader import Table, root

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
    model = root(flatbuffer)
    subgraphs = model.tables(MODEL_SUBGRAPHS)
    if len(subgraphs) != 1:
        raise ModelFileError(f"expected one subgraph, found {len(subgraphs)}: it cannot be cut")
    (subgraph,) = subgraphs
    signatures = model.position(MODEL_SIGNATURES)
    return Graph(
        flatbuffer=flatbuffer,
        ops=tuple(
            (each.numbers(OPERATOR_INPUTS, "i"), each.numbers(OPERATOR_OUTPUTS, "i"))
            for each in subgraph.tables(SUBGRAPH_OPERATORS)
        ),
        outputs=subgraph.numbers(SUBGRAPH_OUTPUTS, "i"),
        operators_at=model.source.follow(_needed(subgraph, SUBGRAPH_OPERATORS)),
        outputs_at=_needed(subgraph, SUBGRAPH_OUTPUTS),
        signatures_at=None if signatures is None else model.source.follow(signatures),
    )


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


def _needed(table: Table, number: int) -> int:
    position = table.position(number)
    if position is None:
        raise ModelFileError(f"expected field {number} in a table of the model, found none: it is damaged")
    return position
