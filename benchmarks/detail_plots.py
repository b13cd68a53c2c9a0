"""The plots that look closer: distributions, ops, the stages of a frame, and confusions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from .figures import Profile, StageTimes
from .plot_style import (
    COLOURS,
    FAINT,
    INK,
    PAPER,
    Shown,
    colours_of,
    fitting_size,
    new_figure,
    set_title,
    tidy,
)
from .quantities import format_seconds

BINS = 40
ERRORS = LinearSegmentedColormap.from_list("errors", [PAPER, "#f6c9b4", COLOURS[0], "#7d2a0b"])
RIGHT_CELL = "#e6edf4"
MOST_CLASSES = 30  # of more, a page shows no confusions: nobody could read them
LEAST_SCALE = 5  # a single mistake is never the darkest cell
TITLE: Mapping[str, Any] = {"fontsize": 11, "x": 0.02, "ha": "left", "color": INK}  # of a figure, at its left
STAGES = ("capture", "find", "prepare", "invoke", "decide")


def draw_distributions(rows: Sequence[Shown]) -> Figure:
    """Draw a histogram of the samples of each row, each on a scale of its own around its median."""
    figure = new_figure(0.9 + 0.56 * len(rows))
    panels = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    colours = colours_of(rows)
    for axes, each in zip(panels, rows, strict=True):
        latency = each.row.latency
        assert latency is not None
        low, high = latency.min_s, max(min(latency.p99_s, 1.6 * latency.median_s), 1.02 * latency.median_s)
        counts, edges = np.histogram(latency.sorted_s, bins=BINS, range=(low, high))
        axes.stairs(counts / len(latency.sorted_s), edges, fill=True, color=colours[each.series])
        axes.axvline(latency.median_s, color=INK, lw=1)
        beyond = float(np.mean(np.array(latency.sorted_s) > high))
        slower = f", {beyond:.0%} beyond" if beyond >= 0.005 else ""
        title = f"{each.name}: {format_seconds(latency.median_s)}{slower}"
        axes.set_title(title, fontsize=fitting_size(title, 8.5), loc="left", color=INK, pad=2)
        axes.set_xlim(low - 0.02 * (high - low), high)
        axes.set_yticks([])
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(_plain_time(high)))
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(labelsize=8, colors=INK, length=2, pad=1)
    figure.suptitle("Samples of one digit; line: median; beyond: slower than shown", **TITLE)
    return figure


def draw_ops(rows: Sequence[Shown]) -> list[Figure]:
    """Draw the time of each op, a figure for each row that was profiled."""
    profiled = [(each, each.row.profile) for each in rows if each.row.profile]
    longest_s = max((op.seconds for _, profile in profiled for op in profile.ops), default=0.0)
    return [_draw_profile(each, profile, longest_s) for each, profile in profiled]


def _draw_profile(shown: Shown, profile: Profile, longest_s: float) -> Figure:
    figure = new_figure(1.25 + 0.24 * len(profile.ops))
    axes = figure.subplots()
    colours = [FAINT if op.delegated is False else COLOURS[1] for op in profile.ops]
    axes.barh(range(len(profile.ops)), [op.seconds for op in profile.ops], color=colours, height=0.72)
    for place, op in enumerate(profile.ops):
        share = op.seconds / profile.sum_s if profile.sum_s else 0.0
        text = f" {format_seconds(op.seconds)}, {share:.0%}"
        axes.text(op.seconds, place, text, va="center", fontsize=8.5, color=INK)
    axes.set_yticks(range(len(profile.ops)), [f"{place + 1} {op.name.lower()}" for place, op in enumerate(profile.ops)])
    axes.set_ylim(len(profile.ops) - 0.4, -0.6)
    # One scale for all rows of a page, so that bars can be held against each other; room for the words behind them.
    _set_linear_time(axes, 1.28 * longest_s)
    whole = f"{format_seconds(profile.sum_s)} in all, whole graph {format_seconds(profile.whole_s)}"
    title = f"Ops of {shown.name}\n{whole}"
    figure.suptitle(title, **{**TITLE, "fontsize": fitting_size(title, 10)})
    tidy(axes, grid="x")
    handles = [Patch(color=COLOURS[1], label="taken by XNNPACK")] if any(op.delegated for op in profile.ops) else []
    if any(op.delegated is False for op in profile.ops):
        handles.append(Patch(color=FAINT, label="plain kernels"))
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def draw_stages(rows: Sequence[Shown]) -> list[Figure]:
    """Draw the stages of a frame, one bar a row; no figure where they were not measured."""
    timed = [(each, each.row.stages) for each in rows if each.row.stages]
    if not timed:
        return []
    figure = new_figure(1.7 + 0.42 * len(timed))
    axes = figure.subplots()
    for place, (_, stages) in enumerate(timed):
        _plot_stages(axes, place, stages)
    axes.set_yticks(
        range(len(timed)), [each.name.replace(", ", "\n", 2 if each.device else 1) for each, _ in timed], fontsize=8
    )
    axes.set_ylim(len(timed) - 0.5, -0.5)
    _set_linear_time(axes, 1.2 * max(_stage_sum(stages) for _, stages in timed))
    figure.suptitle(f"A frame: {timed[0][1].frame}", **TITLE)
    axes.set_xlabel("time for one frame, stage by stage", fontsize=9, color=INK)
    tidy(axes, grid="x")
    handles = [Patch(color=COLOURS[place], label=name) for place, name in enumerate(STAGES)]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(STAGES), frameon=False, fontsize=9)
    return [figure]


def _plot_stages(axes: Axes, place: int, stages: StageTimes) -> None:
    left = 0.0
    for number, name in enumerate(STAGES):
        seconds = getattr(stages, f"{name}_s")
        axes.barh([place], [seconds], left=left, color=COLOURS[number], height=0.6)
        left += seconds
    axes.text(left, place, f" {format_seconds(stages.total_s)}", va="center", fontsize=8.5, color=INK)


def draw_confusions(rows: Sequence[Shown]) -> list[Figure]:
    """Draw how often each digit was read as each other, a figure for each model in the first runtime that read it.

    Runtimes add numbers up in different orders, which changes a digit in thousands; `compare` says by how much.
    """
    first: dict[tuple[str, str], Shown] = {}
    for each in rows:
        if each.row.accuracy and 0 < len(each.row.accuracy.confusion) <= MOST_CLASSES:
            first.setdefault((each.row.model, each.row.sha256), each)
    return [_draw_confusion(each) for each in first.values()]


def _draw_confusion(shown: Shown) -> Figure:
    assert shown.row.accuracy is not None
    counts = np.array(shown.row.accuracy.confusion)
    columns = counts.shape[1] if counts[:, -1].any() else counts.shape[1] - 1
    counts, classes = counts[:, :columns], len(counts)
    right = np.eye(counts.shape[0], counts.shape[1], dtype=np.bool_)
    mistakes = np.where(right, 0, counts)
    norm = PowerNorm(0.5, vmin=0, vmax=max(LEAST_SCALE, int(mistakes.max())))
    figure = new_figure(0.47 * classes)
    axes = figure.subplots()
    axes.imshow(mistakes, cmap=ERRORS, norm=norm, aspect="auto")
    calm = LinearSegmentedColormap.from_list("calm", [RIGHT_CELL, RIGHT_CELL])
    axes.imshow(np.where(right, 1.0, np.nan), cmap=calm, aspect="auto")
    for row, column in np.argwhere(counts):
        colour = COLOURS[1] if row == column else PAPER if norm(mistakes[row, column]) > 0.55 else INK
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", fontsize=8.5, color=colour)
    axes.set_xticks(range(columns), [*map(str, range(classes)), "none"][:columns])
    axes.set_yticks(range(classes), map(str, range(classes)))
    axes.set_xticks(np.arange(columns) - 0.5, minor=True)
    axes.set_yticks(np.arange(classes) - 0.5, minor=True)
    axes.grid(which="minor", color=PAPER, lw=1.5)
    axes.tick_params(which="both", length=0, labelsize=9, colors=INK)
    axes.spines[:].set_visible(False)
    axes.set_ylabel("true digit", fontsize=9, color=INK)
    set_title(axes, f"{shown.name}: {mistakes.sum()} misread", x_label="read as")
    return figure


def _stage_sum(stages: StageTimes) -> float:
    return float(sum(getattr(stages, f"{name}_s") for name in STAGES))


def _set_linear_time(axes: Axes, longest_s: float) -> None:
    axes.set_xlim(0, longest_s or 1e-6)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(_plain_time(longest_s)))


def _plain_time(longest_s: float) -> Callable[[float, int], str]:
    """Return what writes times in the unit that fits the longest of them."""
    scale, unit = (1e6, "µs") if longest_s < 1e-3 else (1e3, "ms") if longest_s < 1 else (1.0, "s")
    return lambda value, _: f"{value * scale:.6g} {unit}"
