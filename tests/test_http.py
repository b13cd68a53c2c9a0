"""HTTP pages of a run: on this machine alone unless a token protects them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.errors import OutputError, UsageError
from device.reading import ReadDigit, Reading
from device.secret_files import read_secret
from device.settings.settings import HttpSettings
from device.sinks.http_server import RunServer
from device.sinks.live_state import LiveState, Run
from device.sinks.metrics import health, metrics
from device.sinks.sink import Event
from device.sinks.sink_http import HttpSink
from device.sinks.web_server import MOST_CONNECTIONS, Address, parse_address
from device.sources.supervision import Counts
from device.sources.watching import FolderState, watch_folder

FRAME = np.full((120, 160, 3), 200, np.uint8)


def event(number: int) -> Event:
    digits = (ReadDigit("7", 0.9, (40, 30, 50, 60)),)
    return Event(Reading("camera:0", number, 1_700_000_000.0, digits, held="7"), FRAME)


class QuietSource:
    """A supervised source that gave three frames and went away."""

    away = False
    counts = Counts(frames=3, taken=2, dropped=1, outages=1, reconnects=1)


@pytest.fixture
def server() -> Iterator[RunServer]:
    state = LiveState(keep=2)
    server = RunServer(Address("127.0.0.1", 0), token=None, state=state, run=Run(QuietSource()))
    yield server
    server.end()


def get(server: RunServer, path: str, *, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_readings_are_the_latest_as_json(server: RunServer) -> None:
    """As many as are kept, oldest first; ?last=N gives fewer."""
    server.state.take([event(1), event(2), event(3)])
    assert [each["frame"] for each in json.loads(get(server, "/readings")[1])["readings"]] == [2, 3]
    assert [each["frame"] for each in json.loads(get(server, "/readings?last=1")[1])["readings"]] == [3]
    assert len(json.loads(get(server, f"/readings?last={'9' * 5000}")[1])["readings"]) == 2


@pytest.mark.parametrize("senseless", ["0", "-3", "x", "2.5", "%0A%FF"])
def test_a_senseless_number_of_readings_is_refused(server: RunServer, senseless: str) -> None:
    """One line says what was expected; all readings would be another answer than the one asked for."""
    response, body = get(server, f"/readings?last={senseless}")
    assert (response.status, body.count(b"\n")) == (400, 1)
    assert body.startswith(b"last: expected a whole number from 1, found ")


def test_the_frame_is_a_jpeg_with_the_reading_on_it(server: RunServer) -> None:
    """Before the first frame there is none."""
    assert get(server, "/frame.jpg")[0].status == 503
    server.state.take([event(1)])
    response, body = get(server, "/frame.jpg")
    picture = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert response.getheader("Content-Type") == "image/jpeg"
    assert picture.shape == FRAME.shape
    assert np.abs(picture.astype(int) - FRAME).max() > 100


def test_the_stream_gives_a_part_for_each_frame(server: RunServer) -> None:
    """Motion JPEG: parts apart by a boundary, each with its length; it ends when the run ends."""
    server.state.take([event(1)])
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/stream.mjpg")
    response = connection.getresponse()
    assert "multipart/x-mixed-replace; boundary=" in str(response.getheader("Content-Type"))
    for number in range(2, 4):
        assert response.readline().startswith(b"--edge-digits-frame")
        assert response.readline() == b"Content-Type: image/jpeg\r\n"
        length = int(response.readline().partition(b": ")[2])
        assert response.read(length + 4)[2:4] == b"\xff\xd8"
        server.state.take([event(number)])
    server.state.close()
    connection.close()


def test_the_last_frame_of_a_stream_comes_again(server: RunServer) -> None:
    """Browsers show a frame only when the next one comes, and a source that has ended or is away gives none."""
    server.state.take([event(1)])
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"GET /stream.mjpg HTTP/1.0\r\n\r\n")
        received = part = client.recv(65536)
        while part and received.count(b"--edge-digits-frame\r\n") < 2:
            part = client.recv(65536)
            received += part
    assert received.count(b"--edge-digits-frame\r\n") >= 2


def test_health_is_503_while_the_source_is_away(server: RunServer) -> None:
    """With the counts, for people and for watchdogs."""
    server.state.take([event(1)])
    response, body = get(server, "/healthz")
    assert (response.status, json.loads(body)["status"], json.loads(body)["dropped"]) == (200, "ok", 1)
    server.run.source.away = True
    response, body = get(server, "/healthz")
    assert (response.status, json.loads(body)["status"]) == (503, "source away")


def test_a_watched_folder_that_is_away_is_a_source_that_is_away(tmp_path: Path) -> None:
    """As on a disk that is unplugged; with no picture for long, a folder that is there is well."""
    folder, state = tmp_path / "in", FolderState()
    steps, well = [folder.rmdir, folder.mkdir], []

    def sleep(_: float) -> None:
        well.append(health(LiveState(keep=1), Run(watched=state))[0])
        if not steps:
            raise KeyboardInterrupt
        steps.pop()()

    with pytest.raises(KeyboardInterrupt):
        [*map(pytest.fail, watch_folder(folder, say=lambda line: None, wait=True, sleep=sleep, state=state))]
    assert well == [False, True, False]
    assert "edge_digits_source_up 0" in metrics(LiveState(keep=1), Run(watched=state))


def test_metrics_are_prometheus_text(server: RunServer) -> None:
    """Every figure has help, type and a number."""
    server.state.take([event(1)])
    response, body = get(server, "/metrics")
    assert response.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    lines = body.decode().splitlines()
    values = {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}
    assert (values["edge_digits_frames_total"], values["edge_digits_readings_total"]) == (3, 1)
    assert {name.partition("{")[0] for name in values} == {line.split()[2] for line in lines if "# TYPE" in line} - {
        "edge_digits_sink_written_total",
        "edge_digits_sink_lost_total",
        "edge_digits_sink_failures_total",
    }


def test_a_page_elsewhere_cannot_ask(server: RunServer) -> None:
    """Without a token only this machine's names are answered; other paths and methods are not."""
    assert get(server, "/readings", Host="evil.example")[0].status == 403
    assert get(server, "/readings", Host="localhost:1")[0].status == 200
    assert get(server, "/secret")[0].status == 404
    assert get(server, "/readings", method="POST")[0].status == 404
    assert get(server, "/readings", method="HEAD")[1] == b""


