"""The frame: one picture from a source, with where and when it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .errors import EdgeDigitsError


@dataclass(frozen=True)
class Frame:
    """One picture from a source, or why it could not be had.

    Attributes:
        source: path or name of where it came from.
        index: number of the frame in its source, from 0.
        taken_at_s: when it was taken or read, seconds since 1970; of a video file by its place in the film.
        image: uint8 (H, W) grey or (H, W, 3) BGR, 0–255; None where `error` is set.
        capture_s: time it took to get it, seconds.
        error: why there is no image.
    """

    source: str
    index: int
    taken_at_s: float
    image: NDArray[np.uint8] | None
    capture_s: float = 0.0
    error: EdgeDigitsError | None = None
