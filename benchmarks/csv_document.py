"""A result as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from .device_names import device_name
from .results import BenchResult, Row

HEAD = (
    *("started_at", "device", "model", "name", "variant", "sha256", "runtime", "runtime_version", "delegate"),
    *("num_threads", "file_bytes", "correct", "n", "accuracy", "samples", "min_s", "median_s", "median_low_s"),
    *("median_high_s", "mean_s", "p90_s", "p95_s", "p99_s", "spread_s", "per_second", "construct_s", "first_s"),
    *("around_invoke_s", "peak_rss_bytes", "rss_bytes", "energy_j", "ops", "delegated_ops", "frame_s", "error"),
)


def format_csv(results: Sequence[BenchResult]) -> str:
    """Return one line a row, with figures as JSON has them and empty cells for what is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for result in results:
        for row in result.rows:
            found = _cells(result, row)
            writer.writerow(["" if found[name] is None else found[name] for name in HEAD])
    return text.getvalue()


def _cells(result: BenchResult, row: Row) -> dict[str, object]:
    interval = row.latency.interval_95_s if row.latency else None
    found: dict[str, object] = {
        "started_at": result.started_at,
        "device": device_name(result),
        "median_low_s": interval and interval[0],
        "median_high_s": interval and interval[1],
        "frame_s": row.stages.total_s if row.stages else None,
    }
    for name in HEAD:
        for record in (row, row.latency, row.accuracy):
            if name not in found and record is not None and hasattr(record, name) and name != "accuracy":
                found[name] = getattr(record, name)
    found["accuracy"] = row.accuracy.accuracy if row.accuracy else None
    return {name: found.get(name) for name in HEAD}
