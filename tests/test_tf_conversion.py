"""Nothing leaves the converter unverified, and every file describes itself."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from converters import Agreement, Conversion, ConversionRequest, Gate, convert
from converters.flatbuffers import make_flatbuffer
from converters.graph import read_graph
from converters.keras_models import with_raw_pixels
from converters.variants import VARIANTS
from converters.verification import gate_failure
from device.errors import (
    ContractError,
    FitError,
    ModelFileError,
    OutputError,
    OutputExistsError,
    RuntimeMissingError,
    UsageError,
)
from device.inference.golden import unpack_golden
from device.inference.input_range import INPUT_RANGES
from device.inference.model_file import read_model
from device.inference.runtime import installed_runtimes
from device.inference.trial import try_model
from edge_digits import demo
from edge_digits.cli import cli
from edge_digits.conversion_data import calibration_sample, whole_test_set
from edge_digits.data.digit_set import Digits
from edge_digits.data.mnist_sources import from_sample
from edge_digits.training.training import TrainingSettings, train


@pytest.fixture(scope="module")
def digits() -> Digits:
    """Part of the sample."""
    sample = from_sample()
    return Digits(
        *(sample.train_images[:2000], sample.train_labels[:2000]),
        *(sample.test_images[:500], sample.test_labels[:500]),
        "/home/somebody/few.npz + https://example.org/more.npz",
    )


@pytest.fixture(scope="module")
def trained(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network after three epochs."""
    settings = TrainingSettings.from_recipe("cnn", epochs=3, batch_size=32, validation=200, augment=False)
    return train(digits, settings, tmp_path_factory.mktemp("run"), report=lambda line: None).model


def request_for(trained: Path, digits: Digits, out: Path) -> ConversionRequest:
    return ConversionRequest(
        model=trained,
        out=out,
        name="cnn",
        calibration=calibration_sample(digits, count=100, seed=1),
        test=whole_test_set(digits),
        gate=Gate(min_agreement=0.97, max_drop=0.02),  # a network this green has scores near each other
        variants=("float32", "int8"),
    )


@pytest.fixture
def request_(digits: Digits, trained: Path, tmp_path: Path) -> ConversionRequest:
    """Both variants of the trained network, for a test that converts it in a way of its own."""
    return request_for(trained, digits, tmp_path / "models")


@pytest.fixture(scope="module")
def converted(digits: Digits, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Conversion]:
    """Both variants, converted as they are by default; for tests that only read them."""
    return [*convert(request_for(trained, digits, tmp_path_factory.mktemp("converted")))]


def test_a_conversion_describes_itself(converted: list[Conversion]) -> None:
    """Labels, tensors, operations, calibration, accuracy, agreement and golden vectors are in the file."""
    float32, int8 = converted
    for conversion, dtype in ((float32, "float32"), (int8, "int8")):
        assert conversion.failure is None
        model = read_model(conversion.path)
        card = model.card
        assert (card.name, card.variant, card.input.dtype, card.output.dtype) == ("cnn", dtype, dtype, dtype)
        assert card.input.shape == (1, 28, 28, 1)
        assert card.labels == tuple("0123456789")
        assert any(name.startswith("CONV_2D v") for name in card.ops)
        assert card.oldest_runtime
        runtimes = card.agreement.keys()
        assert len(runtimes) == len(installed_runtimes())
        assert all(card.accuracy[runtime]["n"] == 500 for runtime in runtimes)
        golden = unpack_golden(model)
        assert golden is not None
        assert golden.digits.shape == (10, 28, 28)
        assert golden.outputs.keys() == runtimes
    assert read_model(int8.path).card.calibration["count"] == 100
    # Where the data lay on this machine is left out.
    assert read_model(int8.path).card.calibration["source"] == "few.npz + https://example.org/more.npz"
    assert read_model(float32.path).card.calibration == {}
    assert int8.flatbuffer_bytes < float32.flatbuffer_bytes / 2


