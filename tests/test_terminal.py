"""Pictures: in the terminal, drawn on, and as files."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from device.cli import cli
from device.drawing import draw_reading
from device.errors import ExtraMissingError, OutputError, OutputExistsError, UsageError
from device.reading import ReadDigit, Reading
from device.sinks.sink import Event, Sinks
from device.sinks.sink_pictures import PictureSink, VideoSink
from device.sinks.sink_terminal import TerminalSink
from device.sinks.terminal_picture import terminal_picture

FRAME = np.full((120, 160, 3), 200, np.uint8)


def event(number: int) -> Event:
    digits = (ReadDigit("7", 0.9, (40, 30, 50, 60)),)
    return Event(Reading("camera:0", number, 1_700_000_000.0 + number, digits, held="7"), FRAME)


def test_a_terminal_picture_has_two_pixels_a_character() -> None:
    """The upper half block: its own colour above, the ground's below; equal colours are not repeated."""
    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 0] = (1, 2, 3)
    shown = terminal_picture(image, columns=2, lines=1)
    assert shown == "\x1b[38;2;3;2;1;48;2;0;0;0m▀\x1b[38;2;0;0;0;48;2;0;0;0m▀\x1b[0m"


def test_a_terminal_picture_keeps_its_proportions() -> None:
    """It is as large as fits."""
    lines = terminal_picture(np.zeros((480, 640), np.uint8), columns=40, lines=40).split("\n")
    assert (len(lines), lines[0].count("▀")) == (15, 40)


