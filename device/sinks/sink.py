"""Sinks: where readings go, each in a thread of its own, so that none stops reading or the others."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from ..early_end import raise_if_asked
from ..errors import EdgeDigitsError, OutputError, one_line
from ..reading import Reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

READINGS = 512  # queued for a sink that takes no pictures
PICTURES = 4  # queued for one that does: a frame of 640×480 is a megabyte
CLOSING_S = 1.0
PATIENCE_S = 5.0  # a sink that takes nothing for so long is blocked
STEADY_S = 5.0  # without a failure, after which a sink works again: a disk that is nearly full takes one write in two
_POLL_S = 0.2


@dataclass(frozen=True)
class Event:
    """A reading and the frame it was read in.

    Attributes:
        reading: what was read.
        image: uint8 (H, W) or (H, W, 3), BGR; None where there is none, or the sink takes none.
        canonical: for each of its digits what the network was given, uint8 (28, 28).
    """

    reading: Reading
    image: NDArray[Any] | None = None
    canonical: Sequence[NDArray[Any]] = ()


class LostError(OutputError):
    """What a sink had taken before is lost after all.

    Attributes:
        readings: how many that are.
    """

    def __init__(self, message: str, *, readings: int) -> None:
        """Take what happened, and how many readings it cost."""
        super().__init__(message)
        self.readings = readings


class Sink(Protocol):
    """Where events go. One thread calls it.

    Attributes:
        name: what messages and counts call it.
        every: whether it takes every reading, or only those that are to be written.
        pictures: whether it needs the images.
    """

    name: str
    every: bool
    pictures: bool

    def write(self, events: Sequence[Event]) -> None:
        """Take events; whatever this raises is counted and said, and the next events are tried again."""

    def close(self) -> None:
        """Finish what was begun and let go of files and connections; `LostError` says that what was written is lost."""


@dataclass(frozen=True)
class SinkCounts:
    """What became of the events of a sink.

    Attributes:
        written: events that it took.
        lost: events that found its queue full, or that it failed to take.
        failures: how often it failed.
    """

    written: int = 0
    lost: int = 0
    failures: int = 0


class SinkThread:
    """A sink, its queue and its thread."""

    def __init__(self, sink: Sink, *, say: Callable[[str], None], patience_s: float = 0.0) -> None:
        """Start the thread.

        Args:
            sink: where events go.
            say: is told, once per change of state, that the sink fails or works again.
            patience_s: how long a full queue is waited for before its oldest event is lost; a queue that was waited for
                in vain is not waited for again until it has room.
        """
        self.sink = sink
        self._say, self._patience_s = say, patience_s
        self._limit = PICTURES if sink.pictures else READINGS
        self._queue: deque[Event] = deque()
        self._in_hand = 0  # events that are being written
        self._news = threading.Condition()
        self._counts = SinkCounts()
        self._failing = self._closing = self._over = self._full = False
        self._failed_s = 0.0
        self._end: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"sink {sink.name}", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> SinkCounts:
        """What became of the events so far."""
        with self._news:
            return self._counts

    @property
    def failing(self) -> bool:
        """Whether an attempt to write failed lately."""
        return self._failing

    def put(self, event: Event) -> None:
        """Queue an event.

        Raises:
            BrokenPipeError: the sink is standard output and its reader has gone.
        """
        if not self.sink.pictures and event.image is not None:
            event = Event(event.reading)
        with self._news:
            deadline_s = time.monotonic() + (0.0 if self._full else self._patience_s)
            while len(self._queue) >= self._limit and self._end is None and time.monotonic() < deadline_s:
                self._news.wait(_POLL_S)
            if self._end is not None:
                raise self._end
            self._full = len(self._queue) >= self._limit
            if self._full:
                self._queue.popleft()
                self._counts = replace(self._counts, lost=self._counts.lost + 1)
            self._queue.append(event)
            self._news.notify_all()

    def begin_to_close(self) -> None:
        """Let the thread end when its queue is empty; `finish` waits for it."""
        with self._news:
            self._closing = True
            self._news.notify_all()

    def finish(self, *, deadline_s: float, patient: bool) -> None:
        """Wait for the thread; what it has not written then is lost, and that is said.

        Args:
            deadline_s: until this time of `time.monotonic()` at least.
            patient: as long as it has taken something within its patience, too.
        """
        seen = self.counts
        since_s = time.monotonic()
        while patient and self._thread.is_alive() and time.monotonic() - since_s < self._patience_s:
            self._thread.join(_POLL_S)
            raise_if_asked()
            if self.counts != seen:
                seen, since_s = self.counts, time.monotonic()
        self._thread.join(timeout=max(0.0, deadline_s - time.monotonic()))
        with self._news:
            self._over = True
            if not self._thread.is_alive():
                return
            left = len(self._queue) + self._in_hand
            self._counts = replace(self._counts, lost=self._counts.lost + left)
            self._queue.clear()
        self._say(f"{self.sink.name}: blocked; ended without it and {counted(left)} that it was to take")

    def _run(self) -> None:
        while True:
            with self._news:
                while not self._queue and not self._closing:
                    self._news.wait()
                batch = [*self._queue]
                self._queue.clear()
                self._in_hand = len(batch)
                self._news.notify_all()
                if not batch:
                    break
            if not self._write(batch):
                return
        try:
            self.sink.close()
        except Exception as error:  # noqa: BLE001 - a sink may fail with anything; none may end the program
            self._fail(error, lost=0)

    def _write(self, batch: list[Event]) -> bool:
        try:
            self.sink.write(batch)
        except BrokenPipeError as error:
            with self._news:
                self._end = error
                self._news.notify_all()
            return False
        except Exception as error:  # noqa: BLE001 - a sink may fail with anything; none may end the program
            self._fail(error, lost=len(batch))
            return True
        with self._news:
            self._counts = replace(self._counts, written=self._counts.written + len(batch))
            self._in_hand = 0
        if self._failing and time.monotonic() - self._failed_s >= STEADY_S:
            self._failing = False
            self._say(f"{self.sink.name}: works again")
        return True

    def _fail(self, error: Exception, *, lost: int) -> None:
        with self._news:
            counts, before = self._counts, error.readings if isinstance(error, LostError) else 0
            self._counts = SinkCounts(counts.written - before, counts.lost + lost + before, counts.failures + 1)
            self._in_hand = 0
        self._failed_s = time.monotonic()
        if not self._failing and not self._over:
            self._failing = True
            kind = "" if isinstance(error, (EdgeDigitsError, OSError)) else f"{type(error).__name__}: "
            self._say(f"{self.sink.name}: fails: {kind}{one_line(error)}; reading goes on without it")


class Sinks:
    """All sinks of a run, as a context manager that closes them: within a second where the run is stopped or live."""

    def __init__(self, sinks: Sequence[Sink], *, say: Callable[[str], None], patient: bool) -> None:
        """Start a thread for each sink.

        Args:
            sinks: where events go.
            say: see `SinkThread`.
            patient: wait for sinks that are behind, as is right for files: for standard output for ever, as
                any program in a pipe does, for others until they look blocked. A camera waits for nobody.
        """
        self._say, self._patient = say, patient
        self._gone: set[SinkThread] = set()
        self.threads = [SinkThread(sink, say=say, patience_s=_patience_s(sink) if patient else 0.0) for sink in sinks]

    def __enter__(self) -> Sinks:
        """Return itself."""
        return self

    def __exit__(self, raised: type[BaseException] | None, *_: object) -> None:
        """Let every sink finish: as reading waited for it, or for a second at most."""
        deadline_s = time.monotonic() + CLOSING_S
        for thread in self.threads:
            thread.begin_to_close()
        for thread in self.threads:
            thread.finish(deadline_s=deadline_s, patient=self._patient and raised is None)
            if thread.counts.lost:
                self._say(f"{thread.sink.name}: {counted(thread.counts.lost)} lost")

    def put(self, event: Event, *, every: bool) -> None:
        """Give an event to the sinks that take every reading, or to those that take the written ones.

        Raises:
            BrokenPipeError: standard output was closed by its reader, and there is no other sink.
        """
        for thread in self.threads:
            if thread.sink.every != every or thread in self._gone:
                continue
            try:
                thread.put(event)
            except BrokenPipeError:
                self._gone.add(thread)
                if len(self._gone) == len(self.threads):
                    raise
                self._say(f"{thread.sink.name}: its reader has gone; reading goes on without it")


def counted(readings: int) -> str:
    """Return a number of readings in words: "1 reading"."""
    return f"{readings} reading{'' if readings == 1 else 's'}"


def _patience_s(sink: Sink) -> float:
    from .sink_lines import LineSink

    return float("inf") if isinstance(sink, LineSink) else PATIENCE_S
