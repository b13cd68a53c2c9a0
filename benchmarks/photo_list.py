"""The list of one's own photographs: a CSV that says what each of them shows."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from device.errors import DataError
from device.printable import printable

from .photo_rows import PhotoRow, read_photo_rows

SINGLE, ROW, NOTHING = "single", "row", "nothing"
WORDS = {SINGLE: "single digits", ROW: "several digits", NOTHING: "nothing to read"}


@dataclass(frozen=True)
class Photo:
    """A photograph.

    Attributes:
        path: where it is.
        label: its digits, left to right and top to bottom; "" where there is nothing to read.
        source: whose it is.
    """

    path: Path
    label: str
    source: str

    @property
    def kind(self) -> str:
        """Whether it shows a single digit, several or nothing."""
        return (NOTHING, SINGLE)[len(self.label)] if len(self.label) < 2 else ROW


def read_photo_list(path: Path, *, kinds: Collection[str] = (SINGLE, ROW, NOTHING)) -> list[Photo]:
    """Read which photographs of some kinds there are.

    Args:
        path: CSV with the columns path (relative to the CSV) and label, and maybe source, which is the photograph's
            folder where it is not said. Other columns are left aside: what a photograph shows follows from its label.
        kinds: of single digits, of several, of nothing to read; others are left aside.

    Raises:
        DataError: it is missing or no CSV, lacks a column or has one twice, lists no photograph of these kinds or one
            with two labels, or has a line with too many fields, without a label or with one that is not digits.
    """
    rows = read_photo_rows(path, wanted="path, label and maybe source")
    _check_labels_agree(rows, path)
    photos = [photo for photo in (_photo(row, path) for row in rows) if photo.kind in kinds]
    if not photos:
        words = " or ".join(WORDS[kind] for kind in kinds)
        raise DataError(f"{path}: expected photographs of {words}, found none among {len(rows)}; add some")
    return photos


def _check_labels_agree(rows: Sequence[PhotoRow], listing: Path) -> None:
    """Refuse a photograph that is said to show two things."""
    seen: dict[str, tuple[int, str]] = {}
    for row in rows:
        line, label = seen.setdefault(os.path.normpath(listing.parent / row.path), (row.line, row.label))
        if label != row.label:
            raise DataError(
                f"{listing}: expected one label for {Path(row.path).name}, found {label!r} in line {line} and "
                f"{row.label!r} in line {row.line}; take one out"
            )


def _photo(row: PhotoRow, listing: Path) -> Photo:
    source = row.others.get("source") or Path(row.path).parent.name or listing.parent.resolve().name
    return Photo(listing.parent / row.path, row.label, printable(source))
