from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from digit_fakes import make_digits, pose_as_mnist, write_idx_folder, write_npz

from benchmarks.measuring_digits import load_measuring_digits
from device.errors import DataError
from device.idx import idx_md5
from device.paths import cache_dir


@pytest.fixture(autouse=True)
def _secluded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("EDGE_DIGITS_DATA", raising=False)


def never(line: str) -> None:
    raise AssertionError(f"nothing was to be reported, found {line!r}")


@pytest.mark.parametrize("how", ["option", "environment"])
@pytest.mark.parametrize("form", ["npz", "folder"])
def test_named_digits_are_used(how: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Digits named by option or environment are measured on, and their digest says which they were."""
    digits = make_digits()
    write = write_npz if form == "npz" else write_idx_folder
    named = write(digits, tmp_path / "named.npz")
    if how == "environment":
        monkeypatch.setenv("EDGE_DIGITS_DATA", str(named))
    found = load_measuring_digits(named if how == "option" else None, report=never)
    assert np.array_equal(found.images, digits.test_images)
    assert np.array_equal(found.labels, digits.test_labels)
    assert found.md5 == idx_md5(digits.test_images, digits.test_labels)
    assert found.source == f"{named} (not MNIST's test digits)"


def test_named_digits_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A named file that is missing is an error that says who named it, not a reason to measure on something else."""
    with pytest.raises(DataError, match=r"found nothing there; check the path$"):
        load_measuring_digits(tmp_path / "none.npz", report=never)
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(tmp_path / "none.npz"))
    with pytest.raises(DataError, match="found nothing there; set EDGE_DIGITS_DATA"):
        load_measuring_digits(None, report=never)


def test_cache_comes_before_the_sample(monkeypatch: pytest.MonkeyPatch):
    """MNIST in the cache is measured on where nothing is named."""
    digits = make_digits()
    pose_as_mnist(digits, monkeypatch)
    cache = write_npz(digits, cache_dir() / "mnist.npz")
    found = load_measuring_digits(None, report=never)
    assert (found.source, found.is_sample) == (f"MNIST, {cache}", False)


@pytest.mark.parametrize("damage", ["other digits", "cut"])
def test_damaged_cache_is_passed_over_with_a_line(damage: str):
    """A damaged cache is not measured on: a line says so, and the sample is used."""
    cache = write_npz(make_digits(), cache_dir() / "mnist.npz")
    if damage == "cut":
        cache.write_bytes(cache.read_bytes()[:1000])
    lines: list[str] = []
    assert load_measuring_digits(None, report=lines.append).is_sample
    assert len(lines) == 1
    assert str(cache) in lines[0]


def test_sample_is_the_last_resort():
    """Without any other digits the 2,000 that ship are used, and the result says that it is the sample."""
    found = load_measuring_digits(None, report=never)
    assert found.is_sample
    assert np.bincount(found.labels).tolist() == [200] * 10
