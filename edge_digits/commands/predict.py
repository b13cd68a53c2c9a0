"""`predict`: what a model says of one digit, shown with its scores; or of all of Kaggle's test digits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.command_line import FILE, Command, reporter
from device.errors import ExtraMissingError, UsageError
from device.inference.runtime_names import RUNTIME_NAMES

from .option_types import Once

if TYPE_CHECKING:
    from edge_digits.evaluation.prediction import Prediction
    from edge_digits.evaluation.scoring import Subject

RANGE_NAMES = ("0-255", "0-1", "-1-1")


@click.command(cls=Command)
@click.argument("model", type=FILE)
@click.argument("picture", type=FILE, required=False)
@click.option("--index", type=click.IntRange(0), help="Number of the sample, from 0.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), help="Draw the sample by chance; the same seed the same one."
)
@click.option("--data", cls=Once, type=FILE, help="Where samples come from: what `train` takes as data; else MNIST.")
@click.option(
    "--split",
    type=click.Choice(["test", "validation", "train", "all"]),
    help="Which part; test where there is one, else all.",
)
@click.option("--out", type=FILE, metavar="FILE", help="PNG to draw, or the CSV of a submission.")
@click.option(
    "--kaggle-submission",
    "kaggle_test",
    type=FILE,
    metavar="TEST.csv",
    help="Answer for every digit of Kaggle's test.csv instead; --out names the CSV to hand in.",
)
@click.option("--runtime", type=click.Choice(RUNTIME_NAMES), help="Runtime for a .tflite file; the first that works.")
@click.option("--labels", type=FILE, help="Labels, one a line, for a .tflite file that carries no model card.")
@click.option(
    "--input-range",
    type=click.Choice(RANGE_NAMES),
    help="What a model takes that does not say it: a Keras model, found out unless given; without a card, what a "
    "quantised input says, else 0-255.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--force", is_flag=True, help="Overwrite what --out names.")
def predict(
    *,
    model: Path,
    picture: Path | None,
    index: int | None,
    seed: int | None,
    data: Path | None,
    split: str | None,
    out: Path | None,
    kaggle_test: Path | None,
    runtime: str | None,
    labels: Path | None,
    input_range: str | None,
    as_json: bool,
    force: bool,
) -> None:
    """Show what MODEL (.keras, .h5, SavedModel or .tflite) says of one digit, with its ten scores.

    The digit is a sample of MNIST's test digits, the first unless --index or --seed is given, or what is read in a
    PICTURE of your own: by a .tflite file as `edge-digits classify` reads it; by a model of Keras all that the finder
    takes for digits, as what a device leaves out, cuts or joins is for a converted model to say. --out draws it as PNG.
    """
    sample_options = {"--index": index, "--seed": seed, "--data": data, "--split": split}
    _refuse_contradictions(
        picture, [name for name, value in sample_options.items() if value is not None], kaggle_test=kaggle_test, out=out
    )
    from device.output_files import refuse_existing
    from edge_digits.evaluation.scoring import read_subject

    if out is not None:
        refuse_existing(out, force=force, inputs=[model, picture, data, kaggle_test, labels])
    subject = read_subject(model, model.name, labels=labels, runtime=runtime, input_range=input_range, warn=reporter())
    if kaggle_test is not None and out is not None:
        _hand_in(subject, kaggle_test, out, runtime=runtime, input_range=input_range, as_json=as_json)
        return
    prediction = _predict(
        subject,
        picture,
        data=data,
        split=split,
        index=index,
        seed=seed,
        labels=labels,
        runtime=runtime,
        input_range=input_range,
    )
    _show(prediction, out, as_json=as_json)


def _refuse_contradictions(
    picture: Path | None, sample_options: list[str], *, kaggle_test: Path | None, out: Path | None
) -> None:
    """Refuse arguments that say two things.

    Raises:
        UsageError: says which.
        ExtraMissingError: a PNG is wanted and matplotlib is not installed.
    """
    import importlib.util

    if kaggle_test is not None:
        if picture is not None or sample_options:
            also = sample_options[0] if sample_options else str(picture)
            raise UsageError(f"--kaggle-submission: answers for all digits of {kaggle_test}; leave out {also}")
        if out is None or out.suffix.lower() != ".csv":
            raise UsageError(f"--kaggle-submission: expected --out FILE.csv to write, found {out or 'none'}")
        return
    if picture is not None and sample_options:
        raise UsageError(f"expected a picture or {sample_options[0]}, found both; leave one out")
    if "--index" in sample_options and "--seed" in sample_options:
        raise UsageError("expected --index or --seed, found both; leave one out")
    if out is not None:
        if out.suffix.lower() != ".png":
            raise UsageError(f"expected --out to end in .png, found {out}")
        if importlib.util.find_spec("matplotlib") is None:
            raise ExtraMissingError("drawing needs matplotlib, not installed here; pip install 'edge-digits[train]'")


def _predict(
    subject: Subject,
    picture: Path | None,
    *,
    data: Path | None,
    split: str | None,
    index: int | None,
    seed: int | None,
    labels: Path | None,
    runtime: str | None,
    input_range: str | None,
) -> Prediction:
    from edge_digits.evaluation.data import load_evaluation_digits
    from edge_digits.evaluation.prediction import find_digits, predict_digits, read_as_device, sample_digit

    report = reporter()
    if picture is not None and subject.converted is not None:
        return read_as_device(subject, picture, labels=labels, runtime=runtime, input_range=input_range, warn=report)
    if picture is not None:
        pixels, found = find_digits(picture)
        source = str(picture)
    else:
        training = [subject.training] if subject.training else []
        digits = load_evaluation_digits(data, split=split, training=training, report=report)
        digit, source = sample_digit(digits, index=index, seed=seed)
        pixels, found = None, [digit]
    return predict_digits(
        subject, found, source=source, picture=pixels, runtime=runtime, input_range=input_range, warn=report
    )


def _show(prediction: Prediction, out: Path | None, *, as_json: bool) -> None:
    from edge_digits.evaluation.prediction import make_document
    from edge_digits.evaluation.prediction_text import format_prediction

    if out is not None:
        from edge_digits.evaluation.plots import save_png
        from edge_digits.evaluation.prediction_plot import draw_prediction

        save_png(draw_prediction(prediction), out)
        reporter()(f"drawn: {out}")
    click.echo(json.dumps(make_document(prediction), ensure_ascii=False) if as_json else format_prediction(prediction))


def _hand_in(
    subject: Subject, kaggle_test: Path, out: Path, *, runtime: str | None, input_range: str | None, as_json: bool
) -> None:
    """Write the answers for Kaggle's test digits."""
    from edge_digits.data.kaggle import read_kaggle_test
    from edge_digits.data.kaggle_submission import write_submission
    from edge_digits.evaluation.scoring import score

    images = read_kaggle_test(kaggle_test)
    scored = score(subject, images, runtime=runtime, input_range=input_range, warn=reporter())
    write_submission(scored.scores, out)
    if as_json:
        document = {"schema": "edge-digits.submission/1", "model": subject.name, "runtime": scored.runtime}
        click.echo(json.dumps({**document, "path": str(out), "count": len(images)}, ensure_ascii=False))
    else:
        click.echo(f"{out}: {len(images):,} answers by {subject.name} in {scored.runtime}, ready to hand in")
