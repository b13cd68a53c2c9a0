"""The network that looks at what is around a mark, its training and its conversion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from converters.flatbuffers import make_flatbuffer
from converters.graph import read_graph
from converters.variants import VARIANTS
from device.contract import CONTRACT_VERSION
from device.errors import DataError
from device.finding.context import HEIGHT, WIDTH, standardized
from device.inference.model_card import ModelCard, TensorCard
from device.inference.model_file import pack_model, sha256

from .crops import Crops

BATCH = 128
RATE, DECAY, SMOOTHING, DROPOUT = 3e-3, 1e-3, 0.02, 0.1
HELD_BACK = 0.05  # of the crops, the last, to choose with
NOISE = 0.06  # of the range


@dataclass(frozen=True)
class Judged:
    """What a network makes of crops that it has not learned from.

    Attributes:
        count: of crops.
        right: share of them that it takes for what they are.
        refused: share of what is no digit that is refused where 1 % of the digits are.
    """

    count: int
    right: float
    refused: float


def build_network() -> keras.Model:
    """Build the network: uint8 (32, 64, 1) as numbers 0–255 in, one logit out.

    What halves the picture are plain convolutions, for which runtimes have the fastest kernels; between them lie
    depthwise separable ones (Howard et al., "MobileNets", 2017).
    """
    source = keras.Input((HEIGHT, WIDTH, 1), batch_size=None)
    x = _convolved(layers.Rescaling(1 / 128, -1)(source), 8, side=5, strides=2)
    x = _convolved(x, 32, side=3, strides=2)
    x = _separably(_separably(x, 48), 48)
    x = _convolved(x, 64, side=3, strides=2)
    x = _separably(_separably(x, 96), 96)
    x = layers.ReLU()(layers.DepthwiseConv2D((HEIGHT // 8, WIDTH // 8))(x))
    x = layers.Dropout(DROPOUT)(layers.Flatten()(x))
    return keras.Model(source, layers.Dense(1)(x), name="context")


def _convolved(x: Any, channels: int, *, side: int, strides: int) -> Any:
    return _normalized(layers.Conv2D(channels, side, strides=strides, padding="same", use_bias=False), x)


def _separably(x: Any, channels: int) -> Any:
    x = _normalized(layers.DepthwiseConv2D(3, padding="same", use_bias=False), x)
    return _normalized(layers.Conv2D(channels, 1, use_bias=False), x)


def _normalized(layer: Any, x: Any) -> Any:
    return layers.ReLU()(layers.BatchNormalization()(layer(x)))


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """Batches of an epoch in an order of its own, half of them negatives, shifted, with noise."""

    def __init__(self, crops: Crops, *, seed: int) -> None:
        super().__init__()
        self._images, self._answers = standardized(crops.images), crops.are_digits.astype(np.float32)
        self._seed, self._epoch = seed, 0
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self._images) // BATCH

    def on_epoch_end(self) -> None:
        self._order = np.random.default_rng((self._seed, self._epoch)).permutation(len(self._images))
        self._epoch += 1

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        chosen = self._order[number * BATCH : (number + 1) * BATCH]
        rng = np.random.default_rng((self._seed, self._epoch, number))
        images = self._images[chosen].astype(np.float32)
        negative = rng.random((len(images), 1, 1)) < 0.5
        images = np.roll(np.where(negative, 255 - images, images), (rng.integers(-1, 2), rng.integers(-2, 3)), (1, 2))
        images += rng.normal(0, 128, images.shape) * rng.uniform(0, NOISE, (len(images), 1, 1))
        return np.clip(images, 0, 255)[..., np.newaxis], self._answers[chosen, np.newaxis]


def train(
    crops: Crops, *, epochs: int, seed: int, checkpoints: Path, report: Callable[[str], None]
) -> tuple[keras.Model, Judged]:
    """Train the network, from where a stopped run left off.

    Args:
        crops: to learn from; the last twentieth is held back.
        epochs: passes through them.
        seed: of weights, order and distortions.
        checkpoints: folder for what a stopped run needs to go on; removed at the end.
        report: is told each epoch.

    Raises:
        DataError: there are too few crops for one batch.
    """
    keras.utils.set_random_seed(seed)
    kept = len(crops.images) - max(1, int(HELD_BACK * len(crops.images)))
    lessons, held_back = crops.part(slice(kept)), crops.part(slice(kept, None))
    if kept < BATCH:
        raise DataError(f"expected at least {BATCH} marks to learn from, found {kept}; draw more frames")
    network, batches = build_network(), _Batches(lessons, seed=seed)
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * len(batches))
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    network.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY), loss)

    def judged() -> str:
        of = judge(network, held_back)
        return f"of {of.count} crops held back {of.right:.2%} right, {of.refused:.1%} refused"

    fit(network, batches, epochs=epochs, checkpoints=checkpoints, judged=judged, report=report)
    return network, judge(network, held_back)


def fit(
    network: keras.Model,
    batches: keras.utils.PyDataset,
    *,
    epochs: int,
    checkpoints: Path,
    judged: Callable[[], str],
    report: Callable[[str], None],
) -> None:
    """Fit a compiled network, from where a stopped run left off; `report` is told each epoch what `judged` says."""

    def say(epoch: int, logs: dict[str, float] | None) -> None:
        report(f"epoch {epoch + 1}/{epochs}: loss {(logs or {})['loss']:.4f}, {judged()}")

    callbacks = [
        keras.callbacks.BackupAndRestore(checkpoints),
        keras.callbacks.LambdaCallback(on_epoch_end=say),
    ]
    network.fit(batches, epochs=epochs, callbacks=callbacks, verbose=0)


def judge(network: keras.Model, crops: Crops) -> Judged:
    """Tell what a network makes of crops."""
    logits = network.predict(standardized(crops.images)[..., np.newaxis], batch_size=512, verbose=0)[:, 0]
    digits, others = logits[crops.are_digits], logits[~crops.are_digits]
    least = np.quantile(digits, 0.01) if len(digits) else 0.0
    right = np.mean((logits > 0) == crops.are_digits)
    return Judged(len(logits), float(right), float(np.mean(others < least)) if len(others) else 0.0)


def convert(
    network: keras.Model, *, training: dict[str, Any], name: str = "context", labels: tuple[str, ...] = ("digit",)
) -> bytes:
    """Convert a network, weights in half precision, and return the bytes of its file, with a card.

    No runtime is slow at that, as tflite-runtime 2.14 on x86-64 is at int8, where this takes a seventh of the time.

    Args:
        network: what `train` gave.
        training: what the card says of how it was made.
        name: of the network.
        labels: what its outputs stand for.
    """
    fixed = keras.Input(network.input_shape[1:], batch_size=1)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(fixed, network(fixed)))
    variant = VARIANTS["float16"]
    flatbuffer = make_flatbuffer(converter, variant, None)
    (graph,) = read_graph(flatbuffer).subgraphs
    source, target = (graph.tensors[side[0]] for side in (graph.inputs, graph.outputs))
    card = ModelCard(
        name=name,
        variant=variant.name,
        flatbuffer_sha256=sha256(flatbuffer),
        labels=labels,
        input=TensorCard(source.shape, source.dtype, 0.0, 0),
        output=TensorCard(target.shape, target.dtype, 0.0, 0),
        contract_version=CONTRACT_VERSION,
        training=training,
    )
    return pack_model(flatbuffer, card)
