"""What reading commands share: the reader that settings describe, standard input, and writing readings."""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from ..reader import Reader
    from ..reading import Reading
    from ..reading_settings import ReadingSettings


def open_stdin() -> BinaryIO:
    """Return standard input, which is empty where the process was started without one."""
    return io.BytesIO() if sys.stdin is None else sys.stdin.buffer


def make_reader(
    *,
    model: Path,
    labels: Path | None = None,
    runtime: str | None = None,
    num_threads: int = 1,
    settings: ReadingSettings | None = None,
) -> Reader:
    """Load model and runtime and return a reader for them, which reads as the settings say."""
    # Nothing that loading makes is garbage: looking for some would take a twentieth of a start, and of every
    # collection after it.
    gc.disable()
    try:
        return _load_reader(model, labels, runtime, num_threads, settings)
    finally:
        gc.freeze()
        gc.enable()


def _load_reader(
    model: Path, labels: Path | None, runtime: str | None, num_threads: int, settings: ReadingSettings | None
) -> Reader:
    from ..classifier import Classifier
    from ..command_line import reporter
    from ..model_file import read_model
    from ..reader import Reader
    from ..runtime import load_runtime

    loaded = load_runtime(runtime, warn=reporter())
    if labels is None:
        file = read_model(model)
    else:
        from ..foreign_model import read_foreign_model

        file = read_foreign_model(model, labels=labels, runtime=loaded.name)
    return Reader(Classifier(file, loaded, num_threads=num_threads), settings=settings)


def write_readings(readings: Iterable[Reading], *, as_json: bool) -> int:
    """Write readings to stdout as they come; for people, errors go to stderr.

    Returns:
        How many readings carry an error.
    """
    errors = 0
    for reading in readings:
        errors += reading.error is not None
        click.echo(reading.to_json() if as_json else reading.to_line(), err=reading.error is not None and not as_json)
    return errors
