"""A model as ONNX leaves only if its scores are those of the device."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from converters import onnx_export
from converters.commands.export import export
from device.errors import ExtraMissingError, FitError, GateError, ModelFileError
from device.inference.golden import unpack_golden
from device.inference.model_file import ModelFile
from device.paths import DEFAULT_MODEL, SHIPPED_MODELS

TOOLS = [importlib.util.find_spec(name) for name in ("tf2onnx", "onnxruntime", "tensorflow")]
needs_tools = pytest.mark.skipif(not all(TOOLS), reason="the extras train and onnx are not installed")


@pytest.fixture
def pretended_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything looks installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())


@needs_tools
@pytest.mark.parametrize(("name", "bound"), [("cnn_int8", 0.1), ("cnn-large_int8", 0.1), ("cnn_float32", 1e-4)])
def test_the_shipped_models_leave_as_onnx(name: str, bound: float, tmp_path: Path) -> None:
    """In onnxruntime they answer all golden vectors as the device does, within the bound of the variant."""
    path = SHIPPED_MODELS / f"{name}.tflite"
    result = CliRunner().invoke(export, ["onnx", str(path), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.stderr
    assert f"{path.stem}.onnx: " in result.stdout
    assert "10 golden vectors" in result.stdout
    assert float(result.stdout.split("at most ")[1].split()[0]) <= bound
    assert (tmp_path / f"{path.stem}.onnx").stat().st_size > 10_000


def golden_scores(model: ModelFile) -> np.ndarray:
    golden = unpack_golden(model)
    assert golden is not None
    return next(iter(golden.outputs.values()))


@pytest.mark.usefixtures("pretended_tools")
def test_scores_that_are_not_the_devices_do_not_leave(model: ModelFile, monkeypatch, tmp_path: Path) -> None:
    """More than a tenth of a score off, 25 of 256 steps, is exit code 3 with the figures, and no file."""
    monkeypatch.setattr(onnx_export, "_convert", lambda *_: b"onnx")
    best = golden_scores(model)[0].argmax()
    for step, code in ((26, 3), (25, 0)):
        shifted = golden_scores(model).copy()
        shifted[0, best] -= step  # down: the score of the right digit is the largest that int8 holds
        monkeypatch.setattr(onnx_export, "_run", lambda *_, scores=shifted: scores)
        result = CliRunner().invoke(export, ["onnx", str(DEFAULT_MODEL), "--out", str(tmp_path), "--name", "m"])
        assert (result.exit_code, (tmp_path / "m.onnx").exists()) == (code, code == 0)
    assert GateError.exit_code == 3


@pytest.mark.usefixtures("pretended_tools")
@pytest.mark.parametrize(("variant", "fits"), [("float32", False), ("float16", False), ("dynamic", True)])
def test_variants_that_compute_in_floats_are_held_closer(
    variant: str, fits: bool, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They round nothing on the way, so that a hundredth of a score is a mistake; others round in every layer."""
    monkeypatch.setattr(onnx_export, "_convert", lambda *_: b"onnx")
    monkeypatch.setattr(onnx_export, "_run", lambda *_: golden_scores(model) - np.where(np.eye(10, 10) > 0, 3, 0))
    other = replace(model, card=replace(model.card, variant=variant))
    if fits:
        assert onnx_export.make_onnx(other).largest_difference == pytest.approx(3 / 256)
        return
    with pytest.raises(GateError, match=r"expected scores within 0\.0001 .* found a difference of 0\.0117"):
        onnx_export.make_onnx(other)


@pytest.mark.usefixtures("pretended_tools")
def test_scores_that_are_no_numbers_do_not_leave(model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN is within no bound."""
    monkeypatch.setattr(onnx_export, "_convert", lambda *_: b"onnx")
    monkeypatch.setattr(onnx_export, "_run", lambda *_: np.full((10, 10), np.nan, np.float32))
    with pytest.raises(GateError, match="found a difference of nan"):
        onnx_export.make_onnx(model)


@pytest.mark.usefixtures("pretended_tools")
def test_a_converter_that_fails_is_named(model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tf2onnx ended with is passed on in one line."""
    monkeypatch.setattr(onnx_export, "run_module", onnx_export_fails)
    with pytest.raises(FitError, match=r"tf2onnx ended with exit code 1 \(ValueError: no\)"):
        onnx_export.make_onnx(model)


def onnx_export_fails(*_: object, **__: object) -> object:
    from subprocess import CompletedProcess

    return CompletedProcess([], 1, "", "Traceback\nValueError: no\n")


@pytest.mark.usefixtures("pretended_tools")
def test_a_model_without_golden_vectors_is_refused(model: ModelFile) -> None:
    """What cannot be checked does not leave."""
    with pytest.raises(ModelFileError, match="golden vectors"):
        onnx_export.make_onnx(replace(model, card=replace(model.card, golden={})))


def test_a_missing_extra_is_named(model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says which package is missing and which extra brings it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match=r"expected tf2onnx .*edge-digits\[train,onnx\]"):
        onnx_export.make_onnx(model)


@pytest.mark.parametrize("name", ["", "../elsewhere", "a/b", "/tmp/elsewhere", "..", "a\nb"])
def test_a_name_that_is_no_stem_is_refused(name: str, tmp_path: Path) -> None:
    """A file goes into the folder that --out names and nowhere else."""
    arguments = ["onnx", str(DEFAULT_MODEL), "--out", str(tmp_path / "out"), "--name", name]
    result = CliRunner().invoke(export, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--name: expected the stem of a file name" in result.stderr
    assert [*tmp_path.iterdir()] == []
