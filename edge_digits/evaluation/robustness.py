"""How much accuracy models lose on distorted digits, by kind and strength."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.idx import LabelledDigits

from ..synthetic.distortions import KINDS, STRENGTHS, distort
from .scoring import Subject, score

SCHEMA = "edge-digits.robustness/1"
KINDS_AT_ONCE = 5


@dataclass(frozen=True)
class Robustness:
    """What a model gets right.

    Attributes:
        model: its name.
        runtime: what ran it.
        count: digits in each set.
        clean: share right without distortion, 0–1.
        accuracy: share right, 0–1, by kind and then by strength.
    """

    model: str
    runtime: str
    count: int
    clean: float
    accuracy: Mapping[str, Mapping[str, float]]

    def mean(self, strength: str) -> float:
        """Return the share right at one strength, over all kinds, 0–1."""
        return float(np.mean([by_strength[strength] for by_strength in self.accuracy.values()]))


def measure_robustness(
    subjects: Sequence[Subject],
    digits: LabelledDigits,
    *,
    seed: int,
    kinds: Sequence[str] = KINDS,
    report: Callable[[str], None],
) -> list[Robustness]:
    """Run models over digits, clean and in every strength of the kinds of distortion.

    Args:
        subjects: the models.
        digits: at least one; all models get the same distorted ones.
        seed: of the distortions.
        kinds: which of `KINDS`.
        report: takes a line now and then.

    Raises:
        FitError: no runtime can run a model.
        ModelFileError: one is damaged.
    """
    clean = [score(each, digits.images, warn=report) for each in subjects]
    by_kind: list[dict[str, dict[str, float]]] = [{} for _ in subjects]
    # Several kinds at once: a trained model is loaded anew for every call.
    for start in range(0, len(kinds), KINDS_AT_ONCE):
        some = kinds[start : start + KINDS_AT_ONCE]
        report(f"distorting {len(digits.labels):,} digits: {', '.join(some)}")
        sets = np.concatenate(
            [distort(digits.images, kind, strength, seed=seed) for kind in some for strength in STRENGTHS]
        )
        for shares, subject in zip(by_kind, subjects, strict=True):
            right = iter(_share_right(score(subject, sets, warn=report).scores, digits.labels))
            shares.update({kind: {strength: next(right) for strength in STRENGTHS} for kind in some})
    return [
        Robustness(
            model=subject.name,
            runtime=scored.runtime,
            count=len(digits.labels),
            clean=_share_right(scored.scores, digits.labels)[0],
            accuracy=accuracy,
        )
        for subject, scored, accuracy in zip(subjects, clean, by_kind, strict=True)
    ]


def robustness_table(found: Robustness) -> str:
    """Return a model's accuracy as lines for a terminal, a row for each kind."""
    lines = [f"{found.model} on {found.runtime}, {found.count:,} digits a set; clean: {found.clean:.2%}"]
    lines.append(f"{'':<12}" + "".join(f"{strength:>10}" for strength in STRENGTHS))
    for kind, by_strength in found.accuracy.items():
        lines.append(f"{kind:<12}" + "".join(f"{by_strength[strength]:>10.2%}" for strength in STRENGTHS))
    lines.append(f"{'mean':<12}" + "".join(f"{found.mean(strength):>10.2%}" for strength in STRENGTHS))
    drops = "".join(f"{100 * (found.clean - found.mean(strength)):>10.2f}" for strength in STRENGTHS)
    return "\n".join([*lines, f"{'points lost':<12}{drops}"])


def robustness_document(found: Sequence[Robustness], *, source: str, seed: int) -> dict[str, object]:
    """Return what was measured as a JSON document; `source` says which digits were distorted."""
    models = [
        {
            "model": each.model,
            "runtime": each.runtime,
            "count": each.count,
            "clean": each.clean,
            "accuracy": {kind: dict(by_strength) for kind, by_strength in each.accuracy.items()},
            "mean": {strength: each.mean(strength) for strength in STRENGTHS},
            "points_lost": {strength: round(100 * (each.clean - each.mean(strength)), 4) for strength in STRENGTHS},
        }
        for each in found
    ]
    return {"schema": SCHEMA, "source": source, "seed": seed, "models": models}


def _share_right(scores: NDArray[np.float32], labels: NDArray[np.uint8]) -> list[float]:
    """Return the share right of each set of digits, 0–1, from the scores of all sets one after the other."""
    right = scores.argmax(axis=1).reshape(-1, len(labels)) == labels
    return [float(share) for share in right.mean(axis=1)]
