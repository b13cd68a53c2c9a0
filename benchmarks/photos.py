"""Accuracy on photographs of single digits, by where they come from: `python -m benchmarks.photos LABELS.csv`."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray

from device.command_line import FILE, Command, run_command_line, say
from device.errors import DataError, PictureError
from device.inference.runtime_names import RUNTIME_NAMES
from device.paths import DEFAULT_MODEL
from device.settings.option_types import FiniteRange

from .limits import at_least, show
from .photo_list import SINGLE, Photo, read_photo_list
from .shipped_reader import shipped_reader

if TYPE_CHECKING:
    from device.reader import Reader


@dataclass(frozen=True, eq=False)
class PhotoReading:
    """What was read in a photograph.

    Attributes:
        photo: the photograph.
        text: what was read, "?" where a digit was refused; "" where nothing was found or the picture cannot be read.
        score: the lowest score of its digits, 0–1.
        canonical: uint8 (28, 28), what the model was given first; None where nothing was found.
        is_picture: whether the picture could be read.
    """

    photo: Photo
    text: str
    score: float
    canonical: NDArray[np.uint8] | None
    is_picture: bool = True

    @property
    def right(self) -> bool:
        """Whether the digit was read."""
        return self.text == self.photo.label


@dataclass(frozen=True)
class SourceScore:
    """How many photographs of a source were read right."""

    source: str
    right: int
    total: int

    @property
    def share(self) -> float:
        """Share read right, 0–1."""
        return self.right / self.total


def read_photo(photo: Photo, reader: Reader) -> PhotoReading:
    """Read one photograph as the device does.

    Raises:
        PictureError: the picture cannot be read.
    """
    from device.frames import Frame
    from device.sources.pictures import read_picture

    reading, canonical = reader.read_closely(Frame(photo.path.name, 0, 0.0, read_picture(photo.path)))
    return PhotoReading(photo, reading.text, reading.confidence, canonical[0] if canonical else None)


def score_sources(readings: Iterable[PhotoReading]) -> list[SourceScore]:
    """Count the right readings of each source, sources in the order of their names."""
    by_source: dict[str, list[bool]] = {}
    for reading in readings:
        by_source.setdefault(reading.photo.source, []).append(reading.right)
    return [SourceScore(source, sum(right), len(right)) for source, right in sorted(by_source.items())]


@click.command(name="photos", cls=Command)
@click.argument("labels_csv", type=FILE, metavar="LABELS.csv")
@click.option(
    "--model",
    "-m",
    type=FILE,
    default=DEFAULT_MODEL,
    help="The shipped one if absent.",
)
@click.option("--runtime", type=click.Choice(RUNTIME_NAMES), help="Device runtime; the first that works.")
@click.option("--min-mean", type=FiniteRange(0, 100), metavar="PERCENT", help="Limit of the mean over sources.")
@click.option("--min-worst", type=FiniteRange(0, 100), metavar="PERCENT", help="Limit of the worst source.")
@click.option("--sheet", type=FILE, metavar="FILE.png", help="Draw what was misread.")
@click.option("--force", is_flag=True, help="Overwrite the sheet.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def photos(
    *,
    labels_csv: Path,
    model: Path,
    runtime: str | None,
    min_mean: float | None,
    min_worst: float | None,
    sheet: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Read the photographs of single digits that LABELS.csv names, and count by source which are read right.

    The mean is that over sources, so that a source with many pictures does not decide alone. With a limit given, exit
    code 3 if it is not met; else 6 if a picture could not be read, which counts as misread.
    """
    from device.output_files import refuse_existing

    listed = read_photo_list(labels_csv, kinds=(SINGLE,))
    if sheet:
        refuse_existing(sheet, force=force, inputs=[labels_csv, *(photo.path for photo in listed)])
    reader = shipped_reader(model, runtime)
    readings = _read_all(listed, reader)
    if sheet:
        from .photo_sheet import draw_misreadings

        draw_misreadings([reading for reading in readings if not reading.right], sheet)
    missing = sum(not reading.is_picture for reading in readings)
    scores = score_sources(readings)
    mean, worst = statistics.fmean(score.share for score in scores), min(scores, key=lambda score: score.share)
    limits = [
        at_least(name, 100 * found, limit)
        for name, found, limit in (
            ("mean over sources, %", mean, min_mean),
            ("worst source, %", worst.share, min_worst),
        )
        if limit is not None
    ]
    measured = {"model": model.name, "runtime": reader.runtime, "mean": mean, "worst": vars(worst)}
    show(
        schema="edge-digits.photos/1",
        table=_table(scores, mean=mean, worst=worst),
        measured={**measured, "unreadable": missing, "sources": [vars(score) for score in scores]},
        limits=limits,
        as_json=as_json,
        right=frozenset({1, 2, 3}),
    )
    if missing:
        click.get_current_context().exit(DataError.exit_code)


def _read_all(listed: Sequence[Photo], reader: Reader) -> list[PhotoReading]:
    """Read every photograph; one that is no picture counts as misread, and is said."""
    readings = []
    for photo in listed:
        try:
            readings.append(read_photo(photo, reader))
        except PictureError as error:
            say(str(error))
            readings.append(PhotoReading(photo, "", 0.0, None, is_picture=False))
    return readings


def _table(scores: Sequence[SourceScore], *, mean: float, worst: SourceScore) -> list[list[str]]:
    rows = [["source", "right", "total", "share"]]
    rows += [[score.source, str(score.right), str(score.total), f"{score.share:.1%}"] for score in scores]
    right, total = sum(score.right for score in scores), sum(score.total for score in scores)
    rows.append(["all pictures", str(right), str(total), f"{right / total:.1%}"])
    rows.append([f"mean over {len(scores)} sources", "", "", f"{mean:.1%}"])
    rows.append([f"worst source: {worst.source}", str(worst.right), str(worst.total), f"{worst.share:.1%}"])
    return rows


if __name__ == "__main__":
    run_command_line(photos)
