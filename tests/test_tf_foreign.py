"""Models that another converter made, without a card, on pixels of their own range."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from click.testing import CliRunner
from PIL import Image

from benchmarks.measuring_digits import MeasuringDigits
from device.child_process import run_module
from edge_digits.cli import cli

COUNT = 100


@pytest.fixture(params=["float32", "uint8"])
def foreign(request: pytest.FixtureRequest, sample_digits: MeasuringDigits, tmp_path: Path) -> Path:
    """A model trained on 0–1 that answers with the digit whose mean image is nearest, as a tutorial converts it."""
    pixels = sample_digits.images.reshape(-1, 784).astype(np.float32) / 255
    mean = np.stack([pixels[sample_digits.labels == digit].mean(0) for digit in range(10)])
    dense = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input((28, 28, 1), batch_size=1), keras.layers.Flatten(), dense])
    dense.set_weights([mean.T * 0.2, -(mean**2).sum(1) / 2 * 0.2])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if request.param == "uint8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([each.reshape(1, 28, 28, 1)] for each in pixels[:COUNT])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    (tmp_path / "labels.txt").write_text("\n".join("0123456789"))
    path = tmp_path / "foreign.tflite"
    path.write_bytes(converter.convert())
    return path


@pytest.fixture
def data(sample_digits: MeasuringDigits, tmp_path: Path) -> Path:
    """Some digits as an npz with both parts."""
    images, labels = sample_digits.images[:COUNT], sample_digits.labels[:COUNT]
    np.savez(tmp_path / "some.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    return tmp_path / "some.npz"


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")  # TensorFlow says so of every uint8 input
def test_a_foreign_model_reads_well_in_its_own_range(
    foreign: Path, data: Path, sample_digits: MeasuringDigits, tmp_path: Path
) -> None:
    """`classify`, `bench` and `evaluate` give it what --input-range says, and then read the same digits right."""
    labels = ("--labels", str(tmp_path / "labels.txt"), "--input-range", "0-1")
    pictures = [tmp_path / f"{number:03}.png" for number in range(COUNT)]
    for path, image in zip(pictures, sample_digits.images, strict=False):
        Image.fromarray(image).save(path)
    read = run_module("device", ["classify", *map(str, pictures), "--json", "--model", str(foreign), *labels])
    texts = [json.loads(line)["text"] for line in read.stdout.splitlines()]
    right = sum(text == str(label) for text, label in zip(texts, sample_digits.labels, strict=False))
    quick = ["--json", "-", "--num-runs", "1", "--min-secs", "0", "--rounds", "1"]
    bench = run_module("benchmarks", [str(foreign), "--data", str(data), *labels, *quick])
    rows = json.loads(bench.stdout)["rows"]
    evaluated = CliRunner().invoke(cli, ["evaluate", str(foreign), "--data", str(data), "--json", *labels])
    assert right > 0.7 * COUNT
    assert {row["accuracy"]["correct"] for row in rows if row["accuracy"]} == {right}
    assert json.loads(evaluated.stdout)["models"][0]["accuracy"] == right / COUNT


@pytest.mark.parametrize("foreign", ["uint8"], indirect=True)
@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")  # TensorFlow says so of every uint8 input
def test_a_quantised_input_says_what_it_takes(foreign: Path, data: Path, tmp_path: Path) -> None:
    """Without --input-range `bench` and `evaluate` give it the same pixels as with the right one, and say so."""
    command = ["evaluate", str(foreign), "--data", str(data), "--json", "--labels", str(tmp_path / "labels.txt")]
    found, named = (CliRunner().invoke(cli, [*command, *more]) for more in ([], ["--input-range", "0-1"]))
    assert json.loads(found.stdout)["models"] == json.loads(named.stdout)["models"]
    assert "foreign.tflite: given pixels 0-1, which its quantised input takes" in found.stderr
    quick = ["--json", "-", "--num-runs", "1", "--min-secs", "0", "--rounds", "1"]
    (row, *_) = json.loads(run_module("benchmarks", [str(foreign), "--data", str(data), *quick]).stdout)["rows"]
    assert row["accuracy"]["correct"] == COUNT * json.loads(named.stdout)["models"][0]["accuracy"]
    assert any("it was given pixels 0-1" in note for note in row["notes"])
