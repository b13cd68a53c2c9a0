"""`evaluate` and `predict` on Keras models, alone and beside converted ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from click.testing import CliRunner, Result

from benchmarks.measuring_digits import MeasuringDigits
from device.paths import DEFAULT_MODEL
from edge_digits.cli import cli

COUNT = 300
Means = Callable[[str], keras.Model]


@pytest.fixture
def means(sample_digits: MeasuringDigits) -> Means:
    """Make a model that answers with the digit whose mean image is nearest; no training needed."""

    def make(activation: str, *, rescaling: bool = True) -> keras.Model:
        pixels = sample_digits.images.reshape(-1, 784) / 255
        mean = np.stack([pixels[sample_digits.labels == digit].mean(0) for digit in range(10)])
        layers = [keras.Input((28, 28, 1)), *([keras.layers.Rescaling(1 / 255)] if rescaling else [])]
        dense = keras.layers.Dense(10, activation=activation)
        model = keras.Sequential([*layers, keras.layers.Flatten(), dense])
        dense.set_weights([mean.T * 0.2, -(mean**2).sum(1) / 2 * 0.2])
        return model

    return make


@pytest.fixture
def data(sample_digits: MeasuringDigits, tmp_path: Path) -> Path:
    """Some digits as an npz with both parts."""
    path = tmp_path / "some.npz"
    images, labels = sample_digits.images[:COUNT], sample_digits.labels[:COUNT]
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


def save(model: keras.Model, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    model.save(path)
    return path


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [*map(str, arguments)])
    assert "Traceback" not in result.stderr
    return result


def evaluation(*arguments: object, code: int = 0) -> dict:
    result = run("evaluate", *arguments, "--json")
    assert result.exit_code == code, result.stderr
    return json.loads(result.stdout)


def test_keras_models_and_a_converted_one_are_compared(means: Means, data: Path, tmp_path: Path) -> None:
    """This process holds TensorFlow, so the converted one is run elsewhere; photographs are read by it alone."""
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((200, 200), 255, np.uint8))
    (tmp_path / "labels.csv").write_text("path,label\nblank.png,\n")
    path = save(means("softmax"), tmp_path / "m.keras")
    document = evaluation(path, DEFAULT_MODEL, "--data", data, "--photos", tmp_path / "labels.csv")
    trained, converted = document["models"]
    assert trained["runtime"].startswith("keras 3")
    assert 0.7 < trained["accuracy"] < 0.95 < converted["accuracy"]
    assert document["comparisons"][0]["verdict"] == "cnn_int8.tflite is better"
    assert [each["model"] for each in document["photos"]] == ["cnn_int8.tflite"]
    assert any("m.keras: photographs need a converted file" in note for note in document["notes"])


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_keras_and_h5_files_of_a_model_answer_alike(means: Means, data: Path, tmp_path: Path) -> None:
    """Names tell them apart where the stems do not."""
    model = means("softmax")
    paths = [save(model, tmp_path / "m.keras"), save(model, tmp_path / "m.h5")]
    document = evaluation(*paths, "--data", data, "--report", tmp_path / "out")
    assert document["comparisons"][0]["verdict"] == "wrong on the same digits"
    assert document["models"][0]["loss"] == document["models"][1]["loss"]
    assert {path.name for path in (tmp_path / "out").glob("*-confusion.png")} == {
        "m-keras-confusion.png",
        "m-h5-confusion.png",
    }


def test_sigmoid_outputs_are_evaluated_and_said(means: Means, data: Path, tmp_path: Path) -> None:
    """The write-ups' models end in sigmoids: loss and calibration are those of their shares."""
    document = evaluation(save(means("sigmoid"), tmp_path / "s.keras"), "--data", data)
    assert "divided by their sum" in document["notes"][0]
    assert 0 < document["models"][0]["loss"] < 3
    assert 0 <= document["models"][0]["calibration"]["expected_calibration_error"] < 1


def test_the_input_range_is_found_out(means: Means, data: Path, tmp_path: Path) -> None:
    """A model without a layer that rescales is given what fits it best; what this project trained takes raw pixels."""
    path = save(means("softmax", rescaling=False), tmp_path / "m.keras")
    found = evaluation(path, "--data", data)["models"][0]
    said = evaluation(path, "--data", data, "--input-range", "0-1")["models"][0]
    assert found["loss"] == said["loss"]
    assert "m.keras: the model takes 0-1: " in run("evaluate", path, "--data", data).stderr
    raw = evaluation(path, "--data", data, "--input-range", "0-255")["models"][0]
    assert raw["loss"] != said["loss"]
    (tmp_path / "training.json").write_text(json.dumps({"settings": {"arch": "softmax-unscaled"}}))
    assert evaluation(path, "--data", data)["models"][0]["loss"] == raw["loss"]


def test_what_training_held_back_is_the_validation_part(means: Means, data: Path, tmp_path: Path) -> None:
    """The record beside the model says how many; models that held back different digits are refused together."""
    paths = []
    for count in (60, 40):
        paths.append(save(means("softmax"), tmp_path / f"run{count}" / "model.keras"))
        (paths[-1].parent / "training.json").write_text(json.dumps({"settings": {"validation": count}}))
    document = evaluation(paths[0], "--data", data, "--split", "validation")
    assert (document["data"]["count"], document["data"]["split"]) == (60, "validation")
    assert document["models"][0]["name"] == "model.keras"
    assert run("evaluate", *paths, "--data", data, "--split", "validation").exit_code == 2
    assert [each["name"] for each in evaluation(*paths, "--data", data)["models"]] == [
        "run60/model.keras",
        "run40/model.keras",
    ]


def test_a_model_of_another_size_or_of_other_outputs_is_exit_code_4(data: Path, tmp_path: Path) -> None:
    """Expected and found are said in one line."""
    for name, shape, classes in (("large", (32, 32, 1), 10), ("letters", (28, 28, 1), 26)):
        model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes)])
        result = run("evaluate", save(model, tmp_path / f"{name}.keras"), "--data", data, "--input-range", "0-1", "-q")
        assert result.exit_code == 4, result.stderr
        assert result.stderr.count("\n") == 1


def test_a_model_that_answers_with_no_numbers_is_named(means: Means, data: Path, tmp_path: Path) -> None:
    """Among several, the others are evaluated."""
    nan = tmp_path / "nan.keras"
    pixels = keras.Input((28, 28))
    flat = keras.layers.Flatten()(pixels)
    keras.Model(pixels, keras.layers.Dense(10)(flat) + keras.ops.sqrt(-1.0 - keras.ops.max(flat))).save(nan)
    result = run("evaluate", nan, "--data", data)
    assert result.exit_code == 6
    assert "nan.keras: expected finite scores" in result.stderr


def test_a_damaged_keras_file_is_exit_code_6(data: Path, tmp_path: Path) -> None:
    """Whatever Keras itself would say of it."""
    (tmp_path / "m.keras").write_bytes(b"PK\x03\x04 nothing")
    assert run("evaluate", tmp_path / "m.keras", "--data", data).exit_code == 6


def test_a_keras_model_predicts_samples_and_pictures(means: Means, data: Path, tmp_path: Path) -> None:
    """As a converted one does."""
    path = save(means("softmax"), tmp_path / "m.keras")
    document = json.loads(run("predict", path, "--data", data, "--json").stdout)
    assert document["runtime"].startswith("keras 3")
    assert len(document["digits"][0]["scores"]) == 10
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((200, 200), 255, np.uint8))
    assert "nothing found" in run("predict", path, tmp_path / "blank.png").stdout
