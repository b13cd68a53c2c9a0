"""What distortion costs, as a heat map: a panel for each model, a row for each kind, a column for each strength."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from device.output_files import atomic_path

from .distortions import STRENGTHS
from .robustness import Robustness

WORST = 0.5  # accuracy from which on a field is darkest


def draw_robustness(found: Sequence[Robustness], path: Path, *, note: str) -> None:
    """Draw the accuracy of one or several models in every kind and strength.

    Args:
        found: what was measured.
        path: PNG file to write.
        note: a line under the title, such as which digits were distorted.

    Raises:
        OutputError: the file cannot be written.
    """
    kinds = list(found[0].accuracy)
    figure = Figure(figsize=(1.6 + 3.4 * len(found), 1.9 + 0.42 * (len(kinds) + 2)), dpi=150, layout="constrained")
    figure.suptitle(f"Accuracy on distorted digits\n{note}", fontsize=11, x=0.01, ha="left")
    panels = figure.subplots(1, len(found), squeeze=False, sharey=True)[0]
    for panel, model in zip(panels, found, strict=True):
        rows = [*([model.accuracy[kind][each] for each in STRENGTHS] for kind in kinds)]
        rows.append([model.mean(each) for each in STRENGTHS])
        values = np.array(rows)
        panel.imshow(1 - values, cmap="YlOrRd", vmin=0, vmax=1 - WORST, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            colour = "white" if 1 - value > 0.6 * (1 - WORST) else "#20242c"
            weight = "bold" if row == len(kinds) else "normal"
            panel.text(column, row, f"{value:.2%}", ha="center", va="center", fontsize=8.5, color=colour, weight=weight)
        panel.axhline(len(kinds) - 0.5, color="#20242c", linewidth=1.2)
        panel.set_xticks(range(len(STRENGTHS)), STRENGTHS)
        panel.set_yticks(range(len(kinds) + 1), [*kinds, "mean"])
        panel.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        panel.set_xlabel(f"{model.model}\nclean {model.clean:.2%}", fontsize=9)
        for edge in panel.spines.values():
            edge.set_visible(False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", facecolor="white")
