"""The pictures of an evaluation: confusions, calibration, the worst mistakes, and models side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, PercentFormatter
from numpy.typing import NDArray

from benchmarks.plots import COLOURS, FAINT, INK, PAPER
from device.contract import LABELS
from device.output_files import atomic_path
from device.statistics import wilson_interval

from .figures import Evaluation, Mistake

ACCENT, CALM = COLOURS[0], COLOURS[1]
RIGHT_CELL = "#e6edf4"
ERRORS = LinearSegmentedColormap.from_list("errors", [PAPER, "#f6c9b4", ACCENT, "#7d2a0b"])
DPI = 160
GALLERY_COLUMNS = 8
LEAST_SCALE = 5  # a single mistake is never the darkest cell
FEW, PALE = 10, 0.35  # a bin of fewer answers says little and is drawn pale


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI)


def draw_confusion(evaluation: Evaluation, *, title: str) -> Figure:
    """Draw how often each digit was read as each other.

    Colour is for the mistakes alone, by the square root of how many, since right answers outnumber them a thousandfold;
    precision and recall stand at the edges.
    """
    figure = Figure(figsize=(6.4, 6.2), layout="constrained", facecolor=PAPER)
    axes = figure.subplots()
    counts, size = evaluation.confusion, len(LABELS)
    mistakes = counts * (1 - np.eye(size, dtype=np.int64))
    norm = PowerNorm(0.5, vmin=0, vmax=max(LEAST_SCALE, int(mistakes.max())))
    axes.imshow(mistakes, cmap=ERRORS, norm=norm)
    axes.imshow(np.where(np.eye(size), 1.0, np.nan), cmap=_flat(RIGHT_CELL))
    for row, column in np.argwhere(counts):
        _write_count(axes, int(counts[row, column]), row, column, share=float(norm(mistakes[row, column])))
    empty = np.argwhere(mistakes + np.eye(size) == 0)
    axes.plot(empty[:, 1], empty[:, 0], ".", color=FAINT, ms=1.5)
    _write_edges(axes, evaluation)
    axes.set_xticks(range(size), LABELS)
    axes.set_yticks(range(size), LABELS)
    axes.set_xlim(-0.5, size + 0.75)
    axes.set_ylim(size + 0.35, -0.5)
    axes.xaxis.set_ticks_position("top")
    axes.xaxis.set_label_position("top")
    axes.set_xticks(np.arange(size) - 0.5, minor=True)
    axes.set_yticks(np.arange(size) - 0.5, minor=True)
    axes.grid(which="minor", color=PAPER, lw=1.5)
    axes.tick_params(which="both", length=0, labelsize=11, colors=INK)
    # The names stand over the cells, not over the edges.
    axes.set_xlabel("read as", color=INK, x=5 / (size + 1.25))
    axes.set_ylabel("true digit", color=INK, y=1 - 5 / (size + 0.85), labelpad=10)
    axes.spines[:].set_visible(False)
    figure.suptitle(_cut(title), fontsize=12, x=0.02, ha="left", color=INK)
    return figure


def draw_reliability(evaluation: Evaluation, *, title: str) -> Figure:
    """Draw accuracy over confidence with 95 % intervals, and how many answers there are at each confidence."""
    found = evaluation.reliability
    used = [each for each in found.bins if each.count]
    figure = Figure(figsize=(5.4, 5.6), layout="constrained", facecolor=PAPER)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], color=FAINT, lw=1, ls="--", zorder=1)
    # Along the lower end of the line, where an answer of ten digits can hardly lie.
    words = {"fontsize": 9, "color": FAINT, "rotation": 45, "rotation_mode": "anchor", "zorder": 1}
    upper.text(0.02, 0.035, "right more often than it says", va="bottom", transform_rotates_text=True, **words)
    upper.text(0.035, 0.02, "right less often than it says", va="top", transform_rotates_text=True, **words)
    for each in used:
        share, (low, high) = each.correct / each.count, wilson_interval(each.correct, each.count)
        spread = [[max(0.0, share - low)], [max(0.0, high - share)]]
        style = {"alpha": 1.0 if each.count >= FEW else PALE, "capsize": 3, "lw": 1.3, "ms": 6}
        upper.errorbar([each.mean_confidence], [share], yerr=spread, fmt="o", color=ACCENT, zorder=2, **style)
    upper.set(xlim=(0, 1.01), ylim=(-0.02, 1.04), ylabel="share read right")
    upper.set_title(
        f"{_cut(title)}\nexpected calibration error {found.expected_calibration_error:.2%}, {len(found.bins)} bins",
        fontsize=11,
        loc="left",
        color=INK,
    )
    if any(each.count < FEW for each in used):
        pale = Line2D([], [], ls="", marker="o", ms=6, color=ACCENT, alpha=PALE, label=f"fewer than {FEW} answers")
        figure.legend(handles=[pale], loc="outside lower left", frameon=False, fontsize=9, labelcolor=INK)
    width = found.bins[0].high - found.bins[0].low
    lower.bar([each.low for each in used], [each.count for each in used], width=0.92 * width, align="edge", color=CALM)
    lower.set_yscale("log")
    lower.set_ylim(0.7, 3 * max(each.count for each in used))
    lower.yaxis.set_major_locator(LogLocator(numticks=5))
    lower.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    lower.minorticks_off()
    lower.set(ylabel="answers", xlabel="confidence of the answer")
    for axes in (upper, lower):
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        _tidy(axes)
    upper.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return figure


def draw_mistakes(images: NDArray[np.uint8], mistakes: Sequence[Mistake], *, title: str) -> Figure:
    """Draw the images that were read wrong, each over what was said and what is true.

    Args:
        images: uint8 (N, 28, 28), the images that `mistakes` point into.
        mistakes: what to draw, in this order; none gives a picture that says so.
        title: a line above them.
    """
    columns = max(5, min(GALLERY_COLUMNS, len(mistakes)))
    rows = max(1, math.ceil(len(mistakes) / columns))
    cell_width, cell_height = 1.0, 1.42
    # Half an inch above for the title, which does not grow with the rows.
    height_inches = 1.16 * cell_height * rows + 0.62
    figure = Figure(figsize=(1.16 * columns + 0.2, height_inches), facecolor=PAPER)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1 - 0.5 / height_inches))
    for place, mistake in enumerate(mistakes):
        left, top = cell_width * (place % columns), cell_height * (place // columns)
        axes.imshow(
            images[mistake.index],
            cmap="gray",
            vmin=0,
            vmax=255,
            extent=(left + 0.04, left + 0.96, top + 0.92, top),
            interpolation="nearest",
        )
        said = f"read {mistake.answer}  {mistake.confidence:.0%}"
        for down, text, colour in ((1.0, f"is {mistake.truth}", INK), (1.17, said, ACCENT)):
            axes.text(left + 0.04, top + down, text, va="top", fontsize=9.5, color=colour)
    if not mistakes:
        axes.text(0.04, 0.4, "nothing was read wrong", fontsize=11, color=INK)
    axes.set_xlim(-0.06, columns * cell_width + 0.06)
    axes.set_ylim(rows * cell_height + 0.02, -0.03)
    axes.set_aspect("auto")
    axes.set_axis_off()
    shown = _cut(title, 84 if columns > 5 else 54)
    figure.text(0.1 / figure.get_figwidth(), 1 - 0.14 / height_inches, shown, va="top", fontsize=12, color=INK)
    return figure


def draw_models(names: Sequence[str], evaluations: Sequence[Evaluation], *, title: str) -> Figure:
    """Draw the accuracy of several models, each with its 95 % interval."""
    figure = Figure(figsize=(6.4, 1.3 + 0.42 * len(names)), layout="constrained", facecolor=PAPER)
    axes = figure.subplots()
    for place, evaluation in enumerate(evaluations):
        share, (low, high) = evaluation.accuracy, evaluation.interval_95
        axes.errorbar([share], [place], xerr=[[share - low], [high - share]], fmt="o", color=ACCENT, ms=7, capsize=4)
        axes.annotate(
            f"{share:.2%}", (share, place), (0, 7), textcoords="offset points", ha="center", fontsize=9, color=INK
        )
    axes.set_yticks(range(len(names)), [_cut(name, 34) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.75)
    lowest, highest = min(each.interval_95[0] for each in evaluations), max(each.interval_95[1] for each in evaluations)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=2 if highest - lowest < 0.02 else 1))
    axes.locator_params(axis="x", nbins=6)
    axes.margins(x=0.07)
    axes.set_title(_cut(title), fontsize=11, loc="left", color=INK)
    axes.set_xlabel("read right, with 95 % interval")
    _tidy(axes)
    return figure


def _write_count(axes: Axes, count: int, row: int, column: int, *, share: float) -> None:
    """Write the count of one cell: right answers in calm bold letters, mistakes light on dark or dark on light."""
    if row == column:
        axes.text(column, row, f"{count}", ha="center", va="center", fontsize=9.5, color=CALM, weight="bold")
    else:
        colour = PAPER if share > 0.55 else INK
        axes.text(column, row, f"{count}", ha="center", va="center", fontsize=10.5, color=colour)


def _write_edges(axes: Axes, evaluation: Evaluation) -> None:
    """Write recall at the right edge and precision at the lower one."""
    size = len(LABELS)
    for place, each in enumerate(evaluation.classes):
        for text, x, y in ((each.recall, size + 0.1, place), (each.precision, place, size - 0.1)):
            shown = "–" if text is None else f"{100 * text:.1f}"
            axes.text(x, y, shown, ha="center", va="center", fontsize=9, color=INK)
    axes.text(size + 0.1, -0.62, "recall %", ha="center", va="bottom", fontsize=9, color=FAINT)
    axes.text(-0.62, size - 0.1, "precision %", ha="right", va="center", fontsize=9, color=FAINT)


def _flat(colour: str) -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("flat", [colour, colour])


def _cut(text: str, most: int = 60) -> str:
    """Return text shortened in its middle where it is too long for its place."""
    half = most // 2
    return text if len(text) <= most else f"{text[: half - 1]}…{text[-half:]}"


def _tidy(axes: Axes) -> None:
    axes.grid(alpha=0.3, lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
