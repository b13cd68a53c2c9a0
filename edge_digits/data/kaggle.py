"""Kaggle's "Digit Recognizer" files: one digit a line, `label,pixel0,…,pixel783` for training, without label for test.

A file of 42,000 digits has 33 million numbers. They are parsed a block of lines at a time, by array arithmetic over the
bytes; a block that is not plain digits, commas and line ends is read again line by line, which finds what is wrong.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS, SIDE
from device.errors import DataError
from device.idx import LabelledDigits

LABEL = "label"
PIXELS = tuple(f"pixel{index}" for index in range(SIDE * SIDE))
BLOCK_BYTES = 4 << 20
LONGEST_LINE_BYTES = 1 << 16  # a line of 785 numbers has at most 3,139 bytes, the header 8,000

_COMMA, _LINE_END, _ZERO = b",\n0"
_MOST_DIGITS = 3
_CURE = "correct the line, or download the file again"


def read_kaggle_train(path: Path) -> LabelledDigits:
    """Read a train.csv: digits with their labels.

    Raises:
        DataError: it is missing or unreadable, its columns are not label, pixel0 … pixel783, a line has another number
            of values, a pixel is no whole number from 0 to 255, a label none from 0 to 9, or there are no digits.
    """
    values = _read(path, (LABEL, *PIXELS))
    labels = values[:, 0].copy()
    wrong = np.flatnonzero(labels >= len(LABELS))
    if len(wrong):
        line = int(wrong[0]) + 2
        raise DataError(
            f"{path}: expected labels 0 to {len(LABELS) - 1}, found {labels[wrong[0]]} in line {line}, column {LABEL}; "
            f"{_CURE}"
        )
    return LabelledDigits(values[:, 1:].reshape(-1, SIDE, SIDE), labels)


def read_kaggle_test(path: Path) -> NDArray[np.uint8]:
    """Read a test.csv: digits without labels, in the order of the file.

    Returns:
        uint8 (N, 28, 28), 0–255.

    Raises:
        DataError: it is missing or unreadable, its columns are not pixel0 … pixel783, a line has another number of
            values, a pixel is no whole number from 0 to 255, or there are no digits.
    """
    return _read(path, PIXELS).reshape(-1, SIDE, SIDE)


def _read(path: Path, columns: Sequence[str]) -> NDArray[np.uint8]:
    """Return uint8 (N, columns), the values of a file with exactly these columns."""
    parts: list[NDArray[np.uint8]] = []
    line = 2
    if path.exists() and not (path.is_file() or path.is_dir()):  # /dev/zero has no end
        raise DataError(f"{path}: expected a readable CSV file, found a device or pipe; name a file")
    try:
        with path.open("rb") as file:
            _check_header(file.readline(LONGEST_LINE_BYTES), columns, path)
            for block in _blocks(file, path):
                values = _parse_plain(block, len(columns))
                if values is None:
                    values = _parse_lines(block, columns, first_line=line, path=path)
                parts.append(values)
                line += len(values)
    except OSError as cause:
        raise DataError(f"{path}: expected a readable CSV file, found: {cause.strerror or cause}") from cause
    if sum(map(len, parts)) == 0:
        raise DataError(f"{path}: expected at least one digit, found the header line alone; download it again")
    return np.concatenate(parts)


def _check_header(header: bytes, columns: Sequence[str], path: Path) -> None:
    wanted = f"the columns {columns[0]}, {columns[1]} … {columns[-1]}"
    if not header.strip():
        raise DataError(f"{path}: expected a first line with {wanted}, found an empty one; download it again")
    if header.startswith(b"PK\x03\x04") or header.startswith(b"\x1f\x8b"):
        raise DataError(f"{path}: expected a first line with {wanted}, found a packed file; unpack it first")
    text = header.decode("utf-8-sig", errors="replace").strip()
    found = [name.strip().strip('"') for name in text.split(",")]
    if found == list(columns):
        return
    missing = [name for name in columns if name not in found]
    extra = [ascii(name)[1:-1][:40] for name in found if name not in columns]
    if missing[:1] == [LABEL] and not extra:
        raise DataError(f"{path}: expected {wanted}, found no column {LABEL}; this is a test.csv, name the train.csv")
    if extra == [LABEL] and not missing:
        raise DataError(
            f"{path}: expected {wanted}, found a column {LABEL} too; this is a train.csv, name the test.csv"
        )
    faults = [
        f"{word} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for word, names in (("no", missing), ("also", extra))
        if names
    ]
    reason = " and ".join(faults) or "them in another order or more than once"
    raise DataError(f"{path}: expected {wanted}, found {reason}; download it again")


def _blocks(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Give the rest of a file in pieces of whole lines, each ended, without empty lines at its end."""
    while block := file.read(BLOCK_BYTES):
        if not block.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE_BYTES)
            if len(rest) == LONGEST_LINE_BYTES and not rest.endswith(b"\n"):
                raise DataError(
                    f"{path}: expected lines of {len(PIXELS)} numbers, found one of over {len(rest)} bytes; "
                    "download it again"
                )
            block += rest
        if file.peek(1) == b"":  # type: ignore[attr-defined]  # what open("rb") gives has it
            block = block.rstrip(b"\r\n \t")
            block += b"\n" if block else b""
        if block:
            yield block


