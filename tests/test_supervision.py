"""Looking after a camera: the newest frame wins, and it is opened again whatever happens.

The fake and OpenCV's camera pass the same tests; with EDGE_DIGITS_TEST_CAMERA=0 a real one passes those without faults.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from fakes import FakePicamera2, ScriptedCapture, StubbornCapture

from device.errors import SourceError, UsageError
from device.settings.settings import CameraSettings
from device.sources import camera as camera_module
from device.sources import v4l2
from device.sources.camera import Camera
from device.sources.fake_camera import FakeCamera
from device.sources.fake_faults import Fault, parse_faults
from device.sources.first_frame import first_frame
from device.sources.frame_device import FrameOpener
from device.sources.streams import Stream
from device.sources.supervision import Counts, SupervisedSource

PICTURE = np.full((48, 64, 3), 90, np.uint8)


@pytest.fixture(params=["fake", "OpenCV", "real"])
def camera(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FrameOpener:
    """A camera that works."""
    if request.param == "fake":
        return FakeCamera([PICTURE], fps=500)
    if request.param == "real":
        if "EDGE_DIGITS_TEST_CAMERA" not in os.environ:
            pytest.skip("EDGE_DIGITS_TEST_CAMERA names no camera")
        return Camera(os.environ["EDGE_DIGITS_TEST_CAMERA"])
    monkeypatch.setattr(camera_module, "open_capture", lambda *_: ScriptedCapture([PICTURE] * 100_000, pause_s=0.002))
    return Camera("0")


@pytest.fixture(params=["fake", "OpenCV"])
def faulty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], FrameOpener]:
    """Makes a camera that works a little, then has the fault, then works again."""

    def make(fault: str) -> FrameOpener:
        if request.param == "fake":
            lengths = {"unplug": 0.2, "freeze": 0.4}
            return FakeCamera([PICTURE], fps=200, faults=[Fault(fault, 0.1, 0.1 + lengths[fault])])
        openings = iter(range(1000))

        def open_capture(*_: object) -> ScriptedCapture:
            opening = next(openings)
            if fault == "unplug" and 0 < opening < 3:
                raise SourceError("camera 0: expected /dev/video0, found no camera at all")
            frames = [PICTURE] * (20 if opening == 0 else 100_000)
            blocked_s = 0.4 if fault == "freeze" and opening == 0 else 0.0
            return ScriptedCapture(frames, pause_s=0.005, last_read_s=blocked_s)

        monkeypatch.setattr(camera_module, "open_capture", open_capture)
        return Camera("0")

    return make


def test_frames_come_numbered_and_the_device_is_let_go(camera: FrameOpener) -> None:
    """Numbers grow, pictures are uint8, and every frame given was taken or dropped."""
    source = SupervisedSource(camera, say=pytest.fail)
    with source as frames:
        taken = [next(frames) for _ in range(5)]
    assert [frame.index for frame in taken] == sorted({frame.index for frame in taken})
    assert all(frame.image is not None and frame.image.dtype == np.uint8 for frame in taken)
    counts = source.counts
    assert (counts.taken, counts.frames) == (5, 5 + counts.dropped)
    assert not [thread for thread in threading.enumerate() if thread.name == "camera"]


def test_the_newest_frame_wins(camera: FrameOpener) -> None:
    """A slow reader is given the latest frame; those between are dropped and counted."""
    source = SupervisedSource(camera, say=pytest.fail)
    with source as frames:
        first = next(frames).index
        before = source.counts
        while source.counts.frames < before.frames + 10:
            time.sleep(0.005)
        assert next(frames).index >= first + 10
        assert source.counts.dropped >= 9


@pytest.mark.parametrize("fault", ["unplug", "freeze"])
def test_an_outage_is_survived_and_said_once(fault: str, faulty: Callable[[str], FrameOpener]) -> None:
    """The source is opened again until it is back: one line when it goes, one when it comes, counted."""
    said: list[str] = []
    source = SupervisedSource(faulty(fault), say=said.append, silence_s=0.15, first_pause_s=0.02)
    with source as frames:
        for _ in frames:
            if source.counts.reconnects:
                break
    assert (source.counts.outages, source.counts.reconnects) == (1, 1)
    assert len(said) == 2
    assert said[0].endswith("trying again until it is back")
    assert ": back after " in said[1]


def test_a_camera_that_is_not_there_is_an_error_at_the_start() -> None:
    """Without waiting, entering raises what the opening said."""
    gone = FakeCamera([PICTURE], faults=parse_faults("0:unplug"), name="fake")
    with pytest.raises(SourceError, match="expected a camera, found it unplugged"):
        SupervisedSource(gone, say=pytest.fail).__enter__()


def test_a_missing_package_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not come back like a camera; the command line says how to install it."""

    def import_it(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'cv2'", name="cv2")

    monkeypatch.setattr(camera_module, "open_capture", import_it)
    with pytest.raises(ModuleNotFoundError, match="cv2"), SupervisedSource(Camera("0"), say=pytest.fail, wait=True):
        pass


def test_a_camera_that_is_not_there_is_waited_for_on_request() -> None:
    """With waiting, it is said once and read when it comes."""
    said: list[str] = []
    late = FakeCamera([PICTURE], faults=parse_faults("0:unplug 0.3:replug"), name="fake")
    with SupervisedSource(late, say=said.append, wait=True, first_pause_s=0.02) as frames:
        assert next(frames).image is not None
    assert len(said) == 2


def test_a_blocked_read_does_not_block_the_end() -> None:
    """Leaving the block takes no longer than the wait for a read in progress."""
    never = threading.Event()

    class Stuck:
        name = "stuck"

        def open(self) -> Stuck:
            return self

        def read(self) -> None:
            never.wait(60)

        def close(self) -> None:
            pass

    ended = threading.Event()

    def enter_and_leave() -> None:
        with SupervisedSource(Stuck(), say=pytest.fail):
            pass
        ended.set()

    threading.Thread(target=enter_and_leave, daemon=True).start()
    assert ended.wait(30), "the read blocks for a minute"
    never.set()


def test_what_is_no_picture_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw buffers in a format that OpenCV does not decode are never taken for frames."""
    raw = np.zeros((1, 921600), np.uint8)
    monkeypatch.setattr(camera_module, "open_capture", lambda *_: ScriptedCapture([raw]))
    with pytest.raises(SourceError, match="does not decode; ask for another size"):
        first_frame(Camera("0"))


def test_what_a_camera_does_not_do_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Size, rate and exposure are asked for; a camera that gives others is read all the same."""
    monkeypatch.setattr(camera_module, "open_capture", lambda *_: StubbornCapture([PICTURE]))
    said: list[str] = []
    camera = Camera("0", CameraSettings(width=1920, height=1080, fps=60.0, exposure=5.0), say=said.append)
    assert camera.open().read() is not None
    camera.open()
    assert said == [
        "camera:0: asked for 1920×1080 pixels, it gives 640×480; asked for 60 frames a second, it gives 15; its "
        "exposure cannot be set (edge-digits cameras lists what it offers)"
    ]


@pytest.fixture
def unicam(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CSI camera of a Raspberry Pi, as V4L2 shows it."""
    node = v4l2.CameraNode(camera_module.Path("/dev/video0"), "unicam-image", "unicam", True)
    monkeypatch.setattr(v4l2, "describe_node", lambda path: node)


@pytest.fixture
def picamera(monkeypatch: pytest.MonkeyPatch) -> type[FakePicamera2]:
    """A picamera2 that is installed."""
    monkeypatch.setattr(FakePicamera2, "opened", [])
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=FakePicamera2))
    return FakePicamera2


@pytest.mark.usefixtures("unicam")
def test_a_camera_of_libcamera_is_taken_through_picamera2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where V4L2 opens and gives nothing, the reason is said, and what to install where picamera2 is missing."""
    said: list[str] = []
    monkeypatch.setitem(sys.modules, "picamera2", None)
    camera = Camera("0", say=said.append)
    camera.gave_nothing()
    assert "unicam device, which gives frames to libcamera alone; taking picamera2" in said[0]
    with pytest.raises(SourceError, match="sudo apt install -y python3-picamera2"):
        camera.open()


@pytest.mark.usefixtures("unicam")
@pytest.mark.parametrize("v4l2_opens", [True, False])
def test_a_camera_of_libcamera_is_read(
    v4l2_opens: bool, picamera: type[FakePicamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether V4L2 opens it and gives nothing or refuses it, frames come in the end, and it is stopped and closed."""

    def open_capture(*_: object) -> ScriptedCapture:
        if v4l2_opens:
            return ScriptedCapture([None] * 100)
        raise SourceError("camera 0: /dev/video0 is there and gives no video")

    monkeypatch.setattr(camera_module, "open_capture", open_capture)
    said: list[str] = []
    with SupervisedSource(Camera("0", say=said.append), say=said.append, first_pause_s=0.01) as frames:
        assert next(frames).image.shape == (480, 640, 3)
    assert any("taking picamera2" in line for line in said)
    assert picamera.opened[0].calls == ["start", "stop", "close"]


def test_picamera2_is_asked_for_size_rate_and_exposure(picamera: type[FakePicamera2]) -> None:
    """Blue, green, red in memory, which libcamera calls RGB888; microseconds; a read that waits in vain has failed."""
    wanted = CameraSettings(backend="picamera2", width=320, height=240, fps=10.0, exposure=2.5)
    device = Camera("0", wanted).open()
    assert picamera.opened[0].configuration == {
        "main": {"size": (320, 240), "format": "RGB888"},
        "controls": {"FrameRate": 10.0, "AeEnable": False, "ExposureTime": 2500},
    }
    picamera.opened[0].silent = True
    assert device.read() is None


def test_picamera2_without_a_camera_is_said(picamera: type[FakePicamera2], monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to check."""
    monkeypatch.setattr(picamera, "cameras", [])
    with pytest.raises(SourceError, match="libcamera finds no camera; check the ribbon cable"):
        Camera("0", CameraSettings(backend="picamera2")).open()


def test_counts_add_up_under_random_faults() -> None:
    """Every frame that the fake handed out was taken or dropped, and every outage but the last ended."""
    from device.sources.fake_faults import random_faults

    camera = FakeCamera([PICTURE], fps=1000, faults=random_faults(3, gap_s=0.05, scale=0.02))
    source = SupervisedSource(camera, say=lambda line: None, silence_s=0.05, first_pause_s=0.01)
    with source as frames:
        for _ in frames:
            if source.counts.frames >= 500:
                break
    counts = source.counts
    assert counts.taken + counts.dropped == counts.frames == camera.given
    assert counts.outages - counts.reconnects in (0, 1)
    assert counts.reconnects > 0
    assert counts != Counts()


def test_a_fault_script_is_times_and_faults() -> None:
    """Lengths may be given; replug ends unplug, free ends busy; # starts a comment in a file."""
    faults = [*parse_faults("5:unplug 8:replug 1:freeze=2.5")]
    assert faults == [Fault("freeze", 1.0, 3.5), Fault("unplug", 5.0, 8.0)]


@pytest.mark.parametrize("script", ["5:fire", "x:drop", "5", "no-such-file", "3:freeze=x"])
def test_a_wrong_fault_script_is_refused(script: str) -> None:
    """The faults there are are named."""
    with pytest.raises(UsageError, match="--faults: expected TIME:FAULT"):
        parse_faults(script)


def test_random_faults_follow_from_the_seed() -> None:
    """The same seed gives the same faults, another seed others."""
    from itertools import islice

    def draw(seed: int) -> list[Fault]:
        return [*islice(parse_faults(f"random:{seed}"), 20)]

    assert draw(1) == draw(1) != draw(2)


def test_pauses_are_long_only_where_the_coming_of_the_device_ends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is absent is seen when it comes; what is there and fails, and a stream, must be tried again soon."""
    unplugged, working = FakeCamera([PICTURE], fps=200, faults=[Fault("unplug", 0, 60)]), FakeCamera([PICTURE], fps=200)
    assert unplugged.most_pause_s() == Camera("/dev/video977").most_pause_s() == 10.0
    monkeypatch.setattr("pathlib.Path.exists", lambda _: True)
    assert working.most_pause_s() == Camera("/dev/video0").most_pause_s() == 3.5
    assert Stream("rtsp://127.0.0.1/live").most_pause_s() == 1.5
