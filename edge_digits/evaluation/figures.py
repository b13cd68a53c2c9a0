"""What a model's scores on labelled digits amount to: arrays in, figures out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (  # type: ignore[import-untyped]  # scikit-learn ships no types
    confusion_matrix,
    precision_recall_fscore_support,
)

from device.contract import LABELS
from device.statistics import wilson_interval

from .probabilities import as_probabilities
from .reliability import Reliability, reliability


@dataclass(frozen=True)
class ClassFigures:
    """How well one label is read.

    Attributes:
        label: the label.
        count: images of it.
        answered: images it was the answer to.
        precision: share of the answers that were right, 0–1; None where it was never answered.
        recall: share of its images that were read right, 0–1; None where there are none.
        f1: harmonic mean of the two; None where there is neither an image nor an answer.
    """

    label: str
    count: int
    answered: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Accepted:
    """What a reject threshold lets through.

    Attributes:
        reject_below: the best score below which an image is refused.
        count: images accepted.
        correct: right answers among them.
    """

    reject_below: float
    count: int
    correct: int

    @property
    def accuracy(self) -> float | None:
        """Share of right answers among the accepted, 0–1; None where none is accepted."""
        return self.correct / self.count if self.count else None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model's scores amount to.

    Attributes:
        count: images.
        correct: right answers.
        interval_95: Wilson's interval of the accuracy.
        top_2_correct: images whose label has the best or second best score.
        loss: mean cross-entropy, natural logarithm.
        classes: figures of each label.
        confusion: int (labels, labels), row is the true label, column the answer.
        reliability: calibration.
        accepted: what the model's own reject threshold lets through; None where it has none.
        answers: int (N,), the answer to each image.
        confidence: float (N,), probability of each answer, 0–1.
        note: what was done to scores that were no probabilities, else "".
    """

    count: int
    correct: int
    interval_95: tuple[float, float]
    top_2_correct: int
    loss: float
    classes: tuple[ClassFigures, ...]
    confusion: NDArray[np.int64]
    reliability: Reliability
    accepted: Accepted | None
    answers: NDArray[np.int64]
    confidence: NDArray[np.float64]
    note: str

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0–1."""
        return self.correct / self.count

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the labels that have an image or an answer, 0–1."""
        known = [each.f1 for each in self.classes if each.f1 is not None]
        return math.fsum(known) / len(known)


@dataclass(frozen=True)
class Mistake:
    """An image that was read wrong.

    Attributes:
        index: its position among the images.
        truth: its label.
        answer: what it was read as.
        confidence: probability of that answer, 0–1.
    """

    index: int
    truth: str
    answer: str
    confidence: float


def evaluate_scores(
    scores: NDArray[np.floating[Any]],
    labels: NDArray[np.uint8],
    *,
    step: float = 0.0,
    reject_below: float | None = None,
) -> Evaluation:
    """Work out every figure from scores.

    Args:
        scores: float (N, 10), N at least 1.
        labels: uint8 (N,), 0–9.
        step: quantisation step of the output, 0.0 where it is not quantised.
        reject_below: the model's own reject threshold on its best score, if it has one.

    Raises:
        DataError: a score is NaN or infinite.
    """
    probabilities = as_probabilities(scores, step=step)
    truth, rows = labels.astype(np.int64), np.arange(len(labels))
    answers = scores.argmax(axis=1).astype(np.int64)
    right = answers == truth
    confidence = probabilities.values[rows, answers]
    # Ties go to the lower label, as in argmax.
    second_best = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    return Evaluation(
        count=len(truth),
        correct=int(right.sum()),
        interval_95=wilson_interval(int(right.sum()), len(truth)),
        top_2_correct=int((second_best == truth[:, np.newaxis]).any(axis=1).sum()),
        loss=probabilities.loss(truth),
        classes=_class_figures(truth, answers),
        confusion=confusion_matrix(truth, answers, labels=range(len(LABELS))),
        reliability=reliability(confidence, right),
        accepted=None if reject_below is None else _accepted(scores, right, reject_below),
        answers=answers,
        confidence=confidence.astype(np.float64),
        note=probabilities.note,
    )


def worst_mistakes(evaluation: Evaluation, labels: NDArray[np.uint8], *, most: int) -> tuple[Mistake, ...]:
    """Return the wrong answers, the surest first.

    Args:
        evaluation: of the same images.
        labels: uint8 (N,).
        most: how many to return.
    """
    wrong = np.flatnonzero(evaluation.answers != labels)
    order = wrong[np.argsort(-evaluation.confidence[wrong], kind="stable")][:most]
    return tuple(
        Mistake(
            int(index),
            LABELS[int(labels[index])],
            LABELS[int(evaluation.answers[index])],
            float(evaluation.confidence[index]),
        )
        for index in order
    )


def frequent_confusions(evaluation: Evaluation, *, most: int) -> list[tuple[str, str, int]]:
    """Return the most frequent mistakes as (true label, answer, how often), the most frequent first."""
    found = [
        (LABELS[truth], LABELS[answer], int(evaluation.confusion[truth, answer]))
        for truth, answer in np.argwhere(evaluation.confusion)
        if truth != answer
    ]
    return sorted(found, key=lambda each: -each[2])[:most]


def _class_figures(truth: NDArray[np.int64], answers: NDArray[np.int64]) -> tuple[ClassFigures, ...]:
    precision, recall, f1, counts = precision_recall_fscore_support(
        truth, answers, labels=range(len(LABELS)), zero_division=np.nan
    )
    return tuple(
        ClassFigures(
            label, int(counts[place]), int((answers == place).sum()), *map(_known, (precision, recall, f1), [place] * 3)
        )
        for place, label in enumerate(LABELS)
    )


def _known(figures: NDArray[np.float64], place: int) -> float | None:
    """Return a figure, None where it is not defined."""
    value = float(figures[place])
    return None if math.isnan(value) else value


def _accepted(scores: NDArray[np.floating[Any]], right: NDArray[np.bool_], reject_below: float) -> Accepted:
    accepted = scores.max(axis=1) >= reject_below
    return Accepted(reject_below, int(accepted.sum()), int((accepted & right).sum()))
