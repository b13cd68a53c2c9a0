"""Where this project keeps and finds files."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
SHIPPED_MODELS = Path(__file__).parent / "models"
DEFAULT_MODEL = SHIPPED_MODELS / "cnn_int8.tflite"
NETWORK = ASSETS / "context_float16.tflite"  # that looks at what is around marks
TOUCHING = ASSETS / "touching_float16.tflite"  # that reads digits that touch


def cache_dir() -> Path:
    """Return this project's folder under the platform's cache directory, which may not exist yet.

    `XDG_CACHE_HOME` is honoured when it is absolute, as the XDG Base Directory Specification demands.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if Path(base).is_absolute():
        return Path(base) / "edge-digits"
    try:
        return Path.home() / ".cache" / "edge-digits"
    except RuntimeError:  # this user has no home directory
        return Path(tempfile.gettempdir()) / f"edge-digits-{os.getuid()}"


def plain_name(name: str) -> str:
    """Return a name as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name) or "_"
