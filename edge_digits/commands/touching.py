"""`touching`: the network that reads digits that touch: what it learns from, and its training."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import FILE, FOLDER, Command, NamedPath, reporter

from .data_options import file_option, force_option, seed_option
from .option_types import Once


@click.group()
def touching() -> None:
    """The network that reads digits that touch as a whole; one ships with this package."""


@touching.command(cls=Command)
@file_option("--out", required=True, help="The .npz file to write.")
@click.option("--frames", type=click.IntRange(1), default=4000, show_default=True, help="How many are drawn.")
@click.option("--data", cls=Once, type=FILE, help="Digits: an npz or a folder; else MNIST.")
@click.option("--fonts", type=FOLDER, help="Folder of .ttf and .otf files; matplotlib's unless given.")
@click.option("--pictures", type=FOLDER, help="Folder of pictures without digits, which are drawn on too.")
@seed_option
@force_option
def draw(
    out: Path, frames: int, data: Path | None, fonts: Path | None, pictures: Path | None, seed: int, force: bool
) -> None:
    """Draw frames with digits that touch, letters and scrawls, and cut out what is wide of what the finder finds."""
    from device.inference.classifier import Classifier
    from device.inference.model_file import read_model
    from device.inference.runtime import load_runtime
    from device.output_files import refuse_existing, refuse_unwritable
    from device.paths import DEFAULT_MODEL

    from ..context.sources import load_sources
    from ..touching.strips import draw_strips, write_strips

    report = reporter()
    refuse_existing(out, force=force)
    refuse_unwritable(out.parent)
    classifier = Classifier(read_model(DEFAULT_MODEL), load_runtime(None))
    sources = load_sources(data, fonts=fonts, pictures=pictures, report=report)

    def say(done: int) -> None:
        if done % 100 == 0:
            report(f"{done} of {frames} frames")

    strips = draw_strips(sources, classifier, frames=frames, seed=seed, report=say)
    write_strips(out, strips)
    several = sum(len(text) > 1 for text in strips.texts.tolist())
    click.echo(f"{out}: {len(strips.texts)} wide marks of {frames} frames, {several} of them several digits")


@touching.command(cls=Command)
@click.argument("strips", nargs=-1, required=True, type=NamedPath(dir_okay=False), metavar="STRIPS.npz...")
@file_option("--out", required=True, help="The .tflite file to write.")
@click.option("--epochs", type=click.IntRange(1), default=16, show_default=True)
@seed_option
@force_option
def train(strips: tuple[Path, ...], out: Path, epochs: int, seed: int, force: bool) -> None:
    """Train the network on what `touching draw` wrote, and convert it; a stopped run goes on."""
    from device.output_files import refuse_existing, refuse_unwritable, write_bytes

    from ..tensorflow_setup import prepare_tensorflow

    report = reporter()
    refuse_existing(out, force=force, inputs=strips)
    refuse_unwritable(out.parent)
    from ..touching.strips import read_strips

    lessons = read_strips(strips)
    prepare_tensorflow()
    from device.contract import LABELS

    from ..context.training import convert
    from ..touching.training import train as train_network

    checkpoints = out.with_suffix(f".{lessons.digest(epochs, seed)[:12]}.checkpoint")  # no other run goes on there
    network, judged = train_network(lessons, epochs=epochs, seed=seed, checkpoints=checkpoints, report=report)
    made = {"seed": seed, "epochs": epochs, "strips": len(lessons.texts), "held_back": vars(judged)}
    write_bytes(out, convert(network, training=made, name="touching", labels=(*LABELS, "none")))
    click.echo(
        f"{out}: of {judged.count} marks held back {judged.right:.2%} of those of digits are read, "
        f"{judged.left_alone:.1%} of the others left alone"
    )
