"""What `evaluate` draws: words that hide no point, and tables that stay tables where they fit."""

from __future__ import annotations

import re

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from benchmarks.page_style import cards_below
from edge_digits.evaluation.figures import evaluate_scores
from edge_digits.evaluation.page import PAGE_STYLE
from edge_digits.evaluation.plots import draw_models, draw_reliability


def test_no_word_hides_a_point() -> None:
    """Answers of 20 to 50 % that are all right lie in the upper left corner; what is written stands behind them."""
    labels = np.arange(40, dtype=np.uint8) % 10
    sure = np.linspace(0.2, 0.5, 40)
    scores = np.repeat(((1 - sure) / 9)[:, np.newaxis], 10, axis=1)
    scores[np.arange(40), labels] = sure
    upper = draw_reliability(evaluate_scores(scores.astype(np.float32), labels), title="unsure").axes[0]
    points = upper.lines[1:]
    assert points
    for words in upper.texts:
        assert words.get_bbox_patch() is None
        assert all(words.get_zorder() < each.get_zorder() for each in points)


@pytest.mark.parametrize(("count", "is_said"), [(9, True), (10, False)])
def test_what_pale_points_are_is_said(count: int, is_said: bool) -> None:
    """Beside the plot, where it hides nothing; and only where there are some."""
    labels = np.zeros(count, np.uint8)
    scores = np.tile(np.eye(10, dtype=np.float32)[0], (count, 1))
    legends = draw_reliability(evaluate_scores(scores, labels), title="few").legends
    said = [text.get_text() for legend in legends for text in legend.get_texts()]
    assert said == (["fewer than 10 answers"] if is_said else [])


@pytest.mark.parametrize("right", [True, False])
def test_models_that_read_everything_or_nothing_right_are_drawn(right: bool) -> None:
    """Their intervals end at the point itself, however many digits there are."""
    for count in (10, 13, 25):
        labels = np.arange(count, dtype=np.uint8) % 10
        scores = np.eye(10, dtype=np.float32)[labels if right else (labels + 1) % 10]
        assert draw_models(["a", "b"], [evaluate_scores(scores, labels)] * 2, title="all alike").axes


@pytest.mark.parametrize("wrong", [(0, 2), (4, 10), (4, 14), (1, 150)])
def test_marks_of_the_accuracy_are_told_apart(wrong: tuple[int, int]) -> None:
    """No two are rounded to the same number, and none to one it does not stand at, however near models are."""
    labels = np.arange(1000, dtype=np.uint8) % 10
    drawn = []
    for count in wrong:
        scores = np.eye(10, dtype=np.float32)[(labels + (np.arange(1000) < count)) % 10]
        drawn.append(evaluate_scores(scores, labels))
    figure = draw_models(["a", "b"], drawn, title="near")
    figure.draw_without_rendering()
    axis = figure.axes[0].xaxis
    low, high = axis.get_view_interval()
    shown = [
        (mark.get_loc(), mark.label1.get_text()) for mark in axis.get_major_ticks() if low <= mark.get_loc() <= high
    ]
    assert len(shown) >= 3
    assert [float(text.rstrip("%")) / 100 for _, text in shown] == pytest.approx(
        [place for place, _ in shown], abs=1e-6
    )


def test_rows_become_cards_only_in_tables_that_ask_for_it() -> None:
    """Tables of ten digits or of a few sources are narrow, and stay tables on any screen."""
    cards = cards_below("60rem", tables=".cards")
    assert cards in PAGE_STYLE
    selectors = re.findall(r"^  ([^{}]+?) *\{", cards, re.MULTILINE)
    assert selectors
    assert all(each.strip().startswith(".cards") for line in selectors for each in line.split(","))
    others = PAGE_STYLE.replace(cards, "")
    assert not re.search(r"^\s*(table|thead|tbody|tr|td)\b[^{]*\{[^}]*display:", others, re.MULTILINE)
