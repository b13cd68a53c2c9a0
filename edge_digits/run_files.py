"""The JSON files that describe a training run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from device.errors import DataError
from device.output_files import write_text


def write_json(path: Path, content: Any) -> None:
    """Write a JSON document atomically.

    Raises:
        OutputError: it cannot be written.
    """
    write_text(path, json.dumps(content, indent=1) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON document.

    Raises:
        DataError: it is missing or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise DataError(f"{path}: expected a JSON document, found none ({cause}); train again") from cause
