"""Reading results from files."""

from __future__ import annotations

from pathlib import Path

from device.errors import DataError

from .results import BenchResult


def read_result(path: Path) -> BenchResult:
    """Read what `bench --json FILE` wrote.

    Raises:
        DataError: there is no such file, it cannot be read, or it holds something else.
    """
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: expected a result of `bench --json`, found a folder, device or pipe; name the file")
    try:
        content = path.read_bytes()
    except FileNotFoundError as cause:
        raise DataError(f"{path}: expected a result of `bench --json`, found no file; check the path") from cause
    except OSError as cause:
        raise DataError(f"{path}: cannot be read: {cause.strerror or cause}; check path and permissions") from cause
    return BenchResult.from_json(content, name=str(path))
