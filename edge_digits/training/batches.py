"""Handing an epoch to Keras in batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from .step_progress import step_progress


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


def fit_once(
    model: keras.Model,
    images: NDArray[np.uint8],
    targets: NDArray[Any],
    *,
    batch_size: int,
    label: str = "",
    report: Callable[[str], None] | None = None,
) -> dict[str, list[float]]:
    """Train on the pictures once, in order, and return what Keras says of it by name.

    Args:
        model: compiled.
        images: uint8 (N, 28, 28, 1).
        targets: (N,) or (N, classes).
        batch_size: pictures in a step.
        label: what progress calls it.
        report: takes progress where stderr is no terminal; None for no progress anywhere.
    """
    batches = in_batches(images, targets, batch_size=batch_size)
    with nullcontext() if report is None else _shown_steps(label, math.ceil(len(images) / batch_size), report) as shown:
        history: dict[str, list[float]] = model.fit(**batches, shuffle=False, verbose=0, callbacks=shown).history
    return history


@contextmanager
def _shown_steps(label: str, steps: int, report: Callable[[str], None]) -> Iterator[list[keras.callbacks.Callback]]:
    """Give what Keras is to call so that its steps are shown."""
    with step_progress(label, steps=steps, report=report) as advance:
        yield [keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: advance(batch + 1))]
