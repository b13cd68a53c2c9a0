"""The range of pixels that a Keras model takes, where nobody says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from converters.input_range import find_input_range
from converters.references import Reference
from device.inference.input_range import RAW, InputRange

from .conversion_data import calibration_sample
from .data.mnist_sources import from_sample


def taken_range(
    reference: Reference, training: Mapping[str, Any], *, report: Callable[[str], None] = lambda line: None
) -> InputRange:
    """Return the range that a model takes: the one in which it fits training digits best, unless that is known.

    Args:
        reference: the model, from 28×28 pixels to ten scores.
        training: what is recorded of its training; empty where nothing is.
        report: takes a line with the range that was found, and why.
    """
    if training.get("settings"):
        return RAW  # what this project trains takes raw pixels, whether it rescales them or not
    return find_input_range(reference, calibration_sample(from_sample(), count=1000, seed=0), report=report)
