"""Scores become figures: accuracy, loss, precision and recall, calibration, and models held against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from device.errors import DataError
from edge_digits.evaluation.figures import evaluate_scores, frequent_confusions, worst_mistakes
from edge_digits.evaluation.model_comparison import compare_answers
from edge_digits.evaluation.probabilities import as_probabilities
from edge_digits.evaluation.reliability import reliability


def scores_for(answers: list[int], *, confidence: float | list[float] = 0.91) -> np.ndarray:
    """Softmax-like scores: each answer with its confidence, the rest spread evenly."""
    sure = np.broadcast_to(np.asarray(confidence, np.float64), len(answers))
    scores = np.repeat(((1 - sure) / 9)[:, np.newaxis], 10, axis=1)
    scores[np.arange(len(answers)), answers] = sure
    return scores.astype(np.float32)


def labels(*values: int) -> np.ndarray:
    return np.array(values, np.uint8)


def test_accuracy_and_confusions_are_counted() -> None:
    """A row of the confusions is a true digit, a column what it was read as."""
    found = evaluate_scores(scores_for([7, 1, 1, 4]), labels(7, 1, 7, 9))
    assert (found.correct, found.count, found.accuracy) == (2, 4, 0.5)
    assert found.confusion[7].tolist() == [0, 1, 0, 0, 0, 0, 0, 1, 0, 0]
    assert found.confusion[9, 4] == 1
    assert found.confusion.sum() == 4
    assert frequent_confusions(found, most=1) == [("7", "1", 1)]


def test_precision_recall_and_f1_are_those_of_each_digit() -> None:
    """1 was answered twice and right once; 7 was read in one of two images."""
    found = evaluate_scores(scores_for([7, 1, 1]), labels(7, 1, 7))
    one, seven = found.classes[1], found.classes[7]
    assert (one.count, one.answered, one.precision, one.recall) == (1, 2, 0.5, 1.0)
    assert (seven.count, seven.answered, seven.precision, seven.recall) == (2, 1, 1.0, 0.5)
    assert one.f1 == pytest.approx(2 / 3)
    assert found.macro_f1 == pytest.approx(2 / 3)


def test_what_has_no_digits_has_no_figures() -> None:
    """Nothing is made up for a digit that neither occurs nor is answered; a mean leaves it out."""
    found = evaluate_scores(scores_for([3, 4]), labels(3, 3))
    assert found.classes[8].precision is found.classes[8].recall is found.classes[8].f1 is None
    assert found.classes[4].precision == 0.0
    assert found.classes[4].recall is None
    assert found.macro_f1 == pytest.approx((found.classes[3].f1 + 0.0) / 2)


def test_top_2_counts_the_second_best() -> None:
    """A digit whose label scores second is among the best two."""
    scores = scores_for([4, 4])
    scores[0, 9] = 0.05
    assert evaluate_scores(scores, labels(9, 8)).top_2_correct == 1


def test_loss_is_the_mean_cross_entropy() -> None:
    """Natural logarithm of the true digit's score."""
    found = evaluate_scores(scores_for([2, 2], confidence=[0.5, 0.25]), labels(2, 2))
    assert found.loss == pytest.approx((math.log(2) + math.log(4)) / 2, rel=1e-5)
    assert found.note == ""


@pytest.mark.parametrize(("step", "least"), [(0.0, 1e-7), (1 / 256, 1 / 512)])
def test_a_score_of_zero_does_not_make_the_loss_infinite(step: float, least: float) -> None:
    """It counts as half a step of a quantised output, and as Keras clips it otherwise."""
    scores = np.eye(10, dtype=np.float32)[[3]]
    found = evaluate_scores(scores, labels(5), step=step)
    assert found.loss == pytest.approx(-math.log(least), rel=0.01)
    assert found.confidence[0] == 1.0


def test_what_a_quantised_softmax_rounds_to_zero_makes_no_answer_less_sure() -> None:
    """Only the true label's score of 0 counts as half a step; calibration sees the scores as they are."""
    scores = (np.eye(10, dtype=np.float32) * 255 / 256)[[3, 3]]
    found = evaluate_scores(scores, labels(3, 5), step=1 / 256)
    assert found.loss == pytest.approx(-(math.log(255 / 256) + math.log(1 / 512)) / 2)
    assert found.confidence.tolist() == [255 / 256] * 2


def test_sigmoid_scores_are_divided_by_their_sum() -> None:
    """Scores that do not sum to 1 break neither loss nor calibration, and it is said."""
    scores = np.full((1, 10), 0.1, np.float32)
    scores[0, 6] = 0.9
    found = evaluate_scores(scores, labels(6))
    assert found.loss == pytest.approx(-math.log(0.9 / 1.8), rel=1e-5)
    assert found.confidence[0] == pytest.approx(0.5)
    assert "divided by their sum" in found.note


