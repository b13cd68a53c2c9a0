"""Tables that look closer: the time of each op, and of each stage of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .figures import Profile
from .quantities import format_columns, format_seconds
from .results import BenchResult, Row
from .table import runtime_name

MOST_COLUMNS = 4  # more make a table wider than a terminal
STAGES = ("capture", "find", "prepare", "invoke", "decide", "total")


@dataclass(frozen=True)
class DetailTable:
    """A table about one thing.

    Attributes:
        title: what it shows.
        cells: its rows, the head first; all but the first cell of each are figures.
        note: what to know of it, empty for nothing.
    """

    title: str
    cells: tuple[tuple[str, ...], ...]
    note: str = ""

    def as_text(self) -> str:
        """Return it for a terminal."""
        right = frozenset(range(1, len(self.cells[0])))
        lines = [self.title, format_columns([list(row) for row in self.cells], right=right)]
        return "\n".join([*lines, *filter(None, [self.note])])


def detail_tables(result: BenchResult) -> list[DetailTable]:
    """Return tables of ops for each model that was profiled, and one of stages where frames were timed."""
    models: dict[tuple[str, str], list[Row]] = {}
    for row in result.rows:
        if row.profile:
            models.setdefault((row.model, row.sha256), []).append(row)
    timed = [row for row in result.rows if row.stages]
    parts = [
        rows[start : start + MOST_COLUMNS] for rows in models.values() for start in range(0, len(rows), MOST_COLUMNS)
    ]
    return [*map(_ops_table, parts), *([_stages_table(timed)] if timed else [])]


def share_words(profile: Profile) -> str:
    """Return the delegate's share of the time: "94 %", "not told"."""
    share = profile.delegate_share
    return "not told" if share is None else f"{100 * share:.0f} %"


def _ops_table(rows: Sequence[Row]) -> DetailTable:
    """Return the ops of one model, with a column for each runtime and setting."""
    profiles = [row.profile for row in rows if row.profile]
    cells = [("op", *map(runtime_name, rows))]
    for place in range(max(len(profile.ops) for profile in profiles)):
        name = next(profile.ops[place].name for profile in profiles if place < len(profile.ops))
        cells.append((f"{place + 1} {name}", *(_op_cell(profile, place) for profile in profiles)))
    cells += [
        ("all ops", *(format_seconds(profile.sum_s) for profile in profiles)),
        ("whole graph", *(format_seconds(profile.whole_s) for profile in profiles)),
        ("XNNPACK's share of the time", *map(share_words, profiles)),
    ]
    return DetailTable(f"ops of {rows[0].model}", tuple(cells), f"method: {profiles[0].method}")


def _op_cell(profile: Profile, place: int) -> str:
    if place >= len(profile.ops):
        return "–"
    seconds = profile.ops[place].seconds
    return f"{format_seconds(seconds)} {100 * seconds / profile.sum_s if profile.sum_s else 0:3.0f} %"


def _stages_table(rows: Sequence[Row]) -> DetailTable:
    cells: list[tuple[str, ...]] = [("model and runtime", *STAGES)]
    for row in rows:
        assert row.stages is not None
        times = [format_seconds(getattr(row.stages, f"{stage}_s")) for stage in STAGES]
        cells.append((f"{row.model} on {runtime_name(row)}", *times))
    assert rows[0].stages is not None
    return DetailTable(f"a frame: {rows[0].stages.frame}", tuple(cells))
