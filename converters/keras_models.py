"""Loading a Keras digit model and fixing its batch size to 1, as the converter needs it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import keras
import numpy as np

from device.contract import SIDE
from device.errors import ContractError, ModelFileError


def load_keras_model(path: Path) -> keras.Model:
    """Load a `.keras` file without its optimiser.

    Raises:
        ModelFileError: it is missing or no Keras model.
    """
    if not path.is_file():
        raise ModelFileError(f"{path}: expected a .keras model, found no such file; make one with `edge-digits train`")
    if not zipfile.is_zipfile(path):
        raise ModelFileError(f"{path}: expected a .keras model, found another or a damaged file; train it again")
    try:
        return keras.models.load_model(path, compile=False)
    except Exception as cause:
        reason = " ".join(str(cause).split())[:200] or type(cause).__name__
        raise ModelFileError(f"{path}: expected a .keras model, found one that Keras cannot load ({reason})") from cause


def check_digit_model(model: keras.Model, path: Path, *, labels: int) -> None:
    """Refuse a model that does not take canonical digits or answer with one score a label.

    Raises:
        ContractError: names what was expected and found.
        ModelFileError: a weight is not a finite number.
    """
    shapes = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    if shapes[0] != (None, SIDE, SIDE, 1) or shapes[1] != (None, labels):
        raise ContractError(
            f"{path}: expected input (None, {SIDE}, {SIDE}, 1) and output (None, {labels}), "
            f"found {shapes[0]} and {shapes[1]}: not a digit model"
        )
    for weight in model.weights:
        if not np.isfinite(np.asarray(weight)).all():
            raise ModelFileError(
                f"{path}: expected finite weights, found NaN or infinity in {weight.path}; train again"
            )


def fix_batch_size(model: keras.Model) -> keras.Model:
    """Rebuild a model on an input of batch size 1.

    A dynamic batch leaves shape arithmetic in the graph and keeps XNNPACK away, which makes inference several times
    slower.

    Args:
        model: takes (None, 28, 28, 1).

    Returns:
        The same layers and weights, taking (1, 28, 28, 1).
    """
    pixels = keras.Input(batch_shape=(1, *model.input_shape[1:]), name="pixels")
    return keras.Model(pixels, model(pixels, training=False), name=model.name)
