"""Asking V4L2 devices what they are, through the kernel's own interface (linux/videodev2.h), without a stream."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Codes of linux/videodev2.h: _IOR('V', 0, 104 bytes), _IOWR('V', 2, 64), _IOWR('V', 74, 44), _IOWR('V', 75, 52).
QUERYCAP = 0x80685600
ENUM_FMT = 0xC0405602
ENUM_FRAMESIZES = 0xC02C564A
ENUM_FRAMEINTERVALS = 0xC034564B
CAPTURE = 1
VIDEO_CAPTURE, VIDEO_CAPTURE_MPLANE, DEVICE_CAPS = 0x1, 0x1000, 0x80000000
# Drivers of Raspberry Pi's camera interfaces, whose devices deliver raw sensor data to libcamera alone.
LIBCAMERA_DRIVERS = frozenset({"unicam", "bcm2835_unicam", "rp1-cfe"})
# Its image processors, which capture only what a program gives them: there with no camera at all.
PROCESSORS = frozenset({"bcm2835-isp", "pispbe"})
_MOST = 256  # drivers that never stop listing are known


@dataclass(frozen=True)
class CameraMode:
    """A picture format and size that a camera offers.

    Attributes:
        format: four characters, such as "MJPG".
        width: pixels.
        height: pixels.
        fps: frames a second that it offers in this mode, most first; empty where it does not say.
    """

    format: str
    width: int
    height: int
    fps: tuple[float, ...] = ()


@dataclass(frozen=True)
class CameraNode:
    """A V4L2 device file.

    Attributes:
        path: such as /dev/video0.
        name: what the device calls itself.
        driver: the kernel driver behind it.
        gives_video: whether it is a camera (real webcams have a second node, for metadata).
        modes: what it offers; empty where it cannot be asked.
        trouble: why it cannot be asked, or None.
    """

    path: Path
    name: str
    driver: str
    gives_video: bool
    modes: tuple[CameraMode, ...] = ()
    trouble: str | None = None

    @property
    def needs_libcamera(self) -> bool:
        """Whether it delivers nothing through V4L2 alone."""
        return self.driver in LIBCAMERA_DRIVERS


def camera_nodes(*, modes: bool = False) -> list[CameraNode]:
    """Return every V4L2 device file, by number.

    Args:
        modes: also ask for the picture formats and sizes.
    """
    paths = [path for path in Path("/dev").glob("video*") if path.name[5:].isdigit()]
    return [describe_node(path, modes=modes) for path in sorted(paths, key=lambda path: int(path.name[5:]))]


def describe_node(path: Path, *, modes: bool = False) -> CameraNode:
    """Ask one device file what it is; what goes wrong becomes its `trouble`."""
    try:
        with _opened(path) as handle:
            answer = _ask(handle, QUERYCAP, bytearray(104))
            _, capabilities, own = struct.unpack_from("<III", answer, 80)
            video = bool((own if capabilities & DEVICE_CAPS else capabilities) & (VIDEO_CAPTURE | VIDEO_CAPTURE_MPLANE))
            name, driver = _text(answer[16:48]), _text(answer[:16])
            video = video and driver not in PROCESSORS
            found = tuple(_modes(handle)) if modes and video else ()
            return CameraNode(path, name, driver, video, found)
    except OSError as cause:
        try:
            name = Path(f"/sys/class/video4linux/{path.name}/name").read_text("utf-8", "replace").strip()
        except OSError:
            name = ""
        return CameraNode(path, name, "", False, trouble=cause.strerror or str(cause))


def name_cameras() -> str:
    """Return the cameras that are there for a message: "/dev/video0 (HD Webcam)", or that there is none."""
    named = [
        f"{node.path} ({node.name or node.trouble})" for node in camera_nodes() if node.gives_video or node.trouble
    ]
    return ", ".join(named) or "none"


def using_processes(path: Path) -> list[str]:
    """Return "name (process number)" of the processes that hold a device open, as far as this user may see."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            if any(os.readlink(handle) == str(path) for handle in (process / "fd").iterdir()):  # noqa: PTH115 - compared as text
                name = (process / "comm").read_text("utf-8", "replace").strip()
                found.append(f"{name} (process {process.name})")
        except OSError:
            continue
    return sorted(found)


def _modes(handle: int) -> Iterator[CameraMode]:
    for pixels in _listed(handle, ENUM_FMT, lambda index: struct.pack("<II56x", index, CAPTURE)):
        yield from _sizes(handle, bytes(pixels[44:48]))


def _sizes(handle: int, fourcc: bytes) -> Iterator[CameraMode]:
    for size in _listed(handle, ENUM_FRAMESIZES, lambda index: struct.pack("<I4s36x", index, fourcc)):
        kind, width, height = struct.unpack_from("<3I", size, 8)
        if kind != 1:  # a range: least, most and step of the width, then of the height
            width, height = struct.unpack_from("<I8xI", size, 16)
        yield CameraMode(_text(fourcc), width, height, tuple(_rates(handle, fourcc, width, height)))


def _rates(handle: int, fourcc: bytes, width: int, height: int) -> Iterator[float]:
    def request(index: int) -> bytes:
        return struct.pack("<I4sII36x", index, fourcc, width, height)

    for interval in _listed(handle, ENUM_FRAMEINTERVALS, request):
        _, numerator, denominator = struct.unpack_from("<3I", interval, 16)
        if numerator:
            yield round(denominator / numerator, 2)


def _listed(handle: int, code: int, request: Callable[[int], bytes]) -> Iterator[bytearray]:
    """Ask for entry 0, 1, 2 … until the driver has no more."""
    for index in range(_MOST):
        try:
            yield _ask(handle, code, bytearray(request(index)))
        except OSError:
            return


def _ask(handle: int, code: int, request: bytearray) -> bytearray:
    import fcntl

    fcntl.ioctl(handle, code, request, True)
    return request


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield handle
    finally:
        os.close(handle)


def _text(raw: bytes | bytearray) -> str:
    return bytes(raw).split(b"\0")[0].decode("utf-8", "replace").strip()
