"""Which labels a model finds wrong, by confident learning.

Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (2021): a class's threshold
is the mean probability that a model gives it where it is the label. A label is suspect where the model prefers another
class, and certainly wrong in its eyes where that class reaches its threshold. The order is that of the difference
between both probabilities, each measured by its class's threshold, so that a class of which the model is never sure is
not at a disadvantage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.idx import LabelledDigits, Part

from ..data.digit_sources import SourceDigits
from .probabilities import as_probabilities
from .scoring import Subject, score


@dataclass(frozen=True)
class Suspect:
    """A label that a model finds wrong.

    Attributes:
        index: of the digit, among those that were looked at.
        label: what it is labelled as.
        suggested: what the model takes it for.
        label_probability: what the model gives the label, 0–1.
        suggested_probability: what the model gives its own suggestion, 0–1.
        certain: whether that is as much as it gives digits of that class on average.
    """

    index: int
    label: int
    suggested: int
    label_probability: float
    suggested_probability: float
    certain: bool


@dataclass(frozen=True, eq=False)
class LookedAt:
    """The digits that were looked at for wrong labels, of one or several sources.

    Attributes:
        digits: all of them.
        places: where each lies, for people.
    """

    digits: LabelledDigits
    places: tuple[str, ...]


def gather(sources: Sequence[SourceDigits], parts: Sequence[Part]) -> LookedAt:
    """Put the digits of the given parts of all sources together, each with the place where it lies."""
    found = [
        (source, part, digits)
        for source in sources
        for part in parts
        if (digits := source.train if part == "train" else source.test) is not None and len(digits.labels)
    ]
    places = [source.place_of(part, index) for source, part, digits in found for index in range(len(digits.labels))]
    images = [digits.images for _, _, digits in found] or [np.zeros((0, 28, 28), np.uint8)]
    labels = [digits.labels for _, _, digits in found] or [np.zeros(0, np.uint8)]
    return LookedAt(LabelledDigits(np.concatenate(images), np.concatenate(labels)), tuple(places))


def find_suspects(subject: Subject, digits: LabelledDigits, *, report: Callable[[str], None]) -> list[Suspect]:
    """Run a model over digits and list the labels that it finds wrong, the most certain ones first.

    Args:
        subject: the model; one that was trained on these very digits has learnt some of their wrong labels.
        digits: at least one.
        report: is told when a runtime is passed over for another, and what was done to scores.

    Raises:
        FitError: no runtime can run the model.
        ModelFileError: it is damaged.
    """
    scored = score(subject, digits.images, warn=report)
    probabilities = as_probabilities(scored.scores, step=scored.step)
    if probabilities.note:
        report(f"{subject.name}: {probabilities.note}")
    above_zero = np.clip(probabilities.values, probabilities.least, 1)  # as their means are divided by
    return suspected_labels(above_zero, digits.labels)


def suspected_labels(probabilities: NDArray[np.float64], labels: NDArray[np.uint8]) -> list[Suspect]:
    """List the labels that probabilities speak against, the clearest first.

    Args:
        probabilities: float (N, 10), 0–1.
        labels: uint8 (N,), 0–9.
    """
    rows = np.arange(len(labels))
    own = probabilities[rows, labels]
    # A class that is no label has no mean of its own; what a model can give at most stands for it.
    usual = np.array([own[labels == label].mean() if (labels == label).any() else 1.0 for label in range(len(LABELS))])
    suggested = probabilities.argmax(axis=1)
    best = probabilities[rows, suggested]
    lead = best / usual[suggested] - own / usual[labels]
    found = np.flatnonzero((suggested != labels) & (best > own))
    return [
        Suspect(
            index=int(row),
            label=int(labels[row]),
            suggested=int(suggested[row]),
            label_probability=float(own[row]),
            suggested_probability=float(best[row]),
            certain=bool(best[row] >= usual[suggested[row]]),
        )
        for row in found[np.argsort(-lead[found], kind="stable")]
    ]
