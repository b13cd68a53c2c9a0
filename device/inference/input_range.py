"""The range of values that a model was trained on, and so takes."""

from __future__ import annotations

from typing import NamedTuple


class InputRange(NamedTuple):
    """What a model takes where there are raw 0–255 pixels: value = pixel × scale + offset."""

    name: str
    scale: float
    offset: float


RAW = InputRange("0-255", 1.0, 0.0)
INPUT_RANGES = {each.name: each for each in (RAW, InputRange("0-1", 1 / 255, 0.0), InputRange("-1-1", 1 / 127.5, -1.0))}
