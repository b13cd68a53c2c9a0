"""The result of `evaluate` as one JSON document in the schema "edge-digits.evaluation/1"."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from device.contract import LABELS
from device.version import VERSION

from .figures import worst_mistakes
from .photo_evaluation import KindScore, PhotoEvaluation, SourceScore
from .result import EvaluatedModel, EvaluationResult

SCHEMA = "edge-digits.evaluation/1"
MOST_MISTAKES = 40
"""How many of the worst mistakes a document or report holds."""


def make_document(result: EvaluationResult) -> dict[str, Any]:
    """Return the result as what `json` can write; fields are only ever added to it."""
    digits = result.digits
    return {
        "schema": SCHEMA,
        "edge_digits": VERSION,
        "data": {
            "description": digits.description,
            "source": digits.source,
            "split": digits.split,
            "count": len(digits.labels),
            "md5": digits.md5,
        },
        "labels": list(LABELS),
        "models": [_model(each, result) for each in result.models],
        "comparisons": [{**asdict(each), "verdict": each.verdict} for each in result.comparisons],
        "photos": [_photos(each) for each in result.photos],
        "notes": list(result.notes),
    }


def _model(model: EvaluatedModel, result: EvaluationResult) -> dict[str, Any]:
    subject, found = model.scored.subject, model.evaluation
    accepted = found.accepted
    return {
        "name": model.name,
        "path": str(subject.path),
        "variant": subject.converted.card.variant if subject.converted else "keras",
        "runtime": model.scored.runtime,
        "size_bytes": subject.size_bytes,
        "count": found.count,
        "correct": found.correct,
        "accuracy": found.accuracy,
        "interval_95": list(found.interval_95),
        "top_2_accuracy": found.top_2_correct / found.count,
        "loss": found.loss,
        "macro_f1": found.macro_f1,
        "classes": [asdict(each) for each in found.classes],
        "confusion": found.confusion.tolist(),
        "calibration": asdict(found.reliability),
        "accepted": {**asdict(accepted), "accuracy": accepted.accuracy} if accepted else None,
        "worst_mistakes": [asdict(each) for each in worst_mistakes(found, result.digits.labels, most=MOST_MISTAKES)],
        "note": found.note,
    }


def _photos(photos: PhotoEvaluation) -> dict[str, Any]:
    return {
        "model": photos.model,
        "kinds": [_kind(each) for each in photos.kinds],
        "unreadable": list(photos.unreadable),
        "misread": [
            {
                "path": str(each.photo.path),
                "source": each.photo.source,
                "label": each.photo.label,
                "text": each.text,
            }
            for each in photos.misread
        ],
    }


def _kind(kind: KindScore) -> dict[str, Any]:
    return {
        "kind": kind.kind,
        "mean_pictures_share": kind.mean_pictures_share,
        "mean_digits_share": kind.mean_digits_share,
        "total": _source(kind.total),
        "sources": [_source(each) for each in kind.sources],
    }


def _source(score: SourceScore) -> dict[str, Any]:
    return {**asdict(score), "pictures_share": score.pictures_share, "digits_share": score.digits_share}
