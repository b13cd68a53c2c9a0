"""Finding out which input range a model was trained with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from device.errors import ModelFileError, UsageError
from device.inference.input_range import INPUT_RANGES, RAW, InputRange

from .range_fit import Scores, best_range
from .references import Reference
from .request import ImageSet

MOST_IMAGES = 1000


def find_input_range(
    reference: Reference, images: ImageSet | None, *, report: Callable[[str], None] = lambda line: None
) -> InputRange:
    """Return the range in which a model fits labelled images best, raw pixels where nothing speaks for another.

    A layer that rescales decides only where there is nothing to measure with: what it rescales may well have been
    divided by 255 before.

    Args:
        reference: the model.
        images: labelled images of the training or calibration set, never of the test set.
        report: takes a line with the range and why, unless that is raw pixels and the model rescales them.

    Raises:
        UsageError: there are no labelled images to find out with, and no layer that rescales.
    """
    if images is None or images.labels is None:
        if reference.rescales:
            return RAW
        raise UsageError(
            f"{reference.path}: cannot tell whether the model takes 0–255, 0–1 or −1–1; say it with --input-range"
        )
    some, labels = images.images[:MOST_IMAGES], images.labels[:MOST_IMAGES]
    answers = {name: _scores(reference, some, taken) for name, taken in INPUT_RANGES.items()}
    scores = {name: found for name, found in answers.items() if found is not None}
    if not scores:
        return RAW  # whoever uses it refuses the model for its scores
    choice = best_range(scores, labels)
    if choice.name != RAW.name or not reference.rescales:
        right = ", ".join(f"{(found.argmax(1) == labels).mean():.1%} as {name}" for name, found in scores.items())
        report(
            f"{reference.path}: the model takes {choice.name}: {choice.why} "
            f"(of {len(labels)} labelled images right: {right}); --input-range names another"
        )
    return INPUT_RANGES[choice.name]


def _scores(reference: Reference, images: NDArray[np.uint8], taken: InputRange) -> Scores | None:
    """Return the scores in a range, None where a model that is not made for it answers with no numbers."""
    try:
        return reference.scores(images, taken)
    except ModelFileError:
        return None
