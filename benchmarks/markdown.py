"""A result as Markdown, for a README or a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .detail_tables import detail_tables
from .device_names import device_name
from .notes import note_lines
from .quantities import count_processors, format_accuracy, format_bytes, format_joules, format_median, format_seconds
from .results import BenchResult, Row
from .table import protocol, runtime_name, tells_energy

HEAD = (
    *("model", "variant", "runtime", "bytes", "accuracy (95 %)", "median (95 %)", "p95", "p99", "digits/s"),
    *("memory", "energy"),
)
RIGHT_FROM = 3


def format_markdown(results: Sequence[BenchResult]) -> str:
    """Return a table for each result, with its environment above and its notes below."""
    return "\n".join(_part(result) for result in results)


def _part(result: BenchResult) -> str:
    found = result.environment
    cores, numpy = count_processors(found.cores), f"numpy {found.numpy}"
    about = [found.board, found.cpu_model, cores, found.os, found.python, numpy]
    about = [words for words in about if words != device_name(result)]
    about += ["stopped before its end"] if not result.complete else []
    lines = [
        f"**{_escaped(device_name(result))}** ({_escaped(', '.join(filter(None, about)))}), {result.started_at[:10]}",
        "",
    ]
    used = len(HEAD) if tells_energy(result) else len(HEAD) - 1
    cells = [HEAD, *(_cells(row) for row in result.rows)]
    lines += [*_table([row[:used] for row in cells], right_from=RIGHT_FROM), "", _escaped(protocol(result))]
    for table in detail_tables(result):
        lines += ["", f"**{_escaped(table.title)}**", "", *_table(table.cells, right_from=1)]
        lines += ["", _escaped(table.note)] if table.note else []
    notes = [*(f"{each.model}: {each.error}" for each in result.unreadable), *result.notes, *note_lines(result)]
    if notes:
        lines += ["", *(f"- {_escaped(note)}" for note in notes)]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    shared = [row.model, row.variant, runtime_name(row), f"{row.file_bytes:,}"]
    if row.latency is None:
        return [*shared, row.error or "", *[""] * (len(HEAD) - len(shared) - 1)]
    return [
        *shared,
        format_accuracy(row.accuracy),
        format_median(row.latency),
        format_seconds(row.latency.p95_s),
        format_seconds(row.latency.p99_s),
        f"{row.latency.per_second:,.0f}",
        format_bytes(row.peak_rss_bytes),
        format_joules(row.energy_j),
    ]


def _table(rows: Sequence[Sequence[str]], *, right_from: int) -> list[str]:
    """Return the lines of a table, the first row its head, with figures from a column on."""
    signs = ["---" if place < right_from else "---:" for place in range(len(rows[0]))]
    head, *body = ([_escaped(cell) for cell in row] for row in rows)
    return [f"| {' | '.join(cells)} |" for cells in (head, signs, *body)]


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is: no tables, tags or links come of it."""
    shown = re.sub(r"[\\|\[\]*`]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text.replace("\n", " "))
    return shown.replace("<", "&lt;").replace(">", "&gt;")
