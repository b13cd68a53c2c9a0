"""`compare`: what two results, or the rows of one, say about each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.command_line import FILE, Command, reporter

if TYPE_CHECKING:
    from .comparison import Comparison

SCHEMA = "edge-digits.compare/1"


@click.command(name="compare", cls=Command)
@click.argument("first", type=FILE, metavar="A.json")
@click.argument("second", type=FILE, metavar="[B.json]", required=False)
@click.option("--force", is_flag=True, help="Compare results of unlike environments all the same.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def compare(*, first: Path, second: Path | None, force: bool, as_json: bool) -> None:
    """Say how models, runtimes and results of `bench --json` differ, and whether that is more than chance.

    With one result: each model against float32 in the same runtime, each runtime against the first with the same model.
    With two: B.json against A.json, row by row. Speed is compared by the rounds' medians, with a 95 % interval;
    accuracy by McNemar's test on the same digits. Results of unlike environments are refused with exit code 2.
    """
    from .comparison import widest
    from .pairings import compare_between, compare_within
    from .result_files import read_result

    report, result = reporter(), read_result(first)
    notes: list[str] = []
    if second is None:
        found = compare_within(result)
    else:
        from .likeness import environment_differences, refuse_unlike
        from .subjects import short_names

        other = read_result(second)
        short = short_names([first, second])
        names = short[first], short[second]
        if force:
            notes = [
                f"unlike environments, {each}"
                for each in environment_differences(result.environment, other.environment)
            ]
        else:
            refuse_unlike(result.environment, other.environment, names=names, option="--force")
        found, alone = compare_between(result, other, names=names)
        notes += alone
    for name, each in ((first, result), *([(second, other)] if second else [])):
        if not each.complete:
            notes.append(f"{name} is incomplete: stopped by {each.stopped_by}")
    if any(each.interval_95 is None for each in found):
        notes.append("one round leaves open how much processes differ; measure with --rounds 5 or more")
    elif widest(found) > WIDE:
        notes.append("wide intervals: measure with more --rounds, on a machine that does nothing else")
    for note in notes:
        report(f"note: {note}")
    click.echo(_document(found, notes) if as_json else "\n".join(_lines(found)))


WIDE = 1.25


def _lines(found: list[Comparison]) -> list[str]:
    from .comparison import statement

    return [statement(each) for each in found]


def _document(found: list[Comparison], notes: list[str]) -> str:
    from dataclasses import asdict

    from .comparison import statement

    comparisons = [{**asdict(each), "statement": statement(each)} for each in found]
    return json.dumps(
        {"schema": SCHEMA, "comparisons": comparisons, "notes": notes}, indent=1, ensure_ascii=False, allow_nan=False
    )
