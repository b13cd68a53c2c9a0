"""A stripped flatbuffer is smaller and answers the same bits."""

from __future__ import annotations

import io
import struct
from contextlib import redirect_stdout
from typing import Any

import flatbuffers
import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import ROOT
from flatbuffers.table import Table

from benchmarks.measuring_digits import MeasuringDigits
from converters.flatbuffer_objects import pack_model, unpack_model
from converters.stripping import strip
from device.errors import ModelFileError
from device.inference.model_file import read_model
from device.inference.runtime import installed_runtimes
from device.inference.trial import try_model
from device.native_stderr import hidden_native_stderr

SHIPPED = ("cnn_float32", "cnn_int8")
WIDTHS = (8, 12, 16, 16, 16)
# Fields of the tables Model and Buffer in the schema of TFLite.
MODEL_BUFFERS, BUFFER_DATA = 4, 0


def shipped(name: str) -> bytes:
    """Read the flatbuffer of a model that ships."""
    return read_model(ROOT / f"device/models/{name}.tflite").flatbuffer


@pytest.fixture(scope="module")
def small_int8(sample_digits: MeasuringDigits) -> bytes:
    """An int8 flatbuffer of about 9,000 parameters, its weights random."""
    keras.utils.set_random_seed(1)
    pixels = x = keras.Input(batch_shape=(1, 28, 28, 1), name="pixels")
    for index, filters in enumerate(WIDTHS):
        x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
        if index % 2:
            x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Flatten()(keras.layers.MaxPooling2D()(x))
    # The converter leaves out a bias of zeros, which no trained model has.
    scores = keras.layers.Dense(10, activation="softmax", bias_initializer="uniform")(x)
    model = keras.Model(pixels, scores)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    calibration = sample_digits.images[:20, np.newaxis, :, :, np.newaxis].astype(np.float32)
    converter.representative_dataset = lambda: ([digit] for digit in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with hidden_native_stderr(), redirect_stdout(io.StringIO()), pytest.warns(UserWarning, match="Statistics"):
        flatbuffer: bytes = converter.convert()
    return flatbuffer


def weight_bytes(flatbuffer: bytes) -> int:
    """Return the length of all kernels and biases."""
    model = unpack_model(flatbuffer)
    graph = model.subgraphs[0]
    held = {
        graph.tensors[number].buffer
        for operator in graph.operators
        if len(operator.inputs) == 3
        for number in operator.inputs[1:]
        if number >= 0
    }
    return sum(len(model.buffers[number].data) for number in held if model.buffers[number].data is not None)


def data_positions(flatbuffer: bytes) -> list[int]:
    """Return where the bytes of each buffer that has any start, read with the flatbuffers package alone."""
    (root,) = struct.unpack_from("<I", flatbuffer)
    model = Table(bytearray(flatbuffer), root)
    field = model.Offset(4 + 2 * MODEL_BUFFERS)
    start = model.Vector(field)
    tables = [Table(model.Bytes, model.Indirect(start + 4 * index)) for index in range(model.VectorLen(field))]
    fields = [(table, table.Offset(4 + 2 * BUFFER_DATA)) for table in tables]
    return [table.Vector(field) for table, field in fields if field]


def plain(value: Any) -> Any:
    """Turn the objects of a model into lists and dicts that can be compared."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [plain(each) for each in value]
    return {key: plain(each) for key, each in vars(value).items()} if hasattr(value, "__dict__") else value


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("keep_bias_scales", [True, False])
def test_the_answers_are_the_same_bits(name: str, keep_bias_scales: bool, sample_digits: MeasuringDigits) -> None:
    """Every runtime gives the same scores for 200 test digits before and after."""
    flatbuffer, digits = shipped(name), sample_digits.images[:200]
    stripped = strip(flatbuffer, keep_bias_scales=keep_bias_scales).flatbuffer
    for runtime in installed_runtimes():
        before = try_model(flatbuffer, runtime=runtime, digits=digits)
        after = try_model(stripped, runtime=runtime, digits=digits)
        assert (after.input, after.output) == (before.input, before.output)
        np.testing.assert_array_equal(after.raw_scores, before.raw_scores)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_saving_is_what_is_missing(name: str) -> None:
    """The result says how much shorter it is, and it is shorter."""
    flatbuffer = shipped(name)
    stripped = strip(flatbuffer)
    assert stripped.saved_bytes == len(flatbuffer) - len(stripped.flatbuffer) >= 0


def test_a_small_model_carries_little_but_its_weights(small_int8: bytes, sample_digits: MeasuringDigits) -> None:
    """Six layers of 78 channels need less than 3 kB of container without scales of biases, 3.4 kB with them."""
    weights = weight_bytes(small_int8)
    assert len(small_int8) - weights > 6_000
    assert len(strip(small_int8).flatbuffer) - weights < 3_400
    smallest = strip(small_int8, keep_bias_scales=False).flatbuffer
    assert len(smallest) - weights < 3_000
    for runtime in installed_runtimes():
        before, after = (
            try_model(each, runtime=runtime, digits=sample_digits.images[:50]) for each in (small_int8, smallest)
        )
        np.testing.assert_array_equal(after.raw_scores, before.raw_scores)


def test_what_runtimes_need_stays(small_int8: bytes) -> None:
    """Tensors keep their numbers, shapes, types and quantisation, operators their options, and weights their values."""
    before, after = unpack_model(small_int8), unpack_model(strip(small_int8).flatbuffer)
    old, new = before.subgraphs[0], after.subgraphs[0]
    assert (new.inputs.tolist(), new.outputs.tolist()) == (old.inputs.tolist(), old.outputs.tolist())
    assert [plain(operator) for operator in new.operators] == [plain(operator) for operator in old.operators]
    for mine, its in zip(new.tensors, old.tensors, strict=True):
        assert (mine.shape.tolist(), mine.type) == (its.shape.tolist(), its.type)
        assert plain(after.buffers[mine.buffer].data) == plain(before.buffers[its.buffer].data)
        if its.quantization.scale is not None:
            assert mine.quantization.scale.tolist() == its.quantization.scale.tolist()
            assert mine.quantization.zeroPoint.tolist() == its.quantization.zeroPoint.tolist()


def test_what_runtimes_do_not_need_goes(small_int8: bytes) -> None:
    """Description, names, signature and the converter's own metadata go; the oldest runtime stays."""
    before, after = unpack_model(small_int8), unpack_model(strip(small_int8).flatbuffer)
    assert before.signatureDefs
    assert (after.description, after.signatureDefs, after.subgraphs[0].name) == (None, None, None)
    assert all(tensor.name is None for tensor in after.subgraphs[0].tensors)
    assert [entry.name for entry in after.metadata] == [b"min_runtime_version"]
    assert b"MLIR" in small_int8
    assert b"MLIR" not in strip(small_int8).flatbuffer


def test_ranges_seen_in_training_go(small_int8: bytes) -> None:
    """Minimum and maximum of a quantised tensor are for converters."""
    model = unpack_model(small_int8)
    quantization = model.subgraphs[0].tensors[0].quantization
    quantization.min, quantization.max = np.zeros(1, np.float32), np.ones(1, np.float32)
    after = unpack_model(strip(pack_model(model)).flatbuffer).subgraphs[0].tensors[0].quantization
    assert (after.min, after.max) == (None, None)


def test_nothing_unused_and_nothing_twice_stays(small_int8: bytes) -> None:
    """An operator that no one calls, a buffer that no one holds and a second copy of a buffer cost nothing."""
    model = unpack_model(small_int8)
    kernel = next(tensor for tensor in model.subgraphs[0].tensors if len(tensor.shape) == 4 and tensor.shape[0] > 1)
    model.operatorCodes = [model.operatorCodes[-1], *model.operatorCodes]
    for operator in model.subgraphs[0].operators:
        operator.opcodeIndex += 1
    model.buffers += [model.buffers[kernel.buffer], type(model.buffers[0])(data=np.arange(99, dtype=np.uint8))]
    kernel.buffer = len(model.buffers) - 2
    assert len(strip(pack_model(model)).flatbuffer) == len(strip(small_int8).flatbuffer)


def test_operators_have_one_number_that_all_readers_take(small_int8: bytes) -> None:
    """Whoever takes the larger of the old and the new field, as the schema says, reads the operators as before."""
    before, after = unpack_model(small_int8), unpack_model(strip(small_int8).flatbuffer)
    assert [max(code.builtinCode, code.deprecatedBuiltinCode) for code in after.operatorCodes] == [
        code.builtinCode for code in before.operatorCodes
    ]
    assert [code.version for code in after.operatorCodes] == [code.version for code in before.operatorCodes]


def test_several_signatures_stay(small_int8: bytes) -> None:
    """Who has more than one way in needs their names."""
    model = unpack_model(small_int8)
    model.signatureDefs = model.signatureDefs * 2
    after = unpack_model(strip(pack_model(model)).flatbuffer)
    assert [plain(each) for each in after.signatureDefs] == [plain(each) for each in model.signatureDefs]


def test_biases_may_name_the_scales_of_their_kernels(small_int8: bytes) -> None:
    """Only where it is asked for: a reader that believes the file would be misled."""
    graph = unpack_model(strip(small_int8, keep_bias_scales=False).flatbuffer).subgraphs[0]
    layers = [operator.inputs[1:] for operator in graph.operators if len(operator.inputs) == 3]
    assert len(layers) == len(WIDTHS) + 1
    for numbers in layers:
        kernel, bias = (graph.tensors[number].quantization for number in numbers)
        assert bias.scale.tolist() == kernel.scale.tolist()


def test_biases_keep_their_axis(small_int8: bytes) -> None:
    """The channels of a depthwise kernel are its last axis, and those of its bias the only one."""
    model = unpack_model(small_int8)
    convolution = model.subgraphs[0].operators[0]
    kernel, bias = convolution.inputs[1:]
    model.subgraphs[0].tensors[kernel].quantization.quantizedDimension = 3
    stripped = unpack_model(strip(pack_model(model), keep_bias_scales=False).flatbuffer).subgraphs[0]
    assert [stripped.tensors[number].quantization.quantizedDimension for number in (kernel, bias)] == [3, 0]


@pytest.mark.parametrize("name", SHIPPED)
def test_weights_start_at_multiples_of_16(name: str) -> None:
    """Vector instructions of some processors read weights from aligned addresses only."""
    positions = data_positions(strip(shipped(name)).flatbuffer)
    assert len(positions) > 10
    assert all(position % 16 == 0 for position in positions)


@pytest.mark.parametrize("name", SHIPPED)
def test_packing_keeps_every_value(name: str) -> None:
    """What is read back from a packed model is what was packed."""
    flatbuffer = shipped(name)
    assert plain(unpack_model(pack_model(unpack_model(flatbuffer)))) == plain(unpack_model(flatbuffer))


@pytest.mark.parametrize("name", SHIPPED)
def test_packing_is_tighter_than_that_of_the_library(name: str) -> None:
    """Equal parts once and no gaps save bytes even before anything is removed."""
    model = unpack_model(shipped(name))
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    assert len(pack_model(model)) < len(builder.Output())


def test_stripping_again_changes_nothing(small_int8: bytes) -> None:
    """All that can go went the first time."""
    once = strip(small_int8).flatbuffer
    again = strip(once)
    assert plain(unpack_model(again.flatbuffer)) == plain(unpack_model(once))
    assert again.saved_bytes == 0


def test_weights_outside_of_the_flatbuffer_are_refused(small_int8: bytes) -> None:
    """A model whose weights lie behind the flatbuffer cannot be packed anew."""
    model = unpack_model(small_int8)
    model.buffers[-1].offset = 4096
    with pytest.raises(ModelFileError, match="weights inside, found them behind"):
        strip(pack_model(model))
