"""`inspect`: what is in a `.tflite` file, and what loads it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from device.command_line import FILE, Command
from device.errors import DataError, FitError


@click.command("inspect", cls=Command)
@click.argument("models", nargs=-1, required=True, type=FILE, metavar="MODEL...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def inspect_models(*, models: tuple[Path, ...], as_json: bool) -> None:
    """Show what is in any .tflite file: tensors, operations, size, work, labels and card, and which runtimes load it.

    Each installed runtime loads the file in a process of its own, which a damaged file may kill. The exit code is 6 if
    a file is missing or damaged (the others are still shown), else 4 if no installed runtime loads one of them.
    """
    from converters.inspection import Inspection, Refusal, inspect_file
    from converters.inspection_page import describe, document
    from device.inference.runtime import installed_runtimes

    runtimes = tuple(installed_runtimes())
    found: list[Inspection | Refusal] = []
    for path in models:
        found.append(inspect_file(path, runtimes=runtimes))
        if not as_json:
            refused = isinstance(found[-1], Refusal)
            click.echo(("error: " if refused else "") + describe(found[-1]), err=refused)
    if as_json:
        click.echo(json.dumps({"schema": "edge-digits.inspection/1", "models": [document(each) for each in found]}))
    if any(isinstance(each, Refusal) for each in found):
        click.get_current_context().exit(DataError.exit_code)
    lost = [
        str(each.path)
        for each in found
        if isinstance(each, Inspection) and each.loadings and not any(loading.loads for loading in each.loadings)
    ]
    if lost:
        raise FitError(
            f"{', '.join(lost)}: expected a model that an installed runtime loads, found none that does; see above"
        )
