"""Making the flatbuffer of a variant with TensorFlow's converter, and reading what operations it holds."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.lite.tools import flatbuffer_utils

from device.native_stderr import hidden_native_stderr


@dataclass(frozen=True)
class Operations:
    """What a flatbuffer asks of a runtime.

    Attributes:
        counts: "NAME vVERSION" → how often it is used.
        oldest_runtime: the oldest TensorFlow release that knows them all, as the file itself says; "" if it does not.
    """

    counts: Mapping[str, int]
    oldest_runtime: str


def make_flatbuffer(model: keras.Model, variant: str, calibration: NDArray[np.uint8]) -> bytes:
    """Convert a model of batch size 1.

    Args:
        model: takes float32 (1, 28, 28, 1), raw 0–255 pixels.
        variant: "float32" or "int8" (all integer, int8 input and output).
        calibration: uint8 (N, 28, 28), the representative set; used for int8.

    Returns:
        The flatbuffer.

    Raises:
        ValueError: the variant is unknown.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if variant == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _one_by_one(calibration)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    elif variant != "float32":
        raise ValueError(f"expected float32 or int8, found {variant!r}")
    # Keras describes the exported graph on stdout, where only results belong.
    with hidden_native_stderr(), redirect_stdout(io.StringIO()), warnings.catch_warnings():
        # TensorFlow misses statistics that only its converter of 2018 needed.
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs were expected")
        flatbuffer: bytes = converter.convert()
    return flatbuffer


def read_operations(flatbuffer: bytes) -> Operations:
    """Read the operations of a whole flatbuffer."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(flatbuffer))
    names = [
        f"{flatbuffer_utils.opcode_to_name(model, index)} v{code.version}"
        for index, code in enumerate(model.operatorCodes)
    ]
    counts = Counter(names[operator.opcodeIndex] for graph in model.subgraphs for operator in graph.operators)
    oldest = ""
    for metadata in model.metadata or []:
        if metadata.name == b"min_runtime_version":
            oldest = bytes(model.buffers[metadata.buffer].data).rstrip(b"\0").decode()
    return Operations(counts=dict(sorted(counts.items())), oldest_runtime=oldest)


def _one_by_one(digits: NDArray[np.uint8]) -> Iterator[list[NDArray[np.float32]]]:
    for digit in digits.astype(np.float32):
        yield [digit[np.newaxis, :, :, np.newaxis]]
