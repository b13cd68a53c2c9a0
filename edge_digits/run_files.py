"""The files beside a model: JSON that describes a run, and arrays."""

from __future__ import annotations

import fcntl
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.early_end import Terminated
from device.errors import DataError, OutputError, UsageError, one_line
from device.inference.model_file import sha256
from device.output_files import refuse_existing, refuse_unwritable, write_bytes, write_text

MODEL_NAME, H5_NAME = "model.keras", "model.h5"
HISTORY_NAME, TRAINING_NAME, CURVES_NAME = "history.json", "training.json", "curves.png"
DEMO_TRAINING = "training"  # folder of a demo's own run
STATE_NAME = "checkpoint.json"


def refuse_run(folder: Path) -> None:
    """Refuse a folder that holds a run already, finished or stopped.

    Raises:
        UsageError: it holds one that was stopped.
        OutputExistsError: it holds a finished one, or files of the names that a run gives its own.
    """
    if (folder / STATE_NAME).exists():
        raise UsageError(f"{folder}: holds a run that was stopped; continue it with --resume or drop it with --force")
    for name in (MODEL_NAME, HISTORY_NAME, TRAINING_NAME, CURVES_NAME):
        refuse_existing(folder / name, force=False)


def refuse_demo(folder: Path, data: Path | None) -> None:
    """Refuse a folder for the demo that holds other things, which it would write over, or the data that it is given.

    Raises:
        UsageError: it does.
    """
    others = folder.is_dir() and any(folder.iterdir()) and not (folder / DEMO_TRAINING).is_dir()
    if others or (data is not None and folder.resolve() in (data.resolve(), *data.resolve().parents)):
        raise UsageError(
            f"{folder}: expected a new folder, or that of an earlier demo, without the data, found others; name another"
        )


def refuse_origins(folder: Path, origins: Iterable[Path]) -> None:
    """Refuse a folder whose models would be written over one that training begins with.

    Raises:
        UsageError: they would.
    """
    read = list(origins)
    for name in (MODEL_NAME, H5_NAME):
        refuse_existing(folder / name, force=True, inputs=read)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep every other run out of a folder while the block runs; the system frees it even after kill -9.

    Raises:
        UsageError: another run is there.
        OutputError: the folder cannot be written.
    """
    refusal = "expected no other run, found one that is going on; wait for it, or choose another --out"
    with writable_folder(folder), _locked(folder, os.O_RDONLY, refusal=f"{folder}: {refusal}"):
        yield


@contextmanager
def alone_by_name(folder: Path, name: str) -> Iterator[None]:
    """Keep every other run that writes files of the same name out of a folder, and let those of other names in.

    Raises:
        UsageError: another such run is there.
        OutputError: the folder cannot be written.
    """
    lock = folder / f".{name}.lock"
    refusal = f"{folder / name}: expected no other conversion of the name, found one that goes on; wait for it, or "
    with (
        writable_folder(folder),
        _locked(lock, os.O_RDONLY | os.O_CREAT, refusal=f"{refusal}choose another --out or --name"),
    ):
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path, flags: int, *, refusal: str) -> Iterator[None]:
    """Hold a lock on a file or folder; the system frees it even after kill -9."""
    try:
        held = os.open(path, flags | os.O_CLOEXEC, 0o666)
    except OSError as cause:
        raise OutputError(f"{path}: cannot be written: {cause.strerror}; choose another place or name") from cause
    try:
        with suppress(OSError):  # some network file systems have no locks
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as cause:
                raise UsageError(refusal) from cause
        yield
    finally:
        os.close(held)


@contextmanager
def writable_folder(folder: Path) -> Iterator[None]:
    """Make a folder, if need be, in which long work is to be written; remove what was made if the block wrote nothing.

    Raises:
        OutputError: it cannot be made or written.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        refuse_unwritable(folder)
        yield
    finally:
        for each in made:
            with suppress(OSError):  # it holds something now, or could not be made
                each.rmdir()


@contextmanager
def telling_how_to_resume(folder: Path, report: Callable[[str], None]) -> Iterator[None]:
    """Where a signal stops a run that has a checkpoint, say how it goes on."""
    try:
        yield
    except (KeyboardInterrupt, Terminated):
        if (folder / STATE_NAME).exists():
            report(f"{folder}: holds what was trained until now; the same command with --resume goes on")
        raise


def write_json(path: Path, content: Any) -> None:
    """Write a JSON document atomically.

    Raises:
        OutputError: it cannot be written.
    """
    write_text(path, to_json(content))


def to_json(content: Any) -> str:
    """Return a JSON document, as all files of this project have it."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def read_json(path: Path) -> Any:
    """Read a JSON document.

    Raises:
        DataError: it is missing or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as cause:
        raise DataError(f"{path}: expected a JSON document, found none ({one_line(cause)}); train again") from cause


def write_npz(path: Path, *, compressed: bool = False, **arrays: NDArray[np.generic]) -> None:
    """Write arrays to an npz file atomically.

    Raises:
        OutputError: it cannot be written.
    """
    save: Any = np.savez_compressed if compressed else np.savez  # their types differ between numpy 1 and 2
    # On a full disk, zipfile's own file would complain once more when Python drops it.
    content = io.BytesIO()
    save(content, **arrays)
    write_bytes(path, content.getvalue())


def digest_of(path: Path) -> str:
    """Return the first twelve hex digits of a file's sha256.

    Raises:
        DataError: it cannot be read.
    """
    try:
        if path.exists() and not path.is_file():  # /dev/zero has no end
            raise DataError(f"{path}: expected a model file, found a folder, device or pipe; name a file")
        return sha256(path.read_bytes())[:12]
    except OSError as cause:
        raise DataError(f"{path}: expected a model file, found none ({cause.strerror}); check the path") from cause
