"""Training every architecture by its recipe over several seeds, and holding what comes out against what was claimed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from device.errors import OutputExistsError
from device.statistics import wilson_interval

from ..data.digit_set import Digits, refuse_one_part
from ..recipes import RECIPES
from ..run_files import TRAINING_NAME, alone_in, read_json
from .run_outcome import Trained
from .training import TrainingSettings, train

SCHEMA = "edge-digits.zoo/1"


@dataclass(frozen=True)
class Reproduction:
    """What one architecture reached.

    Attributes:
        arch: its name.
        parameters: weights and statistics.
        epochs: passes over the training digits.
        claimed: test accuracy that its write-up claims, 0–1, or None.
        measured: test accuracy for each seed, 0–1.
        count: test digits.
        seconds: of training, all seeds together.
    """

    arch: str
    parameters: int
    epochs: int
    claimed: float | None
    measured: tuple[float, ...]
    count: int
    seconds: float

    @property
    def mean(self) -> float:
        """Mean test accuracy over the seeds, 0–1."""
        return float(np.mean(self.measured))

    @property
    def is_reached(self) -> bool | None:
        """Whether the claim lies within or below the 95 % interval of what was measured; None without a claim."""
        if self.claimed is None:
            return None
        right = round(self.mean * self.count)
        return self.claimed <= wilson_interval(right, self.count)[1]


def reproduce(
    digits: Digits, names: Sequence[str], out: Path, *, seeds: int, report: Callable[[str], None]
) -> list[Reproduction]:
    """Train each architecture by its recipe and measure it on the test digits; what an earlier run finished is kept.

    Args:
        digits: the data.
        names: of the architectures.
        out: folder for the runs, ARCH-SEED each.
        seeds: how many runs of each, seeds 0, 1, 2, ...
        report: takes a line for each run.

    Raises:
        OutputError: a run cannot be written.
        DataError: the data lack digits to train on or to test on.
    """
    refuse_one_part(digits)
    return [_reproduce(digits, name, out, seeds=seeds, report=report) for name in names]


def _reproduce(digits: Digits, name: str, out: Path, *, seeds: int, report: Callable[[str], None]) -> Reproduction:
    measured, seconds, parameters = [], 0.0, 0
    for seed in range(seeds):
        settings = TrainingSettings.from_recipe(name, seed=seed, validation=min(1000, len(digits.train_labels) // 10))
        folder = out / f"{name}-{seed}"
        trained = _train(digits, settings, folder)
        record = read_json(folder / TRAINING_NAME)
        model = keras.models.load_model(trained.model, compile=False)
        scores = model.predict(digits.test_images[..., np.newaxis], batch_size=500, verbose=0)
        measured.append(float((scores.argmax(axis=1) == digits.test_labels).mean()))
        seconds, parameters = seconds + record["seconds"], record["parameters"]
        report(f"{name}, seed {seed}: {measured[-1]:.2%} of {len(scores):,} test digits, {record['seconds']:.0f} s")
    recipe = RECIPES[name]
    return Reproduction(
        name, parameters, recipe.epochs, recipe.claim, tuple(measured), len(digits.test_labels), round(seconds, 1)
    )


def _train(digits: Digits, settings: TrainingSettings, folder: Path) -> Trained:
    try:
        with alone_in(folder):
            return train(digits, settings, folder, resume=True, report=lambda line: None)
    except OutputExistsError as cause:
        raise OutputExistsError(
            f"{folder}: expected a run by this recipe on these digits, found another one; choose another --out"
        ) from cause


def format_table(reproductions: Sequence[Reproduction]) -> str:
    """Return the table for people."""
    lines = [f"{'architecture':<17} {'parameters':>10} {'epochs':>6} {'claimed':>8} {'measured':>9}  over seeds"]
    for each in reproductions:
        claimed = "–" if each.claimed is None else f"{each.claimed:.2%}"
        seeds = f"{min(each.measured):.2%}–{max(each.measured):.2%} ({len(each.measured)})"
        verdict = {None: "", True: "  reached", False: "  NOT reached"}[each.is_reached]
        lines.append(
            f"{each.arch:<17} {each.parameters:>10,} {each.epochs:>6} {claimed:>8} {each.mean:>9.2%}  {seeds}{verdict}"
        )
    return "\n".join(lines)


def document(reproductions: Sequence[Reproduction], digits: Digits) -> dict[str, Any]:
    """Return the result as a JSON document."""
    rows = [{**asdict(each), "mean": each.mean, "reached": each.is_reached} for each in reproductions]
    return {"schema": SCHEMA, "source": digits.source, "architectures": rows}
