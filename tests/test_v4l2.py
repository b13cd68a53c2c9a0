"""Asking V4L2 devices what they are, by the kernel's structures (linux/videodev2.h)."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from device.sources import v4l2

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")


def webcam(_handle: int, code: int, request: bytearray, _change: bool) -> int:
    """Answers as a webcam with one format, a size with two rates and a range of sizes."""
    (index,) = struct.unpack_from("<I", request)
    if code == v4l2.QUERYCAP:
        request[0:8], request[16:25] = b"uvcvideo", b"HD Webcam"
        struct.pack_into("<II", request, 84, v4l2.DEVICE_CAPS | v4l2.VIDEO_CAPTURE, v4l2.VIDEO_CAPTURE)
    elif code == v4l2.ENUM_FMT and index == 0:
        request[44:48] = b"MJPG"
    elif code == v4l2.ENUM_FRAMESIZES and index == 0:
        struct.pack_into("<III", request, 8, 1, 640, 480)
    elif code == v4l2.ENUM_FRAMESIZES and index == 1:
        struct.pack_into("<7I", request, 8, 3, 32, 1920, 2, 32, 1080, 2)
    elif code == v4l2.ENUM_FRAMEINTERVALS and index < 2 and struct.unpack_from("<I", request, 8) == (640,):
        assert request[4:8] == b"MJPG"
        struct.pack_into("<III", request, 16, 1, 1, (30, 15)[index])
    else:
        raise OSError(22, "Invalid argument")
    return 0


def test_a_camera_is_described(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Name, driver, and each mode with its rates; of a range of sizes the largest."""
    (tmp_path / "video0").touch()
    monkeypatch.setattr("fcntl.ioctl", webcam)
    node = v4l2.describe_node(tmp_path / "video0", modes=True)
    assert (node.name, node.driver, node.gives_video, node.trouble) == ("HD Webcam", "uvcvideo", True, None)
    assert not node.needs_libcamera
    assert node.modes == (
        v4l2.CameraMode("MJPG", 640, 480, (30.0, 15.0)),
        v4l2.CameraMode("MJPG", 1920, 1080),
    )


def test_a_node_for_metadata_gives_no_video(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Webcams have one: the device can capture, this node cannot."""

    def metadata(handle: int, code: int, request: bytearray, change: bool) -> int:
        webcam(handle, code, request, change)
        struct.pack_into("<I", request, 88, 0x00800000)
        return 0

    (tmp_path / "video1").touch()
    monkeypatch.setattr("fcntl.ioctl", metadata)
    assert not v4l2.describe_node(tmp_path / "video1", modes=True).gives_video


def test_an_image_processor_is_no_camera(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Raspberry Pi has some that capture, with no camera at all."""

    def processor(handle: int, code: int, request: bytearray, change: bool) -> int:
        webcam(handle, code, request, change)
        request[0:11] = b"bcm2835-isp"
        return 0

    (tmp_path / "video14").touch()
    monkeypatch.setattr("fcntl.ioctl", processor)
    assert not v4l2.describe_node(tmp_path / "video14").gives_video


def test_what_cannot_be_asked_says_why(tmp_path: Path) -> None:
    """A missing device and a plain file are trouble, not an exception."""
    (tmp_path / "video0").touch()
    assert v4l2.describe_node(tmp_path / "video9").trouble == "No such file or directory"
    assert v4l2.describe_node(tmp_path / "video0").trouble == "Inappropriate ioctl for device"


def test_a_process_that_holds_a_device_is_named(tmp_path: Path) -> None:
    """Its name and number, for the message that a camera is busy."""
    import subprocess

    (tmp_path / "video0").touch()
    code = f"handle = open({str(tmp_path / 'video0')!r}); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        (named,) = v4l2.using_processes(tmp_path / "video0")
        process.kill()
    assert named.endswith(f"(process {process.pid})")
