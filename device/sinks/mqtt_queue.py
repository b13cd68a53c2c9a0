"""The queue on disk that keeps messages until the broker has confirmed them."""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..errors import OutputError, UsageError
from ..output_files import make_folder_of
from ..sqlite_files import open_database, unusable, used_bytes

_TRIM = (
    "DELETE FROM messages WHERE id IN "
    "(SELECT id FROM messages ORDER BY id LIMIT max(1, (SELECT count(*) FROM messages) / 10))"
)
_FEW = 8  # messages between two looks at the room: they fit in a tenth of the smallest queue


@dataclass(frozen=True)
class Message:
    """A message to a topic.

    Attributes:
        id: its place in the queue; grows for ever, also over restarts.
        topic: where it goes.
        payload: what it says, UTF-8.
        retain: whether the broker keeps it for those who subscribe later.
    """

    id: int
    topic: str
    payload: str
    retain: bool


class MqttQueue:
    """Messages in the order in which they were put, in a file that survives kill -9; for several threads.

    Attributes:
        path: the file.
        device: an identifier of this queue, made once, that makes message numbers unique in the world.
        lost: messages that went because the queue was full.
    """

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        """Open or make the file.

        Raises:
            DataError: the file is no queue, or damaged.
            OutputError: it cannot be written.
        """
        self.path, self._max_bytes, self.lost = path, max_bytes, 0
        self.device = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._claim = _claim(path)
        try:
            self._database = self._open()
        except (sqlite3.Error, OutputError) as cause:
            os.close(self._claim)
            if isinstance(cause, OutputError):
                raise
            raise unusable(path, cause, expected="a queue of messages") from cause

    def _open(self) -> sqlite3.Connection:
        database = open_database(self.path, max_bytes=self._max_bytes, shared=True)
        try:
            with database:
                # AUTOINCREMENT never gives a number twice, even after the newest message was confirmed and deleted.
                database.execute(
                    "CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                    "topic TEXT NOT NULL, payload TEXT NOT NULL, retain INTEGER NOT NULL)"
                )
                database.execute("CREATE TABLE IF NOT EXISTS device (id TEXT NOT NULL)")
                if database.execute("SELECT count(*) FROM device").fetchone() == (0,):
                    database.execute("INSERT INTO device VALUES (?)", (self.device,))
                (self.device,) = database.execute("SELECT id FROM device").fetchone()
            self._inode = self.path.stat().st_ino
        except BaseException:
            database.close()
            raise
        return database

    def _follow_name(self) -> None:
        """Begin a new file where the open one was deleted or moved away; numbers go on, so that none comes twice."""
        with suppress(FileNotFoundError):
            if self.path.stat().st_ino == self._inode:
                return
        fresh, last = self._open(), self._last_id()
        with fresh:
            fresh.execute("DELETE FROM sqlite_sequence")
            fresh.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('messages', ?)", (last,))
        self._database.close()
        self._database = fresh

    def next_id(self) -> int:
        """Return the number that the next message will have."""
        with self._lock:
            return 1 + self._last_id()

    def _last_id(self) -> int:
        row = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'messages'").fetchone()
        return int(row[0]) if row else 0

    def put(self, messages: Iterable[tuple[str, str, bool]]) -> None:
        """Append messages (topic, payload, retain) in one transaction; the oldest go where the queue is full.

        Raises:
            OutputError: the disk is full or gone.
        """
        with self._lock:
            try:
                self._follow_name()
                left, gone = iter(messages), 0
                with self._database as database:
                    while few := [*islice(left, _FEW)]:
                        gone += self._make_room(database)
                        database.executemany("INSERT INTO messages (topic, payload, retain) VALUES (?, ?, ?)", few)
                self.lost += gone
            except sqlite3.Error as cause:
                raise OutputError(f"{self.path}: {cause}") from cause

    def _make_room(self, database: sqlite3.Connection) -> int:
        """Delete the oldest messages of a queue that is nearly full; return how many."""
        gone = 0
        while used_bytes(database) > 0.9 * self._max_bytes:
            trimmed = database.execute(_TRIM).rowcount
            if not trimmed:
                break
            gone += trimmed
        return gone

    def after(self, last_id: int, *, most: int) -> list[Message]:
        """Return the first messages behind a number, in order."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id, topic, payload, retain FROM messages WHERE id > ? ORDER BY id LIMIT ?", (last_id, most)
            ).fetchall()
        return [Message(number, topic, payload, bool(retain)) for number, topic, payload, retain in rows]

    def confirm(self, ids: Iterable[int]) -> None:
        """Delete messages that the broker has confirmed.

        Raises:
            OutputError: the disk is full or gone.
        """
        with self._lock:
            try:
                with self._database as database:
                    database.executemany("DELETE FROM messages WHERE id = ?", [(each,) for each in ids])
            except sqlite3.Error as cause:
                raise OutputError(f"{self.path}: {cause}") from cause

    def __len__(self) -> int:
        """Return how many messages wait."""
        with self._lock:
            return int(self._database.execute("SELECT count(*) FROM messages").fetchone()[0])

    def close(self) -> None:
        """Close the file; what waits stays in it."""
        with self._lock:
            self._database.close()
            os.close(self._claim)


def _claim(path: Path) -> int:
    """Hold a lock beside the queue for as long as it is open: two runs would send each other's messages.

    Raises:
        UsageError: another run holds it.
        OutputError: the folder cannot be written.
    """
    import fcntl

    make_folder_of(path)
    try:
        handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as cause:
        raise OutputError(f"{path}: cannot be written: {cause.strerror}; choose another place") from cause
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as cause:
        os.close(handle)
        raise UsageError(f"{path}: another run uses this queue; give each run an --mqtt-name of its own") from cause
    return handle
