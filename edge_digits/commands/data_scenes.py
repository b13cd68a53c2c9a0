"""`data scenes`: render scenes of digits, with their truth."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import FOLDER, Command

from .data_options import data_option, load_test_digits


@click.command("scenes", cls=Command)
@data_option("whose test digits are written")
@click.option(
    "--out",
    type=FOLDER,
    default=Path("scenes"),
    show_default=True,
    help="Folder for the pictures and labels.csv.",
)
@click.option("--cause", "causes", multiple=True, metavar="NAME", help="Only this difficulty; all unless given.")
@click.option("--layout", "layouts", multiple=True, type=click.Choice(["single", "row", "page", "empty"]))
@click.option("--count", type=click.IntRange(1, 1000), default=2, show_default=True, help="Scenes of each kind.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed renders the same.")
@click.option("--force", is_flag=True, help="Overwrite pictures that are there already.")
def scenes_command(
    data: Path | None,
    out: Path,
    causes: tuple[str, ...],
    layouts: tuple[str, ...],
    count: int,
    seed: int,
    force: bool,
) -> None:
    """Render digits on paper, boards and forms, photographed under one difficulty each, with labels.csv beside them.

    `edge-digits evaluate --photos` and `python -m benchmarks.photos` read that list.
    """
    from ..synthetic.scene_files import write_scenes

    digits, _ = load_test_digits(data, count=None, seed=seed)
    written = write_scenes(digits, out, causes=causes, layouts=layouts, count=count, seed=seed, force=force)
    click.echo(f"{out}: {written} scenes and labels.csv, rendered with seed {seed}")
