"""Writing pictures of readings: for each picture that is read, a PNG that is named after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import UsageError
from .frames import Frame
from .output_files import atomic_path, fitting, refuse_existing
from .reading import Reading
from .shown_reading import annotated, stages

LONGEST_STEM = 240  # bytes: with a number and .png behind it, a name that file systems take

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .reader import Reader
    from .sources.files import FoundPicture


@dataclass(frozen=True)
class DrawnFiles:
    """Where pictures of readings go.

    Attributes:
        annotate: folder for the frames with what was read drawn on them, or None.
        explain: folder for the stages of each reading, or None.
        force: whether pictures that are there already are overwritten.
    """

    annotate: Path | None = None
    explain: Path | None = None
    force: bool = False

    def refuse(self, pictures: Sequence[FoundPicture]) -> None:
        """Refuse what cannot be written, before anything is.

        Raises:
            UsageError: both folders are one, or a picture would be written over one that is read.
            OutputExistsError: a picture is there already and is not to be overwritten.
        """
        if self.annotate and self.explain and self.annotate.resolve() == self.explain.resolve():
            raise UsageError(
                f"--annotate and --explain: expected two folders, found {self.explain} twice; name another"
            )
        used: set[str] = set()
        names = [_name(each.source, used) for each in pictures]
        read = {_identity(each.path): each.path for each in pictures if each.path}
        for folder in filter(None, (self.annotate, self.explain)):
            for path in (folder / name for name in names):
                there = _identity(path)
                refuse_existing(path, force=self.force, inputs=[read.get(there)] if there else [])

    def read_and_draw(self, frames: Iterable[Frame], reader: Reader) -> Iterator[Reading]:
        """Read frames and write pictures of the readings.

        Args:
            frames: of the pictures that `refuse` was asked about, in their order.
            reader: what reads.

        Raises:
            OutputExistsError: a picture is there already and is not to be overwritten.
            OutputError: one cannot be written.
        """
        used: set[str] = set()
        for frame in frames:
            name = _name(frame.source, used)
            reading, canonical = reader.read_closely(frame)
            if frame.image is not None:
                if self.annotate:
                    drawn = annotated(frame.image, reading, regions=reader.settings.regions)
                    self._write(drawn, self.annotate / name)
                if self.explain:
                    left_out = reader.left_out(frame, reading)
                    self._write(stages(frame.image, reading, canonical, reader.settings, left_out), self.explain / name)
            yield reading

    def _write(self, picture: NDArray[Any], path: Path) -> None:
        import cv2

        refuse_existing(path, force=self.force)
        with atomic_path(path) as temporary:
            temporary.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from all others, whatever it is called; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _name(source: str, used: set[str]) -> str:
    """Name a picture after its source; a name that was used gets a number."""
    stem = "".join(each if each.isalnum() or each in "-_." else "_" for each in Path(source).stem) or "picture"
    stem = fitting(stem, LONGEST_STEM)
    name, number = f"{stem}.png", 1
    while name in used:
        number += 1
        name = f"{stem}-{number}.png"
    used.add(name)
    return name
