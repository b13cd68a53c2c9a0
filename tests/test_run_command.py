"""`run` as its users meet it: settings, sinks, cameras that fail, signals, and power cuts."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from PIL import Image

from device.cli import cli
from device.collected import read_lines
from device.settings.settings_file import parse_settings


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["run", *map(str, arguments)])


@pytest.fixture
def picture(seven: np.ndarray, tmp_path: Path) -> Path:
    """A 28×28 PNG of a seven."""
    path = tmp_path / "seven.png"
    Image.fromarray(seven).save(path)
    return path


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A PNG of nothing."""
    path = tmp_path / "blank.png"
    Image.fromarray(np.full((60, 80), 200, np.uint8)).save(path)
    return path


@contextmanager
def running(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Start `run` in a process of its own; it is killed at the end if it still runs."""
    command = [sys.executable, "-m", "device", "run", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(true: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline_s, "it does not happen"
        time.sleep(0.02)


def test_what_has_no_effect_on_pictures_is_said(picture: Path) -> None:
    """One line names the options that were given in vain; each picture counts, and --once ends after the first."""
    options = ("--vote-frames", 7, "--hold", 5, "--every", 60, "--on-change", "--every-frame", "--monotonic", "up")
    Image.open(picture).save(picture.with_name("eight.png"))
    result = invoke("--source", picture.parent, *options)
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == (
        "--vote-frames, --hold, --every, --on-change, --every-frame: without effect on pictures, each of which stands "
        "for itself\n"
    )
    once = invoke("--source", picture.parent, "--once")
    assert (len(once.stdout.splitlines()), once.stderr) == (1, "")
    assert invoke("--fake-camera", picture, "--max-frames", 2, *options).stderr.count("without effect") == 0


def test_a_run_for_one_text_that_ends_without_it_has_failed(picture: Path, blank: Path) -> None:
    """One line says so."""
    result = invoke("--source", blank, "--once")
    assert (result.exit_code, result.stdout) == (6, "")
    said = (
        "error: --once: expected a text with a digit that holds, found none in 1 frame; see what is read without it\n"
    )
    assert result.stderr == said
    result = invoke("--fake-camera", blank, "--once", "--max-frames", 4)
    assert (result.exit_code, "found none in 4 frames" in result.stderr) == (6, True)
    assert invoke("--fake-camera", picture, "--once", "--max-frames", 9).exit_code == 0


def test_two_sources_are_refused_unless_one_is_from_a_settings_file(picture: Path, tmp_path: Path) -> None:
    """Of two options that name a source none wins; over a settings file, --fake-camera does."""
    result = invoke("--source", picture, "--fake-camera", picture)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: expected --source or --fake-camera, found both; leave one out\n"
    (tmp_path / "s.toml").write_text('[source]\nsource = "/dev/video7"\n')
    result = invoke("--config", tmp_path / "s.toml", "--fake-camera", picture, "--max-frames", 2)
    assert (result.exit_code, "read 2," in result.stderr) == (0, True)


def test_printed_settings_are_those_that_would_be_used(tmp_path: Path) -> None:
    """File, then options, then --set; the output is a settings file."""
    path = tmp_path / "s.toml"
    path.write_text('[camera]\nwidth = 320\nheight = 240\n[reading]\nrois = ["a=0,0,9,9"]\n[mqtt]\ntopic = "t"\n')
    result = invoke("--config", path, "--width", 640, "--watch", "--set", "mqtt.topic=u", "-k", 3, "--print-config")
    settings = parse_settings(result.stdout, name="printed")
    assert (settings.camera.width, settings.camera.height, settings.source.watch) == (640, 240, True)
    assert (settings.mqtt.topic, settings.reading.top_k, settings.reading.rois) == ("u", 3, ("a=0,0,9,9",))


@pytest.mark.parametrize(
    ("content", "arguments", "code", "said"),
    [
        ("[camera]\nwdith = 1", [], 2, "perhaps 'width'"),
        (None, [], 6, "expected a settings file"),
        ("", ["--width", "wide"], 2, "--width: expected a whole number, found 'wide'"),
        ("", ["--rotate", "45"], 2, "--rotate: expected one of 0, 90, 180, 270"),
        ("", ["--set", "camra.fps=1"], 2, "perhaps 'camera'"),
        ("", ["--http", "0.0.0.0:0"], 2, "expected a token"),
        ("", ["--format", "live"], 2, "expected a terminal"),
        ("", ["--crop", "0,0,99,99"], 2, "inside the frame of 28×28 px"),
        ("", ["--csv", "/dev/full/h.csv"], 1, "/dev/full: expected a folder"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    content: str | None, arguments: list[str], code: int, said: str, picture: Path, tmp_path: Path
) -> None:
    """The right exit code and what to do, before or at the first frame."""
    path = tmp_path / "s.toml"
    if content is not None:
        path.write_text(content)
    result = invoke("--config", path, "--source", picture, *arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(("option", "below"), [("--pictures", "."), ("--collect", "frames")])
@pytest.mark.parametrize("more", [[], ["--watch"]])
def test_pictures_are_not_written_where_they_are_read(option: str, below: str, more: list[str], tmp_path: Path) -> None:
    """Watched, each would be read again for ever, and without it by the next run; by whatever name."""
    (tmp_path / "in" / below).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    result = invoke("--source", tmp_path / "in" / below, option, tmp_path / "link", *more)
    assert result.exit_code == 2
    assert f"{option}: expected a folder that is not read here" in result.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_camera_is_read_until_its_frames_are_enough(picture: Path) -> None:
    """For people a line when the text that holds changes; for programs one a frame; the counts come last."""
    result = invoke("--fake-camera", picture, "--max-frames", 8)
    (line,) = result.stdout.splitlines()
    assert re.fullmatch(rf"fake:{re.escape(str(picture))}#\d+: 7  \(0\.9\d+\)", line)
    assert result.stderr.startswith("frames ")
    lines = invoke("--fake-camera", picture, "--max-frames", 8, "--json", "--quiet")
    assert [json.loads(line)["text"] for line in lines.stdout.splitlines()] == ["7"] * 8
    assert lines.stderr == ""


def test_once_stops_at_the_first_text_that_holds(picture: Path) -> None:
    """One reading, then the end."""
    result = invoke("--fake-camera", picture, "--once", "--json")
    (line,) = map(json.loads, result.stdout.splitlines())
    assert (line["held"], line["stable"]) == ("7", True)


def test_a_camera_that_is_unplugged_is_read_again_when_it_is_back(picture: Path) -> None:
    """One line when it goes, one when it comes."""
    result = invoke("--fake-camera", picture, "--faults", "0.3:unplug 0.9:replug", "--max-frames", 30)
    assert result.exit_code == 0
    gone, back, counts = result.stderr.splitlines()
    assert "check cable and power; trying again until it is back" in gone
    assert "back after" in back
    assert counts.endswith("outages 1, reconnects 1")


def test_a_camera_that_is_not_there_is_exit_code_5(picture: Path) -> None:
    """Unless it is to be waited for."""
    result = invoke("--fake-camera", picture, "--faults", "0:unplug 0.5:replug")
    assert (result.exit_code, len(result.stderr.splitlines())) == (5, 1)
    waited = invoke("--fake-camera", picture, "--faults", "0:unplug 0.5:replug", "--wait", "--max-frames", 2)
    assert waited.exit_code == 0


def test_several_sinks_write_at_once(picture: Path, tmp_path: Path) -> None:
    """Each gets every reading."""
    folder = tmp_path / "out"
    sinks = ["--csv", folder / "h.csv", "--sqlite", folder / "h.sqlite", "--pictures", folder / "p"]
    result = invoke("--source", picture, "--json", *sinks, "--video", folder / "v.avi", "--collect", folder / "c")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["text"] == "7"
    assert (folder / "h.csv").read_text().splitlines()[1].split(",")[3] == "7"
    with closing(sqlite3.connect(folder / "h.sqlite")) as database:
        assert database.execute("SELECT text FROM readings").fetchall() == [("7",)]
    assert len([*(folder / "p").iterdir()]) == 1
    assert (folder / "v.avi").stat().st_size > 1000
    assert read_lines(folder / "c")[0]["label"] == "7"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk at hand")
@pytest.mark.parametrize(("more", "fps"), [([], 10), (["--fps", 5], 5)])
def test_a_video_is_as_fast_as_the_one_that_is_read(more: list[object], fps: int, tmp_path: Path) -> None:
    """Unless another rate is asked for."""
    writer = cv2.VideoWriter(str(tmp_path / "film.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for _ in range(3):
        writer.write(np.full((48, 64, 3), 200, np.uint8))
    writer.release()
    out = tmp_path / "out.avi"
    assert invoke("--source", tmp_path / "film.avi", "--video", out, *more).exit_code == 0
    assert cv2.VideoCapture(str(out)).get(cv2.CAP_PROP_FPS) == fps


def test_readings_of_files_that_cannot_be_written_are_exit_code_1(picture: Path) -> None:
    """They can be read again, which a camera's cannot: those are counted, and the camera is read on."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "device", "run", "--json"]
        files = subprocess.run(
            [*command, "--source", picture], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False
        )
        camera = [*command, "--fake-camera", picture, "--max-frames", "3"]
        live = subprocess.run(camera, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (files.returncode, live.returncode) == (1, 0)
    assert b"error: not every reading was written (standard output)" in files.stderr
    assert b"standard output: 3 readings lost" in live.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk at hand")
def test_a_log_that_cannot_be_written_stops_nothing(picture: Path) -> None:
    """Standard error on a full disk: outages are survived, and exit codes are the right ones."""
    faults = ["--faults", "0.3:unplug 0.9:replug", "--max-frames", 30]
    for arguments, code in ([("--fake-camera", picture, *faults), 0], [("--source", "No such camera"), 5]):
        with Path("/dev/full").open("w") as full:
            command = [sys.executable, "-m", "device", "run", *map(str, arguments)]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=full, check=False)
        assert done.returncode == code


def test_a_standard_output_that_is_closed_is_no_mistake_of_this_program(picture: Path) -> None:
    """Whoever starts it so wants no readings there."""
    command = f"{sys.executable} -m device run --source {picture} >&-"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
@pytest.mark.parametrize("faults", ["2:freeze=60", "0:unplug"])
def test_a_signal_ends_a_camera_that_hangs_or_is_away(number: int, code: int, faults: str, picture: Path) -> None:
    """A blocked read does not outlive the program, and its exit code is the designed one."""
    with running("--fake-camera", picture, "--faults", faults, "--wait", "--json") as process:
        assert process.stdout
        if faults.startswith("2"):
            process.stdout.readline()
            time.sleep(2.5)  # until it hangs
        else:
            assert process.stderr
            process.stderr.readline()
        process.send_signal(number)
        assert process.wait(30) == code


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
@pytest.mark.parametrize("source", [["--source"], ["--fake-camera"], ["--watch", "--source"]])
def test_a_signal_whose_exception_python_loses_ends_it_too(
    number: int, code: int, source: list[str], picture: Path
) -> None:
    """As in a callback of a weak reference, or in an extension that is being imported; and nothing is said of that."""
    program = f"""
import signal, sys, weakref
from device import running
class Thing: pass
things = [Thing()]
reference = weakref.ref(things[0], lambda _: signal.raise_signal({int(number)}))
load = running.load_reader
running.load_reader = lambda *given, **more: (things.clear(), load(*given, **more))[1]
from device.cli import main
main()
"""
    place = picture.parent if "--watch" in source else picture
    command = [sys.executable, "-c", program, "run", *source, str(place), "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "interrupted\n" if code else "")


def test_a_log_that_nobody_reads_stops_nothing(picture: Path) -> None:
    """Standard error may be a pipe that is full: reading goes on past an outage, and the end comes."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    faults = ["--faults", "0.5:unplug 1:replug"]
    command = [sys.executable, "-m", "device", "run", "--fake-camera", picture, *faults, "--json", "--http", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=writer) as process:
        limit = threading.Timer(300, process.kill)
        limit.start()
        try:
            assert process.stdout
            while json.loads(process.stdout.readline())["frame"] < 60:  # well past the outage
                pass
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
        finally:
            limit.cancel()
            process.kill()
            os.close(writer)
            os.close(reader)


def test_kill_9_leaves_nothing_corrupt(picture: Path, tmp_path: Path) -> None:
    """Histories, collected crops and the queue of messages are whole on the next start, and go on."""
    arguments = ["--fake-camera", picture, "--fps", 200, "--csv", tmp_path / "h.csv", "--sqlite", tmp_path / "h.sqlite"]
    arguments += ["--collect", tmp_path / "c", "--set", "collect.below=1", "--mqtt-host", "127.0.0.1", "--mqtt-port", 9]
    arguments += ["--set", f"mqtt.queue={tmp_path}/q.sqlite", "--format", "none"]
    history = tmp_path / "h.csv"
    for _ in range(3):
        before = history.stat().st_size if history.exists() else 0
        with running(*arguments) as process:
            wait_until(lambda least=before + 2000: history.exists() and history.stat().st_size > least)
            process.kill()
            process.wait(30)
    result = invoke(*arguments, "--max-frames", 3)
    assert result.exit_code == 0
    lines = (tmp_path / "h.csv").read_text().splitlines()
    assert {line.count(",") for line in lines} == {7}
    for name, table in (("h.sqlite", "readings"), ("q.sqlite", "messages")):
        database = sqlite3.connect(tmp_path / name)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 10
        database.close()
    assert all((tmp_path / "c" / line["file"]).stat().st_size > 0 for line in read_lines(tmp_path / "c"))


def test_what_has_no_effect_without_its_output_is_said(picture: Path, tmp_path: Path) -> None:
    """One line an output names what was set in vain; where the output is asked for there is none."""
    mqtt = ["--mqtt-port", 99, "--mqtt-tls", "--set", "mqtt.topic=t"]
    sizes = ["--history-mb", 9, "--quota-mb", 9]
    result = invoke("--source", picture, *mqtt, *sizes)
    assert (result.exit_code, result.stderr.splitlines()) == (
        0,
        [
            "--history-mb: without effect, because no --csv or --sqlite is given",
            "--mqtt-port, [mqtt] topic, --mqtt-tls: without effect, because no --mqtt-host is given",
            "--quota-mb: without effect, because no --collect is given",
        ],
    )
    vain = invoke("--source", picture, "--believe-after", 2)
    assert vain.stderr == "--believe-after: without effect, because no --monotonic or --max-step is given\n"
    asked = invoke("--source", picture, *sizes, "--sqlite", tmp_path / "h.sqlite", "--collect", tmp_path / "c")
    assert (asked.exit_code, asked.stderr) == (0, "")


def test_what_cannot_be_read_is_said_also_where_no_lines_are_wanted(tmp_path: Path) -> None:
    """One line on stderr, and exit code 6."""
    result = invoke("--source", tmp_path / "none.png", "--format", "none")
    assert (result.exit_code, result.stdout) == (6, "")
    assert "none.png: expected a picture file, found nothing there" in result.stderr


@pytest.mark.parametrize("option", ["--csv", "--sqlite"])
def test_a_history_on_standard_output_is_wrong_usage(
    option: str, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others take - for it; here that would be a file of this name."""
    monkeypatch.chdir(picture.parent)
    result = invoke("--source", picture, option, "-")
    line = f"error: {option}: expected the name of a file, found -; on standard output, give --format json\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", line)
    assert not Path("-").exists()


def test_two_outputs_in_one_file_are_wrong_usage(picture: Path, tmp_path: Path) -> None:
    """Neither is begun."""
    result = invoke("--source", picture, "--csv", tmp_path / "a", "--sqlite", tmp_path / "a")
    assert (result.exit_code, (tmp_path / "a").exists()) == (2, False)
    assert "--sqlite: expected a file of its own, found" in result.stderr


@pytest.mark.parametrize(
    ("one", "other", "line"),
    [
        (("--csv", "a-journal"), ("--sqlite", "a"), "--csv: expected a file of its own, found that of SQLite"),
        (
            ("--sqlite", "a"),
            ("--set", "mqtt.queue=a"),
            "mqtt.queue: expected a file of its own, found that of --sq",
        ),
        (("--csv", "a"), ("--set", "mqtt.queue=a"), "mqtt.queue: expected a file of its own, found that of --csv"),
        (
            ("--csv", "a-wal"),
            ("--set", "mqtt.queue=a"),
            "--csv: expected a file of its own, found that of SQLite",
        ),
    ],
)
def test_an_output_that_another_would_delete_is_wrong_usage(
    one: tuple[str, ...], other: tuple[str, ...], line: str, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes a file of that name for its journal; a queue counts what else is in its file."""
    monkeypatch.chdir(picture.parent)
    result = invoke("--source", picture, *one, *other, "--mqtt-host", "127.0.0.1", "--mqtt-port", "1")
    assert (result.exit_code, Path(one[1]).exists()) == (2, False)
    assert line in result.stderr


def test_a_name_that_is_no_text_is_in_no_settings_file() -> None:
    """It could not be read again."""
    result = invoke("--collect", "bad\udcff", "--print-config")
    assert result.exit_code == 2
    assert "--collect: expected a text in UTF-8, which settings files hold, found" in result.stderr


def test_a_setting_by_its_name_wins_over_its_option() -> None:
    """The order is file, options, --set; regions have ; between them, the numbers of a part to read commas."""
    named = ["--set", "camera.crop=1,2,3,4", "--set", "reading.rois=a=0,0,9,9; b=9,0,9,9"]
    settings = parse_settings(invoke("--crop", "5,6,7,8", *named, "--print-config").stdout, name="printed")
    assert settings.camera.crop == (1, 2, 3, 4)
    assert settings.reading.rois == ("a=0,0,9,9", "b=9,0,9,9")


def test_two_formats_at_once_are_wrong_usage(picture: Path) -> None:
    """--json is another word for one of them."""
    assert invoke("--source", picture, "--json", "--format", "lines").exit_code == 2
    assert invoke("--source", picture, "--json", "--format", "json").exit_code == 0
