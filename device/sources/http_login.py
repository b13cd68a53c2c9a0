"""The answer to a server that asks for user and password, over HTTP or RTSP: Basic and Digest (RFC 7617, RFC 2617)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable

DIGESTS = {"MD5": "md5", "SHA-256": "sha256"}


def authorization(
    challenges: Iterable[str], *, method: str, uri: str, user: str, password: str, nonce: str | None = None
) -> str:
    """Return the value of the header Authorization.

    Args:
        challenges: the values of the headers WWW-Authenticate; Digest is taken before Basic.
        method: of the request, such as "DESCRIBE".
        uri: of the request.
        user: user name.
        password: its password.
        nonce: what makes this answer unlike any other; drawn unless given.
    """
    for challenge in challenges:
        kind, _, rest = challenge.strip().partition(" ")
        asked = {
            name.lower(): quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', rest)
        }
        algorithm = DIGESTS.get(asked.get("algorithm", "MD5").upper())
        if kind.lower() == "digest" and algorithm and "nonce" in asked:
            return _digest(
                asked,
                algorithm,
                method=method,
                uri=uri,
                user=user,
                password=password,
                own=nonce or secrets.token_hex(8),
            )
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _digest(asked: dict[str, str], algorithm: str, *, method: str, uri: str, user: str, password: str, own: str) -> str:
    def digest(*parts: str) -> str:
        return hashlib.new(algorithm, ":".join(parts).encode(), usedforsecurity=False).hexdigest()

    realm, nonce = asked.get("realm", ""), asked["nonce"]
    secret, request = digest(user, realm, password), digest(method, uri)
    fields = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    numbered = ""
    if "auth" in re.split(r"[\s,]+", asked.get("qop", "")):
        numbered, fields["cnonce"] = ", qop=auth, nc=00000001", own
        fields["response"] = digest(secret, nonce, "00000001", own, "auth", request)
    else:
        fields["response"] = digest(secret, nonce, request)
    fields |= {name: asked[name] for name in ("opaque", "algorithm") if name in asked}
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items()) + numbered
