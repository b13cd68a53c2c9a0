"""Sources of frames that end: picture files, folders, globs and standard input."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO

from ..errors import EdgeDigitsError, PictureError, UsageError
from ..frames import Frame
from ..printable import printable
from .picture_kinds import readable_names, readable_suffixes
from .pictures import read_picture, read_picture_from

VIDEO_SUFFIXES = frozenset([".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".mjpeg", ".mjpg"])
STDIN = "-"


@dataclass(frozen=True)
class FoundPicture:
    """A picture that is named, still to be read.

    Attributes:
        source: what its frame calls it.
        path: the file; None for standard input, and where there is none.
        error: why there is none.
    """

    source: str
    path: Path | None = None
    error: EdgeDigitsError | None = None


def is_video(spec: str) -> bool:
    """Tell whether `spec` names a video file."""
    return Path(spec).suffix.lower() in VIDEO_SUFFIXES and not has_magic(spec)


def picture_frames(specs: Iterable[str], *, stdin: BinaryIO) -> Iterator[Frame]:
    """Read every picture that the specs name, one frame each.

    Args:
        specs: files, folders (searched through), globs, or "-" for a picture on standard input.
        stdin: where "-" reads from.
    """
    for spec in specs:
        yield from read_pictures(find_pictures([spec]), stdin=stdin)


def find_pictures(specs: Iterable[str]) -> list[FoundPicture]:
    """Return what the specs of `picture_frames` name, in order; what names nothing is there with its error.

    So is a folder within one that cannot be looked through; the others are looked through all the same.
    """
    return [found for spec in specs for found in _find_pictures(spec)]


def _find_pictures(spec: str) -> Iterator[FoundPicture]:
    if spec == STDIN:
        yield FoundPicture("stdin")
        return
    closed: list[OSError] = []
    try:
        yield from [FoundPicture(str(path), path) for path in expand(spec, closed=closed.append)]
    except EdgeDigitsError as error:
        if not closed:
            yield FoundPicture(spec, error=error)
    for each in closed:
        yield FoundPicture(str(each.filename), error=_unsearchable(str(each.filename), each))


def read_pictures(pictures: Iterable[FoundPicture], *, stdin: BinaryIO) -> Iterator[Frame]:
    """Read pictures that were found, one frame each."""
    for each in pictures:
        if each.error is not None:
            yield Frame(each.source, 0, time.time(), None, error=each.error)
        else:
            yield read_frame(each.source, each.path or stdin)


def refuse_addresses(specs: Iterable[str]) -> None:
    """Refuse what is an address rather than a file, folder or glob; shown without a password that it may hold.

    Raises:
        UsageError: one of the specs is.
    """
    for spec in specs:
        if re.match(r"\w+://", spec) and not os.path.exists(spec):  # noqa: PTH110 - pathlib fails on a long name
            from .streams import STREAM, Stream

            advice = "only `run --source` takes addresses" if re.fullmatch(STREAM, spec) else "name the file itself"
            raise UsageError(f"expected a file, folder or glob, found the address {Stream(spec).name}; {advice}")


def expand(spec: str, *, closed: Callable[[OSError], None] | None = None) -> list[Path]:
    """Return the picture files that a file, folder or glob names, sorted.

    Args:
        spec: the name.
        closed: is told of each folder within one that cannot be looked through.

    Raises:
        PictureError: a folder or glob names none; without `closed`, or a folder cannot be looked through.
    """
    try:
        return _expand(spec, closed)
    except OSError as cause:
        raise _unsearchable(spec, cause) from cause


def _unsearchable(place: str, cause: OSError) -> PictureError:
    return PictureError(f"{place}: expected pictures, found: {cause.strerror}; check name and permissions")


def _expand(spec: str, closed: Callable[[OSError], None] | None) -> list[Path]:
    path = Path(spec)
    if not spec:
        raise PictureError("expected the name of a picture, found an empty one; check the variable it came from")
    if path.is_dir():
        found = sorted(each for each in pictures_in(path, closed=closed) if each.is_file())
        if not found:
            raise PictureError(f"{spec}: expected a folder with pictures ({readable_names()}), found none in it")
        return found
    if has_magic(spec) and not path.exists():
        found = sorted(Path(each) for each in glob(spec, recursive=True) if Path(each).is_file())  # noqa: PTH207 - pathlib has no absolute patterns
        if not found:
            raise PictureError(f"{spec}: expected files that match, found none; check the pattern")
        return found
    return [path]


def names_file(spec: str, path: Path, *, deep: bool) -> bool:
    """Tell whether a spec names a file, which need not be there yet.

    Args:
        spec: a file, folder or glob.
        path: the file.
        deep: whether folders within a folder are searched too.
    """
    target = Path(os.path.realpath(path))
    if os.path.isdir(spec):  # noqa: PTH112 - pathlib fails on a long name
        folder = Path(os.path.realpath(spec))
        if folder not in target.parents:
            return False
        below = target.relative_to(folder).parts[:-1]
        return not below or (deep and not any(part.startswith(".") for part in below))
    if not has_magic(spec):
        return False
    pattern = os.path.abspath(spec)  # noqa: PTH100 - pathlib has no globs that climb
    if "**" in pattern:  # which stands for no folder, too
        return any(fnmatch(str(target), each) for each in (pattern, pattern.replace("**/", "")))
    parts, wanted = target.parts, Path(pattern).parts
    return len(parts) == len(wanted) and all(map(fnmatch, parts, wanted))


def pictures_in(folder: Path, *, closed: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Give what is named like a picture in a folder and those within it, each folder's sorted.

    Hidden files and folders are passed over: what is being written, or was when the power went, has a hidden name.

    Args:
        folder: where to look.
        closed: is told of each folder that cannot be looked through.

    Raises:
        OSError: a folder cannot be looked through, and `closed` is None.
    """

    def stop(error: OSError) -> None:
        raise error

    suffixes = readable_suffixes()
    for place, folders, files in os.walk(folder, onerror=closed or stop):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for path in (Path(place) / name for name in sorted(files) if not name.startswith(".")):
            if path.suffix.lower() in suffixes:
                yield path


def read_frame(source: str, origin: Path | BinaryIO) -> Frame:
    """Read one picture; one that cannot be read is a frame with the error.

    Args:
        source: what the frame calls it.
        origin: a file's path, or where its bytes come from.
    """
    start_s, taken_at_s = time.perf_counter(), time.time()
    try:
        image = read_picture(origin) if isinstance(origin, Path) else read_picture_from(origin, name=source)
    except EdgeDigitsError as cause:
        error = cause
        if isinstance(origin, Path) and is_video(source) and origin.is_file():
            found = "expected a picture, found a video file; `run --source` reads it"
            error = PictureError(f"{printable(source)}: {found}")
        return Frame(source, 0, taken_at_s, None, error=error)
    return Frame(source, 0, taken_at_s, image, capture_s=time.perf_counter() - start_s)
