"""Which rows to compare: within one result by changing one thing at a time, between two results like with like."""

from __future__ import annotations

from collections.abc import Sequence

from device.errors import UsageError

from .comparison import Comparison, compare_rows, describe
from .results import BenchResult, Row

STEADY = 0.03  # two benchmarks of one model in a row on an idle machine differ by less
Setting = tuple[str, str, str, int]


def setting_of(row: Row) -> Setting:
    """Return what a row was measured with: model, runtime, delegate, threads."""
    return row.model, row.runtime, row.delegate, row.num_threads


def compare_within(result: BenchResult) -> list[Comparison]:
    """Compare the rows of one result: each with the one that differs from it in one thing.

    The reference is the first float32 model, in the first runtime, with the first delegate and number of threads.

    Raises:
        UsageError: fewer than two rows were measured.
    """
    rows = _measured(result.rows)
    if len(rows) < 2:
        raise UsageError(f"expected two measured rows to compare, found {len(rows)}; name a second result")
    by_setting = {setting_of(row): row for row in rows}
    reference = setting_of(next((row for row in rows if row.variant == "float32"), rows[0]))
    found = []
    for place in range(len(reference)):
        for row in rows:
            setting = setting_of(row)
            other = by_setting.get((*setting[:place], reference[place], *setting[place + 1 :]))  # type: ignore[arg-type]
            if setting[place] != reference[place] and other is not None:
                found.append(compare_rows(row, other, paired=True, same_digits=True))
    return found


def compare_between(
    first: BenchResult, second: BenchResult, *, names: tuple[str, str]
) -> tuple[list[Comparison], list[str]]:
    """Compare the rows of the second result with those of the first that were measured alike.

    Two results of one row each are compared whatever their rows are.

    Returns:
        The comparisons, and what to know of them: what is in one of the results alone, where the machine was unsteady.

    Raises:
        UsageError: no rows belong together.
    """
    before, after = _measured(first.rows), _measured(second.rows)
    pairs = pair_rows(before, after)
    if not pairs and len(before) == len(after) == 1:
        pairs = [(before[0], after[0])]
    if not pairs:
        raise UsageError(
            f"expected rows of the same models and runtimes in {names[0]} and {names[1]}, found "
            f"{_list(before)} and {_list(after)}"
        )
    same_digits = first.settings.data_md5 == second.settings.data_md5
    found = [
        compare_rows(
            now,
            then,
            paired=False,
            same_digits=same_digits,
            names=(f"{describe(now)} in {names[1]}", f"{describe(then)} in {names[0]}"),
        )
        for then, now in pairs
    ]
    used = {id(row) for pair in pairs for row in pair}
    notes = [_unsteady(then, now) for then, now in pairs if _differs(then, now)]
    notes += [
        f"{describe(row)} is in {name} alone"
        for name, rows in zip(names, (before, after), strict=True)
        for row in rows
        if id(row) not in used
    ]
    if not same_digits:
        notes.append(
            f"accuracy is not compared: {names[0]} was measured on {first.settings.data_source}, "
            f"{names[1]} on {second.settings.data_source}"
        )
    return found, notes


def pair_rows(before: Sequence[Row], after: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Return the rows that were measured alike, in the order of the second."""
    known = {setting_of(row): row for row in before}
    return [(known[setting_of(row)], row) for row in after if setting_of(row) in known]


def _differs(then: Row, now: Row) -> bool:
    """Whether the same bytes took another time."""
    if then.sha256 != now.sha256 or then.latency is None or now.latency is None:
        return False
    ratio = now.latency.median_s / then.latency.median_s
    return max(ratio, 1 / ratio) - 1 > STEADY


def _unsteady(then: Row, now: Row) -> str:
    assert then.latency is not None
    assert now.latency is not None
    return (
        f"{describe(now)} is the same model in both and its medians differ by "
        f"{abs(now.latency.median_s / then.latency.median_s - 1):.0%}: the machine was not steady; "
        "stop other programs and measure both again"
    )


def _measured(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.latency is not None]


def _list(rows: Sequence[Row]) -> str:
    return ", ".join(map(describe, rows)) or "nothing measured"
