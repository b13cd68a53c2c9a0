"""`convert`: a Keras model into verified TFLite files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.command_line import Command, reporter
from device.errors import GateError

if TYPE_CHECKING:
    from converters import Conversion

VARIANT_NAMES = ("float32", "int8")


@click.command(cls=Command)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the .tflite files.")
@click.option("--variant", "variants", type=click.Choice(VARIANT_NAMES), multiple=True, help="Repeatable; default all.")
@click.option("--name", help="Stem of the files' names; the architecture's name unless given.")
@click.option("--data", type=click.Path(path_type=Path), help="Digits to calibrate and verify with; else MNIST.")
@click.option(
    "--calibrate", type=click.IntRange(10), default=500, show_default=True, help="Training digits to calibrate with."
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Draws those digits.")
@click.option(
    "--gate",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Lowest agreement with the Keras model; 99.99 for float32 and 99.7 for int8 unless given.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def convert(
    *,
    model: Path,
    out: Path,
    variants: tuple[str, ...],
    name: str | None,
    data: Path | None,
    calibrate: int,
    seed: int,
    gate: float | None,
    force: bool,
) -> None:
    """Convert a Keras MODEL to TFLite files that describe themselves.

    Every variant is run over all test digits in every installed device runtime and held against the Keras model first.
    One that agrees less than the gate asks for is not written, and the exit code is 3.
    """
    from edge_digits.tensorflow_setup import prepare_tensorflow

    report = reporter()
    prepare_tensorflow()
    from converters import ConversionRequest
    from converters import convert as run_conversion
    from edge_digits.conversion_data import calibration_sample, training_record, whole_test_set
    from edge_digits.mnist import load_mnist

    training = training_record(model)
    digits = load_mnist(data, report=report)
    request = ConversionRequest(
        model=model,
        out=out,
        name=name or training.get("settings", {}).get("arch") or model.stem,
        calibration=calibration_sample(digits, count=calibrate, seed=seed),
        test=whole_test_set(digits),
        variants=variants or VARIANT_NAMES,
        min_agreement=None if gate is None else gate / 100,
        training=training,
        force=force,
    )
    conversions = run_conversion(request, report=report)
    for conversion in conversions:
        click.echo(describe(conversion), err=conversion.failure is not None)
    failed = [conversion.path.name for conversion in conversions if conversion.failure]
    if failed:
        raise GateError(f"not written: {', '.join(failed)}; see above, or train longer")


def describe(conversion: Conversion) -> str:
    """Return a line that says what became of a variant."""
    if conversion.failure:
        return f"{conversion.path}: {conversion.failure}"
    figures = "; ".join(
        f"{each.runtime}: {each.correct / each.count:.2%} right, {each.agreement:.2%} as Keras"
        for each in conversion.agreements
    )
    return f"{conversion.path}: {conversion.size_bytes:,} bytes; {figures}"
