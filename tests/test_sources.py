"""Sources give frames, and an input that cannot be read never stops the others."""

from __future__ import annotations

import io
import os
import sys
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from fakes import FilmCapture
from PIL import Image

from device.commands.classify import classify
from device.errors import PictureError, SourceError, UsageError
from device.frames import Frame
from device.settings.settings import CameraSettings, SourceSettings
from device.sources.camera import Camera
from device.sources.fake_camera import FakeCamera, pictures_to_show
from device.sources.files import expand, find_pictures, names_file, picture_frames
from device.sources.opening import OpenableSource, choose_source, turned
from device.sources.orientation import Orientation
from device.sources.picture_kinds import FORMATS, SUFFIXES, readable_kinds
from device.sources.pictures import read_picture
from device.sources.supervision import SupervisedSource

NO_STDIN = io.BytesIO()
GREY = np.full((6, 8, 3), 90, np.uint8)


@pytest.mark.parametrize("spec", ["rtsp://h/s", "b.png"])
def test_what_no_camera_is_asked_is_said(spec: str, folder: Path) -> None:
    """Size, rate and exposure are asked of cameras; elsewhere they would be passed over in silence."""
    said: list[str] = []
    camera = CameraSettings(width=320, fps=5.0, exposure=5.0)
    choose_source(
        SourceSettings(source=spec.replace("b.png", f"{folder}/b.png")), camera, stdin=NO_STDIN, say=said.append
    )
    (line,) = said
    assert "--width, --fps, --exposure: only cameras" in line


def test_a_fake_camera_plays_at_the_rate_that_is_asked_for(folder: Path) -> None:
    """Nothing is said of it, as of nothing that is done."""
    source = SourceSettings(fake_camera=folder / "b.png")
    choose_source(source, CameraSettings(fps=5.0), stdin=NO_STDIN, say=pytest.fail)


def test_a_fake_camera_reads_each_picture_of_a_folder_when_its_turn_comes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once a turn, whatever the rate; one that is damaged by then is an error of the camera that names it."""
    read: list[str] = []

    def reading(path: Path) -> np.ndarray:
        read.append(path.name)
        return read_picture(path)

    monkeypatch.setattr("device.sources.fake_camera.read_picture", reading)
    camera = FakeCamera(pictures_to_show(folder), picture_s=2.0)
    (folder / "below" / "a.jpg").write_bytes((folder / "below" / "a.jpg").read_bytes()[:200])
    assert read == ["b.png"]
    for now_s in (0.0, 1.9, 4.0):
        monkeypatch.setattr(camera, "now_s", lambda now_s=now_s: now_s)
        assert camera.picture(None).shape == GREY.shape
    assert read == ["b.png"]
    monkeypatch.setattr(camera, "now_s", lambda: 2.0)
    with pytest.raises(SourceError, match=r"fake: .*a\.jpg: expected a whole picture, found damage"):
        camera.picture(None)


def test_a_damaged_picture_of_a_fake_camera_is_an_outage(folder: Path) -> None:
    """It is said once, and what comes after it is shown; one that comes first is refused."""
    (folder / "below" / "a.jpg").write_bytes((folder / "below" / "a.jpg").read_bytes()[:200])
    said: list[str] = []
    camera = FakeCamera(pictures_to_show(folder), picture_s=0.1, fps=100)
    with SupervisedSource(camera, say=said.append, first_pause_s=0.01) as frames:
        while len(said) < 2:
            assert next(frames).image is not None
    assert "a.jpg: expected a whole picture, found damage" in said[0]
    assert "fake: back after" in said[1]
    with pytest.raises(PictureError, match=r"a\.jpg: expected a whole picture"):
        FakeCamera(pictures_to_show(folder / "below"))


def choose(spec: str, **settings: object) -> OpenableSource:
    source = SourceSettings(source=spec, **settings)
    return choose_source(source, CameraSettings(), stdin=NO_STDIN, say=pytest.fail)


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


def test_half_written_pictures_in_a_folder_are_passed_over(folder: Path) -> None:
    """What is hidden is no picture to read: under such names pictures are written before they are renamed."""
    (folder / ".c-x1.part.png").write_bytes((folder / "b.png").read_bytes()[:40])
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "b.png").write_bytes((folder / "b.png").read_bytes())
    assert expand(str(folder)) == [folder / "b.png", folder / "below" / "a.jpg"]


def test_a_folder_that_cannot_be_looked_through_stops_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As lost+found on a memory card: it is an error of its own, and what lies beside it is read."""
    scan = os.scandir

    def refuse(place: str | Path) -> object:
        if Path(place).name == "below":
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_pictures([str(folder)])
    assert [each.path for each in found] == [folder / "b.png", None]
    assert (
        str(found[1].error)
        == f"{folder / 'below'}: expected pictures, found: Permission denied; check name and permissions"
    )
    with pytest.raises(PictureError, match="Permission denied"):
        expand(str(folder))


