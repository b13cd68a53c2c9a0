"""What the device's finder takes for marks in drawn frames, with what is around it, and whether it is a digit."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device.errors import DataError, one_line
from device.finding.attempts import JOINED
from device.finding.context import HEIGHT, WIDTH, crop
from device.finding.finder import Finder
from device.finding.found import Found, framed, pieces_of
from device.finding.words import NO_DIGIT
from device.inference.classifier import Classifier
from device.output_files import atomic_path
from device.reading import Way

from .frames import DISPLAY, Sources, cropped, draw_frame
from .page import Box

SAME = 0.55  # of the union of two boxes is in both: the mark is the digit
APART = 0.15  # of one of them is in both at most: it is none, and no part of one
CROPPED = 0.35  # of frames with digits are cropped to one
LOWER = 0.1  # of frames are searched for what is lower than the rest
CLOSED = 0.5  # of displays are looked at with the gaps between segments or dots closed
MOST_CUT = 6  # marks of a frame that are cut
MOST, PIECES = 12, 4  # marks of a frame, and what they are cut into, that are kept
CLEAR = 0.25  # of what the classifier knows to be no digit is kept: the network is not asked about it


@dataclass(frozen=True, eq=False)
class Crops:
    """Marks to learn from.

    Attributes:
        images: uint8 (N, 32, 64), see `device.finding.context.crop`.
        are_digits: bool (N,).
        kinds: str (N,), what the frame of each was.
    """

    images: NDArray[np.uint8]
    are_digits: NDArray[np.bool_]
    kinds: NDArray[np.str_]

    def part(self, chosen: slice) -> Crops:
        """Return some of them."""
        return Crops(self.images[chosen], self.are_digits[chosen], self.kinds[chosen])

    def digest(self, *settings: int) -> str:
        """Return a digest, 64 hex digits, of all that follows from them and from settings."""
        content = hashlib.sha256(repr(settings).encode())
        for array in (self.images, self.are_digits):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()


def write_crops(path: Path, crops: Crops) -> None:
    """Write crops to a new .npz file; nothing half-written is ever visible."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, images=crops.images, are_digits=crops.are_digits, kinds=crops.kinds)


def read_crops(paths: Sequence[Path]) -> Crops:
    """Read crops from files, one behind the other.

    Raises:
        DataError: a file cannot be read, or holds no crops.
    """
    parts = []
    for path, arrays in read_arrays(paths, ("images", "are_digits", "kinds"), command="edge-digits context draw"):
        parts.append(Crops(*arrays))
        if parts[-1].images.shape[1:] != (HEIGHT, WIDTH) or len(parts[-1].images) != len(parts[-1].are_digits):
            raise DataError(f"{path}: expected crops of {HEIGHT}×{WIDTH} px, found {parts[-1].images.shape}")
    return Crops(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.are_digits for part in parts]),
        np.concatenate([part.kinds for part in parts]),
    )


def read_arrays(paths: Sequence[Path], names: Sequence[str], *, command: str) -> Iterator[tuple[Path, list[Any]]]:
    """Yield the arrays of these names in each .npz file that a command has written.

    Raises:
        DataError: a file cannot be read, or holds others.
    """
    for path in paths:
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = [stored[name] for name in names]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as cause:
            found = one_line(cause) if isinstance(cause, OSError) else "another kind of file, or a damaged one"
            raise DataError(f"{path}: expected what `{command}` has written, found: {found}") from cause
        yield path, arrays


def draw_crops(
    sources: Sources, classifier: Classifier, *, frames: int, seed: int, report: Callable[[int], None]
) -> Crops:
    """Draw frames and cut out of them what the finder finds.

    Args:
        sources: what frames are made of.
        classifier: says which marks look like digits; few others are kept.
        frames: how many.
        seed: the same seed draws the same.
        report: is told after each frame how many there are.
    """
    rng = np.random.default_rng(seed)
    images: list[NDArray[np.uint8]] = []
    answers: list[bool] = []
    kinds: list[str] = []
    for number in range(frames):
        frame, digits, kind = draw_frame(sources, rng)
        parts: list[Box] = []
        if digits and rng.random() < CROPPED:
            frame, digits, parts = cropped(frame, digits, rng)
        joined = JOINED if kind == DISPLAY and rng.random() < CLOSED else 0.0
        way = Way("auto", lower=bool(rng.random() < LOWER), joined=joined)
        found = framed(Finder(frame).find(way).digits)
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        cut = [found[place] for place in rng.permutation(len(found))[:MOST_CUT]]
        pieces = [piece for each in pieces_of(cut) for piece in each]
        for marks, most in ((found, MOST), (pieces, PIECES)):
            known = [(each, answer) for each in marks if (answer := _is_digit(each.box, digits, parts)) is not None]
            asked = _are_asked([each for each, _ in known], classifier) | (rng.random(len(known)) < CLEAR)
            for place in rng.permutation(np.flatnonzero(asked))[:most]:
                mark, answer = known[place]
                images.append(crop(grey, mark.box))
                answers.append(answer)
                kinds.append(kind)
        report(number + 1)
    return Crops(np.array(images, np.uint8).reshape(-1, HEIGHT, WIDTH), np.array(answers, bool), np.array(kinds, str))


def _are_asked(marks: Sequence[Found], classifier: Classifier) -> NDArray[np.bool_]:
    """Tell which marks the classifier does not refuse, bool (n,): the network is asked about these."""
    if not marks:
        return np.zeros(0, bool)
    asked: NDArray[np.bool_] = classifier.scores(np.stack([each.canonical for each in marks])).max(axis=1) >= NO_DIGIT
    return asked


def _is_digit(box: Box, digits: Sequence[Box], parts: Sequence[Box]) -> bool | None:
    """Tell whether a mark is one of the digits; None where it is a part of one, or more than one."""
    shares = [_shared(box, digit) for digit in digits]
    if any(union >= SAME for union, _ in shares):
        return True
    shares += [_shared(box, part) for part in parts]
    return False if all(larger <= APART for _, larger in shares) else None


def _shared(one: Box, other: Box) -> tuple[float, float]:
    """Return what two boxes share: of their union, and of the one of which it is the larger part."""
    both = 1.0
    for side in (0, 1):
        start, end = max(one[side], other[side]), min(one[side] + one[side + 2], other[side] + other[side + 2])
        both *= max(0.0, end - start)
    areas = one[2] * one[3], other[2] * other[3]
    return both / (sum(areas) - both), both / min(areas)
