"""Going on with a training run that was stopped: whether it is the one that is meant, and whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from device.errors import DataError, UsageError

from .architectures import build
from .checkpoint import Checkpoint, load_checkpoint


def stopped_run(
    out: Path, identity: Mapping[str, Any], arch: str, init: keras.Model | None, *, report: Callable[[str], None]
) -> Checkpoint | None:
    """Return the checkpoint to go on from, or None where there is none.

    Args:
        out: the run's folder.
        identity: settings and data digests of the run that is meant.
        arch: name of its architecture.
        init: the model that it started from, if any.
        report: takes a line about where it goes on.

    Raises:
        UsageError: the run that was stopped is another.
        DataError: its checkpoint is damaged, or holds another network.
    """
    checkpoint = load_checkpoint(out)
    if checkpoint is None:
        report(f"{out}: holds no stopped run to resume; starting from the beginning")
        return None
    _refuse_other_run(out, checkpoint.identity, identity)
    _refuse_other_network(out, checkpoint.model, init or build(arch))
    report(f"resuming after epoch {len(checkpoint.history)}")
    return checkpoint


def _refuse_other_run(out: Path, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    then, now = found["settings"], expected["settings"]
    if then.get("arch") != now["arch"]:
        raise UsageError(
            f"{out}: expected a stopped run of {now['arch']}, found one of {then.get('arch')}; choose another --out"
        )
    # Before the settings, of which some follow from the data.
    if found["data"] != expected["data"]:
        raise UsageError(
            f"{out}: --resume needs the data of the stopped run, found other digits; name the --data that it had, or "
            "start over with --force"
        )
    changed = [f"{key} was {then.get(key)}, is {now[key]}" for key in now if then.get(key) != now[key]]
    if changed:
        raise UsageError(f"{out}: --resume needs the settings of the stopped run; {'; '.join(changed)}")


def _refuse_other_network(out: Path, found: keras.Model, expected: keras.Model) -> None:
    def layers(model: keras.Model) -> list[Any]:
        return [(type(layer), [weight.shape for weight in layer.weights]) for layer in model.layers]

    if (found.name, layers(found)) != (expected.name, layers(expected)):
        raise DataError(
            f"{out}: expected a checkpoint of {expected.name}, {expected.count_params():,} weights, found one of "
            f"{found.name}, {found.count_params():,} weights; start over with --force"
        )