def test_raw_pixels_go_in_without_a_step_for_scaling(converted: list[Conversion]) -> None:
    """The rescaling layer is folded away: int8 input is pixel - 128, and the first operation is the convolution."""
    _, int8 = converted
    card = read_model(int8.path).card
    assert (card.input.scale, card.input.zero_point) == (pytest.approx(1.0), -128)
    assert not any(name.startswith(("MUL", "QUANTIZE", "SHAPE", "PACK", "READ_VARIABLE")) for name in card.ops)


def test_a_variant_below_its_gate_is_not_written(request_: ConversionRequest) -> None:
    """The conversion says what was expected and found; no file, not even a temporary one, is left."""
    int8 = convert(replace(request_, gate=Gate(min_agreement=1.01)))[1]
    assert int8.failure is not None
    assert "expected at least 101.00% of 500 images" in int8.failure
    assert not list(request_.out.glob("*"))


def test_the_gate_takes_the_worst_runtime() -> None:
    """One runtime that disagrees is enough."""
    good = Agreement("a 1", 1000, 1.0, (1.0,), 0.0, 0.0, 0.0, 990, 990)
    bad = replace(good, runtime="b 2", agreement=0.9)
    worse = replace(good, runtime="c 3", correct=980)
    assert gate_failure((good,), Gate(), variant="int8") is None
    assert "90.00% on b 2" in (gate_failure((good, bad), Gate(), variant="int8") or "")
    assert "found 1.00 points on c 3" in (gate_failure((good, worse), Gate(), variant="int8") or "")


def test_a_model_that_no_runtime_loads_is_not_written(request_: ConversionRequest, monkeypatch) -> None:
    """What a runtime says of it is passed on."""

    def refuse(*_: object, **__: object) -> None:
        raise FitError("tflite-runtime 2.14.0 is too old for this model")

    monkeypatch.setattr("converters.verification.try_model", refuse)
    conversions = convert(request_)
    assert [conversion.failure for conversion in conversions] == ["tflite-runtime 2.14.0 is too old for this model"] * 2
    assert not request_.out.exists()


def test_each_variant_is_told_when_it_is_done(request_: ConversionRequest) -> None:
    """What a signal leaves is known, though nothing is returned."""
    done: list[Conversion] = []

    def interrupt(conversion: Conversion) -> None:
        done.append(conversion)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(request_, on_conversion=interrupt)
    assert [(each.variant, each.path.exists()) for each in done] == [("float32", True)]


def test_without_a_runtime_nothing_is_converted(request_: ConversionRequest) -> None:
    """What cannot be verified does not leave."""
    with pytest.raises(RuntimeMissingError, match="to verify"):
        convert(replace(request_, runtimes=()))


def test_files_that_are_there_are_kept(request_: ConversionRequest) -> None:
    """Without force, nothing is converted at all."""
    request_.out.mkdir()
    (request_.out / "cnn_int8.tflite").write_text("mine")
    with pytest.raises(OutputExistsError, match="--force"):
        convert(request_)
    assert [path.name for path in request_.out.iterdir()] == ["cnn_int8.tflite"]


def test_a_fixed_batch_leaves_no_shape_arithmetic(trained: Path) -> None:
    """Batch 1 keeps SHAPE, STRIDED_SLICE and PACK out of the graph."""
    assert with_raw_pixels(keras.models.load_model(trained), INPUT_RANGES["0-255"]).input_shape == (1, 28, 28, 1)


def write_keras(path: Path, model: keras.Model) -> Path:
    model.save(path)
    return path


def dense_model(*, side: int = 28, labels: int = 10) -> keras.Model:
    pixels = keras.Input((side, side, 1))
    return keras.Model(pixels, keras.layers.Dense(labels)(keras.layers.Flatten()(pixels)))


