"""The wheel holds what it should and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from conftest import ROOT

from device.version import VERSION


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The project's wheel, built without network from a copy of what git tracks or would."""
    folder = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = folder / "source" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), "source"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_exactly_the_four_packages(wheel: zipfile.ZipFile) -> None:
    """Four packages and the metadata, no tests."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"edge_digits", "converters", "device", "benchmarks", f"edge_digits-{VERSION}.dist-info"}


def test_the_wheel_holds_every_module_and_data_file(wheel: zipfile.ZipFile) -> None:
    """Nothing of the four folders is left out."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in listed if name.split("/")[0] in ("edge_digits", "converters", "device", "benchmarks")}
    assert ours <= set(wheel.namelist())


def test_the_wheel_carries_licence_and_attribution(wheel: zipfile.ZipFile) -> None:
    """The licence, and the attribution that MNIST's licence asks for, travel with the digits."""
    names = {Path(name).name for name in wheel.namelist()}
    assert {"LICENSE", "NOTICE", "entry_points.txt"} <= names


def test_the_base_installation_asks_for_no_tensorflow() -> None:
    """A Pi installs numpy, click, Pillow, headless OpenCV and an interpreter."""
    required = requires("edge-digits") or []
    names = {re.split(r"[<>=! ;]", line)[0] for line in required if "extra ==" not in line}
    assert names == {"click", "tomli", "pillow", "numpy", "opencv-python-headless", "tflite-runtime", "ai-edge-litert"}
