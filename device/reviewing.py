"""Moving collected crops to the folder of the label that a person gives them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .collected import append_line, place_of, read_lines, unsure_crops
from .errors import OutputError
from .output_files import write_bytes
from .reading import utc_timestamp


@dataclass(frozen=True)
class Crop:
    """A crop that waits for a person.

    Attributes:
        path: the picture.
        label: what the model read, "?" where that is not known.
        score: how sure it was, 0–1.
        why: why the crop was kept.
        text: everything that was read in its frame.
    """

    path: Path
    label: str = "?"
    score: float = 0.0
    why: str = ""
    text: str = ""


class Review:
    """The crops of a folder that nobody has looked at, one after the other."""

    def __init__(self, folder: Path) -> None:
        """Look through the folder.

        Raises:
            DataError: it holds nothing collected.
        """
        self._folder = folder
        self._known = {Path(fields["file"]).name: fields for fields in read_lines(folder)}
        self.crops = [self._describe(path) for path in unsure_crops(folder)]
        self._done: list[tuple[Path, Path | bytes]] = []

    def assign(self, crop: Crop, label: str) -> None:
        """Move a crop to the folder of its label and note that a person said so.

        Raises:
            UsageError: the label cannot name a folder.
            OutputError: the crop cannot be moved.
        """
        place = place_of(self._folder, label)
        target = place / crop.path.name
        try:
            place.mkdir(exist_ok=True)
            crop.path.replace(target)
        except OSError as cause:
            raise OutputError(f"{crop.path}: cannot be moved to {target}: {cause.strerror}") from cause
        fields: dict[str, Any] = dict(self._known.get(crop.path.name, {}))
        fields |= {"file": f"{label}/{crop.path.name}", "read": crop.label, "label": label}
        append_line(self._folder, {**fields, "reviewed": utc_timestamp(time.time())})
        self._done.append((crop.path, target))

    def discard(self, crop: Crop) -> None:
        """Delete a crop that is no digit; until the end, `undo` brings it back.

        Raises:
            OutputError: it cannot be deleted.
        """
        try:
            content = crop.path.read_bytes()
            crop.path.unlink()
        except FileNotFoundError:  # to make room for newer ones
            return
        except OSError as cause:
            raise OutputError(f"{crop.path}: cannot be deleted: {cause.strerror}") from cause
        self._done.append((crop.path, content))

    def undo(self) -> tuple[Path, bool] | None:
        """Bring the crop back that was moved or deleted last.

        Returns:
            Where it is now and whether it had been moved, None where there is none.

        Raises:
            OutputError: it cannot be brought back.
        """
        if not self._done:
            return None
        before, after = self._done.pop()
        if isinstance(after, bytes):
            write_bytes(before, after)
            return before, False
        try:
            after.replace(before)
        except OSError as cause:
            raise OutputError(f"{after}: cannot be moved back: {cause.strerror}") from cause
        fields = self._known.get(before.name)
        if fields is not None:
            append_line(self._folder, fields)
        return before, True

    def _describe(self, path: Path) -> Crop:
        fields = self._known.get(path.name, {})
        return Crop(
            path,
            str(fields.get("label", "?")),
            float(fields.get("score", 0.0)),
            str(fields.get("why", "")),
            str(fields.get("text", "")),
        )
