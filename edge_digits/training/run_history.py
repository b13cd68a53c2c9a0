"""The history of a run, one row an epoch, as it comes back from a file that anything may have been done to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FIGURES = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


def is_history(rows: Any) -> bool:
    """Tell whether what a file holds are rows with all figures, of the first epoch and those after it."""
    if not isinstance(rows, Sequence) or not all(has_figures(row, FIGURES) for row in rows):
        return False
    return bool(rows) and [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))


def has_figures(record: Any, names: Sequence[str]) -> bool:
    """Tell whether what a file holds has a number by each of the names."""
    return isinstance(record, Mapping) and all(isinstance(record.get(name), (int, float)) for name in names)
