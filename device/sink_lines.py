"""Readings on standard output: lines for people, or JSON lines."""

from __future__ import annotations

from collections.abc import Sequence

from .reading_lines import write_reading
from .sink import Event


class LineSink:
    """Writes each reading as one line; for people, errors go to stderr."""

    name, every, pictures = "standard output", False, False

    def __init__(self, *, as_json: bool, only_changes: bool = False) -> None:
        """Choose JSON or lines for people, and whether only a changed text or error is worth a line."""
        self._as_json, self._only_changes = as_json, only_changes
        self._error: str | None = None

    def write(self, events: Sequence[Event]) -> None:
        """Write the lines.

        Raises:
            BrokenPipeError: the reader of standard output has gone.
        """
        for each in events:
            reading = each.reading
            known = not reading.changed if reading.error is None else reading.error == self._error
            self._error = reading.error
            if self._only_changes and known:
                continue
            write_reading(reading, as_json=self._as_json)

    def close(self) -> None:
        """Leave standard output open."""


class ErrorSink:
    """Says on stderr why a frame could not be read, where readings are not written as lines."""

    name, every, pictures = "standard error", False, False

    def __init__(self) -> None:
        self._error: str | None = None

    def write(self, events: Sequence[Event]) -> None:
        """Say what was not said of the frame before."""
        for each in events:
            if each.reading.error not in (None, self._error):
                write_reading(each.reading, as_json=False)
            self._error = each.reading.error

    def close(self) -> None:
        """Leave standard error open."""
