"""Keras models as references: `.keras` and `.h5` files, those of Keras 2 through tf_keras."""

from __future__ import annotations

import importlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.errors import ContractError, EdgeDigitsError, ExtraMissingError, ModelFileError
from device.inference.input_range import InputRange

from .convolution_heads import with_convolution_heads
from .references import Reference, check_shapes, check_weights
from .saved_models import frozen_converter, has_loops

_REBUILD = "rebuild it from standard layers, or save it with model.export(FOLDER) and name that folder"
HDF5_MARK = b"\x89HDF\r\n\x1a\n"
_SCOPE_NAME = r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*"  # what TensorFlow takes for a name
_HDF5_TEXT = re.compile(r"(Unable|Can't|Unspecified error) .*\(.*\)")  # of h5py, with addresses and checksums


def load_keras(path: Path) -> Reference:
    """Load a `.keras` file.

    Raises:
        ModelFileError: it is missing, damaged, or needs code that is not here.
        ContractError: it is no image classifier of fixed shape.
    """
    return _reference(path, read_keras(path))


def read_keras(path: Path) -> keras.Model:
    """Read a `.keras` file without its optimiser.

    Raises:
        ModelFileError: it is missing, damaged, or needs code that is not here.
    """
    if not path.is_file():
        raise ModelFileError(f"{path}: expected a .keras model, found no such file; make one with `edge-digits train`")
    if not zipfile.is_zipfile(path):
        raise ModelFileError(f"{path}: expected a .keras model, found another or a damaged file; train it again")
    _refuse_damage(path)
    return _load(path, lambda: keras.models.load_model(path, compile=False))


