"""`data distort`: write digits as a camera may show them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import click

from device.command_line import FILE, Command, reporter

from .data_options import KINDS, STRENGTHS, count_option, data_option, force_option, load_test_digits, seed_option


@click.command("distort", cls=Command)
@data_option("whose test digits are distorted")
@click.option("--out", type=FILE, required=True, help="Folder to write to.")
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="Only this kind (repeatable).")
@click.option("--strength", "strengths", type=click.Choice(STRENGTHS), multiple=True, help="Only this (repeatable).")
@count_option
@seed_option
@force_option
def distort_command(
    data: Path | None,
    out: Path,
    kinds: Sequence[str],
    strengths: Sequence[str],
    count: int | None,
    seed: int,
    force: bool,
) -> None:
    """Write test digits as a camera may show them: ten kinds of distortion in three strengths.

    OUT gets a file KIND-STRENGTH.npz for each (arrays x_test and y_test, for `edge-digits evaluate --data`), sheet.png
    with a digit of each class in all of them, and distortions.json with seed and digests. Weak is hardly seen by a
    reader, middle is what a camera crop shows on a bad day, strong is what a person still reads nearly always. The same
    seed gives the same digits; training knows nothing of them. `edge-digits data robustness` measures models on them.
    """
    from device.output_files import refuse_existing

    from ..run_files import writable_folder
    from ..synthetic.distortion_files import RECORD_NAME, SHEET_NAME, DistortionRequest, file_name, write_distortions

    refuse_existing(out / RECORD_NAME, force=force)
    if data is not None and data.is_file():
        for kind, strength in product(KINDS, STRENGTHS):
            refuse_existing(out / file_name(kind, strength), force=True, inputs=[data])
    click.get_current_context().with_resource(writable_folder(out))
    digits, source = load_test_digits(data, count=count, seed=seed)
    request = DistortionRequest(
        kinds=[each for each in KINDS if each in (kinds or KINDS)],
        strengths=[each for each in STRENGTHS if each in (strengths or STRENGTHS)],
        seed=seed,
    )
    files = write_distortions(digits, request, out, source=source, report=reporter())
    click.echo(f"{out}: {len(files)} files of {len(digits.labels):,} digits each; look at {out / SHEET_NAME}")
