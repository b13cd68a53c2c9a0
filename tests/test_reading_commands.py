"""`classify`, `run` and `doctor` as their users meet them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from PIL import Image

from device.cli import cli
from device.inference.model_file import ModelFile
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL
from edge_digits.cli import cli as edge_digits


def invoke(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture
def picture(seven: np.ndarray, tmp_path: Path) -> Path:
    """A 28×28 PNG of a seven."""
    path = tmp_path / "seven.png"
    Image.fromarray(seven).save(path)
    return path


def test_classify_reads_a_picture(picture: Path) -> None:
    """A line a picture: its name, the digit, the score."""
    result = invoke("classify", picture)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{picture}: 7  (0.9")


def test_pictures_of_what_was_read_show_the_regions(seven: np.ndarray, tmp_path: Path) -> None:
    """Their sides are drawn where no digit is."""
    page = np.full((200, 300), 230, np.uint8)
    page[72:128, 40:96] -= np.kron(seven, np.ones((2, 2), np.uint8)) // 2
    Image.fromarray(page).save(tmp_path / "page.png")
    colours = []
    for name, more in (("without", []), ("with", ["--roi", "a=0,0,250,200"])):
        result = invoke("classify", tmp_path / "page.png", "--annotate", tmp_path / name, *more)
        assert result.exit_code == 0
        with Image.open(tmp_path / name / "page.png") as drawn:
            right = np.asarray(drawn)[:, drawn.width * 2 // 3 :].reshape(-1, 3)
        colours.append(len(np.unique(right, axis=0)))
    assert colours[0] == 1 < colours[1]


def test_what_a_settings_file_says_of_the_camera_alone_is_said(picture: Path, tmp_path: Path) -> None:
    """Pictures are neither cropped nor turned, as regions of a camera's frames are counted."""
    (tmp_path / "camera.toml").write_text("[camera]\nrotate = 180\n")
    result = invoke("classify", picture, "--config", tmp_path / "camera.toml")
    assert (result.exit_code, result.stderr.count("without effect here")) == (0, 1)
    (tmp_path / "camera.toml").write_text("[camera]\nwidth = 640\n")
    assert invoke("classify", picture, "--config", tmp_path / "camera.toml").stderr == ""


def test_classify_reads_standard_input(picture: Path) -> None:
    """- is a picture on standard input."""
    assert invoke("classify", "-", stdin=picture.read_bytes()).stdout.startswith("stdin: 7")


def test_json_is_one_document_a_line_and_nothing_else(picture: Path, tmp_path: Path) -> None:
    """An unreadable file is a line with its error among the others, and the exit code is 6."""
    (tmp_path / "text.png").write_text("no picture")
    result = invoke("classify", "--json", "--top-k", 2, tmp_path / "text.png", picture, tmp_path / "missing.jpg")
    assert result.exit_code == 6
    assert result.stderr == ""
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert ["error" in line for line in lines] == [True, False, True]
    assert lines[1]["text"] == "7"
    assert len(lines[1]["digits"][0]["top"]) == 2


def test_bad_pictures_are_one_line_each_and_the_others_are_read(picture: Path, tmp_path: Path) -> None:
    """Empty, truncated and huge files, text, and a folder without pictures: one line each on stderr, exit code 6."""
    Image.new("L", (20000, 20000)).save(tmp_path / "huge.png")
    Image.fromarray(np.zeros((200, 200), np.uint8)).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:-30])
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "folder").mkdir()
    bad = [tmp_path / name for name in ("huge.png", "cut.jpg", "empty.png", "text.png", "folder", "missing.png")]
    result = invoke("classify", *bad, picture)
    assert result.exit_code == 6
    lines = result.stderr.splitlines()
    assert len(lines) == len(bad)
    for path, line in zip(bad, lines, strict=True):
        assert line.startswith(f"{path}: ")
    assert result.stdout.startswith(f"{picture}: 7")


