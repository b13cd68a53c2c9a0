"""Readings on standard output: lines for people, or JSON lines."""

from __future__ import annotations

from collections.abc import Sequence

from .reading_lines import write_reading
from .sink import Event


class LineSink:
    """Writes each reading as one line; for people, errors go to stderr."""

    every, pictures = False, False

    def __init__(
        self, *, as_json: bool, only_changes: bool = False, ends: bool = False, only_errors: bool = False
    ) -> None:
        """Choose JSON or lines for people, and what is worth a line.

        Args:
            as_json: JSON.
            only_changes: only what is news: a text that began to hold, a value that is held back, an error.
            ends: then also that a value is no longer held back.
            only_errors: only an error.
        """
        self.name = "standard error" if only_errors else "standard output"
        self._as_json, self._only_changes, self._ends, self._only_errors = as_json, only_changes, ends, only_errors
        self._error: str | None = None
        self._held_back: str | None = None

    def write(self, events: Sequence[Event]) -> None:
        """Write the lines.

        Raises:
            BrokenPipeError: the reader of standard output has gone.
        """
        for each in events:
            reading = each.reading
            if reading.error is not None:
                known = reading.error == self._error
            else:
                is_end = reading.held_back is None and self._held_back is not None
                told = self._ends if is_end else reading.held_back != self._held_back
                known = not reading.changed and not told
                self._held_back = reading.held_back
            self._error = reading.error
            if (self._only_changes and known) or (self._only_errors and reading.error is None):
                continue
            write_reading(reading, as_json=self._as_json)

    def close(self) -> None:
        """Leave standard output open."""
