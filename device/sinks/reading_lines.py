"""Writing a reading as a line: JSON and what was read to stdout, for people errors to stderr."""

from __future__ import annotations

import click

from ..command_line import say
from ..reading import Reading


def write_reading(reading: Reading, *, as_json: bool) -> None:
    """Write one line; an error that stderr does not take ends nothing.

    Raises:
        OSError: standard output takes no more; BrokenPipeError where its reader has gone.
    """
    if as_json:
        click.echo(reading.to_json())
    elif reading.error is None:
        click.echo(reading.to_line())
    else:
        say(reading.to_line())
