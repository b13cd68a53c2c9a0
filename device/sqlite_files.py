"""SQLite files that survive a power cut and stay under a size limit."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .errors import DataError, EdgeDigitsError, OutputError
from .output_files import make_folder_of

PAGE_BYTES = 4096
WAIT_S = 5.0  # for another program that has the file locked
# SQLite's words: its error codes come with Python 3.11, and an unknown column has that of a full disk's class.
_DISK_TROUBLE = ("is full", "disk I/O error", "readonly", "locked", "unable to open")


def open_database(path: Path, *, max_bytes: int, shared: bool = False) -> sqlite3.Connection:
    """Open or make a database file that never grows beyond a limit.

    Args:
        path: the file.
        max_bytes: the limit.
        shared: several threads use it, one at a time.

    Raises:
        OutputError: the folder cannot be made or the file not opened.
        sqlite3.DatabaseError: the file is no database, or damaged.
    """
    make_folder_of(path)
    try:
        database = sqlite3.connect(path, timeout=WAIT_S, check_same_thread=not shared)
    except (OSError, sqlite3.OperationalError) as cause:
        raise OutputError(f"{path}: cannot be written: {cause}; choose another place") from cause
    try:
        database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        database.execute("PRAGMA synchronous = NORMAL")
        (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
        database.execute(f"PRAGMA max_page_count = {max(16, max_bytes // page_bytes)}")
    except sqlite3.OperationalError as cause:
        database.close()
        raise OutputError(f"{path}: cannot be written: {cause}; choose another place") from cause
    except BaseException:
        database.close()
        raise
    return database


def unusable(path: Path, cause: sqlite3.Error, *, expected: str) -> EdgeDigitsError:
    """Return the error of a file that was opened and does not work, apart by whether its disk or its content is wrong.

    Args:
        path: the file.
        cause: what SQLite said of it.
        expected: what the file should hold, for the message.
    """
    if any(each in str(cause) for each in _DISK_TROUBLE):
        return OutputError(f"{path}: cannot be written: {cause}; make room there or choose another place")
    return DataError(f"{path}: expected {expected}, found: {cause}; name a new file")


def used_bytes(database: sqlite3.Connection) -> int:
    """Return the bytes of the pages that hold something; the file keeps freed pages and uses them again."""
    numbers = [
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    ]
    return int((numbers[0] - numbers[1]) * numbers[2])
