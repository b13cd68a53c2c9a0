"""Training is repeatable and can be stopped at any moment."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow
from click.testing import CliRunner

from device.errors import DataError, ModelFileError, OutputExistsError, UsageError
from edge_digits.cli import cli
from edge_digits.data.digit_set import Digits
from edge_digits.data.mnist_sources import from_sample
from edge_digits.tensorflow_setup import prepare_tensorflow
from edge_digits.training.architectures import build
from edge_digits.training.checkpoint import STATE_NAME
from edge_digits.training.training import TrainingSettings, train
from edge_digits.training.zoo import reproduce

PREPARING = "preparing 900 digits to learn from; 100 are held back"


class KilledError(Exception):
    """Stands for a kill between two epochs."""


@pytest.fixture(scope="module")
def digits() -> Digits:
    """A thousand digits of the sample."""
    sample = from_sample()
    return Digits(sample.train_images[:1000], sample.train_labels[:1000], sample.test_images, sample.test_labels, "few")


def settings(arch: str = "cnn", **changes: object) -> TrainingSettings:
    fields = {"epochs": 3, "batch_size": 50, "seed": 7, "validation": 100, **changes}
    return TrainingSettings.from_recipe(arch, **fields)


def small(**changes: object) -> TrainingSettings:
    """Settings of the network that is soonest trained, for rules about files and not about weights."""
    return settings("softmax", **changes)


def weights(path: Path) -> list[np.ndarray]:
    return keras.models.load_model(path).get_weights()


def ignore(line: str) -> None:
    pass


def kill_after(epoch: int):
    def report(line: str) -> None:
        if line.startswith(f"epoch {epoch}/"):
            raise KilledError

    return report


@pytest.fixture(scope="module")
def whole(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    train(digits, settings(), out, report=ignore)
    return out


def test_a_run_leaves_what_is_needed_to_repeat_it(whole: Path) -> None:
    """Model, history, settings with data digests and versions, and a picture; no checkpoint."""
    assert {path.name for path in whole.iterdir()} == {"model.keras", "history.json", "training.json", "curves.png"}
    record = json.loads((whole / "training.json").read_text())
    assert record["settings"]["seed"] == 7
    assert record["data"].keys() == {"train_images", "train_labels", "test_images", "test_labels"}
    assert "tensorflow" in record["versions"]


def test_the_same_seed_gives_the_same_model(digits: Digits, whole: Path, tmp_path: Path) -> None:
    """Every weight is equal, bit for bit, on one machine."""
    train(digits, settings(), tmp_path, report=ignore)
    for one, other in zip(weights(whole / "model.keras"), weights(tmp_path / "model.keras"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_resumed_run_ends_with_the_same_model(digits: Digits, whole: Path, tmp_path: Path) -> None:
    """A run that was killed after an epoch goes on as if nothing had happened; its history has no gap or repeat."""
    with pytest.raises(KilledError):
        train(digits, settings(), tmp_path, report=kill_after(1))
    assert not (tmp_path / "model.keras").exists()
    train(digits, settings(), tmp_path, resume=True, report=ignore)
    for one, other in zip(weights(whole / "model.keras"), weights(tmp_path / "model.keras"), strict=True):
        np.testing.assert_array_equal(one, other)
    rows = [json.loads((out / "history.json").read_text()) for out in (whole, tmp_path)]
    assert [row["epoch"] for row in rows[1]] == [1, 2, 3]
    assert [row["val_loss"] for row in rows[0]] == [row["val_loss"] for row in rows[1]]


def test_a_long_epoch_says_how_far_it_is(digits: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what goes on before the first; steps are counted to the last, and the line of the epoch follows."""
    monkeypatch.setattr("edge_digits.training.step_progress.LOG_S", 0.0)
    monkeypatch.setattr("edge_digits.training.step_progress.WORTH_A_LINE_S", 0.0)
    said: list[str] = []
    train(digits, small(epochs=1), tmp_path, report=said.append)
    assert said.pop(0) == PREPARING
    steps = len(said) - 1
    assert [line.partition(",")[0] for line in said[:-1]] == [
        f"in epoch 1/1: step {step} of {steps + 1}" for step in range(2, steps + 2)
    ]
    assert said[-1].startswith("epoch 1/1: loss")


