"""Training batches as a tf.data pipeline that depends on seed, epoch and step alone, so that a run can be resumed."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from .augmentation import AffineRange, distort


def training_batches(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    *,
    classes: int,
    batch_size: int,
    epochs: range,
    seed: int,
    limits: AffineRange | None,
) -> tf.data.Dataset:
    """Make the batches of the given epochs, each epoch in its own order.

    Args:
        images: uint8 (N, 28, 28).
        labels: uint8 (N,).
        classes: number of labels.
        batch_size: digits in a batch; what does not fill one is left out of that epoch.
        epochs: which epochs; starting later gives exactly the batches that a whole run would give from there.
        seed: order and distortion follow from it.
        limits: range of the distortion, or None for none.

    Returns:
        A dataset of (float32 (B, 28, 28, 1), float32 (B, classes)).
    """
    pixels = tf.constant(images[..., np.newaxis])
    targets = tf.one_hot(tf.constant(labels.astype(np.int32)), classes)
    count, steps = len(images), steps_per_epoch(len(images), batch_size)

    def epoch_batches(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), seed=tf.stack([tf.cast(seed, tf.int64), epoch])
        )

        def batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            chosen = order[step * batch_size : (step + 1) * batch_size]
            digits = tf.cast(tf.gather(pixels, chosen), tf.float32)
            if limits is not None:
                digits = distort(digits, seed=tf.stack([seed + epoch, step]), limits=limits)
            return digits, tf.gather(targets, chosen)

        return tf.data.Dataset.range(steps).map(batch, num_parallel_calls=2, deterministic=True)

    return tf.data.Dataset.range(epochs.start, epochs.stop).flat_map(epoch_batches).prefetch(4)


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return how many whole batches `count` digits make."""
    return count // batch_size
