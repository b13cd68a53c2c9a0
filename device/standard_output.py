"""Standard output that is closed, full or without a reader, which Python flushes once more at the end."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

import click


class ClosedOutput(io.TextIOWrapper):
    """Stands for a standard output that was closed before the program began: writing to it fails."""


def open_closed_streams() -> None:
    """Give the program a standard output and error where whoever started it closed them."""
    if sys.stderr is None:  # nobody wants to know anything
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as the program lives
    if sys.stdout is None:  # a result that has no place is an error, which the first line of it raises
        sys.stdout = ClosedOutput(os.fdopen(os.open(os.devnull, os.O_RDONLY), "wb"), encoding="utf-8")


def escape_what_has_no_code() -> None:
    """Let standard output and error show what their encoding, an old one, has no letter for as its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def allow_closed_stdout() -> None:
    """Let what is written to a closed standard output be lost, for what has other places to write to."""
    if isinstance(sys.stdout, ClosedOutput):
        discard(sys.stdout)


class Unheard:
    """Stands for a standard output whose reader may go: what is written then is lost, and the command goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text."""
        with self._or_nowhere():
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written."""
        with self._or_nowhere():
            self._stream.flush()

    @contextmanager
    def _or_nowhere(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            discard(self._stream)


@contextmanager
def going_on_unheard() -> Iterator[None]:
    """Keep a reader of standard output that goes from ending what is done meanwhile."""
    stream = sys.stdout
    sys.stdout = cast("TextIO", Unheard(stream))
    try:
        yield
    finally:
        sys.stdout = stream


def discard(stream: TextIO) -> None:
    """Send what a stream still holds nowhere: Python flushes it once more at exit and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def came_from_stdout(error: BaseException) -> bool:
    """Tell whether writing a line to standard output raised an error, which names no file."""
    trace = error.__traceback__ if isinstance(error, OSError) and error.filename is None else None
    while trace is not None:
        if trace.tb_frame.f_code is click.echo.__code__:  # what goes to stderr goes through `say`, which raises nothing
            return True
        trace = trace.tb_next
    return False
