"""The classifier takes canonical digits and refuses models that do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import ShapedInterpreter

from benchmarks.measuring_digits import MeasuringDigits
from device.errors import ContractError
from device.inference.classifier import Classifier
from device.inference.golden import unpack_golden
from device.inference.golden_replay import replay_golden
from device.inference.inference import dequantize, quantize_pixels
from device.inference.model_card import TensorCard
from device.inference.model_file import ModelFile, read_model
from device.inference.runtime import Runtime, installed_runtimes, load_runtime
from device.paths import SHIPPED_MODELS


@pytest.mark.parametrize("path", sorted(SHIPPED_MODELS.glob("*.tflite")), ids=lambda path: path.stem)
def test_a_shipped_model_reads_test_digits(path: Path, sample_digits: MeasuringDigits) -> None:
    """Every model that ships reads at least 99 % of the sample's test digits."""
    scores = Classifier(read_model(path), load_runtime()).scores(sample_digits.images)
    assert scores.shape == (2000, 10)
    assert scores.dtype == np.float32
    assert (scores.argmax(1) == sample_digits.labels).mean() > 0.99


@pytest.mark.parametrize("runtime", installed_runtimes())
@pytest.mark.parametrize("path", sorted(SHIPPED_MODELS.glob("*.tflite")), ids=lambda path: path.stem)
def test_golden_vectors_are_met(path: Path, runtime: str) -> None:
    """The outputs in the card are this runtime's, bit for bit, or within the bound of another release's."""
    replay = replay_golden(read_model(path), runtime=runtime)
    assert (replay.count, replay.met) == (10, True)


@pytest.mark.parametrize(
    ("machine", "steps", "met"), [("x86_64", 1, False), ("aarch64", 25, True), ("aarch64", 26, False)]
)
def test_golden_vectors_that_are_not_met_are_said(
    machine: str, steps: int, met: bool, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step of 256 off is outside the bound on the same processor, a tenth of a score on another."""
    runtime = str(load_runtime())
    made = Classifier(model, load_runtime()).raw_scores(unpack_golden(model).digits).astype(int)
    outputs = {runtime: np.where(made > 0, made - steps, made + steps).tolist()}
    changed = replace(model, card=replace(model.card, golden={**model.card.golden, "outputs": outputs}))
    monkeypatch.setattr("platform.machine", lambda: machine)
    replay = replay_golden(changed, runtime=runtime.split()[0])
    assert replay.met is met
    assert ("outside the bound" in str(replay)) is not met


def test_logits_become_probabilities(
    model: ModelFile, sample_digits: MeasuringDigits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores beyond 0–1 are those of a network that ends without softmax; a threshold means nothing to them."""
    digits = sample_digits.images[:2]
    probabilities = Classifier(model, load_runtime()).scores(digits)
    logits = np.array([[8.82, -1, 0], [0.2, 0.9, 0.1]], np.float32)
    classifier = Classifier(model, load_runtime())
    monkeypatch.setattr("device.inference.classifier.dequantize", lambda *_: logits)
    found = classifier.scores(digits)
    monkeypatch.undo()
    assert np.allclose(found, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    assert np.array_equal(Classifier(model, load_runtime()).scores(digits), probabilities)


@pytest.mark.parametrize("digits", [np.zeros((1, 28, 28), np.float32), np.zeros((28, 28), np.uint8)])
def test_only_canonical_digits_are_taken(classifier: Classifier, digits: np.ndarray) -> None:
    """Another dtype or shape is refused before it reaches the runtime."""
    with pytest.raises(ContractError, match=r"expected uint8 \(N, 28, 28\)"):
        classifier.scores(digits)


@pytest.mark.parametrize(
    ("shape", "answer", "said"),
    [
        ((1, 224, 224, 3), (1, 10), "not a digit model"),
        ((2, 28, 14, 1), (1, 10), "not a digit model"),
        ((1, 28, 28, 1), (1, 1000), "one a label"),
        ((1, 28, 28, 1), (1, 10), "its card names"),
    ],
)
def test_a_model_of_another_shape_is_refused(
    model: ModelFile, shape: tuple[int, ...], answer: tuple[int, ...], said: str
) -> None:
    """A model that takes something else, or is not what its card says, is exit code 4 before the first inference."""
    with pytest.raises(ContractError, match=said) as caught:
        Classifier(model, Runtime("fake", "1", ShapedInterpreter(shape, answer)))
    assert caught.value.exit_code == 4


def test_a_model_for_another_contract_is_refused(model: ModelFile) -> None:
    """Framing and pixels may have changed between contracts."""
    other = replace(model, card=replace(model.card, contract_version=99))
    with pytest.raises(ContractError, match="contract"):
        Classifier(other, load_runtime())


def test_quantisation_follows_scale_and_zero_point() -> None:
    """Pixels become (pixel / scale) + zero point, rounded and clipped; scores go back the same way."""
    tensor = TensorCard(shape=(1, 3), dtype="int8", scale=2.0, zero_point=-100)
    quantised = quantize_pixels(np.array([[0, 4, 255]], np.uint8), tensor)
    assert quantised.tolist() == [[[-100, -98, 28]]]
    assert quantize_pixels(np.array([[255]], np.uint8), replace(tensor, shape=(1, 1), scale=0.5)).item() == 127
    assert dequantize(np.array([-100, 28], np.int8), tensor).tolist() == [0.0, 256.0]


def test_tensors_are_told_in_words() -> None:
    """Type, shape and quantisation, as an error about a model of another kind shows them."""
    assert str(TensorCard(shape=(1, 28, 28, 1), dtype="uint8")) == "uint8 (1, 28, 28, 1), no scale"
    assert str(TensorCard((1, 10), "int8", 1 / 256, -128)) == "int8 (1, 10), scale 0.003906, zero point -128"
