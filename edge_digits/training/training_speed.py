"""How long training takes to read 99.1 % of the test digits: the quick recipe against Keras's simple MNIST convnet.

The convnet is the one of Keras's examples as its text describes it: convolutions of 32 and 64 channels, each with a
pooling behind it, dropout of a half, batches of 128, Adam, 15 epochs. Neither clock counts importing TensorFlow, the
reading of the digits or testing; both count everything else, distortion included.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from device.contract import LABELS, SIDE

from ..data.digit_set import Digits, refuse_one_part
from .architectures import build
from .batches import fit_once
from .epochs import Lessons, epochs_of
from .training import TrainingSettings, compile_model

GOAL = 0.991
SCHEMA = "edge-digits.training-speed/1"
_CONVNET_EPOCHS = 15


@dataclass(frozen=True)
class Race:
    """How one recipe fared.

    Attributes:
        name: of the recipe.
        seconds: after each epoch, since the start, without the time of testing.
        accuracy: on the test digits after each epoch, 0–1.
    """

    name: str
    seconds: tuple[float, ...]
    accuracy: tuple[float, ...]

    @property
    def seconds_to_goal(self) -> float | None:
        """When the goal was first met after an epoch, seconds; None where it never was."""
        return next((at for at, reached in zip(self.seconds, self.accuracy, strict=True) if reached >= GOAL), None)


def race(digits: Digits, *, seed: int, arch: str, report: Callable[[str], None]) -> tuple[Race, Race]:
    """Train both in this process, first the convnet until it has met the goal, then the recipe to its end.

    Args:
        digits: the data.
        seed: of both.
        arch: architecture whose recipe races.
        report: takes a line for each epoch.

    Returns:
        The convnet's race and the recipe's.

    Raises:
        DataError: the data lack digits to train on or to test on.
    """
    refuse_one_part(digits)
    return _race_convnet(digits, seed=seed, report=report), _race_recipe(digits, arch=arch, seed=seed, report=report)


def format_table(convnet: Race, recipe: Race) -> str:
    """Return both, and their ratio, for people."""
    lines = [f"{'recipe':<32} {'to 99.1 %':>10} {'at the end':>11}"]
    for each in (convnet, recipe):
        reached = "never" if each.seconds_to_goal is None else f"{each.seconds_to_goal:.1f} s"
        lines.append(f"{each.name:<32} {reached:>10} {each.accuracy[-1]:>11.2%}")
    if convnet.seconds_to_goal and recipe.seconds_to_goal:
        lines.append(f"{convnet.seconds_to_goal / recipe.seconds_to_goal:.1f} times as fast")
    return "\n".join(lines)


def document(races: Sequence[Race], *, seed: int, digits: Digits) -> dict[str, Any]:
    """Return the result as a JSON document."""
    rows = [{**asdict(each), "seconds_to_goal": each.seconds_to_goal} for each in races]
    return {"schema": SCHEMA, "goal": GOAL, "seed": seed, "source": digits.source, "races": rows}


def _race_convnet(digits: Digits, *, seed: int, report: Callable[[str], None]) -> Race:
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((SIDE, SIDE, 1))
    x = pixels
    for channels in (32, 64):
        x = keras.layers.Conv2D(channels, 3, activation="relu")(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(x))
    model = keras.Model(pixels, keras.layers.Dense(len(LABELS), activation="softmax")(x))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    scaled = digits.train_images[..., np.newaxis].astype(np.float32) / 255
    targets = np.eye(len(LABELS), dtype=np.float32)[digits.train_labels]
    test = digits.test_images[..., np.newaxis].astype(np.float32) / 255
    passed, clock, accuracy = 0.0, [], []
    for epoch in range(_CONVNET_EPOCHS):
        began_s = time.perf_counter()
        model.fit(scaled, targets, batch_size=128, validation_split=0.1, verbose=0)
        passed += time.perf_counter() - began_s
        clock.append(passed)
        accuracy.append(_accuracy(model, test, digits))
        report(f"simple MNIST convnet, epoch {epoch + 1}: {accuracy[-1]:.2%} after {passed:.1f} s")
        if accuracy[-1] >= GOAL:
            break
    return Race("Keras's simple MNIST convnet", tuple(clock), tuple(accuracy))


def _race_recipe(digits: Digits, *, arch: str, seed: int, report: Callable[[str], None]) -> Race:
    keras.utils.set_random_seed(seed)
    settings = TrainingSettings.from_recipe(arch, seed=seed)
    began_s, tested_s, clock, accuracy = time.perf_counter(), 0.0, [], []
    lessons = Lessons(
        images=digits.train_images,
        labels=digits.train_labels.astype(np.int16),
        frequency=None,
        classes=len(LABELS),
        augmentation_in=settings.augmentation_in,
        label_smoothing=settings.label_smoothing,
    )
    model = compile_model(build(arch), settings, steps=len(lessons.images) // settings.batch_size)
    for epoch in epochs_of(lessons, numbers=range(settings.epochs), seed=seed):
        fit_once(model, epoch.images, epoch.targets, batch_size=settings.batch_size)
        clock.append(time.perf_counter() - began_s - tested_s)
        began_test_s = time.perf_counter()
        accuracy.append(_accuracy(model, digits.test_images[..., np.newaxis], digits))
        tested_s += time.perf_counter() - began_test_s
        report(f"{arch}, epoch {epoch.number + 1}: {accuracy[-1]:.2%} after {clock[-1]:.1f} s")
    return Race(arch, tuple(clock), tuple(accuracy))


def _accuracy(model: keras.Model, images: np.ndarray[Any, Any], digits: Digits) -> float:
    scores = model.predict(images, batch_size=500, verbose=0)
    return float((scores.argmax(axis=1) == digits.test_labels).mean())
