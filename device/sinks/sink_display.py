"""A window with the newest frame and what is read in it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

from ..drawing import draw_reading
from ..errors import ExtraMissingError, SourceError
from ..opencv_noise import import_quiet_opencv
from .sink import Event
from .window import Window

PAUSE_S = 30.0  # before a window that has gone is opened again


class DisplaySink:
    """Shows each event in a window, and opens another where its screen went away and is back."""

    name, every, pictures = "window", True, True

    def __init__(self) -> None:
        """Open the window.

        Raises:
            ExtraMissingError: this OpenCV was built without windows.
            SourceError: there is no screen to show one on, or it does not answer.
        """
        _refuse_without_windows()
        self._screen = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
        if sys.platform == "linux" and not self._screen:
            raise SourceError(
                "--display: expected a screen, found neither DISPLAY nor WAYLAND_DISPLAY; start it in a desktop session"
            )
        self._again_s = 0.0
        try:
            self._window: Window | None = Window()
        except OSError as cause:
            raise SourceError(
                f"--display: expected a window on the screen {self._screen}, found that none can be opened; start it "
                "in a desktop session of this user"
            ) from cause

    def write(self, events: Sequence[Event]) -> None:
        """Show the newest event.

        Raises:
            SourceError: the window has gone; half a minute later the next event opens another.
        """
        newest = events[-1]
        if newest.image is None:
            return
        if self._window is None and time.monotonic() < self._again_s:
            raise self._gone()
        try:
            self._window = self._window or Window()
            self._window.show(draw_reading(newest.image, newest.reading))
        except OSError as cause:
            self.close()
            self._again_s = time.monotonic() + PAUSE_S
            raise self._gone() from cause

    def close(self) -> None:
        """Close the window."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def _gone(self) -> SourceError:
        return SourceError(f"the window on the screen {self._screen} has gone")


def _refuse_without_windows() -> None:
    """Raise ExtraMissingError where OpenCV was built without windows."""
    build = import_quiet_opencv().getBuildInformation()
    kits = [line for line in build.splitlines() if line.strip().startswith(("GUI:", "QT:", "GTK", "Win32 UI", "Cocoa"))]
    if not any("YES" in line or line.split(":")[1].strip() in ("QT5", "QT6", "GTK2", "GTK3") for line in kits):
        raise ExtraMissingError(
            "--display: this OpenCV has no windows; pip uninstall opencv-python-headless, then pip install "
            "opencv-python (it needs libGL: sudo apt install libgl1), or watch the stream of --http 8080 instead"
        )
