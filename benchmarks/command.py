"""`bench`: measure models on this device."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.command_line import FILE, Command, reporter
from device.errors import DataError, FitError, UsageError
from device.runtime_names import RUNTIME_NAMES

if TYPE_CHECKING:
    from .results import BenchResult

STDOUT, ALL = "-", "all"
MOST_THREADS = 64
DELEGATES = ("xnnpack", "none")


@click.command(name="bench", cls=Command)
@click.argument("models", nargs=-1, required=True, type=FILE, metavar="MODEL...")
@click.option(
    "--runtime",
    "runtimes",
    type=click.Choice([*RUNTIME_NAMES, ALL]),
    multiple=True,
    help="Repeatable; all that are installed if absent.",
)
@click.option(
    "--num-threads", default="1", show_default=True, metavar="N[,N...]", help="Threads for one digit; each is measured."
)
@click.option(
    "--delegate",
    "delegates",
    type=click.Choice(DELEGATES),
    multiple=True,
    help="With XNNPACK or without; repeatable; with it if absent.",
)
@click.option("--warmup-runs", type=click.IntRange(0), default=50, show_default=True)
@click.option("--num-runs", type=click.IntRange(1), default=1000, show_default=True, help="Samples a round, at least.")
@click.option(
    "--min-secs", type=click.FloatRange(0), default=1.0, show_default=True, help="Seconds of samples a round, at least."
)
@click.option(
    "--rounds", type=click.IntRange(1), default=3, show_default=True, help="Processes for each model and runtime."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Draws the order of the processes.")
@click.option("--data", type=FILE, help="Test digits: an npz or a folder of IDX files; else MNIST or the sample of it.")
@click.option("--labels", type=FILE, help="Labels, one a line, for models that carry no card.")
@click.option(
    "--frames", type=click.IntRange(0), default=0, metavar="N", help="Time the whole path of N frames as well."
)
@click.option("--profile", is_flag=True, help="Time each op of the graph as well.")
@click.option("--json", "json_file", metavar="FILE", help="Write the result as JSON; - for stdout, without the table.")
@click.option("--html", "html_file", type=FILE, metavar="FILE", help="Write a page with the result and its plots.")
@click.option("--plot", "plot_file", type=FILE, metavar="FILE.png", help="Write the plots.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def bench(
    *,
    models: tuple[Path, ...],
    runtimes: tuple[str, ...],
    num_threads: str,
    delegates: tuple[str, ...],
    warmup_runs: int,
    num_runs: int,
    min_secs: float,
    rounds: int,
    seed: int,
    data: Path | None,
    labels: Path | None,
    frames: int,
    profile: bool,
    json_file: str | None,
    html_file: Path | None,
    plot_file: Path | None,
    force: bool,
) -> None:
    """Measure how fast, how well and in how much memory each MODEL reads digits, in each device runtime.

    A sample is the time of one test digit, from the values of its pixels to scores. A model that a runtime refuses or
    dies of gets a line that says so; exit code 4 if there are no other lines. A damaged file is said, the others are
    still measured, and the exit code is 6. Ctrl-C writes what was measured.
    """
    check_outputs(json_file=json_file, html_file=html_file, plot_file=plot_file, force=force)
    from .benchmark import run_benchmark
    from .settings import BenchSettings

    settings = BenchSettings(
        runtimes=() if ALL in runtimes else runtimes,
        num_threads=parse_threads(num_threads),
        delegates=delegates or (DELEGATES[0],),
        warmup_runs=warmup_runs,
        num_runs=num_runs,
        min_s=min_secs,
        rounds=rounds,
        seed=seed,
        data=data,
        labels=labels,
        frames=frames,
        profile=profile,
    )
    result = run_benchmark(models, settings=settings, report=reporter())
    write_outputs(result, json_file=json_file, html_file=html_file, plot_file=plot_file)
    end_command(result)


def parse_threads(text: str) -> tuple[int, ...]:
    """Read "1,2,4".

    Raises:
        UsageError: it is no list of numbers from 1 to 64.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= MOST_THREADS for part in parts):
        raise UsageError(f"--num-threads: expected numbers from 1 to {MOST_THREADS} such as 1,2,4, found {text!r}")
    return tuple(dict.fromkeys(int(part) for part in parts))


def check_outputs(*, json_file: str | None, html_file: Path | None, plot_file: Path | None, force: bool) -> None:
    """Refuse what could not be written, before anything is measured.

    Raises:
        OutputExistsError: a file is there already and `force` is not given.
        UsageError: the plots would not be a PNG.
        ExtraMissingError: plots are asked for and matplotlib is not installed.
    """
    from device.output_files import refuse_existing

    json_path = None if json_file in (None, STDOUT) else Path(str(json_file))
    for path in (json_path, html_file, plot_file):
        if path is not None:
            refuse_existing(path, force=force)
    if plot_file and plot_file.suffix.lower() != ".png":
        raise UsageError(f"expected --plot to end in .png, found {plot_file}")
    if html_file or plot_file:
        from .report import require_matplotlib

        require_matplotlib()


def write_outputs(
    result: BenchResult, *, json_file: str | None, html_file: Path | None, plot_file: Path | None
) -> None:
    """Write the result wherever it was asked for: the table or JSON to stdout, the rest to files."""
    from device.output_files import write_text

    from .table import format_table, note_lines

    report = reporter()
    for line in note_lines(result):
        report(f"note: {line}")
    if json_file == STDOUT:
        click.echo(result.to_json())
    elif result.rows:
        click.echo(format_table(result))
    if json_file not in (None, STDOUT):
        write_text(Path(str(json_file)), result.to_json() + "\n")
    if html_file or plot_file:
        from .report import write_html, write_plot

        if html_file:
            write_html(result, html_file)
        if plot_file and any(row.latency for row in result.rows):
            write_plot(result, plot_file)


def end_command(result: BenchResult) -> None:
    """End as the result asks: stopped by a signal, with damaged files, or with nothing measured."""
    from .benchmark import raise_if_stopped

    raise_if_stopped(result)
    if result.unreadable:
        raise DataError(f"not measured: {', '.join(each.model for each in result.unreadable)}; see above")
    if all(row.latency is None for row in result.rows):
        raise FitError("no model could be measured in any runtime; see above")
