"""`verify` tells whether a converted model is still what it came from, on this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.inference.model_file import ModelFile, pack_model
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL, SHIPPED_MODELS
from device.statistics import mcnemar_p, wilson_interval
from edge_digits.cli import cli

FLOAT = SHIPPED_MODELS / "cnn_float32.tflite"


def verify(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["verify", *map(str, arguments)])


def test_int8_follows_float32_in_every_runtime() -> None:
    """Agreement, drift and golden vectors of each runtime are said, without TensorFlow."""
    result = verify(FLOAT, DEFAULT_MODEL, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    agreements = document["agreements"][str(DEFAULT_MODEL)]
    assert [each["runtime"].split()[0] for each in agreements] == installed_runtimes()
    assert all(each["agreement"] >= 0.997 and each["count"] == 2000 for each in agreements)
    assert all(each["met"] for each in document["golden"][str(DEFAULT_MODEL)])
    assert document["failures"] == []


def test_a_single_model_replays_its_golden_vectors() -> None:
    """On a device this needs neither data nor a reference."""
    result = verify(DEFAULT_MODEL)
    assert result.exit_code == 0
    assert result.stdout.count("10 golden vectors") + result.stdout.count("within the bound") == len(
        installed_runtimes()
    )


def test_golden_vectors_that_are_not_met_are_exit_code_3(model: ModelFile, tmp_path: Path) -> None:
    """A machine that computes otherwise is told, with the figures."""
    outputs = {name: [row[::-1] for row in rows] for name, rows in model.card.golden["outputs"].items()}
    card = replace(model.card, golden={**model.card.golden, "outputs": outputs})
    (tmp_path / "m.tflite").write_bytes(pack_model(model.flatbuffer, card))
    result = verify(tmp_path / "m.tflite")
    assert result.exit_code == 3
    assert "outside the bound" in result.stderr


def test_a_gate_that_is_not_met_is_exit_code_3() -> None:
    """100 % agreement and no lost image is more than int8 promises on hostile limits."""
    result = verify(FLOAT, DEFAULT_MODEL, "--gate", "100", "--max-drop", "0", "--json")
    found = json.loads(result.stdout)["agreements"][str(DEFAULT_MODEL)]
    assert result.exit_code == (0 if all(each["agreement"] == 1 for each in found) else 3)


def test_classes_beyond_the_ten_digits_are_compared(twelve_classes: Path) -> None:
    """Data of twelve classes is taken; what a model has no label for it cannot read right."""
    result = verify(FLOAT, DEFAULT_MODEL, "--data", twelve_classes, "--gate", "0", "--max-drop", "100", "--json")
    assert result.exit_code == 0, result.stderr
    agreements = json.loads(result.stdout)["agreements"][str(DEFAULT_MODEL)]
    assert all(each["count"] == 24 and each["correct"] <= 20 for each in agreements)


def test_a_model_of_other_things_is_compared_on_its_own_images_alone(
    model: ModelFile, twelve_classes: Path, tmp_path: Path
) -> None:
    """A gate on MNIST's digits would tell nothing of it; alone it replays its golden vectors."""
    other = tmp_path / "letters.tflite"
    other.write_bytes(pack_model(model.flatbuffer, replace(model.card, labels=tuple("abcdefghij"))))
    result = verify(FLOAT, other)
    assert result.exit_code == 2
    assert "letters.tflite: expected the labels 0 to 9, found 10 labels (a, b, c, d …); " in result.stderr
    assert "name its own images with --data" in result.stderr
    assert verify(FLOAT, other, "--data", twelve_classes, "--gate", "0", "--max-drop", "100").exit_code == 0
    assert verify(other).exit_code == 0


def test_why_models_are_not_verified_is_said_though_quiet(tmp_path: Path) -> None:
    """The line of the error refers to these."""
    result = verify(FLOAT, tmp_path / "a.tflite", tmp_path / "b.tflite", "--quiet")
    assert result.exit_code == 6
    assert [name in line for name, line in zip("ab2", result.stderr.splitlines(), strict=True)] == [True] * 3


@pytest.mark.parametrize("option", ["--data=d.npz", "--input-range=0-1", "--gate=99", "--max-drop=0.1"])
def test_options_of_a_comparison_are_refused_without_one(option: str) -> None:
    """A gate that nobody looks at would be taken for one that is met."""
    result = verify(DEFAULT_MODEL, option)
    assert result.exit_code == 2
    name = option.partition("=")[0]
    assert result.stderr == f"error: {name} is for comparing with REFERENCE; name that too, or leave it out\n"


@pytest.mark.parametrize(("arguments", "code"), [(["missing.tflite"], 6), (["model.keras"], 2), ([], 2)])
def test_bad_arguments_have_their_exit_code(arguments: list[str], code: int) -> None:
    """One line each."""
    result = verify(*arguments)
    assert result.exit_code == code
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 2 / 2**5), (1, 9, 2 * (1 + 10) / 2**10), (400, 600, 2.7e-10)],
)
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int, p: float) -> None:
    """Checked against values computed by hand, and one large split against the normal approximation."""
    assert mcnemar_p(gained, lost) == pytest.approx(p, rel=0.2 if p < 1e-6 else 1e-9)


def test_wilson_intervals_are_those_of_the_literature() -> None:
    """9 of 10 gives 59.6–98.2 %; all of 10 does not give 100–100 %."""
    assert wilson_interval(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert wilson_interval(10, 10)[0] == pytest.approx(0.7225, abs=1e-4)


@pytest.mark.parametrize("count", [1, 10, 13, 25, 1000])
def test_an_interval_holds_its_share(count: int) -> None:
    """Also where nothing or everything is right, and rounding would put a bound beside it."""
    for correct in (0, count // 2, count):
        low, high = wilson_interval(correct, count)
        assert 0 <= low <= correct / count <= high <= 1
