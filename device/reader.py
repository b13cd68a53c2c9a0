"""The reader: a frame in, a reading out, through finder, framing and classifier."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .classifier import Classifier
from .finder import find_digit
from .frames import Frame
from .reading import ModelName, ReadDigit, Reading, Timing

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOLD_FRAMES = 3


@dataclass(frozen=True)
class Decision:
    """How scores become labels.

    Attributes:
        threshold: a best score below it is read as "?".
        top_k: how many labels to report for each digit, 0 for the best one alone.
    """

    threshold: float = 0.0
    top_k: int = 0


class Reader:
    """Reads digits in frames with one classifier."""

    def __init__(self, classifier: Classifier, decision: Decision | None = None) -> None:
        """Take a classifier and how its scores become labels."""
        self._classifier = classifier
        self._decision = decision or Decision()
        card = classifier.model.card
        self._model = ModelName(card.name, card.variant, card.flatbuffer_sha256, str(classifier.runtime))

    def read(self, frame: Frame) -> Reading:
        """Read one frame; a frame that carries an error gives a reading with that error."""
        if frame.image is None:
            return Reading(frame.source, frame.index, frame.taken_at_s, error=str(frame.error))
        start_s = time.perf_counter()
        found = find_digit(frame.image)
        found_s = time.perf_counter()
        digits: tuple[ReadDigit, ...] = ()
        if found is not None:
            scores = self._classifier.scores(found.canonical[np.newaxis])[0]
            digits = (decide(scores, self._classifier.model.card.labels, found.box, self._decision),)
        end_s = time.perf_counter()
        timing = Timing(
            capture_s=frame.capture_s,
            find_s=found_s - start_s,
            invoke_s=end_s - found_s,
            total_s=frame.capture_s + end_s - start_s,
        )
        return Reading(frame.source, frame.index, frame.taken_at_s, digits, model=self._model, timing=timing)


def decide(
    scores: NDArray[np.float32], labels: tuple[str, ...], box: tuple[int, int, int, int], decision: Decision
) -> ReadDigit:
    """Turn the scores of one digit into a label.

    Args:
        scores: float32 (labels,).
        labels: one a score.
        box: where the digit is in the frame: x, y, width, height, pixels.
        decision: threshold and number of labels to report.
    """
    order = np.argsort(-scores, kind="stable")
    best = int(order[0])
    label = labels[best] if scores[best] >= decision.threshold else "?"
    top = tuple((labels[int(i)], float(scores[i])) for i in order[: decision.top_k])
    return ReadDigit(label=label, score=float(scores[best]), box=box, top=top)


def mark_stable(readings: Iterable[Reading], *, hold: int = HOLD_FRAMES) -> Iterator[Reading]:
    """Mark each reading of a stream as stable once its text has been read `hold` times in a row.

    Args:
        readings: in the order the frames were taken.
        hold: frames in a row.
    """
    text, run = None, 0
    for reading in readings:
        run = run + 1 if reading.text == text else 1
        text = reading.text
        yield replace(reading, stable=run >= hold)
