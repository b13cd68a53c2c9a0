"""kill -9 at any moment loses nothing that was finished and leaves nothing that looks finished and is not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT

from device.inference.model_file import read_model
from edge_digits.data.digit_set import read_digits
from edge_digits.data.mnist_sources import from_sample
from edge_digits.run_files import write_npz
from edge_digits.training.training import TrainingSettings, train

LIMIT_S = 120
WEAK_GATE = ["--gate", "50", "--max-drop", "50"]


def kill_when(happened: Callable[[], bool], arguments: list[str]) -> None:
    """Start a command and kill it as soon as something has happened."""
    child = subprocess.Popen([sys.executable, "-m", "edge_digits", *arguments], cwd=ROOT, stderr=subprocess.DEVNULL)
    give_up_s = time.monotonic() + LIMIT_S
    while not happened() and child.poll() is None and time.monotonic() < give_up_s:
        time.sleep(0.01)
    assert child.poll() is None, "it ended before it could be killed"
    child.send_signal(signal.SIGKILL)
    child.wait()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thousand digits of the sample as an npz."""
    sample, path = from_sample(), tmp_path_factory.mktemp("data") / "few.npz"
    write_npz(
        path,
        x_train=sample.train_images[:1000],
        y_train=sample.train_labels[:1000],
        x_test=sample.test_images[:200],
        y_test=sample.test_labels[:200],
    )
    return path


def test_a_killed_training_goes_on(data: Path, tmp_path: Path) -> None:
    """Its history has no gap and no repeat, and the model is that of a run that nothing interrupted."""
    options = ["--arch", "cnn-nano", "--epochs", "4", "--data", str(data), "--validation", "100"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    kill_when(lambda: (killed / "checkpoint.json").exists(), ["train", *options, "--out", str(killed)])
    assert not (killed / "model.keras").exists()
    settings = TrainingSettings.from_recipe("cnn-nano", epochs=4, validation=100)
    digits = read_digits(data, source="few")
    for out, resume in ((killed, True), (whole, False)):
        train(digits, settings, out, resume=resume, report=lambda line: None)
    rows = [json.loads((out / "history.json").read_text()) for out in (killed, whole)]
    assert [row["epoch"] for row in rows[0]] == [1, 2, 3, 4]
    assert [row["val_loss"] for row in rows[0]] == [row["val_loss"] for row in rows[1]]


def test_a_training_killed_at_its_very_end_becomes_whole(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Curves that were not drawn are drawn, the checkpoint that was left goes, and nothing is trained again."""
    settings = TrainingSettings.from_recipe("softmax", epochs=1, validation=100)
    digits = read_digits(data, source="few")

    def killed(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("edge_digits.training.run_outcome.draw_curves", killed)
        with pytest.raises(KeyboardInterrupt):
            train(digits, settings, tmp_path, report=lambda line: None)
    assert (tmp_path / "checkpoint.json").exists()
    model = (tmp_path / "model.keras").read_bytes()
    said: list[str] = []
    train(digits, settings, tmp_path, resume=True, report=said.append)
    assert said == [f"{tmp_path}: this run is finished already"]
    assert (tmp_path / "curves.png").exists()
    assert not list(tmp_path.glob("*checkpoint*"))
    assert (tmp_path / "model.keras").read_bytes() == model


def test_a_killed_conversion_leaves_whole_files_only(data: Path, tmp_path: Path) -> None:
    """What has its final name is sealed, verified and complete; what is half-written is hidden."""
    model, out = tmp_path / "run", tmp_path / "out"
    settings = TrainingSettings.from_recipe("cnn-nano", epochs=1, validation=100)
    train(read_digits(data, source="few"), settings, model, report=lambda line: None)
    options = ["--data", str(data), "--calibrate", "50", "--out", str(out), "--no-stability", *WEAK_GATE]

    def written() -> list[Path]:
        return [path for path in out.glob("*.tflite") if not path.name.startswith(".")]

    kill_when(lambda: len(written()) > 1, ["convert", str(model / "model.keras"), *options])
    assert len(written()) >= 2
    for path in written():
        assert read_model(path).card.accuracy
    assert not (out / "cnn-nano_manifest.json").exists()