@pytest.mark.parametrize("content", [None, b"", b"no zip", b"PK\x03\x04 cut off"])
def test_what_is_no_keras_model_is_refused(request_: ConversionRequest, tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, foreign and damaged files are one line."""
    path = tmp_path / "bad.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"expected a \.keras model"):
        convert(replace(request_, model=path))


def test_a_damaged_keras_model_is_refused(request_: ConversionRequest, trained: Path, tmp_path: Path) -> None:
    """A ZIP whose middle is gone is told apart from a missing file."""
    content = trained.read_bytes()
    damaged = tmp_path / "damaged.keras"
    damaged.write_bytes(content[: len(content) // 2] + bytes(500) + content[len(content) // 2 + 500 :])
    with pytest.raises(ModelFileError, match="found damage"):
        convert(replace(request_, model=damaged))


def test_a_keras_model_of_another_shape_is_refused(request_: ConversionRequest, tmp_path: Path) -> None:
    """Input and output are checked before anything is converted."""
    for model in (dense_model(side=32), dense_model(labels=3)):
        path = write_keras(tmp_path / "other.keras", model)
        with pytest.raises(ContractError, match=r"one a label|of shape"):
            convert(replace(request_, model=path))


def test_weights_that_are_not_numbers_are_refused_by_name(request_: ConversionRequest, tmp_path: Path) -> None:
    """The layer with the NaN is named."""
    model = dense_model()
    model.layers[-1].set_weights([np.full((784, 10), np.nan), np.zeros(10)])
    with pytest.raises(ModelFileError, match=r"NaN or infinity in dense\w*/kernel"):
        convert(replace(request_, model=write_keras(tmp_path / "nan.keras", model)))


def test_the_calibration_set_is_seeded_and_balanced(digits: Digits) -> None:
    """The same seed draws the same digits, as many of each class, and the record tells them apart."""
    one, same, other = (calibration_sample(digits, count=100, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.images, same.images)
    assert one.source == same.source
    assert one.source["indices_sha256"] != other.source["indices_sha256"]
    assert np.bincount(one.labels).tolist() == [10] * 10


def test_too_few_digits_to_calibrate_with_name_the_option(digits: Digits) -> None:
    """Who named no number learns which option lowers it."""
    with pytest.raises(UsageError, match="ask for fewer digits to calibrate with, by --calibrate"):
        calibration_sample(digits, count=10 * len(digits.train_labels), seed=0)


def test_operations_are_read_with_their_versions(converted: list[Conversion]) -> None:
    """Names, versions and counts come from the flatbuffer itself."""
    float32, _ = converted
    counts = read_graph(read_model(float32.path).flatbuffer).operation_counts
    assert counts["MAX_POOL_2D v1"] == 2
    assert sum(counts.values()) == 10
    assert read_model(float32.path).card.ops == counts


def test_stripping_saves_bytes_and_changes_no_answer(
    request_: ConversionRequest, converted: list[Conversion], digits: Digits
) -> None:
    """The stripped file is smaller by what it says, and every raw score is the same in every runtime."""
    _, whole = converted
    (stripped,) = convert(replace(request_, variants=("int8",), strip=True))
    assert stripped.saved_bytes == whole.flatbuffer_bytes - stripped.flatbuffer_bytes > 2000
    for runtime in installed_runtimes():
        one, other = (
            try_model(read_model(each.path).flatbuffer, runtime=runtime, digits=digits.test_images).raw_scores
            for each in (whole, stripped)
        )
        np.testing.assert_array_equal(one, other)


def test_one_scale_for_each_tensor_makes_a_shorter_file(
    request_: ConversionRequest, converted: list[Conversion]
) -> None:
    """No weights have a scale for each channel, the card says so, and the gate is met."""
    _, per_channel = converted
    (per_tensor,) = convert(replace(request_, variants=("int8",), per_tensor=True))
    assert per_tensor.failure is None
    model = read_model(per_tensor.path)
    assert max(len(tensor.scales) for tensor in read_graph(model.flatbuffer).subgraphs[0].tensors) == 1
    assert model.card.conversion["per_tensor"] is True
    assert per_tensor.flatbuffer_bytes < per_channel.flatbuffer_bytes - 500


def test_standard_readers_find_metadata_and_stored_labels(converted: list[Conversion]) -> None:
    """The flatbuffer carries TFLITE_METADATA, and labels.txt lies uncompressed behind it."""
    _, int8 = converted
    assert "TFLITE_METADATA" in read_graph(read_model(int8.path).flatbuffer).metadata
    with zipfile.ZipFile(int8.path) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_the_child_keeps_tensorflow_and_the_runtimes_apart(converted: list[Conversion], digits: Digits) -> None:
    """From this process, which holds TensorFlow, every runtime answers through a child."""
    _, int8 = converted
    for runtime in installed_runtimes():
        trial = try_model(read_model(int8.path).flatbuffer, runtime=runtime, digits=digits.test_images[:5])
        assert trial.raw_scores.shape == (5, 10)


def test_the_command_writes_files_and_answers_with_exit_codes(trained: Path, digits: Digits, tmp_path: Path) -> None:
    """0 with a table and a manifest; 2 where a file is there; 3 with the figures below the gate; 6 without a model."""
    data = tmp_path / "few.npz"
    np.savez(
        data,
        **{"x_train": digits.train_images, "y_train": digits.train_labels},
        **{"x_test": digits.test_images, "y_test": digits.test_labels},
    )
    base = ["convert", str(trained), "--data", str(data), "--calibrate", "50", "--out", str(tmp_path / "models")]
    runner = CliRunner()
    good = runner.invoke(cli, [*base, "--gate", "95", "--max-drop", "5", "--variant", "float32", "--variant", "int8"])
    assert good.exit_code == 0, good.stderr
    written = {path.name for path in (tmp_path / "models").iterdir()}
    assert written == {"cnn_float32.tflite", "cnn_int8.tflite", "cnn_manifest.json"}
    assert all(name in good.stdout for name in ("cnn_float32.tflite", "cnn_int8.tflite", *installed_runtimes()))
    manifest = json.loads((tmp_path / "models" / "cnn_manifest.json").read_text())
    assert [each["variant"] for each in manifest["conversions"]] == ["float32", "int8"]
    assert runner.invoke(cli, [*base, "--gate", "95"]).exit_code == 2
    few = [*base[:-1], str(tmp_path / "gated"), "--gate", "100", "--variant", "dynamic"]
    gated = runner.invoke(cli, few)
    assert gated.exit_code in (0, 3)  # int8 may agree on every one of 500 digits
    missing = runner.invoke(cli, ["convert", str(tmp_path / "missing.keras"), "--out", str(tmp_path / "other")])
    assert missing.exit_code == 6
    assert not (tmp_path / "other").exists()
    assert runner.invoke(cli, [*base, "--variant", "int7"]).exit_code == 2


def test_keras_chatter_stays_off_stdout(request_: ConversionRequest, capfd: pytest.CaptureFixture[str]) -> None:
    """Only results belong on stdout."""
    convert(replace(request_, variants=("float32",)))
    assert capfd.readouterr().out == ""


def test_a_temporary_folder_without_room_is_named(monkeypatch) -> None:
    """TensorFlow fails in other places then, with words that say nothing of it."""

    class Failing:
        def convert(self) -> bytes:
            raise TypeError("'NoneType' object is not callable")

    monkeypatch.setattr("converters.flatbuffers.ROOM_BYTES", 2**70)
    with pytest.raises(OutputError, match="name another folder by TMPDIR"):
        make_flatbuffer(Failing(), VARIANTS["float32"], None)


def test_the_demo_names_its_models_by_their_architecture(
    digits: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are no `cnn`, which is the name of one that ships."""
    asked: list[ConversionRequest] = []
    monkeypatch.setattr(demo, "convert", lambda request, **_: asked.append(request) or [])
    demo._convert(digits, tmp_path / "model.keras", tmp_path, seed=0, report=print)
    assert [request.name for request in asked] == ["cnn-quick"]