def test_the_live_view_shows_frame_reading_and_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Picture, text with confidence and what holds, and the state of the source; it wants a terminal."""
    with pytest.raises(UsageError, match="expected a terminal"):
        TerminalSink(status=str)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    view = TerminalSink(status=lambda: "frames 5").view(event(1))
    assert view.count("▀") > 100
    assert "7  (0.900)   holds: 7" in view
    assert "frames 5" in view
    assert "held back" not in view


def test_the_live_view_says_why_a_value_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a line of its own, as long as it is."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    doubted = replace(event(1).reading, held="8", held_back="fell from 8 to 7")
    view = TerminalSink(status=lambda: "frames 5").view(Event(doubted))
    shown = [line.removesuffix("\x1b[K") for line in view.split("\n")]
    assert shown[:2] == ["7  (0.900)   holds: 8", "held back: fell from 8 to 7"]


def test_a_drawing_marks_the_digit_and_leaves_the_frame_alone() -> None:
    """A box around the digit, its label, the text above; grey frames too."""
    drawn = draw_reading(FRAME[:, :, 0], event(1).reading)
    assert drawn.shape == FRAME.shape
    assert tuple(drawn[60, 40]) != (200, 200, 200)
    assert tuple(drawn[110, 150]) == (200, 200, 200)
    assert (FRAME == 200).all()


def test_labels_on_a_drawing_cover_no_other_digit() -> None:
    """The label of a low digit leaves out its score rather than reach into the tall one beside it."""
    digits = (ReadDigit("1", 0.99, (40, 70, 12, 30)), ReadDigit("7", 0.99, (60, 40, 40, 60)))
    drawn = draw_reading(FRAME, Reading("camera:0", 0, 0.0, digits, held="17"))
    assert (drawn[44:96, 64:96] == 200).all()
    assert (drawn[58:68, 40:52] != 200).any()


@pytest.mark.parametrize("length", [12, 40, 400])
@pytest.mark.parametrize("width", [160, 1600])
def test_the_text_above_a_drawing_ends_within_it(length: int, width: int) -> None:
    """It is written smaller, and at last shortened, rather than cut off by the rim."""
    frame = np.full((120, width, 3), 200, np.uint8)
    drawn = draw_reading(frame, Reading("camera:0", 0, 0.0, held="8" * length))
    assert (drawn[:24, 2 : width // 4] != 200).any()
    assert (drawn[:, -2:] == 200).all()


def test_rows_of_a_picture_are_told_apart_above_it() -> None:
    """As they are in a stream, whose text that holds has them apart."""
    digits = (ReadDigit("1", 0.99, (10, 40, 20, 30)), ReadDigit("7", 0.99, (10, 80, 20, 30), row=1))
    still = draw_reading(FRAME, Reading("photo.jpg", 0, 0.0, digits, stable=True))
    assert (still == draw_reading(FRAME, Reading("camera:0", 0, 0.0, digits, held="1\n7"))).all()


def test_pictures_stay_under_their_limit(tmp_path: Path) -> None:
    """The oldest go."""
    sink = PictureSink(tmp_path / "p", max_bytes=40_000)
    for number in range(20):
        sink.write([event(number)])
    names = sorted(each.name for each in (tmp_path / "p").iterdir())
    assert sum(each.stat().st_size for each in (tmp_path / "p").iterdir()) <= 40_000
    assert names[-1].endswith("-19.jpg")
    assert 2 <= len(names) < 20


def test_pictures_of_others_do_not_go(tmp_path: Path) -> None:
    """Only what is named as pictures of readings are makes room for them."""
    (tmp_path / "2026-holiday.jpg").write_bytes(bytes(8000))
    sink = PictureSink(tmp_path, max_bytes=40_000)
    for number in range(20):
        sink.write([event(number)])
    assert len([*tmp_path.glob("*-19.jpg")]) == 1
    assert (tmp_path / "2026-holiday.jpg").exists()


def test_a_video_has_every_frame(tmp_path: Path) -> None:
    """It appears under its name when it is whole, ends at its limit, and overwrites nothing."""
    path = tmp_path / "v.avi"
    sink = VideoSink(path, fps=lambda: 10, max_bytes=10_000_000, say=pytest.fail)
    sink.write([event(number) for number in range(5)])
    assert not path.exists()
    sink.close()
    capture = cv2.VideoCapture(str(path))
    frames = 0
    while capture.read()[0]:
        frames += 1
    assert frames == 5
    with pytest.raises(OutputExistsError, match="exists already"):
        VideoSink(path, fps=lambda: 10, max_bytes=1, say=pytest.fail)
    said: list[str] = []
    small = VideoSink(tmp_path / "small.avi", fps=lambda: 10, max_bytes=200_000, say=said.append)
    for number in range(200):
        small.write([event(number)])
    small.close()
    assert 50_000 < (tmp_path / "small.avi").stat().st_size <= 200_000
    (line,) = said
    assert "its limit of 0.2 MB" in line


def test_a_video_that_the_disk_did_not_take_whole_is_no_video(tmp_path: Path) -> None:
    """OpenCV says nothing of it; the file does not get its name."""
    path = tmp_path / "v.avi"
    sink = VideoSink(path, fps=lambda: 10, max_bytes=10_000_000, say=pytest.fail)
    sink.write([event(number) for number in range(5)])
    part = tmp_path / ".v.part.avi"
    release = sink._writer.release
    sink._writer = SimpleNamespace(release=lambda: (release(), os.truncate(part, 4096)))
    with pytest.raises(OutputError, match="cut off after 4,096 bytes"):
        sink.close()
    assert not path.exists()


def test_frames_of_a_video_that_was_cut_off_are_lost(tmp_path: Path) -> None:
    """All that it had taken, in the counts by which the command ends with 1."""
    said: list[str] = []
    sink = VideoSink(tmp_path / "v.avi", fps=lambda: 10, max_bytes=10_000_000, say=pytest.fail)
    with Sinks([sink], say=said.append, patient=True) as sinks:
        for number in range(5):
            sinks.put(event(number), every=True)
        while sinks.threads[0].counts.written < 5:
            time.sleep(0.01)
        release = sink._writer.release
        sink._writer = SimpleNamespace(release=lambda: (release(), os.truncate(tmp_path / ".v.part.avi", 4096)))
    counts = sinks.threads[0].counts
    assert (counts.written, counts.lost, counts.failures) == (0, 5, 1)
    assert "cut off after 4,096 bytes, which are in" in said[0]
    assert said[1] == f"video {tmp_path / 'v.avi'}: 5 readings lost"


@pytest.mark.parametrize("limit", [500_000, 3_000_000])
def test_a_video_comes_near_its_limit(limit: int, tmp_path: Path) -> None:
    """Of pictures that change, and of any that are not tiny beside it."""
    said: list[str] = []
    noise = np.random.default_rng(0).integers(0, 80, (120, 160, 3), np.uint8)
    path = tmp_path / "v.avi"
    sink = VideoSink(path, fps=lambda: 10, max_bytes=limit, say=said.append)
    for number in range(2000):
        image = noise if number % 20 > 4 else noise // 16
        sink.write([Event(event(number).reading, image)])
    assert len(said) == 1
    assert (0.5 if limit < 10**6 else 0.85) * limit < path.stat().st_size <= limit


def test_two_runs_never_write_one_video(tmp_path: Path) -> None:
    """The second is refused, at the start or with its first frame; what a killed run left is written over."""
    path = tmp_path / "v.avi"
    (tmp_path / ".v.part.avi").write_bytes(b"of a run that was killed")
    sinks = [VideoSink(path, fps=lambda: 10, max_bytes=10_000_000, say=pytest.fail) for _ in range(2)]
    sinks[0].write([event(1)])
    with pytest.raises(OutputError, match="another run writes this video"):
        sinks[1].write([event(1)])
    with pytest.raises(OutputError, match="another run writes this video"):
        VideoSink(path, fps=lambda: 10, max_bytes=1, say=pytest.fail)
    for sink in sinks:
        sink.close()
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) == 1


def test_a_video_overwrites_nothing_that_came_meanwhile(tmp_path: Path) -> None:
    """It stays where it was written, which is said."""
    path = tmp_path / "v.avi"
    sink = VideoSink(path, fps=lambda: 10, max_bytes=10_000_000, say=pytest.fail)
    sink.write([event(1)])
    path.write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match=r"the video is in .*\.v\.part\.avi"):
        sink.close()
    assert path.read_bytes() == b"mine"
    assert cv2.VideoCapture(str(tmp_path / ".v.part.avi")).get(cv2.CAP_PROP_FRAME_COUNT) == 1


def test_a_video_ends_whole_where_the_disk_fills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV itself would go on and leave a file without an end; without room none is begun."""
    free = iter([10**9, 10**6])
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=next(free)))
    said: list[str] = []
    sink = VideoSink(tmp_path / "v.avi", fps=lambda: 10, max_bytes=10_000_000, say=said.append)
    sink.write([event(number) for number in range(50)])
    assert said == [f"video {tmp_path / 'v.avi'}: ended after 10 frames (the disk is nearly full)"]
    assert cv2.VideoCapture(str(tmp_path / "v.avi")).get(cv2.CAP_PROP_FRAME_COUNT) == 10
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5))
    with pytest.raises(OutputError, match="expected room for a video, found 5 bytes"):
        VideoSink(tmp_path / "w.avi", fps=lambda: 10, max_bytes=10_000_000, say=said.append).write([event(1)])


