"""What is measured: model files with a card, and foreign ones that only a child process may load."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.errors import ModelFileError
from device.inference.model_file import read_bare_flatbuffer, read_model, sha256
from device.printable import printable

from .results import Unreadable

FOREIGN = "foreign"


@dataclass(frozen=True)
class Subject:
    """A model file to measure.

    Attributes:
        path: where it is.
        label: what tables call it.
        name: the name on its card, or the file's stem.
        variant: float32, int8, ...; "foreign" where the file carries no card.
        sha256: hex digest of the flatbuffer.
        file_bytes: size of the file.
        flatbuffer_bytes: size of what a runtime loads.
    """

    path: Path
    label: str
    name: str
    variant: str
    sha256: str
    file_bytes: int
    flatbuffer_bytes: int


def read_subjects(paths: Sequence[Path]) -> tuple[list[Subject], list[Unreadable]]:
    """Read the models to measure, each once, under the names they were given; of several for one file, the first.

    Returns:
        Those that can be measured, and those that are missing, damaged or no TFLite models; both in the order given.
    """
    subjects, unreadable = [], []
    distinct = {Path(os.path.realpath(path)): path for path in reversed(paths)}
    # Links are not followed here: one is called by its own name.
    names = short_names([path.absolute() for path in distinct.values()])
    for path in reversed(distinct.values()):
        label = printable(names[path.absolute()])
        try:
            subjects.append(_read_subject(path, label))
        except ModelFileError as error:
            unreadable.append(Unreadable(label, printable(str(error))))
    return subjects, unreadable


def short_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Return for each path its file name, with as many folders before it as tell it from the others."""
    names: dict[Path, str] = {}
    for path in paths:
        parts = path.parts
        for count in range(1, len(parts) + 1):
            tail = parts[-count:]
            if sum(other.parts[-count:] == tail for other in paths) == 1:
                break
        names[path] = str(Path(*tail))
    return names


def _read_subject(path: Path, label: str) -> Subject:
    flatbuffer = read_bare_flatbuffer(path)
    name, variant = path.stem, FOREIGN
    if path.stat().st_size > len(flatbuffer):  # only a card makes a file longer than its flatbuffer
        card = read_model(path).card
        name, variant = card.name, card.variant
    return Subject(
        path=path,
        label=label,
        name=printable(name),
        variant=printable(variant),
        sha256=sha256(flatbuffer),
        file_bytes=path.stat().st_size,
        flatbuffer_bytes=len(flatbuffer),
    )
