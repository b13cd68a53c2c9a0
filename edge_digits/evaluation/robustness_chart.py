"""What distortion costs, as heat maps: a panel for each strength, a row for each kind, a column for each model."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from benchmarks.plots import FAINT, INK, PAPER

from ..synthetic.distortions import STRENGTHS
from .plots import save_png
from .robustness import Robustness

# Even steps of lightness, without the black end, on which lines could not be told from cells.
LOSSES = ListedColormap(matplotlib.colormaps["magma_r"](np.linspace(0.02, 0.8, 256)), "losses")
LEAST_SCALE = 10.0  # points; a small loss is never the darkest cell
TICKS = (0, 0.5, 2, 5, 10, 20, 40, 80)
CELL_INCHES, ROW_INCHES = 0.62, 0.34
SLANTED_NAME, LONGEST_NAME = 16, 24


def draw_robustness(found: Sequence[Robustness], path: Path, *, note: str) -> None:
    """Draw how many points one or several models lose in every kind and strength, as a PNG file.

    Raises:
        OutputError: the file cannot be written.
    """
    save_png(robustness_figure(found, note=note), path)


def robustness_figure(found: Sequence[Robustness], *, note: str) -> Figure:
    """Return the heat maps.

    Args:
        found: what was measured.
        note: goes on with the title, such as which digits were distorted.
    """
    kinds = list(found[0].accuracy)
    width = max(6.6, 2.4 + len(STRENGTHS) * (0.3 + CELL_INCHES * len(found)))
    shares = ", ".join(f"{_name(each)}\N{NO-BREAK SPACE}{each.clean:.2%}" for each in found)
    clean = textwrap.wrap(f"Right of the clean digits: {shares}", int(12.5 * width), break_on_hyphens=False)
    height = 2.1 + 0.2 * len(clean) + ROW_INCHES * (len(kinds) + 1)
    layout = ConstrainedLayoutEngine(w_pad=0.2, h_pad=0.12)
    figure = Figure(figsize=(width, height), layout=layout, facecolor=PAPER)
    figure.suptitle(
        "\n".join([f"Points lost on distorted digits, {note}", *clean]), size=10, x=0.2 / width, ha="left", color=INK
    )
    panels = figure.subplots(1, len(STRENGTHS), squeeze=False, sharey=True)[0]
    lost = [_points_lost(found, kinds, strength) for strength in STRENGTHS]
    norm = PowerNorm(0.5, vmin=0, vmax=max(LEAST_SCALE, *(float(each.max()) for each in lost)), clip=True)
    for panel, strength, values in zip(panels, STRENGTHS, lost, strict=True):
        drawn = _draw_panel(panel, values, norm)
        panel.set_title(strength, size=11, color=INK)
        names = [_name(each) for each in found] if len(found) > 1 else [""]  # one stands in the title
        turn = {"rotation": 40, "ha": "left"} if len(max(names, key=len)) <= SLANTED_NAME else {"rotation": 90}
        panel.set_xticks(range(len(found)), names, **turn)
        panel.set_yticks(range(len(kinds) + 1), [*kinds, "mean"])
    _add_scale(figure, drawn, panels, most=float(norm.vmax or 0))
    return figure


def _draw_panel(panel: Axes, values: NDArray[np.float64], norm: PowerNorm) -> AxesImage:
    """Draw one strength, its numbers in the cells."""
    drawn = panel.imshow(values, cmap=LOSSES, norm=norm, aspect="auto")
    is_dark = np.asarray(norm(values)) > 0.5
    for (row, column), value in np.ndenumerate(values):
        panel.text(
            column,
            row,
            f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−"),
            ha="center",
            va="center",
            size=9,
            color="white" if is_dark[row, column] else INK,
            weight="bold" if row == len(values) - 1 else "normal",
        )
    panel.set_xticks(np.arange(values.shape[1] + 1) - 0.5, minor=True)
    panel.set_yticks(np.arange(values.shape[0] + 1) - 0.5, minor=True)
    panel.grid(which="minor", color=PAPER, lw=1.5)
    panel.axhline(len(values) - 1.5, color=PAPER, lw=6)  # the mean stands apart
    panel.tick_params(which="both", length=0, labelsize=9, colors=INK, top=True, labeltop=True, labelbottom=False)
    panel.spines[:].set_visible(False)
    return drawn


def _add_scale(figure: Figure, drawn: AxesImage, panels: Sequence[Axes], *, most: float) -> None:
    """Say beside the panels which colour is how many points."""
    scale = figure.colorbar(drawn, ax=list(panels), ticks=[each for each in TICKS if each <= most], aspect=24, pad=0.02)
    scale.ax.set_yticklabels([f"{each:g}" for each in TICKS if each <= most])
    scale.set_label("points lost", size=8.5, color=FAINT)
    scale.ax.tick_params(labelsize=8.5, colors=INK, length=2)
    scale.outline.set_visible(False)


def _points_lost(found: Sequence[Robustness], kinds: Sequence[str], strength: str) -> NDArray[np.float64]:
    """Return float64 (kinds + 1, models): percentage points of each kind, and of their mean."""
    rows = [[each.clean - each.accuracy[kind][strength] for each in found] for kind in kinds]
    return 100 * np.array([*rows, [each.clean - each.mean(strength) for each in found]], np.float64)


def _name(found: Robustness) -> str:
    name = found.model.removesuffix(".tflite")
    return name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}"
