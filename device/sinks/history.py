"""What a history keeps of a reading: one row, the same in CSV and SQLite."""

from __future__ import annotations

from ..printable import printable
from ..reading import Reading, utc_timestamp

COLUMNS = ("ts", "source", "frame", "text", "held", "confidence", "stable", "error")
Row = tuple[str, str, int, str, str | None, float, int, str | None]


def history_row(reading: Reading) -> Row:
    """Return the values of COLUMNS for a reading; a text of several rows is one line with spaces.

    "error" says why the frame could not be read, or why its value was not believed.
    """
    error = reading.error or reading.held_back
    return (
        utc_timestamp(reading.taken_at_s),
        printable(reading.source),
        reading.frame,
        " ".join(reading.rows),
        None if reading.held is None else " ".join(reading.held.split("\n")),
        round(reading.confidence, 4),
        int(reading.stable),
        None if error is None else printable(error),
    )