def test_what_cannot_be_done_here_is_a_line_of_text(server: RunServer) -> None:
    """Sending anything, other methods, and requests that are none."""
    response, body = get(server, "/read", method="POST")
    assert (response.status, body) == (404, b"nothing can be sent here; ask by GET\n")
    for method in ("PUT", "DELETE", "OPTIONS"):
        response, body = get(server, "/", method=method)
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
        assert body == f"expected one of GET, HEAD, found {method}\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"GET / x HTTP/1.1\r\n\r\n")
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.0 400")
    assert answer.endswith(b"\r\n\r\nBad request syntax ('GET / x HTTP/1.1')\n")


def test_a_token_is_asked_for() -> None:
    """As bearer or in the query; a wrong one is refused everywhere."""
    server = RunServer(Address("127.0.0.1", 0), token="secret", state=LiveState(keep=2), run=Run())
    for path in ("/", "/readings", "/frame.jpg", "/stream.mjpg", "/healthz", "/metrics", "/no"):
        assert get(server, path)[0].status == 401
        assert get(server, path, Authorization="Bearer wrong")[0].status == 401
    assert get(server, "/readings", Authorization="Bearer secret", Host="pi.local")[0].status == 200
    assert get(server, "/readings?token=secret")[0].status == 200
    assert get(server, "/readings", Authorization="bearer secret")[0].status == 200
    server.end()


def test_a_token_need_be_no_text() -> None:
    """The environment holds bytes; a request with others is refused in words."""
    server = RunServer(Address("127.0.0.1", 0), token="se\udcffcret", state=LiveState(keep=2), run=Run())
    assert get(server, "/readings?token=secret")[0].status == 401
    server.end()


def test_a_token_file_may_begin_with_the_mark_of_utf_8(tmp_path: Path) -> None:
    """As editors of Windows write it; the mark is no part of the token."""
    (tmp_path / "token").write_text("secret\r\n", "utf-8-sig")
    assert read_secret(tmp_path / "token", "NONE", what="token") == "secret"


def test_a_token_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """One line says so, and what to do."""
    (tmp_path / "token").write_bytes(b"\x89PNG")
    with pytest.raises(
        UsageError, match=r"expected the token in the first line, found no UTF-8 text; save it as UTF-8$"
    ):
        read_secret(tmp_path / "token", "NONE", what="token")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "pi.local"])
