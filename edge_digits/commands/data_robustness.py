"""`data robustness`: measure models on digits as a camera may show them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from device.command_line import FILE, Command, reporter

from .data_options import (
    KINDS,
    check_file,
    count_option,
    data_option,
    file_option,
    force_option,
    json_option,
    load_test_digits,
    seed_option,
)


@click.command("robustness", cls=Command)
@click.argument("models", type=FILE, nargs=-1, required=True, metavar="MODEL...")
@data_option("whose test digits are distorted")
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="Only this kind (repeatable).")
@count_option
@seed_option
@file_option("--chart", help="PNG file to draw a heat map in.")
@json_option
@force_option
def robustness_command(
    models: Sequence[Path],
    data: Path | None,
    kinds: Sequence[str],
    count: int | None,
    seed: int,
    chart: Path | None,
    as_json: bool,
    force: bool,
) -> None:
    """Measure .keras, .h5 and .tflite models on digits as a camera may show them.

    The digits are those that `edge-digits data distort` writes with the same seed: ten kinds of distortion in three
    strengths. "points lost" is the accuracy on clean digits less the mean over all kinds, in percentage points.
    """
    from ..evaluation.robustness import measure_robustness, robustness_document, robustness_table
    from ..evaluation.scoring import read_subjects

    if chart is not None:
        check_file(chart, ".png", option="--chart", force=force)
    subjects, failures = read_subjects(models, warn=reporter())
    if failures:
        raise failures[0]
    digits, source = load_test_digits(data, count=count, seed=seed)
    chosen = [each for each in KINDS if each in (kinds or KINDS)]
    found = measure_robustness(subjects, digits, seed=seed, kinds=chosen, report=reporter())
    if as_json:
        click.echo(json.dumps(robustness_document(found, source=source, seed=seed), indent=2))
    else:
        click.echo("\n\n".join(robustness_table(each) for each in found))
    if chart is not None:
        from ..evaluation.robustness_chart import draw_robustness

        draw_robustness(found, chart, note=f"{len(digits.labels):,} test digits in each cell, seed {seed}")
