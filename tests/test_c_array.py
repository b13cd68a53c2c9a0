"""A model as C++: what a compiler makes of the files is the model."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from converters.c_array import c_name, make_c_array
from converters.commands.export import export
from converters.cpp_text import float_literal, string_literal
from converters.graph import read_graph
from device.errors import FitError, ModelFileError, UsageError
from device.inference.golden import unpack_golden
from device.inference.inference import quantize_pixels
from device.inference.model_file import ModelFile, pack_model, read_model
from device.paths import DEFAULT_MODEL, SHIPPED_MODELS

FLOAT_MODEL = SHIPPED_MODELS / "cnn_float32.tflite"
COMPILER = shutil.which("g++") or shutil.which("clang++")

# Stands for MicroMutableOpResolver, and tells on stdout what it and the arrays hold.
PROGRAM = """
#include <cstdint>
#include <cstdio>
#include "NAME.h"

struct Resolver {
  int Add(const char* name) { std::printf("%s\\n", name); return 0; }
  int AddAdd() { return Add("ADD"); }
  int AddAveragePool2D() { return Add("AVERAGE_POOL_2D"); }
  int AddConv2D() { return Add("CONV_2D"); }
  int AddDepthwiseConv2D() { return Add("DEPTHWISE_CONV_2D"); }
  int AddReshape() { return Add("RESHAPE"); }
  int AddFullyConnected() { return Add("FULLY_CONNECTED"); }
  int AddMaxPool2D() { return Add("MAX_POOL_2D"); }
  int AddMean() { return Add("MEAN"); }
  int AddSoftmax() { return Add("SOFTMAX"); }
};

int Write(const char* path, const void* data, std::size_t bytes) {
  std::FILE* file = std::fopen(path, "wb");
  const bool written = file && std::fwrite(data, 1, bytes, file) == bytes;
  return file && std::fclose(file) == 0 && written ? 0 : 1;
}

