"""`classify`: read the digits in pictures."""

from __future__ import annotations

from pathlib import Path

import click

from ..command_line import Command
from ..errors import DataError
from .reading_options import make_reader, open_stdin, reading_options, write_readings


@click.command(cls=Command)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@reading_options
def classify(
    *,
    paths: tuple[str, ...],
    model: Path,
    labels: Path | None,
    runtime: str | None,
    num_threads: int,
    threshold: float,
    top_k: int,
    as_json: bool,
) -> None:
    """Read the digit in each picture: files, folders, globs, or - for a picture on standard input.

    A 28×28 picture is taken as it is; in any other the ink is found first, dark on light or light on dark. A picture
    that cannot be read is said, the others are still read, and the exit code is 6.
    """
    reader = make_reader(
        model=model, labels=labels, runtime=runtime, num_threads=num_threads, threshold=threshold, top_k=top_k
    )
    from ..sources import picture_frames

    readings = map(reader.read, picture_frames(paths, stdin=open_stdin()))
    if write_readings(readings, as_json=as_json):
        click.get_current_context().exit(DataError.exit_code)