@pytest.mark.skipif(not Path("/proc/self/attr").is_dir(), reason="needs a folder that not even root can write in")
def test_a_folder_that_cannot_be_written_is_refused_before_the_first_frame() -> None:
    """A video or pictures that have no place are known at the start, where somebody looks; exit code 1."""
    folder = Path("/proc/self/attr")
    with pytest.raises(OutputError, match="cannot be written"):
        PictureSink(folder, max_bytes=10**6)
    with pytest.raises(OutputError, match="cannot be written"):
        VideoSink(folder / "v.avi", fps=lambda: 10, max_bytes=10**6, say=pytest.fail)


def test_a_video_that_cannot_be_begun_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A folder may become read-only later; OpenCV's own words stay out of the log."""
    sink = VideoSink(tmp_path / "v.avi", fps=lambda: 10, max_bytes=10**6, say=pytest.fail)
    (tmp_path / ".v.part.avi").mkdir()
    with pytest.raises(OutputError, match="cannot be begun"):
        sink.write([event(1)])
    assert capfd.readouterr().err == ""


def test_a_video_is_called_what_it_is(tmp_path: Path) -> None:
    """Motion JPEG in an AVI file, whatever else a name promises."""
    with pytest.raises(UsageError, match=r"expected a name that ends in \.avi, found .*v\.mp4"):
        VideoSink(tmp_path / "v.mp4", fps=lambda: 10, max_bytes=10**6, say=pytest.fail)


def test_a_window_says_what_to_install() -> None:
    """The headless OpenCV has none; exit code 1, one line."""
    from device.sinks.sink_display import DisplaySink

    if "headless" not in "".join(_opencv_distributions()):
        pytest.skip("this OpenCV may have windows")
    with pytest.raises(ExtraMissingError, match="pip install opencv-python"):
        DisplaySink()


def _opencv_distributions() -> list[str]:
    from importlib.metadata import distributions

    return [each.name for each in distributions() if each.name.startswith("opencv")]


def test_cameras_lists_them_or_is_exit_code_5(monkeypatch: pytest.MonkeyPatch) -> None:
    """Device, name, driver and modes; nodes without pictures are left out."""
    from device.sources import v4l2

    mode = v4l2.CameraMode("MJPG", 640, 480, (30.0, 15.0))
    nodes = [
        v4l2.CameraNode(Path("/dev/video0"), "HD Webcam", "uvcvideo", True, (mode,)),
        v4l2.CameraNode(Path("/dev/video1"), "HD Webcam", "uvcvideo", False),
        v4l2.CameraNode(Path("/dev/video2"), "", "", False, trouble="Permission denied"),
    ]
    monkeypatch.setattr(v4l2, "camera_nodes", lambda modes=False: nodes)
    result = CliRunner().invoke(cli, ["cameras"])
    assert result.stdout.splitlines() == [
        "/dev/video0  HD Webcam  [uvcvideo]",
        "    MJPG 640×480  at 30, 15",
        "/dev/video2  no name  [Permission denied]",
    ]
    monkeypatch.setattr(v4l2, "camera_nodes", lambda modes=False: [])
    assert CliRunner().invoke(cli, ["cameras"]).exit_code == 5
