"""What models, devices and data are called in the results of a benchmark."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.command import bench
from benchmarks.measuring_digits import load_measuring_digits
from benchmarks.subjects import read_subjects
from device.inference.model_file import read_model
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL

RUNTIMES = installed_runtimes()
needs_runtime = pytest.mark.skipif(not RUNTIMES, reason="needs a device runtime")
QUICK = ["--num-runs", "3", "--min-secs", "0", "--warmup-runs", "0", "--rounds", "1"]


@pytest.fixture
def data(tmp_path):
    """Ten random pictures as test digits, in a file whose name is no UTF-8."""
    path = Path(os.fsdecode(os.fsencode(tmp_path / "digits-") + b"\xff.npz"))
    images = np.random.default_rng(0).integers(0, 256, (10, 28, 28), np.uint8)
    np.savez(path, x_test=images, y_test=np.arange(10))
    return path


@needs_runtime
def test_names_that_are_no_utf_8_are_measured_and_written(data, tmp_path):
    """Each such byte, and a line feed, is escaped everywhere; nothing measured is lost for the name of a file."""
    model = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff\nb.tflite"))
    model.write_bytes(read_model(DEFAULT_MODEL).flatbuffer)
    damaged = Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xff.tflite"))
    damaged.write_bytes(b"no model")
    outputs = [tmp_path / f"out.{kind}" for kind in ("json", "csv", "markdown", "html")]
    options = [word for path in outputs for word in (f"--{path.suffix[1:]}", str(path))]
    result = CliRunner().invoke(bench, [str(model), str(damaged), "--data", str(data), *options, *QUICK])
    assert result.exit_code == 6, result.output
    document = json.loads(outputs[0].read_text(encoding="utf-8"))
    assert {row["model"] for row in document["rows"]} == {r"a\xff\nb.tflite"}
    assert document["unreadable"][0]["model"] == r"d\xff.tflite"
    assert r"digits-\xff.npz" in document["settings"]["data_source"]
    table = result.stdout.splitlines()
    assert len(table) == 1 + len(RUNTIMES)
    for path in outputs[1:]:
        assert r"a\xff\nb.tflite" in path.read_text(encoding="utf-8").replace(r"\\", "\\")  # Markdown doubles them


def test_data_is_named_in_what_can_be_printed(data):
    """A byte that is no UTF-8 is shown as its number."""
    assert r"digits-\xff.npz" in load_measuring_digits(data).source


def test_a_link_is_called_by_its_own_name(tmp_path):
    """Not by what it leads to, which may be gone; two names of one file are still one model, called by the first."""
    (tmp_path / "latest.tflite").symlink_to(DEFAULT_MODEL)
    (tmp_path / "gone.tflite").symlink_to(tmp_path / "nothing.tflite")
    subjects, unreadable = read_subjects([tmp_path / "latest.tflite", tmp_path / "gone.tflite", DEFAULT_MODEL])
    assert [each.label for each in subjects] == ["latest.tflite"]
    assert [each.model for each in unreadable] == ["gone.tflite"]
