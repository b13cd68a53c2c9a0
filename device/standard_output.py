"""Standard output that is closed, full or without a reader, which Python flushes once more at the end."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

import click


class ClosedOutput(io.TextIOWrapper):
    """Stands for a standard output that was closed before the program began: writing to it fails."""


def open_closed_streams() -> None:
    """Give the program a standard output and error where whoever started it closed them."""
    if sys.stderr is None:  # nobody wants to know anything
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as the program lives
    if sys.stdout is None:  # a result that has no place is an error, which the first line of it raises
        sys.stdout = ClosedOutput(os.fdopen(os.open(os.devnull, os.O_RDONLY), "wb"), encoding="utf-8")


def allow_closed_stdout() -> None:
    """Let what is written to a closed standard output be lost, for what has other places to write to."""
    if isinstance(sys.stdout, ClosedOutput):
        discard(sys.stdout)


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
