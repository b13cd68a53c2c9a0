"""Estimating the tensor arena: the memory that computed tensors of a model share.

Two tensors may lie in the same place if no operation needs both. The estimate places them greedily by size, as
"Efficient Memory Management for Deep Neural Net Inference" (Pisarchyk and Lee, 2020) describes and as TensorFlow
Lite's and Micro's planners do; of tensors of one size the later is placed first, as by Micro's planner, whose figures
for the models that ship are met to the byte. What kernels and interpreters allocate besides (scratch buffers, tables)
is not known from the file: Micro needs about 4 KiB more for these models.
"""

from __future__ import annotations

from dataclasses import dataclass

from .graph import Subgraph

ALIGNMENT_BYTES = 16
# Placing n tensors takes n² steps; above so many the sum of those alive at once is given, which is never more.
MAX_PLACED = 2000


@dataclass(frozen=True)
class _Block:
    """A tensor's memory and the operations, by position, between which it is needed."""

    size_bytes: int
    first: int
    last: int


def estimate_arena_bytes(subgraph: Subgraph) -> int:
    """Return the bytes that the computed tensors of a graph need, a dynamic axis taken as 1."""
    blocks = _blocks(subgraph)
    if len(blocks) > MAX_PLACED:
        return most_alive_bytes(subgraph)
    placed: list[tuple[int, _Block]] = []
    for block in sorted(blocks, key=lambda each: (-each.size_bytes, -each.first)):
        placed.append((_lowest_gap(block, placed), block))
        placed.sort(key=lambda each: each[0])
    return max((offset + block.size_bytes for offset, block in placed), default=0)


def _blocks(subgraph: Subgraph) -> list[_Block]:
    first: dict[int, int] = dict.fromkeys(subgraph.inputs, 0)
    last: dict[int, int] = dict.fromkeys(subgraph.inputs, 0)
    for step, operation in enumerate(subgraph.operations):
        for position in (*operation.inputs, *operation.outputs):
            first.setdefault(position, step)
            last[position] = step
    for position in subgraph.outputs:
        first.setdefault(position, 0)
        last[position] = len(subgraph.operations)
    blocks = []
    for position, step in first.items():
        tensor = subgraph.tensors[position]
        if position >= 0 and not tensor.constant_bytes and tensor.size_bytes:
            size = -(-tensor.size_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
            blocks.append(_Block(size, step, last[position]))
    return blocks


def _lowest_gap(block: _Block, placed: list[tuple[int, _Block]]) -> int:
    """Return the lowest offset at which a block meets no other that is needed at the same time."""
    offset = 0
    for other_offset, other in placed:
        if other.last < block.first or block.last < other.first:
            continue
        if other_offset >= offset + block.size_bytes:
            break
        offset = max(offset, other_offset + other.size_bytes)
    return offset


def most_alive_bytes(subgraph: Subgraph) -> int:
    """Return the most bytes that computed tensors hold at once: less no placing can need."""
    changes: dict[int, int] = {}
    for block in _blocks(subgraph):
        changes[block.first] = changes.get(block.first, 0) + block.size_bytes
        changes[block.last + 1] = changes.get(block.last + 1, 0) - block.size_bytes
    alive = most = 0
    for step in sorted(changes):
        alive += changes[step]
        most = max(most, alive)
    return most
