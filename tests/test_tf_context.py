"""The network that looks at what is around a mark is trained and converted by one command."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from device.errors import DataError
from device.finding.context import HEIGHT, WIDTH
from device.inference.model_card import TensorCard
from device.inference.model_file import read_model
from edge_digits.cli import cli
from edge_digits.context.crops import Crops, write_crops


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """Bright squares in the middle are digits, noise is none."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 120, (600, HEIGHT, WIDTH), np.uint8)
    answers = rng.random(600) < 0.5
    images[answers, 8:24, 24:40] += 130
    write_crops(tmp_path / "crops.npz", Crops(images, answers, np.full(600, "drawn")))
    return tmp_path / "crops.npz"


def test_a_network_is_trained_and_converted(crops: Path, tmp_path: Path) -> None:
    """To a whole file that takes pixels as they are, with a card; it is not overwritten."""
    out = tmp_path / "context.tflite"
    arguments = ["context", "train", str(crops), "--out", str(out), "--epochs", "6"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    model = read_model(out)
    assert model.card.input == TensorCard((1, HEIGHT, WIDTH, 1), "float32", 0.0, 0)
    assert model.card.output.shape == (1, 1)
    assert model.card.training["crops"] == 600
    losses = [float(loss) for loss in re.findall(r"loss ([0-9.]+)", result.stderr)]
    assert len(losses) == 6
    assert losses[-1] < 0.7 * losses[0]
    assert [path.name for path in tmp_path.iterdir() if "checkpoint" in path.name] == []
    before = out.read_bytes()
    result = CliRunner().invoke(cli, arguments)
    assert (result.exit_code, out.read_bytes()) == (2, before)


def test_too_few_marks_are_refused(tmp_path: Path) -> None:
    """In one line, with the exit code of data, and nothing is written."""
    few = Crops(np.zeros((40, HEIGHT, WIDTH), np.uint8), np.arange(40) % 2 == 0, np.full(40, "drawn"))
    write_crops(tmp_path / "few.npz", few)
    out = tmp_path / "context.tflite"
    result = CliRunner().invoke(cli, ["context", "train", str(tmp_path / "few.npz"), "--out", str(out)])
    assert result.exit_code == DataError.exit_code
    assert "expected at least 128 marks to learn from, found 38" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["few.npz"]
