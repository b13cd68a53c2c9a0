"""Sources give frames, and an input that cannot be read never stops the others."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from fakes import ScriptedCapture
from PIL import Image

from device import camera as camera_module
from device.camera import Camera
from device.errors import SourceError
from device.sources import expand, is_stream, open_source, picture_frames

NO_STDIN = io.BytesIO()
GREY = np.full((6, 8, 3), 90, np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two pictures, one in a folder below, and a text."""
    (tmp_path / "below").mkdir()
    Image.fromarray(GREY).save(tmp_path / "b.png")
    Image.fromarray(GREY).save(tmp_path / "below" / "a.jpg")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_a_folder_gives_its_pictures_in_order(folder: Path) -> None:
    """Folders are searched through; other files are left alone."""
    assert expand(str(folder)) == [folder / "b.png", folder / "below" / "a.jpg"]


def test_a_glob_gives_what_matches(folder: Path) -> None:
    """Globs work quoted too, ** included."""
    assert expand(f"{folder}/*.png") == [folder / "b.png"]
    assert expand(f"{folder}/**/*.jpg") == [folder / "below" / "a.jpg"]


def test_a_file_named_like_a_pattern_is_that_file(folder: Path) -> None:
    """A file that exists is never taken for a glob."""
    (folder / "b.png").rename(folder / "b[1].png")
    assert expand(f"{folder}/b[1].png") == [folder / "b[1].png"]


def test_what_cannot_be_read_is_a_frame_with_an_error(folder: Path) -> None:
    """A missing file, an empty folder and a pattern without matches are said; the picture after them is still read."""
    (folder / "empty").mkdir()
    specs = [f"{folder}/missing.png", f"{folder}/empty", f"{folder}/*.gif", f"{folder}/b.png"]
    frames = list(picture_frames(specs, stdin=NO_STDIN))
    assert [frame.error is None for frame in frames] == [False, False, False, True]
    assert all("expected" in str(frame.error) for frame in frames[:3])
    assert frames[3].image is not None


def test_standard_input_is_one_picture(folder: Path) -> None:
    """- reads a picture's bytes."""
    (frame,) = picture_frames(["-"], stdin=io.BytesIO((folder / "b.png").read_bytes()))
    assert frame.source == "stdin"
    assert frame.image is not None
    assert frame.image.shape == GREY.shape


@pytest.mark.parametrize(
    ("spec", "stream"), [("0", True), ("/dev/video2", True), ("a.MP4", True), ("a.png", False), ("-", False)]
)
def test_cameras_and_videos_are_streams(spec: str, stream: bool) -> None:
    """Their frames follow each other in time."""
    assert is_stream(spec) is stream


def test_a_video_gives_its_frames(tmp_path: Path) -> None:
    """Frames are numbered from 0."""
    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (8, 6))
    for _ in range(3):
        writer.write(GREY)
    writer.release()
    with open_source(str(path), stdin=NO_STDIN) as frames:
        assert [(frame.index, frame.image.shape) for frame in frames] == [(n, GREY.shape) for n in range(3)]


@pytest.mark.parametrize("content", [None, b"no video at all"])
def test_a_video_that_cannot_be_read_is_a_frame_with_an_error(content: bytes | None, tmp_path: Path) -> None:
    """Missing and unreadable videos are one line."""
    if content is not None:
        (tmp_path / "v.mp4").write_bytes(content)
    with open_source(str(tmp_path / "v.mp4"), stdin=NO_STDIN) as frames:
        (frame,) = frames
    assert "expected a whole video file" in str(frame.error)


def test_a_camera_gives_frames_and_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera is let go of when the block ends."""
    capture = ScriptedCapture([GREY] * 3)
    monkeypatch.setattr(camera_module, "open_capture", lambda spec: capture)
    with Camera("0") as frames:
        assert next(frames).image is not None
    assert capture.released


def test_a_camera_that_is_unplugged_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 5, with the number of frames it gave."""
    monkeypatch.setattr(camera_module, "open_capture", lambda spec: ScriptedCapture([]))
    with Camera("0") as frames, pytest.raises(SourceError, match="stopped giving frames") as caught:
        next(frames)
    assert caught.value.exit_code == 5


def test_a_camera_that_stalls_does_not_block_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that never returns becomes an error after the silence allowed."""
    import threading

    forever = threading.Event()

    class Stalled(ScriptedCapture):
        def read(self):
            forever.wait(30)
            return super().read()

    monkeypatch.setattr(camera_module, "open_capture", lambda spec: Stalled([]))
    with pytest.raises(SourceError, match="no frame for"), Camera("0", silence_s=0.1) as frames:
        next(frames)
    forever.set()


def test_an_absent_camera_says_which_are_there() -> None:
    """Exit code 5, naming the device expected and those found."""
    with pytest.raises(SourceError, match=r"camera 97: expected /dev/video97, found"):
        Camera("97").__enter__()
