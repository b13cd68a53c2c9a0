"""What is sent to a device to measure there: the two folders, the models and the test digits, as one tar."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

import device
from device.paths import NETWORK, TOUCHING

from .measuring_digits import MeasuringDigits
from .subjects import Subject

DIGITS, LABELS, MODELS = "digits.npz", "labels.txt", "models"


def pack_parcel(subjects: Sequence[Subject], digits: MeasuringDigits, labels: Path | None) -> bytes:
    """Return a compressed tar of the program without what only a workstation needs, and of what it measures.

    Raises:
        OSError: a file cannot be read.
    """
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=3) as parcel:
        for folder in (Path(device.__file__).parent, Path(__file__).parent):
            for path in sorted(folder.rglob("*.py")):
                parcel.add(path, arcname=str(PurePosixPath(folder.name) / path.relative_to(folder).as_posix()))
        for path in (NETWORK, TOUCHING):
            parcel.add(path, arcname=str(PurePosixPath("device") / path.relative_to(Path(device.__file__).parent)))
        for subject in subjects:
            parcel.add(subject.path, arcname=remote_path(subject))
        if labels is not None:
            parcel.add(labels, arcname=LABELS)
        arrays = io.BytesIO()
        np.savez(arrays, x_test=digits.images, y_test=digits.labels)
        described = tarfile.TarInfo(DIGITS)
        described.size = len(arrays.getvalue())
        parcel.addfile(described, io.BytesIO(arrays.getvalue()))
    return content.getvalue()


def remote_path(subject: Subject) -> str:
    """Return where a model lies in the parcel; there too it is called by what tells it from the others."""
    parts = [part for part in Path(subject.label).parts if part not in ("/", "..", ".")]
    return str(PurePosixPath(MODELS, *parts))
