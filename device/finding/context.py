"""Say how likely what a mark stands among is what digits stand among, and it no letter of a word and no leaf."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from ..contract import LABELS
from ..inference.inference import Inference, dequantize, quantize_pixels
from ..inference.model_file import read_model
from ..paths import NETWORK
from .choosing import SLENDER
from .words import NO_DIGIT, trusted

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from ..inference.model_file import ModelFile
    from ..inference.runtime import Runtime
    from .choosing import Scorer
    from .found import Found

HEIGHT, WIDTH = 32, 64  # px: what the network is given
MARK = 16  # px: the height of the mark in it
BROAD = 0.8  # of a mark's width: one that is broader than high is made as large by it
FINE = 3.0  # px of the frame to one of the crop: where there are more, some are left out first
FAINT, RANGE = 2.0, 3.0  # of 255: less contrast is none; what is so many times as far from the mean is white, or black
LEAST_SEEN = 0.25  # of the crop: where less of it lies in the frame, the frame was cropped to its digit
AT_FIRST = 100  # marks that are scored first
MANY = 40  # marks that are asked about first
DOUBTED, FEWEST = 0.1, 0.1  # of these: if fewer are doubtful, or are digits, the others are taken for what most are
ENOUGH = 0.2  # a mark that is a digit as likely as this is taken by the classifier's scores alone


class Context:
    """The network that looks at what is around a mark."""

    def __init__(self, runtime: Runtime, *, num_threads: int = 1) -> None:
        """Read the network; its interpreter is built when it is asked first, which for some pictures it never is.

        Raises:
            ModelFileError: the network that this package brings is missing or damaged.
        """
        self._build = partial(Inference, read_model(NETWORK).flatbuffer, runtime, num_threads=num_threads)

    @cached_property
    def _inference(self) -> Inference:
        return self._build()

    def scores(self, frame: NDArray[Any], found: Sequence[Found], looks: Scorer) -> NDArray[np.float32]:
        """Score marks by what they look like, and by what is around them where that says that they are no digits.

        Of more than AT_FIRST some are scored first: if hardly any of these is a digit, as of a text, none else is.

        Args:
            frame: uint8 (H, W) grey or (H, W, 3) BGR, 0–255.
            found: the marks.
            looks: scores marks by what they look like, float32 (N, labels).

        Raises:
            FitError: the runtime cannot run the network.
        """
        every, step = np.arange(len(found)), -(-len(found) // AT_FIRST)
        scores, chances = self._scored(frame, found[::step], looks)
        others = [found[place] for place in every[every % step > 0]]
        if others:
            likely = chances[scores.max(axis=1) >= NO_DIGIT]
            are_digits = float(np.mean(likely == 1)) if likely.size else 0.0
            rest = np.zeros((len(others), scores.shape[1]), np.float32), np.ones(len(others), np.float32)
            if are_digits >= 1 - DOUBTED:
                rest = looks(others), rest[1]
            elif are_digits >= FEWEST:
                rest = self._scored(frame, others, looks)
            order = np.argsort(np.concatenate([every[::step], every[every % step > 0]]))
            scores, chances = np.concatenate([scores, rest[0]])[order], np.concatenate([chances, rest[1]])[order]
        believed: NDArray[np.float32] = trusted(found, chances, scores.max(axis=1))
        scores *= believed[:, np.newaxis]
        return scores

    def _scored(
        self, frame: NDArray[Any], found: Sequence[Found], looks: Scorer
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Score marks by what they look like, float32 (N, labels), and say how far each may be one, float32 (N,)."""
        scores, chances = looks(found), np.ones(len(found), np.float32)
        likely = (scores.max(axis=1) >= NO_DIGIT).tolist()
        seen = [place for place, mark in enumerate(found) if likely[place] and mark.strokes]
        if seen:
            chances[seen] = self.chances(frame, [found[place].box for place in seen])
        return scores, chances

    def chances(self, frame: NDArray[Any], boxes: Sequence[tuple[int, int, int, int]]) -> NDArray[np.float32]:
        """Return how far each mark may be a digit by what is around it, float32 (N,), 0 to 1.

        Of many, some are asked about first, and the others only where of those neither nearly all nor hardly any are
        digits.

        Args:
            frame: uint8 (H, W) grey or (H, W, 3) BGR, 0–255.
            boxes: x, y, width and height of each mark, pixels.

        Raises:
            FitError: the runtime cannot run the network.
        """
        asked = slice(None, None, -(-len(boxes) // MANY))
        chances = self._ask(frame, boxes[asked])
        if len(chances) == len(boxes):
            return chances
        are_digits = float(np.mean(chances == 1))
        if FEWEST <= are_digits < 1 - DOUBTED:
            return self._ask(frame, boxes)
        others = np.full(len(boxes), are_digits >= FEWEST, np.float32)
        others[asked] = chances
        return others

    def _ask(self, frame: NDArray[Any], boxes: Sequence[tuple[int, int, int, int]]) -> NDArray[np.float32]:
        crops, network = np.stack([crop(frame, box) for box in boxes]), self._inference
        raw = network.run(quantize_pixels(standardized(crops), network.input))
        logits = dequantize(raw, network.output)[:, 0]
        chances: NDArray[np.float32] = np.minimum(1, 1 / (1 + np.exp(-logits)) / ENOUGH)
        chances[[_is_cropped_to(frame, box, alone=len(boxes) == 1) for box in boxes]] = 1
        return chances


def context_of(model: ModelFile, runtime: Runtime, *, num_threads: int = 1) -> Context | None:
    """Return the network to read with beside a model; None for one of other things than digits, which decides alone.

    Raises:
        ModelFileError: the network that this package brings is missing or damaged.
    """
    return Context(runtime, num_threads=num_threads) if set(model.card.labels) <= set(LABELS) else None


def _is_cropped_to(frame: NDArray[Any], box: tuple[int, int, int, int], *, alone: bool) -> bool:
    """Tell whether a frame was cropped to a digit, around which there is nothing to see.

    Lines beside others, as the backs of books are, may be as high as the frame too.
    """
    may_be_line = box[2] < SLENDER * box[3] and not alone
    return not may_be_line and _share_seen(frame, box) < LEAST_SEEN


def _share_seen(frame: NDArray[Any], box: tuple[int, int, int, int]) -> float:
    """Return how much of a mark's crop lies in the frame, as a share of the crop."""
    scale = max(box[3], BROAD * box[2]) / MARK
    share = 1.0
    for start, side, length, whole in zip(box, box[2:], frame.shape[1::-1], (WIDTH, HEIGHT), strict=False):
        middle, half = start + side / 2, whole * scale / 2
        share *= (min(length, middle + half) - max(0, middle - half)) / (2 * half)
    return share


def crop(frame: NDArray[Any], box: tuple[int, int, int, int]) -> NDArray[Any]:
    """Cut out a mark with what is around it, so large that it has the same height in each.

    Args:
        frame: uint8 (H, W) grey or (H, W, 3) BGR, 0–255.
        box: x, y, width and height of the mark, pixels.

    Returns:
        uint8 (32, 64); what lies beyond the frame has its median.
    """
    import cv2

    from .ink import grey_of  # not where a frame is taken as it is

    x, y, width, height = box
    scale = max(height, BROAD * width) / MARK
    left, top = int(x + width / 2 - WIDTH / 2 * scale), int(y + height / 2 - HEIGHT / 2 * scale)
    right, bottom = left + max(1, round(WIDTH * scale)), top + max(1, round(HEIGHT * scale))
    step, (down, across) = max(1, int(scale / FINE)), frame.shape[:2]
    part = frame[max(0, top) : min(down, bottom) : step, max(0, left) : min(across, right)]
    part = grey_of(part)[:, ::step]  # in this order no pixel of three colours is copied by itself, which takes long
    above, below, before, behind = (max(0, beyond) // step for beyond in (-top, bottom - down, -left, right - across))
    if above or below or before or behind:
        median = int(np.bincount(part.ravel()).cumsum().searchsorted(part.size / 2))
        part = cv2.copyMakeBorder(part, above, below, before, behind, cv2.BORDER_CONSTANT, value=(median,))
    way = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    found: NDArray[Any] = cv2.resize(part, (WIDTH, HEIGHT), interpolation=way)
    return found


def standardized(crops: NDArray[Any]) -> NDArray[Any]:
    """Give crops, uint8 (N, 32, 64), one mean and one contrast: uint8 (N, 32, 64)."""
    values = crops.reshape(len(crops), -1).astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    deviation = np.sqrt(np.einsum("np,np->n", values, values) / values.shape[1])
    values *= (127 / RANGE / np.maximum(FAINT, deviation))[:, np.newaxis]
    values += 128
    even: NDArray[Any] = np.clip(values, 0, 255, out=values).astype(np.uint8).reshape(crops.shape)
    return even
