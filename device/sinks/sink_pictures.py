"""Frames with their readings drawn on them: JPEG files under a disk quota, or a Motion JPEG video."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..drawing import draw_reading
from ..errors import OutputError, OutputExistsError, UsageError
from ..opencv_noise import import_quiet_opencv
from ..output_files import refuse_unwritable
from ..paths import plain_name
from ..reading import utc_timestamp
from .quota_folder import QuotaFolder
from .sink import Event, LostError

JPEG_QUALITY = 90
LONGEST_STEM = 150  # bytes of a source's name in that of its picture
WEIGH_EVERY = 10  # frames of a video
WEIGHED_QUALITY = 90  # of a JPEG that is larger than a frame of a video
HELD_BYTES, HELD_FRAMES = 2**18, 2  # what OpenCV has not written yet, at most: so much and so many frames
INDEX_BYTES = 24  # of an AVI file, a frame
ROOM_BYTES = 2_000_000  # left on the disk, more than OpenCV holds back


class PictureSink:
    """Writes a JPEG for every reading that is written."""

    every, pictures = False, True

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        """Open the folder.

        Raises:
            OutputError: it cannot be made, written or looked through.
        """
        self.name = f"pictures {folder}"
        # What lies in folders below was put there by others, or by collecting.
        self._files = QuotaFolder(
            folder, max_bytes=max_bytes, may_go=lambda path: path.parent == folder and _is_ours(path)
        )

    def write(self, events: Sequence[Event]) -> None:
        """Write a picture for each event that has one.

        Raises:
            UsageError: a picture is larger than the quota.
            OutputError: the disk is full or gone.
        """
        import cv2

        for each in events:
            if each.image is None:
                continue
            drawn: Any = draw_reading(each.image, each.reading)
            encoded = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
            stamp = utc_timestamp(each.reading.taken_at_s).replace(":", "").replace("-", "")
            # Names of cameras and streams hold what some file systems refuse.
            stem = plain_name(Path(each.reading.source).stem)[:LONGEST_STEM] if each.reading.frame == 0 else ""
            self._files.write("-".join(filter(None, [stamp, str(each.reading.frame), stem])) + ".jpg", encoded)

    def close(self) -> None:
        """Leave the files: each was whole when it appeared."""


def _is_ours(path: Path) -> bool:
    """Tell whether a file has such a name as pictures of readings get; others are left alone."""
    return re.fullmatch(r"\d{8}T\d{6}\.\d{3}Z(-.*)?\.jpg", path.name) is not None


class VideoSink:
    """Writes every frame into an AVI file, until it is as large as it may be."""

    every, pictures = True, True

    def __init__(self, path: Path, *, fps: Callable[[], float], max_bytes: int, say: Callable[[str], None]) -> None:
        """Take where to write; the file is begun with the first frame.

        Args:
            path: the file.
            fps: tells the frames a second; asked when there is a frame.
            max_bytes: where it ends.
            say: is told that it has ended before the run.

        Raises:
            UsageError: the name is not that of an AVI file.
            OutputExistsError: the file is there already.
            OutputError: the folder cannot be made or written, or another run writes this video.
        """
        self.name = f"video {path}"
        if path.suffix.lower() != ".avi":
            raise UsageError(f"--video: expected a name that ends in .avi, found {path}")
        if path.exists():
            raise OutputExistsError(f"{path}: exists already; choose another name")
        refuse_unwritable(path.parent)
        self._path, self._fps, self._max_bytes, self._say = path, fps, max_bytes, say
        self._part = path.with_name(f".{path.stem}.part.avi")
        if self._part.is_file():
            os.close(self._claim())
        self._writer: Any = None
        self._claimed: int | None = None
        self._size: tuple[int, int] | None = None
        self._over, self._taken = False, 0
        self._frames = self._frame_bytes = self._weighed_bytes = 0

    def write(self, events: Sequence[Event]) -> None:
        """Append frames; those of another size than the first are fitted to it.

        Raises:
            OutputError: the file cannot be begun, or there is no room for it.
        """
        cv2 = import_quiet_opencv()

        for each in events:
            if each.image is None or self._over:
                continue
            drawn: Any = draw_reading(each.image, each.reading)
            if self._writer is None:
                self._begin(cv2, (drawn.shape[1], drawn.shape[0]))
            if (drawn.shape[1], drawn.shape[0]) != self._size:
                drawn = cv2.resize(drawn, self._size)
            self._writer.write(drawn)
            self._frames += 1
            if self._frames % WEIGH_EVERY == 1 or self._room_bytes() < WEIGH_EVERY * self._frame_bytes:
                quality = [cv2.IMWRITE_JPEG_QUALITY, WEIGHED_QUALITY]
                self._frame_bytes = len(cv2.imencode(".jpg", drawn, quality)[1])
            self._weighed_bytes += self._frame_bytes
            if self._room_bytes() < self._frame_bytes:
                self._end(f"its limit of {self._max_bytes / 1e6:g} MB, [pictures] max_mb")
            elif self._frames % WEIGH_EVERY == 0 and self._free_bytes() < ROOM_BYTES + WEIGH_EVERY * self._frame_bytes:
                self._end("the disk is nearly full")
        self._taken += len(events)

    def _room_bytes(self) -> int:
        """Return what is left under the limit, at least: what is held back is no part of the file yet."""
        held = min(self._weighed_bytes, HELD_BYTES + HELD_FRAMES * self._frame_bytes)
        return self._max_bytes - self._part.stat().st_size - held - (self._frames + 1) * INDEX_BYTES

    def close(self) -> None:
        """Finish the file and give it its name.

        Raises:
            LostError: the disk did not take all of it.
            OutputExistsError: a file has got that name meanwhile; it is left as it is.
        """
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        try:
            self._refuse_cut_off()
            if self._path.exists():
                raise OutputExistsError(f"{self._path}: something else made it meanwhile; the video is in {self._part}")
            self._part.replace(self._path)
        finally:
            self._let_go()

    def _refuse_cut_off(self) -> None:
        """Raise LostError where the disk took less than was written, of which OpenCV says nothing."""
        with self._part.open("rb") as file:
            head = file.read(8)
            said_bytes, there_bytes = int.from_bytes(head[4:], "little") + len(head), file.seek(0, os.SEEK_END)
        if head[:4] != b"RIFF" or not len(head) < said_bytes <= there_bytes:
            raise LostError(
                f"{self._path}: the video was cut off after {there_bytes:,} bytes, which are in {self._part}; make "
                "room, or allow larger files",
                readings=self._taken,
            )

    def _begin(self, cv2: Any, size: tuple[int, int]) -> None:
        self._refuse_full_disk()
        self._claimed = self._claim()
        self._writer = cv2.VideoWriter(str(self._part), cv2.VideoWriter_fourcc(*"MJPG"), self._fps(), size)
        self._size = size
        if not self._writer.isOpened():
            self._writer = None
            self._let_go()
            raise OutputError(f"{self._path}: the video cannot be begun; check the folder and the space there")

    def _claim(self) -> int:
        """Lock the unfinished file for as long as it is written, since two runs would write into one."""
        import fcntl

        try:
            handle = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as cause:
            raise OutputError(f"{self._path}: the video cannot be begun: {cause.strerror}; check the folder") from cause
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            os.close(handle)
            raise OutputError(f"{self._path}: another run writes this video; choose another name") from cause
        return handle

    def _let_go(self) -> None:
        if self._claimed is not None:
            os.close(self._claimed)
            self._claimed = None

    def _end(self, why: str) -> None:
        self._over = True
        self.close()
        self._say(f"{self.name}: ended after {self._frames} frames ({why})")

    def _refuse_full_disk(self) -> None:
        if self._free_bytes() < ROOM_BYTES:
            raise OutputError(f"{self._path}: expected room for a video, found {self._free_bytes():,} bytes; free some")

    def _free_bytes(self) -> int:
        # OpenCV says nothing of a disk that is full, and its file has no end then.
        return shutil.disk_usage(self._path.parent).free
