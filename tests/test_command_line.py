"""What every command shares: one line, the right exit code, a clean stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from conftest import ROOT

from device import command_line
from device.cli import cli
from device.command_line import Command, report_end, reporter, run_command_line
from device.early_end import Asked, Terminated
from device.errors import DataError, EdgeDigitsError, FitError, GateError, OutputError, SourceError, UsageError


@click.command(cls=Command)
def failing() -> None:
    """Fail."""
    reporter()("working")
    raise DataError("expected this,\n  found that")


def test_an_error_is_one_line() -> None:
    """Line breaks inside a message do not reach the terminal."""
    result = CliRunner().invoke(failing)
    assert (result.exit_code, result.stderr) == (6, "working\nerror: expected this, found that\n")


def test_debug_shows_the_traceback() -> None:
    """--debug is for finding out where."""
    assert "Traceback" in CliRunner().invoke(failing, ["--debug"]).stderr


def test_quiet_hides_progress_and_not_errors() -> None:
    """--quiet leaves the error line."""
    assert CliRunner().invoke(failing, ["--quiet"]).stderr == "error: expected this, found that\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        *((EdgeDigitsError("x"), 1), (OutputError("x"), 1), (UsageError("x"), 2), (GateError("x"), 3)),
        *((FitError("x"), 4), (SourceError("x"), 5), (DataError("x"), 6), (KeyboardInterrupt(), 130)),
        *((Terminated(), 143), (Terminated(signal.SIGHUP), 129)),
        *((PermissionError(13, "no"), 1), (MemoryError(), 1)),
    ],
)
def test_each_end_has_its_exit_code(error: BaseException, code: int) -> None:
    """The codes are those of the design."""
    assert report_end(error) == code


@pytest.mark.parametrize("command", ["run", "serve"])
def test_what_goes_on_until_it_is_stopped_has_done_all_then(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor that stops it takes 0 for a success; of any other command a stop is none."""
    monkeypatch.setattr("sys.argv", ["edge-digits", command, "--source", "0"])
    assert report_end(Terminated(signal.SIGTERM)) == report_end(Terminated(signal.SIGHUP)) == 0


def test_the_opencv_with_windows_on_a_device_without_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Installing it again would not help."""
    assert report_end(ImportError("libGL.so.1: cannot open shared object file: No such file or directory")) == 1
    assert capsys.readouterr().err.endswith("; pip uninstall opencv-python, then pip install opencv-python-headless\n")


def test_an_unexpected_error_is_one_line_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    """A mistake of ours is named as one, with how to see where."""

    @click.command(cls=Command)
    def broken() -> None:
        raise ZeroDivisionError("by zero")

    with pytest.raises(SystemExit, match="1"):
        run_command_line(broken, [])
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "ZeroDivisionError: by zero" in line
    assert "--debug" in line


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["calibrate", "--out", "x"], "error: missing argument 'SOURCE'; usage: "),
        (["classify", "--nonsense"], "error: no such option"),
        (["nonsense"], "error: no such command 'nonsense'"),
    ],
)
def test_a_wrong_call_is_one_line_that_says_how_to_call(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Click would write four lines, the last of them the error."""
    with pytest.raises(SystemExit, match="2"):
        run_command_line(cli, arguments)
    written = capsys.readouterr().err
    assert written.startswith(line)
    assert written.endswith(", see --help\n")
    assert written.count("\n") == 1


def test_a_group_without_a_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """All of it, on stdout or, as newer Clicks do, on stderr."""
    with pytest.raises(SystemExit):
        run_command_line(cli, [])
    assert "Commands:" in "".join(capsys.readouterr())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize("command", ["run --help", "doctor", "classify --json missing.png"])
def test_a_standard_output_on_a_full_disk_is_named(command: str, buffered: str) -> None:
    """Exit code 1 and one line that says what is full, whether Python keeps lines back or not."""
    environment = {**os.environ, "PYTHONUNBUFFERED": buffered}
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "device", *command.split()]
        done = subprocess.run(words, cwd=ROOT, env=environment, stdout=full, stderr=subprocess.PIPE, check=False)
    expected = b"error: standard output takes no more: No space left on device; make room there or write elsewhere\n"
    assert (done.returncode, done.stderr) == (1, expected)


def test_a_reader_that_closes_the_pipe_is_no_error() -> None:
    """`edge-digits ... | head` ends quietly."""
    command = f"{sys.executable} -m edge_digits --help | true"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize(("stop", "code"), [(KeyboardInterrupt(), 130), (Terminated(), 143)])
