"""`convert`: a trained model into verified TFLite files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from device.command_line import FILE, Command, reporter
from device.errors import FitError, GateError
from device.settings.option_types import FiniteRange

from .option_types import Once

if TYPE_CHECKING:
    from converters import Conversion

VARIANT_NAMES = ("float32", "float16", "dynamic", "int8", "int8-uint8", "int8-float", "int16x8")
RANGE_NAMES = ("0-255", "0-1", "-1-1")


@click.command(cls=Command)
@click.argument("model", type=FILE)
@click.option("--out", type=FILE, required=True, help="Folder for the .tflite files.")
@click.option("--variant", "variants", type=click.Choice(VARIANT_NAMES), multiple=True, help="Repeatable; default all.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    help='Runtime release it must load on: "tflite-runtime-2.14", "ai-edge-litert-2", "micro" ...; repeatable. '
    "The default is the first two; verified in the targets' runtimes, in all where none of these is installed.",
)
@click.option("--name", help="Stem of the files' names; the architecture's name unless given.")
@click.option("--labels", type=FILE, help="Labels, one a line; the ten digits unless given.")
@click.option(
    "--input-range",
    type=click.Choice(RANGE_NAMES),
    help="What the model takes; the range in which it reads training images best unless given.",
)
@click.option(
    "--data",
    cls=Once,
    type=FILE,
    help="Test (and training) images: npz, or for digits an IDX folder; MNIST unless given.",
)
@click.option(
    "--calibrate", type=click.IntRange(10), default=500, show_default=True, help="Training images to calibrate with."
)
@click.option(
    "--calibrate-from",
    type=FILE,
    help="Images to calibrate with: an npz, a folder of pictures, or for digits whatever `train --data` takes.",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Draws those images.")
@click.option(
    "--gate",
    type=FiniteRange(0, 100),
    metavar="PERCENT",
    help="Lowest agreement with the model; 99.99 for float32 and 99.7 for int8 unless given.",
)
@click.option(
    "--max-drop",
    type=FiniteRange(0, 100),
    metavar="POINTS",
    default=0.1,
    show_default=True,
    help="How much lower than the model's the accuracy may be.",
)
@click.option(
    "--keep-float",
    multiple=True,
    metavar="LAYER",
    help="Also make int8-mixed, with this layer in float32; part of its name will do; repeatable.",
)
@click.option(
    "--mixed", type=click.Choice(["auto"]), help="Also make int8-mixed, with as few layers in float as it takes."
)
@click.option("--stability/--no-stability", default=True, help="Convert int8 with each half of the set as a check.")
@click.option(
    "--per-tensor", is_flag=True, help="One scale for each tensor of weights, not for each channel: a shorter file."
)
@click.option("--strip", is_flag=True, help="Leave out what runtimes do not need; no bit of the answers changes.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def convert(
    *,
    model: Path,
    out: Path,
    variants: tuple[str, ...],
    targets: tuple[str, ...],
    name: str | None,
    labels: Path | None,
    input_range: str | None,
    data: Path | None,
    calibrate: int,
    calibrate_from: Path | None,
    seed: int,
    gate: float | None,
    max_drop: float,
    keep_float: tuple[str, ...],
    mixed: str | None,
    stability: bool,
    per_tensor: bool,
    strip: bool,
    force: bool,
) -> None:
    """Convert MODEL (.keras, .h5 or a SavedModel folder) to TFLite files that describe themselves.

    Every variant is run over all test images in every installed device runtime and held against MODEL first. One that
    agrees less than the gate asks for is not written, and the exit code is 3; one that a runtime cannot run is exit
    code 4 if it was asked for by name.
    """
    from device.output_files import check_folder_name, check_stem
    from edge_digits.conversion_data import name_of, training_record
    from edge_digits.run_files import alone_by_name
    from edge_digits.tensorflow_setup import prepare_tensorflow

    check_stem(name)
    check_folder_name(out, ".tflite")
    report = reporter()
    training = training_record(model)
    name = name or name_of(model, training)
    # Held until the command ends; the folder goes with it where nothing was written.
    click.get_current_context().with_resource(alone_by_name(out, name))
    prepare_tensorflow()
    from converters import ConversionRequest, Gate
    from converters import convert as run_conversion
    from converters.op_versions import check_targets
    from converters.references import load_reference
    from converters.request import DEFAULT_TARGETS
    from device.contract import LABELS
    from device.inference.foreign_model import read_labels
    from edge_digits.conversion_images import images_for
    from edge_digits.conversion_report import (
        format_table,
        guessing_warning,
        telling_what_was_kept,
        write_manifest,
    )

    check_targets(targets)
    reference = load_reference(model)
    names = read_labels(labels) if labels else LABELS
    source = click.get_current_context().get_parameter_source("calibrate")
    calibration, test = images_for(
        *(reference, names),
        data=data,
        calibrate_from=calibrate_from,
        count=calibrate,
        is_exact=source is not ParameterSource.DEFAULT,
        seed=seed,
        report=report,
    )
    request = ConversionRequest(
        model=model,
        out=out,
        name=name,
        calibration=calibration,
        test=test,
        variants=variants or VARIANT_NAMES,
        gate=Gate(min_agreement=None if gate is None else gate / 100, max_drop=max_drop / 100),
        labels=names,
        # A model that this project trained takes raw pixels; what another takes has to be found out.
        input_range=input_range or ("0-255" if training else None),
        training=training,
        targets=targets or DEFAULT_TARGETS,
        keep_float=keep_float,
        mixed=mixed is not None,
        stability=stability,
        per_tensor=per_tensor,
        strip=strip,
        force=force,
    )
    with telling_what_was_kept(report) as done:
        conversions = run_conversion(request, reference=reference, report=report, on_conversion=done.append)
    write_manifest(conversions, out / f"{request.name}_manifest.json")
    click.echo(format_table(conversions))
    if warning := guessing_warning(conversions, test.labels):
        report(warning)
    raise_failures(conversions, named=bool(variants))


def raise_failures(conversions: list[Conversion], *, named: bool) -> None:
    """End with exit code 3 or 4 if a variant that should be there was not written; name files that pass for it.

    Raises:
        GateError: a variant does not follow its reference.
        FitError: no runtime runs a variant that was asked for by name, or any at all.
    """
    gated = [each.path.name for each in conversions if each.failure and not each.misfit]
    misfits = [each.path.name for each in conversions if each.misfit]
    old = [each.path.name for each in conversions if each.failure and each.path.exists()]
    left = f"what is there by the name of {', '.join(old)} is of an earlier conversion" if old else ""
    more = f"; {left}" if left else ""
    if gated:
        raise GateError(f"not written: {', '.join(gated)}; see above, or train longer{more}")
    if misfits and (named or len(misfits) == len(conversions)):
        raise FitError(f"not written: {', '.join(misfits)}; see above{more}")
    if left:
        reporter()(f"warning: {left}")
