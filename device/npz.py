"""Arrays of an npz file, read without trusting it: what is damaged, foreign or without end is refused in one line."""

from __future__ import annotations

import io
import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DataError

# What the readers of numpy, zipfile and gzip raise on damaged bytes. RuntimeError is zipfile's for an encrypted member
# or an unknown compression, MemoryError numpy's for a header that promises more than there can be, TokenError its for
# one that does not end.
DAMAGED = (
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    ValueError,
    OverflowError,
    lzma.LZMAError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
_SUFFIX = ".npy"
_ZIP = b"PK"
_ANOTHER = "another kind of file; name one with images and labels that numpy.savez wrote"
_FOREIGN: Mapping[bytes, str] = {
    b"\x1f\x8b": "a gzipped file; unpack it first",
    b"\x93NUMPY": "a single array (.npy); save images and labels as one npz with numpy.savez",
}


def array_names(path: Path) -> list[str]:
    """Return the names of the arrays in an npz file, none of which is read.

    Raises:
        DataError: it is damaged or another kind of file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _names_in(archive)
    except DAMAGED as cause:
        raise _what_is_wrong(path, cause) from cause


def read_arrays(path: Path, names: Collection[str], *, most_bytes: int | None = None) -> dict[str, NDArray[Any]]:
    """Read those of the named arrays that an npz file holds.

    Args:
        path: the file.
        names: the arrays, in the order of the result.
        most_bytes: an array that would unpack to more is refused before it does; None for no limit.

    Raises:
        DataError: it is damaged, another kind of file, or an array holds Python objects or more than `most_bytes`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            there = _names_in(archive)
            found = [name for name in names if name in there]
            for name in found:
                refuse_large(path, archive.getinfo(name + _SUFFIX).file_size, name, most_bytes=most_bytes)
            # Reading a member whole makes zipfile check its CRC, which numpy's own reader may stop short of.
            members = {name: archive.read(name + _SUFFIX) for name in found}
        return {name: np.asarray(np.load(io.BytesIO(each), allow_pickle=False)) for name, each in members.items()}
    except DataError:
        raise
    except DAMAGED as cause:
        raise _what_is_wrong(path, cause) from cause


def refuse_large(path: Path, size_bytes: int, found: str, *, most_bytes: int | None) -> None:
    """Refuse what would unpack to more than there are digits anywhere, before it does.

    Raises:
        DataError: it would.
    """
    if most_bytes is not None and size_bytes > most_bytes:
        raise DataError(
            f"{path}: expected at most {most_bytes:,} bytes of digits, found {found} of {size_bytes:,}; "
            "fetch it again, or split it"
        )


def reason_of(cause: BaseException) -> str:
    """Return why a reader failed, in one line."""
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, zipfile.BadZipFile) and "not a zip file" in str(cause):
        return "its end is missing"
    return next(iter(str(cause).splitlines()), "") or type(cause).__name__


def _names_in(archive: zipfile.ZipFile) -> list[str]:
    return [name.removesuffix(_SUFFIX) for name in archive.namelist() if name.endswith(_SUFFIX)]


def _what_is_wrong(path: Path, cause: BaseException) -> DataError:
    if isinstance(cause, PermissionError):
        return DataError(f"{path}: cannot be read: {cause.strerror}; check the path and its permissions")
    foreign = _foreign_kind(path, cause)
    if foreign is not None:
        return DataError(f"{path}: expected an .npz file, found {foreign}")
    return DataError(f"{path}: expected an undamaged .npz file, found: {reason_of(cause)}; fetch it again")


def _foreign_kind(path: Path, cause: BaseException) -> str | None:
    """Return what it is in place of an npz of numbers, and what to do, where its first bytes or the error say so."""
    if isinstance(cause, ValueError) and "allow_pickle" in str(cause):
        return "arrays of Python objects; save images and labels as numpy.uint8"
    try:
        with path.open("rb") as file:
            beginning = file.read(max(map(len, _FOREIGN)))
    except OSError:
        return None
    if beginning.startswith(_ZIP):
        return None
    unknown = _ANOTHER if beginning else "an empty file; fetch it again"
    return next((kind for magic, kind in _FOREIGN.items() if beginning.startswith(magic)), unknown)
