"""Checkpoints of a training run: the whole model with its optimiser, and the history up to there.

The JSON file names the weights file it belongs to and is renamed into place last, so that a kill at any moment leaves
either the earlier checkpoint or the later one.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from device.errors import DataError
from device.output_files import atomic_path

from ..run_files import STATE_NAME, read_json, write_json
from .run_history import is_history


@dataclass(frozen=True)
class Checkpoint:
    """A run as it was after an epoch.

    Attributes:
        model: compiled, with the optimiser's state.
        history: one row an epoch.
        identity: settings and data digests of the run.
    """

    model: keras.Model
    history: tuple[Mapping[str, float], ...]
    identity: Mapping[str, Any]


def save_checkpoint(
    folder: Path, model: keras.Model, identity: Mapping[str, Any], history: Sequence[Mapping[str, float]]
) -> None:
    """Save a run after an epoch and drop the checkpoint before it.

    Raises:
        OutputError: it cannot be written.
    """
    name = _weights_name(history)
    with atomic_path(folder / name) as temporary:
        model.save(temporary)
    write_json(folder / STATE_NAME, {**identity, "weights": name, "history": list(history)})
    for other in folder.glob("checkpoint-*.keras"):
        if other.name != name:
            other.unlink(missing_ok=True)


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Load the checkpoint in `folder`, or return None where there is none.

    Raises:
        DataError: there is one and it is damaged, or its record is another document.
    """
    if not (folder / STATE_NAME).exists():
        return None
    try:
        state = read_json(folder / STATE_NAME)
    except DataError as cause:
        raise DataError(
            f"{folder / STATE_NAME}: expected a checkpoint's record, found no JSON document; start over with --force"
        ) from cause
    if not _is_state(state):
        raise DataError(
            f"{folder / STATE_NAME}: expected a checkpoint's record, found another document; start over with --force"
        )
    identity = {"settings": state["settings"], "data": state["data"]}
    return Checkpoint(_read_model(folder / state["weights"]), history=tuple(state["history"]), identity=identity)


def _weights_name(history: Sequence[Mapping[str, float]]) -> str:
    return f"checkpoint-{len(history):04d}.keras"


def _is_state(state: Any) -> bool:
    """Tell whether a JSON document is what `save_checkpoint` writes, of which the weights' name counts the epochs."""
    return (
        isinstance(state, dict)
        and all(isinstance(state.get(part), dict) for part in ("settings", "data"))
        and is_history(state.get("history"))
        and state.get("weights") == _weights_name(state["history"])
    )


def _read_model(path: Path) -> keras.Model:
    """Read the model of a checkpoint.

    Raises:
        DataError: it is missing or damaged.
    """
    if not path.is_file():
        raise DataError(f"{path}: expected a checkpoint, found no such file; start over with --force")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # Keras does not look at every checksum
        if damaged is not None:
            raise zipfile.BadZipFile(damaged)
        return keras.models.load_model(path)
    except (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error) as cause:
        raise DataError(f"{path}: expected a whole checkpoint, found a damaged one; start over with --force") from cause


def remove_checkpoint(folder: Path) -> None:
    """Remove the checkpoint in `folder`, if any."""
    (folder / STATE_NAME).unlink(missing_ok=True)
    # A kill in the midst of writing leaves a part behind.
    for pattern in ("checkpoint-*.keras", ".checkpoint-*.part.*"):
        for left in folder.glob(pattern):
            left.unlink(missing_ok=True)
