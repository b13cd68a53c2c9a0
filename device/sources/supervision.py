"""Looking after a camera: the newest frame wins, and whatever goes wrong, it is opened again, for ever.

A thread of its own reads each opened device, because `read()` may block for ten seconds or for good. The consumer's
thread looks after these threads while it waits for a frame, so a blocked read blocks neither it nor the program's end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..early_end import raise_if_asked
from ..errors import SourceError
from ..frames import Frame
from .frame_device import FrameDevice, FrameOpener

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_PAUSE_S = (
    0.5  # pauses double up to what the opener allows: a source must read again five seconds after it is back
)
OPENING_S = 15.0  # an attempt to open that takes longer counts as failed
FAILURES = 5  # failed reads in a row after which a device counts as gone
SLOW_FAILURE_S = 1.0  # a failed read that took so long counts as gone at once
MOST_STUCK = 3  # threads that may hang in a driver before no further attempt is made
_RETRY_S = 0.02
_POLL_S = 0.2  # short waits let signals through, which Python handles between them
_JOIN_S = 0.5


@dataclass(frozen=True)
class Counts:
    """What became of the frames of a source.

    Attributes:
        frames: frames that it gave; each was taken, dropped or is still to be taken.
        taken: frames that were taken to be read.
        dropped: frames that were not, because a newer one came or they were too old.
        failed_reads: reads that gave no frame.
        outages: how often it went silent or away.
        reconnects: how often it came back.
    """

    frames: int = 0
    taken: int = 0
    dropped: int = 0
    failed_reads: int = 0
    outages: int = 0
    reconnects: int = 0


class SupervisedSource:
    """The frames of a camera or stream for as long as the program runs."""

    def __init__(
        self,
        opener: FrameOpener,
        *,
        say: Callable[[str], None],
        silence_s: float = 5.0,
        wait: bool = False,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """Take what to open on entering.

        Args:
            opener: opens the camera or stream.
            say: is told, once per change of state, that the source is away or back.
            silence_s: seconds without a frame after which it is opened again; no older frame is given.
            wait: on entering, wait for a source that is not there rather than raise.
            first_pause_s: pause before the first attempt to open it again; doubled each time.
        """
        self._opener, self._say = opener, say
        self._silence_s, self._wait, self._first_pause_s = silence_s, wait, first_pause_s
        self._news = threading.Condition()
        self._newest: Frame | None = None
        self._newest_s = 0.0
        self._counts = Counts()
        self._session: _Session | None = None
        self._sessions: list[_Session] = []
        self._heard_s = time.monotonic()
        self._away_since_s: float | None = None
        self._pause_s = first_pause_s
        self._next_s = 0.0
        self._seen: object = None
        self._stopped = False

    @property
    def counts(self) -> Counts:
        """What became of the frames so far."""
        with self._news:
            return self._counts

    @property
    def away(self) -> bool:
        """Whether the source is silent or gone."""
        return self._away_since_s is not None

    def __enter__(self) -> Iterator[Frame]:
        """Open the source.

        Raises:
            SourceError: it is not there, busy or not permitted, and is not to be waited for.
            ImportError: a package that opens it is missing or broken, for which no waiting helps.
        """
        with self._news:
            self._start()
            deadline_s = time.monotonic() + OPENING_S
            session = self._session
            assert session
            while not (session.is_open or session.is_over) and time.monotonic() < deadline_s:
                raise_if_asked()
                self._news.wait(_POLL_S)
            if session.is_open:
                self._heard_s = time.monotonic()
                return self._frames()
            if session.broken is not None:
                raise session.broken
            reason = session.error or SourceError(
                f"{self._opener.name}: no answer within {OPENING_S:.0f} s; check cable, address and power"
            )
            if not self._wait:
                session.abandoned = self._stopped = True
                raise reason
            self._go_away(str(reason), session)
            return self._frames()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop reading and let go of the device, waiting half a second at most for a read in progress."""
        with self._news:
            self._stopped = True
            self._discard()
            for session in self._sessions:
                session.abandoned = True
        deadline_s = time.monotonic() + _JOIN_S
        for session in self._sessions:
            session.thread.join(timeout=max(0.0, deadline_s - time.monotonic()))

    def _frames(self) -> Iterator[Frame]:
        while True:
            with self._news:
                while (frame := self._take()) is None:
                    raise_if_asked()
                    self._look_after()
                    self._news.wait(_POLL_S)
            yield frame

    def _take(self) -> Frame | None:
        frame, self._newest = self._newest, None
        if frame is None:
            return None
        old = time.monotonic() - self._newest_s > self._silence_s
        self._count(dropped=1) if old else self._count(taken=1)
        return None if old else frame

    def _discard(self) -> None:
        if self._newest is not None:
            self._newest = None
            self._count(dropped=1)

    def _look_after(self) -> None:
        """Notice what has gone wrong, and start the next attempt when its time has come."""
        now_s = time.monotonic()
        session = self._session
        self._sessions = [each for each in self._sessions if not each.is_over or each is session]
        if session is not None:
            limit_s = self._silence_s if session.is_open else max(self._silence_s, OPENING_S)
            if session.is_over:
                self._go_away(str(session.error), session)
            elif now_s - max(self._heard_s, session.since_s) > limit_s:
                self._go_away(f"{self._opener.name}: no frame for {limit_s:g} s", session)
            return
        looks = self._opener.probe()
        if looks != self._seen:
            self._seen, self._pause_s, self._next_s = looks, self._first_pause_s, min(self._next_s, now_s + _POLL_S)
        if now_s >= self._next_s and sum(not each.is_over for each in self._sessions) < MOST_STUCK:
            self._start()

    def _start(self) -> None:
        self._session = _Session(self._opener, self)
        self._sessions.append(self._session)
        self._session.thread.start()

    def _go_away(self, reason: str, session: _Session) -> None:
        """Give a session up and plan the next; only the first of an outage is said."""
        session.abandoned = True
        if not session.frames and session.is_open:
            self._opener.gave_nothing()
        self._session = None
        self._seen = self._opener.probe()
        self._next_s = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, self._opener.most_pause_s())
        if self._away_since_s is None:
            self._away_since_s = time.monotonic()
            self._count(outages=1)
            self._say(f"{reason}; trying again until it is back")

    # What sessions call, from their threads.

    def deliver(self, session: _Session, image: NDArray[Any], taken_at_s: float, capture_s: float) -> bool:
        """Take a frame from a session; tell whether the session should go on."""
        with self._news:
            if self._stopped:
                self._count(frames=1, dropped=1)
                return False
            if session is not self._session:
                # A read that was given up came back, as after a stall: it is as good as new unless another reads.
                if self._session is not None and self._session.frames:
                    self._count(frames=1, dropped=1)
                    return False
                if self._session is not None:
                    self._session.abandoned = True
                session.abandoned, self._session = False, session
            session.frames += 1
            self._discard()
            self._newest = Frame(self._opener.name, self._counts.frames, taken_at_s, image, capture_s=capture_s)
            self._newest_s = self._heard_s = time.monotonic()
            self._count(frames=1)
            if self._away_since_s is not None:
                away_s, self._away_since_s = time.monotonic() - self._away_since_s, None
                self._pause_s = self._first_pause_s
                self._count(reconnects=1)
                self._say(f"{self._opener.name}: back after {away_s:.1f} s")
            self._news.notify()
            return True

    def note_failed_read(self) -> None:
        """Count a read that gave no frame."""
        with self._news:
            self._count(failed_reads=1)

    def wake(self) -> None:
        """Tell the consumer's thread that a session has opened or ended."""
        with self._news:
            self._news.notify()

    def _count(self, **more: int) -> None:
        self._counts = replace(self._counts, **{name: getattr(self._counts, name) + n for name, n in more.items()})


