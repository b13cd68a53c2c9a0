"""`train`: train a digit network."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import FILE, Command, reporter

ARCHITECTURE_NAMES = ("cnn",)


@click.command(cls=Command)
@click.option("--arch", type=click.Choice(ARCHITECTURE_NAMES), default="cnn", show_default=True)
@click.option("--out", type=FILE, required=True, help="Folder for the results.")
@click.option(
    "--data",
    type=FILE,
    help="Digits to train on: an npz or a folder; else MNIST.",
)
@click.option("--epochs", type=click.IntRange(1), help="Passes over the data; the architecture's recipe unless given.")
@click.option("--batch-size", type=click.IntRange(1), help="Digits in a step; the recipe's unless given.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option(
    "--validation", type=click.IntRange(1), default=5000, show_default=True, help="Training digits to hold back."
)
@click.option("--augment/--no-augment", default=True, show_default=True, help="Rotate, zoom, shear and shift digits.")
@click.option("--resume", is_flag=True, help="Continue a run that was stopped.")
@click.option("--force", is_flag=True, help="Overwrite an earlier run.")
def train(
    *,
    arch: str,
    out: Path,
    data: Path | None,
    epochs: int | None,
    batch_size: int | None,
    seed: int,
    validation: int,
    augment: bool,
    resume: bool,
    force: bool,
) -> None:
    """Train a digit network and write model.keras, history.json, training.json and curves.png.

    A checkpoint is kept after every epoch: a run that was stopped goes on with --resume and ends with the same model.
    The test digits are not looked at.
    """
    from edge_digits.tensorflow_setup import prepare_tensorflow

    report = reporter()
    prepare_tensorflow()
    from edge_digits.mnist import load_mnist
    from edge_digits.training import TrainingSettings
    from edge_digits.training import train as run_training

    digits = load_mnist(data, report=report)
    settings = TrainingSettings.from_recipe(
        arch, epochs=epochs, batch_size=batch_size, seed=seed, validation=validation, augment=augment
    )
    trained = run_training(digits, settings, out, resume=resume, force=force, report=report)
    click.echo(f"{trained.model}: validation accuracy {trained.validation_accuracy:.2%}")
