"""The plots of a benchmark: latency of each model in each runtime, and accuracy against latency."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from .quantities import format_seconds
from .results import BenchResult, Row
from .table import runtime_name

INK, FAINT, PAPER = "#20242c", "#8a8f99", "#ffffff"
COLOURS = ("#c8501e", "#1f5f99", "#3c7d3c", "#7a4b94")
MARKERS = "osD^vP*XhpdH"
NAME_LENGTH = 26
WIDTH_INCHES = 5.4


def draw_both(result: BenchResult) -> Figure:
    """Draw all plots of a result side by side."""
    rows = _measured(result.rows)
    figure = Figure(figsize=(2 * WIDTH_INCHES, max(4.0, _height_inches(rows))), layout="constrained", facecolor=PAPER)
    if any(row.accuracy for row in rows):
        left, right = figure.subplots(1, 2)
        _plot_accuracy(right, rows)
    else:
        left = figure.subplots()
    _plot_latency(left, rows)
    _add_legend(figure, rows)
    return figure


def draw_each(result: BenchResult) -> list[tuple[str, Figure]]:
    """Draw each plot of a result as a figure of its own, narrow enough for a phone, with what it shows in words."""
    rows = _measured(result.rows)
    drawn = [("Latency of each model in each runtime", _plot_latency, _height_inches(rows))]
    if any(row.accuracy for row in rows):
        drawn.append(("Accuracy against latency", _plot_accuracy, max(3.4, drawn[0][2])))
    figures = []
    for words, plot, height_inches in drawn if rows else []:
        figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained", facecolor=PAPER)
        plot(figure.subplots(), rows)
        _add_legend(figure, rows)
        figures.append((words, figure))
    return figures


def to_svg(figure: Figure) -> bytes:
    """Return a figure as SVG whose letters are shapes, so that it looks the same everywhere."""
    content = io.BytesIO()
    figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()


def _plot_latency(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw for each row its median, and a whisker that ends at its p95."""
    models = list(dict.fromkeys(row.model for row in rows))
    for row in rows:
        assert row.latency is not None
        inside = [runtime_name(other) for other in rows if other.model == row.model]
        place = models.index(row.model) + 0.5 * ((inside.index(runtime_name(row)) + 0.5) / len(inside) - 0.5)
        median_s = row.latency.median_s
        _plot_point(axes, row, rows, x=median_s, y=place, xerr=[[0.0], [max(0.0, row.latency.p95_s - median_s)]])
        axes.annotate(
            format_seconds(median_s),
            (median_s, place),
            (-8, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=9,
            color=INK,
        )
    axes.set_yticks(range(len(models)), [_short(model) for model in models])
    axes.set_ylim(len(models) - 0.5, -0.5)
    for line in range(1, len(models)):
        axes.axhline(line - 0.5, color=FAINT, lw=0.5, alpha=0.5)
    _set_time_axis(axes, (bound for row in rows if row.latency for bound in (row.latency.median_s, row.latency.p95_s)))
    axes.set_title("Latency: median, whisker to p95", fontsize=11, loc="left", color=INK)
    axes.set_xlabel("time for one digit, left is better")
    _tidy(axes, grid="x")


def _plot_accuracy(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw accuracy with its 95 % interval over the median latency."""
    intervals = [row.accuracy.interval_95 for row in rows if row.accuracy]
    for row in rows:
        if row.latency and row.accuracy:
            (low, high), share = row.accuracy.interval_95, row.accuracy.accuracy
            _plot_point(axes, row, rows, x=row.latency.median_s, y=share, yerr=[[share - low], [high - share]])
    lowest, highest = min(low for low, _ in intervals), max(high for _, high in intervals)
    margin = 0.12 * (highest - lowest)
    axes.set_ylim(lowest - margin, min(highest + margin, 1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=2 if highest - lowest < 0.01 else 1))
    _set_time_axis(axes, (row.latency.median_s for row in rows if row.latency and row.accuracy))
    axes.set_title("Accuracy with 95 % interval", fontsize=11, loc="left", color=INK)
    axes.set_xlabel("median time for one digit, left is better")
    _tidy(axes, grid="both")


def _plot_point(
    axes: Axes,
    row: Row,
    rows: Sequence[Row],
    *,
    x: float,
    y: float,
    xerr: list[list[float]] | None = None,
    yerr: list[list[float]] | None = None,
) -> None:
    """Draw one point with its whiskers in its runtime's colour and its model's shape."""
    colour = _styles(COLOURS, map(runtime_name, rows))[runtime_name(row)]
    marker = _styles(MARKERS, (each.model for each in rows))[row.model]
    axes.errorbar([x], [y], xerr=xerr, yerr=yerr, fmt=marker, color=colour, ms=7, capsize=4, lw=1.5, capthick=1.5)


def _set_time_axis(axes: Axes, times_s: Iterable[float]) -> None:
    """Make the x axis logarithmic, with room for words at both ends and labels in units that fit."""
    known = sorted(times_s)
    low_s, high_s = known[0] / 2.2, known[-1] * 1.8
    axes.set_xscale("log")
    axes.set_xlim(low_s, high_s)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high_s / low_s < 300 else (1,), numticks=20))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _plain_seconds(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _plain_seconds(seconds: float) -> str:
    for unit, scale in (("µs", 1e6), ("ms", 1e3)):
        if seconds * scale < 999:
            return f"{seconds * scale:g} {unit}"
    return f"{seconds:g} s"


def _styles(styles: Sequence[str], names: Iterable[str]) -> dict[str, str]:
    """Give each name a style of its own, as long as they last."""
    return {name: styles[index % len(styles)] for index, name in enumerate(dict.fromkeys(names))}


def _add_legend(figure: Figure, rows: Sequence[Row]) -> None:
    """Explain colours and shapes below the plots."""
    axes = figure.axes[0]
    handles = [
        axes.plot([], [], "s", color=colour, ms=9, label=name)[0]
        for name, colour in _styles(COLOURS, map(runtime_name, rows)).items()
    ]
    handles += [
        axes.plot([], [], marker, color="none", mec=FAINT, ms=7, label=_short(model))[0]
        for model, marker in _styles(MARKERS, (row.model for row in rows)).items()
    ]
    columns = max(1, int(figure.get_figwidth() / 2.1))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)


def _tidy(axes: Axes, *, grid: Literal["both", "x", "y"]) -> None:
    axes.grid(axis=grid, alpha=0.25, lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=9, colors=INK)
    axes.xaxis.label.set_fontsize(9)


def _measured(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.latency is not None]


def _height_inches(rows: Sequence[Row]) -> float:
    models = len({row.model for row in rows})
    return 1.6 + 0.3 * len(rows) + 0.25 * models


def _short(name: str) -> str:
    """Return a model's name without its suffix, cut in the middle where it is long."""
    stem = name.removesuffix(".tflite")
    half = NAME_LENGTH // 2
    return stem if len(stem) <= NAME_LENGTH else f"{stem[: half - 1]}…{stem[-half:]}"
