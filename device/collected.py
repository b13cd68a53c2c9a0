"""The folder of collected digits: what was kept, why, and what a person said it is.

DIR/unsure/NAME.png   crops that nobody has looked at yet, canonical digits, 28×28 grey
DIR/LABEL/NAME.png    crops whose label a person confirmed or corrected; `train --data DIR` takes these
DIR/frames/NAME.jpg   the frames they were in
DIR/index.jsonl       a line a crop: its reading and the digest of the model that read it
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import DataError, OutputError, UsageError
from .output_files import write_text
from .printable import printable
from .reading import Reading, utc_timestamp

UNSURE, FRAMES, INDEX, LOCK = "unsure", "frames", "index.jsonl", ".lock"
NOT_LABELS = frozenset({UNSURE, FRAMES})
_NAME = r"\d{8}T\d{6}\.\d{3}Z(-\w+)+\.(png|jpg)"  # `stem_of`, and what makes it unique


def stem_of(reading: Reading) -> str:
    """Return what the names of a reading's files begin with: when its frame was taken, and which it was."""
    return f"{utc_timestamp(reading.taken_at_s).replace(':', '').replace('-', '')}-{reading.frame}"


def is_collected(path: Path, *, folder: Path) -> bool:
    """Tell by its name and place whether a file is a crop or frame of a folder; others may be in there too."""
    return path.parent.parent == folder and re.fullmatch(_NAME, path.name) is not None


def line_of(reading: Reading, place: int, *, file: str, why: str, frame_file: str | None = None) -> dict[str, Any]:
    """Return the index's line for the digit at this place in a reading, which is marked among the others."""
    digit = reading.digits[place]
    rows = ["".join(f"[{each.label}]" if each is digit else each.label for each in row) for row in reading.digit_rows]
    fields: dict[str, Any] = {"file": file, "frame": frame_file, "why": why, "label": digit.label}
    fields |= {"score": round(digit.score, 4), "box": list(digit.box), "text": reading.text}
    fields["context"] = " | ".join(rows)
    fields |= {"ts": utc_timestamp(reading.taken_at_s), "source": printable(reading.source)}
    if reading.model is not None:
        fields |= {"model": reading.model.name, "variant": reading.model.variant, "sha256": reading.model.sha256}
    return fields


def append_line(folder: Path, fields: dict[str, Any]) -> None:
    """Append a line to the index; a line that a power cut left unfinished is cut off first.

    Raises:
        OutputError: it cannot be written.
    """
    line = (json.dumps(fields, ensure_ascii=False) + "\n").encode()
    try:
        with locked(folder):
            handle = os.open(folder / INDEX, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            try:
                _append(handle, line)
            finally:
                os.close(handle)
    except OSError as cause:
        raise OutputError(f"{folder / INDEX}: cannot be written: {cause.strerror}") from cause


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """Return the index's lines in order; what is no JSON object is passed over."""
    try:
        text = (folder / INDEX).read_text("utf-8", "replace")
    except OSError:
        return []
    found = []
    for line in text.splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        if isinstance(fields, dict) and isinstance(fields.get("file"), str):
            found.append(fields)
    return found


def drop_stale_lines(folder: Path) -> None:
    """Write the index anew with the lines alone whose crop is still there.

    Raises:
        OutputError: it cannot be written.
    """
    with locked(folder):
        there = [fields for fields in read_lines(folder) if (folder / fields["file"]).exists()]
        write_text(folder / INDEX, "".join(json.dumps(fields, ensure_ascii=False) + "\n" for fields in there))


def unsure_crops(folder: Path) -> list[Path]:
    """Return the crops that wait for a person, oldest first.

    Raises:
        DataError: the folder is not there or holds nothing collected.
    """
    try:
        is_there = (folder / UNSURE).is_dir()
    except OSError as cause:
        raise DataError(f"{folder}: cannot be read: {cause.strerror}; check its permissions") from cause
    if not is_there:
        raise DataError(
            f"{folder}: expected a folder that run --collect made, with {UNSURE}/ in it, found none; check the path"
        )
    try:
        names = os.listdir(folder / UNSURE)  # noqa: PTH208 - pathlib's search passes over what it may not read
    except OSError as cause:
        raise DataError(f"{folder / UNSURE}: cannot be read: {cause.strerror}; check its permissions") from cause
    return sorted(folder / UNSURE / name for name in names if name.endswith(".png") and not name.startswith("."))


def place_of(folder: Path, label: str) -> Path:
    """Return the folder of a label's crops.

    Raises:
        UsageError: the label cannot be the name of a folder.
    """
    if not label or label in NOT_LABELS or label.startswith(".") or "/" in label or "\0" in label:
        raise UsageError(f"expected a label that can name a folder, found {label!r}")
    return folder / label


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a collecting run and a review from writing the index at once."""
    import fcntl

    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _append(handle: int, line: bytes) -> None:
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        start = max(0, size - 65536)
        size = start + os.pread(handle, size - start, start).rfind(b"\n") + 1
        os.ftruncate(handle, size)
    try:
        left = line
        while left:
            left = left[os.write(handle, left) :]
    except OSError:
        os.ftruncate(handle, size)
        raise
