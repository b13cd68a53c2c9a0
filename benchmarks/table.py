"""The result of a benchmark as a table for the terminal."""

from __future__ import annotations

from .quantities import format_accuracy, format_columns, format_seconds
from .results import BenchResult, Row

HEAD = ["model", "variant", "runtime", "bytes", "accuracy (95 %)", "median", "p95"]
RIGHT = frozenset({3, 4, 5, 6})


def format_table(result: BenchResult) -> str:
    """Return one line a model and runtime; where nothing could be measured, the line says why."""
    return format_columns([HEAD, *(_cells(row) for row in result.rows)], right=RIGHT)


def runtime_name(row: Row) -> str:
    """Return a row's runtime with its version where that is known, and how it was used where that is not usual."""
    parts = [f"{row.runtime} {row.runtime_version}" if row.runtime_version else row.runtime]
    parts += [f"{row.num_threads} threads"] if row.num_threads > 1 else []
    parts += ["no delegate"] if row.delegate == "none" else []
    return ", ".join(parts)


def note_lines(result: BenchResult) -> list[str]:
    """Return the notes on single rows, each with the rows it is about."""
    places: dict[str, list[str]] = {}
    for row in result.rows:
        for note in row.notes:
            places.setdefault(note, []).append(f"{row.model} on {runtime_name(row)}")
    return [f"{', '.join(rows)}: {note}" for note, rows in places.items()]


def _cells(row: Row) -> list[str]:
    shared = [row.model, row.variant, runtime_name(row), f"{row.file_bytes:,}"]
    if row.latency is None:
        return [*shared, row.error or ""]
    return [
        *shared,
        format_accuracy(row.accuracy),
        format_seconds(row.latency.median_s),
        format_seconds(row.latency.p95_s),
    ]
