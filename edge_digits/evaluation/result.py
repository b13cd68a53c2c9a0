"""Everything that one run of `evaluate` found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from device.errors import DataError

from .data import EvaluationDigits
from .figures import Evaluation, evaluate_scores
from .model_comparison import Comparison, compare_answers
from .photo_evaluation import PhotoEvaluation
from .scoring import Scored

MOST_FULLY_COMPARED = 4


@dataclass(frozen=True, eq=False)
class EvaluatedModel:
    """A model with its figures.

    Attributes:
        scored: the model, what ran it, and its scores.
        evaluation: what they amount to.
    """

    scored: Scored
    evaluation: Evaluation

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.scored.subject.name


@dataclass(frozen=True, eq=False)
class EvaluationResult:
    """What was found out about some models.

    Attributes:
        digits: what they were evaluated on.
        models: the models, in the order they were named.
        comparisons: of pairs of them.
        photos: how well the converted ones read photographs; empty where none were named.
        notes: what else is worth knowing, a line each.
    """

    digits: EvaluationDigits
    models: tuple[EvaluatedModel, ...]
    comparisons: tuple[Comparison, ...]
    photos: tuple[PhotoEvaluation, ...]
    notes: tuple[str, ...]


def evaluate_model(scored: Scored, digits: EvaluationDigits) -> EvaluatedModel:
    """Work out a model's figures.

    Raises:
        DataError: a score is NaN or infinite.
    """
    try:
        evaluation = evaluate_scores(
            scored.scores, digits.labels, step=scored.step, reject_below=scored.subject.reject_below
        )
    except DataError as cause:
        raise DataError(f"{scored.subject.path}: {cause}") from cause
    return EvaluatedModel(scored, evaluation)


def compare_models(models: Sequence[EvaluatedModel], digits: EvaluationDigits) -> tuple[Comparison, ...]:
    """Compare every model with every other, or, where they are many, the best one with every other."""
    pairs = list(combinations(models, 2))
    if len(models) > MOST_FULLY_COMPARED:
        best = max(models, key=lambda each: each.evaluation.correct)
        pairs = [(best, each) for each in models if each is not best]
    return tuple(
        compare_answers(
            first.evaluation.answers, second.evaluation.answers, digits.labels, names=(first.name, second.name)
        )
        for first, second in pairs
    )
