"""`data suspects`: list labels that a model finds wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.command_line import FILE, Command, reporter

from .data_options import check_file, file_option, force_option, json_option, sources_option

if TYPE_CHECKING:
    from device.idx import Part

    from ..evaluation.suspects import LookedAt, Suspect

SCHEMA = "edge-digits.label-suspects/1"
ZOOM = 5


@click.command("suspects", cls=Command)
@click.option("--model", "-m", type=FILE, help="A .keras, .h5 or .tflite model; the one that ships unless given.")
@sources_option
@click.option(
    "--split",
    type=click.Choice(["train", "test", "all"]),
    default="all",
    show_default=True,
    help="Which part to look at, of sources that have parts.",
)
@click.option("--count", type=click.IntRange(1, 1000), default=50, show_default=True, help="List and draw so many.")
@file_option("--sheet", help="PNG file to draw them in.")
@json_option
@force_option
def suspects_command(
    model: Path | None,
    sources: Sequence[str],
    split: str,
    count: int,
    sheet: Path | None,
    as_json: bool,
    force: bool,
) -> None:
    """List labels that a model finds wrong, the most certain first, and draw them.

    A label is listed where the model prefers another digit, in the order of how clearly it does. It is marked ! where
    that digit is as probable as it usually is where it is right (confident learning). Many will be the model's
    mistakes: look at them. A model that was trained on these digits has learnt some of their wrong labels; another one
    finds more.
    """
    from device.errors import DataError
    from device.paths import DEFAULT_MODEL

    from ..data.digit_sources import read_source
    from ..evaluation.scoring import read_subject
    from ..evaluation.suspects import find_suspects, gather

    if sheet is not None:
        check_file(sheet, ".png", option="--sheet", force=force, inputs=map(Path, sources))
    path = model or DEFAULT_MODEL
    subject = read_subject(path, path.name, warn=reporter())
    read = [read_source(each, report=reporter()) for each in sources or ["mnist"]]
    parts: dict[str, tuple[Part, ...]] = {"train": ("train",), "test": ("test",), "all": ("train", "test")}
    looked_at = gather(read, parts[split])
    total = len(looked_at.places)
    if total == 0:
        raise DataError(f"{', '.join(each.name for each in read)}: expected {split} digits, found none")
    found = find_suspects(subject, looked_at.digits, report=reporter())
    if as_json:
        rows = [{"place": looked_at.places[each.index], **asdict(each)} for each in found[:count]]
        document = {"schema": SCHEMA, "model": str(subject.path), "looked_at": total, "found": len(found)}
        click.echo(json.dumps({**document, "suspects": rows}, indent=2))
    else:
        _list(found, looked_at, count=count, model=subject.name)
    if sheet is not None:
        _draw(found[:count], looked_at, sheet, total=len(found), model=subject.name)


def _list(found: Sequence[Suspect], looked_at: LookedAt, *, count: int, model: str) -> None:
    """Print the first suspects, each with where it lies, and how many there are."""
    if found:
        click.echo("label         looks like     where")
    for each in found[:count]:
        mark = "!" if each.certain else " "
        label, suggested = (
            f"{digit} ({share:6.1%})"
            for digit, share in (
                (each.label, each.label_probability),
                (each.suggested, each.suggested_probability),
            )
        )
        click.echo(f"{label}    {suggested} {mark}   {looked_at.places[each.index]}")
    certain = sum(each.certain for each in found)
    more = f"; {count:,} are listed (--count)" if len(found) > count else ""
    total = len(looked_at.places)
    click.echo(f"{model} finds {len(found):,} of {total:,} labels wrong, {certain:,} of them certainly{more}")


def _draw(found: Sequence[Suspect], looked_at: LookedAt, path: Path, *, total: int, model: str) -> None:
    """Draw suspects with what they are labelled as and what they look like; nothing where there are none."""
    from ..contact_sheet import draw_contact_sheet, save_contact_sheet

    if not found:
        reporter()(f"{path}: not written, as there is nothing to draw")
        return
    sheet = draw_contact_sheet(
        looked_at.digits.images[[each.index for each in found]],
        [f"{each.label}, rather {each.suggested}?" for each in found],
        title=f"{len(found):,} of {total:,} labels that {model} finds wrong, of {len(looked_at.places):,}",
        note="below each digit its label, and what it looks like to the model; the most certain first",
        zoom=ZOOM,
    )
    save_contact_sheet(sheet, path)
    reporter()(f"{path}: look at them here")
