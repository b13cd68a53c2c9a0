"""The result of a benchmark as a table for the terminal, and the words that its other forms share with it."""

from __future__ import annotations

from .quantities import format_accuracy, format_bytes, format_columns, format_joules, format_median, format_seconds
from .results import BenchResult, Row

HEAD = ["model", "variant", "runtime", "bytes", "accuracy (95 %)", "median (95 %)", "p95", "memory", "energy"]
RIGHT = frozenset(range(3, len(HEAD)))


def format_table(result: BenchResult) -> str:
    """Return one line a model and runtime; where nothing could be measured, the line says why.

    Energy has a column only where the machine tells it.
    """
    used = len(HEAD) if tells_energy(result) else len(HEAD) - 1
    return format_columns([HEAD[:used], *(_cells(row)[:used] for row in result.rows)], right=RIGHT)


def runtime_name(row: Row) -> str:
    """Return a row's runtime with its version where that is known, and how it was used where that is not usual."""
    parts = [f"{row.runtime} {row.runtime_version}" if row.runtime_version else row.runtime]
    parts += [f"{row.num_threads} threads"] if row.num_threads > 1 else []
    parts += ["no delegate"] if row.delegate == "none" else []
    return ", ".join(parts)


def tells_energy(result: BenchResult) -> bool:
    """Say whether any row tells how much energy an inference takes."""
    return any(row.energy_j is not None for row in result.rows)


def protocol(result: BenchResult) -> str:
    """Return in a few sentences what the figures are and how they were measured."""
    settings = result.settings
    threads = "one thread" if settings.num_threads == (1,) else f"{', '.join(map(str, settings.num_threads))} threads"
    processes = "one process" if settings.rounds == 1 else f"{settings.rounds} processes"
    return (
        f"Accuracy on {settings.data_source}. "
        f"Each time is that of one digit, from values in to values out, on {threads}; "
        f"{processes} for each row in an order drawn by chance, at least {settings.num_runs:,} samples "
        f"and {settings.min_s:g} s in each. Memory: the most the process held."
    )


def _cells(row: Row) -> list[str]:
    shared = [row.model, row.variant, runtime_name(row), f"{row.file_bytes:,}"]
    if row.latency is None:
        return [*shared, row.error or ""]
    return [
        *shared,
        format_accuracy(row.accuracy),
        format_median(row.latency),
        format_seconds(row.latency.p95_s),
        format_bytes(row.peak_rss_bytes),
        format_joules(row.energy_j),
    ]
