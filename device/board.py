"""What a web page to draw on needs: pictures read with all that was seen, and kept under the label a person gives."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .collected import UNSURE, append_line, place_of
from .errors import OutputError, UsageError
from .frames import Frame
from .output_files import write_bytes
from .pictures import decode_picture
from .reading import Reading, utc_timestamp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .reader import Reader
    from .reading import ReadDigit

SOURCE = "web page"
NO_DIGIT = "-"  # stands for the label of what is no digit


class Board:
    """Reads pictures, one at a time, whichever thread brings them."""

    def __init__(self, reader: Reader, *, folder: Path | None) -> None:
        """Take the reader, and the folder to keep corrected digits in.

        Raises:
            OutputError: the folder cannot be made.
        """
        self._reader, self._folder = reader, folder
        self._lock = threading.Lock()
        if folder is not None:
            try:
                (folder / UNSURE).mkdir(parents=True, exist_ok=True)
            except OSError as cause:
                raise OutputError(f"{folder}: cannot be used: {cause.strerror}; choose another place") from cause

    def about(self) -> dict[str, Any]:
        """Say what reads, and whether corrections are kept."""
        card = self._reader.card
        return {"model": card.name, "variant": card.variant, "labels": card.labels, "keeps": self._folder is not None}

    def read(self, content: bytes) -> dict[str, Any]:
        """Read a picture.

        Args:
            content: the picture file's bytes.

        Returns:
            The fields of the reading's JSON line, the frame's width and height in pixels, and for each digit also
            "canonical", what the network was given, as a data URL of a PNG.

        Raises:
            PictureError: it is no picture.
        """
        image, reading, pairs = self._examined(content)
        fields: dict[str, Any] = json.loads(reading.to_json())
        fields |= {"height": image.shape[0], "width": image.shape[1]}
        for digit, (canonical, _) in zip(fields["digits"], pairs, strict=True):
            digit["canonical"] = f"data:image/png;base64,{base64.b64encode(_as_png(canonical)).decode()}"
        return fields

    def keep(self, content: bytes, labels: Sequence[str]) -> list[str]:
        """Keep the digits of a picture under the labels that a person gives them.

        Args:
            content: the picture file's bytes.
            labels: one for each digit that is read in it, in order; "-" for what is no digit.

        Returns:
            The files, relative to the folder.

        Raises:
            PictureError: it is no picture.
            UsageError: nothing is kept here, or the labels are not those of its digits.
            OutputError: they cannot be written.
        """
        if self._folder is None:
            raise UsageError("expected a folder to keep digits in, found none; start with --collect DIR")
        _, reading, pairs = self._examined(content)
        known = self._reader.card.labels
        if len(labels) != len(pairs):
            raise UsageError(f"expected a label for each of {len(pairs)} digits, found {len(labels)}; read it again")
        for label in labels:
            if label not in (*known, NO_DIGIT):
                raise UsageError(f"expected one of {' '.join(known)} or {NO_DIGIT} for no digit, found {label!r}")
        stem = f"{_compact(reading.taken_at_s)}-{hashlib.sha256(content).hexdigest()[:8]}"
        kept = []
        for place, ((canonical, digit), label) in enumerate(zip(pairs, labels, strict=True)):
            if label != NO_DIGIT:
                file = f"{place_of(self._folder, label).name}/{stem}-{place}.png"
                write_bytes(self._folder / file, _as_png(canonical))
                append_line(self._folder, _line(reading, digit, file=file, label=label))
                kept.append(file)
        return kept

    def _examined(self, content: bytes) -> tuple[NDArray[Any], Reading, list[tuple[NDArray[Any], ReadDigit]]]:
        image = decode_picture(content, name=SOURCE)
        with self._lock:
            reading = self._reader.read(Frame(SOURCE, 0, time.time(), image))
            return image, reading, self._reader.examine(image)


def _line(reading: Reading, digit: ReadDigit, *, file: str, label: str) -> dict[str, Any]:
    """Return the line of the index for a digit that a person looked at."""
    fields: dict[str, Any] = {"file": file, "frame": None, "why": "drawn", "read": digit.label, "label": label}
    fields |= {"score": round(digit.score, 4), "box": list(digit.box), "text": reading.text, "source": SOURCE}
    if reading.model is not None:
        fields |= {"model": reading.model.name, "variant": reading.model.variant, "sha256": reading.model.sha256}
    when = utc_timestamp(reading.taken_at_s)
    return {**fields, "ts": when, "reviewed": when}


def _as_png(canonical: NDArray[Any]) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(canonical).save(stream, "PNG")
    return stream.getvalue()


def _compact(seconds: float) -> str:
    return utc_timestamp(seconds).replace(":", "").replace("-", "")
