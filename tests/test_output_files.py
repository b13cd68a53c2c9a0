"""No command writes over what it reads, whatever it is called and whether --force is given."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from digit_fakes import make_digits, write_npz
from PIL import Image

from device.errors import OutputError, UsageError
from device.output_files import refuse_existing, write_text
from device.paths import DEFAULT_MODEL
from edge_digits.cli import cli


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def folder(seven: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a seven of 280×280 px in p.png, also in classes/7, and digits in digits.npz."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "classes" / "7").mkdir(parents=True)
    for path in ("p.png", "classes/7/p.png"):
        Image.fromarray(seven).resize((280, 280)).save(path)
    write_npz(make_digits(), tmp_path / "digits.npz")
    (tmp_path / "weak").mkdir()
    write_npz(make_digits(), tmp_path / "weak" / "blur-weak.npz")
    return tmp_path


@pytest.mark.parametrize("name", ["p.png", "./classes/../p.png", "link.png", "linked/p.png", "hard.png"])
def test_an_input_by_any_name_is_no_output(name: str, folder: Path) -> None:
    """Another spelling, a link to the file or to its folder, and a hard link are the same file."""
    Path("link.png").symlink_to("p.png")
    Path("linked").symlink_to(folder)
    Path("hard.png").hardlink_to("p.png")
    with pytest.raises(UsageError, match="choose another place") as refused:
        refuse_existing(Path(name), force=True, inputs=[None, Path("none.png"), Path("p.png")])
    assert "--force" not in str(refused.value)


def test_what_is_in_a_folder_that_is_read_is_no_output(folder: Path) -> None:
    """A new name in it is, and so is a folder beside it."""
    inputs = [folder / "classes"]
    with pytest.raises(UsageError):
        refuse_existing(Path("classes/7/p.png"), force=True, inputs=inputs)
    refuse_existing(Path("classes/7/new.png"), force=False, inputs=inputs)
    refuse_existing(Path("p.png"), force=True, inputs=inputs)


@pytest.mark.parametrize(
    "command",
    [
        "classify p.png --annotate .",
        "classify p.png --explain .",
        "classify new.png p.png --annotate . --force",
        "classify p.png classes --annotate classes/7 --force",
        "classify classes/7/p.png p.png --annotate . --explain out --force",
        "calibrate p.png --out p.toml --force",
        f"predict {DEFAULT_MODEL} p.png --out p.png --force",
        "data import digits.npz --out digits.npz --force",
        "data show --data classes --out classes/7/p.png --force",
        "data suspects --data classes --sheet classes/7/p.png --force",
        "data distort --data weak/blur-weak.npz --out weak --force",
        "report digits.npz --csv digits.npz --force",
        f"bench {DEFAULT_MODEL} --data digits.npz --json digits.npz --force",
        "export c-array digits.cc --out . --name digits --force",
        "export onnx digits.onnx --out . --force",
    ],
)
def test_no_command_writes_over_what_it_reads(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that does not name --force, exit code 2, and every file is as it was."""
    monkeypatch.setattr("benchmarks.report.require_matplotlib", lambda: None)
    for name in ("digits.cc", "digits.onnx"):
        Path(name).write_bytes(DEFAULT_MODEL.read_bytes())
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    result = invoke(*command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert "one that is read here; choose another place" in result.stderr
    assert "--force" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_drawings_that_are_there_are_refused_before_anything_is_written(folder: Path) -> None:
    """Also those of later pictures; with --force all are written."""
    Path("out").mkdir()
    Path("out/p-2.png").touch()
    command = ("classify", "p.png", "classes", "--annotate", "out")
    refused = invoke(*command)
    assert (refused.exit_code, refused.stdout, [*Path("out").glob("p.png")]) == (2, "", [])
    assert invoke(*command, "--force").exit_code == 0
    assert Path("out/p-2.png").stat().st_size > 0


@pytest.mark.parametrize("name", ["folder", "pipe", "link"])
def test_a_folder_device_or_pipe_is_no_output(name: str, tmp_path: Path) -> None:
    """A rename would put a file in its place, such as of /dev/null; it is refused with --force too, and stays."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    place = tmp_path / name
    for force in (False, True):
        with pytest.raises(UsageError, match="found a folder, device or pipe"):
            refuse_existing(place, force=force)
    with pytest.raises(OutputError, match="found a folder, device or pipe"):
        write_text(place, "x")
    assert not place.is_file()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "link", "pipe"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is written, whether it is there yet or not."""
    for name in ("there.json", "new.json"):
        (tmp_path / name.replace(".", "-link.")).symlink_to(f"elsewhere/{name}")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/there.json").write_text("old")
    for name in ("there.json", "new.json"):
        write_text(tmp_path / name.replace(".", "-link."), "new")
        assert (tmp_path / "elsewhere" / name).read_text() == "new"
        assert (tmp_path / name.replace(".", "-link.")).is_symlink()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--annotate", ""], "'--annotate': expected a name, found an empty one"),
        (["--explain", ""], "'--explain': expected a name, found an empty one"),
        (["--annotate", "out", "--explain", "new/../out"], "expected two folders, found new/../out twice"),
    ],
)
def test_folders_for_drawings_have_names_of_their_own(options: list[str], said: str, folder: Path) -> None:
    """An empty name is not the current folder, and two drawings of one name need two folders; nothing is written."""
    before = sorted(folder.rglob("*"))
    result = invoke("classify", "p.png", *options, "--force")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert sorted(folder.rglob("*")) == before


def test_drawings_are_not_read_as_pictures(folder: Path) -> None:
    """What is written into a folder that is read is not there yet when its pictures are looked for."""
    read = invoke("classify", "p.png", "classes", "--annotate", "classes/out").stdout
    assert len(read.splitlines()) == 2


def test_a_file_in_place_of_a_folder_is_named(folder: Path) -> None:
    """The line says which part of the path is wrong, as it was given, rather than that a file exists."""
    with pytest.raises(OutputError, match=r"^p\.png: expected a folder for the results, found a file; choose another"):
        write_text(Path("p.png/x.txt"), "")
    with pytest.raises(OutputError, match=r"^p\.png/more: cannot be written: Not a directory; choose another place"):
        write_text(Path("p.png/more/x.txt"), "")
    Path("link.txt").symlink_to("new/x.txt")
    write_text(Path("link.txt"), "text")
    assert Path("new/x.txt").read_text() == "text"


@pytest.mark.parametrize(
    ("command", "out"),
    [
        ("export onnx", "m.onnx"),
        ("export c-array", "m.cc"),
        ("export c-array", "new/M.H"),
        ("convert", "m.tflite"),
    ],
)
def test_the_name_of_a_file_is_no_folder(command: str, out: str, folder: Path) -> None:
    """Where --out names the folder of what is written, one line says so, and nothing is made."""
    before = sorted(folder.rglob("*"))
    result = invoke(*command.split(), DEFAULT_MODEL, "--out", out)
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        result.stderr
        == f"error: --out: expected a folder, found {out}, the name of a file; choose its stem with --name\n"
    )
    assert sorted(folder.rglob("*")) == before


@pytest.mark.usefixtures("folder")
def test_a_folder_may_be_called_as_a_file() -> None:
    """One that is there is written to."""
    Path("m.cc").mkdir()
    assert invoke("export", "c-array", DEFAULT_MODEL, "--out", "m.cc", "--name", "digits").exit_code == 0
    assert Path("m.cc/digits.cc").is_file()
