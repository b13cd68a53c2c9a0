"""Video files as a source, through OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import PictureError
from ..frames import Frame
from ..native_stderr import hidden_native_stderr
from ..opencv_noise import import_quiet_opencv

# Some containers count frames only roughly.
LEAST_SHARE = 0.9
MOST_FPS = 1000.0  # a file that names more knows its rate no more than one that names none
MOST_S = 1e7  # a frame that is said to come later comes at no known time


class VideoFile:
    """The frames of a video file, in order; time goes by as in the film from when it is begun, however fast it is read.

    A file that is missing or that no decoder reads gives one frame with the error.

    Attributes:
        fps: frames a second as the file says, once it is open; 0.0 where it does not.
    """

    def __init__(self, path: Path) -> None:
        """Take the file's path; it is opened on entering."""
        self._path = path
        self._capture: Any = None
        self._promised, self.fps = 0, 0.0

    def __enter__(self) -> Iterator[Frame]:
        """Open the file and give its frames."""
        cv2 = import_quiet_opencv()
        if self._trouble() is None:
            with hidden_native_stderr():  # its AVI reader complains there of damaged files
                self._capture = cv2.VideoCapture(str(self._path))
            self._promised = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
            fps = self._capture.get(cv2.CAP_PROP_FPS)
            self.fps = fps if 0 < fps < MOST_FPS else 0.0
        return self._frames()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.release()

    def _frames(self) -> Iterator[Frame]:
        source = str(self._path)
        index, first_s, place_s = 0, time.time(), 0.0
        while self._capture is not None:
            start_s = time.perf_counter()
            there, image = self._capture.read()
            if not there:
                break
            place_s = self._place_s(place_s, elapsed_s=time.time() - first_s) if index else 0.0
            yield Frame(source, index, first_s + place_s, image, capture_s=time.perf_counter() - start_s)
            index += 1
        trouble = self._trouble() if index == 0 else None  # one that was open is read whole, wherever it went
        if trouble is None and index == 0:
            trouble = "something that no decoder here reads"
        elif trouble is None and self._ended_early(index, place_s):
            trouble = f"its end after {index} of {self._promised} frames: it is cut short or damaged"
        if trouble is not None:
            error = PictureError(f"{source}: expected a whole video file, found {trouble}")
            yield Frame(source, index, time.time(), None, error=error)

    def _place_s(self, before_s: float, *, elapsed_s: float) -> float:
        """Return where in the film the frame is that was just read: as the file says, by its rate, or as time went by.

        Phones and screen recorders write a frame when something moves, so places are no multiples of a period.
        """
        import cv2

        place_s: float = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if before_s < place_s < MOST_S:
            return place_s
        return before_s + 1 / self.fps if self.fps else max(before_s, elapsed_s)

    def _ended_early(self, frames: int, place_s: float) -> bool:
        """Tell whether less was read than the file promised: a count of frames, in some its length times a rate."""
        return max(frames, place_s * self.fps + 1) < LEAST_SHARE * self._promised

    def _trouble(self) -> str | None:
        """Say why the path is no video file, or return None."""
        try:
            if self._path.is_file():
                return None
            return "a folder or device" if self._path.exists() else "no such file"
        except OSError as cause:
            return f"one that cannot be read ({cause.strerror})"
