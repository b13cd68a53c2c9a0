"""Every command that README prints works as printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from edge_digits.data.mnist_sources import from_sample

FENCE = re.compile(r"```console\n(.*?)```", re.DOTALL)
# What a test cannot have: the environment it runs in is active and installed already.
LEFT_OUT = ("pip install", ". .venv/bin/activate")


def commands() -> list[str]:
    """Return the commands of README's console blocks, in order."""
    blocks = FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [line for line in lines if not line.startswith(LEFT_OUT)]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small data set and the pictures that README speaks of."""
    folder = tmp_path_factory.mktemp("readme")
    sample = from_sample()
    np.savez(
        folder / "few.npz",
        **{"x_train": sample.train_images[:1500], "y_train": sample.train_labels[:1500]},
        **{"x_test": sample.test_images[:300], "y_test": sample.test_labels[:300]},
    )
    (folder / "folder").mkdir()
    (folder / "scans").mkdir()
    for place, name in enumerate(("photo.jpg", "folder/a.png", "scans/b.png")):
        Image.fromarray(255 - sample.test_images[place]).resize((84, 84)).save(folder / name)
    for place, label in enumerate(sample.train_labels[1500:1600]):
        (folder / "corrected" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(sample.train_images[1500 + place]).save(folder / "corrected" / str(label) / f"{place}.png")
    return folder


def test_readme_prints_commands() -> None:
    """The first screen shows train, convert and bench, then what looks inside."""
    assert [line.split()[1] for line in commands()][:4] == ["train", "convert", "bench", "inspect"]


@pytest.mark.parametrize("line", commands())
def test_a_command_of_readme_works_as_printed(line: str, workplace: Path) -> None:
    """Each line runs, in order, on a small data set; only a camera may be missing (5) and claims unmet (3)."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "EDGE_DIGITS_DATA": str(workplace / "few.npz"),
        "XDG_CACHE_HOME": str(workplace / "cache"),
    }
    arguments = shlex.split(line)
    code, stderr = _run(_shortened(line), until_it_serves=arguments[1] == "serve", cwd=workplace, env=environment)
    camera_missing = "run" in arguments and "camera" in stderr and code == 5
    too_few_digits = "zoo" in arguments and code == 3
    assert code == 0 or camera_missing or too_few_digits, stderr


def _run(line: str, *, until_it_serves: bool, **place: object) -> tuple[int, str]:
    """Run a line of shell, to its end or until it says its address; return its exit code and standard error."""
    words = ["sh", "-c", f"exec {line}" if until_it_serves else line]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **place) as process:
        said = []
        if until_it_serves:
            assert process.stderr
            said += takewhile(lambda each: "http://" not in each, process.stderr)
            process.terminate()
        _, rest = process.communicate()
    return process.returncode, "".join([*said, rest])


def _shortened(line: str) -> str:
    """Add options that shorten a run on few digits; what README prints stays as it is."""
    extra = {
        "train": "--epochs 3 --validation 150" + (" --max-drop 50" if "--init" in line else ""),
        "convert": "--gate 50 --max-drop 50",
        "verify": "--gate 50 --max-drop 50",
        "serve": "--http 0",
        "bench": "--num-runs 20 --min-secs 0 --rounds 1 --warmup-runs 2",
    }
    return f"{line} {extra.get(line.split()[1], '')}"
