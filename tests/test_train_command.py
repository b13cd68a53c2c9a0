"""What `train` refuses before it imports TensorFlow, which takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from digit_fakes import make_digits, write_npz

from device.command_line import run_command_line
from device.errors import OutputError, UsageError
from edge_digits.cli import cli
from edge_digits.data.mnist import DEFAULT_VALIDATION, default_validation
from edge_digits.run_files import MODEL_NAME, STATE_NAME, alone_by_name, alone_in, telling_how_to_resume


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with digits and with a finished and a stopped run, where importing TensorFlow fails the test."""

    def imported() -> None:
        raise AssertionError("TensorFlow was imported")

    monkeypatch.setattr("edge_digits.tensorflow_setup.prepare_tensorflow", imported)
    monkeypatch.chdir(tmp_path)
    write_npz(make_digits(), tmp_path / "digits.npz")
    for name in (f"finished/{MODEL_NAME}", f"stopped/{STATE_NAME}"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ("--out new --data none.npz", 6, "found nothing there"),
        ("--out new --data digits.npz --init none.keras", 6, "expected a model file"),
        ("--out new --data digits.npz --init /dev/zero", 6, "expected a model file, found a folder, device or pipe"),
        ("--out new --data digits.npz --teacher none.keras", 6, "expected a model file"),
        ("--out new --data digits.npz --validation 40", 2, "choose another --validation"),
        ("--out new --data digits.npz --weight 0", 2, "expected weights above 0"),
        ("--out new --data digits.npz --data digits.npz", 2, "found digits.npz twice"),
        ("--out new --data digits.npz --weight 1 --weight 2", 2, "found 2 for 1"),
        ("--out new --data digits.npz --learning-rate inf", 2, "inf is not in the range 0<x<=1"),
        ("--out new --data digits.npz --learning-rate nan", 2, "nan is not in the range 0<x<=1"),
        ("--out new --data digits.npz --learning-rate 1e30", 2, "1e+30 is not in the range 0<x<=1"),
        ("--out new --data digits.npz --init none.keras --max-drop nan", 2, "nan is not in the range 0<=x<=100"),
        ("--out new --data digits.npz --max-drop 1", 2, "--max-drop: expected --init"),
        ("--out new --resume --force", 2, "found both"),
        ("--out finished --data digits.npz", 2, "exists already"),
        ("--out finished --data digits.npz --init finished/model.keras --force", 2, "one that is read here"),
        ("--out finished --data digits.npz --teacher finished/model.keras --force", 2, "one that is read here"),
        ("--out stopped --data digits.npz", 2, "continue it with --resume"),
        ("--out new.keras --data digits.npz", 2, "expected a folder, found new.keras, the name of a file; name the"),
        ("--out new/M.H5 --data digits.npz", 2, "expected a folder, found new/M.H5, the name of a file; name the"),
    ],
)
def test_wrong_usage_is_noticed_at_once(folder: Path, options: str, code: int, words: str) -> None:
    """One line and the right exit code, before anything slow."""
    result = CliRunner().invoke(cli, ["train", "--quiet", *options.split()])
    assert result.exit_code == code
    line = result.stderr.strip().splitlines()[-1]  # Click's own errors have how to call it above
    assert words in line
    assert result.stderr.strip() == line or line.startswith("Error: Invalid value")
    assert not (folder / "new").exists()


def commands_of(group: click.Group) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield from commands_of(command) if isinstance(command, click.Group) else [command]


def test_no_range_of_any_command_takes_nan() -> None:
    """It compares with nothing, so that a gate of "nan" would let everything pass."""
    ranges = [
        option.type
        for command in commands_of(cli)
        for option in command.params
        if isinstance(option.type, click.FloatRange) and command.callback.__module__.startswith("edge_digits")
    ]
    assert len(ranges) >= 7
    for each in ranges:
        with pytest.raises(click.BadParameter, match="nan is not in the range"):
            each.convert("nan", None, None)