@pytest.mark.parametrize(
    ("content", "code"), [(None, 6), (b"", 6), (b"hello", 6), ("truncated", 6), ("flipped", 6), ("bare", 6)]
)
def test_a_bad_model_is_one_line(
    content: bytes | str | None, code: int, picture: Path, tmp_path: Path, model: ModelFile
) -> None:
    """No traceback, no signal, exit code 6."""
    whole = DEFAULT_MODEL.read_bytes()
    made = {"truncated": whole[:30000], "flipped": whole[:999] + b"\xff" + whole[1000:], "bare": model.flatbuffer}
    path = tmp_path / "bad.tflite"
    if content is not None:
        path.write_bytes(made[content] if isinstance(content, str) else content)
    result = invoke("classify", "--model", path, picture)
    assert result.exit_code == code
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith(f"error: {path}: expected")


def test_a_foreign_model_is_used_with_labels(picture: Path, tmp_path: Path, model: ModelFile) -> None:
    """A bare flatbuffer runs when its labels are named; a wrong number of labels is exit code 4."""
    (tmp_path / "bare.tflite").write_bytes(model.flatbuffer)
    (tmp_path / "labels.txt").write_text("\n".join("abcdefghij"))
    (tmp_path / "three.txt").write_text("a\nb\nc\n")
    bare = ("classify", "--model", tmp_path / "bare.tflite", picture, "--labels")
    assert ": h  (" in invoke(*bare, tmp_path / "labels.txt").stdout
    assert invoke(*bare, tmp_path / "three.txt").exit_code == 4


def test_what_is_assumed_of_a_foreign_model_is_said(picture: Path, tmp_path: Path, model: ModelFile) -> None:
    """One line says that it is given 0-255 where --input-range says nothing."""
    (tmp_path / "bare.tflite").write_bytes(model.flatbuffer)
    (tmp_path / "labels.txt").write_text("\n".join("0123456789"))
    foreign = ("classify", picture, "--labels", tmp_path / "labels.txt", "--model", tmp_path / "bare.tflite")
    assumed, said = invoke(*foreign), invoke(*foreign, "--input-range", "0-1")
    assert len(assumed.stderr.splitlines()) == 1
    assert "bare.tflite: given pixels 0-255" in assumed.stderr
    assert said.stderr == ""
    assert said.stdout != assumed.stdout


@pytest.mark.parametrize("option", ["--labels", "--input-range"])
@pytest.mark.parametrize("command", ["classify", "bench", "evaluate"])
def test_what_a_card_says_cannot_be_said_by_an_option(command: str, option: str, picture: Path, tmp_path: Path) -> None:
    """Every command refuses it in the same line, before it reads or measures anything."""
    (tmp_path / "labels.txt").write_text("\n".join("abcdefghij"))
    given = (option, tmp_path / "labels.txt" if option == "--labels" else "0-1")
    what = ("--model", DEFAULT_MODEL, picture) if command == "classify" else (DEFAULT_MODEL,)
    result = CliRunner().invoke(edge_digits, [command, *map(str, (*what, *given))])
    assert (result.exit_code, result.stdout, result.stderr) == (
        2,
        "",
        f"error: {option}: expected a model without a card, found {DEFAULT_MODEL}, whose card says this; "
        f"leave {option} out\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"])
@pytest.mark.parametrize("command", ["classify text.png seven.png", "run --source '*.png'"])
def test_an_error_that_stderr_does_not_take_ends_nothing(
    command: str, stderr: str, picture: Path, tmp_path: Path
) -> None:
    """The other pictures are read, and the exit code is that of a picture that cannot be read."""
    (tmp_path / "text.png").write_text("no picture")
    shell = f"exec {sys.executable} -m device {command} {stderr}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    child = subprocess.run(["sh", "-c", shell], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, check=False)
    assert (child.returncode, child.stdout[:12]) == (6, b"seven.png: 7")


