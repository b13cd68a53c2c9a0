"""`train`: train a digit network, or go on from a trained one with new digits."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import FILE, Command, reporter
from device.errors import UsageError
from device.settings.option_types import FiniteRange

from ..recipes import RECIPES

FINE_TUNING_EPOCHS = 5
FINE_TUNING_RATE = 0.1
MNIST_SHARE, NEW_SHARE = 3.0, 1.0


@click.command(cls=Command)
@click.option("--arch", type=click.Choice(list(RECIPES)), default="cnn", show_default=True, help="What to train.")
@click.option("--out", type=FILE, required=True, help="Folder for the results.")
@click.option(
    "--data",
    "sources",
    multiple=True,
    metavar="SOURCE",
    help="Digits to train on: mnist, an npz, a folder of IDX files, Kaggle's train.csv, or a folder of pictures by "
    "class; repeat it to mix several.  [default: mnist]",
)
@click.option(
    "--weight",
    "weights",
    type=float,
    multiple=True,
    help="How often to draw from each source relative to the others, once for each --data; by their sizes otherwise.",
)
@click.option("--epochs", type=click.IntRange(1), help="Passes over the data; the architecture's recipe unless given.")
@click.option("--batch-size", type=click.IntRange(1), help="Digits in a step; the recipe's unless given.")
@click.option("--learning-rate", type=FiniteRange(0, 1, min_open=True), help="Peak; the recipe's unless given.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option(
    "--validation",
    type=click.IntRange(1),
    help="Training digits to hold back.  [default: 5000, or a tenth where there are fewer than 50,000]",
)
@click.option("--augment/--no-augment", default=True, show_default=True, help="Distort digits, as the recipe says.")
@click.option(
    "--teacher", "teachers", type=FILE, multiple=True, help="Keras model to learn from beside the labels; repeatable."
)
@click.option(
    "--init",
    type=FILE,
    help="Keras model (.keras, .h5) to go on from: a tenth of the recipe's rate, 5 epochs, and MNIST mixed in 3 to 1 "
    "unless --data or --weight say otherwise; it is compared on MNIST in any case.",
)
@click.option(
    "--max-drop",
    type=FiniteRange(0, 100),
    help="With --init: refuse a model that lost more points than this, and more than one digit, on what was held back "
    "of any source or of MNIST.  [default: 0.5, or fewer where McNemar's p is below 0.05]",
)
@click.option("--h5", is_flag=True, help="Also write model.h5.")
@click.option("--resume", is_flag=True, help="Continue a run that was stopped.")
@click.option("--force", is_flag=True, help="Overwrite an earlier run.")
def train(
    *,
    arch: str,
    out: Path,
    sources: tuple[str, ...],
    weights: tuple[float, ...],
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    seed: int,
    validation: int | None,
    augment: bool,
    teachers: tuple[Path, ...],
    init: Path | None,
    max_drop: float | None,
    h5: bool,
    resume: bool,
    force: bool,
) -> None:
    """Train a digit network and write model.keras, history.json, training.json and curves.png.

    A checkpoint is kept after every epoch: a run that was stopped goes on with --resume and ends with the same model.
    The test digits are not looked at, except to report what --init changed.
    """
    from device.output_files import check_folder_name
    from edge_digits.tensorflow_setup import prepare_tensorflow

    report = reporter()
    check_folder_name(out, ".keras", ".h5", advice="name the folder that model.keras is to be written in")
    if resume and force:
        raise UsageError("expected --resume or --force, found both; --resume goes on, --force starts over")
    if init is None and max_drop is not None:
        raise UsageError("--max-drop: expected --init, whose model it is held against, found none; leave it out")
    # All that can be wrong without TensorFlow is found before its import, which takes seconds.
    named, shares = _sources(sources, weights, is_fine_tuning=init is not None)
    from edge_digits.data.mixture import load_mixture
    from edge_digits.data.mnist import check_validation, default_validation
    from edge_digits.run_files import alone_in, digest_of, refuse_origins, refuse_run, telling_how_to_resume

    # Held until the command ends; a run that goes on has a checkpoint and is not to be taken for one that was stopped.
    click.get_current_context().with_resource(alone_in(out))
    if not resume and not force:
        refuse_run(out)
    origins = {path: digest_of(path) for path in (*teachers, *([] if init is None else [init]))}
    refuse_origins(out, origins)
    mixture = load_mixture(named, shares or None, report=report)
    validation = validation or default_validation(len(mixture.labels))
    check_validation(validation, of=len(mixture.labels))
    prepare_tensorflow()
    from edge_digits.training.training import TrainingSettings, held_back_split
    from edge_digits.training.training import train as run_training

    model = None
    if init is not None:
        from edge_digits.training.fine_tuning import (
            comparison,
            held_back_of,
            load_digit_model,
            mnist_held_back,
            refuse_frozen,
            warn_of_ungated,
        )

        model = load_digit_model(init, report=report)
        refuse_frozen(init, model)
        arch = _arch_of(model.name, asked=arch)
        epochs = epochs or FINE_TUNING_EPOCHS
        learning_rate = learning_rate or RECIPES[arch].learning_rate * FINE_TUNING_RATE
    settings = TrainingSettings.from_recipe(
        arch,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        augment=augment,
        seed=seed,
        validation=validation,
        teachers=tuple(origins[teacher] for teacher in teachers),
        init="" if init is None else origins[init],
        weights=shares,
    )
    digits, accept = mixture.digits, None
    if model is not None:
        split = held_back_split(digits, settings, mixture.part)
        sets = held_back_of(mixture, split.validation)
        warn_of_ungated(mixture, sets, report=report)
        sets = [*mnist_held_back(mixture, split.train, report=report), *sets]
        may_lose = None if max_drop is None else max_drop / 100
        accept = comparison(model, sets, max_drop=may_lose, report=report)
    with telling_how_to_resume(out, report):
        trained = run_training(
            digits,
            settings,
            out,
            frequency=mixture.sampling_weights if shares else None,
            part=mixture.part,
            teachers=teachers,
            init=model,
            accept=accept,
            resume=resume,
            force=force,
            report=report,
        )
    if h5:
        from edge_digits.training.run_outcome import write_h5

        click.echo(f"{write_h5(trained.model)}: the same in Keras's older format")
    click.echo(f"{trained.model}: validation accuracy {trained.validation_accuracy:.2%}")


def _arch_of(name: str, *, asked: str) -> str:
    """Return whose recipe to go on with.

    Raises:
        UsageError: another architecture was asked for than the model is of.
    """
    if name not in RECIPES:
        return asked
    if _is_given("arch") and asked != name:
        raise UsageError(f"--init: expected a model of {asked}, found one of {name}; leave out --arch")
    return name


def _is_given(option: str) -> bool:
    """Tell whether an option is more than its default."""
    source = click.get_current_context().get_parameter_source(option)
    return source not in (None, click.core.ParameterSource.DEFAULT)


def _sources(
    sources: tuple[str, ...], weights: tuple[float, ...], *, is_fine_tuning: bool
) -> tuple[list[str], tuple[float, ...]]:
    """Return what to read and the weight of each, none where sizes decide.

    Raises:
        UsageError: there are weights, but not one for each source.
    """
    if weights and len(weights) != len(sources):
        raise UsageError(f"expected one --weight for each --data, found {len(weights)} for {len(sources)}")
    if is_fine_tuning and sources and not weights and "mnist" not in sources:
        return ["mnist", *sources], (MNIST_SHARE, *(NEW_SHARE / len(sources) for _ in sources))
    return list(sources) or ["mnist"], weights