int main() {
  Resolver resolver;
  if (!NAME::AddOperators(resolver)) return 1;
  if (reinterpret_cast<std::uintptr_t>(NAME::kModel) % 16 != 0) return 2;
  for (const char* label : NAME::kLabels) std::printf("label %s\\n", label);
  std::printf("sha256 %s\\n", NAME::kModelSha256);
  return Write("model", NAME::kModel, NAME::kModelBytes) +
         Write("inputs", NAME::kGoldenInputs, sizeof NAME::kGoldenInputs) +
         Write("outputs", NAME::kGoldenOutputs, sizeof NAME::kGoldenOutputs);
}
"""


def compile_and_run(folder: Path, name: str) -> list[str]:
    """Compile the two files with a program around them, run it in their folder and return its lines."""
    (folder / "main.cc").write_text(PROGRAM.replace("NAME", name))
    flags = ["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    command = [str(COMPILER), *flags, "main.cc", f"{name}.cc", "-o", "program"]
    compiled = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr
    done = subprocess.run([folder / "program"], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler is installed")
@pytest.mark.parametrize("path", [DEFAULT_MODEL, FLOAT_MODEL])
def test_a_compiler_makes_the_same_bytes_of_it(path: Path, tmp_path: Path) -> None:
    """The program's arrays are flatbuffer and golden vectors to the byte; operations and labels are all there."""
    result = CliRunner().invoke(export, ["c-array", str(path), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.stderr
    lines = compile_and_run(tmp_path, path.stem)
    model = read_model(path)
    golden = unpack_golden(model)
    assert golden is not None
    assert (tmp_path / "model").read_bytes() == model.flatbuffer
    assert (tmp_path / "inputs").read_bytes() == quantize_pixels(golden.digits, model.card.input).tobytes()
    assert (tmp_path / "outputs").read_bytes() == next(iter(golden.outputs.values())).tobytes()
    operations = {text.split(" v")[0] for text in model.card.ops}
    assert {line for line in lines if " " not in line} == operations
    assert [line.removeprefix("label ") for line in lines if line.startswith("label ")] == list(model.card.labels)
    assert f"sha256 {model.card.flatbuffer_sha256}" in lines
    assert f"kOperatorCount = {len(operations)};" in (tmp_path / f"{path.stem}.h").read_text()


def test_quantisation_is_in_the_header(model: ModelFile) -> None:
    """An int8 model tells scale and zero point of both ends; a float model has none to tell."""
    header = make_c_array(model.flatbuffer, name="digits", model=model).header
    scale = float_literal(model.card.output.scale)
    for said in (
        "InputType = std::int8_t",
        "kInputScale = 1.0f",
        "kInputZeroPoint = -128",
        f"kOutputScale = {scale}",
    ):
        assert said in header
    floats = read_model(FLOAT_MODEL)
    header = make_c_array(floats.flatbuffer, name="digits", model=floats).header
    assert "InputType = float" in header
    assert "Scale" not in header


def test_a_foreign_model_has_neither_labels_nor_golden_vectors(model: ModelFile, tmp_path: Path) -> None:
    """What only a card knows is left out."""
    (tmp_path / "bare-model.tflite").write_bytes(model.flatbuffer)
    result = CliRunner().invoke(
        export, ["c-array", str(tmp_path / "bare-model.tflite"), "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.stderr
    header = (tmp_path / "out/bare_model.h").read_text()
    assert "kModel[kModelBytes]" in header
    assert "kLabels" not in header
    assert "kGolden" not in header


def test_labels_may_hold_any_text(model: ModelFile, tmp_path: Path) -> None:
    """Quotes, backslashes, trigraphs and letters beyond ASCII come through the compiler as they are."""
    labels = ('"', "\\", "??/", "é", "7", "数字", "a b", "\t", "%s", "9")
    renamed = replace(model, card=replace(model.card, labels=labels))
    made = make_c_array(model.flatbuffer, name="odd", model=renamed)
    (tmp_path / "odd.h").write_text(made.header)
    (tmp_path / "odd.cc").write_text(made.source)
    if COMPILER is None:
        pytest.skip("no C++ compiler is installed")
    lines = compile_and_run(tmp_path, "odd")
    assert [line.removeprefix("label ") for line in lines if line.startswith("label ")] == list(labels)
    assert string_literal("?") == '"\\077"'


def test_floats_are_written_exactly() -> None:
    """Nine digits bring every float32 back, and every literal is of type float."""
    values = np.random.default_rng(1).standard_normal(200).astype(np.float32) * np.float32(1e-3)
    for value in [*values.tolist(), 0.0, 1.0, -3.0, 1e-30, 3.4e38]:
        literal = float_literal(value)
        assert literal.endswith("f")
        assert np.float32(literal[:-1]) == np.float32(value)
        assert "." in literal or "e" in literal


def test_an_operation_that_micro_lacks_is_named(model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are not made for a model that could not run there."""
    lacking = next(iter(model.card.ops))
    monkeypatch.setattr("converters.op_versions.micro_method", lambda name: "" if lacking.startswith(name) else "Add")
    with pytest.raises(FitError, match=f"found {lacking}") as caught:
        make_c_array(model.flatbuffer, name="digits", model=model)
    assert caught.value.exit_code == 4


def test_a_side_that_is_open_is_refused_and_an_open_batch_is_not(
    model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Micro takes the batch that the tensor holds; a side would be held as 1, which is no picture."""
    graph = read_graph(model.flatbuffer)

    def with_input(*shape: int) -> str:
        subgraph = graph.subgraphs[0]
        tensors = [*subgraph.tensors]
        tensors[subgraph.inputs[0]] = replace(tensors[subgraph.inputs[0]], shape=shape)
        opened = replace(graph, subgraphs=(replace(subgraph, tensors=tuple(tensors)),))
        monkeypatch.setattr("converters.c_array.read_graph", lambda flatbuffer: opened)
        return make_c_array(model.flatbuffer, name="digits", model=model).header

    assert "kInputElements = 784;" in with_input(-1, 28, 28, 1)
    with pytest.raises(FitError, match="expected a fixed shape"):
        with_input(-1, -1, 28, 1)


@pytest.mark.parametrize("name", ["", "7seven", "a-b", "a b", "é", "float"])
def test_a_name_that_is_no_identifier_is_refused(name: str, model: ModelFile) -> None:
    """It would be the namespace; a wrong one is a wrong option."""
    with pytest.raises(UsageError, match="C\\+\\+ identifier"):
        make_c_array(model.flatbuffer, name=name, model=model)


@pytest.mark.parametrize(
    ("stem", "name"),
    [("cnn_int8", "cnn_int8"), ("my model-2", "my_model_2"), ("7", "model_7"), ("é", "model"), ("int", "model_int")],
)
def test_a_file_name_suggests_an_identifier(stem: str, name: str) -> None:
    """Whatever the file is called, there is a name without --name."""
    assert c_name(Path(f"{stem}.tflite")) == name


def test_damaged_and_missing_models_are_refused(tmp_path: Path, model: ModelFile) -> None:
    """Exit code 6 and one line that names the file; nothing is written."""
    (tmp_path / "cut.tflite").write_bytes(DEFAULT_MODEL.read_bytes()[:-1])
    (tmp_path / "foreign.tflite").write_bytes(model.flatbuffer[:2000])
    for name in ("cut.tflite", "missing.tflite", "foreign.tflite"):
        result = CliRunner().invoke(export, ["c-array", str(tmp_path / name), "--out", str(tmp_path / "out")])
        assert (result.exit_code, len(result.stderr.splitlines())) == (6, 1)
        assert f"error: {tmp_path / name}: " in result.stderr
    assert not (tmp_path / "out").exists()
    with pytest.raises(ModelFileError, match="damaged"):
        make_c_array(model.flatbuffer[:2000], name="digits", model=None)


def test_files_that_are_there_are_kept(tmp_path: Path) -> None:
    """Overwriting needs --force, and a refusal leaves both files as they were."""
    (tmp_path / "cnn_int8.h").write_text("mine")
    command = ["c-array", str(DEFAULT_MODEL), "--out", str(tmp_path)]
    assert CliRunner().invoke(export, command).exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["cnn_int8.h"]
    assert CliRunner().invoke(export, [*command, "--force"]).exit_code == 0
    assert (tmp_path / "cnn_int8.h").read_text().startswith("// cnn_int8")


def test_the_labels_of_a_packed_copy_survive(model: ModelFile, tmp_path: Path) -> None:
    """--name names files and namespace."""
    (tmp_path / "m.tflite").write_bytes(pack_model(model.flatbuffer, model.card))
    result = CliRunner().invoke(
        export, ["c-array", str(tmp_path / "m.tflite"), "--out", str(tmp_path), "--name", "digits"]
    )
    assert result.exit_code == 0, result.stderr
    assert "namespace digits {" in (tmp_path / "digits.cc").read_text()


def test_a_model_that_micro_cannot_take_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many files that are exported in a loop the line says which."""
    monkeypatch.setattr("converters.op_versions.micro_method", lambda name: "")
    result = CliRunner().invoke(export, ["c-array", str(DEFAULT_MODEL), "--out", str(tmp_path)])
    assert result.exit_code == 4
    assert f"error: {DEFAULT_MODEL}: expected operations" in result.stderr
    assert [*tmp_path.iterdir()] == []


def test_an_empty_name_is_no_identifier(tmp_path: Path) -> None:
    """It is refused rather than taken for no name."""
    result = CliRunner().invoke(export, ["c-array", str(DEFAULT_MODEL), "--out", str(tmp_path), "--name", ""])
    assert (result.exit_code, [*tmp_path.iterdir()]) == (2, [])
