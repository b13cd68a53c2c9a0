"""Cameras: V4L2 through OpenCV, and picamera2 where a Raspberry Pi's CSI camera gives nothing that way."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SourceError
from ..settings.settings import CameraSettings
from .capture import ask_capture, open_capture
from .frame_device import ABSENT_PAUSE_S, PRESENT_PAUSE_S, FrameDevice, LocalCamera

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_INDEX = 255
CAMERA = r"\d+|/dev/video\d+"
CAMERA_LINK = r"/dev/v4l/by-(id|path)/.+"


class Camera(LocalCamera):
    """Opens a camera of this machine, through V4L2 or picamera2.

    Attributes:
        name: what frames and messages call it.
    """

    def __init__(
        self, spec: str, settings: CameraSettings | None = None, *, say: Callable[[str], None] | None = None
    ) -> None:
        """Take which camera to open.

        Args:
            spec: an index ("0"), a device ("/dev/video0", "/dev/v4l/by-id/…") or part of a camera's name.
            settings: size, rate, exposure and backend to ask for.
            say: is told when another backend than V4L2 is chosen, and why, and what a camera does not do of what it was
                asked for; None for nobody.
        """
        self.name = f"camera:{spec}"
        self._spec, self._settings = spec, settings or CameraSettings()
        self._say = say or (lambda line: None)
        self._libcamera = self._settings.backend == "picamera2"
        self._said = ""

    def open(self) -> FrameDevice:
        """Open the camera anew; a name is looked up each time, because numbers change with replugging.

        Raises:
            SourceError: it is not there, busy, not permitted or no camera.
        """
        if not self._libcamera:
            index = find_index(self._spec)
            try:
                return self._asked(open_capture(self._spec, index))
            except SourceError:
                self.gave_nothing()
                if not self._libcamera:
                    raise
        from .picamera import open_picamera

        return open_picamera(self.name, self._settings)

    def most_pause_s(self) -> float:
        """Return a long pause where there is no such device, whose coming ends it, and a short one where there is."""
        try:
            there = Path(f"/dev/video{find_index(self._spec)}").exists()
        except SourceError:
            there = False
        return PRESENT_PAUSE_S if there or self._libcamera else ABSENT_PAUSE_S

    def gave_nothing(self) -> None:
        """Take picamera2 from now on, where this is libcamera's kind of camera and the backend is not fixed."""
        from .v4l2 import describe_node

        if self._libcamera or self._settings.backend != "auto" or sys.platform != "linux":
            return
        try:
            node = describe_node(Path(f"/dev/video{find_index(self._spec)}"))
        except SourceError:
            return
        if node.needs_libcamera:
            self._libcamera = True
            self._say(
                f"{self.name}: {node.path} is a {node.driver} device, which gives frames to libcamera alone; "
                "taking picamera2"
            )

    def _asked(self, capture: Any) -> CaptureDevice:
        """Ask the camera for size, rate and exposure; say once what it does not do."""
        unmet = "; ".join(ask_capture(capture, self._settings))
        if unmet and unmet != self._said:
            self._say(f"{self.name}: {unmet} (edge-digits cameras lists what it offers)")
        self._said = unmet
        return CaptureDevice(capture, name=self.name)


class CaptureDevice:
    """An opened `cv2.VideoCapture`."""

    def __init__(self, capture: Any, *, name: str) -> None:
        """Take the capture, which `close` releases."""
        self._capture, self._name = capture, name

    def read(self) -> NDArray[Any] | None:
        """Wait for the next frame, ten seconds at most with V4L2.

        Raises:
            SourceError: what comes is no picture, such as a raw buffer.
        """
        there, image = self._capture.read()
        if not there or image is None or image.size == 0:
            return None
        if image.ndim not in (2, 3) or image.shape[0] < 2 or image.shape[2:] not in ((), (3,)):
            raise SourceError(
                f"{self._name}: expected pictures, found buffers of shape {image.shape} in a format that OpenCV does "
                "not decode; ask for another size with --width and --height (edge-digits cameras lists them)"
            )
        picture: NDArray[Any] = image
        return picture

    def close(self) -> None:
        """Let go of it."""
        self._capture.release()


def find_index(spec: str) -> int:
    """Return the number of the device that an index, a device file or part of a camera's name stands for.

    Raises:
        SourceError: there is none; the cameras that are there are named.
    """
    if re.fullmatch(CAMERA, spec):
        index = int(spec.removeprefix("/dev/video"))
        if index > MOST_INDEX:
            raise SourceError(f"camera {spec}: expected a number up to {MOST_INDEX}, as in /dev/video0; found {index}")
        return index
    if re.fullmatch(CAMERA_LINK, spec):
        target = Path(spec).resolve()
        if not re.fullmatch(CAMERA, str(target)):
            from .v4l2 import name_cameras

            raise SourceError(f"camera {spec}: expected a link to a camera, found none; cameras here: {name_cameras()}")
        return find_index(str(target))
    from .v4l2 import camera_nodes, name_cameras

    nodes = [
        node for node in camera_nodes() if spec.lower() in node.name.lower() and (node.gives_video or node.trouble)
    ]
    if not nodes:
        raise SourceError(
            f"camera {spec!r}: expected part of a camera's name or an existing file; cameras here: {name_cameras()}"
        )
    return int(nodes[0].path.name[5:])
