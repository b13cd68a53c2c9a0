"""The named Keras graphs that `train` knows: each takes raw 0–255 pixels and answers with a score for each digit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras

from device.contract import LABELS, SIDE

POOL = "pool"


@dataclass(frozen=True)
class Convolution:
    """A square convolution that keeps the size of the picture, divided by its stride.

    Attributes:
        channels: of the result.
        side: of the window, pixels.
        stride: between windows, pixels.
    """

    channels: int
    side: int = 3
    stride: int = 1


@dataclass(frozen=True)
class Separable:
    """A 3×3 convolution of each channel by itself, and one of 1×1 that mixes them (Chollet 2017, Xception).

    Attributes:
        channels: of the result.
    """

    channels: int


def build(name: str) -> keras.Model:
    """Build a named graph with fresh weights.

    Args:
        name: one of `recipes.RECIPES`.

    Returns:
        A model from float32 (batch, 28, 28, 1), raw 0–255 pixels, to float32 (batch, 10) scores.
    """
    return _BUILDERS[name]()


def dense_network(name: str, hidden: Sequence[int], *, scores: str, scaled: bool = True) -> keras.Model:
    """Build a network of fully connected layers.

    Args:
        name: of the model.
        hidden: units of each hidden layer, which are ReLU.
        scores: activation of the last layer, "softmax" or "sigmoid".
        scaled: whether pixels are scaled to 0–1 first.
    """
    pixels = keras.Input((SIDE, SIDE, 1), name="pixels")
    x = keras.layers.Rescaling(1 / 255)(pixels) if scaled else pixels
    x = keras.layers.Flatten()(x)
    for units in hidden:
        x = keras.layers.Dense(units, activation="relu")(x)
    return keras.Model(pixels, keras.layers.Dense(len(LABELS), activation=scores, name="scores")(x), name=name)


def basic_convolutional_network(name: str) -> keras.Model:
    """Build convolution, pooling, dense, softmax, as introductions to the subject do."""
    pixels = keras.Input((SIDE, SIDE, 1), name="pixels")
    x = keras.layers.Rescaling(1 / 255)(pixels)
    x = keras.layers.Conv2D(32, 3, activation="relu")(x)
    x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(100, activation="relu")(x)
    return keras.Model(pixels, keras.layers.Dense(len(LABELS), activation="softmax", name="scores")(x), name=name)


def convolutional_network(
    name: str, layers: Sequence[Convolution | Separable | int | str], *, dropout: float = 0, averaged: bool = True
) -> keras.Model:
    """Build convolutions with batch normalisation and ReLU, which TFLite fuses, a global average, and softmax.

    Args:
        name: of the model.
        layers: each convolution, a number for one of 3×3 with that many channels, and "pool" for a 2×2 maximum.
        dropout: share of the averages that training drops.
        averaged: whether scores are made of global averages; else of every value, with far more weights, which takes
            fewer epochs to learn.
    """
    pixels = keras.Input((SIDE, SIDE, 1), name="pixels")
    x = keras.layers.Rescaling(1 / 255)(pixels)
    for layer in layers:
        if isinstance(layer, str):
            x = keras.layers.MaxPooling2D()(x)
            continue
        if isinstance(layer, Separable):
            x = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
            x = keras.layers.BatchNormalization(momentum=0.9)(x)
            layer = Convolution(layer.channels, side=1)
        convolution = Convolution(layer) if isinstance(layer, int) else layer
        x = keras.layers.Conv2D(
            convolution.channels, convolution.side, strides=convolution.stride, padding="same", use_bias=False
        )(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
        x = keras.layers.ReLU()(x)
    if averaged:
        # As a pooling operation: accelerators and old runtimes that lack MEAN have it.
        x = keras.layers.AveragePooling2D(x.shape[1])(x)
    x = keras.layers.Flatten()(x)
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(pixels, keras.layers.Dense(len(LABELS), activation="softmax", name="scores")(x), name=name)


_BUILDERS: dict[str, Callable[[], keras.Model]] = {
    "softmax": lambda: dense_network("softmax", [], scores="softmax"),
    "softmax-unscaled": lambda: dense_network("softmax-unscaled", [], scores="softmax", scaled=False),
    "mlp-100": lambda: dense_network("mlp-100", [100], scores="softmax"),
    "mlp-50-50": lambda: dense_network("mlp-50-50", [50, 50], scores="sigmoid"),
    "mlp-100-sigmoid": lambda: dense_network("mlp-100-sigmoid", [100], scores="sigmoid"),
    "cnn-basic": lambda: basic_convolutional_network("cnn-basic"),
    # A first convolution that halves the picture itself trains twice as fast as one with a pooling behind it.
    "cnn-nano": lambda: convolutional_network("cnn-nano", [Convolution(10, 5, 2), 14, POOL, 16, 12]),
    "cnn-tiny": lambda: convolutional_network(
        "cnn-tiny",
        [Convolution(16, 5, 2), Separable(32), Separable(32), POOL, Separable(48), Separable(48), Separable(52)],
    ),
    "cnn": lambda: convolutional_network("cnn", [16, POOL, 32, 32, POOL, 56, 56], dropout=0.2),
    "cnn-large": lambda: convolutional_network(
        "cnn-large", [16, POOL, 32, 32, POOL, 64, 64, 64, POOL, 96, 96], dropout=0.3
    ),
    "cnn-quick": lambda: convolutional_network(
        "cnn-quick", [Convolution(16, 5, 2), Convolution(32, 5, 2), Convolution(64, 5, 2)], averaged=False
    ),
}
