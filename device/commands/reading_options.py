"""The options that every reading command takes, and the reader they describe."""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from ..command_line import FILE
from ..paths import DEFAULT_MODEL
from ..runtime_names import RUNTIME_NAMES

if TYPE_CHECKING:
    from ..reader import Reader
    from ..reading import Reading

Function = TypeVar("Function", bound=Callable[..., Any])


def reading_options(function: Function) -> Function:
    """Add the options that say which model reads and how its readings look."""
    options = [
        click.option(
            "--model",
            "-m",
            type=FILE,
            default=DEFAULT_MODEL,
            help="Converted model; the one that ships with the program unless given.",
        ),
        click.option(
            "--labels",
            type=FILE,
            help="Labels, one a line, for a .tflite file that carries no model card.",
        ),
        click.option("--runtime", type=click.Choice(RUNTIME_NAMES), help="Device runtime; the first that works."),
        click.option("--num-threads", type=click.IntRange(1, 64), default=1, show_default=True),
        click.option("--threshold", "-t", type=click.FloatRange(0, 1), default=0.0, help='Read "?" below this score.'),
        click.option("--top-k", "-k", type=click.IntRange(0, 100), default=0, help="Also give the K best labels."),
        click.option("--json", "as_json", is_flag=True, help="One JSON document a line on stdout."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def open_stdin() -> BinaryIO:
    """Return standard input, which is empty where the process was started without one."""
    return io.BytesIO() if sys.stdin is None else sys.stdin.buffer


def make_reader(
    *, model: Path, labels: Path | None, runtime: str | None, num_threads: int, threshold: float, top_k: int
) -> Reader:
    """Load model and runtime and return a reader for them."""
    # Nothing that loading makes is garbage: looking for some would take a twentieth of a start, and of every
    # collection after it.
    gc.disable()
    try:
        return _load_reader(model, labels, runtime, num_threads, threshold, top_k)
    finally:
        gc.freeze()
        gc.enable()


def _load_reader(
    model: Path, labels: Path | None, runtime: str | None, num_threads: int, threshold: float, top_k: int
) -> Reader:
    from ..classifier import Classifier
    from ..command_line import reporter
    from ..model_file import read_model
    from ..reader import Decision, Reader
    from ..runtime import load_runtime

    loaded = load_runtime(runtime, warn=reporter())
    if labels is None:
        file = read_model(model)
    else:
        from ..foreign_model import read_foreign_model

        file = read_foreign_model(model, labels=labels, runtime=loaded.name)
    classifier = Classifier(file, loaded, num_threads=num_threads)
    return Reader(classifier, Decision(threshold=threshold, top_k=top_k))


def write_readings(readings: Iterable[Reading], *, as_json: bool, only_changes: bool = False) -> int:
    """Write readings to stdout as they come; for people, errors go to stderr.

    Returns:
        How many readings carry an error.
    """
    errors = 0
    last: str | None = None
    for reading in readings:
        errors += reading.error is not None
        if reading.error is None:
            if only_changes and reading.text == last:
                continue
            last = reading.text
        click.echo(reading.to_json() if as_json else reading.to_line(), err=reading.error is not None and not as_json)
    return errors
