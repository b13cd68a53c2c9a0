"""`demo`: the whole story on real data in a few minutes."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import FILE, Command, reporter

from .option_types import Once


@click.command(cls=Command)
@click.option(
    "--out",
    type=FILE,
    default=Path("edge-digits-demo"),
    show_default=True,
    help="Results.",
)
@click.option("--data", cls=Once, type=FILE, help="Digits: an npz or a folder; else MNIST.")
@click.option("--epochs", type=click.IntRange(1), default=6, show_default=True, help="Passes over the training digits.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
def demo(*, out: Path, data: Path | None, epochs: int, seed: int) -> None:
    """Get MNIST, train, convert, verify, benchmark, read pictures, and show it all in one table.

    Takes a few minutes on two cores. A second run uses the first one's training again.
    """
    from edge_digits.run_files import alone_in, refuse_demo
    from edge_digits.tensorflow_setup import prepare_tensorflow

    report = reporter()
    refuse_demo(out, data)
    click.get_current_context().with_resource(alone_in(out))
    prepare_tensorflow()
    from edge_digits.data.mnist import load_mnist
    from edge_digits.demo import tell_story

    digits = load_mnist(data, report=report)
    story = tell_story(digits, out, epochs=epochs, seed=seed, report=report)
    click.echo(f"\n{story.table}\n")
    click.echo(f"pictures of digits on paper read right: {story.pictures_right} of {story.pictures}\n")
    width = max(map(len, story.written))
    for what, path in story.written.items():
        click.echo(f"{what:{width}}  {path}")
