"""Reading tables of an unchecked flatbuffer: every offset is held against the bytes there are before it is followed.

Whatever the bytes are, what goes wrong is a `ModelFileError`, and the work is bounded: the entries of all vectors read
together may not exceed a budget, so that a small file whose vectors overlap cannot take hours. The layout is that of
"FlatBuffer Internals" (flatbuffers.dev): a table starts with the signed distance back to its vtable, which holds its
own size, the table's size, and for each field the distance from the table's start, 0 where the field is absent.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from ..errors import ModelFileError

BUDGET = 5_000_000
# A table takes about as long to read as so many numbers.
TABLE_COST = 50


@dataclass
class Bytes:
    """Bytes that may be anything.

    Attributes:
        content: all of them.
        budget: how many more vector entries may be read.
    """

    content: bytes
    budget: int = field(default=BUDGET)

    def read(self, form: str, position: int, count: int = 1) -> tuple[Any, ...]:
        """Read little-endian numbers.

        Args:
            form: letter of the struct module, such as "i" for int32.
            position: of the first byte.
            count: how many numbers.

        Raises:
            ModelFileError: they do not lie within the bytes.
        """
        self.check_within(position, struct.calcsize(f"<{form}") * count)
        return struct.unpack_from(f"<{count}{form}", self.content, position)

    def check_within(self, position: int, size: int) -> None:
        """Make sure that `size` bytes from `position` on are there.

        Raises:
            ModelFileError: they do not all lie within the bytes.
        """
        if not 0 <= position <= len(self.content) - size:
            raise ModelFileError(
                f"expected {size} bytes at {position}, found a file of {len(self.content)}: it is damaged or cut short"
            )

    def follow(self, position: int) -> int:
        """Return the position that the offset at `position` points to."""
        return position + int(self.read("I", position)[0])

    def vector(self, position: int, width: int) -> tuple[int, int]:
        """Return where the entries of the vector at `position` start and how many there are.

        Args:
            position: of the vector's length.
            width: bytes an entry takes.

        Raises:
            ModelFileError: its entries do not lie within the bytes.
        """
        count = int(self.read("I", position)[0])
        if count * width > len(self.content) - position - 4:
            raise ModelFileError(
                f"expected {count} entries at {position}, found a file of {len(self.content)} bytes: it is damaged"
            )
        return position + 4, count

    def spend(self, count: int) -> None:
        """Take `count` entries from the budget.

        Raises:
            ModelFileError: it is used up.
        """
        self.budget -= count
        if self.budget < 0:
            raise ModelFileError(f"expected at most {BUDGET:,} entries in a model's tables, found more: it is damaged")


@dataclass(frozen=True)
class Table:
    """One table; its fields are asked for by their number in the schema.

    Attributes:
        source: the bytes it lies in.
        start: where it starts.
    """

    source: Bytes
    start: int

    def check_extent(self) -> None:
        """Make sure that the table itself and its vtable lie within the bytes.

        Raises:
            ModelFileError: they do not.
        """
        vtable = self.start - int(self.source.read("i", self.start)[0])
        for position, size in zip((vtable, self.start), self.source.read("H", vtable, 2), strict=True):
            self.source.check_within(position, size)

    def position(self, number: int) -> int | None:
        """Return where a field lies, None where it is absent."""
        vtable = self.start - int(self.source.read("i", self.start)[0])
        size = int(self.source.read("H", vtable)[0])
        entry = 4 + 2 * number
        if entry + 2 > size:
            return None
        distance = int(self.source.read("H", vtable + entry)[0])
        return self.start + distance if distance else None

    def number(self, number: int, form: str, default: int = 0) -> int:
        """Return an integer field, `default` where it is absent."""
        position = self.position(number)
        return default if position is None else int(self.source.read(form, position)[0])

    def numbers(self, number: int, form: str) -> tuple[Any, ...]:
        """Return a field that is a vector of numbers, empty where it is absent."""
        position = self.position(number)
        if position is None:
            return ()
        start, count = self.source.vector(self.source.follow(position), struct.calcsize(f"<{form}"))
        self.source.spend(count)
        return self.source.read(form, start, count)

    def span(self, number: int, width: int = 1) -> tuple[int, int]:
        """Return where the entries of a field that is a vector start and how many there are, (0, 0) where it is absent.

        Args:
            number: of the field.
            width: bytes an entry takes.
        """
        position = self.position(number)
        return (0, 0) if position is None else self.source.vector(self.source.follow(position), width)

    def text(self, number: int) -> str:
        """Return a string field, "" where it is absent; what is no UTF-8 or cannot be printed is replaced by "�"."""
        start, count = self.span(number)
        self.source.spend(count)
        return without_controls(self.source.content[start : start + count].decode("utf-8", "replace"))

    def table(self, number: int) -> Table | None:
        """Return a field that is a table, None where it is absent."""
        position = self.position(number)
        return None if position is None else Table(self.source, self.source.follow(position))

    def tables(self, number: int) -> list[Table]:
        """Return a field that is a vector of tables, empty where it is absent."""
        position = self.position(number)
        if position is None:
            return []
        start, count = self.source.vector(self.source.follow(position), 4)
        self.source.spend(count * TABLE_COST)
        return [Table(self.source, self.source.follow(start + 4 * entry)) for entry in range(count)]


def root(content: bytes) -> Table:
    """Return the root table of a flatbuffer.

    Raises:
        ModelFileError: the bytes are too few to hold one.
    """
    source = Bytes(content)
    return Table(source, source.follow(0))


def without_controls(text: str) -> str:
    """Return a text of unknown origin so that printing it cannot steer a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
