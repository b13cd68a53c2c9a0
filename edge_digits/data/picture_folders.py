"""Folders of pictures by class, such as `0/ … 9/`, and the folders that a device collected: read as canonical digits.

A picture of 28×28 px is a canonical digit already; any other goes through the device's own finder, so that a model
learns from exactly what the device will show it. What is no folder of a class is counted and left alone, as are a
device's crops in `unsure/` that nobody has reviewed yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.collected import FRAMES, UNSURE
from device.contract import LABELS, SIDE
from device.errors import DataError, PictureError
from device.finding.finder import find_digits
from device.finding.found import Found
from device.idx import LabelledDigits
from device.sources.files import pictures_in
from device.sources.picture_kinds import readable_names
from device.sources.pictures import read_picture

ALIKE = 0.6  # of each other's height: digits of one picture, and no speck beside a digit
PART_NAMES = {"train": ("train", "training"), "test": ("test", "testing")}


@dataclass(frozen=True, eq=False)
class PictureFolder:
    """What a folder of pictures by class holds.

    Attributes:
        digits: those that were found, by class and then by the names of their files.
        paths: N files, the one of each digit.
        not_found: pictures in which there is no digit, or none can be found.
        several: pictures that show more than one.
        unreadable: what is wrong with each picture that cannot be read, its name first.
        unsure: how many pictures wait for review and were left out.
        others: names of further folders that were left out.
    """

    digits: LabelledDigits
    paths: tuple[Path, ...]
    not_found: tuple[Path, ...]
    several: tuple[Path, ...]
    unreadable: tuple[str, ...]
    unsure: int
    others: tuple[str, ...]


def is_picture_folder(folder: Path) -> bool:
    """Return whether a folder has a folder named after a label in it."""
    return any((folder / label).is_dir() for label in LABELS)


def part_folders(folder: Path) -> dict[str, Path] | None:
    """Return the training and the test folder of a folder that keeps them apart, each by class; None of any other."""
    found = {
        part: folder / name
        for part, names in PART_NAMES.items()
        for name in names
        if is_picture_folder(folder / name) and not is_picture_folder(folder)
    }
    return found if len(found) == len(PART_NAMES) else None


def count_unsure(folder: Path) -> int:
    """Count the pictures of a device's collection that wait for review."""
    return sum(1 for _ in _pictures(folder / UNSURE))


def read_picture_folder(folder: Path) -> PictureFolder:
    """Read every picture in the folders named 0 to 9, and in folders within them.

    Raises:
        DataError: there is no such folder, no picture in them, or none in which a digit is found.
    """
    if not is_picture_folder(folder):
        raise DataError(
            f"{folder}: expected folders named after their digits, 0 to 9, found "
            f"{'none of them' if folder.is_dir() else 'no folder'}; sort the pictures into such folders"
        )
    images: list[NDArray[np.uint8]] = []
    labels, paths, not_found, several, unreadable = [], [], [], [], []
    for position, label in enumerate(LABELS):
        for path in _pictures(folder / label):
            try:
                picture = read_picture(path)
            except PictureError as cause:
                unreadable.append(str(cause))
                continue
            found = find_digits(picture, layout="single")
            if not found:
                not_found.append(path)
                continue
            if _are_several(find_digits(picture), beside=found[0]):
                several.append(path)
                continue
            images.append(found[0].canonical)
            labels.append(position)
            paths.append(path)
    if not images:
        raise DataError(_nothing(folder, not_found, several, unreadable))
    return PictureFolder(
        digits=LabelledDigits(np.stack(images).reshape(-1, SIDE, SIDE), np.array(labels, np.uint8)),
        paths=tuple(paths),
        not_found=tuple(not_found),
        several=tuple(several),
        unreadable=tuple(unreadable),
        unsure=count_unsure(folder),
        others=tuple(
            sorted(
                each.name
                for each in folder.iterdir()
                if each.is_dir() and each.name not in (*LABELS, UNSURE, FRAMES) and not each.name.startswith(".")
            )
        ),
    )


def left_out(pictures: PictureFolder, *, name: str, most: int = 10) -> list[str]:
    """Say what was left out of a folder, a line for each reason, with the names of the first few pictures."""
    lines = []
    if pictures.not_found:
        lines.append(
            f"{name}: left out {_counted(len(pictures.not_found))} in which no digit is found: "
            + _listed([str(path) for path in pictures.not_found], most)
        )
    if pictures.several:
        lines.append(
            f"{name}: left out {_counted(len(pictures.several))} that show several digits: "
            + _listed([str(path) for path in pictures.several], most)
        )
    if pictures.unreadable:
        lines.append(
            f"{name}: left out {_counted(len(pictures.unreadable))} that cannot be read: "
            + _listed(list(pictures.unreadable), most)
        )
    if pictures.unsure:
        lines.append(f"{name}: left out {_counted(pictures.unsure)} in {UNSURE}/ that nobody has reviewed yet")
    if pictures.others:
        lines.append(f"{name}: left out folders that are no digits: {_listed(list(pictures.others), most)}")
    return lines


def _are_several(found: Sequence[Found], *, beside: Found) -> bool:
    """Tell whether more than one of what was found is about as high as the others, and as what was taken for one."""
    heights = [each.box[3] for each in (beside, *found)]
    return sum(height >= ALIKE * max(heights) for height in heights[1:]) > 1


def _pictures(folder: Path) -> Iterator[Path]:
    """Give the pictures in a folder and those within it; a missing folder has none."""
    try:
        yield from pictures_in(folder) if folder.is_dir() else ()
    except OSError as error:
        raise DataError(
            f"{folder}: expected a readable folder, found: {error.strerror}; check its permissions"
        ) from error


def _nothing(folder: Path, not_found: list[Path], several: list[Path], unreadable: list[str]) -> str:
    if several:
        return f"{folder}: expected pictures of one digit each, found {len(several)} of several, as {several[0]}"
    if unreadable and not not_found:
        return f"{folder}: expected pictures of digits, found {len(unreadable)} that cannot be read: {unreadable[0]}"
    if not_found:
        count = len(not_found) + len(unreadable)
        return f"{folder}: expected pictures of digits, found {count} without a digit in them, as {not_found[0]}"
    return f"{folder}: expected pictures ({readable_names()}) in the folders 0 to 9, found none; check the path"


def _counted(count: int) -> str:
    return f"{count:,} picture{'' if count == 1 else 's'}"


def _listed(names: list[str], most: int) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
