"""The CSI camera of a Raspberry Pi, through picamera2."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..errors import SourceError
from ..settings.settings import CameraSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (640, 480)
READ_S = 10.0


class PicameraDevice:
    """A started `Picamera2`."""

    def __init__(self, camera: Any) -> None:
        """Take the camera, which `close` stops."""
        self._camera = camera

    def read(self) -> NDArray[Any] | None:
        """Wait for the next frame, ten seconds at most."""
        job = self._camera.capture_array("main", wait=False)
        try:
            picture: NDArray[Any] = self._camera.wait(job, timeout=READ_S)
        except TimeoutError:
            return None
        return picture

    def close(self) -> None:
        """Stop it and let go of it."""
        self._camera.stop()
        self._camera.close()


def open_picamera(name: str, settings: CameraSettings) -> PicameraDevice:
    """Start the first camera that libcamera knows.

    Args:
        name: what messages call it.
        settings: size, rate and exposure to ask for.

    Raises:
        SourceError: picamera2 is not installed, or there is no camera, or it is busy.
    """
    try:
        from picamera2 import Picamera2  # type: ignore[import-not-found,unused-ignore]  # a system package of the Pi
    except ImportError as cause:
        raise SourceError(f"{name}: {_how_to_install()} ({cause})") from cause
    if not Picamera2.global_camera_info():
        raise SourceError(f"{name}: libcamera finds no camera; check the ribbon cable with rpicam-hello --list-cameras")
    try:
        camera = Picamera2()
    except (RuntimeError, IndexError) as cause:
        raise SourceError(
            f"{name}: libcamera cannot open the camera ({cause}); end the program that uses it"
        ) from cause
    controls: dict[str, Any] = {}
    if settings.fps is not None:
        controls["FrameRate"] = settings.fps
    if settings.exposure is not None:
        controls |= {"AeEnable": False, "ExposureTime": round(settings.exposure * 1000)}
    size = (settings.width or SIZE[0], settings.height or SIZE[1])
    # libcamera names formats by their order in a 32-bit word: RGB888 is B, G, R in memory.
    camera.configure(camera.create_video_configuration(main={"size": size, "format": "RGB888"}, controls=controls))
    camera.start()
    return PicameraDevice(camera)


def _how_to_install() -> str:
    text = "this camera needs picamera2: sudo apt install -y python3-picamera2"
    if sys.prefix != sys.base_prefix:
        text += (
            ", then let this virtual environment see it: set include-system-site-packages = true in "
            f"{sys.prefix}/pyvenv.cfg"
        )
    return text
