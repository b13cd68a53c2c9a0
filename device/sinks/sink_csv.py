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
from ..output_files import make_folder_of
from .history import COLUMNS, history_row
from .sink import Event

HEADER = (",".join(COLUMNS) + "\n").encode()


class CsvSink:
    """Appends a line a reading; at half the limit FILE becomes FILE.old, and the one before goes."""

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
        self._handle, self._size = _open(self._path)

    def write(self, events: Sequence[Event]) -> None:
        """Append the readings.

        Raises:
            OSError: the disk is full or gone; what was half written is taken back.
        """
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(history_row(each.reading) for each in events)
        lines = text.getvalue().encode()
        self._follow_name()
        if self._size + len(lines) > self._limit and self._size > len(HEADER):
            self._path.replace(self._older)
            self._follow_name()
        self._append(lines)

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def _follow_name(self) -> None:
        """Begin a new file where the open one goes by another name now, or by none."""
        with suppress(FileNotFoundError):
            if os.path.samestat(self._path.stat(), os.fstat(self._handle)):
                return
        before = self._handle
        self._handle, self._size = _open(self._path)
        os.close(before)

    def _append(self, lines: bytes) -> None:
        left = lines
        try:
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError:
            os.ftruncate(self._handle, self._size)
            raise
        self._size += len(lines)


def _open(path: Path) -> tuple[int, int]:
    """Open a history, or begin it; return its handle and size.

    Raises:
        UsageError: the file is there and no history.
        OutputError: it cannot be written.
    """
    make_folder_of(path)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    except OSError as cause:
        raise OutputError(f"{path}: cannot be written: {cause.strerror}; choose another place") from cause
    try:
        return handle, _mend(handle, path)
    except OSError as cause:
        os.close(handle)
        raise OutputError(f"{path}: cannot be written: {cause.strerror}; choose another place") from cause
    except UsageError:
        os.close(handle)
        raise


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
    start = max(0, size - 65536)
    end = start + os.pread(handle, size - start, start).rfind(b"\n") + 1
    os.ftruncate(handle, end)
    return end