@pytest.mark.parametrize(
    ("spec", "path", "deep", "named"),
    [
        (".", "1.jpg", True, True),
        (".", "out/1.jpg", True, True),
        (".", "out/1.jpg", False, False),
        (".", ".out/1.jpg", True, False),
        ("below", "1.jpg", True, False),
        ("*.png", "1.jpg", True, False),
        ("*.jpg", "1.jpg", True, True),
        ("*.jpg", "out/1.jpg", True, False),
        ("**/*.jpg", "out/1.jpg", True, True),
        ("**/*.jpg", "1.jpg", True, True),
        ("b.png", "1.jpg", True, False),
    ],
)
def test_what_a_source_names_is_known_before_it_is_there(
    spec: str, path: str, deep: bool, named: bool, folder: Path
) -> None:
    """So that no run reads what it writes."""
    assert names_file(str(folder / spec), folder / path, deep=deep) is named


def test_a_folder_gives_every_kind_that_is_read_as_a_file(tmp_path: Path) -> None:
    """What is read where it is named is not passed over in a folder."""
    for kind in readable_kinds():
        for suffix in kind.suffixes:
            Image.fromarray(GREY).save(tmp_path / f"a{suffix.upper()}", kind.formats[0])
    frames = list(picture_frames([str(tmp_path)], stdin=NO_STDIN))
    assert sorted(Path(frame.source).suffix.lower() for frame in frames) == sorted(
        suffix for kind in readable_kinds() for suffix in kind.suffixes
    )
    assert [frame.error for frame in frames if frame.image is None] == []


def test_files_of_a_kind_end_as_pillow_knows_it() -> None:
    """A suffix that Pillow gives to a format that is read is looked for in folders, and no other."""
    assert {suffix for suffix, kind in Image.registered_extensions().items() if kind in FORMATS} == SUFFIXES


def test_a_kind_without_its_decoder_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older Pillow reads no AVIF; messages then do not promise it."""
    (tmp_path / "a.avif").touch()
    assert expand(str(tmp_path)) == [tmp_path / "a.avif"]
    monkeypatch.setitem(sys.modules, "PIL._avif", None)
    with pytest.raises(PictureError, match=r"\(PNG, JPEG, GIF, BMP, PNM, WebP, TIFF\), found none"):
        expand(str(tmp_path))


def test_a_glob_gives_what_matches(folder: Path) -> None:
    """Globs work quoted too, ** included."""
    assert expand(f"{folder}/*.png") == [folder / "b.png"]
    assert expand(f"{folder}/**/*.jpg") == [folder / "below" / "a.jpg"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://user:secret@host/a.jpg", "the address http://host/a.jpg; only `run --source` takes addresses"),
        ("rtsp://host/*", "only `run --source` takes addresses"),
        ("file:///a.png", "the address file:///a.png; name the file itself"),
    ],
)
def test_an_address_is_no_picture(address: str, words: str) -> None:
    """It is said where addresses are taken, and no password, rather than that no such file is there."""
    result = CliRunner().invoke(classify, ["-", address])
    assert result.exit_code == 2
    assert result.stderr.endswith(f"{words}\n")
    assert "secret" not in result.output


def test_a_file_named_like_a_pattern_is_that_file(folder: Path) -> None:
    """A file that exists is never taken for a glob."""
    (folder / "b.png").rename(folder / "b[1].png")
    assert expand(f"{folder}/b[1].png") == [folder / "b[1].png"]


class Endless(io.RawIOBase):
    """A stream without end, such as /dev/zero; it fails the test where more is taken from it than `most` bytes."""

    def __init__(self, most: int) -> None:
        self.left = most

    def read(self, size: int = -1) -> bytes:
        assert 0 <= size <= self.left, "read beyond the limit"
        self.left -= size
        return bytes(size)


def test_standard_input_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read than the largest picture has, rather than until memory is full."""
    monkeypatch.setattr("device.sources.pictures.MOST_BYTES", 10_000)
    monkeypatch.setattr("device.sources.pictures.CHUNK_BYTES", 1_000)
    (frame,) = picture_frames(["-"], stdin=Endless(11_000))
    assert str(frame.error) == "stdin: expected at most 10000 bytes, found more; shrink the picture"


