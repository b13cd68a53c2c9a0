"""Watching a folder: each picture that comes into it is read once, when it is whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

from ..early_end import raise_if_asked
from ..errors import PictureError, SourceError
from ..frames import Frame
from .files import read_frame
from .picture_kinds import readable_suffixes

POLL_S = 0.5
PATIENT_LOOKS = 20  # at a file that cannot be read: it may be written in pauses
Marks = tuple[int, int]  # size and time of a file


@dataclass
class FolderState:
    """What is known of a watched folder, for the pages that show it.

    Attributes:
        away: whether it cannot be looked through now.
    """

    away: bool = False


def watch_folder(
    folder: Path,
    *,
    say: Callable[[str], None],
    wait: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    state: FolderState | None = None,
) -> Iterator[Frame]:
    """Read the pictures of a folder, those that are there and then those that come, for ever.

    A file counts as whole when its size and time stayed the same over one look and it can be read; one that cannot be
    read is given as a frame with the error when it has stayed so for ten seconds. A file that is written again is read
    again.

    Args:
        folder: what to look through; folders below it are not.
        say: is told, once each, that the folder is gone and back.
        wait: wait for a folder that is not there at the start, as on a disk that is mounted later.
        sleep: waits between two looks.
        state: is kept up to date.

    Raises:
        SourceError: the folder is not there at the start and not to be waited for, or is something else.
    """
    if not folder.is_dir() and (folder.exists() or not wait):
        raise SourceError(f"{folder}: expected a folder to watch, found {'a file' if folder.exists() else 'nothing'}")
    done: dict[Path, Marks] = {}
    seen: dict[Path, Marks] = {}
    doubted: dict[Path, int] = {}  # looks since a file could not be read
    for now in _looks(folder, say, sleep, state or FolderState()):
        done = {path: marks for path, marks in done.items() if path in now}
        doubted = {path: looks + 1 for path, looks in doubted.items() if now.get(path) == done.get(path)}
        new = {path for path, marks in now.items() if seen.get(path) == marks != done.get(path)}
        for path in sorted(new | {path for path, looks in doubted.items() if looks == PATIENT_LOOKS}):
            done[path] = now[path]
            frame = read_frame(str(path), path)
            if isinstance(frame.error, PictureError) and path not in doubted:
                doubted[path] = 0
                continue
            doubted.pop(path, None)
            if isinstance(frame.error, PictureError) and not path.exists():
                continue  # taken away again before it could be read
            yield frame
        seen = now


def _looks(
    folder: Path, say: Callable[[str], None], sleep: Callable[[float], None], state: FolderState
) -> Iterator[dict[Path, Marks]]:
    """Yield what is in the folder, again and again, for as long as it can be looked through."""
    while True:
        raise_if_asked()
        try:
            now = _pictures(folder)
        except OSError as cause:
            if not state.away:
                say(f"{folder}: cannot be looked through ({cause.strerror}); waiting until it can")
            state.away = True
        else:
            if state.away:
                say(f"{folder}: back")
            state.away = False
            yield now
        sleep(POLL_S)


def _pictures(folder: Path) -> dict[Path, Marks]:
    """Return size and time of every picture in a folder."""
    found, suffixes = {}, readable_suffixes()
    for path in folder.iterdir():
        if path.suffix.lower() in suffixes and not path.name.startswith("."):
            try:
                status = path.stat()
            except OSError:
                continue
            if not S_ISDIR(status.st_mode):
                found[path] = (status.st_size, status.st_mtime_ns)
    return found
