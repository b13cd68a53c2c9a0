"""`collect`: look after what `run --collect` kept."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from ..command_line import FILE, Command, say
from ..early_end import raise_if_asked
from ..errors import PictureError, UsageError

if TYPE_CHECKING:
    from ..reviewing import Crop, Review

HELP = "Enter: right   LABEL: it is that   x: no digit, delete   s: skip   u: undo   q: end"
SIDE_COLUMNS, SIDE_LINES = 28, 14


@click.group(no_args_is_help=True)
def collect() -> None:
    """Look after the digits that run --collect kept."""


@collect.command(cls=Command)
@click.argument("folder", type=FILE, metavar="DIR")
def review(folder: Path) -> None:
    """Say of each digit kept in DIR what it is; train --init MODEL.keras --data DIR then learns from it.

    Each crop is shown with what was read. Enter confirms, a label corrects; the crop moves to DIR/LABEL/.
    """
    from ..reviewing import Review

    found = Review(folder)
    click.echo(f"{len(found.crops)} to look at.  {HELP}")
    done = _go_through(found)
    learning = f"edge-digits train --init MODEL.keras --data {quote(str(folder))} --out runs/better"
    click.echo(f"{done} labelled, {len(found.crops) - done} left or deleted{'; ' + learning if found.teaches else ''}")
    raise_if_asked()


@collect.command(cls=Command)
@click.argument("folder", type=FILE, metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def info(folder: Path, *, as_json: bool) -> None:
    """Count what is in DIR."""
    from ..collected import NOT_LABELS, UNSURE, unsure_crops
    from ..sinks.quota_folder import used_on_disk

    counts = {UNSURE: len(unsure_crops(folder))}
    for place in sorted(each for each in folder.iterdir() if each.is_dir() and each.name not in NOT_LABELS):
        counts[place.name] = sum(1 for _ in place.glob("*.png"))
    size_bytes = used_on_disk(folder)
    if as_json:
        click.echo(json.dumps({"crops": counts, "size_bytes": size_bytes}))
        return
    for name, count in counts.items():
        click.echo(f"{name:10} {count:7,}")
    click.echo(f"{'on disk':10} {size_bytes / 1e6:7.1f} MB")


def _go_through(found: Review) -> int:
    """Ask for every crop; return how many were labelled."""
    place = done = 0
    while place < len(found.crops):
        crop = found.crops[place]
        if not _show(crop):
            place += 1
            continue
        try:
            answer = click.prompt(f"{place + 1}/{len(found.crops)}", default="", show_default=False).strip()
        except click.Abort:  # the end of standard input, or Ctrl-C: what is done is done
            click.echo()
            break
        if answer == "q":
            break
        if answer == "u":
            back = found.undo()
            if back is not None:
                path, was_labelled = back
                place, done = [each.path for each in found.crops].index(path), done - was_labelled
            continue
        if answer == "x":
            found.discard(crop)
        elif answer != "s":
            try:
                moved = found.assign(crop, answer or crop.label)
            except UsageError as error:
                say(str(error))
                continue
            if not moved:
                say(f"{crop.path}: gone, to make room for newer ones")
            done += moved
        place += 1
    return done


def _show(crop: Crop) -> bool:
    """Show a crop; tell whether it is still there and a picture."""
    from ..sinks.terminal_picture import terminal_picture
    from ..sources.pictures import read_picture

    try:
        picture = read_picture(crop.path)
    except PictureError as error:
        say(str(error))
        return False
    click.echo(terminal_picture(picture, columns=SIDE_COLUMNS, lines=SIDE_LINES))
    context = f" in {crop.context}" if crop.context not in ("", f"[{crop.label}]") else ""
    click.echo(f"read {crop.label} ({crop.score:.2f}){context}{', ' + crop.why if crop.why else ''}")
    return True
