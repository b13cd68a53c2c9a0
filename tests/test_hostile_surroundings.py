"""What people do to a program: odd names, odd files, closed pipes, missing packages. One line, and the rest goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from device.errors import PictureError, RuntimeBrokenError
from device.inference.model_file import ModelFile
from device.opencv_noise import import_quiet_opencv
from device.paths import DEFAULT_MODEL
from device.sources.files import expand


@pytest.fixture
def picture(seven: np.ndarray, tmp_path: Path) -> Path:
    """A 28×28 PNG of a seven."""
    path = tmp_path / "seven.png"
    Image.fromarray(seven).save(path)
    return path


def start(*arguments: object, code: str = "", **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run `python -m device` in a process of its own, after some code."""
    script = f"{code}\nfrom device.cli import main\nmain()"
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False, **options)


def test_a_name_that_is_no_utf8_is_valid_json(picture: Path, tmp_path: Path) -> None:
    """Readings and errors escape what cannot be written."""
    odd = os.fsencode(tmp_path) + b"/n\xff.png"
    os.link(picture, odd)
    done = subprocess.run(
        [sys.executable, "-m", "device", "classify", "--json", odd, odd + b"missing\n.png"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    assert [line.get("text") for line in lines] == ["7", None]
    assert done.returncode == 6


@pytest.mark.parametrize("name", ["x" * 300 + ".png", ""])
def test_a_name_that_no_file_can_have_does_not_stop_the_others(name: str, picture: Path) -> None:
    """Too long and empty names are one line each."""
    done = start("classify", name, picture)
    assert done.returncode == 6
    assert b": 7  (" in done.stdout
    assert done.stderr.count(b"\n") == 1


def test_a_folder_that_cannot_be_searched_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A closed folder below is not passed over in silence."""

    def refuse(path, onerror=None, **_):
        onerror(PermissionError(13, "Permission denied"))
        return iter(())

    monkeypatch.setattr("device.sources.files.os.walk", refuse)
    with pytest.raises(PictureError, match="Permission denied; check name and permissions"):
        expand(str(tmp_path))


@pytest.mark.parametrize("options", ["--model fifo", "--model fifo --labels labels", "--model bare --labels fifo"])
def test_a_pipe_in_place_of_a_file_does_not_hang(options: str, picture: Path, model: ModelFile, tmp_path: Path) -> None:
    """Models and labels are files; a fifo is refused at once."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "bare").write_bytes(model.flatbuffer)
    (tmp_path / "labels").write_text("\n".join("0123456789"))
    words = [word if word.startswith("--") else tmp_path / word for word in options.split()]
    done = start("classify", *words, picture)
    assert done.returncode == 6
    assert b"device or pipe" in done.stderr


@pytest.mark.parametrize("arguments", ["classify P P P", "--help", "doctor --no-camera"])
def test_a_reader_that_leaves_early_is_no_error(arguments: str, picture: Path) -> None:
    """`| head -1` ends with 0 and says nothing."""
    command = f"set -o pipefail; {sys.executable} -m device {arguments.replace('P', str(picture))} | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_closed_standard_input_is_no_obstacle(picture: Path) -> None:
    """A service may start a program without one."""
    command = f"{sys.executable} -m device classify {picture} <&-"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert b": 7  (" in done.stdout


@pytest.mark.parametrize(("module", "package"), [("cv2", b"opencv-python-headless"), ("PIL", b"pillow")])
def test_a_missing_package_is_one_line_with_what_to_install(module: str, package: bytes, tmp_path: Path) -> None:
    """The two folders copied to a Pi say what they lack."""
    Image.new("L", (200, 200), 255).save(tmp_path / "photo.png")
    done = start("classify", tmp_path / "photo.png", code=f"import sys; sys.modules[{module!r}] = None")
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert package in done.stderr


def test_doctor_survives_without_numpy() -> None:
    """The tool that says what is missing needs nothing that may be missing."""
    done = start("doctor", "--no-camera", code="import sys; sys.modules['numpy'] = None")
    assert done.returncode == 4
    assert b"numpy" in done.stdout
    assert b"Traceback" not in done.stderr


def test_a_runtime_that_raises_anything_on_import_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package may fail with any exception; it is named and chained."""
    from device.inference import runtime

    (tmp_path / "odd_runtime").mkdir()
    (tmp_path / "odd_runtime" / "__init__.py").write_text("raise RuntimeError('boo')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(runtime, "MODULES", {"ai-edge-litert": "odd_runtime"})
    with pytest.raises(RuntimeBrokenError, match=r"installed and broken: .*boo"):
        runtime.load_runtime("ai-edge-litert")


def test_a_forced_runtime_counts_for_benchmarks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """EDGE_DIGITS_RUNTIME names the only runtime, or is refused."""
    from device.errors import UsageError
    from device.inference.runtime import wanted_runtimes

    monkeypatch.setenv("EDGE_DIGITS_RUNTIME", "ai-edge-litert")
    assert wanted_runtimes() == ["ai-edge-litert"]
    monkeypatch.setenv("EDGE_DIGITS_RUNTIME", "onnx")
    with pytest.raises(UsageError, match="EDGE_DIGITS_RUNTIME"):
        wanted_runtimes()


def test_opencv_is_quiet_whatever_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 4.12 the switch is at OpenCV's top, later in utils.logging; some builds have none."""
    cv2 = import_quiet_opencv()
    monkeypatch.delattr(cv2, "setLogLevel", raising=False)
    assert import_quiet_opencv() is cv2
    monkeypatch.delattr(cv2.utils, "logging", raising=False)
    assert import_quiet_opencv() is cv2


def test_a_video_that_was_cut_is_said(tmp_path: Path) -> None:
    """The frames that are there are read, and the cut is an error at the end."""
    import cv2

    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    noise = np.random.default_rng(0)
    for _ in range(40):
        writer.write(noise.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    done = start("run", "--source", path, "--model", DEFAULT_MODEL)
    assert done.returncode == 6
    assert b"expected a whole video file" in done.stderr


def test_a_signal_reaches_the_demo_through_its_benchmark() -> None:
    """A benchmark that was stopped is not taken for a finished one."""
    from types import SimpleNamespace

    from benchmarks.benchmark import raise_if_stopped
    from device.early_end import Terminated

    raise_if_stopped(SimpleNamespace(stopped_by=None, complete=True))
    with pytest.raises(KeyboardInterrupt):
        raise_if_stopped(SimpleNamespace(stopped_by="SIGINT", complete=False))
    for name in ("SIGTERM", "SIGHUP"):
        with pytest.raises(Terminated) as stop:
            raise_if_stopped(SimpleNamespace(stopped_by=name, complete=False))
        assert stop.value.signal.name == name
