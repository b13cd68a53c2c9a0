"""Keeping uncertain, changed and sampled digits, with their frames, under a disk quota, for a person to correct."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..collected import FRAMES, INDEX, UNSURE, append_line, drop_stale_lines, is_collected, line_of, stem_of
from ..reading import Reading
from ..settings.settings import CollectSettings
from .quota_folder import QuotaFolder, on_disk
from .sink import Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

JPEG_QUALITY = 90
MOST_TEXTS = 1000  # remembered, before those of long ago are forgotten
INDEX_SHARE = 0.05  # of the quota; a longer index loses the lines of crops that are gone


class CollectSink:
    """Keeps what is worth a look."""

    name, every, pictures = "collecting", True, True

    def __init__(self, settings: CollectSettings) -> None:
        """Open the folder.

        Raises:
            OutputError: it cannot be made or written.
        """
        assert settings.folder is not None
        self._settings, self._folder = settings, settings.folder
        self._max_bytes = round(settings.quota_mb * 1e6)
        self._files = QuotaFolder(
            settings.folder, max_bytes=self._max_bytes, may_go=self._may_go, is_ours=self._is_ours
        )
        self._texts: dict[str, str] = {}
        self._sampled_s = float("-inf")
        self._kept_s: dict[tuple[str, str], float] = {}

    def write(self, events: Sequence[Event]) -> None:
        """Keep the digits that are uncertain or changed, and a sample now and then.

        Raises:
            UsageError: the quota is too small for one frame, or full of corrected crops.
            OutputError: the disk is full or gone.
        """
        for event in events:
            kept = self._chosen(event.reading)
            if kept and event.image is not None and not self._kept_lately(event.reading):
                self._keep(event, event.image, kept)

    def close(self) -> None:
        """Leave everything as it is: each file was whole when it appeared."""

    def _chosen(self, reading: Reading) -> list[tuple[int, str]]:
        """Choose digits of a reading, by their places, each with the reason."""
        if reading.error is not None or not reading.digits:
            return []
        before = self._texts.get(reading.source)
        self._texts = {reading.source: reading.text}
        now_s, every = time.monotonic(), range(len(reading.digits))
        if self._settings.every_s and now_s - self._sampled_s >= self._settings.every_s:
            self._sampled_s = now_s
            return [(place, "sample") for place in every]
        chosen = [(place, "uncertain") for place in every if reading.digits[place].score < self._settings.below]
        if not chosen and self._settings.changes and before is not None and before != reading.text:
            chosen = [(place, "changed") for place in every]
        return chosen

    def _kept_lately(self, reading: Reading) -> bool:
        """Tell whether this text of this source was kept a moment ago; a camera shows it thirty times a second."""
        key, now_s, again_s = (reading.source, reading.text), reading.taken_at_s, self._settings.again_s
        if abs(now_s - self._kept_s.get(key, float("-inf"))) < again_s:
            return True
        if len(self._kept_s) >= MOST_TEXTS:
            self._kept_s = {each: at_s for each, at_s in self._kept_s.items() if abs(now_s - at_s) < again_s}
        self._kept_s[key] = now_s
        return False

    def _keep(self, event: Event, image: NDArray[Any], kept: list[tuple[int, str]]) -> None:
        import cv2

        stem = stem_of(event.reading)
        frame_file = None
        if self._settings.frames:
            encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
            frame_file = self._write(f"{FRAMES}/{stem}.jpg", encoded)
        for place, why in kept:
            crop = cv2.imencode(".png", event.canonical[place])[1].tobytes()
            file = self._write(f"{UNSURE}/{stem}-{place}.png", crop)
            self._note(line_of(event.reading, place, file=file, why=why, frame_file=frame_file))

    def _write(self, file: str, content: bytes) -> str:
        """Write a file; return its name in the folder."""
        return str(self._files.write(file, content).relative_to(self._folder))

    def _note(self, fields: dict[str, Any]) -> None:
        index = self._folder / INDEX
        before = index.stat().st_size if index.exists() else 0
        if before > INDEX_SHARE * self._max_bytes:
            self._files.make_room(on_disk(before))  # for the new index beside the old
            with self._files.in_turn():
                drop_stale_lines(self._folder)
        self._files.make_room(on_disk(1))
        append_line(self._folder, fields)
        self._files.used_bytes += on_disk(index.stat().st_size) - on_disk(before)

    def _may_go(self, path: Path) -> bool:
        """Tell of a file whether it may be deleted: never what a person has looked at or others put there."""
        return path.parent.name in (UNSURE, FRAMES) and is_collected(path, folder=self._folder)

    def _is_ours(self, path: Path) -> bool:
        return path == self._folder / INDEX or is_collected(path, folder=self._folder)
