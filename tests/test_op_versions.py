"""The table of operation versions says what the runtimes really register."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from PIL import Image

from converters.graph import read_graph
from converters.op_versions import (
    MICRO,
    TARGETS,
    Table,
    micro_method,
    missing_operations,
    oldest_common_runtimes,
    oldest_runtimes,
    split_operation,
    table,
)
from device.child_process import child_environment
from device.errors import FitError, UsageError
from device.inference.flatbuffer_reader import root
from device.inference.model_file import ModelFile
from device.inference.runtime import installed_runtimes
from device.inference.trial import try_model

NO_DIGITS = np.zeros((0, 28, 28), np.uint8)
# Above the highest version of any operation in the table.
PROBED_VERSIONS = range(1, 18)
NOT_REGISTRABLE = {"CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"}

# Reads requests, loads each model, and writes which were taken; a refusal for any other reason than the operation's
# version ends it.
PROBE = """
import json, sys
from device.errors import FitError
from device.inference.runtime import load_runtime
runtime = load_runtime(sys.argv[1])
taken = []
for key, content in json.load(sys.stdin).items():
    try:
        runtime.build(bytes.fromhex(content))
    except FitError as error:
        text = str(error.__cause__)
        assert "Didn't find op" in text or "builtin_code out of range" in text, text
    else:
        taken.append(key)
print(json.dumps({"release": f"{runtime}", "taken": taken}))
"""


def one_code_model(code: int, version: int) -> bytes:
    """Return a model whose graph is empty and whose one operator code asks for an operation in a version."""
    builder = flatbuffers.Builder(256)

    def table_of(*slots: tuple[int, str, int]) -> int:
        builder.StartObject(5)
        for slot, kind, value in slots:
            getattr(builder, f"Prepend{kind}Slot")(slot, value, 0)
        return int(builder.EndObject())

    def vector_of(*entries: int) -> int:
        builder.StartVector(4, len(entries), 4)
        for entry in entries:
            builder.PrependUOffsetTRelative(entry)
        return int(builder.EndVector())

    operator_code = table_of((0, "Int8", min(code, 127)), (2, "Int32", version), (3, "Int32", code))
    empty = [(slot, "UOffsetTRelative", vector_of()) for slot in range(4)]
    graph = table_of(*empty)
    codes, graphs, buffers = vector_of(operator_code), vector_of(graph), vector_of(table_of())
    model = table_of(
        (0, "Uint32", 3),
        *((1, "UOffsetTRelative", codes), (2, "UOffsetTRelative", graphs), (4, "UOffsetTRelative", buffers)),
    )
    builder.Finish(model, b"TFL3")
    return bytes(builder.Output())


def release_of(runtime: str) -> str:
    """Return the table's release for a runtime such as "tflite-runtime 2.14.0"."""
    name, version = runtime.split()
    family = "tensorflow" if name == "tflite-runtime" else name
    return f"{family} {'.'.join(version.split('.')[:2])}"


def with_version(flatbuffer: bytes, name: str, version: int) -> bytes:
    """Return a model whose operator codes of an operation ask for another version of it."""
    patched = bytearray(flatbuffer)
    for code in root(flatbuffer).tables(1):
        if table().names[max(code.number(0, "b"), code.number(3, "i"))] == name:
            position = code.position(2)
            assert position is not None
            struct.pack_into("<i", patched, position, version)
    return bytes(patched)


