"""A history of readings in CSV, in whole lines whatever happens, under a size limit."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..errors import OutputError, UsageError
from ..output_files import make_folder_of, write_bytes
from .history import COLUMNS, history_row
from .sink import Event

HEADER = (",".join(COLUMNS) + "\n").encode()


class CsvSink:
    """Appends a line a reading; at half the limit FILE becomes FILE.old, and the one before goes.

    Several runs may write into one file: each holds its lock while it does.
    """

    every, pictures = False, False

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        """Open the file and cut off a line that a power cut left unfinished.

        Raises:
            UsageError: the file, or FILE.old, is there and no history.
            OutputError: it cannot be written.
        """
        self.name = f"history {path}"
        # Through links, which would be renamed in the place of the file on the disk that they lead to.
        self._path, self._limit = Path(os.path.realpath(path)), max_bytes // 2
        self._older = self._path.with_name(self._path.name + ".old")
        _refuse_other_file(self._older)
        self._handle = _open(self._path)
        try:  # what a larger limit has left; locked, as another run may rename its file there
            _keep_newest(self._older, self._limit)
            self.write([])  # which unlocks it
        except OSError as cause:
            self.close()
            raise OutputError(f"{path}: cannot be written: {cause.strerror or cause}; choose another place") from cause

    def write(self, events: Sequence[Event]) -> None:
        """Append the readings.

        Raises:
            OSError: the disk is full or gone; what was half written is taken back.
        """
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(history_row(each.reading) for each in events)
        lines = text.getvalue().encode()
        try:
            self._lock()
            size = _mend(self._handle, self._path)
            if size + len(lines) > self._limit and size > len(HEADER):
                self._path.replace(self._older)
                _keep_newest(self._older, self._limit)
                self._open_anew()
            _append(self._handle, lines)
        finally:
            _unlock(self._handle)

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def _lock(self) -> None:
        """Lock the file that has the name now: a new one where the open one goes by another, or by none."""
        _lock(self._handle)
        if not _has_name(self._handle, self._path):
            self._open_anew()

    def _open_anew(self) -> None:
        before = self._handle
        self._handle = _open(self._path)
        os.close(before)  # which others wait for


def _append(handle: int, lines: bytes) -> None:
    """Append lines to a file that is locked, or nothing."""
    size, left = os.fstat(handle).st_size, lines
    try:
        while left:
            left = left[os.write(handle, left) :]
    except OSError:
        os.ftruncate(handle, size)
        raise


def _open(path: Path) -> int:
    """Open a history, or begin it; return its handle, locked.

    Raises:
        UsageError: the file is there and no history.
        OutputError: it cannot be written.
    """
    make_folder_of(path)
    handle = -1
    try:
        while handle < 0 or not _has_name(handle, path):  # another run may have renamed it meanwhile
            if handle >= 0:
                os.close(handle)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            _lock(handle)
        _mend(handle, path)
    except OSError as cause:
        if handle >= 0:
            os.close(handle)
        raise OutputError(f"{path}: cannot be written: {cause.strerror}; choose another place") from cause
    except UsageError:
        os.close(handle)
        raise
    return handle


def _has_name(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _lock(handle: int) -> None:
    """Wait until no other run writes into the file; some file systems of networks have no locks."""
    import fcntl

    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX)


def _unlock(handle: int) -> None:
    import fcntl

    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_UN)


def _keep_newest(path: Path, limit: int) -> None:
    """Shorten the older part of a history that a larger limit has left to its newest lines.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size <= limit:
                return
            file.seek(size - max(0, limit - len(HEADER)))
            newest = file.read().partition(b"\n")[2]
    except FileNotFoundError:
        return
    write_bytes(path, HEADER + newest)


def _refuse_other_file(older: Path) -> None:
    """Raise UsageError where the place of the older part of a history holds something else, which would be lost."""
    try:
        with older.open("rb") as file:
            if file.read(len(HEADER)) == HEADER:
                return
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        pass
    raise UsageError(
        f"{older}: expected nothing, or the older part of the history, found another file; name another --csv"
    )


def _mend(handle: int, path: Path) -> int:
    """Write the header of a new file, or check it and cut off an unfinished line; return the size."""
    size = os.fstat(handle).st_size
    if size < len(HEADER) and HEADER.startswith(os.pread(handle, size, 0)):
        os.ftruncate(handle, 0)
        if os.write(handle, HEADER) < len(HEADER):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(HEADER)
    if os.pread(handle, len(HEADER), 0) != HEADER:
        raise UsageError(f"{path}: expected a history ({HEADER.decode().strip()}), found another file; name a new one")
    if os.pread(handle, 1, size - 1) == b"\n":
        return size
    start = max(0, size - 65536)
    end = start + os.pread(handle, size - start, start).rfind(b"\n") + 1
    os.ftruncate(handle, end)
    return end
