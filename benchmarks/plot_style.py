"""What all plots of a benchmark share: colours, shapes, axes, and writing a figure."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .device_names import device_names
from .results import BenchResult, Row
from .table import runtime_name

INK, FAINT, PAPER = "#20242c", "#8a8f99", "#ffffff"
COLOURS = (
    *("#c8501e", "#1f5f99", "#3c7d3c", "#7a4b94", "#b0892c", "#3f8f8f", "#a83a5b", "#5b6470"),
    *("#e8a888", "#86b4de", "#93c893", "#bd9fd0", "#dec584", "#90cdcd", "#df93a9", "#adb4be"),
)
MARKERS = "osD^vP*XhpdH"
NAME_LENGTH = 26
WIDTH_INCHES = 5.4
LEGEND_LINES, LEGEND_LINE_INCHES = 4, 0.19  # a figure has room for so many; each further one makes it taller
CHARACTERS_IN_WIDTH = 620  # in a wide font, times its size in points


@dataclass(frozen=True)
class Shown:
    """A row in a plot.

    Attributes:
        row: the row; it was measured.
        device: what its device is called, empty where there is only one.
    """

    row: Row
    device: str = ""

    @property
    def series(self) -> str:
        """What gives it its colour: the runtime, with the device where there are several."""
        return ", ".join(filter(None, (self.device, runtime_name(self.row))))

    @property
    def name(self) -> str:
        """All of what tells it from the others."""
        return f"{short_name(self.row.model)}, {self.series}"


def shown_rows(results: Sequence[BenchResult]) -> list[Shown]:
    """Return the measured rows of one or several results."""
    return [
        Shown(row, short_name(name))
        for result, name in zip(results, device_names(results), strict=True)
        for row in result.rows
        if row.latency is not None
    ]


def new_figure(height_inches: float, *, width_inches: float = WIDTH_INCHES) -> Figure:
    """Return an empty figure."""
    return Figure(figsize=(width_inches, height_inches), layout="constrained", facecolor=PAPER)


def to_svg(figure: Figure) -> bytes:
    """Return a figure as SVG, in the reader's own sans-serif font; what is drawn leaves room for a wide one."""
    content = io.BytesIO()
    # Text stays text: a glyph drawn as a path each time would make a page ten times as large.
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()


def style_of(styles: Sequence[str], names: Iterable[str]) -> dict[str, str]:
    """Give each name a style of its own, as long as they last."""
    return {name: styles[index % len(styles)] for index, name in enumerate(dict.fromkeys(names))}


def colours_of(rows: Sequence[Shown]) -> dict[str, str]:
    """Return the colour of each series."""
    return style_of(COLOURS, (each.series for each in rows))


def markers_of(rows: Sequence[Shown]) -> dict[str, str]:
    """Return the shape of each model."""
    return style_of(MARKERS, (each.row.model for each in rows))


def add_legend(figure: Figure, rows: Sequence[Shown], *, models: bool = True) -> None:
    """Explain colours, and shapes where they are used, below the plots; many make the figure taller."""
    axes = figure.axes[0]
    handles = [axes.plot([], [], "s", color=colour, ms=9, label=name)[0] for name, colour in colours_of(rows).items()]
    if models:
        handles += [
            axes.plot([], [], marker, color="none", mec=FAINT, ms=7, label=short_name(model))[0]
            for model, marker in markers_of(rows).items()
        ]
    longest = max(len(str(handle.get_label())) for handle in handles)
    columns = max(1, int(figure.get_figwidth() / (0.5 + 0.075 * longest)))
    lines = -(-len(handles) // columns)
    figure.set_figheight(figure.get_figheight() + LEGEND_LINE_INCHES * max(0, lines - LEGEND_LINES))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)


def set_log_axis(axes: Axes, values: Iterable[float], *, axis: Literal["time", "bytes"]) -> None:
    """Make the x axis logarithmic, with room at both ends and labels in units that fit."""
    known = sorted(values)
    # The room for words is a share of the axis, so more where the axis spans more.
    room = max(2.2, (known[-1] / known[0]) ** 0.3)
    low, high = known[0] / room, known[-1] * 1.8
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 300 else (1,), numticks=20))
    plain = _plain_seconds if axis == "time" else _plain_bytes
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def set_title(axes: Axes, text: str, *, x_label: str = "") -> None:
    """Write a title at the left, and what the x axis shows."""
    axes.set_title(text, fontsize=fitting_size(text, 11), loc="left", color=INK)
    axes.set_xlabel(x_label, fontsize=9, color=INK)


def fitting_size(text: str, size: float) -> float:
    """Return the size of font, in points, with which text fits the width of a figure: `size`, or less if it is long."""
    return min(size, CHARACTERS_IN_WIDTH / max(map(len, text.split("\n"))))


def tidy(axes: Axes, *, grid: Literal["both", "x", "y"]) -> None:
    """Leave of axes what is needed to read them."""
    axes.grid(axis=grid, alpha=0.25, lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=9, colors=INK)


def short_name(name: str) -> str:
    """Return a model's name without its suffix, cut in the middle where it is long."""
    stem = name.removesuffix(".tflite")
    half = NAME_LENGTH // 2
    return stem if len(stem) <= NAME_LENGTH else f"{stem[: half - 1]}…{stem[-half:]}"


def _plain_seconds(seconds: float) -> str:
    for unit, scale in (("µs", 1e6), ("ms", 1e3)):
        if seconds * scale < 999:
            return f"{seconds * scale:g} {unit}"
    return f"{seconds:g} s"


def _plain_bytes(size: float) -> str:
    return f"{size / 1e3:g} kB" if size < 999e3 else f"{size / 1e6:g} MB"
