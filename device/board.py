"""What a web page to draw on needs: pictures read with all that was seen, and kept under the label a person gives."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .collected import UNSURE, append_line, line_of, place_of, stem_of
from .errors import EdgeDigitsError, UsageError
from .frames import Frame
from .output_files import refuse_unwritable, write_bytes
from .reading import Reading
from .sources.pictures import decode_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .reader import Reader

SOURCE = "web page"
NO_DIGIT = "-"  # stands for the label of what is no digit


class Board:
    """Reads pictures, one at a time, whichever thread brings them."""

    def __init__(self, reader: Reader, *, folder: Path | None) -> None:
        """Take the reader, and the folder to keep corrected digits in.

        Raises:
            OutputError: the folder cannot be made or written.
        """
        self._reader, self._folder = reader, folder
        # OpenCV keeps a kilobyte of every thread that it ever ran in. Nobody waits at the end for one called "http".
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="http reader")
        self._pictures = 0
        if folder is not None:
            refuse_unwritable(folder / UNSURE)

    def about(self) -> dict[str, Any]:
        """Say what reads, and whether corrections are kept."""
        card = self._reader.card
        return {"model": card.name, "variant": card.variant, "labels": card.labels, "keeps": self._folder is not None}

    def read(self, content: bytes) -> dict[str, Any]:
        """Read a picture.

        Args:
            content: the picture file's bytes.

        Returns:
            The fields of the reading's JSON line, and for each digit also "canonical", what the network was given, as a
            data URL of a PNG.

        Raises:
            PictureError: it is no picture.
        """
        reading, canonical = self._read(content)
        fields: dict[str, Any] = json.loads(reading.to_json())
        for digit, each in zip(fields["digits"], canonical, strict=True):
            digit["canonical"] = f"data:image/png;base64,{base64.b64encode(_as_png(each)).decode()}"
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
            OutputError: they cannot be written; then none of them is kept.
        """
        if self._folder is None:
            raise UsageError("expected a folder to keep digits in, found none; start with --collect DIR")
        reading, canonical = self._read(content)
        labels = labels if canonical else list(filter(None, labels))  # of none at all, one empty text is left
        self._check(labels, canonical)
        stem = f"{stem_of(reading)}-{hashlib.sha256(content).hexdigest()[:8]}"
        kept: list[str] = []
        lines: list[dict[str, Any]] = []
        try:
            for place, (each, label) in enumerate(zip(canonical, labels, strict=True)):
                if label != NO_DIGIT:
                    kept.append(f"{place_of(self._folder, label).name}/{stem}-{place}.png")
                    write_bytes(self._folder / kept[-1], _as_png(each))
                    fields = line_of(reading, place, file=kept[-1], why="drawn")
                    lines.append({**fields, "read": fields["label"], "label": label, "reviewed": fields["ts"]})
            for line in lines:
                append_line(self._folder, line)
        except EdgeDigitsError:  # whoever tries again would keep the first ones twice
            for file in kept:
                with suppress(OSError):
                    (self._folder / file).unlink(missing_ok=True)
            raise
        return kept

    def _check(self, labels: Sequence[str], canonical: Sequence[NDArray[Any]]) -> None:
        known = self._reader.card.labels
        if len(labels) != len(canonical):
            raise UsageError(
                f"expected a label for each of {len(canonical)} digits, found {len(labels)}; read it again"
            )
        for label in labels:
            if label not in (*known, NO_DIGIT):
                raise UsageError(f"expected one of {' '.join(known)} or {NO_DIGIT} for no digit, found {label!r}")

    def _read(self, content: bytes) -> tuple[Reading, list[NDArray[Any]]]:
        # Decoding too: several large pictures at once would take more memory than a device has.
        return self._thread.submit(self._read_next, content).result()

    def _read_next(self, content: bytes) -> tuple[Reading, list[NDArray[Any]]]:
        image = decode_picture(content, name=SOURCE)
        self._pictures += 1
        return self._reader.read_closely(Frame(SOURCE, self._pictures, time.time(), image))


def _as_png(canonical: NDArray[Any]) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(canonical).save(stream, "PNG")
    return stream.getvalue()
