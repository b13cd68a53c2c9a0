"""A prediction for the terminal: the digit in half blocks, and its ten scores as bars beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.printable import printable

from .prediction import PredictedDigit, Prediction

BLOCKS = " ▀▄█"
LIGHT = 96  # a pixel from here on counts as ink, 0–255
BAR_WIDTH = 24


def format_prediction(prediction: Prediction) -> str:
    """Return a prediction as lines of text, its outcome last; several digits are not drawn."""
    source = printable(prediction.source)
    if not prediction.digits:
        return f"{source}: nothing found"
    by = f"by {prediction.model.name} in {prediction.runtime}"
    if len(prediction.digits) == 1:
        digit = prediction.digits[0]
        lines = [*_picture_and_bars(digit), "", f"{source}: {digit.words} ({digit.confidence:.1%}), {by}"]
    else:
        rows: dict[int, str] = {}
        for digit in prediction.digits:
            rows[digit.shown.row] = rows.get(digit.shown.row, "") + ("?" if digit.refused else digit.label)
        read = " | ".join(rows.values())
        each = ", ".join(f"{digit.label} {digit.confidence:.1%}" for digit in prediction.digits)
        lines = [f"{source}: predicted {read}, {by}", each]
    return "\n".join([*lines, f"note: {prediction.note}"] if prediction.note else lines)


def half_blocks(image: NDArray[np.uint8]) -> list[str]:
    """Draw an image in characters that each show two pixels, one above the other.

    Args:
        image: uint8 (H, W), light ink on dark ground, H even.

    Returns:
        H / 2 lines of W characters.
    """
    ink = (image >= LIGHT).astype(int)
    codes = ink[::2] + 2 * ink[1::2]
    return ["".join(BLOCKS[code] for code in row) for row in codes]


def _picture_and_bars(digit: PredictedDigit) -> list[str]:
    picture = half_blocks(digit.shown.image)
    bars = [
        f"{label} {'█' * round(BAR_WIDTH * value):{BAR_WIDTH}} {value:6.1%}{_mark(digit, label)}"
        for label, value in zip(LABELS, digit.scores, strict=True)
    ]
    above = (len(picture) - len(bars)) // 2
    beside = [""] * above + bars + [""] * (len(picture) - len(bars) - above)
    return [f"│{left}│  {right}".rstrip() for left, right in zip(picture, beside, strict=True)]


def _mark(digit: PredictedDigit, label: str) -> str:
    words = [
        word for word, is_so in (("predicted", label == digit.label), ("true", label == digit.shown.truth)) if is_so
    ]
    return f"  {', '.join(words)}" if words else ""
