"""`zoo`: all architectures, and what they reach."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import FILE, Command, reporter
from device.errors import GateError

from ..recipes import RECIPES, WRITE_UPS
from .option_types import Once


@click.group()
def zoo() -> None:
    """The architectures that `train` knows, and what they reach."""


@zoo.command(cls=Command)
@click.option("--out", type=FILE, default=Path("runs/zoo"), show_default=True, help="Folder for the runs and zoo.json.")
@click.option("--data", cls=Once, type=FILE, help="Digits: an npz or a folder; else MNIST.")
@click.option(
    "--arch",
    "names",
    type=click.Choice(list(RECIPES)),
    multiple=True,
    help="Only this one; repeatable. The default is those of the write-ups.",
)
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True, help="Runs of each.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def reproduce(out: Path, data: Path | None, names: tuple[str, ...], seeds: int, as_json: bool) -> None:
    """Train each architecture by its recipe over several seeds; print what was claimed and what was measured.

    Runs that are finished are kept, one that was stopped goes on. A claim that is not reached gives exit code 3.
    """
    from device.output_files import refuse_unwritable

    from ..tensorflow_setup import prepare_tensorflow

    report = reporter()
    refuse_unwritable(out)
    prepare_tensorflow()
    from ..data.mnist import load_mnist
    from ..run_files import to_json, write_json
    from ..training.zoo import document, format_table
    from ..training.zoo import reproduce as reproduce_all

    digits = load_mnist(data, report=report)
    reproductions = reproduce_all(digits, names or WRITE_UPS, out, seeds=seeds, report=report)
    result = document(reproductions, digits)
    write_json(out / "zoo.json", result)
    click.echo(to_json(result).rstrip() if as_json else format_table(reproductions))
    missed = [each.arch for each in reproductions if each.is_reached is False]
    if missed:
        raise GateError(f"expected every claim to be reached, found less of {', '.join(missed)}; see the table")


@zoo.command(cls=Command)
@click.option("--arch", type=click.Choice(list(RECIPES)), default="cnn-quick", show_default=True, help="Whose recipe.")
@click.option("--data", cls=Once, type=FILE, help="Digits: an npz or a folder; else MNIST.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def speed(arch: str, data: Path | None, seed: int, as_json: bool) -> None:
    """Time training until 99.1 % of the test digits are read: a recipe against Keras's simple MNIST convnet."""
    from ..tensorflow_setup import prepare_tensorflow

    report = reporter()
    prepare_tensorflow()
    from ..data.mnist import load_mnist
    from ..run_files import to_json
    from ..training.training_speed import document, format_table, race

    digits = load_mnist(data, report=report)
    convnet, recipe = race(digits, seed=seed, arch=arch, report=report)
    result = document([convnet, recipe], seed=seed, digits=digits)
    click.echo(to_json(result).rstrip() if as_json else format_table(convnet, recipe))
