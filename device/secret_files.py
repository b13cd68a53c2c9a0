"""Passwords and tokens: from a file or the environment, never from an option, which others can see."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import UsageError, one_line


def read_secret(path: Path | None, variable: str, *, what: str) -> str | None:
    """Return the first line of a file, or else what an environment variable holds, or None.

    Args:
        path: the file, or None.
        variable: name of the variable.
        what: what messages call the secret.

    Raises:
        UsageError: the file cannot be read, or its first line is empty.
    """
    if path is None:
        return os.environ.get(variable) or None
    try:
        with path.open(encoding="utf-8-sig") as file:  # as editors of Windows write it, with a mark in front
            secret = file.readline().rstrip("\r\n")
    except UnicodeDecodeError as cause:
        raise UsageError(
            f"{path}: expected the {what} in the first line, found no UTF-8 text; save it as UTF-8"
        ) from cause
    except OSError as cause:
        raise UsageError(
            f"{path}: expected a file with the {what} in its first line, found: {one_line(cause)}"
        ) from cause
    if not secret:
        raise UsageError(f"{path}: expected the {what} in the first line, found an empty one")
    return secret
