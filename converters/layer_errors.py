"""Which layers lose most by int8, and keeping them in float: TensorFlow's quantisation debugger put to use.

The measure is that of TensorFlow's guide to the debugger: the root mean square of a layer's error over its quantisation
step. Rounding alone gives 1/√12, about 0.29; more means that the range, not the rounding, costs accuracy.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.errors import FitError, UsageError

from .quiet_conversion import quiet_conversion

MOST_IMAGES = 200
MOST_DESCRIBED = 20


@dataclass(frozen=True)
class LayerError:
    """How much one layer loses by int8.

    Attributes:
        name: of its output tensor; fused layers are joined by ";".
        operation: such as "CONV_2D".
        steps: root mean square error over the quantisation step; rounding alone gives 0.29.
        largest: largest absolute error, in the unit of the layer's output.
    """

    name: str
    operation: str
    steps: float
    largest: float

    @property
    def short_name(self) -> str:
        """The last part of the first of its names that is not an activation or normalisation."""
        parts = [part.split("/") for part in self.name.split(";")]
        layers = [part[-2] if len(part) > 1 else part[-1] for part in parts]
        plain = [layer for layer in layers if not layer.startswith(("re_lu", "batch_norm", "batchnorm"))]
        return (plain or layers)[0]


def layer_errors(make_converter: Callable[[], Any], calibration: NDArray[np.uint8]) -> list[LayerError]:
    """Measure each layer's quantisation error on the representative set, the worst first.

    Args:
        make_converter: gives a fresh TensorFlow converter for batch 1 and raw pixels.
        calibration: uint8 (N, *shape).
    """
    table = io.StringIO()
    with quiet_conversion():
        debugger = _debugger(make_converter, calibration, ())
        debugger.run()
        debugger.layer_statistics_dump(table)
    rows = csv.DictReader(io.StringIO(table.getvalue()))
    found = [
        LayerError(
            name=row["tensor_name"],
            operation=row["op_name"],
            steps=math.sqrt(float(row["mean_squared_error"])) / float(row["scale"]),
            largest=float(row["max_abs_error"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda layer: -layer.steps)


def keep_layers_float(
    make_converter: Callable[[], Any], calibration: NDArray[np.uint8], layers: list[LayerError]
) -> bytes:
    """Convert to int8 with float32 input and output and some layers in float32.

    Args:
        make_converter: gives a fresh TensorFlow converter for batch 1 and raw pixels.
        calibration: uint8 (N, *shape), the representative set.
        layers: which to leave as they are.

    Returns:
        The flatbuffer.

    Raises:
        FitError: nothing would be left to quantise.
    """
    with quiet_conversion():
        try:
            debugger = _debugger(make_converter, calibration, tuple(layer.name for layer in layers))
        except ValueError as cause:
            raise FitError("nothing is left to quantise when these layers stay in float; use float32") from cause
        return bytes(debugger.get_nondebug_quantized_model())


def matching_layers(layers: list[LayerError], wanted: tuple[str, ...]) -> list[LayerError]:
    """Return the layers whose names hold the words that were given.

    Raises:
        UsageError: a word is in no layer's name; names those there are.
    """
    for word in wanted:
        if not any(word in layer.name for layer in layers):
            names = ", ".join(sorted({layer.short_name for layer in layers}))
            raise UsageError(f"--keep-float: expected a layer of the model, found {word!r}; its layers are {names}")
    return [layer for layer in layers if any(word in layer.name for word in wanted)]


def describe_errors(layers: list[LayerError]) -> list[str]:
    """Return a line for each of the worst layers, the worst first, and one for how many others there are."""
    lines = [
        f"{layer.short_name} ({layer.operation}): {layer.steps:.2f} steps (rounding alone 0.29), "
        f"at most {layer.largest:.4g}"
        for layer in layers[:MOST_DESCRIBED]
    ]
    others = len(layers) - MOST_DESCRIBED
    return [*lines, f"and {others} more layers, which lose less"] if others > 0 else lines


def _debugger(make_converter: Callable[[], Any], calibration: NDArray[np.uint8], kept: tuple[str, ...]) -> Any:
    def images() -> Iterator[list[NDArray[np.float32]]]:
        for image in calibration[:MOST_IMAGES]:
            yield [image[np.newaxis].astype(np.float32)]

    converter = make_converter()
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = images
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=list(kept) or None)
    return tf.lite.experimental.QuantizationDebugger(converter=converter, debug_dataset=images, debug_options=options)
