"""`serve`: the page to draw on reads what it is sent, keeps what a person corrects, and lets nobody else in."""

from __future__ import annotations

import base64
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT
from PIL import Image

from device.board import Board
from device.board_server import PAGE, BoardServer
from device.collected import read_lines
from device.commands.serve import serve
from device.errors import OutputError, PictureError, UsageError
from device.inference.classifier import Classifier
from device.inference.model_file import read_model
from device.paths import DEFAULT_MODEL
from device.reader import Reader
from device.settings.reading_settings import ReadingSettings
from device.sinks.live_state import LiveState, Run
from device.sinks.web_server import MOST_BYTES, Address
from edge_digits.data.picture_folders import read_picture_folder


def as_png(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def drawn(seven: np.ndarray) -> bytes:
    """Two sevens side by side, dark on white, as a person draws them."""
    digit = np.kron(255 - seven, np.ones((5, 5), np.uint8))
    paper = np.full((300, 500), 255, np.uint8)
    paper[80:220, 60:200] = paper[80:220, 280:420] = digit
    return as_png(paper)


@pytest.fixture
def board(classifier: Classifier, tmp_path: Path) -> Board:
    return Board(Reader(classifier, settings=ReadingSettings(top_k=10)), folder=tmp_path / "kept")


@contextmanager
def serving(board: Board, *, token: str | None = None) -> Iterator[BoardServer]:
    server = BoardServer(
        Address("127.0.0.1", 0), token=token, state=LiveState(keep=1), run=Run(), board=board, live=False
    )
    try:
        yield server
    finally:
        server.end()


def ask(
    port: int, path: str, *, body: bytes | None = None, method: str | None = None, **headers: str
) -> tuple[HTTPResponse, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method or ("GET" if body is None else "POST"), path, body, headers)
        response = connection.getresponse()
        return response, response.read()


def test_a_picture_is_read_with_what_the_network_saw(board: Board, drawn: bytes) -> None:
    """Beside the reading's own fields: the frame's size, scores of all labels, and canonical digits as PNG."""
    found = board.read(drawn)
    assert (found["text"], found["width"], found["height"]) == ("77", 500, 300)
    for digit in found["digits"]:
        kind, _, data = digit["canonical"].partition(",")
        canonical = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        assert kind == "data:image/png;base64"
        assert (canonical.shape, canonical.dtype, canonical.max()) == ((28, 28), np.uint8, 255)
        assert len(digit["top"]) == 10


def test_what_is_kept_can_be_trained_with(board: Board, drawn: bytes, tmp_path: Path) -> None:
    """Each digit goes to the folder of its label, which `train --data` reads; a dash is no digit and is not kept."""
    kept = board.keep(drawn, ["1", "-"])
    found = read_picture_folder(tmp_path / "kept")
    assert [Path(file).parent.name for file in kept] == ["1"]
    assert (found.digits.labels.tolist(), found.digits.images.shape) == ([1], (1, 28, 28))
    [line] = read_lines(tmp_path / "kept")
    assert (line["file"], line["read"], line["label"]) == (kept[0], "7", "1")


def test_the_same_drawing_may_be_kept_twice(board: Board, drawn: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither replaces the other, even at the same moment, as after the clock was set back."""
    monkeypatch.setattr("device.board.time.time", lambda: 1_700_000_000.0)
    assert len({*board.keep(drawn, ["7", "7"]), *board.keep(drawn, ["7", "7"])}) == 4


def test_all_digits_of_a_drawing_are_kept_or_none(board: Board, drawn: bytes, tmp_path: Path) -> None:
    """Else whoever tries again, with room on the disk, would keep the first ones twice."""
    (tmp_path / "kept" / "1").write_text("in the way")
    with pytest.raises(OutputError):
        board.keep(drawn, ["7", "1"])
    assert not [*(tmp_path / "kept").rglob("*.png"), *read_lines(tmp_path / "kept")]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["7"], "a label for each of 2 digits, found 1"),
        (["7", ""], "found ''"),
        (["7", "seven"], "found 'seven'"),
        (["7", "../7"], "found '../7'"),
    ],
)
def test_labels_must_be_those_of_the_digits(
    board: Board, drawn: bytes, tmp_path: Path, labels: list[str], said: str
) -> None:
    """As many as there are digits, each one that the model knows; nothing is kept otherwise."""
    with pytest.raises(UsageError, match=re.escape(said)):
        board.keep(drawn, labels)
    assert not [*(tmp_path / "kept").rglob("*.png")]


def test_one_thread_reads_all_pictures(board: Board, drawn: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks: OpenCV keeps memory of every thread that it ran in."""
    readers: set[int] = set()
    real = board._reader.read_closely
    monkeypatch.setattr(
        board._reader, "read_closely", lambda frame: (readers.add(threading.get_ident()), real(frame))[1]
    )
    with serving(board) as server:
        for _ in range(3):
            assert ask(server.port, "/read", body=drawn)[0].status == 200
    board.read(drawn)
    assert len(readers) == 1


def test_without_a_folder_nothing_is_kept(classifier: Classifier, drawn: bytes) -> None:
    """And the message says what to start with."""
    with pytest.raises(UsageError, match="--collect"):
        Board(Reader(classifier), folder=None).keep(drawn, ["7", "7"])


def test_a_folder_that_cannot_be_made_is_said_at_the_start(classifier: Classifier, tmp_path: Path) -> None:
    """Before anybody has drawn."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another place"):
        Board(Reader(classifier), folder=tmp_path / "file")


def test_what_is_no_picture_is_refused(board: Board) -> None:
    """In one line."""
    with pytest.raises(PictureError, match="web page: expected a picture"):
        board.read(b"<html>")


def test_pictures_are_read_over_http(board: Board, drawn: bytes) -> None:
    """POST /read answers with the reading, POST /keep with the files; a mistake is a line in "error"."""
    with serving(board) as server:
        response, body = ask(server.port, "/read", body=drawn)
        assert (response.status, json.loads(body)["text"]) == (200, "77")
        response, body = ask(server.port, "/keep?labels=7,7", body=drawn)
        assert (response.status, len(json.loads(body)["kept"])) == (200, 2)
        response, body = ask(server.port, "/read", body=b"none")
        assert (response.status, list(json.loads(body))) == (400, ["error"])
        assert json.loads(ask(server.port, "/about")[1])["keeps"] is True
        assert ask(server.port, "/picture.png")[0].status == 503


def test_a_label_that_was_cleared_is_missed_by_name(board: Board, seven: np.ndarray) -> None:
    """Of a single digit too; a picture without digits has one empty text for its labels."""
    paper = np.full((200, 200), 255, np.uint8)
    blank, paper[30:170, 30:170] = as_png(paper), np.kron(255 - seven, np.ones((5, 5), np.uint8))
    with serving(board) as server:
        assert json.loads(ask(server.port, "/keep?labels=", body=as_png(paper))[1])["error"].endswith("found ''")
        assert json.loads(ask(server.port, "/keep?labels=", body=blank)[1]) == {"kept": []}


def test_who_asks_before_sending_is_told_to_go_on(board: Board, drawn: bytes) -> None:
    """As curl does with a large picture, after what is refused unread was refused."""
    with serving(board) as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"POST /read HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(drawn))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(drawn)
        assert client.recv(100).startswith(b"HTTP/1.0 200 OK")
    with serving(board) as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"POST /other HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.0 404 Not Found")


def test_what_the_base_class_refuses_without_words_has_some(board: Board) -> None:
    """An address that is too long."""
    with serving(board) as server:
        response, body = ask(server.port, "/" + "a" * 70_000)
        assert (response.status, body) == (414, b"Request-URI Too Long\n")


def test_a_full_disk_is_said(board: Board, drawn: bytes, tmp_path: Path) -> None:
    """507, with the line, also where something else is in the way."""
    (tmp_path / "kept" / "7").write_text("in the way")
    with serving(board) as server:
        response, body = ask(server.port, "/keep?labels=7,7", body=drawn)
    assert (response.status, "expected a folder" in json.loads(body)["error"]) == (507, True)


def test_pages_elsewhere_cannot_send(board: Board, drawn: bytes) -> None:
    """A browser names the page that sends; only this server's own is taken, and a program, which names none."""
    with serving(board) as server:
        own = f"http://127.0.0.1:{server.port}"
        assert ask(server.port, "/read", body=drawn, Origin="http://evil.example")[0].status == 403
        assert ask(server.port, "/read", body=drawn, Origin="null")[0].status == 403
        assert ask(server.port, "/read", body=drawn, Origin=own)[0].status == 200
        assert ask(server.port, "/read", body=drawn, Host="evil.example")[0].status == 403


def test_a_token_is_asked_for_before_anything_is_read(board: Board, drawn: bytes) -> None:
    """Sending needs it as looking does."""
    with serving(board, token="secret") as server:
        assert ask(server.port, "/read", body=drawn)[0].status == 401
        assert ask(server.port, "/read?token=secret", body=drawn)[0].status == 200


def test_too_much_is_not_read(board: Board) -> None:
    """The length is needed and bounded; other paths take nothing."""
    with serving(board) as server:
        big = str(MOST_BYTES + 1)
        assert ask(server.port, "/read", method="POST", **{"Content-Length": big})[0].status == 413
        assert ask(server.port, "/read", method="POST", **{"Content-Length": "-1"})[0].status == 411
        assert ask(server.port, "/other", body=b"")[0].status == 404


def test_what_breaks_off_is_not_read(board: Board, drawn: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends less than was promised has gone."""
    read: list[bytes] = []
    monkeypatch.setattr(board, "read", read.append)
    with serving(board) as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"POST /read HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (len(drawn) + 1) + drawn)
        client.shutdown(socket.SHUT_WR)
        assert (client.recv(1), read) == (b"", [])


def test_the_page_needs_nothing_from_elsewhere(board: Board) -> None:
    """It names no other address, and its policy forbids any."""
    with serving(board) as server:
        response, body = ask(server.port, "/")
    assert body == PAGE.read_bytes()
    assert "default-src 'none'" in str(response.getheader("Content-Security-Policy"))
    assert set(re.findall(r"https?://[^\s\"'`]+", body.decode())) == {"http://www.w3.org/2000/svg"}


def test_the_page_asks_for_what_the_server_answers(board: Board) -> None:
    """Every path in it is one that there is, and it is told how much may be sent."""
    asked = set(re.findall(r'address\("([^"]+)"', PAGE.read_text("utf-8")))
    with serving(board) as server:
        assert json.loads(ask(server.port, "/about")[1])["most_bytes"] == MOST_BYTES
        assert asked >= {"read", "keep", "about", "readings", "healthz", "stream.mjpg", "picture.png"}
        for path in asked:
            body = b"" if path in ("read", "keep") else None
            method = "POST" if body is not None else "HEAD"
            assert ask(server.port, f"/{path}", body=body, method=method)[0].status != 404


def test_serve_runs_until_it_is_stopped(tmp_path: Path, drawn: bytes) -> None:
    """It says where it is; SIGTERM ends it with 0, Ctrl-C with 130."""
    for wanted, code in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        command = [sys.executable, "-m", "device", "serve", "--http", "0", "--collect", str(tmp_path / "kept")]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            found = re.fullmatch(r"serving http://127\.0\.0\.1:(\d+)/\n", process.stderr.readline())
            assert found is not None
            assert json.loads(ask(int(found[1]), "/read", body=drawn)[1])["text"] == "77"
            process.send_signal(wanted)
            assert process.wait(30) == code


def test_serve_shows_what_a_source_sees(tmp_path: Path, drawn: bytes) -> None:
    """Its newest frame can be taken as it is; when the source ends, the page stays."""
    (tmp_path / "page.png").write_bytes(drawn)
    command = [sys.executable, "-m", "device", "serve", "--http", "0", "--source", str(tmp_path / "page.png")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        port = int(process.stderr.readline().rpartition(":")[2].strip("/\n"))
        try:
            while (answer := ask(port, "/picture.png"))[0].status == 503:
                pass
            assert Image.open(io.BytesIO(answer[1])).size == (500, 300)
            assert json.loads(ask(port, "/readings")[1])["readings"][0]["text"] == "77"
            assert json.loads(ask(port, "/about")[1])["live"] is True
        finally:
            process.terminate()
        assert process.wait(30) == 0


def test_what_is_assumed_of_a_model_is_said_once(tmp_path: Path) -> None:
    """Though one reader reads for the page and one for the source."""
    (tmp_path / "foreign.tflite").write_bytes(read_model(DEFAULT_MODEL).flatbuffer)
    (tmp_path / "labels.txt").write_text("\n".join("0123456789") + "\n")
    options = ["--model", str(tmp_path / "foreign.tflite"), "--labels", str(tmp_path / "labels.txt")]
    command = [sys.executable, "-m", "device", "serve", "--http", "0", "--source", str(tmp_path / "no.png"), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.count("--input-range") == 1


def test_a_source_of_which_nothing_can_be_read_ends_the_program(tmp_path: Path) -> None:
    """One line and exit code 6, as for run, rather than a page without anything on it."""
    command = [sys.executable, "-m", "device", "serve", "--http", "0", "--source", str(tmp_path / "missing.png")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.count("missing.png")) == (6, 1)


@pytest.mark.parametrize(("text", "shown"), [('[source]\nsource = "0"\n', True), ("[model]\n", False)])
def test_the_source_of_a_settings_file_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, shown: bool
) -> None:
    """Also the first camera, which is the default of run; without [source] there is no live view."""
    (tmp_path / "meter.toml").write_text(text)
    asked: list[bool] = []
    monkeypatch.setattr("device.serving.serve_settings", lambda *_, live, **others: asked.append(live))
    assert CliRunner().invoke(serve, ["--config", str(tmp_path / "meter.toml")]).exit_code == 0
    assert asked == [shown]
