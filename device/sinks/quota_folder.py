"""A folder under an exact disk quota: before a file is written, the oldest go until there is room."""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import OutputError, UsageError
from ..output_files import refuse_unwritable, write_bytes

COUNTED = 20  # times as long as counting a folder takes it is not counted again for what others write
BLOCK_BYTES = 4096  # what a file takes on disk is a multiple of this
_HALF = r"\.(?P<stem>.+)-\w+\.part(?P<suffix>\.\w+)"  # a name that `atomic_path` gives while it writes


class QuotaFolder:
    """Writes files into a folder that never takes more disk than its quota.

    Several runs may write into one folder, each in turn. What others have written is counted, in so large a folder that
    this takes long a little later.

    Attributes:
        used_bytes: what the folder takes on disk, with its files and the folders below it, which grow with their names.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        may_go: Callable[[Path], bool],
        is_ours: Callable[[Path], bool] | None = None,
    ) -> None:
        """Count what is in the folder.

        Args:
            folder: made if need be.
            max_bytes: the quota, of disk blocks rather than contents.
            may_go: tells of a path in the folder whether it may be deleted to make room.
            is_ours: tells of a path whether this program writes it, so that what a power cut left of it goes; what may
                go where absent.

        Raises:
            OutputError: the folder cannot be made, written or looked through.
        """
        refuse_unwritable(folder)
        self._folder, self._max_bytes, self._may_go = folder, max_bytes, may_go
        self._is_ours = is_ours or may_go
        self._files: deque[tuple[Path, int]] = deque()
        self.used_bytes = 0
        self._left_ns: dict[Path, int] = {}
        self._next_count_s = 0.0
        try:
            with self.in_turn():
                self._count()
        except OSError as cause:
            raise OutputError(f"{folder}: cannot be used: {cause.strerror}; choose another place") from cause

    def write(self, relative: str, content: bytes) -> Path:
        """Write a new file, after deleting the oldest files until it fits.

        Returns:
            Its path: one that is there already, as of pictures read within a millisecond, is not overwritten.

        Raises:
            UsageError: it is larger than the quota, or what may not be deleted leaves no room.
            OutputError: it cannot be written.
        """
        needed, parent = on_disk(len(content)), (self._folder / relative).parent
        with self.in_turn():
            if _changed_ns(parent) != self._left_ns.get(parent) and time.monotonic() >= self._next_count_s:
                self._count()
            self._make_room(needed + BLOCK_BYTES)  # one for its name
            path, before = _unused(self._folder / relative), _names_bytes(parent)
            write_bytes(path, content)
            self._files.append((path, needed))
            self.used_bytes += needed + _names_bytes(parent) - before
            self._left_ns[parent] = _changed_ns(parent)
        return path

    def make_room(self, needed_bytes: int) -> None:
        """Delete the oldest files until so many bytes fit.

        Raises:
            UsageError: they never will.
            OutputError: they cannot be deleted.
        """
        with self.in_turn():
            self._make_room(needed_bytes)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Keep other runs from writing into the folder: what is half written by then is of none.

        Raises:
            OutputError: the folder cannot be read.
        """
        import fcntl

        try:
            handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:  # it is made anew
            yield
            return
        except OSError as cause:
            raise OutputError(f"{self._folder}: cannot be used: {cause.strerror}") from cause
        try:
            with suppress(OSError):  # some file systems of networks have no locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _make_room(self, needed_bytes: int) -> None:
        if needed_bytes > self._max_bytes:
            raise UsageError(
                f"{self._folder}: expected a quota of at least {needed_bytes:,} bytes for a single file, found "
                f"{self._max_bytes:,}; raise it"
            )
        if self.used_bytes + needed_bytes > self._max_bytes:
            self._count()  # others may have deleted, moved or added files
        while self.used_bytes + needed_bytes > self._max_bytes and self._files:
            path, size = self._files.popleft()
            try:
                path.unlink()
            except FileNotFoundError:
                continue  # moved away by a review, where it still takes its room
            except OSError as cause:
                raise OutputError(f"{path}: cannot be deleted to make room: {cause.strerror}") from cause
            self.used_bytes -= size
        if self.used_bytes + needed_bytes > self._max_bytes:
            raise UsageError(
                f"{self._folder}: expected room for {needed_bytes:,} bytes under a quota of {self._max_bytes:,}, found "
                f"{self.used_bytes:,} taken by what is kept; raise the quota or move it away"
            )

    def _count(self) -> None:
        """Look through the folder: the size of everything, and what may go by age."""
        found: list[tuple[int, Path, int]] = []
        self.used_bytes, start_s = 0, time.monotonic()
        for parent, _, names in os.walk(self._folder):
            self.used_bytes += _names_bytes(Path(parent))
            for name in names:
                path = Path(parent) / name
                try:
                    status = path.lstat()
                except FileNotFoundError:
                    continue
                if self._is_half_written(path):
                    path.unlink(missing_ok=True)
                    continue
                size = on_disk(status.st_size)
                self.used_bytes += size
                if self._may_go(path):
                    found.append((status.st_mtime_ns, path, size))
        self._files = deque((path, size) for _, path, size in sorted(found))
        now_s = time.monotonic()
        self._next_count_s = now_s + (now_s - start_s) * COUNTED

    def _is_half_written(self, path: Path) -> bool:
        """Tell whether a power cut left this of a file of ours; what others are writing here is left alone."""
        half = re.fullmatch(_HALF, path.name)
        return half is not None and self._is_ours(path.with_name(half["stem"] + half["suffix"]))


def _unused(path: Path) -> Path:
    """Return a path, with a number behind its stem where a file has it already."""
    number, free = 0, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}x{number}{path.suffix}")
    return free


def used_on_disk(folder: Path) -> int:
    """Return what a folder takes on disk with everything in it."""
    return sum(on_disk(each.lstat().st_size) for each in [folder, *folder.rglob("*")])


def _names_bytes(folder: Path) -> int:
    """Return what a folder itself takes on disk, 0 where it is not there yet."""
    try:
        return on_disk(folder.stat().st_size)
    except FileNotFoundError:
        return 0


def _changed_ns(folder: Path) -> int:
    """Return when a file was last made in a folder, or deleted; 0 where the folder is not there yet."""
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def on_disk(size_bytes: int) -> int:
    """Return what a file of so many bytes takes on disk."""
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES
