"""What each epoch of a training run is fed: distorted pictures and their targets, in an order of the run's own.

All of it follows from seed and epoch alone, so that a run that was stopped goes on exactly as if it had not been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..recipes import Augmentation
from ..synthetic.augmentation import augment

NO_DIGIT = -1
SoftTargets = Callable[[NDArray[np.uint8], int], NDArray[np.float32]]
"""Takes distorted digits, uint8 (N, 28, 28), and the epoch; gives targets, float32 (N, classes)."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """What a run learns from, before distortion.

    Attributes:
        images: uint8 (N, 28, 28).
        labels: int16 (N,), classes, or NO_DIGIT.
        taught: how many pictures, from the first, are digits that teachers are asked about; None for all digits.
        frequency: float32 (N,), how often to see each picture in an epoch on average, or None for once each.
        classes: number of labels.
        augmentation_in: says how the pictures of an epoch are distorted, None for not at all.
        label_smoothing: probability mass spread over the wrong classes.
        soft_targets: what teachers say of the distorted digits, or None.
        soft_share: the teachers' share of the target.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int16]
    frequency: NDArray[np.float32] | None
    classes: int
    augmentation_in: Callable[[int], Augmentation | None]
    label_smoothing: float = 0.0
    taught: int | None = None
    soft_targets: SoftTargets | None = None
    soft_share: float = 0.0


@dataclass(frozen=True, eq=False)
class Epoch:
    """The pictures of an epoch in the order they are learned from.

    Attributes:
        number: from 0.
        images: uint8 (M, 28, 28, 1).
        targets: float32 (M, classes), each row a distribution.
    """

    number: int
    images: NDArray[np.uint8]
    targets: NDArray[np.float32]


def epochs_of(lessons: Lessons, *, numbers: range, seed: int) -> Iterator[Epoch]:
    """Prepare epochs one after the other, each while the one before it is being learned.

    Args:
        lessons: what to learn from.
        numbers: which epochs; starting later gives exactly what a whole run would give from there.
        seed: the order follows from it.
    """
    with ThreadPoolExecutor(1) as ahead:
        drawn = ahead.submit(_draw, lessons, numbers.start)
        for number in numbers:
            images, labels, taught = drawn.result()
            if number + 1 < numbers.stop:
                drawn = ahead.submit(_draw, lessons, number + 1)
            targets = _targets(lessons, images, labels, taught, number)
            order = np.random.default_rng([seed, number]).permutation(len(images))
            yield Epoch(number, images[order][..., np.newaxis], targets[order])


def _draw(lessons: Lessons, epoch: int) -> tuple[NDArray[np.uint8], NDArray[np.int16], NDArray[np.bool_]]:
    """Return the pictures of an epoch, distorted, their labels, and of which teachers are asked, bool (N,).

    Pictures that are seen more than once differ each time.
    """
    images, labels, taught = lessons.images, lessons.labels, lessons.labels != NO_DIGIT
    if lessons.taught is not None:
        taught[lessons.taught :] = False
    if lessons.frequency is not None:
        chance = np.random.default_rng([epoch, 1]).random(len(images))
        times = np.floor(lessons.frequency + chance).astype(int)
        images, labels, taught = (np.repeat(each, times, axis=0) for each in (images, labels, taught))
    augmentation = lessons.augmentation_in(epoch)
    if augmentation is not None:
        images = augment(images, augmentation, epoch=epoch)
    return images, labels, taught


def _targets(
    lessons: Lessons, images: NDArray[np.uint8], labels: NDArray[np.int16], taught: NDArray[np.bool_], epoch: int
) -> NDArray[np.float32]:
    """Return float32 (N, classes): the label's class, smoothed or mixed with what teachers say; even for no digit."""
    classes = lessons.classes
    targets = np.full((len(labels), classes), 1 / classes, np.float32)
    hard = np.eye(classes, dtype=np.float32)[labels]  # of what is no digit any row, which is not used
    smooth = (1 - lessons.label_smoothing) * hard + lessons.label_smoothing / classes
    targets[labels != NO_DIGIT] = smooth[labels != NO_DIGIT]
    if lessons.soft_targets is not None:
        soft = lessons.soft_targets(images[taught], epoch)
        targets[taught] = (1 - lessons.soft_share) * hard[taught] + lessons.soft_share * soft
    return targets
