"""The notes on the rows of a result, as few lines as say it all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .results import BenchResult, Row
from .table import runtime_name

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def note_lines(result: BenchResult) -> list[str]:
    """Return the notes on single rows, each with the rows it is about.

    Notes that differ in figures alone become one: "loaded machine: other programs had the processor 40–60% ...".
    """
    alike: dict[str, list[tuple[Row, str]]] = {}
    for row in result.rows:
        for note in row.notes:
            alike.setdefault(_NUMBER.sub("#", note), []).append((row, note))
    measured = [row for row in result.rows if row.latency]
    return [
        f"{_places([row for row, _ in found], measured)}: {merge_notes([note for _, note in found])}"
        for found in alike.values()
    ]


def merge_notes(notes: Sequence[str]) -> str:
    """Return one note for several that differ in figures alone, which become ranges; there must be at least one."""
    words = _NUMBER.split(notes[0])
    merged = words[0]
    for place, figures in enumerate(zip(*map(_NUMBER.findall, notes), strict=True)):
        low, high = min(figures, key=float), max(figures, key=float)
        merged += (low if float(low) == float(high) else f"{low}–{high}") + words[place + 1]
    return merged


def _places(rows: Sequence[Row], measured: Sequence[Row]) -> str:
    """Return rows in words, grouped by runtime; those of a result whose every row is meant are not listed."""
    if len(rows) > 1 and len(rows) == len(measured):
        return "every row"
    models: dict[str, list[str]] = {}
    for row in rows:
        models.setdefault(runtime_name(row), []).append(row.model)
    return "; ".join(f"{', '.join(names)} on {runtime}" for runtime, names in models.items())
