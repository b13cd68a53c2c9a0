"""A model that kills a runtime kills a child, not the program."""

from __future__ import annotations

import random
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from fakes import ask_for_unknown_version

from device.child_process import run_module
from device.errors import DataError, FitError, ModelFileError
from device.inference import trial as trial_module
from device.inference.foreign_model import read_foreign_model, read_labels
from device.inference.model_file import ModelFile
from device.inference.runtime import installed_runtimes
from device.inference.trial import try_model

NO_DIGITS = np.zeros((0, 28, 28), np.uint8)


@pytest.mark.parametrize("runtime", installed_runtimes())
def test_a_child_answers_as_the_classifier_does(model: ModelFile, runtime: str, seven: np.ndarray) -> None:
    """Tensors, runtime and scores come back through the child."""
    trial = try_model(model.flatbuffer, runtime=runtime, digits=seven[np.newaxis])
    assert trial.runtime.startswith(runtime)
    assert (trial.input, trial.output) == (model.card.input, model.card.output)
    assert trial.raw_scores.argmax() == 7


def test_damaged_flatbuffers_end_in_an_answer_or_an_error(model: ModelFile) -> None:
    """Whatever a damaged flatbuffer does to the runtime, the parent gets an answer or this error."""
    rng = random.Random(3)
    ends = []
    for _ in range(8):
        damaged = bytearray(model.flatbuffer)
        for position in rng.sample(range(len(damaged) // 2), 200):
            damaged[position] = rng.randrange(256)
        try:
            ends.append(try_model(bytes(damaged), runtime=installed_runtimes()[0], digits=NO_DIGITS).runtime)
        except FitError as error:
            ends.append(str(error))
    assert len(ends) == 8
    assert all(end and "\n" not in end for end in ends)


def test_a_dead_child_is_named_by_its_signal(model: ModelFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The line says how the child died."""
    killer = tmp_path / "python"
    killer.write_text("#!/bin/sh\nkill -SEGV $$\n")
    killer.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(killer))
    with pytest.raises(FitError, match="died with SIGSEGV"):
        try_model(model.flatbuffer, runtime="tflite-runtime", digits=NO_DIGITS)


def test_a_child_that_hangs_is_ended(model: ModelFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No model holds the program up for ever."""
    sleeper = tmp_path / "python"
    sleeper.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    monkeypatch.setattr(trial_module, "run_module", partial(run_module, timeout_s=0.2))
    with pytest.raises(FitError, match="no answer"):
        try_model(model.flatbuffer, runtime="tflite-runtime", digits=NO_DIGITS)


def test_a_foreign_model_gets_a_card_after_a_trial(model: ModelFile, tmp_path: Path) -> None:
    """A bare flatbuffer with a labels file is used as it is."""
    (tmp_path / "bare.tflite").write_bytes(model.flatbuffer)
    (tmp_path / "labels.txt").write_text("\n".join("0123456789"))
    foreign = read_foreign_model(
        tmp_path / "bare.tflite",
        labels=tmp_path / "labels.txt",
        runtime=installed_runtimes()[0],
        input_range=None,
        warn=print,
    )
    assert foreign.file.card.labels == model.card.labels
    assert foreign.file.card.input == model.card.input


def test_a_foreign_model_that_cannot_run_is_named(model: ModelFile, tmp_path: Path) -> None:
    """The line begins with the file, and labels that cannot be read are said before a runtime dies of the model."""
    newer, labels = tmp_path / "newer.tflite", tmp_path / "labels.txt"
    newer.write_bytes(ask_for_unknown_version(model.flatbuffer))
    with pytest.raises(DataError, match=r"labels\.txt: expected a labels file, found none"):
        read_foreign_model(newer, labels=labels, runtime=installed_runtimes()[0], input_range=None, warn=print)
    labels.write_text("\n".join("0123456789"))
    with pytest.raises(FitError, match=r"newer\.tflite: "):
        read_foreign_model(newer, labels=labels, runtime=installed_runtimes()[0], input_range=None, warn=print)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\xff", b"0\n1\n 0\n", b"0\n?\n", None])
def test_bad_labels_are_refused(content: bytes | None, tmp_path: Path) -> None:
    """Labels files that are missing, empty, binary, have a label twice or "?" are one line and exit code 6."""
    path = tmp_path / "labels.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"labels\.txt: expected") as caught:
        read_labels(path)
    assert caught.value.exit_code == 6


def test_labels_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Some editors write one; it is no part of the first label."""
    path = tmp_path / "labels.txt"
    path.write_bytes(b"\xef\xbb\xbfzero\none\n")
    assert read_labels(path) == ("zero", "one")


def test_labels_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    """No text is said in plain words, with what to do; another reason is the system's."""
    path = tmp_path / "labels.txt"
    path.write_bytes(b"\x89PNG")
    with pytest.raises(
        DataError, match=r"labels\.txt: expected one label a line, found no UTF-8 text; save it as UTF-8$"
    ):
        read_labels(path)
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(DataError, match=r"expected a labels file, found: Too many levels of symbolic links; check"):
        read_labels(path)


def test_a_damaged_model_of_ours_is_refused_even_with_labels(tmp_path: Path, model: ModelFile) -> None:
    """--labels is for foreign models; it does not switch off the seal."""
    from device.paths import DEFAULT_MODEL

    (tmp_path / "labels.txt").write_text("\n".join("0123456789"))
    (tmp_path / "m.tflite").write_bytes(DEFAULT_MODEL.read_bytes()[:-3])
    with pytest.raises(ModelFileError, match="cut off"):
        read_foreign_model(
            tmp_path / "m.tflite",
            labels=tmp_path / "labels.txt",
            runtime="tflite-runtime",
            input_range=None,
            warn=print,
        )
