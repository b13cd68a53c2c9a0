"""Moving collected crops to the folder of the label that a person gives them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .collected import NOT_LABELS, append_line, place_of, read_lines, unsure_crops
from .errors import OutputError, UsageError
from .output_files import write_bytes
from .reading import UNSURE, utc_timestamp

DIGITS = "0123456789"


@dataclass(frozen=True)
class Crop:
    """A crop that waits for a person.

    Attributes:
        path: the picture.
        label: what the model read, "?" where it was in doubt or that is not known.
        score: how sure it was, 0–1.
        why: why the crop was kept.
        context: everything that was read in its frame, row by row, itself in brackets.
    """

    path: Path
    label: str = "?"
    score: float = 0.0
    why: str = ""
    context: str = ""


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
        self._labels = {*DIGITS, *(crop.label for crop in self.crops), *_label_folders(folder)} - {UNSURE}
        self._done: list[tuple[Path, Path | bytes]] = []

    @property
    def teaches(self) -> bool:
        """Whether the folder holds labelled digits, which are what `train` learns from."""
        return any(any((self._folder / digit).glob("*.png")) for digit in DIGITS)

    def assign(self, crop: Crop, label: str) -> bool:
        """Move a crop to the folder of its label and note that a person said so.

        Returns:
            Whether it was still there: a run that collects deletes crops to make room.

        Raises:
            UsageError: the label is not known, or cannot name a folder.
            OutputError: the crop cannot be moved.
        """
        place = place_of(self._folder, label)
        self._check(label)
        target = place / crop.path.name
        try:
            place.mkdir(exist_ok=True)
            crop.path.replace(target)
        except FileNotFoundError:
            return False
        except OSError as cause:
            raise OutputError(f"{crop.path}: cannot be moved to {target}: {cause.strerror}") from cause
        fields: dict[str, Any] = dict(self._known.get(crop.path.name, {}))
        fields |= {"file": f"{label}/{crop.path.name}", "read": crop.label, "label": label}
        append_line(self._folder, {**fields, "reviewed": utc_timestamp(time.time())})
        self._done.append((crop.path, target))
        return True

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

    def _check(self, label: str) -> None:
        """Refuse what would be a class of its own by a slip of the finger."""
        if label == UNSURE:
            raise UsageError("expected a label, as the model was in doubt itself; say what it is, or x or s")
        if label not in self._labels:
            known = " ".join(sorted(self._labels))
            raise UsageError(f"expected one of {known}, found {label!r}; for another make {self._folder / label} first")

    def _describe(self, path: Path) -> Crop:
        fields = self._known.get(path.name, {})
        score = fields.get("score")
        return Crop(
            path,
            str(fields.get("label", "?")),
            float(score) if isinstance(score, (int, float)) else 0.0,
            str(fields.get("why", "")),
            str(fields.get("context", "")),
        )


def _label_folders(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir() if each.is_dir() and each.name not in NOT_LABELS]
