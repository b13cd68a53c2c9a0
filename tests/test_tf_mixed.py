"""Where int8 loses too much, the worst layers are named and can stay in float."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from converters import ConversionRequest, Gate, ImageSet, convert
from converters.layer_errors import LayerError, describe_errors
from device.errors import UsageError
from device.inference.model_file import read_model
from edge_digits.cli import cli


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> ConversionRequest:
    """A network whose middle layer has one channel a thousand times as wide as the others."""
    keras.utils.set_random_seed(3)
    folder = tmp_path_factory.mktemp("mixed")
    layers = keras.layers
    pixels = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Conv2D(8, 3, activation="relu", name="first")(x)
    wide = layers.Conv2D(8, 3, name="wide")
    x = layers.Conv2D(8, 3, activation="relu", name="after")(wide(x))
    scores = layers.Dense(10, "softmax", name="scores")(layers.Flatten()(x))
    model = keras.Model(pixels, scores)
    kernel, bias = wide.get_weights()
    kernel[..., 0] *= 1000
    wide.set_weights([kernel, bias])
    after = model.get_layer("after")
    kernel, bias = after.get_weights()
    kernel[:, :, 0] /= 1000
    after.set_weights([kernel, bias])
    # Large weights make the labels clear, so that rounding in other layers changes none.
    model.get_layer("scores").set_weights([values * 100 for values in model.get_layer("scores").get_weights()])
    model.save(folder / "m.keras")
    generator = np.random.default_rng(0)
    images = [generator.integers(0, 256, (150, 28, 28), dtype=np.uint8) for _ in range(2)]
    return ConversionRequest(
        model=folder / "m.keras",
        out=folder / "out",
        name="m",
        test=ImageSet(images[0], None, {}),
        calibration=ImageSet(images[1], None, {}),
        variants=("int8",),
        gate=Gate(min_agreement=0.95),
        input_range="0-255",
        force=True,
    )


def test_the_worst_layers_are_named_when_int8_fails(request_: ConversionRequest) -> None:
    """The report begins with the layer whose range is too wide, and says what to do."""
    said: list[str] = []
    (int8,) = convert(request_, report=said.append)
    assert int8.failure is not None
    worst = said[said.index("measuring the quantisation error of each layer") + 1]
    assert "steps (rounding alone 0.29)" in worst
    assert "--keep-float" in said[-1]


def test_auto_keeps_as_few_layers_in_float_as_the_gate_needs(request_: ConversionRequest) -> None:
    """What int8 alone does not reach, int8-mixed does, and its card says which layers stayed in float."""
    int8, mixed = convert(replace(request_, mixed=True))
    assert int8.failure is not None
    assert mixed.failure is None
    card = read_model(mixed.path).card
    assert (card.variant, card.input.dtype) == ("int8-mixed", "float32")
    assert card.conversion["mending"].startswith("kept in float: ")
    assert any(name.startswith("DEQUANTIZE") for name in card.ops)


def test_a_layer_can_be_kept_by_part_of_its_name(request_: ConversionRequest) -> None:
    """All layers whose names hold the words that were given stay in float."""
    mixed = convert(replace(request_, keep_float=("wide", "after"), gate=Gate(min_agreement=0.0)))[-1]
    assert "wide" in mixed.mending
    assert "after" in mixed.mending


def test_a_layer_that_is_not_there_is_noticed_before_anything_is_converted(
    request_: ConversionRequest, tmp_path: Path
) -> None:
    """A name that no layer has is refused with those there are, and nothing is written."""
    out, said = tmp_path / "out", list[str]()
    with pytest.raises(UsageError, match=r"--keep-float.*its layers are.*wide"):
        convert(replace(request_, out=out, variants=("float32",), keep_float=("missing",)), report=said.append)
    assert not out.exists()
    assert "float32: converting" not in said


def test_two_halves_of_the_representative_set_are_compared(request_: ConversionRequest) -> None:
    """The stability check says how far the conversions are apart."""
    said: list[str] = []
    convert(replace(request_, stability=True, gate=Gate(min_agreement=0.0)), report=said.append)
    assert "two halves of the representative set give the same label for" in said[-1]


def test_files_are_checked_before_anything_is_converted(request_: ConversionRequest, tmp_path: Path) -> None:
    """The mixed file is not overwritten without force either."""
    (tmp_path / "m_int8-mixed.tflite").touch()
    with pytest.raises(UsageError, match="--force"):
        convert(replace(request_, out=tmp_path, force=False, mixed=True))


def test_of_many_layers_only_the_worst_are_listed() -> None:
    """An unrolled recurrent layer is some hundred operations; a last line says how many are left out."""
    layers = [LayerError(f"layer_{place}/x", "MUL", 9.0 - place / 100, 0.1) for place in range(50)]
    lines = describe_errors(layers)
    assert [line.split()[0] for line in lines[:20]] == [f"layer_{place}" for place in range(20)]
    assert lines[20:] == ["and 30 more layers, which lose less"]
    assert len(describe_errors(layers[:20])) == 20


def test_an_empty_name_of_a_file_is_refused(tmp_path: Path) -> None:
    """`convert --name ""` is exit code 2, as another folder in a name is; nothing is read or written."""
    for name in ("", "../elsewhere"):
        arguments = ["convert", str(tmp_path / "m.keras"), "--out", str(tmp_path / "out"), "--name", name]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 2, result.stderr
        assert "--name: expected the stem of a file name" in result.stderr
    assert [*tmp_path.iterdir()] == []
