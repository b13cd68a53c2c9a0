"""The network that reads digits that touch, and its training.

It reads the whole mark, step by step from left to right, and learns from what the digits are, not where: connectionist
temporal classification (Graves, Fernández, Gomez and Schmidhuber, 2006).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from device.contract import LABELS
from device.errors import DataError
from device.finding.touching import BLANK, HEIGHT, STEPS, WIDTH, decode

from ..context.training import fit
from .strips import MOST, Strips

BATCH = 128
RATE, DECAY, DROPOUT = 3e-3, 1e-3, 0.1
HELD_BACK = 0.05  # of the strips, the last, to choose with
NOISE = 0.06  # of the range
SHIFT, SHEAR, SIZE = 2.0, 0.15, (0.9, 1.08)  # px; to the side for each one up; of strips while it learns
PEN = 0.3  # of strips are seen with a bolder or a thinner pen
MOMENTUM = 0.95  # of what batches have in common: that of Keras takes longer than a short run
NONE = -1  # in the place of digits that there are not


@dataclass(frozen=True)
class Judged:
    """What a network makes of strips that it has not learned from.

    Attributes:
        count: of strips.
        right: share of those of digits that are read wholly.
        left_alone: share of those of what is none in which none is read.
    """

    count: int
    right: float
    left_alone: float


def build_network() -> keras.Model:
    """Build the network: uint8 (32, 160, 1) as numbers 0–255 in, logits (steps, 11) out: ten digits, and none."""
    source = keras.Input((HEIGHT, WIDTH, 1), batch_size=None)
    x = _normalized(
        layers.Conv2D(12, 5, strides=2, padding="same", use_bias=False), layers.Rescaling(1 / 128, -1)(source)
    )
    x = _normalized(layers.Conv2D(24, 3, strides=(2, 1), padding="same", use_bias=False), x)
    x = _separably(x, 32)
    x = _normalized(layers.Conv2D(48, 3, strides=(2, 2), padding="same", use_bias=False), x)
    x = _separably(_separably(x, 64), 64)
    x = layers.ReLU()(layers.DepthwiseConv2D((HEIGHT // 8, 1))(x))
    x = _separably(x, 96, side=(1, 5))
    x = layers.Dropout(DROPOUT)(_separably(x, 64, side=(1, 3)))
    x = layers.Conv2D(len(LABELS) + 1, 1)(x)
    return keras.Model(source, layers.Reshape((STEPS, len(LABELS) + 1))(x), name="touching")


def _separably(x: Any, channels: int, *, side: int | tuple[int, int] = 3) -> Any:
    x = _normalized(layers.DepthwiseConv2D(side, padding="same", use_bias=False), x)
    return _normalized(layers.Conv2D(channels, 1, use_bias=False), x)


def _normalized(layer: Any, x: Any) -> Any:
    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(layer(x)))


def ctc_loss(answers: Any, logits: Any) -> Any:
    """Return the mean of −log of how likely the answers are, int (batch, most), NONE at the end of shorter ones."""
    answers = tf.cast(answers, tf.int32)
    lengths = tf.reduce_sum(tf.cast(answers != NONE, tf.int32), axis=1)
    steps = tf.fill(tf.shape(lengths), STEPS)
    return tf.reduce_mean(
        tf.nn.ctc_loss(tf.maximum(answers, 0), logits, lengths, steps, logits_time_major=False, blank_index=BLANK)
    )


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """Batches of an epoch in an order of its own, shifted, slanted, smaller or larger, with other pens and noise."""

    def __init__(self, strips: Strips, *, seed: int) -> None:
        super().__init__()
        self._images, self._answers = strips.images, as_answers(strips.texts)
        self._seed, self._epoch = seed, 0
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self._images) // BATCH

    def on_epoch_end(self) -> None:
        self._order = np.random.default_rng((self._seed, self._epoch)).permutation(len(self._images))
        self._epoch += 1

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        chosen = self._order[number * BATCH : (number + 1) * BATCH]
        rng = np.random.default_rng((self._seed, self._epoch, number))
        images = np.stack([_changed(image, rng) for image in self._images[chosen]])
        images += rng.normal(0, 128, images.shape) * rng.uniform(0, NOISE, (len(images), 1, 1))
        return np.clip(images, 0, 255)[..., np.newaxis], self._answers[chosen]


def _changed(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a strip, uint8 (32, 160), a little changed, float32."""
    slant, across, down = rng.uniform(-SHEAR, SHEAR), rng.uniform(*SIZE), rng.uniform(*SIZE)
    middle = HEIGHT / 2
    matrix = np.array([[across, slant, rng.uniform(0, SHIFT) - slant * middle],
                       [0, down, rng.uniform(-SHIFT, SHIFT) / 2 + (1 - down) * middle]])  # fmt: skip
    changed = cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    if rng.random() < PEN:
        changed = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(changed, np.ones((2, 2), np.uint8))
    return changed.astype(np.float32)


def as_answers(texts: NDArray[np.str_]) -> NDArray[np.int32]:
    """Return texts of digits as int32 (N, most digits), NONE behind the last."""
    answers = np.full((len(texts), MOST), NONE, np.int32)
    for row, text in zip(answers, texts.tolist(), strict=True):
        row[: len(text)] = [int(sign) for sign in text]
    return answers


def train(
    strips: Strips, *, epochs: int, seed: int, checkpoints: Path, report: Callable[[str], None]
) -> tuple[keras.Model, Judged]:
    """Train the network, from where a stopped run left off.

    Args:
        strips: to learn from; the last twentieth is held back.
        epochs: passes through them.
        seed: of weights, order and distortions.
        checkpoints: folder for what a stopped run needs to go on; removed at the end.
        report: is told each epoch.

    Raises:
        DataError: there are too few strips for one batch.
    """
    keras.utils.set_random_seed(seed)
    kept = len(strips.texts) - max(1, int(HELD_BACK * len(strips.texts)))
    lessons, held_back = strips.part(slice(kept)), strips.part(slice(kept, None))
    if kept < BATCH:
        raise DataError(f"expected at least {BATCH} wide marks to learn from, found {kept}; draw more frames")
    network, batches = build_network(), _Batches(lessons, seed=seed)
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * len(batches))
    network.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY, clipnorm=1.0), ctc_loss, jit_compile=False)

    def judged() -> str:
        of = judge(network, held_back)
        return f"of {of.count} marks held back {of.right:.2%} of digits read, {of.left_alone:.1%} of others left alone"

    fit(network, batches, epochs=epochs, checkpoints=checkpoints, judged=judged, report=report)
    return network, judge(network, held_back)


def judge(network: keras.Model, strips: Strips) -> Judged:
    """Tell what a network makes of strips."""
    logits = network.predict(strips.images[..., np.newaxis].astype(np.float32), batch_size=512, verbose=0)
    read = np.array(["".join(LABELS[digit] for digit, _ in decode(each)) for each in logits])
    right, are_digits = read == strips.texts, strips.texts != ""
    shares = [float(right[kind].mean()) if kind.any() else 0.0 for kind in (are_digits, ~are_digits)]
    return Judged(len(read), *shares)
