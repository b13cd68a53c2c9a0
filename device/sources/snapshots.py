"""A web address that answers each request with one picture, as small cameras do: it is asked again and again."""

from __future__ import annotations

import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import (
    HTTPBasicAuthHandler,
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    OpenerDirector,
    build_opener,
)

from ..errors import PictureError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANSWER_S = 5.0
MOST_BYTES = 64_000_000  # of an answer
PERIOD_S = 0.2  # from one request to the next at least: such a camera takes a picture for each


class Snapshots:
    """Asks for a picture at a time. One thread calls it."""

    def __init__(self, address: str, *, shown: str) -> None:
        """Take the address twice.

        Args:
            address: with user and password, if it needs them.
            shown: the same without both, which is asked.
        """
        self._shown, self._due_s = shown, 0.0
        self._opener = _opener(address, shown)

    def gives_pictures(self) -> bool:
        """Tell whether the address answers with a single picture rather than with a stream of them."""
        try:
            with self._opener.open(self._shown, timeout=ANSWER_S) as answer:
                return str(answer.headers.get_content_maintype()) == "image"
        except (OSError, ValueError, HTTPException):
            return False

    def read(self) -> NDArray[Any] | None:
        """Ask for a picture; None where none comes in five seconds, or what comes is none."""
        from .pictures import decode_picture

        time.sleep(max(0.0, self._due_s - time.monotonic()))
        self._due_s = time.monotonic() + PERIOD_S
        try:
            with self._opener.open(self._shown, timeout=ANSWER_S) as answer:
                return decode_picture(answer.read(MOST_BYTES), name="snapshot")
        except (OSError, ValueError, HTTPException, PictureError):
            return None

    def close(self) -> None:
        """Let go of nothing: each request is a connection of its own."""


def _opener(address: str, shown: str) -> OpenerDirector:
    """Return what opens an address, logging in as a server asks for it."""
    parts = urlsplit(address)
    passwords = HTTPPasswordMgrWithDefaultRealm()
    if parts.username:
        passwords.add_password(None, shown, unquote(parts.username), unquote(parts.password or ""))
    return build_opener(HTTPBasicAuthHandler(passwords), HTTPDigestAuthHandler(passwords))
