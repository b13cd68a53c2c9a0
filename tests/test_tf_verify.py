"""`verify` holds converted files against Keras models and SavedModel folders, as `convert` did."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner, Result

from converters.input_range import find_input_range
from converters.references import load_reference
from converters.request import ImageSet
from device.errors import ModelFileError
from device.inference.input_range import INPUT_RANGES
from device.paths import DEFAULT_MODEL
from edge_digits.cli import cli
from edge_digits.data.mnist_sources import from_sample


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Some digits, as an npz with both parts."""
    sample = from_sample()
    arrays = {"x_train": sample.train_images[:2000], "y_train": sample.train_labels[:2000]}
    np.savez(tmp_path / "few.npz", **arrays, x_test=sample.test_images[:300], y_test=sample.test_labels[:300])
    return tmp_path / "few.npz"


def hardly_trained(taken: str, *, rescaling: bool) -> keras.Model:
    sample = from_sample()
    values = sample.train_images[:2000].astype(np.float32) * INPUT_RANGES[taken].scale + INPUT_RANGES[taken].offset
    layers = [keras.layers.Rescaling(1 / 255)] if rescaling else []
    model = keras.Sequential(
        [keras.Input((28, 28)), *layers, keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(values, sample.train_labels[:2000], epochs=3, verbose=0)
    return model


@pytest.mark.parametrize(("taken", "rescaling"), [("0-255", True), ("0-255", False), ("-1-1", False), ("0-1", False)])
def test_a_saved_model_is_given_the_range_it_was_converted_with(
    taken: str, rescaling: bool, data: Path, tmp_path: Path
) -> None:
    """Whether a SavedModel rescales cannot be seen, so the card of the converted file says what it takes."""
    origin, out = tmp_path / "origin", tmp_path / "out"
    hardly_trained(taken, rescaling=rescaling).export(origin, verbose=False)
    done = run("convert", origin, "--out", out, "--data", data, "--input-range", taken, "--variant", "float32")
    assert done.exit_code == 0, done.stderr
    found = run("verify", origin, out / "origin_float32.tflite", "--data", data)
    assert found.exit_code == 0, found.stderr
    assert "100.00% of 300 as the reference" in found.stdout


def unsteady(limit: float, path: Path) -> Path:
    """A model whose scores are no numbers for pixels above a limit."""
    inputs = keras.Input((28, 28))
    flat = keras.layers.Flatten()(inputs)
    root = keras.ops.sqrt(limit - keras.ops.max(flat, axis=1, keepdims=True))
    keras.Model(inputs, keras.layers.Dense(10)(flat) + 0 * root).save(path)
    return path


def test_an_origin_whose_scores_are_no_numbers_is_exit_code_6(data: Path, tmp_path: Path) -> None:
    """`convert` and `verify` say so of the model, in one line; nothing is written or compared."""
    origin = unsteady(-1, tmp_path / "nan.keras")
    converted = run("convert", origin, "--out", tmp_path / "out", "--data", data)
    verified = run("verify", origin, DEFAULT_MODEL, "--data", data, "--json")
    for result in (converted, verified):
        assert result.exit_code == 6, result.stderr
        assert "nan.keras: expected finite scores" in result.stderr
        assert result.stdout == ""


def test_a_model_of_other_scores_costs_the_others_nothing(data: Path, tmp_path: Path) -> None:
    """It is named, with exit code 4; several that cannot be verified are each said."""
    origin = tmp_path / "origin.keras"
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(5, "softmax")])
    model.save(origin)
    digits = np.load(data)
    few = {name: digits[name] % 5 if name.startswith("y") else digits[name] for name in digits.files}
    np.savez(tmp_path / "five.npz", **few)
    (tmp_path / "labels.txt").write_text("0\n1\n2\n3\n4\n")
    options = ("--data", tmp_path / "five.npz", "--labels", tmp_path / "labels.txt", "--input-range", "0-255")
    done = run("convert", origin, "--out", tmp_path, "--variant", "float32", "--gate", 0, *options)
    assert done.exit_code == 0, done.stderr
    five = tmp_path / "origin_float32.tflite"
    found = run("verify", DEFAULT_MODEL, five, DEFAULT_MODEL, "--data", data)
    assert found.exit_code == 4
    assert f"{five}: " in found.stderr
    assert "expected scores of shape (300, 10), found (300, 5)" in found.stderr
    assert "100.00% of 300 as the reference" in found.stdout
    (tmp_path / "damaged.tflite").write_bytes(b"x" * 100)
    several = run("verify", DEFAULT_MODEL, five, tmp_path / "damaged.tflite", "--data", data)
    assert several.exit_code == 6
    assert "2 models not verified; see above" in several.stderr


def test_a_saved_model_of_a_fixed_batch_is_one_line(data: Path, tmp_path: Path) -> None:
    """What is converted takes one picture at a time."""
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    signature = [keras.InputSpec(shape=(32, 28, 28), dtype="float32")]
    model.export(tmp_path / "fixed", input_signature=signature, verbose=False)
    done = run("convert", tmp_path / "fixed", "--out", tmp_path / "out", "--data", data, "--input-range", "0-255")
    assert done.exit_code == 4
    assert "expected a free batch, or one of 1, found one of 32; export it" in done.stderr
    assert "mistake in this program" not in done.stderr


def test_fewer_digits_than_asked_for_by_default_are_calibrated_with(data: Path, tmp_path: Path) -> None:
    """And that is said; where a number was asked for, it is refused."""
    origin = tmp_path / "m.keras"
    hardly_trained("0-255", rescaling=True).save(origin)
    digits = dict(np.load(data))
    digits["x_train"], digits["y_train"] = digits["x_train"][:300], digits["y_train"][:300]
    np.savez(tmp_path / "fewer.npz", **digits)
    most = 10 * np.bincount(digits["y_train"]).min()
    options = ("--out", tmp_path / "out", "--data", tmp_path / "fewer.npz", "--variant", "int8", "--gate", 0)
    asked = run("convert", origin, *options, "--calibrate", 500)
    assert asked.exit_code == 2
    assert "ask for fewer digits to calibrate with, by --calibrate" in asked.stderr
    done = run("convert", origin, *options, "--max-drop", 100)
    assert done.exit_code == 0, done.stderr
    assert f"calibrating with {most} digits" in done.stderr


def test_a_range_without_scores_is_none_that_fits(tmp_path: Path) -> None:
    """A model that answers with numbers in one range alone was trained on that one."""
    sample = from_sample()
    reference = load_reference(unsteady(2, tmp_path / "m.keras"))
    with pytest.raises(ModelFileError, match="finite scores"):
        reference.scores(sample.train_images[:10], INPUT_RANGES["0-255"])
    images = ImageSet(sample.train_images[:100], sample.train_labels[:100], {})
    assert find_input_range(reference, images) != INPUT_RANGES["0-255"]