def _refuse_damage(path: Path) -> None:
    """Check every byte of a `.keras` file by its ZIP's checksums, which Keras does not always do."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, zlib.error) as cause:
        raise ModelFileError(
            f"{path}: expected a whole .keras model, found damage ({cause}); train it again"
        ) from cause
    if damaged is not None:
        raise ModelFileError(f"{path}: expected a whole .keras model, found damage in {damaged}; train it again")


def read_trained(path: Path) -> keras.Model:
    """Read a `.keras` or `.h5` file of Keras 3 to go on from or to learn from, without its optimiser.

    Raises:
        ModelFileError: it is missing, another kind of file, damaged, needs code that is not here, or has weights that
            are no numbers.
    """
    if path.suffix not in (".keras", ".h5"):
        raise ModelFileError(f"{path}: expected a .keras or .h5 model, found another kind of file; check the path")
    model = read_keras(path) if path.suffix == ".keras" else _read_h5(path)
    check_weights(path, [(weight.path, np.asarray(weight)) for weight in model.weights])
    return model


def load_h5(path: Path) -> Reference:
    """Load an HDF5 file of Keras 3, or of Keras 2 through tf_keras where Keras 3 cannot read it.

    Raises:
        ModelFileError: it is missing, damaged, holds weights alone, or needs code that is not here.
        ContractError: it is no image classifier of fixed shape.
        ExtraMissingError: only tf_keras could read it, and it is not installed.
    """
    try:
        return _reference(path, _read_h5(path))
    except ModelFileError as from_keras_3:
        holds_weights_alone = "weights" in str(from_keras_3) and "config" in str(from_keras_3)
        if holds_weights_alone or isinstance(from_keras_3.__cause__, OSError):  # damaged, for whichever Keras
            raise
        try:
            tf_keras = importlib.import_module("tf_keras")
        except ModuleNotFoundError as cause:
            raise ExtraMissingError(
                f"{from_keras_3}; if Keras 2 wrote it, pip install tf_keras and convert again"
            ) from cause
        return _legacy_reference(path, _load(path, lambda: tf_keras.models.load_model(path, compile=False)))


def _read_h5(path: Path) -> keras.Model:
    if not path.is_file():
        raise ModelFileError(f"{path}: expected an .h5 model, found no such file; check the path")
    with path.open("rb") as file:
        if file.read(len(HDF5_MARK)) != HDF5_MARK:
            raise ModelFileError(f"{path}: expected an HDF5 file, found another or a damaged one; save it again")
    return _load(path, lambda: keras.models.load_model(path, compile=False))


def with_raw_pixels(model: keras.Model, taken: InputRange) -> keras.Model:
    """Rebuild a model on raw pixels and a batch size of 1.

    A dynamic batch leaves shape arithmetic in the graph and keeps XNNPACK away, which makes inference several times
    slower. Rescaling is folded into the first layer by the converter.

    Args:
        model: takes (None, *shape) in the range `taken`.
        taken: that range.

    Returns:
        The same layers and weights, taking raw 0–255 pixels, (1, *shape).
    """
    pixels = keras.Input(batch_shape=(1, *model.input_shape[1:]), name="pixels")
    values: Any = pixels
    if (taken.scale, taken.offset) != (1.0, 0.0):
        values = keras.layers.Rescaling(taken.scale, taken.offset)(pixels)
    return keras.Model(pixels, model(values, training=False), name=model.name)


def _load(path: Path, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except EdgeDigitsError:
        raise
    except Exception as cause:
        raise ModelFileError(f"{path}: expected a model that Keras can load, found {_reason(cause)}") from cause


def _reason(cause: Exception) -> str:
    """Say in a few words why Keras cannot load a model; its own messages hold whole configurations."""
    text = " ".join(str(cause).split())
    unknown = re.search(r"(?:Could not locate class|Unknown layer:?) '?(\w+)'?", text)
    if unknown:
        return f"one with the layer {unknown[1]}, whose code is not here; {_REBUILD}"
    if "Lambda" in text and "Python lambda" in text:
        return f"one with a Lambda layer, whose Python code is not run; {_REBUILD}"
    if "No model config found" in text:
        return "weights without a model's configuration; save the whole model with model.save"
    if isinstance(cause, (OSError, json.JSONDecodeError)) or _HDF5_TEXT.match(text):
        return "a damaged file; save it again"
    return f"another or a damaged one ({text[:200] or type(cause).__name__}); save it again"


def _reference(path: Path, model: keras.Model) -> Reference:
    shape, classes = check_shapes(path, getattr(model, "input_shape", None), getattr(model, "output_shape", None))
    check_weights(path, [(weight.path, np.asarray(weight)) for weight in model.weights])
    _refuse_structures(path, model)
    _refuse_names(path, model)
    _leave_mixed_precision(model)

    def answer(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(model.predict_on_batch(values), np.float32)

    return Reference(
        path=path,
        input_shape=shape,
        classes=classes,
        answer=answer,
        make_converter=lambda taken: tf.lite.TFLiteConverter.from_keras_model(with_raw_pixels(model, taken)),
        rescales=any(isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization)) for layer in model.layers),
        # The layers of layers, such as those of Bidirectional, are reached by no public name.
        loops=any(isinstance(layer, keras.layers.RNN) and not layer.unroll for layer in model._flatten_layers()),
        make_convolution_converter=lambda taken: tf.lite.TFLiteConverter.from_keras_model(
            with_raw_pixels(with_convolution_heads(model), taken)
        ),
    )


def _refuse_structures(path: Path, model: keras.Model) -> None:
    """Raise ContractError where a model takes or gives tensors by name, as those for several tasks do."""
    for kind, tensor in (("take", getattr(model, "input", None)), ("give", getattr(model, "output", None))):
        if isinstance(tensor, dict):
            raise ContractError(
                f"{path}: expected a model to {kind} one tensor, found one by the name {', '.join(map(str, tensor))}; "
                "build another around it with keras.Model(inputs, outputs), one of each"
            )


def _refuse_names(path: Path, model: keras.Model) -> None:
    """Raise ContractError where a model or a layer has a name that TensorFlow does not take, though Keras does."""
    for kind, name in (("model", model.name), *(("layer", layer.name) for layer in model._flatten_layers())):
        if not re.fullmatch(_SCOPE_NAME, name):
            raise ContractError(
                f"{path}: expected names of letters, digits, . _ - and /, as TensorFlow takes them, found the {kind} "
                f"{name!r}; build it again with another name"
            )


def _leave_mixed_precision(model: keras.Model) -> None:
    """Let layers compute in the precision of their weights.

    Mixed precision, which is for training on a GPU, keeps float32 weights and computes in float16, which the converter
    does not translate.
    """
    for layer in model._flatten_layers():
        if layer.compute_dtype != layer.variable_dtype:
            layer.dtype_policy = layer.variable_dtype


def _legacy_reference(path: Path, model: Any) -> Reference:
    shape, classes = check_shapes(path, model.input_shape, model.output_shape)
    check_weights(path, [(weight.name, weight.numpy()) for weight in model.weights])

    def call(values: tf.Tensor) -> tf.Tensor:
        return model(values, training=False)

    return Reference(
        path=path,
        input_shape=shape,
        classes=classes,
        answer=lambda values: np.asarray(call(tf.constant(values)), np.float32),
        make_converter=lambda taken: frozen_converter(call, shape, taken),
        rescales=any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in model.layers),
        loops=has_loops(tf.function(call).get_concrete_function(tf.TensorSpec((1, *shape), tf.float32)).graph),
    )