def test_what_takes_one_source_refuses_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    """Click would take the last and drop the others without a word."""
    single = [
        command
        for command in commands_of(cli)
        for option in command.params
        if "--data" in option.opts and command.callback.__module__.startswith("edge_digits") and option.name == "data"
    ]
    assert len(single) >= 10
    for command in single:
        with pytest.raises(SystemExit, match="2"):
            run_command_line(command, ["--data", "a.npz", "--data", "b.npz", *["x"] * 2])
        written = capsys.readouterr().err
        assert written.startswith("error: expected --data once, found a.npz and b.npz; name one")
        assert written.count("\n") == 1


def test_few_digits_hold_few_back() -> None:
    """Five thousand of MNIST, a tenth of a small source, and never none."""
    assert default_validation(60_000) == DEFAULT_VALIDATION
    assert default_validation(1_800) == 180
    assert default_validation(5) == 1


def test_a_run_that_is_stopped_says_how_it_goes_on(folder: Path) -> None:
    """Where there is something to go on from; the signal itself goes its way."""
    said: list[str] = []
    for name in ("stopped", "new"):
        with pytest.raises(KeyboardInterrupt), telling_how_to_resume(folder / name, said.append):
            raise KeyboardInterrupt
    assert said == [f"{folder / 'stopped'}: holds what was trained until now; the same command with --resume goes on"]


def test_two_runs_do_not_share_a_folder(folder: Path) -> None:
    """The second is refused while the first goes on, and may begin when it has ended."""
    with (
        alone_in(folder / "new"),
        pytest.raises(UsageError, match="found one that is going on"),
        alone_in(folder / "new"),
    ):
        pass
    with alone_in(folder / "new"):
        pass


@pytest.mark.parametrize("options", ["", "--resume", "--force"])
def test_a_second_run_is_told_of_the_first(folder: Path, options: str) -> None:
    """Before it reads anything, and not that a run was stopped there, for the first has a checkpoint already."""
    with alone_in(folder / "stopped"):
        result = CliRunner().invoke(cli, ["train", "--out", "stopped", "--data", "digits.npz", *options.split()])
    assert result.exit_code == 2
    assert result.stderr == (
        "error: stopped: expected no other run, found one that is going on; wait for it, or choose another --out\n"
    )


def test_two_conversions_do_not_mix_their_files(folder: Path) -> None:
    """The second of a name is refused while the first goes on; one of another name is not, and no lock is left."""
    with alone_by_name(Path("models"), "a"), alone_by_name(Path("models"), "b"):
        result = CliRunner().invoke(cli, ["convert", "model.keras", "--out", "models", "--name", "a"])
        assert {path.name for path in Path("models").iterdir()} == {".a.lock", ".b.lock"}
    assert not Path("models").exists()
    assert result.exit_code == 2
    assert result.stderr == (
        "error: models/a: expected no other conversion of the name, found one that goes on; wait for it, or choose "
        "another --out or --name\n"
    )


def test_a_conversion_that_was_killed_keeps_no_other_out(folder: Path) -> None:
    """The file that it locked is left and locked no more."""
    (folder / ".a.lock").touch()
    with alone_by_name(folder, "a"):
        pass
    assert not (folder / ".a.lock").exists()
    with pytest.raises(OutputError, match="cannot be written: File name too long"), alone_by_name(folder, "a" * 300):
        pass


@pytest.mark.parametrize("command", ["train", "demo", "zoo reproduce"])
def test_a_place_that_cannot_be_written_is_said_first(folder: Path, command: str) -> None:
    """Before any line about the digits that would have been learned from."""
    result = CliRunner().invoke(cli, [*command.split(), "--out", "digits.npz/new", "--data", "digits.npz"])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: digits.npz/new: cannot be written")
    assert result.stderr.count("\n") == 1


def test_two_demos_do_not_share_a_folder(folder: Path) -> None:
    """Else each would write over what the other measures."""
    with alone_in(folder / "new"):
        result = CliRunner().invoke(cli, ["demo", "--out", "new", "--data", "digits.npz"])
    assert result.exit_code == 2
    assert "found one that is going on" in result.stderr
