"""Look at digits that would be refused once more, each a little changed, and take the mean of what comes of that.

That is test-time augmentation (Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional
Neural Networks", 2012).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .choosing import Scored
from .words import NO_DIGIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .choosing import Scorer

MOST = 8  # digits of a frame that are looked at again
# A turn, degrees, a size, and a slant, pixels to the side for each one up.
CHANGES = ((6, 1.0, 0.0), (-6, 1.0, 0.0), (0, 0.9, 0.0), (0, 1.0, 0.15), (0, 1.0, -0.15))


def looked_at_again(digits: Sequence[Scored], looks: Scorer, threshold: float) -> list[Scored]:
    """Score digits below a threshold, beside others of their row that are not, by the mean of several looks.

    Where that is below it too, or the best label is another, their scores stay, as they do where what is around a digit
    spoke against it. Of a row without a sure digit nobody knows that it holds any.

    Args:
        digits: of a frame.
        looks: scores digits by what they look like, float32 (N, labels).
        threshold: the model's.
    """
    rows = {digit.found.row for digit in digits if digit.best >= threshold}
    unsure = [
        place for place, digit in enumerate(digits) if NO_DIGIT <= digit.best < threshold and digit.found.row in rows
    ]
    chosen = list(digits)
    if not 0 < len(unsure) <= MOST:
        return chosen
    changed = [[replace(digits[place].found, canonical=each) for each in _changes(digits[place])] for place in unsure]
    scores = looks([found for each in changed for found in each]).reshape(len(unsure), len(changed[0]), -1)
    for place, (plain, mean) in zip(unsure, zip(scores[:, 0], scores.mean(axis=1), strict=True), strict=True):
        digit = digits[place]
        is_same = mean.argmax() == plain.argmax() and plain.max() <= digit.best
        if is_same and mean.max() >= threshold:
            chosen[place] = replace(digit, scores=mean, best=float(mean.max()))
    return chosen


def _changes(digit: Scored) -> Iterator[NDArray[Any]]:
    """Yield a canonical digit, uint8 (28, 28), as it is, turned, smaller, slanted, and with thinner strokes."""
    import cv2

    canonical = digit.found.canonical
    yield canonical
    middle = (canonical.shape[0] - 1) / 2
    for turn, size, slant in CHANGES:
        upright = np.array([[1, slant, -slant * middle], [0, 1, 0], [0, 0, 1]])
        matrix = cv2.getRotationMatrix2D((middle, middle), turn, size) @ upright
        yield cv2.warpAffine(canonical, matrix, canonical.shape, flags=cv2.INTER_LINEAR)
    yield cv2.erode(canonical, np.ones((2, 2), np.uint8))
