"""What a model answered to the test digits, as it is kept in a result: which it misread, and as what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.inference.inference import dequantize, quantize_pixels
from device.inference.input_range import RAW, InputRange
from device.inference.model_card import TensorCard

NO_READING = -1
BLOCK = 500  # digits quantised at a time, so that float32 pixels of all of them are never held


def read_digits(
    call: Callable[[NDArray[Any]], NDArray[Any]],
    digits: NDArray[np.uint8],
    *,
    source: TensorCard,
    target: TensorCard,
    labels: tuple[str, ...],
    classes: int = len(LABELS),
    taken: InputRange = RAW,
) -> NDArray[np.int16]:
    """Read digits one at a time, by the very call that is timed.

    Args:
        call: takes one digit in the model's input tensor and gives its output tensor.
        digits: uint8 (N, 28, 28).
        source: the input tensor.
        target: the output tensor.
        labels: one a score.
        classes: how many the digits are of, ten or more.
        taken: the range that the model was trained on.

    Returns:
        int16 (N,): the class read, for digits 0–9; -1 where the label is none of them or a score is no number.
    """
    meaning = label_classes(labels, classes=classes)
    found = np.empty(len(digits), np.int16)
    for start in range(0, len(digits), BLOCK):
        inputs = quantize_pixels(np.asarray(digits[start : start + BLOCK]), source, taken)
        scores = dequantize(np.concatenate([call(each) for each in inputs]), target)
        # A score that is no number is no reading, whatever argmax makes of it.
        whole = np.isfinite(scores).all(axis=1)
        found[start : start + BLOCK] = np.where(whole, meaning[scores.argmax(axis=1)], NO_READING)
    return found


def label_classes(labels: tuple[str, ...], *, classes: int) -> NDArray[np.int16]:
    """Return which class each label of a model stands for, -1 for none.

    Of ten classes a label that is a digit stands for that digit. Otherwise the first label stands for class 0, and so
    on: with more classes, or where no label is a digit.
    """
    if classes == len(LABELS) and set(labels) & set(LABELS):
        return np.array([int(label) if label in LABELS else NO_READING for label in labels], np.int16)
    return np.array([place if place < classes else NO_READING for place in range(len(labels))], np.int16)


def other_labels(labels: tuple[str, ...]) -> str:
    """Return in words what a model that lacks labels of the ten digits has instead, "" for one that has them all.

    Such a one is of other things, also where it takes pictures as large as digits.
    """
    return "" if set(LABELS) <= set(labels) else describe_labels(labels)


def describe_labels(labels: tuple[str, ...]) -> str:
    """Return how many labels there are, with the first few, for messages."""
    return f"{len(labels)} labels ({', '.join(labels[:4])}{' …' if len(labels) > 4 else ''})"


def confusion_counts(
    answers: NDArray[np.int16], truth: NDArray[np.uint8], *, classes: int = len(LABELS)
) -> tuple[tuple[int, ...], ...]:
    """Count how often each class was read as each.

    Args:
        answers: int16 (N,), from -1 on, below `classes`.
        truth: uint8 (N,), below `classes`.
        classes: how many there are.

    Returns:
        A row for each true class, with a count for each class that was read, and one for none of them.
    """
    counts = np.zeros((classes, classes + 1), np.int64)
    np.add.at(counts, (truth.astype(np.int64), np.where(answers == NO_READING, classes, answers)), 1)
    return tuple(tuple(int(count) for count in row) for row in counts)
