"""Opening the source that settings name: pictures, a folder to watch, a video, a camera, a stream or a fake camera."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from glob import has_magic
from pathlib import Path
from typing import BinaryIO

from ..errors import UsageError
from ..frames import Frame
from ..printable import printable
from ..settings.settings import CameraSettings, SourceSettings
from .files import STDIN, VIDEO_SUFFIXES, is_video, picture_frames
from .frame_device import FrameOpener
from .picture_kinds import SUFFIXES
from .supervision import SupervisedSource
from .watching import FolderState, watch_folder


@dataclass(frozen=True)
class OpenableSource:
    """A source that is ready to be opened.

    Attributes:
        frames: gives the frames on entering; errors of opening are raised there.
        stream: whether its frames follow each other in time.
        live: the supervised source where frames come whether they are read or not, else None.
        watched: the state of the folder where one is watched, else None.
    """

    frames: AbstractContextManager[Iterable[Frame]]
    stream: bool
    live: SupervisedSource | None = None
    watched: FolderState | None = None

    @property
    def fps(self) -> float:
        """Frames a second of a video file that is open, as it says; else 0.0."""
        return float(getattr(self.frames, "fps", 0.0))

    @property
    def endless(self) -> bool:
        """Whether more may come for ever, so that nothing may wait for its end."""
        return self.live is not None


def choose_source(
    source: SourceSettings, camera: CameraSettings, *, stdin: BinaryIO, say: Callable[[str], None]
) -> OpenableSource:
    """Return the source that the settings name; nothing is opened yet.

    Args:
        source: what to read.
        camera: how a camera or stream is opened and looked after.
        stdin: where "-" reads a picture from.
        say: is told, once per change of state, that the source is away or back.

    Raises:
        UsageError: settings that do not go together.
        PictureError: the fake camera has nothing to show.
    """
    opener = _opener(source, camera, say)
    _say_unasked(opener, source, camera, say)
    if opener is not None:
        live = SupervisedSource(opener, say=say, silence_s=camera.silence_s, wait=source.wait)
        return OpenableSource(live, stream=True, live=live)
    if source.watch:
        state = FolderState()
        frames = watch_folder(Path(source.source), say=say, wait=source.wait, state=state)
        return OpenableSource(nullcontext(frames), stream=False, watched=state)
    if is_video(source.source):
        from .video import VideoFile

        return OpenableSource(VideoFile(Path(source.source)), stream=True)
    return OpenableSource(nullcontext(picture_frames([source.source], stdin=stdin)), stream=False)


def turned(frames: Iterable[Frame], camera: CameraSettings) -> Iterator[Frame]:
    """Yield the frames cropped and turned as the settings say; a later one that is too small becomes an error.

    Raises:
        UsageError: the part to keep is not in the first frame.
    """
    from .orientation import Orientation

    orientation, fitted = Orientation(camera.crop, camera.rotate), False
    for frame in frames:
        try:
            done = orientation.turn(frame)
        except UsageError as error:
            if not fitted:
                raise
            # Another picture of a folder, or another camera after replugging: no reason to end.
            done = replace(frame, image=None, error=UsageError(f"{printable(frame.source)}: {error}"))
        fitted = True
        yield done


def _opener(source: SourceSettings, camera: CameraSettings, say: Callable[[str], None]) -> FrameOpener | None:
    """Return what opens a camera or stream; None where the source is pictures or a video file."""
    from .camera import CAMERA, CAMERA_LINK, Camera
    from .streams import STREAM, Stream

    if source.watch and (source.fake_camera is not None or "://" in source.source):
        raise UsageError("--watch: expected a folder to watch, found a camera or stream; leave it out")
    if source.fake_camera is not None:
        return _fake_camera(source, camera)
    if source.faults:
        raise UsageError("--faults: expected together with --fake-camera; a real camera brings its own")
    spec = source.source
    if source.watch:
        return None
    if re.fullmatch(STREAM, spec):
        return Stream(spec)
    if re.match(r"\w+://", spec):
        scheme = spec.partition(":")[0]
        raise UsageError(f"--source: expected a stream by rtsp://, http:// or https://, found {scheme}://")
    if re.fullmatch(f"{CAMERA}|{CAMERA_LINK}", spec) or _may_be_a_name(spec):
        return Camera(spec, camera, say=say)
    return None


def _say_unasked(
    opener: FrameOpener | None, source: SourceSettings, camera: CameraSettings, say: Callable[[str], None]
) -> None:
    """Say which settings nobody will be asked for, because the source is no camera."""
    from .camera import Camera

    given = [f"--{each}" for each in ("width", "height", "fps", "exposure") if getattr(camera, each) is not None]
    if source.fake_camera is not None and "--fps" in given:
        given.remove("--fps")  # at which it plays
    if given and not isinstance(opener, Camera):
        say(f"{', '.join(given)}: only cameras are asked for that; this source gives what it has")


def _may_be_a_name(spec: str) -> bool:
    """Tell whether a word may be part of a camera's name, such as "USB 2.0": it is no file and not called like one."""
    if not spec or spec == STDIN or has_magic(spec) or "/" in spec:
        return False
    # os.path, unlike pathlib, takes a name that is too long for one that is not there.
    return Path(spec).suffix.lower() not in SUFFIXES | VIDEO_SUFFIXES and not os.path.exists(spec)  # noqa: PTH110


def _fake_camera(source: SourceSettings, camera: CameraSettings) -> FrameOpener:
    from .fake_camera import PICTURE_S, FakeCamera, pictures_to_show
    from .fake_faults import parse_faults

    assert source.fake_camera is not None
    fps = camera.fps or 30.0
    return FakeCamera(
        pictures_to_show(source.fake_camera),
        faults=parse_faults(source.faults),
        fps=fps,
        picture_s=1 / fps if is_video(str(source.fake_camera)) else PICTURE_S,
        name=f"fake:{source.fake_camera}",
    )
