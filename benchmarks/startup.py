"""Start-up: reading one digit as a whole process, against importing what it cannot do without.

`python -m benchmarks.startup`
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from device.command_line import FILE, Command, reporter, run_command_line
from device.errors import ExtraMissingError, RuntimeMissingError
from device.inference.runtime_names import MODULES, RUNTIME_NAMES
from device.paths import DEFAULT_MODEL

from .limits import at_most, show
from .measuring_digits import load_measuring_digits
from .quantities import format_bytes, format_seconds
from .whole_process import WholeRun, imported_modules, run_pairs

MAX_RATIO = 1.5
MAX_RSS_BYTES = 80_000_000
HEAVY = frozenset({"tensorflow", "keras", "cv2", "numpy", *MODULES.values()})
HELP_REQUESTS = (("--help",), ("run", "--help"))


@dataclass(frozen=True)
class StartUp:
    """What the runs of one program have in common.

    Attributes:
        what: the program in words.
        runs: how often it was measured.
        median_s: median of the time from start to end, seconds.
        peak_rss_bytes: the most memory that any run held.
    """

    what: str
    runs: int
    median_s: float
    peak_rss_bytes: int


def summarize_runs(what: str, runs: Sequence[WholeRun]) -> StartUp:
    """Return the figures of a program's runs; there must be at least one."""
    median_s = statistics.median(run.wall_s for run in runs)
    return StartUp(what, len(runs), median_s, max(run.peak_rss_bytes for run in runs))


def program() -> list[str]:
    """Return how this interpreter starts the program: its installed script if there is one, else the device folder."""
    script = Path(sys.executable).with_name("edge-digits")
    return [str(script)] if script.is_file() else ["-m", "device"]


def heavy_imports() -> dict[str, list[str]]:
    """Return for each request for help the packages it imports that help does not need."""
    return {
        f"{' '.join(request)}": sorted(imported_modules([*program(), *request]) & HEAVY) for request in HELP_REQUESTS
    }


def write_digit(path: Path) -> None:
    """Write a test digit as a PNG of 28×28.

    Raises:
        ExtraMissingError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ModuleNotFoundError as cause:
        raise ExtraMissingError("this measurement needs Pillow, which is not installed; pip install pillow") from cause
    Image.fromarray(load_measuring_digits(None).images[0]).save(path)


@click.command(name="startup", cls=Command)
@click.option(
    "--model",
    "-m",
    type=FILE,
    default=DEFAULT_MODEL,
    help="The shipped one if absent.",
)
@click.option("--runtime", type=click.Choice(RUNTIME_NAMES), help="Device runtime; the first that is installed.")
@click.option("--pairs", type=click.IntRange(1), default=15, show_default=True, help="How often both are measured.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def startup(*, model: Path, runtime: str | None, pairs: int, as_json: bool) -> None:
    """Measure the whole process that reads one digit against one that only imports what it needs.

    Limits: at most 1.5 times as long, at most 80 MB, and no heavy import for --help; exit code 3 if one is not met.
    """
    from device.inference.model_file import read_model
    from device.inference.runtime import INSTALL_HINT, installed_runtimes

    read_model(model)  # what cannot be read is said before anything is run
    if runtime is None and not installed_runtimes():
        raise RuntimeMissingError(f"no device runtime is installed; {INSTALL_HINT}")
    chosen = runtime or installed_runtimes()[0]
    bare = f"import numpy, PIL.Image, {MODULES[chosen]}.interpreter"
    with tempfile.TemporaryDirectory(prefix="edge-digits-startup-") as folder:
        picture = Path(folder) / "digit.png"
        write_digit(picture)
        arguments = ["classify", str(picture), "--model", str(model), "--runtime", chosen]
        reporter()(f"running two programs {pairs} times each, in turns")
        reading, importing = run_pairs(
            [sys.executable, *program(), *arguments], [sys.executable, "-c", bare], pairs=pairs
        )
    name = Path(program()[0]).name if len(program()) == 1 else f"python {' '.join(program())}"
    figures = [summarize_runs(f"{name} classify digit.png", reading), summarize_runs(f'python -c "{bare}"', importing)]
    heavy = heavy_imports()
    limits = [
        at_most("time against the imports alone", figures[0].median_s / figures[1].median_s, MAX_RATIO),
        at_most("most memory, MB", figures[0].peak_rss_bytes / 1e6, MAX_RSS_BYTES / 1e6),
        at_most("heavy packages imported for --help", sum(map(len, heavy.values())), 0),
    ]
    for request, found in heavy.items():
        if found:
            reporter()(f"{request} imports {', '.join(found)}")
    table = [["process", "runs", "median", "most memory"]]
    table += [
        [each.what, str(each.runs), format_seconds(each.median_s), format_bytes(each.peak_rss_bytes)]
        for each in figures
    ]
    measured = {"runtime": chosen, "model": model.name, "processes": [vars(each) for each in figures], "help": heavy}
    show(
        schema="edge-digits.startup/1",
        table=table,
        measured=measured,
        limits=limits,
        as_json=as_json,
        right=frozenset({1, 2, 3}),
    )


if __name__ == "__main__":
    run_command_line(startup)