class Failing(io.RawIOBase):
    """A stream that breaks off."""

    def read(self, size: int = -1) -> bytes:
        raise OSError(5, "Input/output error")


def test_standard_input_that_fails_is_a_frame_with_an_error() -> None:
    """What the system says of it is told, as of a file."""
    (frame,) = picture_frames(["-"], stdin=Failing())
    assert str(frame.error) == "stdin: expected a picture, found: Input/output error; save it as a file"


def test_what_cannot_be_read_is_a_frame_with_an_error(folder: Path) -> None:
    """A missing file, an empty folder and a pattern without matches are said; the picture after them is still read."""
    (folder / "empty").mkdir()
    specs = [f"{folder}/missing.png", f"{folder}/empty", f"{folder}/*.gif", f"{folder}/b.png"]
    frames = list(picture_frames(specs, stdin=NO_STDIN))
    assert [frame.error is None for frame in frames] == [False, False, False, True]
    assert all("expected" in str(frame.error) for frame in frames[:3])
    assert frames[3].image is not None


def test_a_video_among_pictures_is_named_with_what_reads_it(folder: Path) -> None:
    """Saving it again is no help; one that is not there, and a picture under such a name, are what they are."""
    film = folder / "film.mp4"
    (gone,) = picture_frames([str(film)], stdin=NO_STDIN)
    assert "found nothing there" in str(gone.error)
    film.write_bytes(b"\0\0\0\x18ftypmp42")
    (frame,) = picture_frames([str(film)], stdin=NO_STDIN)
    assert str(frame.error) == f"{film}: expected a picture, found a video file; `run --source` reads it"
    film.write_bytes((folder / "b.png").read_bytes())
    assert [each.error for each in picture_frames([str(film)], stdin=NO_STDIN)] == [None]


def test_standard_input_is_one_picture(folder: Path) -> None:
    """- reads a picture's bytes."""
    (frame,) = picture_frames(["-"], stdin=io.BytesIO((folder / "b.png").read_bytes()))
    assert frame.source == "stdin"
    assert frame.image is not None
    assert frame.image.shape == GREY.shape


@pytest.mark.parametrize(
    ("spec", "stream", "live"),
    [
        *(
            (each, True, True)
            for each in ("0", "/dev/video2", "/dev/v4l/by-id/usb-x", "HD Webcam", "USB2.0 CAM", "rtsp://h/a.png")
        ),
        ("a.MP4", True, False),
        *((each, False, False) for each in ("a.png", "-", "folder/*", "folder/")),
    ],
)
def test_a_source_is_known_by_its_name(spec: str, stream: bool, live: bool) -> None:
    """Cameras, by number, file or name, and network streams are live; a video is a stream that waits for its reader."""
    source = choose(spec)
    assert (source.stream, source.live is not None) == (stream, live)


