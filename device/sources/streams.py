"""Network streams (RTSP, HTTP) as a source, through OpenCV's FFmpeg; every wait has an end."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from ..errors import SourceError
from ..opencv_noise import import_quiet_opencv
from .camera import CaptureDevice
from .frame_device import FrameDevice
from .http_login import authorization
from .snapshots import Snapshots

if TYPE_CHECKING:
    from numpy.typing import NDArray

STREAM = r"(rtsp|rtsps|http|https|rtmp|udp|tcp)://.+"
OPEN_MS = READ_MS = 5000
PORTS = {"rtsp": 554, "http": 80, "https": 443, "rtsps": 322, "rtmp": 1935}
ASKED = ("rtsp", "http")  # servers that can be asked why they give nothing
PAUSE_S = 1.5
PICTURES = (".jpg", ".jpeg", ".png")  # what an address of a single picture may end in
_ASK_S = 1.5
_SECRETS = r"(?i)((?:pass(?:word|wd)?|pwd|psw|token|secret|key)=)[^&/?#;]*"
_MOST_BYTES = 16_384


def without_secrets(source: str) -> str:
    """Return the name of a source, which may be an address, as it may be shown to anybody."""
    return Stream(source).name if re.fullmatch(STREAM, source) else source


class Stream:
    """Opens a network stream.

    Attributes:
        name: its address without user, password and other secrets.
    """

    def __init__(self, address: str) -> None:
        """Take the address, with user and password if it needs them."""
        self.name = _shown(address)
        self._address = address
        self._ended_after_one = False

    def open(self) -> FrameDevice:
        """Open the stream, five seconds at most.

        Raises:
            SourceError: nobody answers, the password is wrong, or nothing decodes what comes.
        """
        where = _host_and_port(self._address)
        if where is not None and _scheme(self._address) != "udp":
            self._knock(where)
        if where is not None and self._may_be_picture():
            snapshots = Snapshots(self._address, shown=without_password(self._address))
            if snapshots.gives_pictures():
                return snapshots
        cv2 = import_quiet_opencv()
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
        capture: Any = cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, limits)
        if not capture.isOpened():
            capture.release()
            raise SourceError(f"{self.name}: {_why_not(self._address)}")
        return _StreamDevice(capture, self)

    def ended(self, frames: int) -> None:
        """Take note of how many frames a stream gave: one that ends after its first may be a single picture."""
        self._ended_after_one = frames == 1

    def _may_be_picture(self) -> bool:
        named_so = urlsplit(self._address).path.lower().endswith(PICTURES)
        return _scheme(self._address) in ("http", "https") and (self._ended_after_one or named_so)

    def _knock(self, where: tuple[str, int]) -> None:
        """Connect and hang up: a server that is away is known at once, where FFmpeg would take five seconds.

        Raises:
            SourceError: nobody answers.
        """
        try:
            socket.create_connection(where, timeout=_ASK_S).close()
        except OSError as cause:
            raise SourceError(f"{self.name}: {_no_answer(where, cause)}") from cause

    def probe(self) -> object:
        """Know nothing: asking a network takes time."""
        return None

    def most_pause_s(self) -> float:
        """Return a short pause: nothing shows that a server is back but asking it, and opening takes its time."""
        return PAUSE_S

    def gave_nothing(self) -> None:
        """Make nothing of it."""


class _StreamDevice(CaptureDevice):
    """An opened stream, which tells what it gave when it ends."""

    def __init__(self, capture: Any, stream: Stream) -> None:
        super().__init__(capture, name=stream.name)
        self._stream, self._frames = stream, 0

    def read(self) -> NDArray[Any] | None:
        image = super().read()
        self._frames += image is not None
        if image is None:
            self._stream.ended(self._frames)
        return image


def without_password(address: str) -> str:
    """Return an address without the user and password in it.

    One that makes no sense, as with a # or @ in the password, loses everything before its last @.
    """
    if _host_and_port(address) is None:
        scheme, _, rest = address.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _shown(address: str) -> str:
    """Return an address without user and password, also those that cheap cameras take in the path or query."""
    return re.sub(_SECRETS, r"\1…", without_password(address))


def _host_and_port(address: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    if "@" in parts.fragment or ("@" in parts.netloc and "@" in parts.path + parts.query):
        return None  # the password goes on there
    return (parts.hostname, port) if parts.hostname and port else None


def _why_not(address: str) -> str:
    """Ask the server itself, because FFmpeg keeps its reasons to itself."""
    where = _host_and_port(address)
    if where is None:
        return "expected SCHEME://HOST:PORT/PATH, found no such address; write # / ? @ in a password as %23 %2F %3F %40"
    try:
        status = _status(address, where)
    except OSError as cause:
        return _no_answer(where, cause)
    if status in (401, 403):
        said = "refuses the user or password" if "@" in address else "wants a user and password"
        return f"{where[0]} {said} ({status}); write them as {_scheme(address)}://USER:PASSWORD@{where[0]}/…"
    if status == 404:
        return f"{where[0]} knows no such stream (404); check the path"
    if status and status >= 400:
        return f"{where[0]} refuses ({status})"
    if _scheme(address) not in ASKED:
        return "no stream comes from there; check address, user and password, and whether it sends H.264 or MJPEG"
    return "it answers, but no decoder here reads what it sends; check the address, or ask it for H.264 or MJPEG"


def _no_answer(where: tuple[str, int], cause: OSError) -> str:
    return f"{where[0]} port {where[1]} does not answer ({cause.strerror or cause}); check address and power"


def _scheme(address: str) -> str:
    return address.partition("://")[0]


def _status(address: str, where: tuple[str, int]) -> int | None:
    """Return the status of the server's answer to a request for the stream, None where it makes no sense."""
    parts = urlsplit(address)
    if parts.scheme not in ASKED:
        return None
    is_rtsp = parts.scheme == "rtsp"
    uri = without_password(address) if is_rtsp else urlunsplit(("", "", parts.path or "/", parts.query, ""))
    method = "DESCRIBE" if is_rtsp else "GET"
    lines = [f"{method} {uri} {'RTSP/1.0' if is_rtsp else 'HTTP/1.0'}", f"Host: {where[0]}"]
    status, challenges = _ask([*lines, "CSeq: 1"], where)
    if status != 401 or not parts.username:
        return status
    user, password = unquote(parts.username), unquote(parts.password or "")
    login = authorization(challenges, method=method, uri=uri, user=user, password=password)
    return _ask([*lines, "CSeq: 2", f"Authorization: {login}"], where)[0]


def _ask(lines: list[str], where: tuple[str, int]) -> tuple[int | None, list[str]]:
    """Send a request; return the status of the answer and what it says of logging in."""
    answer, deadline_s = b"", time.monotonic() + _ASK_S
    with socket.create_connection(where, timeout=_ASK_S) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in answer and len(answer) < _MOST_BYTES and time.monotonic() < deadline_s:
            part = connection.recv(4096)
            if not part:
                break
            answer += part
    head = answer.decode("latin-1")
    found = re.match(r"(?:RTSP|HTTP)/\d\.\d (\d{3})", head)
    return int(found[1]) if found else None, re.findall(r"(?im)^www-authenticate:\s*(.*?)\s*$", head)
