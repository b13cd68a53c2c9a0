"""Moving collected crops to the folder of the label that a person gives them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .collected import append_line, place_of, read_lines, unsure_crops
from .errors import OutputError
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
        self._moved: list[tuple[Path, Path]] = []

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
        self._moved.append((crop.path, target))

    def discard(self, crop: Crop) -> None:
        """Delete a crop that is no digit.

        Raises:
            OutputError: it cannot be deleted.
        """
        try:
            crop.path.unlink(missing_ok=True)
        except OSError as cause:
            raise OutputError(f"{crop.path}: cannot be deleted: {cause.strerror}") from cause

    def undo(self) -> Path | None:
        """Move the crop that was moved last back; return where it is now, None where there is none."""
        if not self._moved:
            return None
        before, after = self._moved.pop()
        try:
            after.replace(before)
        except OSError as cause:
            raise OutputError(f"{after}: cannot be moved back: {cause.strerror}") from cause
        fields = self._known.get(before.name)
        if fields is not None:
            append_line(self._folder, fields)
        return before

    def _describe(self, path: Path) -> Crop:
        fields = self._known.get(path.name, {})
        return Crop(
            path,
            str(fields.get("label", "?")),
            float(fields.get("score", 0.0)),
            str(fields.get("why", "")),
            str(fields.get("text", "")),
        )
