"""Handing an epoch to Keras in batches."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def in_batches(images: NDArray[np.uint8], targets: NDArray[Any], *, batch_size: int) -> dict[str, Any]:
    """Return the arguments with which `fit`, told not to shuffle, or `evaluate` goes over the pictures once, in order.

    Args:
        images: uint8 (N, 28, 28, 1).
        targets: (N,) or (N, classes).
        batch_size: pictures in a step.
    """
    if keras.backend.backend() != "tensorflow":
        return {"x": images, "y": targets, "batch_size": batch_size}
    import tensorflow as tf

    # What Keras makes of arrays by itself is tuned while it runs, and waits for that up to a second after each epoch.
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    dataset = tf.data.Dataset.from_tensor_slices((images, targets)).batch(batch_size)
    return {"x": dataset.with_options(options).prefetch(2)}
