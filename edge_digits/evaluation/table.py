"""The result of `evaluate` for the terminal, and its tables as rows of cells for any other place."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.photo_list import NOTHING, ROW, SINGLE
from benchmarks.quantities import format_columns

from .figures import Evaluation, frequent_confusions
from .model_comparison import Comparison
from .photo_evaluation import KindScore, PhotoEvaluation, SourceScore
from .result import EvaluatedModel, EvaluationResult

MOST_CONFUSIONS = 5
KIND_NAMES = {SINGLE: "single digits", ROW: "several digits", NOTHING: "nothing to read"}
MODEL_HEAD = ["model", "runtime", "bytes", "accuracy (95 %)", "mistakes", "top 2", "macro F1", "loss", "ECE"]
CLASS_HEAD = ["digit", "images", "precision", "recall", "F1"]
COMPARISON_HEAD = ["A", "B", "both wrong", "only A wrong", "only B wrong", "p (McNemar)", "so"]
PHOTO_HEAD = ["source", "pictures", "right", "share", "digits", "right", "share"]

Rows = list[list[str]]


def format_result(result: EvaluationResult) -> str:
    """Return the tables of a result with a line above each."""
    digits = result.digits
    parts = [
        f"{len(digits.labels):,} digits: {digits.description}",
        format_columns([MODEL_HEAD, *model_rows(result.models)], right=frozenset(range(2, 9))),
        *accepted_lines(result.models),
    ]
    if len(result.models) == 1:
        found = result.models[0].evaluation
        parts += ["", format_columns([CLASS_HEAD, *class_rows(found)], right=frozenset(range(1, 5)))]
        if found.correct < found.count:
            parts += ["", f"most often mistaken: {confusion_line(found)}"]
    if result.comparisons:
        parts += [
            "",
            "on the same digits:",
            format_columns([COMPARISON_HEAD, *comparison_rows(result.comparisons)], right=frozenset(range(2, 6))),
        ]
    for photos in result.photos:
        parts += ["", *_photo_lines(photos)]
    return "\n".join([*parts, *(f"note: {note}" for note in result.notes)])


def model_rows(models: Sequence[EvaluatedModel]) -> Rows:
    """Return a row a model."""
    return [
        [
            each.name,
            each.scored.runtime,
            f"{each.scored.subject.size_bytes:,}",
            format_share(each.evaluation.accuracy, each.evaluation.interval_95),
            f"{each.evaluation.count - each.evaluation.correct:,}",
            _percent(each.evaluation.top_2_correct / each.evaluation.count),
            _percent(each.evaluation.macro_f1),
            f"{each.evaluation.loss:.4f}",
            _percent(each.evaluation.reliability.expected_calibration_error),
        ]
        for each in models
    ]


def accepted_lines(models: Sequence[EvaluatedModel]) -> list[str]:
    """Return a line for each model that refuses what it is not sure of."""
    lines = []
    for model in models:
        found = model.evaluation.accepted
        if found is not None:
            right = "" if found.accuracy is None else f", of which {found.accuracy:.2%} are read right"
            lines.append(
                f"{model.name} refuses what scores below {found.reject_below:.3f}: {found.count:,} of "
                f"{model.evaluation.count:,} digits accepted ({found.count / model.evaluation.count:.2%}){right}"
            )
    return lines


def class_rows(evaluation: Evaluation) -> Rows:
    """Return a row a digit and one for their mean."""
    rows = [
        [each.label, f"{each.count:,}", *(_percent(figure) for figure in (each.precision, each.recall, each.f1))]
        for each in evaluation.classes
    ]
    means = []
    for name in ("precision", "recall", "f1"):
        known = [getattr(each, name) for each in evaluation.classes if getattr(each, name) is not None]
        means.append(_percent(sum(known) / len(known)))
    return [*rows, ["mean", f"{evaluation.count:,}", *means]]


def comparison_rows(comparisons: Sequence[Comparison]) -> Rows:
    """Return a row a pair of models."""
    return [
        [
            each.first,
            each.second,
            f"{each.both_wrong:,}",
            f"{each.only_first_wrong:,}",
            f"{each.only_second_wrong:,}",
            "< 0.0001" if each.mcnemar_p < 1e-4 else f"{each.mcnemar_p:.4f}",
            each.verdict,
        ]
        for each in comparisons
    ]


def photo_rows(kind: KindScore) -> Rows:
    """Return a row a source, one for all pictures and one for the mean over sources."""
    mean = ["mean over sources", "", "", _tenths(kind.mean_pictures_share), "", "", _tenths(kind.mean_digits_share)]
    return [*(_photo_row(each) for each in kind.sources), _photo_row(kind.total), mean]


def confusion_line(evaluation: Evaluation) -> str:
    """Return the most frequent mistakes in words."""
    found = frequent_confusions(evaluation, most=MOST_CONFUSIONS)
    return ", ".join(f"{truth} as {answer} ({count})" for truth, answer, count in found)


def photo_summary(kind: KindScore) -> str:
    """Return in one line how well pictures of a kind were read."""
    total = kind.total
    right = "left alone, or read as ?" if kind.kind == NOTHING else "read whole and right"
    line = f"{total.pictures_right} of {total.pictures} pictures {right}"
    if kind.kind == ROW:
        line += f", {total.digits_right} of {total.digits} digits right"
    refused = f", {total.refused} digit{'' if total.refused == 1 else 's'} refused as ?"
    return line + (refused if total.refused and kind.kind != NOTHING else "")


def format_share(share: float, interval: tuple[float, float]) -> str:
    """Return a share with its interval: "99.12 % (98.92–99.29)"."""
    return f"{100 * share:.2f} % ({100 * interval[0]:.2f}–{100 * interval[1]:.2f})"


def photo_cells(rows: Rows, kind: str) -> Rows:
    """Return rows of `photo_rows` with only the columns that say something about this kind."""
    return rows if kind == ROW else [row[:4] for row in rows]


def _photo_lines(photos: PhotoEvaluation) -> list[str]:
    lines = [f"photographs read by {photos.model}:"]
    for kind in photos.kinds:
        table = photo_cells([PHOTO_HEAD, *photo_rows(kind)], kind.kind)
        lines += [
            "",
            f"{KIND_NAMES[kind.kind]}: {photo_summary(kind)}",
            format_columns(table, right=frozenset(range(1, 7))),
        ]
    unreadable = len(photos.unreadable)
    return [*lines, "", f"cannot be read, and counted nowhere: {unreadable}"] if unreadable else lines


def _photo_row(score: SourceScore) -> list[str]:
    return [
        score.source,
        f"{score.pictures}",
        f"{score.pictures_right}",
        _tenths(score.pictures_share),
        f"{score.digits}",
        f"{score.digits_right}",
        _tenths(score.digits_share),
    ]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"


def _tenths(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