def _parse_plain(block: bytes, columns: int) -> NDArray[np.uint8] | None:
    """Parse lines of plain numbers.

    Returns:
        uint8 (lines, columns); None where the block holds anything but numbers of one to three figures up to 255,
        `columns` in every line.
    """
    if b"\r\n" in block:
        block = block.replace(b"\r\n", b"\n")
    content = np.frombuffer(block, np.uint8)
    figures = content - np.uint8(_ZERO)  # what is below "0" wraps round to large values
    ends = np.flatnonzero(figures > 9)
    is_line_end = content[ends] == _LINE_END
    if len(ends) % columns or not is_line_end[columns - 1 :: columns].all():
        return None
    if np.count_nonzero(is_line_end) != len(ends) // columns or (content[ends][~is_line_end] != _COMMA).any():
        return None
    length = np.diff(ends, prepend=-1) - 1
    if length.min() < 1 or length.max() > _MOST_DIGITS:
        return None
    values = figures[ends - 1].astype(np.uint16)
    for place in range(1, _MOST_DIGITS):
        longer = np.flatnonzero(length > place)
        values[longer] += figures[ends[longer] - 1 - place].astype(np.uint16) * 10**place
    if values.max() > 255:
        return None
    parsed: NDArray[np.uint8] = values.astype(np.uint8).reshape(-1, columns)
    return parsed


def _parse_lines(block: bytes, columns: Sequence[str], *, first_line: int, path: Path) -> NDArray[np.uint8]:
    """Parse lines whose numbers may be quoted or padded; raise DataError at the first that is not as it should be."""
    rows = []
    lines = block.decode("utf-8", errors="replace").split("\n")[:-1]
    for number, line in enumerate(lines, start=first_line):
        try:
            fields = next(csv.reader([line.rstrip("\r")]), [])
        except csv.Error as cause:
            raise DataError(
                f"{path}: expected {len(columns)} numbers in line {number}, found: {cause}; {_CURE}"
            ) from cause
        if len(fields) != len(columns):
            raise DataError(f"{path}: expected {len(columns)} values in line {number}, found {len(fields)}; {_CURE}")
        for column, field in zip(columns, fields, strict=True):
            highest = len(LABELS) - 1 if column == LABEL else 255
            if not re.fullmatch(r"[0-9]{1,9}", field.strip()) or int(field) > highest:
                raise DataError(
                    f"{path}: expected whole numbers from 0 to {highest}, found {field[:40]!a} in line {number}, "
                    f"column {column}; {_CURE}"
                )
        rows.append([int(field) for field in fields])
    return np.array(rows, np.uint8)