@pytest.mark.parametrize("runtime", installed_runtimes())
def test_the_table_holds_for_every_operation_and_version_of_an_installed_runtime(runtime: str) -> None:
    """A runtime takes an operator code exactly when the table says so, for all codes and versions."""
    asked = {
        f"{name} v{version}": one_code_model(code, version).hex()
        for code, name in enumerate(table().names)
        if name not in NOT_REGISTRABLE
        for version in PROBED_VERSIONS
    }
    done = subprocess.run(
        [sys.executable, "-c", PROBE, runtime],
        input=json.dumps(asked),
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    release = release_of(answer["release"])
    if release not in table().releases:
        pytest.skip(f"the table does not reach {release}")
    expected = {text for text in asked if table().has(*split_operation(text), release)}
    assert set(answer["taken"]) == expected


@pytest.mark.parametrize("runtime", installed_runtimes())
def test_a_real_model_is_taken_up_to_the_highest_version_and_refused_above(model: ModelFile, runtime: str) -> None:
    """Each operation of the model that ships runs in its highest version and is refused, by name, in the next."""
    release = release_of(try_model(model.flatbuffer, runtime=runtime, digits=NO_DIGITS).runtime)
    if release not in table().releases:
        pytest.skip(f"the table does not reach {release}")
    for operation in read_graph(model.flatbuffer).operation_counts:
        name, _ = split_operation(operation)
        highest = table().highest[name][table().releases.index(release)]
        try_model(with_version(model.flatbuffer, name, highest), runtime=runtime, digits=NO_DIGITS)
        with pytest.raises(FitError, match=f"no {name} version {highest + 1};"):
            try_model(with_version(model.flatbuffer, name, highest + 1), runtime=runtime, digits=NO_DIGITS)


def test_a_missing_operation_is_named_with_its_version_and_the_oldest_runtime() -> None:
    """The most reported error of this field is foretold: FULLY_CONNECTED v12 on tflite-runtime 2.14."""
    operations = {"FULLY_CONNECTED v12": 2, "CONV_2D v5": 3}
    (missing,) = missing_operations(operations, "tflite-runtime-2.14")
    assert (missing.name, missing.version, missing.count) == ("FULLY_CONNECTED", 12, 2)
    assert str(missing) == "FULLY_CONNECTED v12 (oldest: TensorFlow Lite 2.17, ai-edge-litert 1.0)"
    assert missing_operations(operations, "ai-edge-litert-2") == []


@pytest.mark.parametrize(
    ("operation", "oldest"),
    [
        ("CONV_2D v5", "TensorFlow Lite 2.4, ai-edge-litert 1.0"),
        ("CONV_2D v8", "TensorFlow Lite 2.15, ai-edge-litert 1.0"),
        ("FULLY_CONNECTED v11", "TensorFlow Lite 2.15, ai-edge-litert 1.0"),
        ("FULLY_CONNECTED v14", "TensorFlow Lite 2.21, ai-edge-litert 2.1"),
        ("SOFTMAX v3", "TensorFlow Lite 2.3 or older, ai-edge-litert 1.0"),
        ("MEAN v3", "TensorFlow Lite 2.4, ai-edge-litert 1.0"),
        ("CONV_2D v99", "none up to ai-edge-litert 2.3"),
        ("CUSTOM:FlexErf v1", "none, it needs an operation that is not built in"),
    ],
)
def test_the_oldest_runtime_of_an_operation_is_known(operation: str, oldest: str) -> None:
    """Both lines of releases are searched; what is older than the table is said to be."""
    assert oldest_runtimes(operation) == oldest


def test_the_oldest_runtime_of_a_model_has_all_its_operations() -> None:
    """The newest operation decides."""
    assert oldest_common_runtimes({"MEAN v2": 1, "CONV_2D v8": 1}) == "TensorFlow Lite 2.15, ai-edge-litert 1.0"
    assert oldest_common_runtimes({}) == "TensorFlow Lite 2.3 or older, ai-edge-litert 1.0"


def test_version_1_of_broadcast_to_is_nowhere() -> None:
    """The one operation whose lowest version is not 1 is refused below it."""
    assert missing_operations({"BROADCAST_TO v1": 1}, "tflite-runtime-2.14")
    assert not missing_operations({"BROADCAST_TO v2": 1}, "tflite-runtime-2.14")


def test_micro_has_operations_whatever_their_version() -> None:
    """Micro looks operations up without a version, and lacks some that every other runtime has."""
    assert missing_operations({"CONV_2D v99": 1, "SOFTMAX v3": 1}, MICRO) == []
    (missing,) = missing_operations({"RFFT2D v1": 1}, MICRO)
    assert missing.oldest == "TensorFlow Lite 2.5, ai-edge-litert 1.0"
    assert micro_method("DEPTHWISE_CONV_2D") == "AddDepthwiseConv2D"
    assert micro_method("CUSTOM:TFLite_Detection_PostProcess") == "AddDetectionPostprocess"
    assert micro_method("CUSTOM:Other") == ""


def test_custom_operations_of_every_release_are_known() -> None:
    """What register.cc adds besides the builtin operations is not missing."""
    assert missing_operations({"CUSTOM:TFLite_Detection_PostProcess v1": 1}, "tflite-runtime-2.14") == []


def test_unknown_targets_and_operations_are_refused() -> None:
    """A target that is not in the table is a wrong option, with all targets named."""
    with pytest.raises(UsageError, match=r"tflite-runtime-2\.14, .*micro, found 'tflite-runtime-3'"):
        missing_operations({}, "tflite-runtime-3")
    with pytest.raises(ValueError, match="NAME vVERSION"):
        missing_operations({"CONV_2D": 1}, "micro")


def test_the_table_is_whole() -> None:
    """Every target stands for a column, every row has all columns, and names are those of the schema."""
    found: Table = table()
    assert set(TARGETS.values()) - {""} == set(found.releases)
    assert all(len(row) == len(found.releases) for row in found.highest.values())
    assert found.highest.keys() | found.micro.keys() | found.lowest.keys() <= set(found.names)
    assert all(method.startswith("Add") for method in found.micro.values())
    assert (found.names[3], found.names[9], found.names[127]) == (
        *("CONV_2D", "FULLY_CONNECTED", "PLACEHOLDER_FOR_GREATER_OP_CODES"),
    )
    assert max(max(row) for row in found.highest.values()) < max(PROBED_VERSIONS)


def test_importing_the_table_reads_no_file() -> None:
    """Importing has no effect: the table is read when it is asked for."""
    code = "import pathlib; pathlib.Path.read_text = None; import converters.op_versions"
    root_folder = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root_folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(len(installed_runtimes()) < 2, reason="needs both runtimes")
def test_a_foreign_model_runs_in_the_second_runtime_where_the_first_is_too_old(
    model: ModelFile, seven: np.ndarray, tmp_path: Path
) -> None:
    """A line says why; with --runtime its error is the answer."""
    (tmp_path / "new.tflite").write_bytes(with_version(model.flatbuffer, "FULLY_CONNECTED", 12))
    (tmp_path / "labels.txt").write_text("\n".join("0123456789"))
    Image.fromarray(seven).save(tmp_path / "seven.png")
    command = ["classify", "seven.png", "--model", "new.tflite", "--labels", "labels.txt", "--input-range", "0-255"]
    environment = child_environment()

    def classify(*options: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "device", *command, *options]
        return subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    read, refused = classify(), classify("--runtime", "tflite-runtime")
    assert (read.returncode, read.stdout[:12]) == (0, "seven.png: 7")
    assert re.fullmatch(r"new\.tflite: tflite-runtime .* too old .*; using ai-edge-litert \S+ instead\n", read.stderr)
    assert (refused.returncode, refused.stderr.startswith("error: new.tflite: tflite-runtime ")) == (4, True)
