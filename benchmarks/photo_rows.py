"""The lines of a CSV of photographs, each checked: where the photograph is and which digits it shows."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.contract import LABELS
from device.errors import DataError, one_line

MOST_SHOWN = 5


@dataclass(frozen=True)
class PhotoRow:
    """A line of the list.

    Attributes:
        line: its number, from 1.
        path: of the photograph, as it is written.
        label: its digits, without spaces; "" where there is nothing to read.
        others: what the other columns say, without spaces around it; "" where the line is too short.
    """

    line: int
    path: str
    label: str
    others: Mapping[str, str]


def read_photo_rows(listing: Path, *, wanted: str) -> list[PhotoRow]:
    """Read a CSV of photographs.

    Args:
        listing: CSV with the columns path and label. Columns that are not asked for are taken too.
        wanted: the columns in words, for whoever has others.

    Raises:
        DataError: it is missing or no CSV, lacks a column or has one twice, lists no photograph, or has a line with too
            many fields, without a label or with one that is not digits.
    """
    try:
        if listing.is_dir():
            raise DataError(f"{listing}: expected a CSV of photographs, found a folder; name the CSV in it")
        if listing.exists() and not listing.is_file():  # /dev/zero has no end
            raise DataError(f"{listing}: expected a CSV of photographs, found a device or pipe; name a file")
        with listing.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            reader.fieldnames = [(name or "").strip() for name in reader.fieldnames or ()]
            _check_columns(reader.fieldnames, ("path", "label"), listing, wanted)
            rows = [_checked(row, listing, reader.line_num) for row in reader]
    except FileNotFoundError as cause:
        raise DataError(f"{listing}: expected a CSV of photographs, found none; check the path") from cause
    except UnicodeDecodeError as cause:
        raise DataError(f"{listing}: expected a CSV of photographs, found no UTF-8 text; save it as UTF-8") from cause
    except (OSError, csv.Error) as cause:
        raise DataError(
            f"{listing}: expected a CSV of photographs, found none that can be read ({one_line(cause)}); check the path"
        ) from cause
    if not rows:
        raise DataError(f"{listing}: expected at least one photograph, found none below the first line")
    return rows


def _check_columns(found: Sequence[str], needed: Sequence[str], listing: Path, wanted: str) -> None:
    missing = [name for name in needed if name not in found]
    if missing:
        raise DataError(
            f"{listing}: expected the columns {wanted}, found {_shown(found)} in the first line; "
            f"add {' and '.join(missing)}"
        )
    twice = next((name for name in found if name and found.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{listing}: expected every column once, found {twice[:40]!a} twice; take one out")


def _checked(row: dict[str, str | None], listing: Path, line: int) -> PhotoRow:
    name = (row.pop("path") or "").strip()
    if not name:
        raise DataError(f"{listing}: expected the path of a photograph in line {line}, found none")
    beyond: Any = row.pop(None, None)  # type: ignore[call-overload]  # where csv puts fields beyond the columns
    label = row.pop("label")
    if label is None:
        raise DataError(
            f"{listing}: expected a label in line {line}, found none; where there is nothing to read, let the field be "
            "empty and its comma there"
        )
    if beyond and any(each.strip() for each in beyond):
        columns = len(row) + 2
        raise DataError(
            f"{listing}: expected {columns} fields in line {line}, as in the first line, found "
            f"{columns + len(beyond)}; quote one that holds commas"
        )
    label = "".join(label.split())
    if any(each not in LABELS for each in label):
        raise DataError(
            f"{listing}: expected digits, or nothing for nothing to read, as label in line {line}, found {label[:40]!a}"
        )
    return PhotoRow(line, name, label, {name: (value or "").strip() for name, value in row.items()})


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(ascii(name[:40]) for name in names[:MOST_SHOWN]) + more if any(names) else "none"
