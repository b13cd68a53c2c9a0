"""A V4L2 camera as a source, through OpenCV; the newest frame wins and a blocked read never blocks the program."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from .errors import SourceError
from .frames import Frame
from .opencv_noise import import_quiet_opencv

SILENCE_S = 5.0
MOST_INDEX = 255
_POLL_S = 0.2


class Camera:
    """The frames of a camera, as they come; frames that nobody took in time are dropped.

    A thread of its own reads the camera, because OpenCV's `read()` blocks for ten seconds when a camera stalls.
    """

    def __init__(self, spec: str, *, silence_s: float = SILENCE_S) -> None:
        """Take which camera to open on entering.

        Args:
            spec: an index ("0") or a device ("/dev/video0").
            silence_s: seconds without a frame after which the camera counts as gone.
        """
        self._spec = spec
        self._silence_s = silence_s
        self._news = threading.Condition()
        self._newest: Frame | None = None
        self._failure: SourceError | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Iterator[Frame]:
        """Open the camera and start reading.

        Raises:
            SourceError: it is not there, or busy, or not permitted.
        """
        capture = open_capture(self._spec)
        self._thread = threading.Thread(target=self._read, args=(capture,), name="camera", daemon=True)
        self._thread.start()
        return self._frames()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop reading and let go of the camera, waiting a second at most for a read in progress."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=1.0)

    def _read(self, capture: Any) -> None:
        index = 0
        try:
            while not self._stop.is_set():
                start_s = time.perf_counter()
                there, image = capture.read()
                with self._news:
                    if not there:
                        self._failure = SourceError(
                            f"camera {self._spec}: it stopped giving frames after {index}; is it still plugged in?"
                        )
                    else:
                        taken_s = time.perf_counter() - start_s
                        self._newest = Frame(f"camera:{self._spec}", index, time.time(), image, capture_s=taken_s)
                    self._news.notify()
                if not there:
                    return
                index += 1
        finally:
            capture.release()

    def _frames(self) -> Iterator[Frame]:
        while True:
            deadline_s = time.monotonic() + self._silence_s
            with self._news:
                # Short waits let signals through, which Python handles between them.
                while self._newest is None and self._failure is None:
                    if time.monotonic() > deadline_s:
                        raise SourceError(f"camera {self._spec}: no frame for {self._silence_s:.0f} s; replug it")
                    self._news.wait(_POLL_S)
                frame, self._newest = self._newest, None
                if frame is None and self._failure is not None:
                    raise self._failure
            if frame is not None:
                yield frame


def open_capture(spec: str) -> Any:
    """Open a camera with OpenCV.

    Args:
        spec: an index ("0") or a device ("/dev/video0").

    Returns:
        An opened `cv2.VideoCapture`.

    Raises:
        SourceError: it is not there, or busy, or not permitted.
    """
    cv2 = import_quiet_opencv()
    index = int(spec.removeprefix("/dev/video"))
    if index > MOST_INDEX:
        raise SourceError(f"camera {spec}: expected a number up to {MOST_INDEX}, as in /dev/video0; found {index}")
    backend = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
    capture = cv2.VideoCapture(index, backend)
    if not capture.isOpened():
        capture.release()
        raise SourceError(f"camera {spec}: {_why_not(index)}")
    return capture


def _why_not(index: int) -> str:
    device = Path(f"/dev/video{index}")
    if sys.platform != "linux":
        return "it cannot be opened; is it plugged in?"
    if not device.exists():
        there = sorted(str(each) for each in Path("/dev").glob("video*"))
        return f"expected {device}, found {', '.join(there) if there else 'no camera at all'}; plug one in"
    try:
        with device.open("rb"):
            pass
    except PermissionError:
        return f"no permission for {device}; add yourself to the group video: sudo usermod -aG video $USER"
    except OSError as cause:
        return f"{device} cannot be opened ({cause.strerror}); close the program that uses it"
    return f"{device} is there and gives no video; it may be busy, or not be a capture device"
