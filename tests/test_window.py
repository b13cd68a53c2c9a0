"""The window of `--display`, in a process of its own that may end without taking the program along."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.errors import SourceError
from device.reading import Reading
from device.sinks.sink import Event
from device.sinks.sink_display import DisplaySink
from device.sinks.window import Window

FRAME = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)
EVENT = Event(Reading("camera:0", 1, 0.0), FRAME)
STUB = """
from pathlib import Path
import numpy as np
def setLogLevel(level): pass
def namedWindow(title): pass
def waitKey(milliseconds): pass
def imshow(title, image): np.save({shown!r}, image)
"""


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stub of OpenCV with windows, which the window's process imports, saves what it shows."""
    path = tmp_path / "shown.npy"
    (tmp_path / "cv2.py").write_text(STUB.format(shown=str(path)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("DISPLAY", ":977")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: "GUI: QT5")
    monkeypatch.setattr("device.sinks.window.OPENING_S", 300.0)  # an emulator takes more than 30 s to start a process
    return path


@pytest.fixture
def sink(shown: Path) -> Iterator[DisplaySink]:
    sink = DisplaySink()
    yield sink
    sink.close()


def test_a_frame_is_shown_as_it_is(shown: Path) -> None:
    """Size and pixels; the process shows what it was given before it ends."""
    window = Window()
    window.show(FRAME)
    window.close()
    assert (np.load(shown) == FRAME).all()


def test_signals_leave_the_window_to_the_program(shown: Path) -> None:
    """Ctrl-C goes to both processes, and SIGTERM may; the end of the program is the window's end.

    A machine that is too slow for that within what `close` waits ends it by SIGKILL.
    """
    window = Window()
    window._process.send_signal(signal.SIGINT)
    window._process.send_signal(signal.SIGTERM)
    window.show(FRAME)
    window.close()
    assert window._process.returncode in (0, -signal.SIGKILL)
    assert shown.exists()


def test_a_window_that_has_gone_is_opened_again(sink: DisplaySink, shown: Path) -> None:
    """After a pause; until then its events fail, and the program goes on."""
    window = sink._window
    assert window is not None
    window._process.kill()
    window._process.wait()
    for _ in range(2):
        with pytest.raises(SourceError, match="the window on the screen :977 has gone"):
            sink.write([EVENT])
    sink._again_s = 0.0  # the pause is over
    sink.write([EVENT])
    sink.close()
    assert np.load(shown).shape == FRAME.shape


def test_no_window_is_said_at_the_start(shown: Path) -> None:
    """As where no screen answers: Qt ends its process; exit code 5."""
    (shown.parent / "cv2.py").write_text("import os; os.abort()")
    with pytest.raises(SourceError, match="expected a window on the screen :977") as caught:
        DisplaySink()
    assert caught.value.exit_code == 5
