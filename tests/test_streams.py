"""Network streams as a source: what they show of themselves, how they are logged in to, and what they answer."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from device.errors import SourceError
from device.sources.http_login import authorization
from device.sources.streams import Stream, without_password, without_secrets

GREY = np.full((28, 30), 200, np.uint8)


def test_a_stream_never_shows_its_password() -> None:
    """Names of frames and messages go without user and password; a closed port is said."""
    stream = Stream("rtsp://me:secret@127.0.0.1:1/live")
    assert stream.name == "rtsp://127.0.0.1:1/live"
    assert without_secrets("rtsp://me:secret@127.0.0.1:1/live") == stream.name
    assert without_secrets("me:secret@here.png") == "me:secret@here.png"
    with pytest.raises(SourceError, match=r"127\.0\.0\.1 port 1 does not answer") as caught:
        stream.open()
    assert "secret" not in str(caught.value)


def test_a_password_in_the_path_of_a_stream_is_not_shown() -> None:
    """Cheap cameras want it there; the rest of the address tells streams apart."""
    stream = Stream("rtsp://camera/user=me&password=geheim&channel=1?token=geheim#x")
    assert stream.name == "rtsp://camera/user=me&password=…&channel=1?token=…#x"


@pytest.mark.parametrize(
    "address",
    [
        *("rtsp://me:se#cret@camera/live", "http://me:a?b@camera:80/v", "rtsp://me:x@host:no/"),
        *("http://me:s@e#cret@camera/v", "http://me:s@e/cret@camera/v", "http://me:s@e?cret@camera/v"),
    ],
)
def test_an_address_that_makes_no_sense_shows_no_password_either(address: str) -> None:
    """A sign that belongs encoded cuts the address at the wrong place; nothing before its last @ is shown."""
    shown = without_password(address)
    assert "me:" not in shown
    assert "cret" not in shown


def test_a_stream_that_refuses_the_password_says_so() -> None:
    """401 is told from silence."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(401)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(SourceError, match=r"refuses the user or password \(401\)"):
            Stream(f"http://me:wrong@127.0.0.1:{server.server_address[1]}/v").open()
        server.shutdown()


@pytest.mark.parametrize("asks", ['Digest realm="IP Camera", nonce="8d1c"', 'Basic realm="IP Camera"'])
@pytest.mark.parametrize(
    ("login", "path", "said"),
    [
        ("", "live", r"wants a user and password \(401\)"),
        ("me:wrong@", "live", r"refuses the user or password \(401\)"),
        ("me:right@", "other", r"knows no such stream \(404\)"),
        ("me:right@", "live", r"it answers, but no decoder"),
    ],
)
def test_what_keeps_an_rtsp_server_from_streaming_is_told_apart(login: str, path: str, said: str, asks: str) -> None:
    """FFmpeg keeps the reason to itself, so the server is asked, as it wants to be."""
    import socketserver
    import threading

    class Camera(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request = self.rfile.readline().decode()
            lines = [*iter(lambda: self.rfile.readline().decode().strip(), "")]
            method, uri, _ = request.split()
            right = authorization([asks], method=method, uri=uri, user="me", password="right")
            status = "200 OK" if uri.endswith("/live") else "404 Not Found"
            if f"Authorization: {right}" not in lines:
                status = f"401 Unauthorized\r\nWWW-Authenticate: {asks}"
            self.wfile.write(f"RTSP/1.0 {status}\r\nCSeq: 1\r\n\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Camera) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(SourceError, match=said) as caught:
            Stream(f"rtsp://{login}127.0.0.1:{server.server_address[1]}/{path}").open()
        server.shutdown()
    assert "right" not in str(caught.value)


def test_a_digest_is_that_of_the_standard() -> None:
    """The example of RFC 2617, 3.5."""
    asks = 'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    made = authorization(
        ["Basic realm=x", asks],
        method="GET", uri="/dir/index.html", user="Mufasa", password="Circle Of Life", nonce="0a4f113b",
    )  # fmt: skip
    assert made.startswith('Digest username="Mufasa", ')
    assert 'response="6629fae49393a05397450978507c4ef1"' in made


def test_a_motion_jpeg_stream_is_read() -> None:
    """What one run serves another can read."""
    import threading
    import time

    from device.reading import Reading
    from device.sinks.http_server import RunServer
    from device.sinks.live_state import LiveState, Run
    from device.sinks.sink import Event
    from device.sinks.web_server import Address

    state, over = LiveState(keep=1), threading.Event()
    server = RunServer(Address("127.0.0.1", 0), token="secret", state=state, run=Run())
    frame = np.full((48, 64, 3), 120, np.uint8)

    def feed() -> None:
        while not over.is_set():
            state.take([Event(Reading("c", 0, 0.0), frame)])
            time.sleep(0.02)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        device = Stream(f"http://127.0.0.1:{server.port}/stream.mjpg?token=secret").open()
        image = device.read()
        device.close()
    finally:
        over.set()
        feeder.join()
        server.end()
    assert image is not None
    assert image.shape == frame.shape


@pytest.mark.parametrize("path", ["capture", "snapshot.JPG"])
def test_an_address_of_a_single_picture_is_asked_again_and_again(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As small cameras have it, with user and password; its name tells, or that it has ended after one frame."""
    import base64
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    from device.sources import snapshots

    monkeypatch.setattr(snapshots, "PERIOD_S", 0.0)
    login = f"Basic {base64.b64encode(b'me:secret').decode()}"
    picture = cv2.imencode(".jpg", GREY)[1].tobytes()
    asked = []

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != login:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="Camera"')
                self.end_headers()
                return
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.end_headers()
            self.wfile.write(picture if len(asked) != 6 else b"no picture")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Camera) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stream = Stream(f"http://me:secret@127.0.0.1:{server.server_address[1]}/{path}")
        device = stream.open()
        if path == "capture":
            assert [device.read() is not None for _ in range(2)] == [True, False]
            device.close()
            device = stream.open()
        assert isinstance(device, snapshots.Snapshots)
        seen = [device.read() for _ in range(7)]
        server.shutdown()
    assert [each is not None for each in seen].count(False) == 1
    assert seen[0] is not None
    assert seen[0].shape == GREY.shape
    assert device.read() is None
