"""The speed of reading is measured on pages that hold what they say, and on hostile frames of every kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT

from benchmarks.hostile_frames import KINDS, hostile_frames
from benchmarks.measuring_digits import MeasuringDigits
from benchmarks.reading_speed import page, reading_speed
from device.finding.finder import find_digits


@pytest.mark.parametrize("count", [1, 5, 50])
def test_a_page_holds_as_many_digits_as_it_says(count: int, sample_digits: MeasuringDigits) -> None:
    """What is timed is the reading of that many digits."""
    assert abs(len(find_digits(page(sample_digits.images, count))) - count) <= 0.04 * count


def test_hostile_frames_are_the_same_for_a_seed() -> None:
    """All kinds in turn, uint8, grey or BGR."""
    first, second = (list(hostile_frames(len(KINDS), seed=4)) for _ in range(2))
    assert [kind for kind, _ in first] == list(KINDS)
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(first, second, strict=True))
    assert {frame.dtype for _, frame in first} == {np.dtype(np.uint8)}


def test_the_command_prints_one_document_and_holds_limits() -> None:
    """Figures with their environment as JSON; exit code 3 where a limit is not met."""
    arguments = ["--json", "--runs", "1", "--hostile", "2", "--max-ms", "0"]
    result = CliRunner().invoke(reading_speed, arguments)
    assert result.exit_code == 3
    document = json.loads(result.stdout)
    assert not document["met"]
    assert [each["digits"] for each in document["measured"]["speeds"]][:3] == [1, 2, 5]


# How long other threads have computed while long lines were fitted and many digits framed, in hundredths of a second.
OTHER_THREADS = """
import os
from pathlib import Path
import cv2, numpy as np
from device.contract import frame_inks
from device.finding.level_lines import level_lines

def spent():
    others = [task for task in Path("/proc/self/task").iterdir() if int(task.name) != os.getpid()]
    times = [(task / "stat").read_text().rpartition(")")[2].split()[11:13] for task in others]
    return sum(int(part) for each in times for part in each)

mask, ink = np.zeros((480, 640), np.uint8), np.full((20, 12), 255, np.uint8)
cv2.line(mask, (0, 200), (639, 240), (255,), 8)
before = spent()
for _ in range(200):
    assert level_lines(mask, mask, length=400, thickest=14).count == 1
    assert len(frame_inks([ink] * 400)) == 400
print(spent() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts the time of threads as Linux tells it")
def test_numpy_wakes_no_threads() -> None:
    """They would spin, on another core, for as long as all of the reading takes."""
    environment = {**os.environ, "OPENCV_FOR_THREADS_NUM": "1"}
    run = [sys.executable, "-c", OTHER_THREADS]
    spent = subprocess.run(run, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert int(spent) < 15  # where they spin it is 70; a tick of the clock may fall on one that only waits
