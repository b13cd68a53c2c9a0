"""A camera made of pictures, for trying out everything without one; it can be given faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import PictureError, SourceError
from .fake_faults import Fault
from .frame_device import ABSENT_PAUSE_S, PRESENT_PAUSE_S
from .pictures import read_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

PICTURE_S = 2.0  # how long each picture of several is shown
DRIVER_S = 10.0  # a read that waits for a frozen camera fails after so long, as V4L2's does
SLOWNESS = 5
MOST_VIDEO_FRAMES = 300


class FakeCamera:
    """Opens the fake camera; all openings share one clock and one script of faults.

    Attributes:
        name: what frames and messages call it.
        given: frames that were handed out by all openings.
    """

    def __init__(
        self,
        pictures: Sequence[NDArray[Any] | Path],
        *,
        faults: Iterable[Fault] = (),
        fps: float = 30.0,
        picture_s: float = PICTURE_S,
        name: str = "fake",
    ) -> None:
        """Take what the camera shows; the first picture is read at once.

        Args:
            pictures: uint8 (H, W) or (H, W, 3), BGR, or files of such, each read when it is to be shown; at least one.
                Each is shown for a while, in turn.
            faults: what goes wrong, by its start.
            fps: frames a second.
            picture_s: how long each picture is shown, seconds.
            name: what frames and messages call it.

        Raises:
            PictureError: the first picture cannot be read.
        """
        self.name, self.given = name, 0
        self._pictures, self._period_s, self._picture_s = pictures, 1 / fps, picture_s
        self._coming = iter(faults)
        self._next: Fault | None = next(self._coming, None)
        self._active: list[Fault] = []
        self._lock = threading.Lock()
        self._start_s: float | None = None
        self.unplugs = 0
        self._read = lru_cache(maxsize=1)(read_picture)
        self._unreadable: int | None = None
        self._shown(0)

    def open(self) -> _FakeDevice:
        """Open the camera.

        Raises:
            SourceError: it is unplugged or busy.
        """
        active = self.faults_now()
        if "unplug" in active:
            raise SourceError(f"{self.name}: expected a camera, found it unplugged")
        if "busy" in active:
            raise SourceError(f"{self.name}: another program uses it (so says the script of faults)")
        return _FakeDevice(self)

    def probe(self) -> object:
        """Tell whether it is plugged in, as device files tell of a real one, and whether its picture can be shown."""
        return "unplug" in self.faults_now(), self._place() == self._unreadable

    def most_pause_s(self) -> float:
        """Return a long pause while it is unplugged, a short one otherwise."""
        return ABSENT_PAUSE_S if "unplug" in self.faults_now() else PRESENT_PAUSE_S

    def gave_nothing(self) -> None:
        """Make nothing of it."""

    def now_s(self) -> float:
        """Return the seconds since the camera was first used."""
        if self._start_s is None:
            self._start_s = time.monotonic()
        return time.monotonic() - self._start_s

    def faults_now(self) -> dict[str, Fault]:
        """Return the faults at this time by kind; one without length appears exactly once."""
        with self._lock:
            now_s = self.now_s()
            active = [each for each in self._active if each.end_s > now_s]
            while self._next is not None and self._next.start_s <= now_s:
                # Faults that came and went unseen count too, or an unplugged camera would not know of it.
                self.unplugs += self._next.kind == "unplug"
                if self._next.end_s > now_s or self._next.kind == "drop":
                    active.append(self._next)
                self._next = next(self._coming, None)
            self._active = [each for each in active if each.kind != "drop"]
            return {each.kind: each for each in active}

    def picture(self, kind: str | None) -> NDArray[Any]:
        """Return what the camera sees, or what a fault makes of it.

        Raises:
            SourceError: the picture that is to be shown now cannot be read.
        """
        place = self._place()
        try:
            shown = self._shown(place)
        except PictureError as cause:
            self._unreadable = place
            raise SourceError(f"{self.name}: {cause}") from cause
        if kind == "black":
            return np.zeros_like(shown)
        if kind == "corrupt":
            torn = shown.copy()
            rows = len(torn) // 3
            torn[rows : 2 * rows] = np.random.default_rng(0).integers(0, 256, torn[rows : 2 * rows].shape, np.uint8)
            torn[2 * rows :] = 128
            return torn
        return shown.copy()

    def _place(self) -> int:
        return int(self.now_s() / self._picture_s) % len(self._pictures)

    def _shown(self, place: int) -> NDArray[Any]:
        picture = self._pictures[place]
        return self._read(picture) if isinstance(picture, Path) else picture


class _FakeDevice:
    """One opening; after an unplug it never recovers, like a real one."""

    def __init__(self, camera: FakeCamera) -> None:
        self._camera = camera
        self._unplugs = camera.unplugs
        self._due_s = camera.now_s()
        self._never = threading.Event()

    def read(self) -> NDArray[Any] | None:
        """Wait for the next frame; None where a fault takes it."""
        active = self._camera.faults_now()
        if "unplug" in active or self._camera.unplugs != self._unplugs:
            return None
        if "freeze" in active:
            left_s = active["freeze"].end_s - self._camera.now_s()
            self._never.wait(min(left_s, DRIVER_S))
            if left_s > DRIVER_S:
                return None
            active = self._camera.faults_now()
            if self._camera.unplugs != self._unplugs:
                return None
        self._due_s += self._camera._period_s * (SLOWNESS if "slow" in active else 1)
        now_s = self._camera.now_s()
        if self._due_s > now_s:
            self._never.wait(self._due_s - now_s)
        else:
            self._due_s = now_s
        if "drop" in active:
            return None
        self._camera.given += 1
        return self._camera.picture("black" if "black" in active else "corrupt" if "corrupt" in active else None)

    def close(self) -> None:
        """Let go of it."""


def pictures_to_show(path: Path) -> Sequence[NDArray[Any] | Path]:
    """Return what a fake camera shows: a picture, or those of a folder, still to be read; or the start of a video.

    Raises:
        PictureError: there is none, or the video cannot be read.
    """
    from .files import expand, is_video

    if is_video(str(path)):
        return [*islice(_video_pictures(path), MOST_VIDEO_FRAMES)]
    return expand(str(path))


def _video_pictures(path: Path) -> Iterator[NDArray[Any]]:
    from .video import VideoFile

    with VideoFile(path) as frames:
        for frame in frames:
            if frame.image is None:
                assert frame.error
                raise frame.error
            yield frame.image