def test_other_machines_need_a_token(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond loopback nothing is served without one."""
    monkeypatch.delenv("EDGE_DIGITS_HTTP_TOKEN", raising=False)
    listen = f"[{host}]:0" if ":" in host else f"{host}:0"
    with pytest.raises(UsageError, match="expected a token"):
        HttpSink(HttpSettings(listen=listen), run=Run(), note=pytest.fail)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8080", ("127.0.0.1", 8080)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:80", ("::1", 80)),
        ("pi.local:80", ("pi.local", 80)),
    ],
)
def test_an_address_is_a_port_or_host_and_port(text: str, address: tuple[str, int]) -> None:
    """A port alone is on this machine."""
    assert parse_address(text) == Address(*address)


@pytest.mark.parametrize("text", ["", "host", ":80", "host:x", "70000", "::1", "[::1:80", "[::1]", "::1:80", "8\u0660"])
def test_a_wrong_address_is_refused(text: str) -> None:
    """One line."""
    with pytest.raises(UsageError, match="expected PORT, HOST:PORT"):
        parse_address(text)


def test_a_port_in_use_is_said(server: RunServer) -> None:
    """Before anything is read."""
    with pytest.raises(OutputError, match=f"port {server.port}: Address already in use"):
        RunServer(Address("127.0.0.1", server.port), token=None, state=LiveState(keep=1), run=Run())


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: [\r\n\r\n", b"HTTP/1.0 403"),
        (b"GET http://[ HTTP/1.1\r\n\r\n", b"HTTP/1.0 404"),
        (b"POST / HTTP/1.1\r\nContent-Length: %s\r\n\r\n" % (b"9" * 5000), b"HTTP/1.0 404"),
    ],
)
def test_malformed_requests_are_answered(server: RunServer, sent: bytes, answer: bytes) -> None:
    """Rather than dropped without a word."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(sent)
        assert client.recv(len(answer)) == answer


def test_a_mistake_of_our_own_is_an_answer(server: RunServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 with one line that says what went wrong."""
    monkeypatch.setattr(server.state, "recent", lambda most: 1 // 0)
    response, body = get(server, "/readings")
    assert (response.status, body.count(b"\n")) == (500, 1)
    assert b"please report it: ZeroDivisionError" in body


def test_who_still_sends_gets_the_answer(server: RunServer) -> None:
    """What is not wanted is dropped before the connection closes, as closing over it could take the answer away."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"POST /no HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n")
        client.sendall(bytes(9_000_000))
        assert client.recv(12) == b"HTTP/1.0 404"


def test_a_host_that_is_no_name_is_refused() -> None:
    """In one line, however Python complains of it."""
    with pytest.raises(OutputError, match="cannot serve on"):
        RunServer(Address("ä..b", 0), token="secret", state=LiveState(keep=1), run=Run())


def test_connections_that_ask_for_nothing_take_nobodys_turn(server: RunServer) -> None:
    """The oldest go where there are too many; those that watch stay, and whoever asks is answered."""
    server.state.take([event(1)])
    where = ("127.0.0.1", server.port)
    with ExitStack() as opened:
        watching = opened.enter_context(socket.create_connection(where, timeout=30))
        watching.sendall(b"GET /stream.mjpg HTTP/1.0\r\n\r\n")
        assert watching.recv(9) == b"HTTP/1.0 "
        idle = [opened.enter_context(socket.create_connection(where, timeout=30)) for _ in range(MOST_CONNECTIONS + 5)]
        assert [each.recv(1) for each in idle[:5]] == [b""] * 5
        assert get(server, "/readings")[0].status == 200
        assert idle[5].recv(1) == b""
        assert watching.recv(9)
        idle[-1].sendall(b"GET /readings HTTP/1.0\r\n\r\n")
        assert idle[-1].recv(9) == b"HTTP/1.0 "


def test_the_address_of_ipv6_is_one_for_a_browser() -> None:
    """In brackets."""
    try:
        server = RunServer(Address("::1", 0), token=None, state=LiveState(keep=2), run=Run())
    except OutputError:
        pytest.skip("this machine has no IPv6")
    assert server.url == f"http://[::1]:{server.port}/"
    server.end()
