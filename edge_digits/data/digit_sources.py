"""Where digits can come from, besides MNIST: an npz, a folder of IDX files, Kaggle's train.csv, pictures by class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from device.collected import UNSURE
from device.errors import DataError
from device.idx import LabelledDigits, Part

from .kaggle import read_kaggle_train
from .mnist import load_mnist
from .mnist_sources import from_named
from .picture_folders import count_unsure, is_picture_folder, left_out, part_folders, read_picture_folder

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
        places: the file of each digit of each part; None where digits are not files.
    """

    name: str
    kind: Kind
    train: LabelledDigits
    test: LabelledDigits | None
    is_sample: bool = False
    places: Mapping[Part, Sequence[str]] | None = None

    def place_of(self, part: Part, index: int) -> str:
        """Return where a digit lies: a picture's path, a line of a CSV file, or its index in its part."""
        if self.places is not None:
            return self.places[part][index]
        return f"{self.name}, line {index + 2}" if self.kind == "csv" else f"{self.name}, {part} {index}"


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
        test = mnist.test if len(mnist.test_labels) else None
        return SourceDigits(mnist.source, "mnist", mnist.train, test, mnist.is_sample)
    path = Path(source)
    if not path.exists():
        raise DataError(
            f"{path}: expected an npz, a CSV file or a folder of digits, found nothing there; check the path"
        )
    read = _read_named(path, report)
    report(f"digits: {read.name}")
    return read


def holds_digits(path: Path) -> bool:
    """Return whether a path is a CSV file or a folder whose digits are labelled or were collected by a device."""
    if not path.is_dir():
        return path.suffix.lower() == ".csv"
    return is_picture_folder(path) or part_folders(path) is not None or (path / UNSURE).is_dir() or _holds_arrays(path)


def _read_named(path: Path, report: Callable[[str], None]) -> SourceDigits:
    if path.suffix.lower() == ".csv":
        return SourceDigits(str(path), "csv", read_kaggle_train(path), None)
    if path.is_dir() and not _holds_arrays(path):
        return _read_pictures(path, report)
    digits = from_named(path)
    kind: Kind = "idx" if path.is_dir() and not (path / "mnist.npz").exists() else "npz"
    return SourceDigits(str(path), kind, digits.train, digits.test if len(digits.test_labels) else None)


def _read_pictures(path: Path, report: Callable[[str], None]) -> SourceDigits:
    parts = part_folders(path)
    folders = [parts["train"], parts["test"]] if parts else [path]
    if not parts and not is_picture_folder(path):
        waiting = count_unsure(path)
        if waiting:
            raise DataError(
                f"{path}: expected pictures in folders named 0 to 9, found none; "
                f"review the {waiting:,} in {UNSURE}/ first"
            )
        raise DataError(
            f"{path}: expected IDX files, an mnist.npz or pictures in folders named 0 to 9, found none of these in "
            "this folder; check the path"
        )
    read, places = [], []
    for folder in folders:
        pictures = read_picture_folder(folder)
        for line in left_out(pictures, name=str(folder)):
            report(line)
        read.append(pictures.digits)
        places.append([str(each) for each in pictures.paths])
    return SourceDigits(
        name=str(path),
        kind="pictures",
        train=read[0],
        test=read[1] if parts else None,
        places={"train": places[0], "test": places[-1] if parts else []},
    )


def _holds_arrays(folder: Path) -> bool:
    """Return whether a folder holds MNIST's own files rather than pictures."""
    return (folder / "mnist.npz").exists() or any(folder.glob("*-ubyte*"))
