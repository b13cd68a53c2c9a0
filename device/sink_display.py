"""A window with the newest frame and what is read in it.

`python -m device.sink_display` opens one and closes it: without a screen that answers, Qt ends the whole process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .drawing import draw_reading
from .errors import ExtraMissingError, SourceError
from .opencv_noise import import_quiet_opencv
from .sink import Event

TITLE = "edge-digits"
TRIAL_S = 30.0


class DisplaySink:
    """Shows each event in a window."""

    name, every, pictures = "window", True, True

    def __init__(self) -> None:
        """Check that there can be windows.

        Raises:
            ExtraMissingError: this OpenCV was built without windows.
            SourceError: there is no screen to show one on, or it does not answer.
        """
        cv2 = import_quiet_opencv()
        build = cv2.getBuildInformation()
        kits = [
            line for line in build.splitlines() if line.strip().startswith(("GUI:", "QT:", "GTK", "Win32 UI", "Cocoa"))
        ]
        if not any("YES" in line or line.split(":")[1].strip() in ("QT5", "QT6", "GTK2", "GTK3") for line in kits):
            raise ExtraMissingError(
                "--display: this OpenCV has no windows; pip uninstall opencv-python-headless, then pip install "
                "opencv-python (it needs libGL: sudo apt install libgl1), or watch the stream of --http 8080 instead"
            )
        if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise SourceError(
                "--display: expected a screen, found neither DISPLAY nor WAYLAND_DISPLAY; start it in a desktop session"
            )
        self._try()
        # Qt complains on stderr of windows that another thread than the first has made, and shows them all the same.
        os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")
        self._cv2 = cv2

    def write(self, events: Sequence[Event]) -> None:
        """Show the newest event."""
        newest = events[-1]
        if newest.image is not None:
            self._cv2.imshow(TITLE, draw_reading(newest.image, newest.reading))
            self._cv2.waitKey(1)

    def close(self) -> None:
        """Close the window."""
        self._cv2.destroyAllWindows()

    def _try(self) -> None:
        from .child_process import run_module

        child = run_module("device.sink_display", [], timeout_s=TRIAL_S)
        if child.returncode != 0:
            screen = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
            raise SourceError(
                f"--display: expected a window on the screen {screen}, found that none can be opened; start it in a "
                "desktop session of this user"
            )


if __name__ == "__main__":
    opencv = import_quiet_opencv()
    opencv.namedWindow(TITLE)
    opencv.waitKey(1)
    opencv.destroyAllWindows()
