"""Where each part of a flatbuffer goes: with as few gaps as alignment allows."""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Mapping

from .flatbuffer_parts import Part

HEADER_BYTES = 8
# Parts that go equally well into a gap: alignment, lead, and length by what it leaves of 16 bytes.
_Kind = tuple[int, int, int]


def lay_out(parts: Mapping[int, Part], *, root: int, identifier: bytes) -> bytes:
    """Write parts as a flatbuffer.

    Args:
        parts: number → part; all must be reached from the root.
        root: number of the root table.
        identifier: four bytes, such as b"TFL3".
    """
    positions = _find_positions(parts)
    out = bytearray(max(positions[number] + len(part.content) for number, part in parts.items()))
    struct.pack_into("<I4s", out, 0, positions[root], identifier)
    for number, part in parts.items():
        start = positions[number]
        out[start : start + len(part.content)] = part.content
        for place, target in part.links:
            struct.pack_into("<I", out, start + place, positions[target] - (start + place))
        if part.vtable is not None:
            struct.pack_into("<i", out, start, start - positions[part.vtable])
    return bytes(out)


def _find_positions(parts: Mapping[int, Part]) -> dict[int, int]:
    """Place one part after the other; a link leads forward, so a part is ready when all that lead to it are placed."""
    missing = Counter(target for part in parts.values() for target in _targets(part))
    ready: defaultdict[_Kind, list[int]] = defaultdict(list)
    for number, part in parts.items():
        if not missing[number]:
            ready[_kind(part)].append(number)
    positions: dict[int, int] = {}
    end = HEADER_BYTES
    while len(positions) < len(parts):
        kind = _choose_kind([kind for kind, numbers in ready.items() if numbers], end)
        number = ready[kind].pop()
        positions[number] = end + _padding(end, kind)
        end = positions[number] + len(parts[number].content)
        for target in _targets(parts[number]):
            missing[target] -= 1
            if not missing[target]:
                ready[_kind(parts[target])].append(target)
    return positions


def _choose_kind(kinds: list[_Kind], end: int) -> _Kind:
    """Return the kind that leaves the smallest gap; of those, the coarsest, or what fills up to the next coarse one."""
    coarsest = max(kinds)

    def cost(kind: _Kind) -> tuple[int, int, int, int]:
        gap = _padding(end, kind)
        after = end + gap + kind[2]
        return gap, -kind[0], -after % 4, _padding(after, coarsest)

    return min(kinds, key=cost)


def _kind(part: Part) -> _Kind:
    return part.alignment, part.lead, len(part.content) % 16


def _padding(end: int, kind: _Kind) -> int:
    alignment, lead, _ = kind
    return -(end + lead) % alignment


def _targets(part: Part) -> set[int]:
    return {target for _, target in part.links}
