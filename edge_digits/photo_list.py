"""The list of one's own photographs: a CSV that says what each of them shows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from device.contract import LABELS
from device.errors import DataError

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
        DataError: it is missing or no CSV, lacks a column, lists no photograph, or has a label that is not digits.
    """
    try:
        if path.is_dir():
            raise DataError(f"{path}: expected a CSV of photographs, found a folder; name the CSV in it")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            found = [(name or "").strip() for name in reader.fieldnames or ()]
            reader.fieldnames = found
            missing = [name for name in REQUIRED if name not in found]
            if missing:
                raise DataError(
                    f"{path}: expected the columns path, label and maybe source, found {_shown(found)} in the first "
                    f"line; add {' and '.join(missing)}"
                )
            photos = [_photo(row, path, reader.line_num) for row in reader]
    except FileNotFoundError as cause:
        raise DataError(f"{path}: expected a CSV of photographs, found none; check the path") from cause
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise DataError(f"{path}: expected a CSV of photographs, found none that can be read ({cause})") from cause
    if not photos:
        raise DataError(f"{path}: expected at least one photograph, found none below the first line")
    return photos


def _photo(row: dict[str, str | None], listing: Path, line: int) -> ListedPhoto:
    name = (row["path"] or "").strip()
    label = "".join((row["label"] or "").split())
    if not name:
        raise DataError(f"{listing}: expected the path of a photograph in line {line}, found none")
    if any(each not in LABELS for each in label):
        raise DataError(
            f"{listing}: expected digits, or nothing for nothing to read, as label in line {line}, found {label[:40]!a}"
        )
    source = (row.get("source") or "").strip() or Path(name).parent.name or listing.parent.resolve().name
    return ListedPhoto(listing.parent / name, label, source)


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(ascii(name[:40]) for name in names[:MOST_SHOWN]) + more if any(names) else "none"