class _Session:
    """One opening of the device and the thread that reads it until it fails or is given up."""

    def __init__(self, opener: FrameOpener, source: SupervisedSource) -> None:
        self._opener, self._source = opener, source
        self.since_s = time.monotonic()
        self.frames = 0
        self.is_open = self.is_over = self.abandoned = False
        self.error: SourceError | None = None
        self.broken: ImportError | None = None
        self.thread = threading.Thread(target=self._run, name="camera", daemon=True)

    def _run(self) -> None:
        device: FrameDevice | None = None
        try:
            device = self._opener.open()
            self.since_s, self.is_open = time.monotonic(), True
            self._source.wake()
            self._read(device)
        except SourceError as error:
            self.error = error
        except Exception as cause:  # noqa: BLE001 - drivers raise anything, and the next attempt may do better
            self.error = SourceError(f"{self._opener.name}: {type(cause).__name__}: {' '.join(str(cause).split())}")
            self.broken = cause if isinstance(cause, ImportError) else None
        finally:
            if device is not None:
                device.close()
            self.is_over = True
            self._source.wake()

    def _read(self, device: FrameDevice) -> None:
        failures = 0
        while True:
            start_s = time.perf_counter()
            image = device.read()
            capture_s = time.perf_counter() - start_s
            if image is not None:
                failures = 0
                if not self._source.deliver(self, image, time.time(), capture_s):
                    return
                continue
            failures += 1
            self._source.note_failed_read()
            if self.abandoned:
                return
            if failures >= FAILURES or capture_s > SLOW_FAILURE_S:
                raise SourceError(f"{self._opener.name}: it stopped giving frames; check cable and power")
            time.sleep(_RETRY_S)
