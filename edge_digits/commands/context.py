"""`context`: the network that looks at what is around a mark: what it learns from, and its training."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import FILE, FOLDER, Command, NamedPath, reporter

from .data_options import file_option, force_option, seed_option
from .option_types import Once


@click.group()
def context() -> None:
    """The network that tells digits from letters and leaves by what is around them; one ships with this package."""


@context.command(cls=Command)
@file_option("--out", required=True, help="The .npz file to write.")
@click.option("--frames", type=click.IntRange(1), default=800, show_default=True, help="How many are drawn.")
@click.option("--data", cls=Once, type=FILE, help="Digits: an npz or a folder; else MNIST.")
@click.option("--fonts", type=FOLDER, help="Folder of .ttf and .otf files; matplotlib's unless given.")
@click.option("--pictures", type=FOLDER, help="Folder of pictures without digits, which are drawn on too.")
@seed_option
@force_option
def draw(
    out: Path, frames: int, data: Path | None, fonts: Path | None, pictures: Path | None, seed: int, force: bool
) -> None:
    """Draw frames with digits, words, tables and shapes, and cut out what the finder finds, with what is around it."""
    from device.inference.classifier import Classifier
    from device.inference.model_file import read_model
    from device.inference.runtime import load_runtime
    from device.output_files import refuse_existing, refuse_unwritable
    from device.paths import DEFAULT_MODEL

    from ..context.crops import draw_crops, write_crops
    from ..context.sources import load_sources

    report = reporter()
    refuse_existing(out, force=force)
    refuse_unwritable(out.parent)
    classifier = Classifier(read_model(DEFAULT_MODEL), load_runtime(None))
    sources = load_sources(data, fonts=fonts, pictures=pictures, report=report)

    def say(done: int) -> None:
        if done % 100 == 0:
            report(f"{done} of {frames} frames")

    crops = draw_crops(sources, classifier, frames=frames, seed=seed, report=say)
    write_crops(out, crops)
    click.echo(f"{out}: {len(crops.images)} marks of {frames} frames, {crops.are_digits.sum()} of them digits")


@context.command(cls=Command)
@click.argument("crops", nargs=-1, required=True, type=NamedPath(dir_okay=False), metavar="CROPS.npz...")
@file_option("--out", required=True, help="The .tflite file to write.")
@click.option("--epochs", type=click.IntRange(1), default=16, show_default=True)
@seed_option
@force_option
def train(crops: tuple[Path, ...], out: Path, epochs: int, seed: int, force: bool) -> None:
    """Train the network on what `context draw` wrote, and convert it; a stopped run goes on."""
    from device.output_files import refuse_existing, refuse_unwritable, write_bytes

    from ..tensorflow_setup import prepare_tensorflow

    report = reporter()
    refuse_existing(out, force=force, inputs=crops)
    refuse_unwritable(out.parent)
    from ..context.crops import read_crops

    lessons = read_crops(crops)
    prepare_tensorflow()
    from ..context.training import convert
    from ..context.training import train as train_network

    checkpoints = out.with_suffix(f".{lessons.digest(epochs, seed)[:12]}.checkpoint")  # no other run goes on there
    network, judged = train_network(lessons, epochs=epochs, seed=seed, checkpoints=checkpoints, report=report)
    made = {"seed": seed, "epochs": epochs, "crops": len(lessons.images), "held_back": vars(judged)}
    write_bytes(out, convert(network, training=made))
    click.echo(f"{out}: {judged.right:.2%} of {judged.count} marks held back are taken for what they are")
