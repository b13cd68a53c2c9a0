"""A history of readings in SQLite, under a size limit."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..errors import OutputError
from ..sqlite_files import open_database, unusable, used_bytes
from .history import COLUMNS, history_row
from .sink import Event

_TABLE = """CREATE TABLE IF NOT EXISTS readings (id INTEGER PRIMARY KEY, ts TEXT NOT NULL, source TEXT NOT NULL,
frame INTEGER NOT NULL, text TEXT NOT NULL, held TEXT, confidence REAL NOT NULL, stable INTEGER NOT NULL, error TEXT)"""
_INSERT = f"INSERT INTO readings ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - constants
_TRIM = "DELETE FROM readings WHERE id <= (SELECT min(id) + (max(id) - min(id)) / 10 FROM readings)"


FULL = 0.9  # of the limit: from here the oldest rows go


class SqliteSink:
    """Inserts a row a reading into the table `readings`; the oldest rows go when the file nears its limit."""

    every, pictures = False, False

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        """Open the database and make its table.

        Raises:
            DataError: the file is there and no database, or damaged.
            OutputError: it cannot be written.
        """
        self.name = f"history {path}"
        self._path, self._max_bytes = path, max_bytes
        self._database: sqlite3.Connection | None = None
        self._shrink(self._open())
        self.close()  # the thread that writes opens its own

    def write(self, events: Sequence[Event]) -> None:
        """Insert the readings in one transaction.

        Raises:
            OutputError: the disk is full or gone.
        """
        rows = [history_row(each.reading) for each in events]
        try:
            self._insert(rows)
        except sqlite3.Error:
            # Opened anew: the file may have been moved or deleted, or its disk have gone and come back.
            self.close()
            try:
                self._insert(rows)
            except sqlite3.Error as cause:
                self.close()
                raise OutputError(f"{self._path}: {cause}") from cause

    def _insert(self, rows: Sequence[tuple[object, ...]]) -> None:
        database = self._database or self._open()
        with database:
            for row in rows:  # one by one: together they may take more room than is left free
                self._trim(database)
                database.execute(_INSERT, row)

    def _trim(self, database: sqlite3.Connection) -> None:
        while used_bytes(database) > FULL * self._max_bytes and database.execute(_TRIM).rowcount:
            pass

    def _shrink(self, database: sqlite3.Connection) -> None:
        """Bring a file that a larger limit has left under this one, unless it is in use or its disk is full."""
        if self._path.stat().st_size <= self._max_bytes:
            return
        with suppress(sqlite3.Error):
            with database:
                self._trim(database)
            database.execute("VACUUM")

    def close(self) -> None:
        """Close the database."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _open(self) -> sqlite3.Connection:
        try:
            self._database = open_database(self._path, max_bytes=self._max_bytes)
            self._database.execute(_TABLE)
            self._database.execute("SELECT " + ", ".join(COLUMNS) + " FROM readings LIMIT 1")  # noqa: S608 - constants
        except sqlite3.DatabaseError as cause:
            self.close()
            raise unusable(self._path, cause, expected="a history in SQLite") from cause
        return self._database
