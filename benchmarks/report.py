"""A result as a page and as a picture; `python -m benchmarks.report RESULT.json --html FILE --plot FILE.png`.

The command makes them on a workstation from the JSON of a device that has no matplotlib.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from device.command_line import FILE, Command, run_command_line
from device.errors import DataError, ExtraMissingError, UsageError
from device.output_files import atomic_path, refuse_existing, write_text

from .results import BenchResult

PLOT_DPI = 160


def write_html(result: BenchResult, path: Path) -> None:
    """Write a page that needs no network and no script, with plots, table, environment and notes.

    Raises:
        ExtraMissingError: matplotlib is not installed.
        OutputError: the page cannot be written.
    """
    require_matplotlib()
    from .page import make_page

    write_text(path, make_page(result))


def write_plot(result: BenchResult, path: Path) -> None:
    """Write the plots of a result as one PNG.

    Raises:
        UsageError: the result holds nothing to plot.
        ExtraMissingError: matplotlib is not installed.
        OutputError: the PNG cannot be written.
    """
    require_matplotlib()
    if all(row.latency is None for row in result.rows):
        raise UsageError(f"{path}: expected a result with figures to plot, found none in it")
    from .plots import draw_both

    with atomic_path(path) as temporary:
        draw_both(result).savefig(temporary, format="png", dpi=PLOT_DPI)


def require_matplotlib() -> None:
    """Refuse to go on without matplotlib.

    Raises:
        ExtraMissingError: it is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise ExtraMissingError(
            "plots need matplotlib, which is not installed; pip install 'edge-digits[report]', "
            "or write --json here and draw it elsewhere with `python -m benchmarks.report`"
        )


@click.command(name="report", cls=Command)
@click.argument("result_file", type=FILE, metavar="RESULT.json")
@click.option("--html", "html_file", type=FILE, metavar="FILE", help="Page to write.")
@click.option("--plot", "plot_file", type=FILE, metavar="FILE.png", help="Plots to write.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def report(*, result_file: Path, html_file: Path | None, plot_file: Path | None, force: bool) -> None:
    """Draw the result of `bench --json`, which may come from another machine."""
    if html_file is None and plot_file is None:
        raise UsageError("expected --html FILE or --plot FILE.png, found neither")
    for path in filter(None, (html_file, plot_file)):
        refuse_existing(path, force=force)
    try:
        result = BenchResult.from_json(result_file.read_bytes())
    except FileNotFoundError as cause:
        raise DataError(f"{result_file}: expected a result of `bench --json`, found no file; check the path") from cause
    if html_file:
        write_html(result, html_file)
    if plot_file:
        write_plot(result, plot_file)


if __name__ == "__main__":
    run_command_line(report)
