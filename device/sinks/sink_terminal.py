"""A live view in the terminal: the frame in half blocks, what is read in it, and how the source is."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence

import click

from ..drawing import draw_reading
from ..errors import UsageError
from ..printable import printable
from .sink import Event
from .terminal_picture import terminal_picture

PERIOD_S = 0.1
CLEAR, HOME, BELOW, HIDE, SHOW = "\x1b[2J", "\x1b[H", "\x1b[J", "\x1b[?25l", "\x1b[?25h"
MOST_COLUMNS = 100


class TerminalSink:
    """Redraws the screen at most ten times a second."""

    name, every, pictures = "live view", True, True

    def __init__(self, *, status: Callable[[], str]) -> None:
        """Take what says how the source is, on one line.

        Raises:
            UsageError: standard output is no terminal.
        """
        if not sys.stdout.isatty():
            raise UsageError("--format live: expected a terminal, found a file or pipe; use --format lines or json")
        self._status, self._due_s, self._begun = status, 0.0, False

    def write(self, events: Sequence[Event]) -> None:
        """Show the newest event, if it is time."""
        now_s = time.monotonic()
        if now_s < self._due_s:
            return
        self._due_s = now_s + PERIOD_S
        click.echo((HOME if self._begun else HIDE + CLEAR + HOME) + self.view(events[-1]) + BELOW, nl=False)
        sys.stdout.flush()
        self._begun = True

    def view(self, event: Event) -> str:
        """Return the screen for an event."""
        size = shutil.get_terminal_size()
        reading = event.reading
        shown = ""
        if event.image is not None:
            drawn = draw_reading(event.image, reading)
            shown = (
                terminal_picture(drawn, columns=min(size.columns, MOST_COLUMNS), lines=max(4, size.lines - 4)) + "\n"
            )
        text = printable(reading.error) if reading.error else " / ".join(filter(None, reading.rows)) or "nothing found"
        held = "" if reading.held is None else f"   holds: {' / '.join(reading.held.split(chr(10))) or '(nothing)'}"
        milliseconds = 1e3 * (reading.timing.total_s - reading.timing.capture_s)
        lines = [f"{text}  ({reading.confidence:.3f}){held}"]
        lines += [] if reading.held_back is None else [f"held back: {reading.held_back}"]
        lines += [f"{milliseconds:.1f} ms a frame   {self._status()}"]
        return shown + "\n".join(f"{line[: size.columns]}\x1b[K" for line in lines)

    def close(self) -> None:
        """Give the cursor back."""
        if self._begun:
            click.echo(SHOW)
