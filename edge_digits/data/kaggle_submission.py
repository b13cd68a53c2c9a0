"""The answer file of Kaggle's "Digit Recognizer": `ImageId,Label`, images numbered from 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.output_files import write_text

HEAD = "ImageId,Label"


def format_submission(scores: NDArray[np.floating[Any]]) -> str:
    """Return the file's text.

    Args:
        scores: float (N, 10), in the order of test.csv.
    """
    lines = [f"{number},{LABELS[answer]}" for number, answer in enumerate(scores.argmax(axis=1).tolist(), start=1)]
    return "\n".join([HEAD, *lines]) + "\n"


def write_submission(scores: NDArray[np.floating[Any]], path: Path) -> None:
    """Write the file.

    Raises:
        OutputError: it cannot be written.
    """
    write_text(path, format_submission(scores))
