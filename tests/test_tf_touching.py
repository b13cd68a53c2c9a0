"""The network that reads digits that touch is trained and converted by one command."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from device.errors import DataError
from device.finding.touching import HEIGHT, STEPS, WIDTH, chance
from device.inference.inference import softmax
from device.inference.model_card import TensorCard
from device.inference.model_file import read_model
from edge_digits.cli import cli
from edge_digits.touching.strips import Strips, write_strips
from edge_digits.touching.training import as_answers, ctc_loss


@pytest.fixture
def strips(tmp_path: Path) -> Path:
    """A broad bar is a 0, a slender one a 1; up to three stand beside each other, or none."""
    rng = np.random.default_rng(0)
    images, texts = np.zeros((200, HEIGHT, WIDTH), np.uint8), []
    for image in images:
        text = "".join(str(rng.integers(2)) for _ in range(rng.integers(4)))
        for place, sign in enumerate(text):
            image[4:28, 4 + 24 * place : (22 if sign == "0" else 8) + 24 * place] = 255
        texts.append(text)
    write_strips(tmp_path / "strips.npz", Strips(images, np.array(texts)))
    return tmp_path / "strips.npz"


def test_a_network_is_trained_and_converted(strips: Path, tmp_path: Path) -> None:
    """To a whole file that takes pixels as they are, with a card; it is not overwritten."""
    out = tmp_path / "touching.tflite"
    arguments = ["touching", "train", str(strips), "--out", str(out), "--epochs", "4"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    model = read_model(out)
    assert model.card.input == TensorCard((1, HEIGHT, WIDTH, 1), "float32", 0.0, 0)
    assert model.card.output.shape == (1, STEPS, 11)
    assert model.card.training["strips"] == 200
    losses = [float(loss) for loss in re.findall(r"loss ([0-9.]+)", result.stderr)]
    assert len(losses) == 4
    assert losses[-1] < 0.7 * losses[0]
    assert [path.name for path in tmp_path.iterdir() if "checkpoint" in path.name] == []
    before = out.read_bytes()
    result = CliRunner().invoke(cli, arguments)
    assert (result.exit_code, out.read_bytes()) == (2, before)


def test_the_loss_is_what_the_device_makes_of_answers() -> None:
    """−log of how likely they are, of no digit, of several, and of one that is there twice."""
    logits = np.random.default_rng(0).normal(0, 2, (3, STEPS, 11)).astype(np.float32)
    texts = ["", "115", "7"]
    expected = [-np.log(chance(softmax(each), [*map(int, text)])) for each, text in zip(logits, texts, strict=True)]
    assert float(ctc_loss(as_answers(np.array(texts)), logits)) == pytest.approx(np.mean(expected), rel=1e-4)


def test_too_few_marks_are_refused(tmp_path: Path) -> None:
    """In one line, with the exit code of data, and nothing is written."""
    write_strips(tmp_path / "few.npz", Strips(np.zeros((40, HEIGHT, WIDTH), np.uint8), np.full(40, "12")))
    out = tmp_path / "touching.tflite"
    result = CliRunner().invoke(cli, ["touching", "train", str(tmp_path / "few.npz"), "--out", str(out)])
    assert result.exit_code == DataError.exit_code
    assert "expected at least 128 wide marks to learn from, found 38" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["few.npz"]
