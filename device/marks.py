"""Choose, among the marks of an ink map, those that make up the digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_MARKS = 64  # the largest ones that are looked at; what else there is, is noise
SPECK = 0.02  # of the largest mark's area
RIM_FADE = 0.8  # ink at the middle of a side weighs 1 − this, ink in the middle of the frame weighs 1
LONG_CONTACT = 0.1  # of the frame's half perimeter: more of the rim than a digit's strokes touch
SHORT_CONTACT = 0.05  # of the frame's half perimeter: a further piece of a digit touches no more
CONTACT_PENALTY = 0.3  # what the weight of a mark with long contact is multiplied by
PIECE = 0.05  # of the main mark's ink: a smaller mark is dirt, not a piece of the digit
NEAR = 0.25  # of the main mark's longer side: pieces lie no further away
BOXED = 0.25  # of a box's longer side: what it encloses is at least this long


@dataclass(frozen=True)
class Marks:
    """The connected marks of an ink map, largest area first.

    Attributes:
        labels: int32 (H, W), the label of each pixel's mark.
        names: int (n,), the label of each mark.
        left, top, right, bottom: int (n,), bounds in pixels, right and bottom exclusive.
        ink: float (n,), sum of the ink.
        central: float (n,), sum of the ink, weighted down towards the rim.
        contact: int (n,), pixels on the outermost rows and columns.
    """

    labels: NDArray[Any]
    names: NDArray[Any]
    left: NDArray[Any]
    top: NDArray[Any]
    right: NDArray[Any]
    bottom: NDArray[Any]
    ink: NDArray[Any]
    central: NDArray[Any]
    contact: NDArray[Any]


def digit_marks(ink: NDArray[Any], threshold: int) -> NDArray[Any] | None:
    """Choose the marks of the digit: the weightiest near the middle, and the pieces near it.

    Args:
        ink: uint8 (H, W), 0 is ground, printed lines taken out.
        threshold: values above it are marks.

    Returns:
        uint8 (H, W), 1 where the digit is and 0 elsewhere; None where there is no mark.
    """
    marks = _measure(ink, threshold)
    if marks is None:
        return None
    weight = marks.central * np.where(marks.contact > LONG_CONTACT * sum(ink.shape), CONTACT_PENALTY, 1.0)
    weight[_boxes(marks)] = 0
    chosen = _with_pieces(marks, int(weight.argmax()), SHORT_CONTACT * sum(ink.shape))
    chosen &= ~_boxes(marks)
    mask: NDArray[Any] = np.isin(marks.labels, marks.names[chosen]).astype(np.uint8)
    return mask


def _measure(ink: NDArray[Any], threshold: int) -> Marks | None:
    """Label and measure the larger marks of an ink map."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > threshold).astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    names = np.argsort(-area, kind="stable")[:MOST_MARKS]
    names = names[area[names] >= max(1, SPECK * area.max())]
    fade = [1 - RIM_FADE * np.linspace(-1, 1, size) ** 2 for size in ink.shape]
    # Only the marks are summed up; most of a picture is ground.
    inked = np.flatnonzero(labels)
    owner: NDArray[np.int32] = labels.ravel()[inked].astype(np.int32, copy=False)
    weight = ink.ravel()[inked]
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    left, top = stats[names, cv2.CC_STAT_LEFT], stats[names, cv2.CC_STAT_TOP]
    return Marks(
        labels=labels,
        names=names,
        left=left,
        top=top,
        right=left + stats[names, cv2.CC_STAT_WIDTH],
        bottom=top + stats[names, cv2.CC_STAT_HEIGHT],
        ink=np.bincount(owner, weight, count)[names],
        central=np.bincount(owner, weight * np.outer(*fade).ravel()[inked], count)[names],
        contact=np.bincount(rim, minlength=count)[names],
    )


def _boxes(marks: Marks) -> NDArray[Any]:
    """Tell, as bool (n,), which marks are a box drawn around another mark of some height."""
    encloses = (
        (marks.left[:, None] < marks.left)
        & (marks.top[:, None] < marks.top)
        & (marks.right[:, None] > marks.right)
        & (marks.bottom[:, None] > marks.bottom)
    )
    side = np.maximum(marks.bottom - marks.top, marks.right - marks.left)
    boxes: NDArray[Any] = (encloses & (side > BOXED * side[:, None])).any(axis=1)
    return boxes


def _with_pieces(marks: Marks, main: int, contact: float) -> NDArray[Any]:
    """Tell, as bool (n,), which marks are the main one and the pieces near it, near these, and so on."""
    width, height = marks.right[main] - marks.left[main], marks.bottom[main] - marks.top[main]
    reach = NEAR * max(width, height)
    possible = (marks.ink >= PIECE * marks.ink[main]) & (marks.contact <= contact)
    chosen = np.zeros(len(marks.names), bool)
    chosen[main] = True
    while True:
        near = (
            (marks.left < marks.right[chosen].max() + reach)
            & (marks.right > marks.left[chosen].min() - reach)
            & (marks.top < marks.bottom[chosen].max() + reach)
            & (marks.bottom > marks.top[chosen].min() - reach)
        )
        grown = chosen | (near & possible)
        if (grown == chosen).all():
            return chosen
        chosen = grown
