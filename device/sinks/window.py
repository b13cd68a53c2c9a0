"""A window in a process of its own, because Qt ends the whole process when its screen goes away.

`python -m device.sinks.window` opens the window, says so with a line, and shows the frames that come on standard input
until it ends: height and width, 32 bits each, then the pixels.
"""

from __future__ import annotations

import os
import select
import signal
import struct
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..child_process import child_environment

if TYPE_CHECKING:
    from numpy.typing import NDArray

TITLE = "edge-digits"
OPENING_S = 30.0
ENDING_S = 0.5
SERVED_S = 0.05  # how often the window is looked after where no frame comes
SIZE = struct.Struct("=II")


class Window:
    """An open window, to be closed."""

    def __init__(self) -> None:
        """Start the process and wait until its window is there.

        Raises:
            OSError: there is no window, 30 s later at the latest.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "device.sinks.window"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
        )
        assert self._process.stdin
        assert self._process.stdout
        self._frames, answer = self._process.stdin, self._process.stdout
        if not select.select([answer], [], [], OPENING_S)[0] or not answer.readline():
            self.close()
            raise OSError("no window can be opened")

    def show(self, image: NDArray[Any]) -> None:
        """Show a frame, uint8 (H, W, 3) BGR.

        Raises:
            OSError: the window's process has ended.
        """
        self._frames.write(SIZE.pack(*image.shape[:2]) + image.tobytes())
        self._frames.flush()

    def close(self) -> None:
        """Close the window, and end a process that does not."""
        with suppress(OSError):
            self._frames.close()
        try:
            self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def show_frames() -> None:
    """Show what comes on standard input, as the process of a `Window` does."""
    import numpy as np

    from ..opencv_noise import import_quiet_opencv

    for number in (signal.SIGINT, signal.SIGTERM):  # the end of standard input is what ends this
        signal.signal(number, signal.SIG_IGN)
    cv2 = import_quiet_opencv()
    cv2.namedWindow(TITLE)
    cv2.waitKey(1)
    os.write(1, b"\n")
    while True:
        if select.select([0], [], [], SERVED_S)[0]:
            size = _read(SIZE.size)
            if not size:
                return
            height, width = SIZE.unpack(size)
            cv2.imshow(TITLE, np.frombuffer(_read(height * width * 3), np.uint8).reshape(height, width, 3))
        cv2.waitKey(1)


def _read(length: int) -> bytes:
    """Read so many bytes from standard input, past a buffer of which `select` would know nothing; b"" at its end."""
    read = bytearray()
    while len(read) < length:
        part = os.read(0, length - len(read))
        if not part:
            return b""
        read += part
    return bytes(read)


if __name__ == "__main__":
    show_frames()
