"""What is known of a running reader: the newest frame and readings, and counts, for the pages that show them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .sink import Event, SinkThread

if TYPE_CHECKING:
    from ..sources.supervision import SupervisedSource
    from ..sources.watching import FolderState

STAGES = ("find", "prepare", "invoke", "total")
JPEG_QUALITY = 80


@dataclass
class Run:
    """The parts of a run that its pages report on; filled in when they are there.

    Attributes:
        source: the supervised source, None for files.
        watched: the state of the folder that is watched, None where none is.
        fps: tells the frames a second of a video file, once it is open; else 0.0.
        threads: the sinks.
    """

    source: SupervisedSource | None = None
    watched: FolderState | None = None
    fps: Callable[[], float] = lambda: 0.0
    threads: list[SinkThread] = field(default_factory=list)


class LiveState:
    """Takes every event and answers for the newest; for several threads.

    Attributes:
        closed: whether the run has ended.
    """

    def __init__(self, *, keep: int) -> None:
        """Take how many readings to remember."""
        self._news = threading.Condition()
        self._newest: Event | None = None
        self._number = 0
        self._readings: deque[str] = deque(maxlen=keep)
        self._jpeg: tuple[int, bytes] = (-1, b"")
        self.closed = False
        self.readings = self.errors = self.held_back = 0
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.heard_s: float | None = None

    def take(self, events: Sequence[Event]) -> None:
        """Remember events and count them."""
        with self._news:
            for each in events:
                self.readings += 1
                self.errors += each.reading.error is not None
                self.held_back += each.reading.held_back is not None
                for stage in STAGES:
                    self.seconds[stage] += getattr(each.reading.timing, f"{stage}_s")
                self._readings.append(each.reading.to_json())
            self._newest, self.heard_s = events[-1], time.time()
            self._number += len(events)
            self._news.notify_all()

    def close(self) -> None:
        """Let everybody who waits for news go."""
        with self._news:
            self.closed = True
            self._news.notify_all()

    def newest(self) -> Event | None:
        """Return the newest event, None before the first."""
        with self._news:
            return self._newest

    def recent(self, most: int) -> list[str]:
        """Return the JSON lines of the latest readings, oldest first."""
        with self._news:
            return [*self._readings][-most:]

    def wait_for_news(self, seen: int, *, timeout_s: float) -> int:
        """Wait until there is a frame newer than number `seen`, or the time is over; return the newest number."""
        with self._news:
            if self._number == seen and not self.closed:
                self._news.wait(timeout_s)
            return self._number

    def jpeg(self) -> bytes | None:
        """Return the newest frame with what was read drawn on it, None where there is none; made once a frame."""
        with self._news:
            number, event = self._number, self._newest
            if self._jpeg[0] == number:
                return self._jpeg[1]
        if event is None or event.image is None:
            return None
        import cv2

        from ..drawing import draw_reading

        drawn: Any = draw_reading(event.image, event.reading)
        encoded = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
        with self._news:
            self._jpeg = (number, encoded)
        return encoded