def test_a_stop_while_an_extension_is_imported_is_a_stop(
    stop: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """C extensions print the traceback and make an ImportError of it; without a stop it is an ImportError."""
    broken = ImportError("numpy._core.multiarray failed to import")
    assert report_end(broken) == 1
    capsys.readouterr()
    monkeypatch.setattr(Asked, "to_end", stop)
    command_line._show_uncaught(type(stop), stop, None)
    assert report_end(broken) == code
    assert "Traceback" not in capsys.readouterr().err


def _hear_hangups() -> None:
    """Take SIGHUP as usual, also where the tests run under nohup, which has programs ignore it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        *(("run", "SIGINT", 130), ("run", "SIGTERM", 0), ("run", "SIGHUP", 0), ("serve", "SIGTERM", 0)),
        *(("doctor", "SIGTERM", 143), ("doctor", "SIGHUP", 129)),
    ],
)
@pytest.mark.parametrize("program", ["edge_digits", "device"])
def test_a_stop_while_the_program_is_imported_is_silent(
    program: str, command: str, number: str, code: int, tmp_path: Path
) -> None:
    """Nothing has begun yet: the exit code is right and there is no traceback."""
    (tmp_path / "click.py").write_text(f"import signal\nsignal.raise_signal(signal.{number})\n")
    words = [sys.executable, "-m", program, command]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=False, preexec_fn=_hear_hangups)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


def test_a_background_job_ignores_ctrl_c_from_the_first() -> None:
    """A shell starts those so that Ctrl-C at its prompt does not reach them."""
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from device.early_end import end_at_once_when_asked; end_at_once_when_asked()\n"
        "signal.raise_signal(signal.SIGINT); print('goes on')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"goes on\n")


def test_ctrl_c_while_a_dataclass_is_made_is_exit_code_130(tmp_path: Path) -> None:
    """Started with -m, Python remembers a Ctrl-C in `exec` and would end by the signal rather than with that code.

    So does one that is pressed again at the very end.
    """
    code = (
        "import atexit, click\n"
        "from device.command_line import Command, run_command_line\n"
        "atexit.register(lambda: exec('import signal; signal.raise_signal(signal.SIGINT)'))\n"
        "command = lambda: exec('import signal; signal.raise_signal(signal.SIGINT)')\n"
        "run_command_line(click.command(cls=Command)(command), [])"
    )
    (tmp_path / "program.py").write_text(code)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-m", "program"], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"interrupted\n")


@pytest.mark.parametrize("again", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_second_signal_at_the_very_end_changes_nothing(again: str) -> None:
    """The exit code is that of the first: what is not ignored then would end Python while it takes itself down."""
    code = (
        "import atexit, click, signal\n"
        "from device.command_line import Command, run_command_line\n"
        f"atexit.register(lambda: print(signal.getsignal(signal.{again}).name))\n"
        "command = lambda: signal.raise_signal(signal.SIGTERM)\n"
        "run_command_line(click.command(cls=Command)(command), [])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, b"SIG_IGN\n", b"")


@pytest.mark.parametrize(("before", "code", "said"), [("SIG_DFL", 129, b""), ("SIG_IGN", 0, b"goes on\n")])
def test_the_end_of_the_terminal_is_an_end_like_sigterm(before: str, code: int, said: bytes) -> None:
    """What is open is closed as it should be; with `nohup` it goes on."""
    program = (
        "import click, signal\n"
        "from device.command_line import Command, run_command_line\n"
        f"signal.signal(signal.SIGHUP, signal.{before})\n"
        "def command():\n"
        "    signal.raise_signal(signal.SIGHUP)\n"
        "    print('goes on')\n"
        "run_command_line(click.command(cls=Command)(command), [])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, said, b"")


@pytest.mark.parametrize(("command", "code"), [("Command", 3), ("StreamingCommand", 0)])
def test_a_gate_counts_though_nobody_reads_the_result(command: str, code: int, tmp_path: Path) -> None:
    """A reader that has gone takes neither a file nor the exit code; what writes as long as anybody reads ends."""
    program = f"""
import sys, time
from pathlib import Path
import click
from device import command_line
from device.errors import GateError

@click.command(cls=command_line.{command})
def judged():
    sys.stdin.read()
    for _ in range(3):
        click.echo("x" * 100_000)
    Path({str(tmp_path / "out")!r}).touch()
    raise GateError("not met")

command_line.run_command_line(judged, [])
"""
    words = [sys.executable, "-c", program]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.close()
        said = process.stderr.read()
    assert process.returncode == code
    assert said == (b"error: not met\n" if code else b"")
    assert (tmp_path / "out").exists() == bool(code)


def test_an_error_of_the_system_names_the_path_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not its number."""
    with pytest.raises(FileNotFoundError) as error:
        (tmp_path / "none").read_text()
    assert report_end(error.value) == 1
    advice = "check the path, its permissions and the space there"
    assert capsys.readouterr().err == f"error: {tmp_path}/none: No such file or directory; {advice}\n"
