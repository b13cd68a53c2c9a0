"""Which input range the scores of labelled images speak for: scores in, a range and why out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.inference.inference import are_logits, softmax
from device.statistics import mcnemar_p

TIE = 1.01  # losses within one per cent of each other do not tell ranges apart
CHANCE = 0.005  # sterner than usual: models trained briefly on raw pixels read a little better when those are smaller
# A mistake costs no more than the logarithm of this: a model in too large a range is sure of all its mistakes, but so
# is one hardly trained on raw pixels in its own.
LEAST_SHARE = 1e-4
# Of the loss of equal scores. Any model is calmer for smaller input, so that one in too small a range, or one hardly
# trained, loses less than in its own and yet more than this, a linear one of raw pixels 0.67 and more of it as 0-1.
LEARNT = 0.65
KNOWING = 0.3  # of what answering the commonest label gets wrong: by chance an untrained model gets less of it right
SUM_TOLERANCE = 0.03  # softmax in float16 is off its sum by less, sigmoids by far more

Scores = NDArray[np.float32]
Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Choice:
    """A range.

    Attributes:
        name: one of those asked for.
        why: as the end of a sentence about the model.
    """

    name: str
    why: str


def best_range(scores: Mapping[str, Scores], labels: Labels) -> Choice:
    """Return the range with the best scores, the first of those that do not tell apart.

    The range in which significantly more images are read right than in others, if they are more than chance may bring;
    among those that do not differ so, the one with the least loss: a linear model gives the same answers for larger
    input, only surer ones than it was trained to.

    Args:
        scores: float32 (N, classes) for each range in which the model answers with numbers, at least one.
        labels: integers (N,).
    """
    if len(scores) == 1:
        return Choice(next(iter(scores)), "it answers with numbers in no other")
    right = {name: found.argmax(axis=1) == labels for name, found in scores.items()}
    most = max(right.values(), key=np.count_nonzero)
    if float(most.mean()) < _share_of_knowing(labels):
        return Choice(next(iter(scores)), "nothing speaks for another")
    near = [name for name, found in right.items() if not _is_worse(found, most)]
    if len(near) == 1:
        return Choice(near[0], "it reads most right so")
    losses = fit_losses(scores, labels)
    least = min(losses[name] for name in near)
    best = [name for name in near if losses[name] <= TIE * least]
    if least > LEARNT:
        return Choice(near[0], "nothing speaks for another")
    return Choice(best[0], "its scores fit best so" if len(best) == 1 else "nothing speaks for another")


def fit_losses(scores: Mapping[str, Scores], labels: Labels) -> dict[str, float]:
    """Return how badly scores fit labels in each range, as a share of the loss of equal scores.

    Probabilities and logits are measured by cross-entropy. Sigmoids, and scores that were trained to be 0 and 1 without
    an activation, are measured by their squared error: made probabilities they would be measured by how far they are
    saturated.

    Args:
        scores: float32 (N, classes) for each range.
        labels: integers (N,).
    """
    classes = next(iter(scores.values())).shape[1]
    targets = np.eye(classes)[labels]
    errors = {name: float(np.square(found - targets).mean()) for name, found in scores.items()}
    of_equal = (1 - 1 / classes) / classes
    if any(are_logits(found) for found in scores.values()):
        are_targets = min(errors.values()) < of_equal / 2  # logits come as near to 0 and 1 in no range
    else:
        are_targets = any((np.abs(found.sum(axis=1) - 1) > SUM_TOLERANCE).any() for found in scores.values())
    if are_targets:
        return {name: error / of_equal for name, error in errors.items()}
    return {name: _cross_entropy(found, labels) / math.log(classes) for name, found in scores.items()}


def _cross_entropy(scores: Scores, labels: Labels) -> float:
    values = scores.astype(np.float64)
    shares = softmax(values) if are_logits(values) else values
    return float(-np.log(np.clip(shares[np.arange(len(labels)), labels], LEAST_SHARE, 1)).mean())


def _share_of_knowing(labels: Labels) -> float:
    """Return which share of labels must be right to speak for a range: chance may favour one where nothing is known."""
    commonest = float(np.unique(labels, return_counts=True)[1].max()) / len(labels)
    return commonest + KNOWING * (1 - commonest)


def _is_worse(right: NDArray[np.bool_], most: NDArray[np.bool_]) -> bool:
    return mcnemar_p(int((most & ~right).sum()), int((right & ~most).sum())) < CHANCE
