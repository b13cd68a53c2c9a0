"""`run`: read digits from a source until it ends or is stopped."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click

from ..command_line import Command
from ..errors import DataError
from .reading_options import make_reader, open_stdin, reading_options, write_readings


@click.command(cls=Command)
@click.option(
    "--source",
    default="0",
    show_default=True,
    help="Camera (0, /dev/video0), video file, picture, folder, glob, or - for a picture on standard input.",
)
@reading_options
@click.option("--max-frames", type=click.IntRange(1), help="Stop after so many frames.")
@click.option(
    "--on-change/--every-frame",
    default=None,
    help="Write a reading only when its text changes; for people reading a camera or video, the default.",
)
def run(
    *,
    source: str,
    model: Path,
    labels: Path | None,
    runtime: str | None,
    num_threads: int,
    threshold: float,
    top_k: int,
    as_json: bool,
    max_frames: int | None,
    on_change: bool | None,
) -> None:
    """Read digits from a camera, a video or pictures until the source ends.

    Ctrl-C stops with exit code 130, SIGTERM with 0. A camera that is not there gives exit code 5.
    """
    reader = make_reader(
        model=model, labels=labels, runtime=runtime, num_threads=num_threads, threshold=threshold, top_k=top_k
    )
    from ..reader import mark_stable
    from ..sources import is_stream, open_source

    stream = is_stream(source)
    only_changes = (stream and not as_json) if on_change is None else on_change
    with open_source(source, stdin=open_stdin()) as frames:
        readings = map(reader.read, islice(frames, max_frames))
        if stream:
            readings = mark_stable(readings)  # type: ignore[assignment]  # both are iterators of readings
        errors = write_readings(readings, as_json=as_json, only_changes=only_changes)
    if errors:
        click.get_current_context().exit(DataError.exit_code)
