"""`report`: results as a table, as a page and as a picture; those of several devices side by side.

It makes them on a workstation from the JSON of a device that has no matplotlib.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import click

from device.command_line import FILE, Command, reporter, run_command_line
from device.errors import ExtraMissingError, UsageError
from device.output_files import atomic_path, write_text

from .results import BenchResult

PLOT_DPI = 160


def write_html(result: BenchResult, path: Path, *, others: Sequence[BenchResult] = ()) -> None:
    """Write a page that needs no network and no script, with plots, table, environment and notes.

    Args:
        result: what to show.
        path: HTML file to write.
        others: results of other devices to show beside it.

    Raises:
        ExtraMissingError: matplotlib is not installed.
        OutputError: the page cannot be written.
    """
    require_matplotlib()
    from .page import make_page

    write_text(path, make_page([result, *others]))


def write_plot(result: BenchResult, path: Path, *, others: Sequence[BenchResult] = ()) -> None:
    """Write the plots of a result as one PNG.

    Args:
        result: what to show.
        path: PNG to write.
        others: results of other devices to show beside it.

    Raises:
        UsageError: the results hold nothing to plot.
        ExtraMissingError: matplotlib is not installed.
        OutputError: the PNG cannot be written.
    """
    require_matplotlib()
    if all(row.latency is None for each in (result, *others) for row in each.rows):
        raise UsageError(f"{path}: expected a result with figures to plot, found none in it")
    from .plots import draw_both

    with atomic_path(path) as temporary:
        draw_both([result, *others]).savefig(temporary, format="png", dpi=PLOT_DPI)


def require_matplotlib() -> None:
    """Refuse to go on without matplotlib.

    Raises:
        ExtraMissingError: it is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise ExtraMissingError(
            "plots need matplotlib, which is not installed; pip install matplotlib, "
            "or write --json here and draw it elsewhere with `report`"
        )


@click.command(name="report", cls=Command)
@click.argument("result_files", nargs=-1, required=True, type=FILE, metavar="RESULT.json...")
@click.option("--markdown", type=FILE, metavar="FILE", help="Write the table as Markdown.")
@click.option("--csv", type=FILE, metavar="FILE", help="Write the figures as CSV.")
@click.option("--html", type=FILE, metavar="FILE", help="Page to write.")
@click.option("--plot", type=FILE, metavar="FILE.png", help="Plots to write.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def report(
    *,
    result_files: tuple[Path, ...],
    markdown: Path | None,
    csv: Path | None,
    html: Path | None,
    plot: Path | None,
    force: bool,
) -> None:
    """Show results of `bench --json`, which may come from other machines; several of them side by side."""
    from .device_names import device_name, tell_apart
    from .result_files import read_result
    from .result_outputs import Outputs, show_tables

    outputs = Outputs(markdown=markdown, csv=csv, html=html, plot=plot, force=force)
    outputs.check(result_files)
    results = tell_apart([read_result(path) for path in result_files], result_files)
    say = reporter()
    for path, result in zip(result_files, results, strict=True):
        if not result.complete:
            say(f"note: {path} is incomplete: stopped by {result.stopped_by}")
    if not any(result.rows for result in results):
        raise UsageError(
            f"expected a result with rows to show, found none in {', '.join(map(str, result_files))}; measure again"
        )
    if all(row.latency is None for result in results for row in result.rows) and plot:
        raise UsageError(f"{plot}: expected a result with figures to plot, found none in it")
    for place, result in enumerate(results):
        if len(results) > 1:
            gap = "\n" if place else ""
            click.echo(f"{gap}{device_name(result)}, {result.started_at[:10]}")
        show_tables(result)
    outputs.write(results, with_table=False)


if __name__ == "__main__":
    run_command_line(report)
