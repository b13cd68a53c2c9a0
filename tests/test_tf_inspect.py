"""What is read of a flatbuffer without TensorFlow is what TensorFlow reads of it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

from converters.c_array import make_c_array
from converters.graph import read_graph
from converters.inspection import Inspection, inspect_file
from converters.mending import lacking_operations
from converters.op_versions import table
from device.errors import FitError
from device.inference.runtime import installed_runtimes

pytestmark = [
    # TensorFlow's converter warns of statistics that only its converter of 2017 took, whenever the input type is uint8.
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning"),
    # To tell inputs apart by name it uses its own interpreter, which warns of its removal.
    pytest.mark.filterwarnings(r"ignore:\s+Warning. tf\.lite\.Interpreter is deprecated:UserWarning"),
]


def small_model() -> keras.Model:
    """Return a network of two inputs with most operations that image classifiers have."""
    layers = keras.layers
    # Named, because their order in the exported model is not theirs here.
    pixels = keras.Input(batch_shape=(1, 12, 12, 3), name="a_pixels")
    extra = keras.Input(batch_shape=(1, 4), name="b_extra")
    biased = {"bias_initializer": "ones"}  # biases of zero would be left out
    values = layers.Conv2D(8, 3, padding="same", activation="relu", **biased)(pixels)
    values = layers.Add()([values, layers.DepthwiseConv2D(3, padding="same", bias_initializer="random_normal")(values)])
    values = layers.Flatten()(layers.MaxPooling2D()(values))
    values = layers.Concatenate()([values, extra])
    return keras.Model([pixels, extra], layers.Dense(5, activation="softmax", **biased)(values))


@cache
def make_flatbuffer(variant: str) -> bytes:
    """Return the network in one variant."""
    keras.utils.set_random_seed(1)
    converter = tf.lite.TFLiteConverter.from_keras_model(small_model())
    if variant != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if variant == "uint8":
        rng = np.random.default_rng(1)
        shapes = {"a_pixels": (1, 12, 12, 3), "b_extra": (1, 4)}
        converter.representative_dataset = lambda: (
            {name: rng.random(shape, np.float32) for name, shape in shapes.items()} for _ in range(5)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    return bytes(converter.convert())


@pytest.fixture(scope="module", params=["float32", "float16", "dynamic", "uint8"])
def flatbuffer(request: pytest.FixtureRequest) -> bytes:
    """The network in one variant."""
    return make_flatbuffer(request.param)


def test_operations_and_tensors_are_those_that_tensorflow_reads(flatbuffer: bytes) -> None:
    """Names, versions, shapes, scales, zero points and ends agree for every variant."""
    graph = read_graph(flatbuffer)
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(flatbuffer))
    theirs = model.subgraphs[0]
    codes = [
        f"{flatbuffer_utils.opcode_to_name(model, index)} v{code.version}"
        for index, code in enumerate(model.operatorCodes)
    ]
    assert graph.operation_counts == Counter(codes[operator.opcodeIndex] for operator in theirs.operators)
    ours = graph.subgraphs[0]
    assert (ours.inputs, ours.outputs) == (tuple(theirs.inputs), tuple(theirs.outputs))
    for mine, their in zip(ours.tensors, theirs.tensors, strict=True):
        assert mine.name == their.name.decode()
        assert mine.shape == tuple(their.shape)
        scales = () if their.quantization is None or their.quantization.scale is None else their.quantization.scale
        assert mine.scales == tuple(scales)
        assert len(mine.zero_points) == len(mine.scales)
    assert [each.inputs for each in ours.operations] == [tuple(each.inputs) for each in theirs.operators]


def test_a_model_with_two_inputs_is_inspected(flatbuffer: bytes, tmp_path: Path) -> None:
    """It is no digit model, and still it is counted as by hand, loaded and run."""
    (tmp_path / "two.tflite").write_bytes(flatbuffer)
    found = inspect_file(tmp_path / "two.tflite", runtimes=tuple(installed_runtimes()))
    assert isinstance(found, Inspection)
    assert found.parameters == (9 * 3 * 8 + 8) + (9 * 8 + 8) + (292 * 5 + 5)
    assert found.macs.total == 144 * 9 * 3 * 8 + 144 * 9 * 8 + 292 * 5
    litert = [loading for loading in found.loadings if loading.runtime.startswith("ai-edge-litert")]
    assert all(loading.loads for loading in litert), found.loadings
    for loading in found.loadings:
        release = "tensorflow 2.14" if loading.runtime.startswith("tflite-runtime 2.14") else "ai-edge-litert 2.0"
        fits = all(table().has(*_split(text), release) for text in found.graph.operation_counts)
        assert loading.loads == fits, (loading, found.graph.operation_counts)


@pytest.mark.parametrize(("variant", "types"), [("dynamic", "of float32 with int8 weights"), ("float16", "of float16")])
def test_types_that_micro_has_no_kernel_for_are_missing_there(variant: str, types: str, tmp_path: Path) -> None:
    """Hybrid layers and half precision are named by inspect and as a target, and make no C array."""
    (tmp_path / "m.tflite").write_bytes(make_flatbuffer(variant))
    found = inspect_file(tmp_path / "m.tflite", runtimes=())
    assert isinstance(found, Inspection)
    assert found.micro_missing
    assert all(text.endswith(f" {types}") for text in found.micro_missing)
    content = (tmp_path / "m.tflite").read_bytes()
    assert [each.text for each in lacking_operations(content, ("micro",))["micro"]] == [*found.micro_missing]
    with pytest.raises(FitError, match=f"found {found.micro_missing[0]}"):
        make_c_array(content, name="m", model=None)


@pytest.mark.parametrize("variant", ["float32", "uint8"])
def test_variants_of_one_type_are_whole_for_micro(variant: str) -> None:
    """Shapes, biases and the ends of an integer model are no weights."""
    assert lacking_operations(make_flatbuffer(variant), ("micro",)) == {}


def test_a_model_of_any_batch_is_a_c_array_of_the_one_it_holds() -> None:
    """TensorFlow's converter leaves the batch open unless it is told otherwise, and stores a tensor of batch 1."""
    pixels = keras.Input((12, 12))
    model = keras.Model(pixels, keras.layers.Dense(5)(keras.layers.Reshape((144,))(pixels)))
    flatbuffer = bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    graph = read_graph(flatbuffer).subgraphs[0]
    assert graph.tensors[graph.inputs[0]].shape == (-1, 12, 12)
    header = make_c_array(flatbuffer, name="m", model=None).header
    assert "using InputType = float;  // 1x12x12\nconstexpr std::size_t kInputElements = 144;" in header
    assert "using OutputType = float;  // 1x5\n" in header


def _split(text: str) -> tuple[str, int]:
    name, version = text.rsplit(" v", 1)
    return name, int(version)


def test_names_are_those_of_tensorflows_schema() -> None:
    """The position of a name in the table is the operation's code."""
    from tensorflow.lite.python import schema_py_generated as schema

    codes = {name: code for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    names = table().names
    assert {name: code for code, name in enumerate(names) if name in codes} == {
        name: code for name, code in codes.items() if name in names
    }
    assert len(set(names) & set(codes)) >= 200
