"""Opening a V4L2 camera with OpenCV, and asking it for size, rate and exposure."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ..errors import SourceError
from ..opencv_noise import import_quiet_opencv
from ..settings.settings import CameraSettings

_YUYV_PIXELS = 640 * 480  # above this, USB 2 carries a full frame rate only as Motion JPEG
_MANUAL_EXPOSURE = 1  # V4L2_EXPOSURE_MANUAL
_SAME_FPS = 0.02  # a camera of 29.97 frames a second counts as one of 30


def open_capture(spec: str, index: int) -> Any:
    """Open a camera with OpenCV.

    Args:
        spec: what messages call it.
        index: its number.

    Returns:
        An opened `cv2.VideoCapture`.

    Raises:
        SourceError: it is not there, or busy, or not permitted.
    """
    cv2 = import_quiet_opencv()
    backend = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
    capture = cv2.VideoCapture(index, backend)
    if not capture.isOpened():
        capture.release()
        raise SourceError(f"camera {spec}: {_why_not(index)}")
    return capture


def ask_capture(capture: Any, settings: CameraSettings) -> list[str]:
    """Ask an opened `cv2.VideoCapture` for the size, rate and exposure wanted; return what it does not do."""
    cv2 = import_quiet_opencv()
    if (settings.width or 0) * (settings.height or 0) > _YUYV_PIXELS:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*"MJPG"))
    sides = {cv2.CAP_PROP_FRAME_WIDTH: settings.width, cv2.CAP_PROP_FRAME_HEIGHT: settings.height}
    for name, wanted in {**sides, cv2.CAP_PROP_FPS: settings.fps}.items():
        if wanted is not None:
            capture.set(name, wanted)
    unmet = []
    if any(wanted is not None and wanted != round(capture.get(side)) for side, wanted in sides.items()):
        asked, given = (settings.width or "any", settings.height or "any"), [round(capture.get(side)) for side in sides]
        unmet.append(f"asked for {asked[0]}×{asked[1]} pixels, it gives {given[0]}×{given[1]}")
    if settings.fps is not None and abs(capture.get(cv2.CAP_PROP_FPS) - settings.fps) > _SAME_FPS * settings.fps:
        unmet.append(f"asked for {settings.fps:g} frames a second, it gives {capture.get(cv2.CAP_PROP_FPS):g}")
    if settings.exposure is not None:
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL_EXPOSURE)
        if not capture.set(cv2.CAP_PROP_EXPOSURE, round(settings.exposure * 10)):  # V4L2 counts in 100 µs
            unmet.append("its exposure cannot be set")
    return unmet


def _why_not(index: int) -> str:
    if sys.platform != "linux":
        return "it cannot be opened; is it plugged in?"
    from .v4l2 import describe_node, name_cameras, using_processes

    device = Path(f"/dev/video{index}")
    if not device.exists():
        there = name_cameras()
        return f"expected {device}, found {'no camera at all' if there == 'none' else there}; plug one in"
    users = using_processes(device)
    if users:
        return f"{device} is busy: {', '.join(users)} uses it; end that program"
    node = describe_node(device)
    if node.trouble == "Permission denied":
        return f"no permission for {device}; add yourself to the group video: sudo usermod -aG video $USER"
    if node.trouble:
        return f"{device} cannot be opened ({node.trouble}); close the program that uses it"
    if not node.gives_video:
        return f"{device} ({node.name}) gives no pictures; cameras here: {name_cameras()}"
    return f"{device} is there and gives no video; it may be busy, or in a format that OpenCV does not decode"
