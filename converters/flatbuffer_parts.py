"""The parts of a flatbuffer, equal ones once: a stand-in for the Builder that generated schema code packs into.

TensorFlow's object API packs a model by calling the methods of `flatbuffers.Builder`. That writes every part anew, and
from Python it forgets that weights start at multiples of 16. `PartsBuilder` takes the same calls and collects the
parts; `converters.flatbuffer_layout` decides where each goes. Source of the format: "FlatBuffer Internals" in the
documentation of FlatBuffers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from numpy.typing import NDArray

# What the schema of TFLite models asks of the vectors of bytes that can be long: weights and custom options.
BYTES_ALIGNMENT = 16
LINK = "link"

# The scalars by the names that they have in the methods of a Builder, as characters of `struct`.
_SCALARS = {
    **{"Bool": "?", "Int8": "b", "Uint8": "B", "Uint16": "H", "Int32": "i", "Uint32": "I", "Float32": "f"},
    **{"Int64": "q", "Uint64": "Q", "UOffsetTRelative": LINK},
}


@dataclass(frozen=True)
class Part:
    """One stretch of a flatbuffer: a table, the vtable that tables of one shape share, a vector or a string.

    Attributes:
        content: its bytes, zeros where links go.
        alignment: of the byte that `lead` points at, a power of two.
        lead: bytes before that one: the length before a vector's elements.
        links: position in `content` → number of the part that it leads to, which must lie behind this one.
        vtable: number of its vtable, which may lie anywhere; None for what is no table.
    """

    content: bytes
    alignment: int
    lead: int = 0
    links: tuple[tuple[int, int], ...] = ()
    vtable: int | None = None


class PartsBuilder:
    """Collects parts. What `flatbuffers.Builder` calls an offset is the number of a part here, and 0 is none.

    Attributes:
        parts: number → part.
    """

    def __init__(self) -> None:
        self.parts: dict[int, Part] = {}
        self._numbers: dict[Part, int] = {}
        self._slots: dict[int, tuple[str, Any]] = {}
        self._elements: list[tuple[str, Any]] = []

    def add(self, part: Part) -> int:
        """Return the number of a part, that of an equal one if there is any."""
        number = self._numbers.setdefault(part, len(self._numbers) + 1)
        self.parts[number] = part
        return number

    def table(self, slots: Mapping[int, tuple[str, Any]]) -> int:
        """Add a table.

        Args:
            slots: field number → kind (a character of `struct`, or `LINK`) and value; absent fields are defaults.
        """
        # The largest first, so that there are no gaps; the first four bytes lead to the vtable.
        order = sorted(slots, key=lambda slot: (-_size(slots[slot][0]), slot))
        offsets = [0] * (max(slots, default=-1) + 1)
        content, links = bytes(4), []
        for slot in order:
            kind, value = slots[slot]
            offsets[slot] = len(content)
            if kind == LINK:
                links.append((len(content), value))
            content += _pack(kind, value)
        vtable = struct.pack(f"<{len(offsets) + 2}H", 2 * len(offsets) + 4, len(content), *offsets)
        largest = max((_size(kind) for kind, _ in slots.values()), default=1)
        return self.add(
            Part(content, max(4, largest), lead=4, links=tuple(links), vtable=self.add(Part(vtable, alignment=2)))
        )

    def vector(self, kind: str, values: Iterable[Any]) -> int:
        """Add a vector of scalars or links."""
        values = list(values)
        content = struct.pack("<I", len(values)) + b"".join(_pack(kind, value) for value in values)
        links = tuple((4 + 4 * index, value) for index, value in enumerate(values)) if kind == LINK else ()
        return self.add(Part(content, _vector_alignment(_size(kind)), lead=4, links=links))

    def string(self, text: str | bytes) -> int:
        """Add a string."""
        encoded = text.encode() if isinstance(text, str) else text
        return self.add(Part(struct.pack("<I", len(encoded)) + encoded + b"\0", alignment=4))

    def array(self, values: NDArray[Any]) -> int:
        """Add a vector with the elements of an array of one axis."""
        content = struct.pack("<I", values.size) + values.astype(values.dtype.newbyteorder("<")).tobytes()
        return self.add(Part(content, _vector_alignment(values.itemsize), lead=4))

    # From here on: the methods of flatbuffers.Builder that generated code calls.

    def __getattr__(self, name: str) -> Callable[..., None]:
        kind = _SCALARS.get(name.removeprefix("Prepend").removesuffix("Slot"))
        if kind is None:
            raise AttributeError(name)
        return partial(self._fill_slot if name.endswith("Slot") else self._prepend, kind)

    def _fill_slot(self, kind: str, slot: int, value: Any, default: Any) -> None:
        if value != default:
            self._slots[slot] = (kind, value)

    def _prepend(self, kind: str, value: Any) -> None:
        self._elements.append((kind, value))

    def StartObject(self, _fields: int) -> None:  # noqa: N802 # the name is the Builder's, as of those below
        """Begin a table."""
        self._slots = {}

    def EndObject(self) -> int:  # noqa: N802
        """End the table."""
        return self.table(self._slots)

    def StartVector(self, _element_bytes: int, _count: int, _alignment: int) -> None:  # noqa: N802
        """Begin a vector, whose elements come last first."""
        self._elements = []

    def EndVector(self) -> int:  # noqa: N802
        """End the vector."""
        kind = self._elements[0][0] if self._elements else LINK
        return self.vector(kind, [value for _, value in reversed(self._elements)])

    def CreateString(self, text: str | bytes) -> int:  # noqa: N802
        """Add a string."""
        return self.string(text)

    def CreateNumpyVector(self, values: NDArray[Any]) -> int:  # noqa: N802
        """Add the vector of an array."""
        return self.array(values)


def _size(kind: str) -> int:
    return 4 if kind == LINK else struct.calcsize(kind)


def _vector_alignment(element_bytes: int) -> int:
    return BYTES_ALIGNMENT if element_bytes == 1 else max(4, element_bytes)


def _pack(kind: str, value: Any) -> bytes:
    return bytes(4) if kind == LINK else struct.pack("<" + kind, value)
