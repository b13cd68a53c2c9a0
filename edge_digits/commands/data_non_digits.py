"""`data non-digits`: write pictures that are no digits."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import Command, reporter

from .data_options import check_file, fashion_option, file_option, force_option, pictures_option, seed_option

DRAWN = 20


@click.command("non-digits", cls=Command)
@file_option("--out", required=True, help="npz file to write.")
@file_option("--sheet", help="PNG file to draw some of each kind in.")
@pictures_option
@fashion_option
@seed_option
@force_option
def non_digits_command(out: Path, sheet: Path | None, count: int, fashion: Path | None, seed: int, force: bool) -> None:
    """Write pictures that are no digits, for measuring how well a model refuses them.

    Letters and signs in several fonts, doodles, textures, blanks, and clothing where Fashion-MNIST is at hand. Letters
    that pass for digits (O, l, Z, S, q …) are left out. The file has the arrays images, uint8 (N, 28, 28), and kinds, N
    names. Never train on them: training makes its own.
    """
    from ..synthetic.non_digit_files import draw_non_digits, write_non_digits
    from ..synthetic.non_digit_tests import make_non_digits

    check_file(out, ".npz", option="--out", force=force)
    if sheet is not None:
        check_file(sheet, ".png", option="--sheet", force=force)
    made = make_non_digits(count, seed=seed, fashion=fashion, report=reporter())
    write_non_digits(made, out)
    kinds = list(dict.fromkeys(made.kinds))
    click.echo(f"{out}: {len(made.kinds):,} pictures, {count:,} each of {', '.join(kinds)}")
    if sheet is not None:
        draw_non_digits(made, sheet, each=min(count, DRAWN), seed=seed)
        click.echo(f"{sheet}: look at some of each kind")
