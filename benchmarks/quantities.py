"""Figures as people read them."""

from __future__ import annotations

from .figures import Accuracy, Latency
from .units import RATE, SHARE, SIZE, TIME


def format_seconds(seconds: float | None) -> str:
    """Return a time with three significant digits in the unit that fits: "51.3 µs", "1.20 ms", "2.50 s"."""
    if seconds is None:
        return "–"
    unit, scale = _time_unit(seconds)
    return f"{_three_digits(seconds * scale)} {unit}"


def format_median(latency: Latency) -> str:
    """Return the median with its 95 % interval in the same unit, if there is one: "34.7 µs (34.5–34.9)"."""
    unit, scale = _time_unit(latency.median_s)
    median = f"{_three_digits(latency.median_s * scale)} {unit}"
    if latency.interval_95_s is None:
        return median
    low, high = (_three_digits(bound * scale) for bound in latency.interval_95_s)
    return f"{median} ({low}–{high})"


def format_bytes(size_bytes: float | None) -> str:
    """Return a size of memory in units of 1,000: "61.2 MB", "8.2 GB"."""
    if size_bytes is None:
        return "–"
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes < 1e9 else f"{size_bytes / 1e9:.1f} GB"


def format_figure(value: float, kind: str) -> str:
    """Return a figure of one of the kinds of `benchmarks.units` with its unit."""
    if kind == TIME:
        return format_seconds(value)
    if kind == SIZE:
        return f"{value:,.0f} bytes"
    if kind == SHARE:
        return f"{100 * value:.2f} %"
    return f"{value:,.0f}/s" if kind == RATE else format_joules(value)


def format_joules(joules: float | None) -> str:
    """Return an energy with three significant digits: "51.3 µJ", "1.20 mJ"."""
    return "–" if joules is None else format_seconds(joules).replace("s", "J")


def format_accuracy(accuracy: Accuracy | None) -> str:
    """Return an accuracy with its 95 % interval: "99.12 % (98.92–99.29)"."""
    if accuracy is None:
        return "–"
    low, high = accuracy.interval_95
    return f"{100 * accuracy.accuracy:.2f} % ({100 * low:.2f}–{100 * high:.2f})"


def count_processors(number: int) -> str:
    """Return "1 processor", "4 processors"."""
    return f"{number} processor{'' if number == 1 else 's'}"


def format_columns(rows: list[list[str]], *, right: frozenset[int] = frozenset()) -> str:
    """Align rows of cells in columns two spaces apart.

    Args:
        rows: the first is the head; a row that has fewer cells than the head ends with text that runs on.
        right: positions of the columns that are aligned at their right.
    """
    widths = [0] * len(rows[0])
    for row in rows:
        for column, cell in enumerate(row if len(row) == len(widths) else row[:-1]):
            widths[column] = max(widths[column], len(cell))
    return "\n".join(_align(row, widths, right) for row in rows)


def _align(row: list[str], widths: list[int], right: frozenset[int]) -> str:
    padded = [
        cell.rjust(width) if column in right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=False))
    ]
    if len(row) < len(widths):
        padded[-1] = row[-1]
    return "  ".join(padded).rstrip()


def _time_unit(seconds: float) -> tuple[str, float]:
    """Return the unit that a time is best told in, and how many of it are a second."""
    return ("µs", 1e6) if seconds < 999.5e-6 else ("ms", 1e3) if seconds < 0.9995 else ("s", 1.0)


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