def write_film(path: Path) -> None:
    """Write three frames, ten a second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (8, 6))
    for _ in range(3):
        writer.write(GREY)
    writer.release()


def test_a_video_gives_its_frames(tmp_path: Path) -> None:
    """Frames are numbered from 0, and as far apart in time as in the film, however fast they are read."""
    path = tmp_path / "v.avi"
    write_film(path)
    with choose(str(path)).frames as frames:
        read = list(frames)
    assert [(frame.index, frame.image.shape) for frame in read] == [(n, GREY.shape) for n in range(3)]
    assert np.diff([frame.taken_at_s for frame in read]) == pytest.approx([0.1, 0.1], abs=1e-6)


def test_a_video_that_is_deleted_while_it_is_read_is_whole(tmp_path: Path) -> None:
    """All its frames are there, and it says how many a second."""
    path = tmp_path / "v.avi"
    write_film(path)
    source = choose(str(path))
    with source.frames as frames:
        path.unlink()
        assert [frame.error for frame in frames] == [None] * 3
        assert source.fps == 10


def played(path: Path, film: FilmCapture, monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    """Read a file that OpenCV opens as a film."""
    path.touch()
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: film)
    with choose(str(path)).frames as frames:
        return list(frames)


def test_time_in_a_video_is_that_of_the_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Screen recorders write frames when something moves; such a film is whole although its frames are few."""
    film = FilmCapture([0.0, 1.0, 5.0, 12.0, 22.0], fps=25.0, promised=551)
    frames = played(tmp_path / "v.mkv", film, monkeypatch)
    assert [frame.error for frame in frames] == [None] * 5
    assert np.diff([frame.taken_at_s for frame in frames]) == pytest.approx([1.0, 4.0, 7.0, 10.0])


def test_a_video_that_does_not_say_its_places_has_a_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that is missing, or before the last, is by the rate behind it."""
    film = FilmCapture([-1e18, -1e18, 0.5, 0.0], fps=10.0, promised=4)
    frames = played(tmp_path / "v.mjpeg", film, monkeypatch)
    assert np.diff([frame.taken_at_s for frame in frames]) == pytest.approx([0.1, 0.4, 0.1], abs=1e-6)


def test_a_video_that_is_cut_short_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both its frames and its length are less than promised."""
    film = FilmCapture([0.0, 0.1, 0.2, 0.3], fps=10.0, promised=9)
    assert "its end after 4 of 9 frames" in str(played(tmp_path / "v.mkv", film, monkeypatch)[-1].error)


@pytest.mark.parametrize("content", [None, b"no video at all"])
def test_a_video_that_cannot_be_read_is_a_frame_with_an_error(content: bytes | None, tmp_path: Path) -> None:
    """Missing and unreadable videos are one line."""
    if content is not None:
        (tmp_path / "v.mp4").write_bytes(content)
    with choose(str(tmp_path / "v.mp4")).frames as frames:
        (frame,) = frames
    assert "expected a whole video file" in str(frame.error)


def test_a_name_that_is_too_long_for_a_file_is_that_of_an_absent_camera() -> None:
    """Exit code 5, like any other name that nothing has."""
    with pytest.raises(SourceError, match="expected part of a camera's name"), choose("x" * 5000).frames:
        pass


def test_an_absent_camera_says_which_are_there() -> None:
    """Exit code 5, naming the device expected and those found."""
    with pytest.raises(SourceError, match=r"camera 97: expected /dev/video97, found") as caught:
        Camera("97").open()
    assert caught.value.exit_code == 5


def test_an_unknown_camera_name_says_which_are_there() -> None:
    """The cameras of this machine are listed."""
    with pytest.raises(SourceError, match=r"camera 'Nosuch': expected part of a camera's name.*cameras here: "):
        Camera("Nosuch").open()


def test_a_frame_is_cropped_and_then_turned() -> None:
    """The crop is x, y, width, height; turning is clockwise."""
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    turned = Orientation((1, 0, 2, 3), 90).turn(Frame("x", 0, 0.0, image)).image
    assert turned is not None
    assert turned.tolist() == [[9, 5, 1], [10, 6, 2]]


def test_a_crop_outside_the_frame_is_refused() -> None:
    """The message gives both."""
    with pytest.raises(UsageError, match=r"inside the frame of 4×3 px, found 0,0,5,3"):
        Orientation((0, 0, 5, 3), 0).turn(Frame("x", 0, 0.0, np.zeros((3, 4), np.uint8)))


