"""Reading photographs as a device does: by `python -m device classify` in a child, which holds no TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.photo_list import Photo
from device.child_process import describe_end, run_module
from device.errors import DataError, FitError, one_line
from device.inference.model_file import has_card
from device.printable import printable

from .scoring import Subject

BATCH = 100
"""Photographs that one child reads: few enough for a command line and for the time a child has."""

REFUSED = "?"
MOST_SHOWN = 300  # characters of a path in a message


@dataclass(frozen=True)
class FoundDigit:
    """A digit that was read in a photograph.

    Attributes:
        label: the digit, "?" where the score was too low.
        score: its score, 0–1.
        box: x, y, width, height in the picture as `device.sources.pictures.read_picture` gives it, pixels.
    """

    label: str
    score: float
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class PhotoReading:
    """What was read in a photograph.

    Attributes:
        photo: the photograph.
        text: the digits, in reading order; "" where nothing was found.
        digits: each of them.
        error: why the picture cannot be read, or None.
    """

    photo: Photo
    text: str = ""
    digits: tuple[FoundDigit, ...] = ()
    error: str | None = None

    @property
    def right(self) -> bool:
        """Whether it was read whole and right; where there is nothing to read, whether nothing but "?" was read."""
        if self.error is not None:
            return False
        return self.text == self.photo.label if self.photo.label else not self.text.strip(REFUSED)


def read_photos(
    subject: Subject,
    photos: Sequence[Photo],
    *,
    runtime: str | None = None,
    labels: Path | None = None,
    input_range: str | None = None,
) -> list[PhotoReading]:
    """Read photographs with a converted model.

    Args:
        subject: a converted model.
        photos: what to read.
        runtime: the device runtime; the first that works unless given.
        labels: a labels file for a model without a card.
        input_range: what such a model was trained on; what its quantised input says, else raw pixels, unless given.

    Returns:
        One reading a photograph, in the same order; a picture that cannot be read is a reading with an error.

    Raises:
        FitError: the model cannot be run.
    """
    absent = {id(photo): _why_absent(photo.path) for photo in photos}
    there = [photo for photo in photos if absent[id(photo)] is None]
    options = ["classify", "--json", "--quiet", "--model", str(subject.path.resolve())]
    options += ["--runtime", runtime] if runtime else []
    if not has_card(subject.path):
        options += ["--labels", str(labels.resolve())] if labels else []
        options += ["--input-range", input_range] if input_range else []
    read = dict(zip(map(id, there), _read_all(there, options), strict=True))
    return [read.get(id(photo)) or PhotoReading(photo, error=absent[id(photo)]) for photo in photos]


def _why_absent(path: Path) -> str | None:
    """Return why there is no file at a path, or None where there is one."""
    found, shown = "nothing there", printable(str(path))
    try:
        if path.is_file():
            return None
        found = "a folder or device" if path.exists() else found
    except OSError as cause:  # as for a name that is too long
        found = one_line(cause)
    if len(shown) > MOST_SHOWN:
        shown = f"{shown[: MOST_SHOWN // 2]}…{shown[-MOST_SHOWN // 2 :]}"
    return f"{shown}: expected a picture file, found {found}; check the name"


def _read_all(photos: Sequence[Photo], options: Sequence[str]) -> Iterator[PhotoReading]:
    for start in range(0, len(photos), BATCH):
        batch = photos[start : start + BATCH]
        child = run_module("device", [*options, "--", *(str(photo.path.resolve()) for photo in batch)])
        lines = child.stdout.splitlines()
        if child.returncode not in (0, DataError.exit_code) or len(lines) != len(batch):
            reason = child.stderr.strip().removeprefix("error: ").splitlines()[-1:]
            raise FitError(reason[0] if child.returncode > 0 and reason else f"classify {describe_end(child)}")
        yield from (_reading(photo, json.loads(line)) for photo, line in zip(batch, lines, strict=True))


def _reading(photo: Photo, fields: dict[str, Any]) -> PhotoReading:
    if "error" in fields:  # which calls it by the name that the child was given
        given, listed = (printable(str(path)) for path in (photo.path.resolve(), photo.path))
        return PhotoReading(photo, error=fields["error"].replace(given, listed, 1))
    digits = tuple(FoundDigit(each["label"], float(each["score"]), tuple(each["box"][:4])) for each in fields["digits"])
    return PhotoReading(photo, fields["text"], digits)
