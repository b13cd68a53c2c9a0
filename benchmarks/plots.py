"""The plots of a benchmark: latency of each model in each runtime, and accuracy against latency and against bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from .detail_plots import draw_confusions, draw_distributions, draw_ops, draw_stages
from .pareto import pareto_front
from .plot_style import (
    COLOURS,
    FAINT,
    INK,
    PAPER,
    WIDTH_INCHES,
    Shown,
    add_legend,
    colours_of,
    markers_of,
    new_figure,
    set_log_axis,
    set_title,
    short_name,
    shown_rows,
    tidy,
    to_svg,
)
from .quantities import format_seconds
from .results import BenchResult

NUDGE = 1.05
__all__ = ["COLOURS", "FAINT", "INK", "PAPER", "draw_both", "draw_each", "to_svg"]


def draw_both(results: Sequence[BenchResult]) -> Figure:
    """Draw latency, and accuracy against it, side by side."""
    rows = shown_rows(results)
    figure = new_figure(max(4.0, _height_inches(rows)), width_inches=2 * WIDTH_INCHES)
    if any(each.row.accuracy for each in rows):
        left, right = figure.subplots(1, 2)
        _plot_accuracy(right, rows, against="latency")
    else:
        left = figure.subplots()
    _plot_latency(left, rows)
    add_legend(figure, rows)
    return figure


def draw_each(results: Sequence[BenchResult]) -> list[tuple[str, Figure]]:
    """Draw each plot as a figure of its own, narrow enough for a phone, with what it shows in words."""
    rows = shown_rows(results)
    if not rows:
        return []
    height = _height_inches(rows)
    drawn = [("Latency of each model in each runtime", _drawn(_plot_latency, rows, height))]
    if any(each.row.accuracy for each in rows):
        square = max(3.6, min(height, 4.6))
        for against in ("latency", "bytes"):

            def plot(axes: Axes, rows: Sequence[Shown], against: str = against) -> None:
                _plot_accuracy(axes, rows, against=against)

            drawn.append((f"Accuracy against {against}, with the Pareto front", _drawn(plot, rows, square)))
    drawn.append(("Distribution of latency", draw_distributions(rows)))
    drawn += [("Time of each op", figure) for figure in draw_ops(rows)]
    drawn += [("Where the time of a frame goes", figure) for figure in draw_stages(rows)]
    drawn += [("Digits and what they were read as", figure) for figure in draw_confusions(rows)]
    return drawn


def _drawn(plot: Callable[[Axes, Sequence[Shown]], None], rows: Sequence[Shown], height_inches: float) -> Figure:
    figure = new_figure(height_inches)
    plot(figure.subplots(), rows)
    add_legend(figure, rows)
    return figure


def _plot_latency(axes: Axes, rows: Sequence[Shown]) -> None:
    """Draw for each row its median, and a whisker that ends at its p95."""
    models = list(dict.fromkeys(each.row.model for each in rows))
    for each in rows:
        latency = each.row.latency
        assert latency is not None
        inside = [other.series for other in rows if other.row.model == each.row.model]
        place = models.index(each.row.model) + 0.7 * ((inside.index(each.series) + 0.5) / len(inside) - 0.5)
        to_p95 = [[0.0], [max(0.0, latency.p95_s - latency.median_s)]]
        _plot_point(axes, each, rows, x=latency.median_s, y=place, xerr=to_p95)
        axes.annotate(
            format_seconds(latency.median_s),
            (latency.median_s, place),
            (-8, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=9,
            color=INK,
        )
    axes.set_yticks(range(len(models)), [short_name(model) for model in models])
    axes.set_ylim(len(models) - 0.5, -0.5)
    for line in range(1, len(models)):
        axes.axhline(line - 0.5, color=FAINT, lw=0.5, alpha=0.5)
    times = [each.row.latency for each in rows if each.row.latency]
    set_log_axis(axes, [bound for latency in times for bound in (latency.median_s, latency.p95_s)], axis="time")
    set_title(axes, "Latency: median, whisker to p95", x_label="time for one digit, left is better")
    tidy(axes, grid="x")


def _plot_accuracy(axes: Axes, rows: Sequence[Shown], *, against: str) -> None:
    """Draw accuracy with its 95 % interval over latency or bytes; a line joins what nothing else beats in both."""
    points = [
        (each, each.row.latency.median_s if against == "latency" else float(each.row.file_bytes), each.row.accuracy)
        for each in rows
        if each.row.latency and each.row.accuracy
    ]
    front = pareto_front([(cost, accuracy.accuracy) for _, cost, accuracy in points])
    steps = sorted({(points[place][1], points[place][2].accuracy) for place in front})
    axes.step([x for x, _ in steps], [y for _, y in steps], where="post", color=FAINT, lw=1, ls="--", zorder=1)
    series = list(colours_of(rows))
    for each, cost, accuracy in points:
        (low, high), share = accuracy.interval_95, accuracy.accuracy
        # A file is as large in every runtime: its points are drawn beside each other, so that none hides another.
        aside = 1.0 if against == "latency" else NUDGE ** (series.index(each.series) - (len(series) - 1) / 2)
        _plot_point(axes, each, rows, x=cost * aside, y=share, yerr=[[share - low], [high - share]])
    lowest = min(accuracy.interval_95[0] for _, _, accuracy in points)
    highest = max(accuracy.interval_95[1] for _, _, accuracy in points)
    margin = 0.12 * (highest - lowest)
    axes.set_ylim(lowest - margin, min(highest + margin, 1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=2 if highest - lowest < 0.01 else 1))
    set_log_axis(axes, [cost for _, cost, _ in points], axis="time" if against == "latency" else "bytes")
    what = "median time for one digit" if against == "latency" else "size of the file"
    set_title(axes, "Accuracy, 95 % interval; dashed: Pareto front", x_label=f"{what}, left is better")
    tidy(axes, grid="both")


def _plot_point(
    axes: Axes,
    shown: Shown,
    rows: Sequence[Shown],
    *,
    x: float,
    y: float,
    xerr: list[list[float]] | None = None,
    yerr: list[list[float]] | None = None,
) -> None:
    """Draw one point with its whiskers in its series' colour and its model's shape."""
    colour, marker = colours_of(rows)[shown.series], markers_of(rows)[shown.row.model]
    axes.errorbar([x], [y], xerr=xerr, yerr=yerr, fmt=marker, color=colour, ms=7, capsize=4, lw=1.5, capthick=1.5)


def _height_inches(rows: Sequence[Shown]) -> float:
    models = len({each.row.model for each in rows})
    return 1.6 + 0.3 * len(rows) + 0.25 * models
