"""A result as Markdown, for a README or a pull request, and as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from .quantities import format_accuracy, format_bytes, format_seconds
from .results import BenchResult, Row
from .table import note_lines, runtime_name

MARKDOWN_HEAD = ("model", "variant", "runtime", "bytes", "accuracy (95 %)", "median (95 %)", "p95", "p99", "memory")
RIGHT_FROM = 3
CSV_HEAD = (
    *("started_at", "device", "model", "name", "variant", "sha256", "runtime", "runtime_version", "delegate"),
    *("num_threads", "file_bytes", "correct", "n", "accuracy", "samples", "min_s", "median_s", "median_low_s"),
    *("median_high_s", "mean_s", "p90_s", "p95_s", "p99_s", "spread_s", "per_second", "construct_s", "first_s"),
    *("around_invoke_s", "peak_rss_bytes", "rss_bytes", "energy_j", "ops", "delegated_ops", "frame_s", "error"),
)


def device_name(result: BenchResult) -> str:
    """Return what a device is called: its board, else its processor, else its architecture."""
    found = result.environment
    return found.board or found.cpu_model or found.machine or "unknown device"


def device_names(results: Sequence[BenchResult]) -> list[str]:
    """Return what to call each result's device, equal ones numbered; an empty name where there is only one."""
    if len(results) == 1:
        return [""]
    names = [device_name(result) for result in results]
    return [
        f"{name} ({names[: place + 1].count(name)})" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]


def format_markdown(results: Sequence[BenchResult]) -> str:
    """Return a table for each result, with its environment above and its notes below."""
    return "\n".join(_markdown_part(result) for result in results)


def format_csv(results: Sequence[BenchResult]) -> str:
    """Return one line a row, with figures as JSON has them and empty cells for what is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_HEAD)
    for result in results:
        for row in result.rows:
            found = _csv_cells(result, row)
            writer.writerow(["" if found[name] is None else found[name] for name in CSV_HEAD])
    return text.getvalue()


def _markdown_part(result: BenchResult) -> str:
    found = result.environment
    about = [found.cpu_model, f"{found.cores} processors", found.os, found.python, f"numpy {found.numpy}"]
    about += ["stopped before its end"] if not result.complete else []
    lines = [
        f"**{_escaped(device_name(result))}** ({_escaped(', '.join(filter(None, about)))}), {result.started_at[:10]}",
        "",
    ]
    lines.append(_line(MARKDOWN_HEAD))
    lines.append(_line(["---" if place < RIGHT_FROM else "---:" for place in range(len(MARKDOWN_HEAD))]))
    lines += [_line(_markdown_cells(row)) for row in result.rows]
    lines += ["", f"Accuracy on {_escaped(result.settings.data_source)}."]
    notes = [*(f"{each.model}: {each.error}" for each in result.unreadable), *result.notes, *note_lines(result)]
    if notes:
        lines += ["", *(f"- {_escaped(note)}" for note in notes)]
    return "\n".join(lines) + "\n"


def _markdown_cells(row: Row) -> list[str]:
    shared = [row.model, row.variant, runtime_name(row), f"{row.file_bytes:,}"]
    if row.latency is None:
        return [_escaped(cell) for cell in [*shared, row.error or "", "", "", "", ""]]
    median, interval = format_seconds(row.latency.median_s), row.latency.interval_95_s
    if interval:
        median += f" ({format_seconds(interval[0])} – {format_seconds(interval[1])})"
    figures = [
        format_accuracy(row.accuracy),
        median,
        format_seconds(row.latency.p95_s),
        format_seconds(row.latency.p99_s),
    ]
    return [_escaped(cell) for cell in [*shared, *figures, format_bytes(row.peak_rss_bytes)]]


def _csv_cells(result: BenchResult, row: Row) -> dict[str, object]:
    interval = row.latency.interval_95_s if row.latency else None
    found: dict[str, object] = {
        "started_at": result.started_at,
        "device": device_name(result),
        "median_low_s": interval and interval[0],
        "median_high_s": interval and interval[1],
        "frame_s": row.stages.total_s if row.stages else None,
    }
    for name in CSV_HEAD:
        for record in (row, row.latency, row.accuracy):
            if name not in found and record is not None and hasattr(record, name) and name != "accuracy":
                found[name] = getattr(record, name)
    found["accuracy"] = row.accuracy.accuracy if row.accuracy else None
    return {name: found.get(name) for name in CSV_HEAD}


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is: no tables, tags or links come of it."""
    shown = text.replace("\\", "\\\\").replace("\n", " ")
    for sign in "|<>[]*_`":
        shown = shown.replace(sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign])
    return shown
