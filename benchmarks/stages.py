"""Where the time of a frame goes, from its source to a label: capture, find, prepare, invoke, decide."""

from __future__ import annotations

import importlib.util
import io
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from device.errors import ExtraMissingError
from device.finding.context import context_of
from device.finding.touching import touching_of
from device.frames import Frame
from device.inference.classifier import Classifier
from device.inference.inference import quantize_pixels
from device.reader import Reader
from device.sources.pictures import decode_picture

from .figures import StageTimes

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME = "a digit on paper, 640×480 JPEG"
WIDTH, HEIGHT, DIGIT_PX, PAPER_GREY = 640, 480, 220, 205
STAGES = ("capture_s", "find_s", "prepare_s", "invoke_s", "decide_s", "total_s")
DIFFERENT_FRAMES = 10
PACKAGES = {"cv2": "opencv-python-headless", "PIL": "pillow"}  # what drawing and reading a frame takes
WARMUP_FRAMES = 5


class TimedClassifier(Classifier):
    """A classifier that adds up where its time goes.

    Attributes:
        prepare_s: turning pixels into what the model takes, seconds.
        invoke_s: running the model on it, seconds.
    """

    prepare_s = 0.0
    invoke_s = 0.0

    def raw_scores(self, digits: NDArray[np.uint8]) -> NDArray[Any]:
        """Do the same as every classifier and look at the clock."""
        start_s = time.perf_counter()
        values = quantize_pixels(digits, self._inference.input, self.model.taken)
        ready_s = time.perf_counter()
        raw = self._inference.run(values)
        self.prepare_s += ready_s - start_s
        self.invoke_s += time.perf_counter() - ready_s
        return raw


def require_packages() -> None:
    """Refuse to go on without what frames are drawn and read with.

    Raises:
        ExtraMissingError: a package is not installed.
    """
    for module, package in PACKAGES.items():
        if importlib.util.find_spec(module) is None:
            raise ExtraMissingError(f"--frames needs {package}, which is not installed; pip install {package}")


def time_stages(classifier: TimedClassifier, digits: NDArray[np.uint8], *, frames: int) -> StageTimes:
    """Read frames one after the other and take the time of each stage.

    Args:
        classifier: what the frames are read with.
        digits: uint8 (N, 28, 28); the first few are what lies on the paper.
        frames: how many to time, 1 or more.
    """
    pictures = [draw_frame(digit) for digit in digits[:DIFFERENT_FRAMES]]
    model, runtime = classifier.model, classifier.runtime
    reader = Reader(classifier, context=context_of(model, runtime), touching=touching_of(model, runtime))
    in_turn = (pictures[number % len(pictures)] for number in range(WARMUP_FRAMES + frames))
    timed = [_time_frame(reader, classifier, picture) for picture in in_turn][WARMUP_FRAMES:]
    medians = dict(zip(STAGES, np.median(timed, axis=0).round(9).tolist(), strict=True))
    return StageTimes(frame=FRAME, frames=frames, **medians)


def merge_stages(found: list[StageTimes]) -> StageTimes:
    """Return the medians over rounds; there must be at least one."""
    medians = {name: round(float(np.median([getattr(each, name) for each in found])), 9) for name in STAGES}
    return StageTimes(frame=found[0].frame, frames=sum(each.frames for each in found), **medians)


def draw_frame(digit: NDArray[np.uint8]) -> bytes:
    """Draw a digit in dark ink on noisy paper, as a JPEG.

    Args:
        digit: uint8 (28, 28), light on dark.
    """
    from PIL import Image

    ink = np.asarray(Image.fromarray(np.asarray(digit)).resize((DIGIT_PX, DIGIT_PX), Image.Resampling.BICUBIC))
    paper = np.random.default_rng(0).normal(PAPER_GREY, 4, (HEIGHT, WIDTH))
    top, left = (HEIGHT - DIGIT_PX) // 2, (WIDTH - DIGIT_PX) // 2
    paper[top : top + DIGIT_PX, left : left + DIGIT_PX] -= 0.65 * ink
    grey = np.clip(paper, 0, 255).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(np.repeat(grey[:, :, np.newaxis], 3, axis=2)).save(content, format="JPEG", quality=90)
    return content.getvalue()


def _time_frame(reader: Reader, classifier: TimedClassifier, content: bytes) -> tuple[float, ...]:
    """Return seconds to capture, find, prepare, invoke, decide, and all together."""
    classifier.prepare_s = classifier.invoke_s = 0.0
    start_s = time.perf_counter()
    image = decode_picture(content, name="frame")
    captured_s = time.perf_counter()
    reading = reader.read(Frame("frame", 0, 0.0, image))
    end_s = time.perf_counter()
    capture_s, find_s = captured_s - start_s, reading.timing.find_s
    prepare_s = reading.timing.prepare_s + classifier.prepare_s
    known_s = capture_s + find_s + prepare_s + classifier.invoke_s
    total_s = end_s - start_s
    return capture_s, find_s, prepare_s, classifier.invoke_s, max(0.0, total_s - known_s), total_s
