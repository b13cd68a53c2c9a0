"""Teachers: larger models whose answers to the distorted digits a smaller one learns from.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015. As the distortion does not depend on the
run's seed, each teacher answers once for each epoch; its answers are kept in the cache and serve every student.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.errors import OutputError
from device.idx import idx_md5
from device.inference.model_file import sha256
from device.output_files import atomic_path
from device.paths import cache_dir

from ..recipes import Augmentation
from ..synthetic.augmentation import CHUNK
from .fine_tuning import load_digit_model
from .score_calibration import soften

_LEAST_SCORE = 1e-7


def teach(
    teachers: Sequence[Path],
    *,
    lesson_in: Callable[[int], str] | None,
    temperature: float,
    warn: Callable[[str], None] = lambda line: None,
) -> Callable[[NDArray[np.uint8], int], NDArray[np.float32]]:
    """Return the function that gives the teachers' softened mean answer to the distorted pictures of an epoch.

    Args:
        teachers: Keras models that answer with softmax scores, or with logits, which softmax makes scores of.
        lesson_in: names what the pictures of an epoch follow from, for the cache; None keeps no answers.
        temperature: above 1 softens.
        warn: is told that answers cannot be kept, in the cache, and which teachers answer with logits.

    Raises:
        ModelFileError: a teacher cannot be loaded.
        ContractError: a teacher does not take raw pixels of digits or does not answer with ten scores.
    """
    loaded = [_Teacher(path, lesson_in, warn) for path in teachers]

    def soft_targets(distorted: NDArray[np.uint8], epoch: int) -> NDArray[np.float32]:
        answers = [soften(np.exp(teacher.log_scores(distorted, epoch)), temperature) for teacher in loaded]
        mean: NDArray[np.float32] = np.mean(answers, axis=0, dtype=np.float32)
        return mean

    return soft_targets


def lesson_names(
    images: NDArray[np.uint8], augmentation_in: Callable[[int], Augmentation | None], *, digits: int
) -> Callable[[int], str]:
    """Return what names the distorted digits of an epoch, by what they were and how far distortion goes.

    Args:
        images: uint8 (N, 28, 28), before distortion.
        augmentation_in: says how the pictures of an epoch are distorted.
        digits: how many of the pictures, from the first, teachers are asked about.
    """
    distorted_together = math.ceil(digits / CHUNK) * CHUNK
    undistorted = idx_md5(images[:distorted_together])
    return lambda epoch: sha256(f"{undistorted} {digits} {augmentation_in(epoch)!r}".encode())[:12]


class _Teacher:
    """One teacher with the answers it has given before."""

    def __init__(self, path: Path, lesson_in: Callable[[int], str] | None, warn: Callable[[str], None]) -> None:
        self._model = load_digit_model(path, report=warn)
        self._digest = sha256(path.read_bytes())[:12]
        self._lesson_in, self._warn = lesson_in, warn

    def log_scores(self, images: NDArray[np.uint8], epoch: int) -> NDArray[np.float32]:
        """Return float32 (N, classes), the logarithm of its scores."""
        kept = None
        if self._lesson_in is not None:
            kept = cache_dir() / "teachers" / f"{self._digest}-{self._lesson_in(epoch)}" / f"{epoch:04d}.npy"
        known = None if kept is None else _read_answers(kept, len(images))
        if known is not None:
            return known
        scores = self._model.predict(images[..., np.newaxis], batch_size=1000, verbose=0)
        log_scores: NDArray[np.float32] = np.log(np.maximum(scores, _LEAST_SCORE))
        if kept is not None:
            try:
                with atomic_path(kept) as temporary, temporary.open("wb") as file:
                    np.save(file, log_scores.astype(np.float16))
            except OutputError as error:
                self._lesson_in = None
                self._warn(f"{error}; the answers of teachers are not kept")
        return log_scores


def _read_answers(kept: Path, count: int) -> NDArray[np.float32] | None:
    """Read answers that were kept, float32 (count, classes); None where there are none, or a power cut left half."""
    try:
        answers = np.load(kept)
    except (OSError, EOFError, ValueError):
        return None
    is_whole = isinstance(answers, np.ndarray) and answers.ndim == 2 and len(answers) == count
    return answers.astype(np.float32) if is_whole else None
