"""Any file can be inspected: whole, foreign, damaged or no model at all."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT

from converters import inspection
from converters.arena import estimate_arena_bytes, most_alive_bytes
from converters.commands.inspect import inspect_models
from converters.graph import Graph, Operation, Subgraph, Tensor, read_graph
from converters.inspection import Inspection, Refusal, inspect_file
from converters.inspection_page import describe, document
from converters.loading import Loading, load_everywhere
from converters.macs import count_macs, count_parameters
from converters.micro import missing_in_micro
from converters.op_versions import oldest_common_runtimes
from converters.packed_labels import read_packed_labels
from device import child_process
from device.errors import ModelFileError
from device.inference.flatbuffer_reader import BUDGET, Bytes, root, without_controls
from device.inference.model_file import ModelFile, read_model
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL, SHIPPED_MODELS

FLOAT_MODEL = SHIPPED_MODELS / "cnn_float32.tflite"


def mutations(content: bytes, *, count: int, seed: int) -> list[bytes]:
    """Return damaged copies: cut short, bytes changed anywhere, at the start, or at the end where the tables lie."""
    rng = random.Random(seed)
    damaged = []
    for _ in range(count):
        copy = bytearray(content)
        place = rng.choice(("cut", "anywhere", "start", "end"))
        if place == "cut":
            del copy[rng.randrange(len(copy)) :]
        for _ in range(0 if place == "cut" else rng.choice((1, 3, 30, 200))):
            position = {
                "anywhere": rng.randrange(len(copy)),
                "start": rng.randrange(400),
                "end": len(copy) - 1 - rng.randrange(12_000),
            }[place]
            copy[position] = rng.choice((0, 127, 128, 255, rng.randrange(256)))
        damaged.append(bytes(copy))
    return damaged


def graph_or_refusal(content: bytes) -> Graph | str:
    try:
        return read_graph(content)
    except ModelFileError as error:
        return str(error)


def foreign(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_model_of_ours_is_shown_whole(model: ModelFile) -> None:
    """Tensors, operations, sizes, card and labels come from the file; both runtimes load it."""
    found = inspect_file(DEFAULT_MODEL, runtimes=tuple(installed_runtimes()))
    assert isinstance(found, Inspection)
    assert (found.state, found.card, found.labels) == ("sealed", model.card, model.card.labels)
    assert found.size_bytes == DEFAULT_MODEL.stat().st_size == found.flatbuffer_bytes + found.card_bytes
    assert found.flatbuffer_sha256 == model.card.flatbuffer_sha256
    assert found.graph.operation_counts == model.card.ops
    assert oldest_common_runtimes(found.graph.operation_counts) == model.card.oldest_runtime
    assert [loading.loads for loading in found.loadings] == [True] * len(installed_runtimes())
    assert found.micro_missing == ()


def test_tensors_have_shape_type_and_quantisation(model: ModelFile) -> None:
    """Input and output are those that the runtime told the card."""
    graph = read_graph(model.flatbuffer).subgraphs[0]
    for positions, card in ((graph.inputs, model.card.input), (graph.outputs, model.card.output)):
        tensor = graph.tensors[positions[0]]
        assert (tensor.shape, tensor.dtype) == (card.shape, card.dtype)
        assert (tensor.scales, tensor.zero_points) == ((card.scale,), (card.zero_point,))
    weights = [tensor for tensor in graph.tensors if tensor.shape[1:] == (3, 3, 1)]
    assert len(weights[0].scales) == weights[0].shape[0]


def tensor(*shape: int, dtype: str = "int8", constant: bool = False, scales: tuple[float, ...] = (1.0,)) -> Tensor:
    """Return a tensor of which only sizes matter."""
    elements = int(np.prod(shape))
    return Tensor("t", shape, dtype, scales, (0,) * len(scales), 0, elements if constant else 0, False)


def test_work_is_output_positions_times_weights() -> None:
    """Each kind of operation with weights is counted as by hand; the others are named or free."""
    tensors = (
        *(tensor(1, 28, 28, 3), tensor(8, 3, 3, 3, constant=True), tensor(1, 14, 14, 8)),  # 0–2: convolution, stride 2
        *(tensor(1, 3, 3, 8, constant=True), tensor(1, 14, 14, 8)),  # 3, 4: depthwise
        *(tensor(4, dtype="int32", constant=True), tensor(6, 2, 2, 8, constant=True), tensor(1, 28, 28, 6)),  # 5–7: up
        *(tensor(10, 4704, constant=True), tensor(1, 10)),  # 8, 9: dense
        *(tensor(2, 5, 7), tensor(2, 7, 3), tensor(2, 5, 3)),  # 10–12: matrix product
    )
    operations = (
        Operation("CONV_2D", 3, (0, 1, -1), (2,)),
        Operation("DEPTHWISE_CONV_2D", 3, (2, 3), (4,)),
        Operation("TRANSPOSE_CONV", 3, (5, 6, 4), (7,)),
        Operation("FULLY_CONNECTED", 4, (7, 8, -1), (9,)),
        Operation("BATCH_MATMUL", 4, (10, 11), (12,)),
        Operation("SOFTMAX", 2, (9,), (9,)),
        Operation("LSTM", 1, (9, 8), (9,)),
    )
    macs = count_macs(Graph("", (Subgraph(tensors, (0,), (9,), operations),), "", ()))
    assert macs.by_operation == {
        "CONV_2D": 14 * 14 * 8 * 3 * 3 * 3,
        "DEPTHWISE_CONV_2D": 14 * 14 * 8 * 3 * 3,
        "TRANSPOSE_CONV": 14 * 14 * 8 * 2 * 2 * 6,
        "FULLY_CONNECTED": 4704 * 10,
        "BATCH_MATMUL": 2 * 5 * 7 * 3,
    }
    assert macs.total == sum(macs.by_operation.values())
    assert macs.uncounted == ("LSTM",)


def test_micro_has_no_hybrid_operations_and_no_float16() -> None:
    """What it lacks for the types of tensors is named with them; integers without a scale are shapes."""
    tensors = (
        tensor(1, 4, dtype="float32", scales=()),
        tensor(4, 4, constant=True),
        tensor(4, 4, dtype="float16", constant=True, scales=()),
        tensor(2, dtype="int32", constant=True, scales=()),
    )
    operations = (
        Operation("FULLY_CONNECTED", 9, (0, 1, -1), (0,)),
        Operation("FULLY_CONNECTED", 9, (0, 1), (0,)),
        Operation("DEQUANTIZE", 3, (2,), (0,)),
        Operation("DEQUANTIZE", 2, (1,), (0,)),
        Operation("RESHAPE", 1, (0, 3), (0,)),
        Operation("CUSTOM:TFLite_Detection_PostProcess", 1, (0, 1), (0,)),
    )
    missing = missing_in_micro(Graph("", (Subgraph(tensors, (0,), (0,), operations),), "", ()))
    assert [(each.text, each.count) for each in missing] == [
        ("FULLY_CONNECTED v9 of float32 with int8 weights", 2),
        ("DEQUANTIZE v3 of float16", 1),
    ]
    assert str(missing[1]) == "DEQUANTIZE v3 of float16 (oldest: TensorFlow Lite 2.3 or older, ai-edge-litert 1.0)"


def test_shapes_and_axes_are_no_parameters() -> None:
    """Constant integers count only where they have a scale, as the biases of quantised layers do."""
    tensors = (
        tensor(8, 3, 3, 3, constant=True),
        tensor(8, dtype="int32", constant=True),
        tensor(4, dtype="int32", constant=True, scales=()),
        tensor(1, 28, 28, 3),
    )
    assert count_parameters(Graph("", (Subgraph(tensors, (3,), (3,), ()),), "", ())) == 216 + 8


@pytest.mark.parametrize(("width", "planned_bytes"), [(1, 14_896), (4, 59_584)])
def test_the_arena_is_what_micros_planner_says(width: int, planned_bytes: int) -> None:
    """The estimate is the head of the arena that tflite-micro 0.dev20261023182759 reported for these tensors."""
    sides = [(28, 1), (28, 12), (14, 12), (14, 32), (14, 32), (7, 32), (7, 48), (7, 48)]
    shapes = [(1, side, side, channels) for side, channels in sides] + [(1, 48), (1, 10), (1, 10)]
    tensors = tuple(tensor(*shape, dtype={1: "int8", 4: "float32"}[width]) for shape in shapes)
    chain = tuple(Operation("RELU", 1, (step,), (step + 1,)) for step in range(len(shapes) - 1))
    assert estimate_arena_bytes(Subgraph(tensors, (0,), (len(shapes) - 1,), chain)) == planned_bytes


def test_tensors_needed_at_once_do_not_share_memory() -> None:
    """A branch keeps its tensor until it is joined; above the limit of placing, the sum of those alive is given."""
    tensors = tuple(tensor(16) for _ in range(4))
    joined = (
        *(Operation("RELU", 1, (0,), (1,)), Operation("RELU", 1, (1,), (2,))),
        Operation("ADD", 1, (0, 2), (3,)),
    )
    graph = Subgraph(tensors, (0,), (3,), joined)
    assert estimate_arena_bytes(graph) == 48
    assert most_alive_bytes(graph) == 48


@pytest.mark.parametrize("path", [DEFAULT_MODEL, FLOAT_MODEL])
def test_variants_of_one_network_have_its_parameters_and_work(path: Path) -> None:
    """Quantisation changes bytes, neither numbers nor work."""
    found, other = (inspect_file(each, runtimes=()) for each in (path, DEFAULT_MODEL))
    assert isinstance(found, Inspection)
    assert isinstance(other, Inspection)
    assert (found.parameters, found.macs) == (other.parameters, other.macs)
    assert found.parameters > 1000


def test_a_bare_flatbuffer_is_foreign_and_shown(model: ModelFile, tmp_path: Path) -> None:
    """A model without a card is no damaged one: it is shown and loaded."""
    found = inspect_file(foreign(tmp_path / "bare.tflite", model.flatbuffer), runtimes=tuple(installed_runtimes()[:1]))
    assert isinstance(found, Inspection)
    assert (found.state, found.card, found.labels, found.card_bytes) == ("foreign", None, (), 0)
    assert found.loadings[0].loads
    assert "foreign: no card" in describe(found)


def test_labels_that_metadata_packs_into_a_foreign_file_are_shown(model: ModelFile, tmp_path: Path) -> None:
    """TFLite Metadata appends labels as a ZIP; they are read without a card."""
    stream = io.BytesIO(model.flatbuffer)
    stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("labels.txt", "cat\ndog\x1b[2J\n\n")
    found = inspect_file(foreign(tmp_path / "packed.tflite", stream.getvalue()), runtimes=())
    assert isinstance(found, Inspection)
    assert found.labels == ("cat", "dog�[2J")


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no zip"])
def test_labels_that_cannot_be_read_are_none(content: bytes) -> None:
    """A broken ZIP behind a model is no reason to refuse it."""
    assert read_packed_labels(content) == ()


def test_damage_is_told_apart_from_foreign_files_and_from_no_model(model: ModelFile, tmp_path: Path) -> None:
    """A cut or changed file of ours and a cut flatbuffer are damaged; a text, a folder and nothing are no model."""
    sealed = DEFAULT_MODEL.read_bytes()
    states = {
        "cut.tflite": (sealed[:-10], "damaged"),
        "flipped.tflite": (sealed[:5000] + bytes([sealed[5000] ^ 1]) + sealed[5001:], "damaged"),
        "half.tflite": (model.flatbuffer[: len(model.flatbuffer) // 2], "damaged"),
        "text.tflite": (b"hello, world", "no model"),
        "empty.tflite": (b"", "no model"),
    }
    for name, (content, state) in states.items():
        found = inspect_file(foreign(tmp_path / name, content), runtimes=())
        assert isinstance(found, Refusal)
        assert (found.state, name in found.error, "\n" in found.error) == (state, True, False)
    for path in (tmp_path, tmp_path / "missing.tflite", Path(os.devnull)):
        found = inspect_file(path, runtimes=())
        assert isinstance(found, Refusal)
        assert found.state == "no model"


@pytest.mark.parametrize("path", [DEFAULT_MODEL, FLOAT_MODEL])
def test_a_thousand_damaged_models_are_read_or_refused_in_one_line(path: Path, model: ModelFile) -> None:
    """Whatever the bytes, parsing, counting and showing end in a page and strict JSON or in a ModelFileError."""
    content = inspection.read_any_model(path).flatbuffer
    outcomes = {"shown": 0, "refused": 0}
    for damaged in mutations(content, count=500, seed=5):
        graph = graph_or_refusal(damaged)
        if isinstance(graph, str):
            assert "\n" not in graph
            outcomes["refused"] += 1
            continue
        found = Inspection(
            **{"path": path, "state": "foreign", "size_bytes": len(damaged), "flatbuffer_bytes": len(damaged)},
            **{"card_bytes": 0, "flatbuffer_sha256": "", "graph": graph, "parameters": count_parameters(graph)},
            **{"macs": count_macs(graph), "arena_bytes": estimate_arena_bytes(graph.subgraphs[0])},
            **{"oldest_runtime": "", "micro_missing": (), "labels": (), "card": None, "loadings": ()},
        )
        assert all(line.isprintable() for line in describe(found).split("\n"))
        json.dumps(document(found), allow_nan=False)
        outcomes["shown"] += 1
    assert min(outcomes.values()) > 50  # the mutations try both roads


def test_a_thousand_damaged_files_of_ours_are_noticed_before_a_runtime_sees_them(tmp_path: Path) -> None:
    """The seal or the parser refuses each in one line; what was changed into itself is whole."""
    whole = DEFAULT_MODEL.read_bytes()
    for content in mutations(whole, count=1000, seed=7):
        found = inspect_file(foreign(tmp_path / "m.tflite", content), runtimes=())
        if content == whole:
            assert isinstance(found, Inspection)
            continue
        # Without its end a file can be no more than a foreign one.
        cut_to_the_flatbuffer = isinstance(found, Inspection) and found.state == "foreign"
        assert cut_to_the_flatbuffer or (isinstance(found, Refusal) and "\n" not in found.error)


def test_damaged_models_end_in_clear_lines_through_the_command(model: ModelFile, tmp_path: Path) -> None:
    """Files that may kill a runtime are loaded in children: the command lives and says what became of each."""
    paths = [
        foreign(tmp_path / f"{number}.tflite", content)
        for number, content in enumerate(mutations(model.flatbuffer, count=20, seed=11))
    ]
    result = CliRunner().invoke(inspect_models, [*map(str, paths), "--json"])
    assert result.exit_code in (4, 6), result.output
    models = json.loads(result.stdout)["models"]
    assert [each["path"] for each in models] == [str(path) for path in paths]
    for each in models:
        lines = [each["error"]] if "error" in each else [loading["text"] for loading in each["loadings"]]
        assert all(line and "\n" not in line for line in lines)


def test_vectors_that_overlap_cannot_take_hours() -> None:
    """What all vectors hold together is limited, so that a small file cannot ask for endless work."""
    source = Bytes(b"\0" * 64)
    source.spend(BUDGET)
    with pytest.raises(ModelFileError, match="expected at most"):
        source.spend(1)


@pytest.mark.parametrize("position", [-1, 61, 1 << 40])
def test_nothing_outside_the_bytes_is_read(position: int) -> None:
    """Neither in front of the bytes, where Python would count from the end, nor behind them."""
    with pytest.raises(ModelFileError, match="damaged"):
        Bytes(bytes(64)).read("I", position)


def test_a_field_that_is_absent_has_its_default(model: ModelFile) -> None:
    """Fields beyond those that a file knows, as of a newer schema, are absent."""
    table = root(model.flatbuffer)
    assert table.number(0, "I") == 3
    assert (table.number(99, "I", 7), table.numbers(99, "i"), table.text(99), table.tables(99)) == (7, (), "", [])
    assert table.table(99) is None


def test_names_cannot_steer_a_terminal() -> None:
    """What cannot be printed is replaced."""
    assert without_controls("a\x1b[31m\nb é 数") == "a�[31m�b é 数"


def test_a_runtime_that_dies_is_named_with_its_signal(model: ModelFile, monkeypatch, tmp_path: Path) -> None:
    """The line says how the child ended; the parent lives."""
    killer = tmp_path / "python"
    killer.write_text("#!/bin/sh\nkill -SEGV $$\n")
    killer.chmod(0o755)
    monkeypatch.setattr(child_process.sys, "executable", str(killer))
    assert load_everywhere(model.flatbuffer, ("tflite-runtime",)) == (
        Loading("tflite-runtime", False, "died with SIGSEGV"),
    )


def test_a_model_that_no_runtime_loads_gives_exit_code_4(tmp_path: Path, model: ModelFile, monkeypatch) -> None:
    """It is shown all the same, with what each runtime said."""
    refused = Loading("tflite-runtime 2.14.0", False, "it has no CONV_2D version 99")
    monkeypatch.setattr(inspection, "load_everywhere", lambda *_: (refused,))
    paths = [str(foreign(tmp_path / name, model.flatbuffer)) for name in ("new.tflite", "newer.tflite")]
    result = CliRunner().invoke(inspect_models, paths)
    assert result.exit_code == 4
    assert ", ".join(paths) in result.stderr
    assert "it has no CONV_2D version 99" in result.stdout
    assert result.stderr.startswith("error: ")


def test_the_command_shows_the_whole_files_beside_a_damaged_one(tmp_path: Path) -> None:
    """A page a file on stdout, a line for the damaged one on stderr, exit code 6."""
    damaged = foreign(tmp_path / "cut.tflite", DEFAULT_MODEL.read_bytes()[:-1])
    result = CliRunner().invoke(inspect_models, [str(damaged), str(DEFAULT_MODEL)])
    assert result.exit_code == 6
    assert result.stderr.splitlines() == [line for line in result.stderr.splitlines() if "cut.tflite" in line]
    for said in (
        *read_model(DEFAULT_MODEL).card.ops,
        "parameters: ",
        "zero point -128",
        "labels: 0, 1",
        "oldest runtime: ",
    ):
        assert said in result.stdout


def test_json_is_one_document_with_every_tensor() -> None:
    """Programs get the schema's name and all that the page leaves out."""
    result = CliRunner().invoke(inspect_models, [str(DEFAULT_MODEL), str(FLOAT_MODEL), "--json"])
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["schema"] == "edge-digits.inspection/1"
    first = answer["models"][0]
    assert (first["state"], first["loads"], first["card"]["variant"]) == ("sealed", True, "int8")
    graph = read_graph(read_model(DEFAULT_MODEL).flatbuffer)
    assert [each["name"] for each in first["subgraphs"][0]["tensors"]] == [
        each.name for each in graph.subgraphs[0].tensors
    ]
    assert first["operations"] == graph.operation_counts


def test_inspecting_needs_no_tensorflow() -> None:
    """The command runs where neither TensorFlow nor the flatbuffers package can be imported."""
    code = (
        "import sys\nfor name in ('tensorflow', 'keras', 'flatbuffers', 'tflite'): sys.modules[name] = None\n"
        "from converters.inspection import inspect_file\nfrom device.paths import DEFAULT_MODEL\n"
        "assert inspect_file(DEFAULT_MODEL, runtimes=()).state == 'sealed'"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
