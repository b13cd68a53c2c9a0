"""Writing results so that nothing half-written is ever visible and nothing is overwritten by accident."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutputError, OutputExistsError, UsageError

NO_FILE = "a folder, device or pipe"
LONGEST_NAME = 255  # bytes: what file systems take
RANDOM = 10  # bytes that a temporary name adds to the name and its suffix


def fitting(name: str, most_bytes: int) -> str:
    """Return as much of a name, from its beginning, as takes so many bytes in a file system."""
    return os.fsencode(name)[:most_bytes].decode(errors="ignore")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to; rename it to `path` if the block succeeds.

    Where `path` is a symbolic link, what it leads to is written and the link stays.

    Raises:
        OutputError: the folder cannot be made, the file cannot be written or renamed, or a device, pipe or folder is
            there, which a rename would remove.
    """
    if _is_no_file(path):
        raise OutputError(f"{path}: expected a file to write, found {NO_FILE}; choose another place")
    target = Path(os.path.realpath(path))
    make_folder_of(target if path.is_symlink() else path)
    try:
        suffix = f".part{path.suffix}"
        prefix = f".{fitting(path.stem, LONGEST_NAME - len(os.fsencode(suffix)) - RANDOM)}-"
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=prefix, suffix=suffix)
        os.close(handle)
    except OSError as cause:
        raise OutputError(f"{path}: cannot be written: {cause.strerror or cause}; choose another place") from cause
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files private; a result has the permissions that the user's umask gives.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    except OSError as cause:
        raise OutputError(f"{path}: cannot be written: {cause.strerror or cause}; choose another place") from cause
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file atomically.

    Raises:
        OutputError: it cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 text file atomically.

    Raises:
        OutputError: it cannot be written.
    """
    write_bytes(path, text.encode())


def make_folder_of(path: Path) -> None:
    """Make the folder of a file that is to be written, if need be.

    Raises:
        OutputError: it cannot be made, or a file is there.
    """
    _make_folder(path.parent)


def refuse_unwritable(folder: Path) -> None:
    """Make a folder if need be and try to write in it, before long work whose result would have no place.

    Raises:
        OutputError: it cannot be made or written.
    """
    _make_folder(folder)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as cause:
        raise OutputError(f"{folder}: cannot be written: {cause.strerror or cause}; choose another place") from cause


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as cause:
        raise OutputError(f"{folder}: expected a folder for the results, found a file; choose another place") from cause
    except OSError as cause:
        raise OutputError(f"{folder}: cannot be written: {cause.strerror or cause}; choose another place") from cause


def check_stem(name: str | None) -> None:
    """Refuse what names no file in a folder, but one elsewhere or none; None is for a name that was not given.

    Raises:
        UsageError: it does.
    """
    if name is not None and (not name.strip(".") or Path(name).name != name or not name.isprintable()):
        raise UsageError(f"--name: expected the stem of a file name, found {name!r}; choose the folder with --out")


def check_folder_name(folder: Path, *suffixes: str, advice: str = "choose its stem with --name") -> None:
    """Refuse for a folder, unless it is there, a name that ends as those of the files that are to be written in it.

    Args:
        folder: where they are to be written.
        suffixes: what their names end in, dots and all.
        advice: what to do instead.

    Raises:
        UsageError: it does.
    """
    if folder.suffix.lower() in suffixes and not folder.is_dir():
        raise UsageError(f"--out: expected a folder, found {folder}, the name of a file; {advice}")


def refuse_existing(path: Path, *, force: bool, inputs: Iterable[Path | None] = ()) -> None:
    """Refuse to overwrite `path` unless `force`, and what is read here even then.

    Args:
        path: file to write.
        force: whether a result that is there already may be overwritten.
        inputs: files and folders that are read, whatever they are called; None is nothing.

    Raises:
        UsageError: the path is one of the inputs, or in one, or a folder, device or pipe.
        OutputExistsError: the path is there and `force` is not given.
    """
    for each in inputs:
        if each is not None and _is_in(path, each):
            raise UsageError(f"{path}: expected a file to write, found one that is read here; choose another place")
    if _is_no_file(path):
        raise UsageError(f"{path}: expected a file to write, found {NO_FILE}; choose another place")
    if path.exists() and not force:
        raise OutputExistsError(f"{path}: exists already; choose another place or overwrite it with --force")


def _is_no_file(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _is_in(path: Path, read: Path) -> bool:
    """Tell whether a path is a file that is read, or in a folder that is; also by another name or through a link."""
    try:
        return path.samefile(read) or (read.is_dir() and read.resolve() in path.resolve(strict=True).parents)
    except (OSError, ValueError):  # one of them is not there
        return False