@pytest.mark.parametrize("command", ["classify seven.png", "classify --json seven.png", "run --print-config", "--help"])
def test_a_result_for_a_closed_standard_output_is_an_error(command: str, picture: Path) -> None:
    """One line and exit code 1, rather than a result that nobody sees; exit code 1 also where stderr is closed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    for closed, lines in ((">&-", 1), (">&- 2>&-", 0)):
        shell = f"exec {sys.executable} -m device {command} {closed}"
        child = subprocess.run(
            ["sh", "-c", shell], cwd=picture.parent, env=environment, stderr=subprocess.PIPE, check=False
        )
        assert (child.returncode, len(child.stderr.splitlines())) == (1, lines)
        assert child.stderr.startswith(b"error: standard output takes no more: Bad file descriptor") or not lines


def test_names_are_right_where_the_locale_is_not(picture: Path, tmp_path: Path) -> None:
    """In a plain C locale without Python's UTF-8 mode, JSON names the file as it is called."""
    picture.rename(tmp_path / "é.png")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "device", "classify", "--json", tmp_path / "é.png", tmp_path / "ü.png"]
    child = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False)
    read, missing = (json.loads(line) for line in child.stdout.decode("utf-8").splitlines())
    assert (read["source"], read["text"]) == (str(tmp_path / "é.png"), "7")
    assert missing["error"].startswith(f"{tmp_path / 'ü.png'}: expected")


@pytest.mark.parametrize("command", [["classify"], ["run", "--source"]])
def test_a_region_beyond_the_frame_is_said(command: list[str], picture: Path) -> None:
    """One line for each picture; of a region that is partly in it, that part is read."""
    result = invoke(*command, picture, "--roi", "in=0,0,999,28", "--roi", "out=28,0,9,9")
    assert (result.exit_code, result.stdout.startswith(f"{picture}: in=7 | out=  (")) == (0, True)
    assert result.stderr.splitlines() == [
        f"{picture}: region in=0,0,999,28 lies partly beyond the frame of 28×28 pixels; it is read as in=0,0,28,28",
        f"{picture}: region out=28,0,9,9 lies beyond the frame of 28×28 pixels",
    ]
    whole = invoke(*command, picture, "--roi", "in=0,0,28,28")
    assert whole.stderr == ""


def test_a_region_beyond_the_frames_of_a_camera_is_said_once(picture: Path) -> None:
    """The frames of a source are of one size."""
    source = ("--fake-camera", picture, "--max-frames", 5)
    assert invoke("run", *source, "--roi", "out=28,0,9,9").stderr.count("lies beyond the frame") == 1


def test_run_reads_a_folder(picture: Path) -> None:
    """Any source of classify is a source of run."""
    result = invoke("run", "--source", picture.parent)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{picture}: 7")


def test_run_without_a_camera_is_exit_code_5() -> None:
    """One line that says what was expected and what is there."""
    result = invoke("run", "--source", "97")
    assert result.exit_code == 5
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["classify"], ["run", "--num-threads", "0"], ["classify", "x", "--top-k", "a"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    """Click's own messages, the design's code."""
    assert invoke(*arguments).exit_code == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_run_cleanly(number: int, code: int) -> None:
    """Ctrl-C is 130, SIGTERM is 0, and neither shows a traceback."""
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "device", "run", "--source", "-"]
    process = subprocess.Popen(command, stdin=reader, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    # The process says nothing before it reads: it has opened the model once its library is mapped.
    deadline = time.monotonic() + 300  # an emulator takes more than 30 s to get there
    while "interpreter" not in Path(f"/proc/{process.pid}/maps").read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    os.close(reader)
    os.close(writer)
    assert (process.returncode, stderr) == (code, "interrupted\n" if number == signal.SIGINT else "")


def test_doctor_runs_a_model_in_every_runtime() -> None:
    """Each installed runtime builds an interpreter and meets the golden vectors."""
    result = invoke("doctor", "--json", "--no-camera")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["runs_models"]
    golden = [each["text"] for each in document["findings"] if each["runs_models"]]
    assert golden
    assert all("golden" in text for text in golden)


def test_doctor_is_exit_code_4_where_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a runtime cannot read digits."""
    from device import doctor

    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    result = invoke("doctor", "--no-camera")
    assert result.exit_code == 4
    assert "nothing here can run a model" in result.stderr


@pytest.mark.parametrize("forced", ["none-such", "absent"])
def test_doctor_judges_the_runtime_that_is_forced(forced: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where EDGE_DIGITS_RUNTIME names one that is unknown or absent, no command runs a model: exit code 4."""
    from device import doctor

    absent, *_ = installed_runtimes()
    monkeypatch.setenv("EDGE_DIGITS_RUNTIME", absent if forced == "absent" else forced)
    if forced == "absent":
        hidden = doctor.MODULES[absent]
        monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == hidden else object())
    result = invoke("doctor", "--no-camera")
    assert result.exit_code == 4
    assert any(line.startswith("FAIL") and "EDGE_DIGITS_RUNTIME" in line for line in result.stdout.splitlines())


