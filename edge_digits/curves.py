"""The picture of a training run: loss and accuracy over epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from device.output_files import atomic_path


def draw_curves(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw loss and accuracy, training and validation, into a PNG.

    Args:
        history: one row an epoch with epoch, loss, accuracy, val_loss and val_accuracy.
        path: the PNG.

    Raises:
        OutputError: it cannot be written.
    """
    epochs = [row["epoch"] for row in history]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    for axes, key, title in ((loss, "loss", "Loss"), (accuracy, "accuracy", "Accuracy")):
        axes.plot(epochs, [row[key] for row in history], "o-", color="#7a8ba6", label="training (distorted digits)")
        axes.plot(epochs, [row[f"val_{key}"] for row in history], "o-", color="#c8501e", label="validation")
        axes.set(title=title, xlabel="Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    worst = min(min(row["accuracy"], row["val_accuracy"]) for row in history[len(history) > 2 :])
    accuracy.set_ylim(max(0.0, worst - 0.005), 1.0)
    last = history[-1]["val_accuracy"]
    accuracy.annotate(f"{last:.2%}", (epochs[-1], last), (0, 8), textcoords="offset points", ha="right")
    loss.legend(frameon=False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)