def test_sigmoid_scores_that_are_all_zero_count_as_knowing_nothing() -> None:
    """A row without any score is ten times the same."""
    values = as_probabilities(np.zeros((1, 10), np.float32)).values
    assert values[0].tolist() == pytest.approx([0.1] * 10)


def test_logits_go_through_softmax() -> None:
    """A model without a last activation is evaluated too, and it is said."""
    scores = np.zeros((1, 10), np.float32)
    scores[0, 6] = 5.0
    found = evaluate_scores(scores, labels(6))
    assert found.confidence[0] == pytest.approx(math.exp(5) / (math.exp(5) + 9), rel=1e-5)
    assert "softmax" in found.note


def test_a_logit_far_below_does_not_make_the_loss_infinite() -> None:
    """Its share after softmax is too small for a float, and counts as Keras clips it."""
    scores = np.zeros((1, 10), np.float32)
    scores[0, 6] = 5000.0
    assert evaluate_scores(scores, labels(3)).loss == pytest.approx(-math.log(1e-7), rel=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_refused(value: float) -> None:
    """A model whose training diverged is not given a figure."""
    scores = scores_for([1])
    scores[0, 3] = value
    with pytest.raises(DataError, match="NaN or infinity"):
        evaluate_scores(scores, labels(1))


def test_the_calibration_error_is_the_weighted_gap() -> None:
    """Three answers at 90 % of which two are right, one at 30 % that is wrong: (3 × 0.2333 + 1 × 0.3) / 4."""
    found = reliability(np.array([0.9, 0.9, 0.9, 0.3]), np.array([True, True, False, False]))
    assert found.expected_calibration_error == pytest.approx((abs(2 - 2.7) + abs(0 - 0.3)) / 4)
    used = [each for each in found.bins if each.count]
    assert [(each.count, each.correct) for each in used] == [(1, 0), (3, 2)]
    assert len(found.bins) == 15


def test_bins_hold_their_upper_bound() -> None:
    """A confidence of 0 is in the first bin and 1 in the last; a bound belongs to the bin below it."""
    found = reliability(np.array([0.0, 0.2, 1.0]), np.array([True, True, True]), bin_count=5)
    assert [each.count for each in found.bins] == [2, 0, 0, 0, 1]


def test_a_reject_threshold_tells_how_many_are_accepted() -> None:
    """Digits that score below it count neither as right nor as wrong."""
    found = evaluate_scores(scores_for([1, 2, 3], confidence=[0.9, 0.8, 0.4]), labels(1, 5, 3), reject_below=0.5)
    assert found.accepted is not None
    assert (found.accepted.count, found.accepted.correct, found.accepted.accuracy) == (2, 1, 0.5)
    assert evaluate_scores(scores_for([1]), labels(1)).accepted is None


def test_the_surest_mistakes_come_first() -> None:
    """Right answers are no mistakes, however sure; no more are given than asked for."""
    truth = labels(1, 5, 6, 7)
    found = evaluate_scores(scores_for([1, 2, 3, 4], confidence=[0.99, 0.5, 0.9, 0.7]), truth)
    assert [(each.index, each.truth, each.answer) for each in worst_mistakes(found, truth, most=2)] == [
        (2, "6", "3"),
        (3, "7", "4"),
    ]


def test_models_are_told_apart_by_what_one_of_them_alone_reads_wrong() -> None:
    """Both wrong, only the first, only the second; McNemar's test looks at the last two."""
    truth = labels(*[0] * 40)
    first = np.array([1] * 12 + [2] * 2 + [0] * 26)
    second = np.array([0] * 12 + [2, 3] + [0] * 25 + [5])
    found = compare_answers(first, second, truth, names=("a", "b"))
    counts = (found.both_right, found.both_wrong, found.only_first_wrong, found.only_second_wrong, found.same_mistake)
    assert counts == (25, 2, 12, 1, 1)
    assert found.mcnemar_p == pytest.approx(2 * 14 / 2**13)
    assert found.verdict == "b is better"


def test_a_small_difference_is_not_called_one() -> None:
    """Two more mistakes in four disagreements can be chance."""
    truth = labels(*[0] * 10)
    first, second = np.array([1, 1, 1] + [0] * 7), np.array([0, 0, 0, 1] + [0] * 6)
    assert compare_answers(first, second, truth, names=("a", "b")).verdict == "no significant difference"
    assert compare_answers(first, first, truth, names=("a", "b")).verdict == "wrong on the same digits"
