"""`verify`: is a converted model still the model it came from, here?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from device.command_line import FILE, Command, reporter, say
from device.errors import DataError, EdgeDigitsError, FitError, GateError, RuntimeMissingError, UsageError
from device.settings.option_types import FiniteRange

from .option_types import Once

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from converters import Agreement, Gate
    from device.inference.model_file import ModelFile

RANGE_NAMES = ("0-255", "0-1", "-1-1")
TFLITE = ".tflite"
OF_COMPARISONS = ("data", "input_range", "gate", "max_drop")


@click.command(cls=Command)
@click.argument("reference", type=FILE)
@click.argument("models", nargs=-1, type=FILE, metavar="MODEL...")
@click.option("--data", cls=Once, type=FILE, help="Images to compare on; MNIST's test digits.")
@click.option(
    "--input-range",
    type=click.Choice(RANGE_NAMES),
    help="What a Keras or SavedModel reference takes; what MODEL's card says of it if absent.",
)
@click.option("--gate", type=FiniteRange(0, 100), metavar="PERCENT", help="Lowest agreement; the variant's own.")
@click.option("--max-drop", type=FiniteRange(0, 100), metavar="POINTS", default=0.1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def verify(
    *,
    reference: Path,
    models: tuple[Path, ...],
    data: Path | None,
    input_range: str | None,
    gate: float | None,
    max_drop: float,
    as_json: bool,
) -> None:
    """Compare each MODEL with REFERENCE (Keras, SavedModel or .tflite), and replay its golden vectors.

    With a single .tflite file only its golden vectors are replayed, which needs neither data nor TensorFlow: the check
    to make on a device. The exit code is 3 if a model does not follow its reference or its golden vectors.
    """
    from converters.request import Gate
    from device.inference.golden_replay import replay_golden
    from device.inference.runtime import INSTALL_HINT, installed_runtimes

    if not models:
        _refuse_alone(click.get_current_context(), reference)
    runtimes = installed_runtimes()
    if not runtimes:
        raise RuntimeMissingError(f"no device runtime is installed to verify in; {INSTALL_HINT}")
    files, unreadable = _read_all(models or (reference,))
    if models and data is None:
        _refuse_other_things(files)
    replays = {str(file.path): [replay_golden(file, runtime=runtime) for runtime in runtimes] for file in files}
    agreements: dict[str, Sequence[Agreement]] = {}
    if models and files:
        agreements, unfit = _compare(files, reference, data=data, input_range=input_range, runtimes=runtimes)
        unreadable += unfit
    limits = Gate(min_agreement=None if gate is None else gate / 100, max_drop=max_drop / 100)
    failures = _failures(files, agreements, limits)
    failures += [f"{path}: {each}" for path, all_of in replays.items() for each in all_of if not each.met]
    if as_json:
        document = {
            "schema": "edge-digits.verification/1",
            "agreements": {path: [asdict(each) for each in found] for path, found in agreements.items()},
            "golden": {path: [asdict(each) for each in found] for path, found in replays.items()},
            "failures": failures,
        }
        click.echo(json.dumps(document))
    else:
        for file in files:
            _show(file, agreements.get(str(file.path), ()), [str(each) for each in replays[str(file.path)]])
    for error in unreadable if len(unreadable) > 1 else ():
        say(str(error))
    if failures:
        raise GateError("; ".join(failures))
    if len(unreadable) == 1:
        raise unreadable[0]
    if unreadable:
        kind = DataError if any(isinstance(error, DataError) for error in unreadable) else FitError
        raise kind(f"{len(unreadable)} models not verified; see above")


def _refuse_alone(context: click.Context, reference: Path) -> None:
    """Refuse a reference that has nothing to be compared with, and options of a comparison without one.

    Raises:
        UsageError: it is no .tflite file, or such an option was given.
    """
    if reference.suffix != TFLITE:
        raise UsageError(f"expected a .tflite file to compare with {reference}, found none; name at least one")
    for name in OF_COMPARISONS:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageError(
                f"--{name.replace('_', '-')} is for comparing with REFERENCE; name that too, or leave it out"
            )


def _read_all(paths: Sequence[Path]) -> tuple[list[ModelFile], list[EdgeDigitsError]]:
    """Return the models that can be read, and why the others cannot."""
    from device.errors import ModelFileError
    from device.inference.model_file import read_model

    files: list[ModelFile] = []
    unreadable: list[EdgeDigitsError] = []
    for path in paths:
        try:
            files.append(read_model(path))
        except ModelFileError as error:
            unreadable.append(error)
    return files, unreadable


def _refuse_other_things(files: list[ModelFile]) -> None:
    """Refuse models of other things than digits, of which MNIST's digits tell nothing.

    Raises:
        UsageError: names the first.
    """
    from benchmarks.answers import other_labels

    for file in files:
        if found := other_labels(file.card.labels):
            raise UsageError(f"{file.path}: expected the labels 0 to 9, found {found}; name its own images with --data")


def _compare(
    files: list[ModelFile], reference: Path, *, data: Path | None, input_range: str | None, runtimes: list[str]
) -> tuple[dict[str, Sequence[Agreement]], list[EdgeDigitsError]]:
    """Return how each model agrees with the reference, and of which that cannot be told."""
    from benchmarks.measuring_digits import load_measuring_digits
    from edge_digits.model_verification import hostile_digits, original_range, reference_scores, verify_model

    digits = load_measuring_digits(data, report=reporter())
    reporter()(f"comparing on {digits.source}")
    expected: dict[str | None, list[NDArray[np.float32]]] = {}  # input range → scores of the digits, of hostile images
    found: dict[str, Sequence[Agreement]] = {}
    unfit: list[EdgeDigitsError] = []
    for file in files:
        # Files may come from models of different ranges; a converted reference takes raw pixels as they all do.
        taken = None if reference.suffix == TFLITE else input_range or original_range(file.card)
        if taken not in expected:
            expected[taken] = [
                reference_scores(reference, images, runtime=runtimes[0], input_range=taken)
                for images in (digits.images, hostile_digits())
            ]
        scores, hostile = expected[taken]
        try:
            agreements = verify_model(file, digits, expected=scores, hostile_expected=hostile, runtimes=runtimes)
        except FitError as error:
            unfit.append(FitError(f"{file.path}: {error}"))
        else:
            found[str(file.path)] = agreements
    return found, unfit


def _failures(files: list[ModelFile], agreements: dict[str, Sequence[Agreement]], limits: Gate) -> list[str]:
    from converters.verification import gate_failure

    found = []
    for file in files:
        all_of = tuple(agreements.get(str(file.path), ()))
        failure = gate_failure(all_of, limits, variant=file.card.variant) if all_of else None
        if failure:
            found.append(f"{file.path}: {failure}")
    return found


def _show(file: ModelFile, agreements: Sequence[Agreement], replays: list[str]) -> None:
    click.echo(f"{file.path} ({file.card.variant})")
    for each in agreements:
        right = "" if each.correct is None else f", {each.correct / each.count:.2%} right (p = {each.mcnemar_p:.2f})"
        shares = [pair for pair in zip(each.class_agreement, file.card.labels, strict=True) if pair[0] is not None]
        share, label = min(shares)
        click.echo(
            f"  {each.runtime}: {each.agreement:.2%} of {each.count} as the reference (least for {label}: "
            f"{share:.2%}){right}; scores differ by up "
            f"to {each.largest_difference:.4f}, on hostile images {each.hostile_difference:.4f}"
        )
    for line in replays:
        click.echo(f"  {line}")
