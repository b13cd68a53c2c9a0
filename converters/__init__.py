"""Trained classifiers to verified, self-describing TFLite files: `convert(ConversionRequest(...))`.

The names are imported when they are asked for, because `convert` loads TensorFlow and inspecting a file must not.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conversion import convert
    from .request import Agreement, Conversion, ConversionRequest, Gate, ImageSet

_HOMES = {
    "Agreement": ".request",
    "Conversion": ".request",
    "ConversionRequest": ".request",
    "Gate": ".request",
    "ImageSet": ".request",
    "convert": ".conversion",
}

__all__ = ["Agreement", "Conversion", "ConversionRequest", "Gate", "ImageSet", "convert"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)
