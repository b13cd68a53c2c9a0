"""Readings on standard output: lines for people, or JSON lines."""

from __future__ import annotations

from collections.abc import Sequence

from .reading_lines import write_reading
from .sink import Event


class LineSink:
    """Writes each reading as one line; for people, errors go to stderr."""

    every, pictures = False, False

    def __init__(self, *, as_json: bool, only_changes: bool = False, only_errors: bool = False) -> None:
        """Choose JSON or lines for people, and whether only a changed text or error, or an error, is worth a line."""
        self.name = "standard error" if only_errors else "standard output"
        self._as_json, self._only_changes, self._only_errors = as_json, only_changes, only_errors
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
            if (self._only_changes and known) or (self._only_errors and reading.error is None):
                continue
            write_reading(reading, as_json=self._as_json)

    def close(self) -> None:
        """Leave standard output open."""
