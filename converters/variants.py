"""The variants a model is converted to: how its numbers are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Representative = Callable[[], Iterator[list[NDArray[np.float32]]]]


@dataclass(frozen=True)
class Variant:
    """A way to store a model's numbers.

    Attributes:
        name: as options, file names and cards have it.
        summary: what it is, in a few words.
        calibrated: whether it needs a representative set.
        configure: sets a converter up for it, given the representative set.
    """

    name: str
    summary: str
    calibrated: bool
    configure: Callable[[Any, Representative], None]


def _float32(converter: Any, representative: Representative) -> None:
    """Leave the converter as it is."""


def _float16(converter: Any, representative: Representative) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def _dynamic(converter: Any, representative: Representative) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def _integer(dtype: tf.DType) -> Callable[[Any, Representative], None]:
    def configure(converter: Any, representative: Representative) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = dtype

    return configure


def _int16x8(converter: Any, representative: Representative) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int16


VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("float32", "as trained", False, _float32),
        Variant("float16", "weights in half precision", False, _float16),
        Variant("dynamic", "8-bit weights, activations quantised while running", False, _dynamic),
        Variant("int8", "all integer, int8 input and output", True, _integer(tf.int8)),
        Variant("int8-uint8", "all integer, uint8 input and output", True, _integer(tf.uint8)),
        Variant(
            "int8-float",
            "all integer, float32 input and output",
            True,
            _integer(tf.float32),
        ),
        Variant("int16x8", "16-bit activations, 8-bit weights", True, _int16x8),
    )
}
