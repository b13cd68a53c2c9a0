"""The picture of a training run: loss and accuracy over epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from device.output_files import atomic_path

TRAINING, VALIDATION = "#7a8ba6", "#c8501e"
MOST_MARKED = 25  # longer curves are lines without a mark for each epoch


def draw_curves(
    history: Sequence[Mapping[str, float]], path: Path, *, distorted: bool, non_digits: bool = False
) -> None:
    """Draw loss and accuracy, training and validation, into a PNG.

    Args:
        history: one row an epoch with epoch, loss, accuracy, val_loss and val_accuracy; at least one.
        path: the PNG.
        distorted: whether the training digits were distorted, which makes them harder than those of validation.
        non_digits: whether things that are no digits were learned too, which have no right reading.

    Raises:
        OutputError: it cannot be written.
    """
    figure = curves(history, distorted=distorted, non_digits=non_digits)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)


def curves(history: Sequence[Mapping[str, float]], *, distorted: bool, non_digits: bool = False) -> Figure:
    """Return the figure that `draw_curves` writes."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    digits = "distorted digits" if distorted else "digits"
    harder = f"{digits} and non-digits" if non_digits else digits
    names = {"": f"training ({harder})" if distorted or non_digits else "training", "val_": "validation"}
    for axes, key, title in ((loss, "loss", "Loss"), (accuracy, "accuracy", "Accuracy")):
        _draw(axes, history, key=key, names=names)
        axes.set(title=title, xlabel="epoch")
    loss.set_ylim(bottom=0)
    # The first epochs of a longer run would leave no room to see the others apart.
    lowest = min(min(row["accuracy"], row["val_accuracy"]) for row in history[len(history) > 2 :])
    room = max(0.004, 1 - lowest)
    accuracy.set_ylim(max(0.0, lowest - 0.1 * room), 1 + 0.02 * room)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=2 if room < 0.02 else 1 if room < 0.1 else 0))
    last = history[-1]
    accuracy.annotate(
        f"{last['val_accuracy']:.2%}",
        (last["epoch"], last["val_accuracy"]),
        (0, -8 if last["val_accuracy"] < last["accuracy"] else 8),
        textcoords="offset points",
        ha="center" if len(history) == 1 else "right",
        va="top" if last["val_accuracy"] < last["accuracy"] else "bottom",
        color=VALIDATION,
    )
    figure.legend(*loss.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _draw(axes: Axes, history: Sequence[Mapping[str, float]], *, key: str, names: Mapping[str, str]) -> None:
    """Draw one figure over the epochs, of training and validation."""
    epochs = [row["epoch"] for row in history]
    for part, colour in (("", TRAINING), ("val_", VALIDATION)):
        style = "o-" if len(epochs) <= MOST_MARKED else "-"
        axes.plot(epochs, [row[f"{part}{key}"] for row in history], style, ms=5, color=colour, label=names[part])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.margins(x=0.03)
    if len(epochs) == 1:
        axes.set_xlim(epochs[0] - 0.5, epochs[0] + 0.5)
        axes.set_xticks(epochs)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
