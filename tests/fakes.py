"""Stand-ins for what tests cannot have: each does one thing, named by its verb."""

from __future__ import annotations

import struct
import time
from typing import Any, ClassVar

import numpy as np

from device.inference.flatbuffer_reader import root


class TooOldInterpreter:
    """Refuses every model as tflite-runtime 2.14 refuses a newer operation."""

    def __init__(self, **_: Any) -> None:
        raise ValueError(
            "Didn't find op for builtin opcode 'FULLY_CONNECTED' version '12'. An older version of this builtin might "
            "be supported. Are you using an old TFLite binary with a newer model?\nRegistration failed.\n"
        )


class ShapedInterpreter:
    """Has one input and one output of the given shapes and answers with zeros."""

    def __init__(self, shape: tuple[int, ...], answer: tuple[int, ...], dtype: type = np.float32) -> None:
        self._shape, self._answer, self._dtype = shape, answer, dtype

    def __call__(self, **_: Any) -> ShapedInterpreter:
        return self

    def allocate_tensors(self) -> None:
        pass

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{"index": 0, "shape": np.array(self._shape), "dtype": self._dtype, "quantization": (0.0, 0)}]

    def get_output_details(self) -> list[dict[str, Any]]:
        return [{"index": 1, "shape": np.array(self._answer), "dtype": np.float32, "quantization": (0.0, 0)}]


class ScriptedCapture:
    """Gives the frames of a script as `cv2.VideoCapture` does: an array, or None for a read that fails."""

    def __init__(self, frames: list[np.ndarray | None], *, pause_s: float = 0.0, last_read_s: float = 0.0) -> None:
        self._frames, self._pause_s, self._last_read_s = iter(frames), pause_s, last_read_s
        self.released = False

    def read(self) -> tuple[bool, np.ndarray | None]:
        assert not self.released, "a capture that was released is read"
        frame = next(self._frames, None)
        time.sleep(self._last_read_s if frame is None else self._pause_s)
        return frame is not None, frame

    def release(self) -> None:
        self.released = True


class StubbornCapture(ScriptedCapture):
    """Gives 640×480 at 15 frames a second whatever it is asked for, and has no exposure to set."""

    def set(self, _property: int, _value: float) -> bool:
        return False

    def get(self, wanted: int) -> float:
        import cv2

        return {cv2.CAP_PROP_FRAME_WIDTH: 640.0, cv2.CAP_PROP_FRAME_HEIGHT: 480.0, cv2.CAP_PROP_FPS: 15.0}[wanted]


class FilmCapture(ScriptedCapture):
    """Plays a film whose frames are at given places, and that promises so many frames at such a rate."""

    def __init__(self, places_s: list[float], *, fps: float, promised: int) -> None:
        super().__init__([np.zeros((6, 8, 3), np.uint8) for _ in places_s])
        self._coming_s, self._place_s, self._fps, self._promised = iter(places_s), 0.0, fps, promised

    def read(self) -> tuple[bool, np.ndarray | None]:
        self._place_s = next(self._coming_s, self._place_s)
        return super().read()

    def get(self, wanted: int) -> float:
        import cv2

        known = {cv2.CAP_PROP_POS_MSEC: 1000 * self._place_s, cv2.CAP_PROP_FPS: self._fps}
        return {**known, cv2.CAP_PROP_FRAME_COUNT: self._promised}[wanted]


class FakePicamera2:
    """Stands for picamera2's class, called as its manual says; what it was asked for and what became of it is kept."""

    cameras: ClassVar[list[dict[str, Any]]] = [{"Model": "imx708", "Num": 0}]
    opened: ClassVar[list[FakePicamera2]] = []
    silent = False

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.opened.append(self)

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return cls.cameras

    def create_video_configuration(self, *, main: dict[str, Any], controls: dict[str, Any]) -> dict[str, Any]:
        return {"main": main, "controls": controls}

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration = configuration

    def start(self) -> None:
        self.calls.append("start")

    def capture_array(self, name: str, *, wait: bool) -> str:
        assert (name, wait) == ("main", False)
        return "job"

    def wait(self, job: str, *, timeout: float) -> np.ndarray:
        assert job == "job"
        if self.silent:
            raise TimeoutError(timeout)
        width, height = self.configuration["main"]["size"]
        return np.full((height, width, 3), 90, np.uint8)

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")


def ask_for_unknown_version(flatbuffer: bytes) -> bytes:
    """Return a whole model whose first operation with a version of its own asks for one that no runtime has."""
    content = bytearray(flatbuffer)
    position = next(place for code in root(flatbuffer).tables(1) if (place := code.position(2)))
    struct.pack_into("<i", content, position, 99)
    return bytes(content)
