"""The certificates that TLS goes by, from files."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError, one_line


@dataclass(frozen=True)
class TlsFiles:
    """Certificate files.

    Attributes:
        ca: certificates to trust; None for the system's.
        cert: this device's certificate, or None.
        key: its key, where that is not in the same file.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Read the files.

        Raises:
            UsageError: one cannot be read or is no certificate, or the key does not fit.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        path = self.ca
        try:
            if path is None:
                context.load_default_certs()
            else:
                context.load_verify_locations(path)
            path = self.cert
            if path is not None:
                context.load_cert_chain(path, self.key, password="")  # OpenSSL would ask the terminal for one
        except OSError as cause:
            found = one_line(cause)
            raise UsageError(
                f"{path}: expected a PEM certificate, and its key without password; found: {found}"
            ) from cause
        return context
