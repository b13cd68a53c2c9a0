"""The range of pixels that a model without a card is given where nobody says what it was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .input_range import INPUT_RANGES, RAW, InputRange
from .model_card import TensorCard

# Of the width of a range: zero points are rounded to a step, and few images reach the last pixel value.
SLACK = 0.02


@dataclass(frozen=True)
class AssumedRange:
    """A range and why.

    Attributes:
        taken: the range.
        note: what is to be said of it, "given pixels ...".
    """

    taken: InputRange
    note: str


def assumed_range(tensor: TensorCard) -> AssumedRange:
    """Return the range that an input tensor's quantisation reaches over, raw pixels where that is none of the known.

    A quantised input takes (q - zero point) × scale, from the smallest q of its dtype to the largest. That of 16 bits
    is symmetric, so that nothing tells 0–1 from −1–1.

    Args:
        tensor: the input tensor; what takes floats is given raw pixels.
    """
    raw = f"given pixels {RAW.name}"
    unknown = AssumedRange(RAW, f"{raw}; a model trained on others reads badly until --input-range says so")
    if np.dtype(tensor.dtype).kind == "f":
        return unknown
    bounds = np.iinfo(tensor.dtype)
    ends = [(bound - tensor.zero_point) * tensor.scale for bound in (bounds.min, bounds.max)]
    for taken in INPUT_RANGES.values():
        if np.allclose(ends, _ends(taken), rtol=0, atol=SLACK * taken.scale * 255) and tensor.dtype != "int16":
            why = "which its quantised input takes; --input-range says otherwise"
            return AssumedRange(taken, f"given pixels {taken.name}, {why}")
    slack = SLACK * 255
    if ends[0] <= slack and ends[1] >= RAW.scale * 255 - slack:
        return unknown
    return AssumedRange(
        RAW,
        f"{raw}, though its quantised input takes {ends[0]:.3g} to {ends[1]:.3g}; it reads badly until --input-range "
        "says what it was trained on",
    )


def _ends(taken: InputRange) -> tuple[float, float]:
    return taken.offset, 255 * taken.scale + taken.offset
