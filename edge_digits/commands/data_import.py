"""`data import`: turn digits from anywhere into one npz file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from device.command_line import Command

from .data_options import SOURCES_HELP, check_file, file_option, force_option, load_sources, seed_option


@click.command(
    "import",
    cls=Command,
    help=f"""Turn digits from anywhere into one npz file.

SOURCE is one of these: {SOURCES_HELP.removeprefix("Digits: ").removesuffix(" Repeat it for several.")} Pictures of
28×28 px are taken as they are, others are read as the device reads them.

The file has the arrays x_train, y_train, x_test and y_test, as Keras's mnist.npz, but none for a part without digits.
A source without a test part has a tenth of each class held back for it, where there are five of it; a digit that
another source tests on is left out of the training part.
""",
)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@file_option("--out", required=True, help="npz file to write.")
@seed_option
@force_option
def import_command(sources: Sequence[str], out: Path, seed: int, force: bool) -> None:
    """Read, check, count and write."""
    from ..data.digit_facts import counts, facts_of, source_lines
    from ..data.digit_file import write_digits

    files = [Path(each) for each in sources if Path(each).is_file()]
    check_file(out, ".npz", option="--out", force=force, inputs=files)
    mixture = load_sources(sources, seed=seed)
    write_digits(mixture.digits, out)
    click.echo(counts(facts_of(mixture.digits)))
    for line in source_lines(mixture.sources):
        click.echo(line)
    click.echo(f"{out}: {len(mixture.labels):,} training and {len(mixture.test_labels):,} test digits")
