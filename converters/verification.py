"""Holding a converted model against its reference, in every device runtime there is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import FitError
from device.inference.inference import dequantize
from device.inference.trial import Trial, try_model
from device.statistics import mcnemar_p

from .request import MIN_AGREEMENT, Agreement, Gate, ImageSet

GOLDEN_COUNT = 10


def hostile_images(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Make images that training never showed a model: blank, full, half full, noise, saturated noise, a checkerboard.

    Args:
        shape: of one image, without batch.

    Returns:
        uint8 (16, *shape).
    """
    generator = np.random.default_rng(0)
    size = int(np.prod(shape))
    flat = [np.full(size, level, np.uint8) for level in (0, 255, 128)]
    noise = [generator.integers(0, 256, size, dtype=np.uint8) for _ in range(6)]
    saturated = [generator.integers(0, 2, size, dtype=np.uint8) * np.uint8(255) for _ in range(6)]
    board = np.arange(size, dtype=np.uint8) % 2 * np.uint8(255)
    images: NDArray[np.uint8] = np.stack([*flat, *noise, *saturated, board]).reshape(-1, *shape)
    return images


def run_everywhere(
    flatbuffer: bytes, *, images: NDArray[np.uint8], runtimes: tuple[str, ...]
) -> tuple[tuple[Trial, Trial], ...]:
    """Run a flatbuffer in each runtime, each in a child process that has never imported TensorFlow.

    Args:
        flatbuffer: the converted model.
        images: uint8 (N, ...).
        runtimes: names of installed device runtimes.

    Returns:
        For each runtime the answers to the images and to the hostile images.

    Raises:
        FitError: a runtime refuses the model or dies of it.
    """
    hostile = hostile_images(images.shape[1:])
    both = np.concatenate([images, hostile])
    return tuple(_split(try_model(flatbuffer, runtime=name, digits=both), len(images)) for name in runtimes)


def _split(trial: Trial, count: int) -> tuple[Trial, Trial]:
    raw = trial.raw_scores
    return (
        Trial(trial.runtime, trial.input, trial.output, raw[:count]),
        Trial(trial.runtime, trial.input, trial.output, raw[count:]),
    )


def compare(
    trials: tuple[Trial, Trial],
    *,
    expected: NDArray[np.float32],
    hostile_expected: NDArray[np.float32],
    labels: NDArray[np.integer[Any]] | None,
) -> Agreement:
    """Compare what a device runtime answered with what the reference answered.

    Args:
        trials: answers to the images, (N, labels) raw, and to the hostile images.
        expected: float32 (N, labels), the reference's scores for the images.
        hostile_expected: the same for the hostile images.
        labels: integers (N,), the true labels, if known.

    Raises:
        FitError: the model answers with another number of scores, or with scores that are no numbers.
    """
    scores, hostile = (dequantize(trial.raw_scores, trial.output) for trial in trials)
    runtime = trials[0].runtime
    if scores.shape != expected.shape:
        raise FitError(f"{runtime}: expected scores of shape {expected.shape}, found {scores.shape}")
    if not (np.isfinite(scores).all() and np.isfinite(hostile).all()):
        raise FitError(f"{runtime}: expected scores, found NaN or infinity; do not use this variant there")
    said, reference_said = scores.argmax(1), expected.argmax(1)
    same = said == reference_said
    difference = np.abs(scores - expected)
    by_class = (same[reference_said == label] for label in range(expected.shape[1]))
    right = None if labels is None else said == labels
    reference_right = None if labels is None else reference_said == labels
    return Agreement(
        runtime=runtime,
        count=len(scores),
        agreement=float(same.mean()),
        class_agreement=tuple(float(each.mean()) if len(each) else None for each in by_class),
        largest_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        hostile_difference=float(np.abs(hostile - hostile_expected).max()),
        correct=None if right is None else int(right.sum()),
        reference_correct=None if reference_right is None else int(reference_right.sum()),
        mcnemar_p=None
        if right is None or reference_right is None
        else mcnemar_p(int((right & ~reference_right).sum()), int((~right & reference_right).sum())),
    )


def gate_failure(agreements: tuple[Agreement, ...], gate: Gate, *, variant: str) -> str | None:
    """Return why a variant may not be used, or None if it may.

    Args:
        agreements: one a runtime.
        gate: what is asked for.
        variant: its name, whose own limit counts for a gate that names none.
    """
    own_limit = MIN_AGREEMENT.get(variant, MIN_AGREEMENT["int8"])
    limit = own_limit if gate.min_agreement is None else gate.min_agreement
    worst = min(agreements, key=lambda each: each.agreement)
    if worst.agreement < limit:
        return (
            f"expected at least {limit:.2%} of {worst.count} images read as the reference reads them, found "
            f"{worst.agreement:.2%} on {worst.runtime} (largest difference of a score {worst.largest_difference:.3f})"
        )
    known = [(each.drop, each.runtime) for each in agreements if each.drop is not None]
    drop, runtime = max(known, default=(0.0, ""))
    # Half an image of slack: a limit of 0.1 points of 10,000 images is 10 images, however the division rounds.
    if drop > gate.max_drop + 0.5 / worst.count:
        return (
            f"expected accuracy at most {gate.max_drop * 100:.2f} points below the reference's, found "
            f"{drop * 100:.2f} points on {runtime}"
        )
    return None


def golden_positions(test: ImageSet) -> list[int]:
    """Return the positions of the golden images: the first of each label, then the first of the others."""
    first = []
    if test.labels is not None:
        first = [int(np.flatnonzero(test.labels == label)[0]) for label in np.unique(test.labels)]
    others = [position for position in range(len(test.images)) if position not in first]
    return (first + others)[:GOLDEN_COUNT]
