"""What the runner's measurements make of what they see."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.outputs import outputs
from benchmarks.runner_subject import measure, recoveries
from device.sources.fake_faults import Fault


def test_a_recovery_is_the_time_to_the_next_frame() -> None:
    """Counted from the end of an outage; one that a new outage cut short is left to that."""
    faults = [Fault("unplug", 1.0, 2.0), Fault("black", 2.1, 2.2), Fault("freeze", 5.0, 6.0), Fault("busy", 6.5, 7.0)]
    times = [0.5, 2.5, 4.0, 7.25]
    assert recoveries(faults, times) == [0.5, 0.25]
    assert recoveries([Fault("unplug", 9.0, math.inf)], times) == []


def test_the_measured_process_counts_every_frame(tmp_path: Path, seven: np.ndarray) -> None:
    """A short run with faults: what the camera gave is what was counted, and what it holds is known."""
    from PIL import Image

    Image.fromarray(seven).save(tmp_path / "seven.png")
    found = measure(picture=str(tmp_path / "seven.png"), fps=500.0, frames=100, seed=1, silence_s=0.3)
    assert found["given"] == found["counts"]["frames"] == found["counts"]["taken"] + found["counts"]["dropped"]
    assert found["counts"]["taken"] == 100
    assert found["warm"]["threads"] >= 4


def test_outputs_of_two_machines_are_compared_bit_for_bit(tmp_path: Path) -> None:
    """Equal is 0, a different int8 output is exit code 3, foreign files are 6."""
    files = [str(tmp_path / name) for name in ("a.npz", "b.npz", "c.npz", "d.npz", "e.npz", "none.npz")]
    np.savez(files[0], **{"m int8": np.zeros((2, 10), np.int8)})
    np.savez(files[1], **{"m int8": np.eye(2, 10, dtype=np.int8)})
    Path(files[2]).write_text("text")
    with Path(files[3]).open("wb") as file:
        np.save(file, np.zeros(3))
    np.savez(files[4], **{"m int8": np.array(["a"])})

    def compare(second: str) -> int:
        return CliRunner().invoke(outputs, ["compare", files[0], second]).exit_code

    assert [compare(each) for each in files] == [0, 3, 6, 6, 6, 6]


@pytest.mark.parametrize("digits", [3])
def test_outputs_are_saved_for_every_shipped_model(digits: int, tmp_path: Path) -> None:
    """Raw outputs, a row a digit."""
    result = CliRunner().invoke(outputs, ["save", str(tmp_path / "a.npz"), "--digits", str(digits)])
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "a.npz") as found:
        assert len(found.files) >= 2
        assert {found[name].shape for name in found.files} == {(digits, 10)}


def test_saved_outputs_are_not_overwritten_by_accident(tmp_path: Path) -> None:
    """What another machine's outputs are held against stays without --force, and where no model answered."""
    file = tmp_path / "a.npz"
    file.write_text("kept")
    for options in ([], ["--force", "--runtime", "none"]):
        result = CliRunner().invoke(outputs, ["save", str(file), *options])
        assert result.exit_code != 0
        assert file.read_text() == "kept"
    assert CliRunner().invoke(outputs, ["save", str(file)]).exit_code == 2
    result = CliRunner().invoke(outputs, ["save", str(file), "--digits", "1", "--force"])
    assert result.exit_code == 0, result.output
    assert zipfile.is_zipfile(file)
