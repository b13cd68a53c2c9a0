"""`evaluate`: how well models read, where they fail, and which is better."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.command_line import FILE, Command, reporter, say
from device.errors import DataError, ModelFileError
from device.inference.runtime_names import RUNTIME_NAMES

from .option_types import Once

if TYPE_CHECKING:
    from edge_digits.evaluation.result import EvaluationResult
    from edge_digits.evaluation.run import EvaluationRun

RANGE_NAMES = ("0-255", "0-1", "-1-1")


@click.command(cls=Command)
@click.argument("models", nargs=-1, required=True, type=FILE, metavar="MODEL...")
@click.option(
    "--data",
    cls=Once,
    type=FILE,
    help="Digits: npz, folder of IDX files or of pictures by class, CSV as Kaggle's train.csv; else MNIST.",
)
@click.option(
    "--split",
    type=click.Choice(["test", "validation", "train", "all"]),
    help="Which part; test where there is one, else all. Choose among models on validation, which training held back.",
)
@click.option(
    "--photos",
    cls=Once,
    type=FILE,
    metavar="LABELS.csv",
    help="Photographs to read too, as a device does: a CSV with the columns path, label and maybe source.",
)
@click.option("--report", "report_folder", type=FILE, metavar="DIR", help="Folder for a page, its pictures and JSON.")
@click.option("--runtime", type=click.Choice(RUNTIME_NAMES), help="Runtime for .tflite files; the first that works.")
@click.option("--labels", type=FILE, help="Labels, one a line, for .tflite files that carry no model card.")
@click.option(
    "--input-range",
    type=click.Choice(RANGE_NAMES),
    help="What models take that do not say it: Keras models, found out unless given; without a card, what a "
    "quantised input says, else 0-255.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--force", is_flag=True, help="Overwrite a report.")
def evaluate(
    *,
    models: tuple[Path, ...],
    data: Path | None,
    split: str | None,
    photos: Path | None,
    report_folder: Path | None,
    runtime: str | None,
    labels: Path | None,
    input_range: str | None,
    as_json: bool,
    force: bool,
) -> None:
    """Evaluate each MODEL (.keras, .h5, SavedModel or .tflite) on labelled digits, and several against each other.

    Gives accuracy with its interval, precision, recall and F1 of each digit, calibration and loss; with --report also
    the confusions, the calibration and the worst mistakes as pictures, on a page that needs nothing else. Photographs
    are read by converted models alone. A model or picture that cannot be read is said, and the others are evaluated.
    """
    from edge_digits.evaluation.extras import require_evaluation_packages

    _refuse_absent(models)
    require_evaluation_packages(plots=report_folder is not None)
    from edge_digits.evaluation.document import make_document
    from edge_digits.evaluation.run import EvaluationRequest, run_evaluation
    from edge_digits.evaluation.table import format_result

    _refuse_report(report_folder, force=force)
    request = EvaluationRequest(
        models, data=data, split=split, photos=photos, runtime=runtime, labels=labels, input_range=input_range
    )
    run = run_evaluation(request, report=reporter())
    click.echo(json.dumps(make_document(run.result), ensure_ascii=False) if as_json else format_result(run.result))
    if report_folder:
        _write_report(run.result, report_folder)
    raise_failures(run)


def raise_failures(run: EvaluationRun) -> None:
    """End with the exit code of what could not be evaluated or read, if anything.

    Raises:
        EdgeDigitsError: of the first model that could not be evaluated.
        DataError: photographs could not be read.
    """
    unreadable = list(dict.fromkeys(line for photos in run.result.photos for line in photos.unreadable))
    if run.failures:
        for line in [*unreadable, *map(str, run.failures[1:])]:
            say(f"error: {line}")
        raise run.failures[0]
    if len(unreadable) == 1:
        raise DataError(unreadable[0])
    if unreadable:
        for line in unreadable:
            say(line)
        raise DataError(f"{len(unreadable)} photographs cannot be read; see above")


def _refuse_absent(models: tuple[Path, ...]) -> None:
    """Refuse models of which none is there, before anybody installs packages for them."""
    # os.path, unlike pathlib, takes a name that is too long for one that is not there.
    if not any(os.path.exists(model) for model in models):  # noqa: PTH110
        names = ", ".join(map(str, models))
        raise ModelFileError(f"{names}: expected a .keras, .h5 or .tflite model, found nothing there; check the path")


def _refuse_report(folder: Path | None, *, force: bool) -> None:
    """Refuse a folder that holds a report or cannot be written, before the work."""
    if folder is not None:
        from device.output_files import refuse_existing
        from edge_digits.evaluation.report import DOCUMENT_NAME, PAGE_NAME
        from edge_digits.run_files import writable_folder

        for name in (PAGE_NAME, DOCUMENT_NAME):
            refuse_existing(folder / name, force=force)
        click.get_current_context().with_resource(writable_folder(folder))


def _write_report(result: EvaluationResult, folder: Path) -> None:
    from edge_digits.evaluation.report import write_report

    written = write_report(result, folder, made_at_s=time.time())
    reporter()(f"report: {written[0]} and {len(written) - 1} more files beside it")
