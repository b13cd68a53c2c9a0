from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path

import pytest
from digit_fakes import CLOSED_URL, drip, refuse, send, serve, stall

from device.errors import DataError, OutputError
from edge_digits.data import downloads
from edge_digits.data.downloads import download

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def never(line: str) -> None:
    raise AssertionError(f"nothing was to be reported, found {line!r}")


def test_whole_file_arrives(tmp_path: Path):
    """A file with the expected digest and size is there afterwards, byte by byte."""
    with serve(send(CONTENT)) as url:
        download(url, tmp_path / "file", sha256=SHA256, size_bytes=len(CONTENT), report=never)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "damaged", [send(CONTENT[:-1], stated=len(CONTENT)), send(CONTENT[1:] + b"x"), send(CONTENT + b"x"), send(b"")]
)
def test_damaged_file_is_fetched_once_more(damaged, tmp_path: Path):
    """A file that is cut, altered or too long is fetched a second time, and that is said."""
    lines: list[str] = []
    with serve(damaged, send(CONTENT)) as url:
        download(url, tmp_path / "file", sha256=SHA256, size_bytes=len(CONTENT), report=lines.append)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert len(lines) == 1
    assert lines[0].endswith("fetching it once more")


@pytest.mark.parametrize("damaged", [send(CONTENT[:-1], stated=len(CONTENT)), send(CONTENT[1:] + b"x")])
def test_file_damaged_twice_is_refused(damaged, tmp_path: Path):
    """A file that arrives damaged twice is refused, and what was there before stays as it was."""
    (tmp_path / "file").write_bytes(b"before")
    with serve(damaged) as url, pytest.raises(DataError, match=r"expected [^\n]*$"):
        download(url, tmp_path / "file", sha256=SHA256, report=lambda _line: None)
    assert (tmp_path / "file").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_file_larger_than_stated_is_not_read_to_its_end(tmp_path: Path):
    """No more is written than the size that is expected, however much the server sends."""
    with serve(send(CONTENT * 10)) as url, pytest.raises(DataError, match="expected 1000 bytes, found more"):
        download(url, tmp_path / "file", size_bytes=1000, report=lambda _line: None)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_error_status_is_said(status: int, tmp_path: Path):
    """An error status of the server is an error at once, in one line with the status."""
    with serve(refuse(status)) as url, pytest.raises(DataError, match=rf"mnist\.npz: the server answers {status}"):
        download(url, tmp_path / "file", report=never)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("begun", [b"", CONTENT])
def test_silent_server_is_given_up(begun: bytes, tmp_path: Path):
    """A server that falls silent is given up after the timeout, and nothing is left."""
    with serve(stall(begun)) as url, pytest.raises(DataError, match=r"no answer within 0\.2 s"):
        download(url, tmp_path / "file", timeout_s=0.2, report=never)
    assert not any(tmp_path.iterdir())


def test_server_that_never_ends_is_given_up(tmp_path: Path):
    """A server that sends a byte now and then is given up when the whole takes too long."""
    with serve(drip(CONTENT)) as url, pytest.raises(DataError, match=r"within 0\.2 s"):
        download(url, tmp_path / "file", timeout_s=5, limit_s=0.2, report=never)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("url", [CLOSED_URL, "http://[broken", "http://name with spaces/x", "http://127.0.0.1:port/x"])
def test_address_that_cannot_be_reached_is_one_line(url: str, tmp_path: Path):
    """An address where nothing answers, or that is none, is an error in one line."""
    with pytest.raises(DataError, match=r"cannot be reached: [^\n]+$"):
        download(url, tmp_path / "file", timeout_s=1, report=never)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "mnist.npz"])
def test_only_http_is_fetched(url: str, tmp_path: Path):
    """Anything but an http or https address is refused."""
    with pytest.raises(DataError, match="begins with http"):
        download(url, tmp_path / "file", report=never)


def test_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Ctrl-C during a download leaves no part of it, and what was there before stays."""
    (tmp_path / "file").write_bytes(b"before")
    arrived = iter([b"beginning"])

    def read(*_args: object, **_options: object) -> bytes:
        for chunk in arrived:
            return chunk
        raise KeyboardInterrupt

    monkeypatch.setattr(downloads, "_read", read)
    with serve(send(CONTENT)) as url, pytest.raises(KeyboardInterrupt):
        download(url, tmp_path / "file", report=never)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


def test_unwritable_target_is_an_output_error(tmp_path: Path):
    """A target that cannot be written is said as such, not as a fault of the network."""
    (tmp_path / "file").write_bytes(b"")
    with serve(send(CONTENT)) as url, pytest.raises(OutputError, match="expected a folder for the results"):
        download(url, tmp_path / "file" / "below", report=never)


def test_no_terminal_no_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Without a terminal nothing is printed about the progress."""
    with serve(send(CONTENT)) as url:
        download(url, tmp_path / "file", report=never)
    assert capsys.readouterr() == ("", "")


def test_terminal_shows_a_bar_on_stderr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    """On a terminal the progress is drawn on stderr up to 100 %, and stdout stays empty."""
    screen = io.StringIO()
    screen.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", screen)
    with serve(send(CONTENT)) as url:
        download(url, tmp_path / "file", report=never)
    assert "fetching mnist.npz" in screen.getvalue()
    assert "100%" in screen.getvalue()
    assert capsys.readouterr().out == ""


def test_quiet_shows_no_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """On a terminal either, with --quiet."""
    screen = io.StringIO()
    screen.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("edge_digits.data.downloads.is_quiet", lambda: True)
    with serve(send(CONTENT)) as url:
        download(url, tmp_path / "file", report=never)
    assert screen.getvalue() == ""
