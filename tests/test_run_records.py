"""What lies beside a model belongs to it, and what a run or a demo writes replaces nothing of the user's."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
import numpy as np
import pytest

from benchmarks.result_files import read_result
from device.command_line import Command, run_command_line
from device.errors import DataError, OutputExistsError, UsageError
from device.inference.model_file import sha256
from edge_digits.conversion_data import name_of, training_record
from edge_digits.data.digit_set import refuse_one_part
from edge_digits.data.mnist import load_mnist
from edge_digits.run_files import CURVES_NAME, HISTORY_NAME, MODEL_NAME, TRAINING_NAME, refuse_demo, refuse_run

RECORD = {"settings": {"arch": "cnn"}}


def write_record(folder: Path, **fields: object) -> None:
    (folder / TRAINING_NAME).write_text(json.dumps({**RECORD, **fields}))


def test_the_record_of_a_run_is_that_of_its_own_model(tmp_path: Path) -> None:
    """Its digest tells, whatever the model is called; another model beside it has none."""
    own, renamed, other = tmp_path / MODEL_NAME, tmp_path / "mine.keras", tmp_path / "other.keras"
    own.write_bytes(b"weights")
    renamed.write_bytes(b"weights")
    other.write_bytes(b"others")
    write_record(tmp_path, model_sha256=sha256(b"weights"))
    assert training_record(own)["settings"] == training_record(renamed)["settings"] == RECORD["settings"]
    assert training_record(other) == {}
    own.write_bytes(b"trained elsewhere")
    assert training_record(own) == {}


def test_a_record_without_a_digest_is_believed(tmp_path: Path) -> None:
    """As earlier releases wrote it."""
    write_record(tmp_path)
    assert training_record(tmp_path / MODEL_NAME) == RECORD


@pytest.mark.parametrize("content", ["[1, 2]", '{"settings": 5}'])
def test_a_record_that_is_something_else_is_one_line(content: str, tmp_path: Path) -> None:
    """With exit code 6."""
    (tmp_path / TRAINING_NAME).write_text(content)
    with pytest.raises(DataError, match=r"training\.json: expected the record of a run"):
        training_record(tmp_path / MODEL_NAME)


def test_files_are_named_after_an_architecture_of_ours_or_their_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No record leads out of the folder, and a folder keeps its whole name."""
    folder = tmp_path / "mnist.v1.2"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert name_of(Path("a/model.keras"), RECORD) == "cnn"
    assert name_of(Path("a/mine.keras"), {"settings": {"arch": "../../away"}}) == "mine"
    assert name_of(Path("a/mine.keras"), {"settings": {"arch": ["cnn"]}}) == "mine"
    assert name_of(Path(), {}) == name_of(folder, {}) == "mnist.v1.2"


@pytest.mark.parametrize("name", [MODEL_NAME, HISTORY_NAME, TRAINING_NAME, CURVES_NAME])
def test_a_run_writes_over_no_file(name: str, tmp_path: Path) -> None:
    """Not even over a record whose model was renamed."""
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputExistsError, match=name):
        refuse_run(tmp_path)


def test_a_demo_writes_over_nothing_of_others(tmp_path: Path) -> None:
    """Into a new folder, an empty one, or that of an earlier demo, and never over its own data."""
    out, data = tmp_path / "demo", tmp_path / "digits.npz"
    refuse_demo(out, data)
    out.mkdir()
    refuse_demo(out, data)
    with pytest.raises(UsageError, match="without the data"):
        refuse_demo(out, out / "test.npz")
    (out / "report.html").write_text("mine")
    with pytest.raises(UsageError, match="expected a new folder"):
        refuse_demo(out, data)
    (out / "training").mkdir()
    refuse_demo(out, data)


@pytest.mark.parametrize("part", ["train", "test"])
def test_data_of_one_part_are_refused_before_the_work(part: str, tmp_path: Path) -> None:
    """A demo and the zoo train and test."""
    images, labels = np.zeros((20, 28, 28), np.uint8), (np.arange(20) % 10).astype(np.uint8)
    np.savez(tmp_path / "some.npz", **{f"x_{part}": images, f"y_{part}": labels})
    with pytest.raises(DataError, match=r"expected digits to train on and to test on, found (20 and 0|0 and 20); name"):
        refuse_one_part(load_mnist(tmp_path / "some.npz", report=str))


def test_a_pipe_is_no_result(tmp_path: Path) -> None:
    """It would be waited for, or read without end."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="found a folder, device or pipe"):
        read_result(tmp_path / "pipe")


def test_data_that_end_too_early_are_no_interrupt(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Click takes both for the same."""

    @click.command(cls=Command)
    def command() -> None:
        raise EOFError("no data left")

    monkeypatch.setattr(sys, "argv", ["program"])
    with pytest.raises(SystemExit) as ended:
        run_command_line(command, [])
    assert ended.value.code == 1
    assert "found the end of a file too early (no data left)" in capsys.readouterr().err
