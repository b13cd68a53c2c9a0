"""Video files as a source, through OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from .errors import PictureError
from .frames import Frame


class VideoFile:
    """The frames of a video file, in order.

    A file that is missing or that no decoder reads gives one frame with the error.
    """

    def __init__(self, path: Path) -> None:
        """Take the file's path; it is opened on entering."""
        self._path = path
        self._capture: Any = None

    def __enter__(self) -> Iterator[Frame]:
        """Open the file and give its frames."""
        import cv2

        cv2.setLogLevel(0)
        if self._path.is_file():
            self._capture = cv2.VideoCapture(str(self._path))
        return self._frames()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.release()

    def _frames(self) -> Iterator[Frame]:
        source = str(self._path)
        index = 0
        while self._capture is not None:
            start_s, taken_at_s = time.perf_counter(), time.time()
            there, image = self._capture.read()
            if not there:
                break
            yield Frame(source, index, taken_at_s, image, capture_s=time.perf_counter() - start_s)
            index += 1
        if index == 0:
            found = "something that no decoder here reads" if self._path.is_file() else "no such file"
            error = PictureError(f"{source}: expected a video file, found {found}")
            yield Frame(source, 0, time.time(), None, error=error)
