"""Scores in several ranges of input tell which of them a model was trained on."""

from __future__ import annotations

import numpy as np
import pytest

from converters.range_fit import best_range, fit_losses

COUNT = 200
LABELS = np.arange(COUNT) % 10
RAW, ONE = "0-255", "0-1"


def logits_for(*, wrong: int, size: float) -> np.ndarray:
    """Logits that are highest for the label, for another one in the first few rows."""
    answers = np.where(np.arange(COUNT) < wrong, LABELS + 1, LABELS) % 10
    return (np.eye(10)[answers] * size).astype(np.float32)


def softmax_for(*, wrong: int, size: float) -> np.ndarray:
    powers = np.exp(logits_for(wrong=wrong, size=size))
    return powers / powers.sum(1, keepdims=True)


def sigmoids_for(*, wrong: int, size: float) -> np.ndarray:
    return 1 / (1 + np.exp(size / 2 - logits_for(wrong=wrong, size=size)))


@pytest.mark.parametrize("scores_for", [logits_for, softmax_for, sigmoids_for])
def test_what_reads_significantly_more_right_decides(scores_for) -> None:
    """Whatever the losses are: a model that is sure of what it reads better loses more there."""
    scores = {RAW: scores_for(wrong=40, size=4.0), ONE: scores_for(wrong=20, size=12.0)}
    assert fit_losses(scores, LABELS)[ONE] > 0
    assert best_range(scores, LABELS).name == ONE
    assert best_range({RAW: scores[ONE], ONE: scores[RAW]}, LABELS).name == RAW


@pytest.mark.parametrize("scores_for", [logits_for, softmax_for])
def test_of_ranges_that_read_alike_the_scores_decide(scores_for) -> None:
    """Scores that are surer than a model is right belong to larger input than it was trained on."""
    scores = {RAW: scores_for(wrong=20, size=18.0), ONE: scores_for(wrong=20, size=5.0)}
    assert best_range(scores, LABELS).name == ONE


def test_sigmoids_are_measured_as_they_are() -> None:
    """Made probabilities by softmax, saturated ones would seem to fit best, however wrong."""
    truth = np.eye(10)[LABELS]
    calm, saturated = 0.9 * truth, truth.copy()
    calm[:20] = 0.4 * truth[:20] + 0.6 * np.roll(truth[:20], 1, axis=1)
    saturated[:20] = np.roll(truth[:20], 1, axis=1)
    assert best_range({RAW: saturated.astype(np.float32), ONE: calm.astype(np.float32)}, LABELS).name == ONE


def test_scores_trained_to_be_zero_and_one_are_no_logits() -> None:
    """A network without an activation whose scores come near its targets is measured by how near."""
    near = logits_for(wrong=20, size=1.0)
    near[0, 0] = -0.3
    assert best_range({RAW: near * 250, ONE: near}, LABELS).name == ONE


def test_what_an_untrained_model_reads_right_by_chance_decides_nothing() -> None:
    """It answers nearly everything alike, and in some range with a label that is common."""
    few, more = (np.eye(10, dtype=np.float32)[np.where(np.arange(COUNT) < right, LABELS, 3)] for right in (10, 40))
    assert best_range({RAW: few, ONE: more}, LABELS).name == RAW
    most = np.eye(10, dtype=np.float32)[np.where(np.arange(COUNT) < 90, LABELS, 3)]
    assert best_range({RAW: few, ONE: most}, LABELS).name == ONE


@pytest.mark.parametrize("wrong", [100, 180])
def test_a_model_that_is_hardly_trained_takes_raw_pixels(wrong: int) -> None:
    """Smaller input makes its scores calmer, and less wrong, whatever it was trained on."""
    scores = {RAW: softmax_for(wrong=wrong, size=30.0), ONE: softmax_for(wrong=wrong, size=0.1)}
    losses = fit_losses(scores, LABELS)
    assert losses[ONE] < losses[RAW]
    choice = best_range(scores, LABELS)
    assert (choice.name, choice.why) == (RAW, "nothing speaks for another")


def test_a_linear_model_trained_on_raw_pixels_takes_them() -> None:
    """It is sure of all its mistakes, and for smaller input knows hardly anything."""
    scores = {RAW: softmax_for(wrong=36, size=40.0), ONE: softmax_for(wrong=36, size=1.2)}
    losses = fit_losses(scores, LABELS)
    assert losses[ONE] < losses[RAW]
    assert best_range(scores, LABELS).name == RAW


def test_ranges_that_fit_alike_are_the_first() -> None:
    """Constant scores say nothing of the range."""
    constant = np.full((COUNT, 10), 0.1, np.float32)
    assert best_range({RAW: constant, ONE: constant}, LABELS).name == RAW


def test_a_range_alone_with_numbers_is_the_one() -> None:
    """However badly the model reads in it."""
    assert best_range({ONE: softmax_for(wrong=180, size=1.0)}, LABELS).name == ONE