def test_a_later_frame_that_is_too_small_to_crop_is_an_error_of_that_frame() -> None:
    """As of another camera after replugging, or of one picture of many; the next are read."""
    frames = [Frame("x", number, 0.0, np.zeros((side, side), np.uint8)) for number, side in enumerate([5, 3, 5])]
    done = [*turned(frames, CameraSettings(crop=(0, 0, 4, 4)))]
    assert [frame.image is None for frame in done] == [False, True, False]
    assert str(done[1].error).startswith("x: --crop: expected X,Y,W,H inside the frame of 3×3 px")
    with pytest.raises(UsageError, match="inside the frame of 3×3 px"):
        next(turned(frames[1:], CameraSettings(crop=(0, 0, 4, 4))))


def test_faults_need_the_fake_camera() -> None:
    """A script of faults without a fake camera is wrong usage."""
    with pytest.raises(UsageError, match="--fake-camera"):
        choose("0", faults="1:unplug")


def test_a_watched_folder_gives_whole_pictures_once(folder: Path) -> None:
    """What is there comes first; a file that still grows is waited for; a file written again is read again.

    Each is the only frame of its source, as in a folder that is read once.
    """
    from device.sources.watching import watch_folder

    looks = 0

    def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            (folder / "new.png").write_bytes((folder / "b.png").read_bytes()[:40])
        if looks == 3:
            Image.fromarray(GREY).save(folder / "new.png")
        if looks == 6:
            Image.fromarray(GREY[:3]).save(folder / "b.png")
        if looks == 10:
            raise KeyboardInterrupt

    frames = watch_folder(folder, say=pytest.fail, sleep=sleep)
    seen = [(Path(frame.source).name, frame.index, frame.error) for frame in islice(frames, 3)]
    with pytest.raises(KeyboardInterrupt):
        next(frames)
    assert seen == [("b.png", 0, None), ("new.png", 0, None), ("b.png", 0, None)]


def test_a_watched_file_that_grows_in_pauses_is_no_error(folder: Path) -> None:
    """Only one that stays unreadable for ten seconds is, and a folder that is named like a picture is none."""
    from device.sources.watching import PATIENT_LOOKS, watch_folder

    whole = (folder / "b.png").read_bytes()
    (folder / "d.png").mkdir()
    (folder / "bad.png").write_bytes(b"no picture")
    looks = 0

    def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks % 3 == 1 and looks < 12:
            (folder / "slow.png").write_bytes(whole[: len(whole) * looks // 10])

    frames = watch_folder(folder, say=pytest.fail, sleep=sleep)
    seen = [(Path(frame.source).name, frame.error is None) for frame in islice(frames, 3)]
    assert seen == [("b.png", True), ("slow.png", True), ("bad.png", False)]
    assert looks > PATIENT_LOOKS


def test_a_stream_of_an_unknown_kind_is_refused() -> None:
    """Rather than taken for a file."""
    with pytest.raises(UsageError, match="expected a stream by rtsp://, http:// or https://, found ftp://"):
        choose("ftp://host/a")


def test_a_camera_is_no_folder_to_watch() -> None:
    """Said rather than passed over."""
    with (
        pytest.raises(SourceError, match="0: expected a folder to watch, found nothing"),
        choose("0", watch=True).frames as frames,
    ):
        next(iter(frames))


def test_a_folder_to_watch_is_waited_for_on_request(folder: Path) -> None:
    """As one on a disk that is mounted late; said once, and once when it is there."""
    from device.sources.watching import watch_folder

    said: list[str] = []
    late = folder.with_name("late")
    frame = next(watch_folder(late, say=said.append, wait=True, sleep=lambda _: late.exists() or folder.rename(late)))
    assert (Path(frame.source).name, len(said), said[-1]) == ("b.png", 2, f"{late}: back")


@pytest.mark.parametrize("spec", ["rtsp://me:secret@h/s", "http://h/s"])
def test_a_stream_is_no_folder_to_watch(spec: str) -> None:
    """Said without the password."""
    with pytest.raises(UsageError, match=r"^--watch: expected a folder to watch, found a camera or stream"):
        choose(spec, watch=True)


def test_a_folder_to_watch_must_be_there(tmp_path: Path) -> None:
    """Exit code 5, as for a camera."""
    with choose(str(tmp_path / "none"), watch=True).frames as frames, pytest.raises(SourceError, match="to watch"):
        next(iter(frames))
