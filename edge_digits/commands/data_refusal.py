"""`data refusal`: measure how models refuse what is no digit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from device.command_line import FILE, Command, reporter
from device.settings.option_types import FiniteRange

from .data_options import data_option, fashion_option, json_option, pictures_option, seed_option


@click.command("refusal", cls=Command)
@click.argument("models", type=FILE, nargs=-1, required=True, metavar="MODEL...")
@data_option("whose test digits should be accepted")
@click.option(
    "--reject-below",
    type=FiniteRange(0, 1),
    help="Best score below which a picture is refused; else the one in the model's card, else one that accepts 99% of "
    "5,000 training digits.",
)
@pictures_option
@fashion_option
@seed_option
@json_option
def refusal_command(
    models: Sequence[Path],
    data: Path | None,
    reject_below: float | None,
    count: int,
    fashion: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Measure how many pictures that are no digits a model refuses, and how many digits it accepts.

    MODEL is a .keras, .h5 or .tflite file, and each is a column of the table. The pictures are those that
    `edge-digits data non-digits` writes with the same seed.
    """
    from ..data.digit_sources import read_source
    from ..evaluation.refusal import measure_refusal, refusal_document, refusal_table
    from ..evaluation.scoring import read_subjects
    from ..synthetic.non_digit_tests import make_non_digits
    from .data_options import own_test_part

    subjects, failures = read_subjects(models, warn=reporter())
    if failures:
        raise failures[0]
    source = read_source(data or "mnist", report=reporter())
    test = own_test_part(source)
    made = make_non_digits(count, seed=seed, fashion=fashion, report=reporter())
    found = [
        measure_refusal(each, test, made, training=source.train, reject_below=reject_below, warn=reporter())
        for each in subjects
    ]
    if as_json:
        click.echo(json.dumps(refusal_document(found, source=source.name, seed=seed), indent=2))
    else:
        click.echo(refusal_table(found))
