"""`bench`: measure models on this device."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from device.command_line import FILE, Command, is_quiet, reporter, say
from device.errors import DataError, FitError, UsageError
from device.inference.input_range import INPUT_RANGES
from device.inference.runtime_names import RUNTIME_NAMES
from device.printable import printable
from device.settings.option_types import FiniteRange, Name

if TYPE_CHECKING:
    from .results import BenchResult
    from .settings import BenchSettings

STDOUT, ALL = "-", "all"
MOST_THREADS = 64
DELEGATES = ("xnnpack", "none")
NEEDED = {"max_regression": "baseline", "baseline_elsewhere": "baseline", "remote_python": "remote", "ssh": "remote"}
"""What an option is about: without that other one it would do nothing."""


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
    "--min-secs", type=FiniteRange(0), default=1.0, show_default=True, help="Seconds of samples a round, at least."
)
@click.option(
    "--rounds", type=click.IntRange(1), default=3, show_default=True, help="Processes for each model and runtime."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Draws the order of the processes."
)
@click.option("--data", type=FILE, help="Test digits, or other classes: npz or a folder of IDX files; else MNIST's.")
@click.option("--labels", type=FILE, help="Labels, one a line, for models that carry no card.")
@click.option(
    "--input-range",
    type=click.Choice(list(INPUT_RANGES)),
    help="What models that carry no card were trained on; else what a quantised input says, or 0-255.",
)
@click.option(
    "--frames", type=click.IntRange(0), default=0, metavar="N", help="Time the whole path of N frames as well."
)
@click.option("--profile", is_flag=True, help="Time each op of the graph as well.")
@click.option(
    "--fail-if",
    multiple=True,
    metavar="CONDITION",
    help="Exit with 3 where a row is so, such as 'p95>2ms'; repeatable.",
)
@click.option("--baseline", type=FILE, metavar="FILE", help="An earlier result; exit with 3 where a row became slower.")
@click.option(
    "--max-regression", default="10%", show_default=True, help="How much slower than the baseline is allowed."
)
@click.option("--baseline-elsewhere", is_flag=True, help="Take a baseline from an unlike environment.")
@click.option("--recommend", "recommended", is_flag=True, help="Say what to deploy and why the others fall out.")
@click.option("--max-latency", metavar="TIME", help="What p95 may be at most, such as 5ms; with --recommend.")
@click.option("--min-accuracy", metavar="PERCENT", help="Such as 99.5%; with --recommend.")
@click.option("--max-bytes", metavar="SIZE", help="Of the file, such as 64k; with --recommend.")
@click.option("--device", type=Name(), metavar="NAME", help="What to call this device in reports; its board if absent.")
@click.option("--remote", metavar="USER@HOST", help="Measure there over ssh; nothing stays there.")
@click.option("--remote-python", type=Name(), default="python3", show_default=True, help="The Python there.")
@click.option("--ssh", type=Name(), default="ssh", show_default=True, help="How to connect, such as 'ssh -p 2222'.")
@click.option("--json-lines", is_flag=True, hidden=True, help="Print the result so far after each process.")
@click.option(
    "--json", "json", type=Name(), metavar="FILE", help="Write the result as JSON; - for stdout, without the table."
)
@click.option("--markdown", type=FILE, metavar="FILE", help="Write the table as Markdown.")
@click.option("--csv", type=FILE, metavar="FILE", help="Write the figures as CSV.")
@click.option("--html", type=FILE, metavar="FILE", help="Write a page with the result and its plots.")
@click.option("--plot", type=FILE, metavar="FILE.png", help="Write the plots.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def bench(*, models: tuple[Path, ...], **options: Any) -> None:
    """Measure how fast, how well and in how much memory each MODEL reads digits, in each device runtime.

    A sample is the time of one test digit, from the values of its pixels to scores. A model that a runtime refuses or
    dies of gets a line that says so; exit code 4 if there are no other lines. A damaged file is said, the others are
    still measured, and the exit code is 6. Ctrl-C writes what was measured.
    """
    from device.inference.foreign_model import refuse_needless

    from .demands import read_demands
    from .environment import read_environment
    from .result_outputs import Outputs, report_notes

    refuse_alone(click.get_current_context())
    outputs = Outputs(**_taken(options, "json", "markdown", "csv", "html", "plot", "force"))
    outputs.check([*models, options["baseline"], options["data"], options["labels"]])
    demands = read_demands(
        **_taken(options, "fail_if", "baseline", "max_regression", "baseline_elsewhere"),
        **_taken(options, "recommended", "max_latency", "min_accuracy", "max_bytes"),
    )
    place = _taken(options, "remote", "remote_python", "ssh")
    if place["remote"] is None:
        demands.check_environment(read_environment())
    demands.check_models(models)
    refuse_needless(models, labels=options["labels"], input_range=options["input_range"])
    as_lines, device = options.pop("json_lines"), options.pop("device")
    settings = make_settings(**options)
    if as_lines:
        measure_in_lines(models, settings)
        return
    result = replace(measure(models, settings, **place), device=device and printable(device))
    report_notes(result)
    if result.rows or outputs.json == STDOUT:  # else there is nothing to show, and files would stand in the way later
        outputs.write([result])
    end_command(result)
    demands.judge(result, aside=outputs.json == STDOUT)


def refuse_alone(context: click.Context) -> None:
    """Refuse options that do nothing without another that is not there.

    Raises:
        UsageError: one was given.
    """
    for name, needed in NEEDED.items():
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and context.params[needed] is None:
            option, other = (f"--{each.replace('_', '-')}" for each in (name, needed))
            raise UsageError(f"{option} is for {other}; give that too, or leave it out")


def measure(
    models: tuple[Path, ...], settings: BenchSettings, *, remote: str | None, remote_python: str, ssh: str
) -> BenchResult:
    """Measure here, or on another machine."""
    if remote is None:
        from .benchmark import run_benchmark

        return run_benchmark(models, settings=settings, report=reporter())
    import shlex

    from .remote import Remote, run_remote

    try:
        command = tuple(shlex.split(ssh))
    except ValueError as cause:
        raise UsageError(f"--ssh: expected a command such as 'ssh -p 2222', found {ssh!r} ({cause})") from cause
    return run_remote(models, Remote(remote, remote_python, command), settings=settings, report=reporter())


def measure_in_lines(models: tuple[Path, ...], settings: BenchSettings) -> None:
    """Measure for another machine: print the result so far as a line of JSON after each process, whole at the end."""
    from .benchmark import raise_if_stopped, run_benchmark

    def tell(result: BenchResult) -> None:
        click.echo(result.to_json(one_line=True))

    result = run_benchmark(models, settings=settings, report=reporter(), on_partial=tell)
    tell(result)
    raise_if_stopped(result)


def make_settings(
    *, runtimes: tuple[str, ...], num_threads: str, delegates: tuple[str, ...], min_secs: float, **others: Any
) -> BenchSettings:
    """Return what the options of the command ask for.

    Raises:
        UsageError: `num_threads` is no list of numbers.
    """
    from .settings import BenchSettings

    return BenchSettings(
        runtimes=() if ALL in runtimes else runtimes,
        num_threads=parse_threads(num_threads),
        delegates=delegates or (DELEGATES[0],),
        min_s=min_secs,
        **others,
    )


def parse_threads(text: str) -> tuple[int, ...]:
    """Read "1,2,4".

    Raises:
        UsageError: it is no list of numbers from 1 to 64.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= MOST_THREADS for part in parts):
        raise UsageError(f"--num-threads: expected numbers from 1 to {MOST_THREADS} such as 1,2,4, found {text!r}")
    return tuple(dict.fromkeys(int(part) for part in parts))


def end_command(result: BenchResult) -> None:
    """End as the result asks: stopped by a signal, with damaged files, or with nothing measured."""
    from .benchmark import raise_if_stopped
    from .comparison import describe

    raise_if_stopped(result)
    unmeasured = all(row.latency is None for row in result.rows)
    if is_quiet():  # else each was said when it was found
        failed = [f"{describe(row)}: {row.error}" for row in result.rows if unmeasured]
        for line in [*(each.error for each in result.unreadable), *failed]:
            say(line)
    if result.unreadable:
        raise DataError(f"not measured: {', '.join(each.model for each in result.unreadable)}; see above")
    if unmeasured:
        raise FitError("no model could be measured in any runtime; see above")


def _taken(options: dict[str, Any], *names: str) -> dict[str, Any]:
    """Take options out of all of them."""
    return {name: options.pop(name) for name in names}
