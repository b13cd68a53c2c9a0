"""Download a file over HTTP so that it is whole and as expected, or not there at all."""

from __future__ import annotations

import hashlib
import http.client
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from device.command_line import is_quiet
from device.errors import DataError
from device.output_files import atomic_path

_CHUNK_BYTES = 1 << 16


class DamagedDownloadError(DataError):
    """What arrived is not the whole file, or another one; fetching it again may help."""


def download(
    url: str,
    target: Path,
    *,
    sha256: str | None = None,
    size_bytes: int | None = None,
    timeout_s: float = 10.0,
    limit_s: float = 600.0,
    report: Callable[[str], None],
) -> None:
    """Download `url` to `target`, once more if it arrives damaged, with a progress bar on a terminal's stderr.

    Args:
        url: an http or https address.
        target: written atomically; what was there is replaced only by a whole file.
        sha256: hex digest that the file must have.
        size_bytes: size that the file must have.
        timeout_s: how long the server may be silent, seconds.
        limit_s: how long one attempt may take, seconds.
        report: takes a line when the file is fetched a second time.

    Raises:
        DataError: the server cannot be reached, does not have the file, is too slow, or sent a damaged file twice.
        OutputError: the file cannot be written.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise DataError(f"expected an address that begins with http:// or https://, found {url!r}")
    with atomic_path(target) as temporary:
        for attempts_left in (1, 0):
            try:
                digest = _receive(url, temporary, size_bytes=size_bytes, timeout_s=timeout_s, limit_s=limit_s)
                if sha256 is not None and digest != sha256:
                    raise DamagedDownloadError(f"{url}: expected SHA-256 {sha256}, found {digest}")
            except DamagedDownloadError as cause:
                if not attempts_left:
                    raise
                report(f"{cause}; fetching it once more")
            else:
                return


def _receive(url: str, path: Path, *, size_bytes: int | None, timeout_s: float, limit_s: float) -> str:
    """Write the answer to `path` and return its hex SHA-256."""
    deadline_s = time.monotonic() + limit_s
    with closing(_open(url, timeout_s=timeout_s)) as answer, path.open("wb") as file:
        stated = answer.headers.get("Content-Length", "")
        expected = size_bytes if size_bytes is not None else int(stated) if stated.isdecimal() else None
        with _progress(expected, f"fetching {url.rsplit('/', 1)[-1]}") as advance:
            digest, size = hashlib.sha256(), 0
            while chunk := _read(answer, url, timeout_s=timeout_s):
                size += len(chunk)
                if time.monotonic() > deadline_s:
                    raise DataError(f"{url}: expected the file within {limit_s:g} s, found {size} bytes by then")
                if expected is not None and size > expected:
                    raise DamagedDownloadError(f"{url}: expected {expected} bytes, found more")
                file.write(chunk)
                digest.update(chunk)
                advance(len(chunk))
    if expected is not None and size < expected:
        raise DamagedDownloadError(f"{url}: expected {expected} bytes, found {size}")
    return digest.hexdigest()


def _open(url: str, *, timeout_s: float) -> http.client.HTTPResponse:
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(url, timeout=timeout_s)  # noqa: S310 -- checked above
    except urllib.error.HTTPError as cause:
        cause.close()
        raise DataError(f"{url}: the server answers {cause.code} {cause.reason}") from cause
    except (OSError, http.client.HTTPException, ValueError) as cause:
        raise DataError(f"{url}: cannot be reached: {_reason(cause, timeout_s)}") from cause
    return answer


def _read(answer: http.client.HTTPResponse, url: str, *, timeout_s: float) -> bytes:
    try:
        # read1 gives what has arrived, so that a slow server cannot hold the deadline up.
        return answer.read1(_CHUNK_BYTES)
    except http.client.IncompleteRead as cause:
        raise DamagedDownloadError(f"{url}: expected the whole file, found the connection closed within it") from cause
    except (OSError, http.client.HTTPException, ValueError) as cause:
        raise DataError(f"{url}: broke off: {_reason(cause, timeout_s)}") from cause


@contextmanager
def _progress(length: int | None, label: str) -> Iterator[Callable[[int], object]]:
    """Give what takes the number of bytes that arrived; without a terminal, and with --quiet, nothing is shown."""
    if is_quiet() or not sys.stderr.isatty():
        yield lambda _count: None
        return
    with click.progressbar(length=length or 0, label=label, file=sys.stderr) as bar:
        yield bar.update


def _reason(cause: BaseException, timeout_s: float) -> str:
    """Return why the network failed, in one line."""
    if isinstance(cause, urllib.error.URLError) and isinstance(cause.reason, BaseException):
        cause = cause.reason
    if isinstance(cause, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return next(iter(text.splitlines()), "") or type(cause).__name__
