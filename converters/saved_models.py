"""SavedModel folders as references, and converting any TensorFlow function with its variables frozen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from device.errors import ContractError, ModelFileError
from device.inference.input_range import InputRange

from .references import Reference, check_shapes, check_weights

SIGNATURE = "serving_default"


def load_saved_model(path: Path) -> Reference:
    """Load the serving signature of a SavedModel folder.

    Raises:
        ModelFileError: the folder holds no SavedModel, or a damaged one.
        ContractError: its signature is not that of an image classifier of fixed shape.
    """
    if not (path / "saved_model.pb").is_file():
        raise ModelFileError(f"{path}: expected a SavedModel folder, found no saved_model.pb in it; check the path")
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as cause:
        reason = " ".join(str(cause).split())[:200] or type(cause).__name__
        raise ModelFileError(
            f"{path}: expected a whole SavedModel, found one that cannot be loaded ({reason})"
        ) from cause
    if SIGNATURE not in loaded.signatures:
        found = ", ".join(loaded.signatures) or "none"
        raise ContractError(f"{path}: expected the signature {SIGNATURE}, found {found}; export the model for serving")
    signature = loaded.signatures[SIGNATURE]
    inputs, outputs = signature.structured_input_signature[1], signature.structured_outputs
    shape, classes = check_shapes(path, _only_shape(inputs), _only_shape(outputs))
    ((name_in, spec),), (name_out,) = inputs.items(), outputs
    if spec.dtype != tf.float32:
        raise ContractError(f"{path}: expected float32 input, found {spec.dtype.name}; export it with float32 input")
    if spec.shape[0] not in (None, 1):
        raise ContractError(
            f"{path}: expected a free batch, or one of 1, found one of {spec.shape[0]}; export it with a free batch"
        )
    check_weights(path, [(weight.name, weight.numpy()) for weight in signature.variables])

    def call(values: tf.Tensor) -> tf.Tensor:
        # The signature holds the variables; the object that owns them must outlive it.
        assert loaded is not None
        return signature(**{name_in: values})[name_out]

    def answer(values: NDArray[np.float32]) -> NDArray[np.float32]:
        if spec.shape[0] == 1:
            return np.concatenate([call(tf.constant(value[np.newaxis])).numpy() for value in values])
        return np.asarray(call(tf.constant(values)), np.float32)

    return Reference(
        path=path,
        input_shape=shape,
        classes=classes,
        answer=answer,
        make_converter=lambda taken: frozen_converter(call, shape, taken),
        rescales=False,
        loops=has_loops(signature.graph),
    )


def has_loops(graph: Any) -> bool:
    """Return whether a TensorFlow graph or a function that it calls holds a loop."""
    whole = graph.as_graph_def()
    nodes = [*whole.node, *(node for function in whole.library.function for node in function.node_def)]
    return any(node.op in ("While", "StatelessWhile") for node in nodes)


def frozen_converter(call: Callable[[tf.Tensor], tf.Tensor], shape: tuple[int, ...], taken: InputRange) -> Any:
    """Make a converter for a TensorFlow function with batch 1, raw pixels, and its variables as constants.

    Variables that are not frozen first give a small file that loads and answers nonsense.

    Args:
        call: float32 (N, *shape) in the range `taken` → float32 (N, classes).
        shape: without batch.
        taken: the range the function takes.
    """

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def classify(pixels: tf.Tensor) -> tf.Tensor:
        if (taken.scale, taken.offset) == (1.0, 0.0):
            return call(pixels)
        return call(pixels * taken.scale + taken.offset)

    concrete = classify.get_concrete_function(tf.TensorSpec((1, *shape), tf.float32, name="pixels"))
    return tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(concrete)])


def _only_shape(tensors: dict[str, tf.TensorSpec]) -> Any:
    """Return the shape of the only tensor, or all of them where there are several."""
    shapes = [tuple(spec.shape.as_list()) if spec.shape.rank is not None else None for spec in tensors.values()]
    return shapes[0] if len(shapes) == 1 else shapes
