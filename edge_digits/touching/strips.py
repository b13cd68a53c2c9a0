"""The wide marks that the device's finder finds in drawn frames, as the network is given them, and their digits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.errors import DataError
from device.finding.choosing import SURE
from device.finding.finder import Finder
from device.finding.found import Found, framed
from device.finding.splitting import is_wide
from device.finding.touching import HEIGHT, LONGEST, WIDTH, strip
from device.inference.classifier import Classifier
from device.output_files import atomic_path
from device.reading import Way

from ..context.crops import read_arrays
from ..context.frames import Sources
from ..context.page import Box
from .frames import draw_frame

MOST = 8  # digits of a mark
MINE, OTHERS = 0.7, 0.2  # of a digit's ink is in the mark: it is one of its digits; less: it is none
HIGH = 0.5  # of a mark's height: lower digits stand on something
SINGLE, NOTHING = 6, 3  # marks of a frame that are one digit, or none, that are kept
CLEAR = 0.1  # of marks of which the classifier is sure are kept: the network is not asked about them


@dataclass(frozen=True, eq=False)
class Strips:
    """Wide marks to learn from.

    Attributes:
        images: uint8 (N, 32, 160), see `device.finding.touching.strip`.
        texts: str (N,), the digits of each from left to right; "" of what is none.
    """

    images: NDArray[np.uint8]
    texts: NDArray[np.str_]

    def part(self, chosen: slice) -> Strips:
        """Return some of them."""
        return Strips(self.images[chosen], self.texts[chosen])

    def digest(self, *settings: int) -> str:
        """Return a digest, 64 hex digits, of all that follows from them and from settings."""
        content = hashlib.sha256(repr((settings, self.texts.tolist())).encode())
        content.update(np.ascontiguousarray(self.images).tobytes())
        return content.hexdigest()


def write_strips(path: Path, strips: Strips) -> None:
    """Write strips to a new .npz file; nothing half-written is ever visible."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, images=strips.images, texts=strips.texts)


def read_strips(paths: Sequence[Path]) -> Strips:
    """Read strips from files, one behind the other.

    Raises:
        DataError: a file cannot be read, or holds no strips.
    """
    parts = []
    for path, arrays in read_arrays(paths, ("images", "texts"), command="edge-digits touching draw"):
        parts.append(Strips(*arrays))
        if parts[-1].images.shape[1:] != (HEIGHT, WIDTH) or len(parts[-1].images) != len(parts[-1].texts):
            raise DataError(f"{path}: expected strips of {HEIGHT}×{WIDTH} px, found {parts[-1].images.shape}")
    return Strips(np.concatenate([part.images for part in parts]), np.concatenate([part.texts for part in parts]))


def draw_strips(
    sources: Sources, classifier: Classifier, *, frames: int, seed: int, report: Callable[[int], None]
) -> Strips:
    """Draw frames and cut out of them the wide marks that the finder finds.

    Args:
        sources: what frames are made of.
        classifier: says which marks are surely one digit; few of these are kept.
        frames: how many.
        seed: the same seed draws the same.
        report: is told after each frame how many there are.
    """
    rng = np.random.default_rng(seed)
    images: list[NDArray[np.uint8]] = []
    texts: list[str] = []
    for number in range(frames):
        frame, boxes, text = draw_frame(sources, rng)
        for mark, known in _known(framed(Finder(frame).find(Way("auto")).digits), boxes, text, classifier, rng):
            assert mark.strokes is not None
            images.append(strip(mark.strokes))
            texts.append(known)
        report(number + 1)
    return Strips(np.array(images, np.uint8).reshape(-1, HEIGHT, WIDTH), np.array(texts, f"U{MOST}"))


def _known(
    found: Sequence[Found], boxes: Sequence[Box], text: str | None, classifier: Classifier, rng: np.random.Generator
) -> list[tuple[Found, str]]:
    """Return the marks to learn from that are wide, in any order, with their digits."""
    wide = [mark for mark in found if mark.strokes and is_wide(mark.box) and mark.box[2] < LONGEST * mark.box[3]]
    if not wide:
        return []
    sure = classifier.scores(np.stack([mark.canonical for mark in wide])).max(axis=1) >= SURE
    room = {0: NOTHING, 1: SINGLE}
    kept = []
    for place in rng.permutation(len(wide)):
        digits = digits_in(wide[place], boxes, text)
        if digits is None or len(digits) > MOST or (len(digits) < 2 and sure[place] and rng.random() > CLEAR):
            continue
        room[len(digits)] = room.get(len(digits), len(wide)) - 1
        if room[len(digits)] >= 0:
            kept.append((wide[place], digits))
    return kept


def digits_in(mark: Found, boxes: Sequence[Box], text: str | None) -> str | None:
    """Say which digits a mark is, from left to right; None where nobody knows, or where it holds one in part.

    Args:
        mark: what the finder found.
        boxes: of the digits in the frame.
        text: what these are; None where nobody knows.
    """
    assert mark.strokes is not None
    shares = [_share(mark, box) for box in boxes]
    mine = [place for place, share in enumerate(shares) if share >= MINE]
    if any(OTHERS < share < MINE for share in shares) or (mine and text is None):
        return None
    if any(boxes[place][3] < HIGH * mark.box[3] for place in mine):
        return ""
    return "".join(
        (text or "")[place] for place in sorted(mine, key=lambda place: 2 * boxes[place][0] + boxes[place][2])
    )


def _share(mark: Found, box: Box) -> float:
    """Return how much of a digit with this box is in a mark, and in no other mark."""
    assert mark.strokes is not None
    start = [max(box[side], mark.box[side]) for side in (0, 1)]
    end = [min(box[side] + box[side + 2], mark.box[side] + mark.box[side + 2]) for side in (0, 1)]
    if end[0] <= start[0] or end[1] <= start[1]:
        return 0.0
    bounds = mark.strokes.bounds
    part = []
    for side, corner in ((1, mark.strokes.top), (0, mark.strokes.left)):
        scale = bounds[side + 2] / mark.box[side + 2]
        first, last = ((place - mark.box[side]) * scale + bounds[side] - corner for place in (start[side], end[side]))
        part.append(slice(max(0, int(first)), int(last) + 1))
    inside, others = (cv2.countNonZero(each[tuple(part)]) for each in (mark.strokes.inside, mark.strokes.others))
    area = (end[0] - start[0]) * (end[1] - start[1]) / (box[2] * box[3])
    return area * inside / max(1, inside + others)