def test_a_stopped_run_is_neither_lost_nor_mixed(digits: Digits, tmp_path: Path) -> None:
    """Going on takes --resume and the same settings; starting over takes --force."""
    with pytest.raises(KilledError):
        train(digits, small(), tmp_path, report=kill_after(1))
    with pytest.raises(UsageError, match=r"--resume.*--force"):
        train(digits, small(), tmp_path, report=ignore)
    with pytest.raises(UsageError, match="seed was 7, is 8"):
        train(digits, small(seed=8), tmp_path, resume=True, report=ignore)
    other = settings("cnn-nano")
    with pytest.raises(UsageError, match="expected a stopped run of cnn-nano, found one of softmax;"):
        train(digits, other, tmp_path, resume=True, report=ignore)
    train(digits, small(epochs=1), tmp_path, force=True, report=ignore)
    assert (tmp_path / "model.keras").exists()


def test_a_damaged_checkpoint_is_named(digits: Digits, tmp_path: Path) -> None:
    """It is never taken for an earlier or a finished run."""
    with pytest.raises(KilledError):
        train(digits, small(), tmp_path, report=kill_after(1))
    checkpoint = next(tmp_path.glob("checkpoint-*.keras"))
    whole = checkpoint.read_bytes()
    for damaged in (b"no model", whole[: len(whole) // 2], whole[:2000] + bytes(100) + whole[2100:]):
        checkpoint.write_bytes(damaged)
        with pytest.raises(
            DataError, match=r"0001.keras: expected a whole checkpoint, found a damaged one; start over"
        ):
            train(digits, small(), tmp_path, resume=True, report=ignore)
    checkpoint.unlink()
    with pytest.raises(DataError, match=r"0001.keras: expected a checkpoint, found no such file; start over"):
        train(digits, small(), tmp_path, resume=True, report=ignore)
    (tmp_path / STATE_NAME).write_text("{")
    with pytest.raises(DataError, match="found no JSON document; start over with --force"):
        train(digits, small(), tmp_path, resume=True, report=ignore)


def without(record: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != key}


def test_a_checkpoint_record_that_is_something_else_is_refused(digits: Digits, tmp_path: Path) -> None:
    """Other kinds of JSON, parts of other types, rows without figures, and epochs that are not those of the weights."""
    with pytest.raises(KilledError):
        train(digits, small(), tmp_path, report=kill_after(2))
    state = json.loads((tmp_path / STATE_NAME).read_text())
    first, second = state["history"]
    wrong = [[], 3, None, "text", {}, *(without(state, key) for key in state)]
    wrong += [{**state, key: value} for key in state for value in ([], [1], "text", None, 3)]
    wrong += [
        {**state, "history": rows}
        for rows in ([first, without(second, "val_loss")], [first, {**second, "loss": "0.1"}], [first], [first, first])
    ]
    wrong += [{**state, "weights": f"../{tmp_path.name}/{state['weights']}"}]
    for record in wrong:
        (tmp_path / STATE_NAME).write_text(json.dumps(record))
        with pytest.raises(
            DataError, match=r"checkpoint\.json: expected a checkpoint's record, found another document"
        ):
            train(digits, small(), tmp_path, resume=True, report=ignore)
    (tmp_path / STATE_NAME).write_text("[" * 100_000)
    with pytest.raises(DataError, match="found no JSON document; start over with --force"):
        train(digits, small(), tmp_path, resume=True, report=ignore)


def test_records_of_a_finished_run_that_are_something_else_are_refused(digits: Digits, tmp_path: Path) -> None:
    """They are named, and the model stays; the record of another run is still that of another run."""
    train(digits, small(epochs=1), tmp_path, report=ignore)
    record, history = (json.loads((tmp_path / name).read_text()) for name in ("training.json", "history.json"))
    wrong = [("history.json", each) for each in ([], 3, None, "text", {"a": 1}, [1], [without(history[0], "loss")])]
    wrong += [("training.json", each) for each in ([], 3, None, "text", {**record, "validation_accuracy": "high"})]
    wrong += [("training.json", without(record, key)) for key in ("validation_accuracy", "seconds", "parameters")]
    for name, content in wrong:
        kept = (tmp_path / name).read_text()
        (tmp_path / name).write_text(json.dumps(content))
        with pytest.raises(DataError, match=rf"{name}: expected the .* of a run.*, found another document; restore it"):
            train(digits, small(epochs=1), tmp_path, resume=True, report=ignore)
        (tmp_path / name).write_text(kept)
    assert train(digits, small(epochs=1), tmp_path, resume=True, report=ignore).model.exists()


@pytest.mark.parametrize("content", [b"", b"half", None])
def test_a_damaged_model_of_a_finished_run_is_not_finished(
    content: bytes | None, digits: Digits, tmp_path: Path
) -> None:
    """Nothing goes on from it; it is named."""
    path = train(digits, small(epochs=1), tmp_path, report=ignore).model
    path.write_bytes(path.read_bytes()[:-1000] if content is None else content)
    with pytest.raises(DataError, match=r"model\.keras: expected the model of the finished run, found another or a"):
        train(digits, small(epochs=1), tmp_path, resume=True, report=ignore)


def test_a_checkpoint_of_another_network_is_refused(digits: Digits, tmp_path: Path) -> None:
    """A model that was copied over it is not gone on with under the record of the run."""
    with pytest.raises(KilledError):
        train(digits, small(), tmp_path, report=kill_after(1))
    build("mlp-100").save(next(tmp_path.glob("checkpoint-*.keras")))
    with pytest.raises(DataError, match=r"of softmax, 7,850 weights, found one of mlp-100, 79,510 weights; start over"):
        train(digits, small(), tmp_path, resume=True, report=ignore)


def test_other_data_are_named_and_not_the_settings_that_follow_from_them(digits: Digits, tmp_path: Path) -> None:
    """How many digits are held back follows from how many there are."""
    with pytest.raises(KilledError):
        train(digits, small(), tmp_path, report=kill_after(1))
    images, labels = digits.train_images[:900], digits.train_labels[:900]
    fewer = Digits(images, labels, digits.test_images, digits.test_labels, "fewer")
    with pytest.raises(UsageError, match=r"--resume needs the data of the stopped run, found other digits; name"):
        train(fewer, small(validation=90), tmp_path, resume=True, report=ignore)


def test_what_a_kill_left_of_a_checkpoint_goes_with_it(digits: Digits, tmp_path: Path) -> None:
    """Nothing but the run is in its folder at the end."""
    (tmp_path / ".checkpoint-0001-x1y2z3.part.keras").write_bytes(b"half")
    train(digits, small(epochs=1), tmp_path, resume=True, report=ignore)
    assert not [path for path in tmp_path.iterdir() if "checkpoint" in path.name]


def test_reproducing_takes_no_run_on_other_digits_for_its_own(digits: Digits, tmp_path: Path) -> None:
    """The option that helps is named, and it is one that `zoo reproduce` has."""
    reproduce(digits, ["softmax"], tmp_path, seeds=1, report=ignore)
    fewer = Digits(
        digits.train_images[:900], digits.train_labels[:900], digits.test_images, digits.test_labels, "fewer"
    )
    with pytest.raises(OutputExistsError, match=r"softmax-0: expected a run .* on these digits.*--out"):
        reproduce(fewer, ["softmax"], tmp_path, seeds=1, report=ignore)


def test_several_models_are_read_without_a_warning_of_tensorflow() -> None:
    """Its logger keeps to errors; a graph for each model is what is wanted."""
    prepare_tensorflow()
    assert not tensorflow.get_logger().isEnabledFor(logging.WARNING)


@pytest.mark.parametrize(
    "content", ['{"floatx": "float16", "image_data_format": "channels_first"}', '{"floatx": 3}', "[]"]
)
def test_keras_is_set_up_as_training_needs_it(content: str, tmp_path: Path) -> None:
    """Neither KERAS_BACKEND, of which a line says so, nor a keras.json of the user's decides how networks compute."""
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(content)
    environment = {**os.environ, "HOME": str(tmp_path), "KERAS_BACKEND": "jax"}
    environment.pop("KERAS_HOME")  # which these tests have set
    code = (
        "from edge_digits.tensorflow_setup import prepare_tensorflow; prepare_tensorflow(); from keras import config;"
        "print(config.backend(), config.floatx(), config.image_data_format())"
    )
    child = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert child.stdout.split() == ["tensorflow", "float32", "channels_last"]
    assert child.stderr.startswith("KERAS_BACKEND=jax has no effect here")
    assert "Traceback" not in child.stderr


def test_a_finished_run_is_not_overwritten(digits: Digits, whole: Path) -> None:
    """A model that is there stays there without --force."""
    with pytest.raises(OutputExistsError, match="--force"):
        train(digits, settings(), whole, report=ignore)


def test_a_stopped_run_is_kept_where_a_teacher_cannot_be_loaded(digits: Digits, tmp_path: Path) -> None:
    """Also with --force, which drops it only where another run can begin."""
    out, teacher = tmp_path / "run", tmp_path / "teacher.keras"
    teacher.write_bytes(b"damaged")
    with pytest.raises(KilledError):
        train(digits, small(), out, report=kill_after(1))
    with pytest.raises(ModelFileError):
        train(digits, small(teachers=("x",)), out, teachers=[teacher], force=True, report=ignore)
    assert (out / STATE_NAME).exists()


def test_resuming_a_finished_run_finds_it_finished(digits: Digits, whole: Path) -> None:
    """A loop that resumes until it succeeds comes to its end; another run in its place is still refused."""
    said: list[str] = []
    trained = train(digits, settings(), whole, resume=True, report=said.append)
    assert said == [f"{whole}: this run is finished already"]
    assert [row["epoch"] for row in trained.history] == [1, 2, 3]
    with pytest.raises(OutputExistsError, match="--force"):
        train(digits, settings(seed=8), whole, resume=True, report=ignore)


def test_resuming_where_nothing_was_stopped_says_so_and_begins(digits: Digits, tmp_path: Path) -> None:
    """A mistyped --out is noticed at once; a loop that resumes until it succeeds goes on all the same."""
    said: list[str] = []
    train(digits, small(epochs=1), tmp_path, resume=True, report=said.append)
    assert said[0] == f"{tmp_path}: holds no stopped run to resume; starting from the beginning"
    assert said[1] == PREPARING
    assert said[2].startswith("epoch 1/1")


def test_too_few_digits_for_a_batch_are_refused(digits: Digits, tmp_path: Path) -> None:
    """A run that could not make one step does not start."""
    with pytest.raises(UsageError, match=r"at least one batch of 1000.*lower --batch-size"):
        train(digits, settings(batch_size=1000), tmp_path, report=ignore)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--arch", "transformer", "--out", "x"], 2),
        (["--epochs", "0", "--out", "x"], 2),
        ([], 2),
        (["--out", "x", "--data", "missing.npz"], 6),
    ],
)
def test_wrong_arguments_have_their_exit_code(arguments: list[str], code: int, tmp_path: Path, monkeypatch) -> None:
    """One line, no traceback, nothing written."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["train", *arguments])
    assert result.exit_code == code
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.glob("x"))


def test_an_output_that_cannot_be_written_is_exit_code_1(tmp_path: Path) -> None:
    """The folder that is a file is named."""
    (tmp_path / "file").touch()
    result = CliRunner().invoke(cli, ["train", "--out", str(tmp_path / "file" / "run"), "--epochs", "1"])
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
