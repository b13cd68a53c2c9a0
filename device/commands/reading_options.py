"""What reading commands share: standard input, and writing readings."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from ..reading import Reading


def open_stdin() -> BinaryIO:
    """Return standard input, which is empty where the process was started without one."""
    return io.BytesIO() if sys.stdin is None else sys.stdin.buffer


def write_readings(readings: Iterable[Reading], *, as_json: bool) -> int:
    """Write readings to stdout as they come; for people, errors go to stderr.

    Returns:
        How many readings carry an error.
    """
    from ..sinks.reading_lines import write_reading

    errors = 0
    for reading in readings:
        errors += reading.error is not None
        write_reading(reading, as_json=as_json)
    return errors
