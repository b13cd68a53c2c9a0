"""Hiding what C++ libraries write to stderr past Python."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden_native_stderr() -> Iterator[None]:
    """Hide file descriptor 2 while the block runs; what matters of a library's complaint is in its exception."""
    try:
        saved = os.dup(2)
    except OSError:  # no stderr to hide
        yield
        return
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
