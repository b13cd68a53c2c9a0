"""The named Keras graphs that `train` knows: each takes raw 0–255 pixels and answers with softmax scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras

from device.contract import LABELS, SIDE


@dataclass(frozen=True)
class Recipe:
    """How an architecture is trained unless the user says otherwise.

    Attributes:
        epochs: passes over the training set.
        batch_size: digits in one step.
        learning_rate: peak of the schedule, after warm-up.
        weight_decay: decoupled weight decay of AdamW.
        label_smoothing: probability mass spread over the wrong classes.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    label_smoothing: float


@dataclass(frozen=True)
class Architecture:
    """A named graph with the recipe that suits it."""

    name: str
    build: Callable[[], keras.Model]
    recipe: Recipe


def convolution_block(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Apply 3×3 convolution, batch normalisation and ReLU, which TFLite fuses into one operation.

    Args:
        x: float32 (batch, H, W, C).
        filters: channels of the result.

    Returns:
        float32 (batch, H, W, filters).
    """
    x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = keras.layers.BatchNormalization(momentum=0.9)(x)
    return keras.layers.ReLU()(x)


def build_cnn() -> keras.Model:
    """Build the default network: 12 / pool / 32-32 / pool / 48-48 / global average / dropout / softmax.

    Returns:
        A model from float32 (batch, 28, 28, 1), raw 0–255 pixels, to float32 (batch, 10) softmax scores.
    """
    pixels = keras.Input((SIDE, SIDE, 1), name="pixels")
    x = keras.layers.Rescaling(1 / 255)(pixels)
    x = convolution_block(x, 12)
    x = keras.layers.MaxPooling2D()(x)
    x = convolution_block(x, 32)
    x = convolution_block(x, 32)
    x = keras.layers.MaxPooling2D()(x)
    x = convolution_block(x, 48)
    x = convolution_block(x, 48)
    # The global average as a pooling operation: accelerators and old runtimes that lack MEAN have it.
    x = keras.layers.AveragePooling2D(SIDE // 4)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dropout(0.2)(x)
    scores = keras.layers.Dense(len(LABELS), activation="softmax", name="scores")(x)
    return keras.Model(pixels, scores, name="cnn")


ARCHITECTURES = {
    "cnn": Architecture(
        name="cnn",
        build=build_cnn,
        recipe=Recipe(epochs=15, batch_size=128, learning_rate=4e-3, weight_decay=1e-3, label_smoothing=0.05),
    ),
}
