"""Sources of frames: picture files, folders, globs, standard input, video files and cameras, as context managers."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO

from .errors import EdgeDigitsError, PictureError
from .frames import Frame
from .pictures import decode_picture, read_picture

PICTURE_SUFFIXES = frozenset(
    [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm"]
)
VIDEO_SUFFIXES = frozenset([".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".mjpeg", ".mjpg"])
STDIN = "-"

_CAMERA = r"\d+|/dev/video\d+"


def open_source(spec: str, *, stdin: BinaryIO) -> AbstractContextManager[Iterable[Frame]]:
    """Open what `spec` names.

    Args:
        spec: a camera ("0", "/dev/video0"), a video file, a picture, a folder, a glob, or "-" for standard input.
        stdin: where "-" reads a picture from.

    Returns:
        A context manager that gives frames; a picture that cannot be read is a frame with an error.

    Raises:
        SourceError: on entering, the camera is not available.
    """
    if re.fullmatch(_CAMERA, spec):
        from .camera import Camera

        return Camera(spec)
    if Path(spec).suffix.lower() in VIDEO_SUFFIXES and not has_magic(spec):
        from .video import VideoFile

        return VideoFile(Path(spec))
    return nullcontext(picture_frames([spec], stdin=stdin))


def is_stream(spec: str) -> bool:
    """Tell whether `spec` names a camera or a video, whose frames follow each other in time."""
    return bool(re.fullmatch(_CAMERA, spec)) or (Path(spec).suffix.lower() in VIDEO_SUFFIXES and not has_magic(spec))


def picture_frames(specs: Iterable[str], *, stdin: BinaryIO) -> Iterator[Frame]:
    """Read every picture that the specs name, one frame each.

    Args:
        specs: files, folders (searched through), globs, or "-" for a picture on standard input.
        stdin: where "-" reads from.
    """
    for spec in specs:
        if spec == STDIN:
            yield _frame("stdin", stdin)
            continue
        try:
            paths = expand(spec)
        except EdgeDigitsError as error:
            yield Frame(spec, 0, time.time(), None, error=error)
            continue
        for path in paths:
            yield _frame(str(path), path)


def expand(spec: str) -> list[Path]:
    """Return the picture files that a file, folder or glob names, sorted.

    Raises:
        PictureError: a folder or glob names none.
    """
    try:
        return _expand(spec)
    except OSError as cause:
        raise PictureError(f"{spec}: expected pictures, found: {cause.strerror}; check name and permissions") from cause


def _expand(spec: str) -> list[Path]:
    path = Path(spec)
    if not spec:
        raise PictureError("expected the name of a picture, found an empty one; check the variable it came from")
    if path.is_dir():
        _refuse_closed_folders(path)
        found = sorted(each for each in path.rglob("*") if each.suffix.lower() in PICTURE_SUFFIXES and each.is_file())
        if not found:
            kinds = " ".join(sorted(PICTURE_SUFFIXES))
            raise PictureError(f"{spec}: expected a folder with pictures ({kinds}), found none in it")
        return found
    if has_magic(spec) and not path.exists():
        found = sorted(Path(each) for each in glob(spec, recursive=True) if Path(each).is_file())  # noqa: PTH207 - pathlib has no absolute patterns
        if not found:
            raise PictureError(f"{spec}: expected files that match, found none; check the pattern")
        return found
    return [path]


def _refuse_closed_folders(folder: Path) -> None:
    """Raise OSError where a folder or one below it cannot be looked through, which a search would pass over."""

    def stop(error: OSError) -> None:
        raise error

    for _ in os.walk(folder, onerror=stop):
        pass


def _frame(source: str, origin: Path | BinaryIO) -> Frame:
    start_s, taken_at_s = time.perf_counter(), time.time()
    try:
        image = read_picture(origin) if isinstance(origin, Path) else decode_picture(origin.read(), name=source)
    except EdgeDigitsError as error:
        return Frame(source, 0, taken_at_s, None, error=error)
    return Frame(source, 0, taken_at_s, image, capture_s=time.perf_counter() - start_s)
