"""Loading a trained Keras model to learn from or to go on from."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from device.errors import DataError


def load_trained(path: Path, *, purpose: str) -> keras.Model:
    """Load a Keras model, not compiled, whose weights are all finite.

    Args:
        path: a .keras or .h5 file.
        purpose: what it is wanted for, for the message.

    Raises:
        DataError: it is missing, no Keras model, or has weights that are no numbers.
    """
    if not path.is_file():
        raise DataError(f"{path}: expected a Keras model {purpose}, found no file; check the path")
    try:
        model = keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as cause:
        raise DataError(
            f"{path}: expected a Keras model (.keras or .h5) {purpose}, found another kind of file or a damaged one"
        ) from cause
    broken = [layer.name for layer in model.layers if not all(np.isfinite(each).all() for each in layer.get_weights())]
    if broken:
        raise DataError(f"{path}: expected finite weights, found NaN or infinity in layer {broken[0]}; train it again")
    return model