def test_doctor_says_where_the_variable_leads_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EDGE_DIGITS_DATA goes before the cache; one that leads nowhere is said, and files are read all the same."""
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(tmp_path / "gone.npz"))
    result = invoke("doctor", "--no-camera")
    assert result.exit_code == 0
    assert f"FAIL  data            EDGE_DIGITS_DATA names {tmp_path / 'gone.npz'}, which is not there" in result.stdout


@pytest.mark.parametrize("command", ["classify", "run"])
def test_a_threshold_wins_over_a_file_that_refuses_nothing(command: str, picture: Path, tmp_path: Path) -> None:
    """As every option does; so does one that --set names."""
    (tmp_path / "s.toml").write_text("[reading]\nreject = false\n")
    source = ["--source", picture] if command == "run" else [picture]
    start = (command, *source, "--config", tmp_path / "s.toml")
    assert "7" in invoke(*start).stdout
    assert ": ?" in invoke(*start, "-t", "1").stdout
    if command == "run":
        assert ": ?" in invoke(*start, "--set", "reading.reject_below=1").stdout
        assert ": ?" in invoke(*start, "--no-reject", "--set", "reading.reject_below=1").stdout
        both = invoke(*start, "--set", "reading.reject_below=1", "--set", "reading.reject=false")
        assert (both.exit_code, both.stdout) == (2, "")
        assert "found both" in both.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_letters_that_an_encoding_lacks_are_shown_as_numbers(encoding: str, picture: Path, tmp_path: Path) -> None:
    """And what follows is read."""
    (tmp_path / "ж.png").write_bytes(picture.read_bytes())
    command = [sys.executable, "-m", "device", "classify", tmp_path / "ж.png", picture]
    result = subprocess.run(
        command, capture_output=True, cwd=ROOT, check=False, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert (result.returncode, result.stderr) == (0, b"")
    first, second = result.stdout.decode("ascii").splitlines()
    assert "\\u0436.png: 7" in first
    assert "seven.png: 7" in second


@pytest.mark.parametrize("command", ["classify", "run"])
def test_a_threshold_without_refusing_is_refused(command: str, picture: Path, tmp_path: Path) -> None:
    """Of two options that contradict each other none wins; over a settings file an option does."""
    source = ["--source", picture] if command == "run" else [picture]
    for threshold in ("--reject-below", "-t"):
        result = invoke(command, *source, "--no-reject", threshold, "0")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == "error: expected --reject-below or --no-reject, found both; leave one out\n"
    assert "7" in invoke(command, *source, "--reject", "-t", "0.5").stdout
    (tmp_path / "s.toml").write_text("[reading]\nreject_below = 1.0\n")
    assert "7" in invoke(command, *source, "--no-reject", "--config", tmp_path / "s.toml").stdout
