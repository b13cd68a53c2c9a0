"""Stand-ins for what tests cannot have: each does one thing, named by its verb."""

from __future__ import annotations

import time
from typing import Any

import numpy as np


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
