"""Hiding what C++ libraries write to stderr past Python."""

from __future__ import annotations

import os
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
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    os.close(sink)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
