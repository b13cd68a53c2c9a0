from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from device.idx import LabelledDigits
from device.paths import DEFAULT_MODEL
from edge_digits.evaluation.refusal import Refusal, measure_refusal, refusal_table
from edge_digits.evaluation.scoring import Scored, Subject, read_subject, score
from edge_digits.synthetic.non_digit_tests import NonDigits


def subject(decision: Mapping[str, float]) -> Subject:
    """The default model with this decision in its card."""
    read = read_subject(DEFAULT_MODEL, DEFAULT_MODEL.name, warn=print)
    assert read.converted is not None
    card = replace(read.converted.card, decision=decision)
    return replace(read, converted=replace(read.converted, card=card))


@pytest.fixture
def non_digits() -> NonDigits:
    """Twenty pictures of noise and ten blanks."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    return NonDigits(np.concatenate([noise, np.zeros((10, 28, 28), np.uint8)]), ("noise",) * 20 + ("blanks",) * 10)


def measure(
    subject: Subject, digits: MeasuringDigits, non_digits: NonDigits, *, tested: int = 100, limit: float | None = None
) -> Refusal:
    training = LabelledDigits(digits.images[1000:], digits.labels[1000:])
    test = LabelledDigits(digits.images[:tested], digits.labels[:tested])
    return measure_refusal(subject, test, non_digits, training=training, reject_below=limit, warn=lambda line: None)


def test_the_cards_threshold_decides(sample_digits: MeasuringDigits, non_digits: NonDigits) -> None:
    """Where the card names a threshold it is used, unless another is asked for."""
    found = measure(subject({"reject_below": 1.0}), sample_digits, non_digits)
    assert (found.reject_below, found.origin, found.accepted, found.refused_all) == (1.0, "its card's", 0.0, 1.0)
    found = measure(subject({"reject_below": 1.0}), sample_digits, non_digits, limit=0.0)
    assert (found.reject_below, found.accepted, found.refused_all) == (0.0, 1.0, 0.0)


def test_without_a_threshold_training_digits_decide(sample_digits: MeasuringDigits, non_digits: NonDigits) -> None:
    """A threshold is chosen that accepts 99 % of training digits; the digits tested on have no say."""
    limits = {measure(subject({}), sample_digits, non_digits, tested=count).reject_below for count in (10, 100)}
    (limit,) = limits
    training = LabelledDigits(sample_digits.images[1000:], sample_digits.labels[1000:])
    found = measure_refusal(
        subject({}), training, non_digits, training=training, reject_below=limit, warn=lambda line: None
    )
    # 99 %, less the digits that share the quantised score of the threshold.
    assert found.accepted == pytest.approx(0.99, abs=0.01)


def test_logits_are_refused_by_their_probabilities(
    sample_digits: MeasuringDigits, non_digits: NonDigits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A threshold is one of probabilities, whatever a model ends in."""

    def as_logits(*arguments: Any, **options: Any) -> Scored:
        scored = score(*arguments, **options)
        return replace(scored, scores=20 * scored.scores)

    monkeypatch.setattr("edge_digits.evaluation.refusal.score", as_logits)
    found = measure(subject({}), sample_digits, non_digits)
    assert 0.1 <= found.reject_below <= 1


def test_kinds_count_alike(sample_digits: MeasuringDigits, non_digits: NonDigits) -> None:
    """The share over all kinds is their mean, however many pictures each has."""
    found = measure(subject({}), sample_digits, non_digits, limit=0.6)
    assert set(found.refused) == {"noise", "blanks"}
    assert found.refused_all == pytest.approx((found.refused["noise"] + found.refused["blanks"]) / 2)


def test_the_table_has_a_column_for_each_model(sample_digits: MeasuringDigits, non_digits: NonDigits) -> None:
    """Models stand side by side, a line for each kind, and the threshold of each below."""
    found = measure(subject({"reject_below": 0.5}), sample_digits, non_digits)
    lines = refusal_table([found, replace(found, model="other.tflite")]).splitlines()
    assert lines[0].split() == ["cnn_int8.tflite", "other.tflite"]
    assert lines[2].startswith("noise refused")
    assert lines[-1] == "other.tflite refuses below 0.5 (its card's)"
