"""Read digits that touch as a whole, where cuts between them make other digits of them, or none.

A network reads the mark step by step from left to right: connectionist temporal classification (Graves, Fernández,
Gomez and Schmidhuber, 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..contract import LABELS
from ..inference.inference import Inference, dequantize, quantize_pixels, softmax
from ..inference.model_file import read_model
from ..paths import TOUCHING
from .choosing import Scored
from .found import cut_marks, framed

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from ..inference.model_file import ModelFile
    from ..inference.runtime import Runtime
    from .choosing import Scorer
    from .found import Found
    from .strokes import Strokes

HEIGHT, WIDTH = 32, 160  # px: what the network is given
ROOM = 2  # px around the mark
LONGEST = (WIDTH - 2 * ROOM) / (HEIGHT - 2 * ROOM)  # of its height: a wider mark is not asked about
STEPS, BLANK = 40, len(LABELS)  # from left to right, each one of the digits, or none
SURE = 0.85  # how likely a reading is that is believed
IMPOSSIBLE = 1e-4  # how likely one is that is taken back
ALONE = 0.5  # of the pieces: what is around so many does not speak against them


class Touching:
    """The network that reads digits that touch."""

    def __init__(self, runtime: Runtime, *, num_threads: int = 1) -> None:
        """Read the network; its interpreter is built when it is asked first, which for most pictures it never is.

        Raises:
            ModelFileError: the network that this package brings is missing or damaged.
        """
        self._build = partial(Inference, read_model(TOUCHING).flatbuffer, runtime, num_threads=num_threads)

    @cached_property
    def _inference(self) -> Inference:
        return self._build()

    def shares(self, strokes: Strokes) -> NDArray[np.float32]:
        """Say how likely each digit, and none, is in each step through a mark: float32 (steps, 11).

        Raises:
            FitError: the runtime cannot run the network.
        """
        raw = self._inference.run(quantize_pixels(strip(strokes)[np.newaxis], self._inference.input))
        shares: NDArray[np.float32] = softmax(dequantize(raw, self._inference.output)[0])
        return shares

    def judged(self, mark: Scored, parts: list[Scored], scorer: Scorer, looks: Scorer) -> list[Scored]:
        """Return what a mark is: the parts that it was cut into, itself, or what is surely read in it.

        Args:
            mark: what may be several digits.
            parts: what it was cut into, or itself.
            scorer: the classifier's, with what is around digits.
            looks: the classifier's by what they look like.

        Raises:
            FitError: the runtime cannot run the network.
        """
        _, _, width, height = mark.found.box
        if mark.found.strokes is None or width > LONGEST * height:
            return parts
        shares, said = self.shares(mark.found.strokes), [int(part.scores.argmax()) for part in parts]
        read = decode(shares)
        digits = [digit for digit, _ in read]
        likely = chance(shares, digits)
        if said == digits and likely <= min(part.best for part in parts):
            return parts
        if len(digits) > 1 and likely >= SURE:
            cut = said == digits
            pieces = [part.found for part in parts] if cut else _pieces(mark.found, [place for _, place in read])
            if pieces and np.mean(scorer(pieces).max(axis=1) >= looks(pieces).max(axis=1)) >= ALONE:
                return [Scored(*each, likely) for each in zip(pieces, _scores(digits, likely), strict=True)]
        return [mark] if len(parts) > 1 and chance(shares, said) < IMPOSSIBLE else parts


def touching_of(model: ModelFile, runtime: Runtime, *, num_threads: int = 1) -> Touching | None:
    """Return the network to read with beside a model; None for one of other things than digits, which decides alone.

    Raises:
        ModelFileError: the network that this package brings is missing or damaged.
    """
    return Touching(runtime, num_threads=num_threads) if model.card.labels == LABELS else None


def strip(strokes: Strokes) -> NDArray[Any]:
    """Return a mark as the network is given it, uint8 (32, 160), light on dark, as high as any, at the left."""
    import cv2

    from .strokes import full_inks  # not where a frame is taken as it is

    (ink,) = full_inks([strokes.shrunk()], are_rows=True)
    high = HEIGHT - 2 * ROOM
    wide = min(WIDTH - 2 * ROOM, max(1, round(ink.shape[1] * high / ink.shape[0])))
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    way = cv2.INTER_AREA if ink.shape[0] > high else cv2.INTER_LINEAR
    picture[ROOM : ROOM + high, ROOM : ROOM + wide] = cv2.resize(ink, (wide, high), interpolation=way)
    return picture


def decode(shares: NDArray[np.float32]) -> list[tuple[int, float]]:
    """Read the best path through steps, float32 (steps, 11): its digits, and the middle of each, in steps."""
    best = shares.argmax(axis=1)
    bounds = [*np.flatnonzero(np.diff(best, prepend=-1)).tolist(), len(best)]
    return [(int(best[start]), (start + end) / 2) for start, end in pairwise(bounds) if best[start] != BLANK]


def chance(shares: NDArray[np.float32], digits: Sequence[int]) -> float:
    """Say how likely digits are, by all the ways in which steps, float32 (steps, 11), may read them."""
    signs = np.full(2 * len(digits) + 1, BLANK)
    signs[1::2] = digits
    jumps = np.zeros(len(signs), bool)  # over the blank between two digits that differ
    jumps[2:] = signs[2:] != signs[:-2]
    ways = np.zeros(len(signs))
    ways[0] = 1.0
    for step in shares:
        moved = ways.copy()
        moved[1:] += ways[:-1]
        moved[2:] += ways[:-2] * jumps[2:]
        ways = moved * step[signs]
    return float(ways[-2:].sum())


def _pieces(mark: Found, middles: Sequence[float]) -> list[Found] | None:
    """Cut a mark between the middles of its digits, in steps; None where nothing can be cut there."""
    (cut,) = cut_marks([mark])
    if cut is None:
        return None
    places, ends = cut.cuts.places, [0]
    scale = cut.strokes.bounds[3] / (HEIGHT - 2 * ROOM)
    across = [places[0] + (middle * WIDTH / STEPS - ROOM) * scale for middle in middles]
    for one, other in pairwise(across):
        between = [number for number, place in enumerate(places) if one < place < other]
        if not between:
            return None
        ends.append(min(between, key=lambda number: abs(2 * places[number] - one - other)))
    parts = [dict(cut.parts(start)).get(end) for start, end in pairwise([*ends, cut.last])]
    return framed([part for part in parts if part]) if all(parts) else None


def _scores(digits: Sequence[int], likely: float) -> NDArray[np.float32]:
    """Return scores of digits that are so likely, float32 (N, 10)."""
    scores = np.full((len(digits), len(LABELS)), (1 - likely) / (len(LABELS) - 1), np.float32)
    scores[np.arange(len(digits)), digits] = likely
    return scores
