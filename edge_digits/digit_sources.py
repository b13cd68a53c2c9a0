"""Where digits can come from, besides MNIST: an npz, a folder of IDX files, Kaggle's train.csv, pictures by class."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from device.contract import SIDE
from device.errors import DataError
from device.idx import LabelledDigits, Part, read_part

from .kaggle import read_kaggle_train
from .mnist import load_mnist
from .mnist_sources import from_named
from .picture_folders import is_picture_folder, left_out, part_folders, read_picture_folder

MNIST = "mnist"

Kind = Literal["mnist", "npz", "idx", "csv", "pictures"]


@dataclass(frozen=True, eq=False)
class SourceDigits:
    """What one source holds.

    Attributes:
        name: for people, and to tell sources apart.
        kind: what it is stored as.
        train: the training part, or all there is; may be empty where there is a test part.
        test: the test part that the source itself keeps apart; None where it has none.
        is_sample: whether it is the small sample that ships with this project.
    """

    name: str
    kind: Kind
    train: LabelledDigits
    test: LabelledDigits | None
    is_sample: bool = False


def read_source(source: Path | str, *, report: Callable[[str], None]) -> SourceDigits:
    """Read a source of any kind.

    Args:
        source: the word "mnist"; an npz with x_train, y_train, x_test and y_test, or either pair; a folder of IDX files
            or with an mnist.npz; Kaggle's train.csv; a folder of pictures by class, which may keep `train/` and `test/`
            apart.
        report: takes each line about where MNIST came from and which pictures were left out.

    Raises:
        DataError: it is missing, damaged, or none of these.
    """
    if str(source) == MNIST and not Path(source).exists():
        mnist = load_mnist(None, report=report)
        return SourceDigits(mnist.source, "mnist", mnist.train, mnist.test, mnist.is_sample)
    path = Path(source)
    if path.suffix.lower() == ".csv":
        return SourceDigits(str(path), "csv", read_kaggle_train(path), None)
    if path.is_dir() and not _holds_arrays(path):
        return _read_pictures(path, report)
    parts = _parts_of(path)
    if parts == ("train", "test"):
        digits = from_named(path)
        kind: Kind = "idx" if path.is_dir() and not (path / "mnist.npz").exists() else "npz"
        return SourceDigits(digits.source, kind, digits.train, digits.test)
    read = {part: read_part(path, part) for part in parts}
    return SourceDigits(str(path), "npz", read.get("train", no_digits()), read.get("test"))


def no_digits() -> LabelledDigits:
    """Return a part without digits."""
    return LabelledDigits(np.zeros((0, SIDE, SIDE), np.uint8), np.zeros(0, np.uint8))


def _read_pictures(path: Path, report: Callable[[str], None]) -> SourceDigits:
    parts = part_folders(path)
    folders = [parts["train"], parts["test"]] if parts else [path]
    if not parts and not is_picture_folder(path):
        raise DataError(
            f"{path}: expected IDX files, an mnist.npz or pictures in folders named 0 to 9, found none of these in "
            "this folder; check the path"
        )
    read = []
    for folder in folders:
        pictures = read_picture_folder(folder)
        for line in left_out(pictures, name=str(folder)):
            report(line)
        read.append(pictures.digits)
    return SourceDigits(str(path), "pictures", read[0], read[1] if parts else None)


def _holds_arrays(folder: Path) -> bool:
    """Return whether a folder holds MNIST's own files rather than pictures."""
    return (folder / "mnist.npz").exists() or any(folder.glob("*-ubyte*"))


def _parts_of(path: Path) -> tuple[Part, ...]:
    """Return which parts an npz file holds; both where that cannot be told, so that reading it says what is wrong."""
    both: tuple[Part, ...] = ("train", "test")
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return both
    found = tuple(part for part in both if {f"x_{part}.npy", f"y_{part}.npy"} & names)
    return found or both
