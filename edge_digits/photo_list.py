"""The list of one's own photographs: a CSV that says what each of them shows."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.contract import LABELS
from device.errors import DataError, one_line

REQUIRED = ("path", "label")
SINGLE, ROW, NOTHING = "single", "row", "nothing"
MOST_SHOWN = 5


@dataclass(frozen=True)
class ListedPhoto:
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


def read_photo_list(path: Path) -> list[ListedPhoto]:
    """Read which photographs there are.

    Args:
        path: CSV with the columns path (relative to the CSV) and label, and maybe source, which is the photograph's
            folder where it is not said. Other columns are left aside: what a photograph shows follows from its label.

    Raises:
        DataError: it is missing or no CSV, lacks a column or has one twice, lists no photograph or one with two labels,
            or has a line with too many fields, without a label or with one that is not digits.
    """
    try:
        if path.is_dir():
            raise DataError(f"{path}: expected a CSV of photographs, found a folder; name the CSV in it")
        if path.exists() and not path.is_file():  # /dev/zero has no end
            raise DataError(f"{path}: expected a CSV of photographs, found a device or pipe; name a file")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            reader.fieldnames = [(name or "").strip() for name in reader.fieldnames or ()]
            _check_columns(reader.fieldnames, path)
            lines = [(reader.line_num, _photo(row, path, reader.line_num)) for row in reader]
    except FileNotFoundError as cause:
        raise DataError(f"{path}: expected a CSV of photographs, found none; check the path") from cause
    except UnicodeDecodeError as cause:
        raise DataError(f"{path}: expected a CSV of photographs, found no UTF-8 text; save it as UTF-8") from cause
    except (OSError, csv.Error) as cause:
        raise DataError(
            f"{path}: expected a CSV of photographs, found none that can be read ({one_line(cause)}); check the path"
        ) from cause
    if not lines:
        raise DataError(f"{path}: expected at least one photograph, found none below the first line")
    _check_labels_agree(lines, path)
    return [photo for _, photo in lines]


def _check_columns(found: Sequence[str], listing: Path) -> None:
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise DataError(
            f"{listing}: expected the columns path, label and maybe source, found {_shown(found)} in the first "
            f"line; add {' and '.join(missing)}"
        )
    twice = next((name for name in found if name and found.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{listing}: expected every column once, found {twice[:40]!a} twice; take one out")


def _check_labels_agree(lines: Sequence[tuple[int, ListedPhoto]], listing: Path) -> None:
    """Refuse a photograph that is said to show two things."""
    seen: dict[str, tuple[int, str]] = {}
    for line, photo in lines:
        before, label = seen.setdefault(os.path.normpath(photo.path), (line, photo.label))
        if label != photo.label:
            raise DataError(
                f"{listing}: expected one label for {photo.path.name}, found {label!r} in line {before} and "
                f"{photo.label!r} in line {line}; take one out"
            )


def _photo(row: dict[str, str | None], listing: Path, line: int) -> ListedPhoto:
    name = (row["path"] or "").strip()
    if not name:
        raise DataError(f"{listing}: expected the path of a photograph in line {line}, found none")
    if row["label"] is None:
        raise DataError(
            f"{listing}: expected a label in line {line}, found none; where there is nothing to read, let the field be "
            "empty and its comma there"
        )
    beyond: Any = row.get(None)  # type: ignore[call-overload]  # where csv puts fields beyond the columns
    if beyond and any(each.strip() for each in beyond):
        raise DataError(
            f"{listing}: expected {len(row) - 1} fields in line {line}, as in the first line, found "
            f"{len(row) - 1 + len(beyond)}; quote one that holds commas"
        )
    label = "".join(row["label"].split())
    if any(each not in LABELS for each in label):
        raise DataError(
            f"{listing}: expected digits, or nothing for nothing to read, as label in line {line}, found {label[:40]!a}"
        )
    source = (row.get("source") or "").strip() or Path(name).parent.name or listing.parent.resolve().name
    return ListedPhoto(listing.parent / name, label, source)


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(ascii(name[:40]) for name in names[:MOST_SHOWN]) + more if any(names) else "none"
