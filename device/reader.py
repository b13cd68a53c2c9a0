"""The reader: a frame in, a reading out, through finder, framing and classifier."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .finding.attempts import Attempt, best_attempt
from .finding.choosing import Scored, score, with_count, with_cuts, with_joints
from .finding.finder import Finder
from .finding.found import Finding, framed, holds_middle
from .finding.words import without_lines, without_unsure_rows, without_words
from .frames import Frame
from .inference.classifier import Classifier
from .printable import printable
from .reading import UNSURE, ModelName, ReadDigit, Reading, Timing, Way
from .settings.reading_settings import ReadingSettings, Roi

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    from .finding.context import Context
    from .finding.found import Found
    from .finding.touching import Touching
    from .inference.model_card import ModelCard


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
    """Reads digits in frames with one classifier, in one thread at a time, as interpreters are of one."""

    def __init__(
        self,
        classifier: Classifier,
        decision: Decision | None = None,
        *,
        settings: ReadingSettings | None = None,
        context: Context | None = None,
        touching: Touching | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        """Take a classifier and how frames are read.

        Args:
            classifier: the model.
            decision: how scores become labels; as the settings and the model's card say unless given.
            settings: what is looked for, and where.
            context: looks at what is around marks; without it the classifier alone tells what is no digit.
            touching: reads digits that touch as a whole; without it they are cut as the classifier alone says.
            warn: is told, once for each source, of a region that lies beyond its frames, or partly.
        """
        self.settings = settings or ReadingSettings()
        self._classifier, self._context, self._touching, self._warn = classifier, context, touching, warn
        self._warned: set[tuple[str, Roi]] = set()
        card = classifier.model.card
        self.decision = decision or Decision(reject_threshold(self.settings, card.decision), self.settings.top_k)
        # What letters are is for the model to say, however sure of its digits the user wants to be.
        self._letters_below = reject_threshold(replace(self.settings, reject_below=None), card.decision)
        self._model = ModelName(card.name, card.variant, card.flatbuffer_sha256, str(classifier.runtime))

    @property
    def card(self) -> ModelCard:
        """The card of the model that reads."""
        return self._classifier.model.card

    @property
    def runtime(self) -> str:
        """Name and version of the runtime that it reads in."""
        return self._model.runtime

    def with_settings(self, settings: ReadingSettings) -> Reader:
        """Return a reader with the same model that reads by other settings."""
        return Reader(
            self._classifier, settings=settings, context=self._context, touching=self._touching, warn=self._warn
        )

    def read(self, frame: Frame) -> Reading:
        """Read one frame; a frame that carries an error gives a reading with that error.

        Raises:
            ValueError: its image is not uint8 (H, W) or (H, W, 3). One without pixels shows nothing.
        """
        return self.read_closely(frame)[0]

    def read_closely(self, frame: Frame) -> tuple[Reading, list[NDArray[Any]]]:
        """Read one frame; return the reading and, for each digit, what the network was given, uint8 (28, 28).

        Raises:
            ValueError: see `read`.
        """
        if frame.image is None:
            return Reading(frame.source, frame.index, frame.taken_at_s, error=str(frame.error)), []
        if self._warn is not None:
            self._warn_of_regions(frame.source, frame.image, self._warn)
        start_s = time.perf_counter()
        pairs, believed = self._read_parts(frame.image)
        total_s = time.perf_counter() - start_s
        find_s, frame_s = sum(each.find_s for each in believed), sum(each.frame_s for each in believed)
        timing = Timing(frame.capture_s, find_s, frame_s, total_s - find_s - frame_s, frame.capture_s + total_s)
        rois = tuple(roi.name for roi in self.settings.regions)
        reading = Reading(
            frame.source,
            frame.index,
            frame.taken_at_s,
            tuple(digit for _, digit in pairs),
            rois=rois,
            ways=tuple(each.way for each in believed),
            model=self._model,
            timing=timing,
            size=(frame.image.shape[1], frame.image.shape[0]),
        )
        return reading, [canonical for canonical, _ in pairs]

    def left_out(self, frame: Frame, reading: Reading) -> list[tuple[NDArray[Any], ReadDigit]]:
        """Return what was found in a frame and left out of its reading: letters, signs, what no cut made digits of.

        Args:
            frame: as it was read.
            reading: of this frame, by this reader.

        Returns:
            What the network was given for each, uint8 (28, 28), and what it takes it for, however low its score is: 0.0
            for what it was not asked about, as most of a text.
        """
        if frame.image is None:
            return []
        pairs: list[tuple[NDArray[Any], ReadDigit]] = []
        for roi, way in zip(self._regions_of(frame.image), reading.ways, strict=True):
            part = roi.part_of(frame.image)
            if not part.size:  # beyond the frame
                continue
            found = Finder(part, layout=self.settings.layout, min_height=self.settings.min_height).find(way)
            scored = score(framed(found.digits), partial(self._score, part))
            pairs += self._labelled(scored, roi, first_row=0, decision=Decision())
        read = [digit.box for digit in reading.digits]
        return [
            (canonical, mark)
            for canonical, mark in pairs
            if not any(holds_middle(mark.box, box) or holds_middle(box, mark.box) for box in read)
        ]

    def _warn_of_regions(self, source: str, image: NDArray[Any], warn: Callable[[str], None]) -> None:
        height, width = image.shape[:2]
        for roi in self.settings.regions:
            right, bottom = min(width, roi.x + roi.width), min(height, roi.y + roi.height)
            if (right, bottom) == (roi.x + roi.width, roi.y + roi.height) or (source, roi) in self._warned:
                continue
            self._warned.add((source, roi))
            seen = roi._replace(width=right - roi.x, height=bottom - roi.y)
            lies, then = (
                ("partly beyond", f"; it is read as {seen}") if seen.width > 0 < seen.height else ("beyond", "")
            )
            warn(f"{printable(source)}: region {roi} lies {lies} the frame of {width}×{height} pixels{then}")

    def _read_parts(self, image: NDArray[Any]) -> tuple[list[tuple[NDArray[Any], ReadDigit]], list[Attempt]]:
        """Read the regions of a frame, or the whole; return their digits, and what was believed of each."""
        pairs: list[tuple[NDArray[Any], ReadDigit]] = []
        believed = []
        for roi in self._regions_of(image):
            best = self._read_part(roi.part_of(image))
            believed.append(best)
            first_row = pairs[-1][1].row + 1 if pairs else 0
            pairs += self._labelled(best.digits, roi, first_row=first_row, decision=self.decision)
        return pairs, believed

    def _regions_of(self, image: NDArray[Any]) -> tuple[Roi, ...]:
        return self.settings.regions or (Roi("", 0, 0, image.shape[1], image.shape[0]),)

    def _read_part(self, part: NDArray[Any]) -> Attempt:
        """Read a region."""
        if part.size == 0:  # beyond the frame
            return Attempt(Way(self.settings.invert), [], Finding([]))
        finder = Finder(part, layout=self.settings.layout, min_height=self.settings.min_height)
        best = best_attempt(
            partial(self._attempt, part, finder), self.settings, self._letters_below, max(part.shape[:2])
        )
        digits = best.digits
        if self.settings.expect_digits and best.found.others:  # rows that run over several sheets are whole only now
            digits = self._counted(digits, part)
        if any(digit.best < self._letters_below for digit in digits):
            from .finding.second_look import looked_at_again

            digits = looked_at_again(digits, self._looks, self._letters_below)
        if not self.settings.expect_digits:
            digits = without_unsure_rows(digits, self._letters_below)
            digits = without_lines(digits, among=len(best.found.digits))
        return replace(best, digits=digits)

    def _attempt(self, part: NDArray[Any], finder: Finder, way: Way) -> Attempt:
        """Read a region in one way."""
        start_s = time.perf_counter()
        found = finder.find(way)
        found_s = time.perf_counter()
        digits = framed(found.digits)
        framed_s = time.perf_counter()
        chosen = self._choose(digits, part)
        if self.settings.expect_digits and not found.others:
            chosen = self._counted(chosen, part)
        return Attempt(way, chosen, found, found_s - start_s, framed_s - found_s)

    def _looks(self, found: Sequence[Found]) -> NDArray[np.float32]:
        """Score digits by what they look like."""
        return self._classifier.scores(np.stack([digit.canonical for digit in found]))

    def _score(self, part: NDArray[Any], found: Sequence[Found]) -> NDArray[np.float32]:
        """Score digits by what they look like, and by what is around them where that says that they are none."""
        if self._context is None or not self.settings.reject:
            return self._looks(found)
        return self._context.scores(part, found, self._looks)

    def _choose(self, found: list[Found], part: NDArray[Any]) -> list[Scored]:
        """Score digits, cut those that touch, and leave out rows that are no digits."""
        scorer, settings = partial(self._score, part), self.settings
        digits = score(found, scorer)
        if not settings.expect_digits:
            digits = without_words(digits, self._letters_below, are_cut=False)
        if settings.layout != "single":
            whole = None if settings.expect_digits else self._touching
            digits = with_cuts(with_joints(digits, scorer), scorer, self._looks, among=len(found), whole=whole)
        return digits if settings.expect_digits else without_words(digits, self._letters_below, are_cut=True)

    def _counted(self, digits: list[Scored], part: NDArray[Any]) -> list[Scored]:
        """Bring rows to the number of digits that is expected in each; what is cut must be as high as others."""
        counted = with_count(digits, partial(self._score, part), count=self.settings.expect_digits)
        return [digit for digit in counted if digit.found.box[3] >= self.settings.min_height]

    def _labelled(
        self, digits: list[Scored], roi: Roi, *, first_row: int, decision: Decision
    ) -> Iterator[tuple[NDArray[Any], ReadDigit]]:
        """Turn scored digits of a region into digits of the frame."""
        labels = self._classifier.model.card.labels
        rows = list(dict.fromkeys(digit.found.row for digit in digits))  # some, as words, were left out
        for digit in digits:
            x, y, width, height = digit.found.box
            box = roi.x + x, roi.y + y, width, height
            row = first_row + rows.index(digit.found.row)
            yield digit.found.canonical, decide(digit.scores, labels, box, decision, row=row, roi=roi.name)


def reject_threshold(settings: ReadingSettings, decision: Any) -> float:
    """Return the score below which a digit is refused, 0.0 for none: the user's, else that of the model card."""
    if not settings.reject:
        return 0.0
    below = decision.get("reject_below", 0.0) if settings.reject_below is None else settings.reject_below
    return float(below)


def decide(
    scores: NDArray[np.float32],
    labels: tuple[str, ...],
    box: tuple[int, int, int, int],
    decision: Decision,
    *,
    row: int = 0,
    roi: str = "",
) -> ReadDigit:
    """Turn the scores of one digit into a label.

    Args:
        scores: float32 (labels,).
        labels: one a score.
        box: where the digit is in the frame: x, y, width, height, pixels.
        decision: threshold and number of labels to report.
        row: number of its row.
        roi: name of its region.
    """
    best = int(scores.argmax())
    score = float(scores[best])
    label = labels[best] if score >= decision.threshold else UNSURE
    order = np.argsort(-scores, kind="stable")[: decision.top_k] if decision.top_k else ()
    top = tuple((labels[int(i)], float(scores[i])) for i in order)
    return ReadDigit(label, score, box, top, row, roi)
