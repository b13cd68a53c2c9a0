"""Keeping TensorFlow's converter quiet: only results belong on stdout, and only what helps on stderr."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from device.native_stderr import hidden_native_stderr


@contextmanager
def quiet_conversion() -> Iterator[None]:
    """Hide what the converter says while the block runs; what matters of it comes as an exception."""
    # Keras describes the exported graph on stdout.
    with hidden_native_stderr(), _without_absl(), redirect_stdout(io.StringIO()), warnings.catch_warnings():
        # TensorFlow misses statistics that only its converter of 2018 needed.
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs were expected")
        # Its debugger uses the interpreter that TensorFlow itself has, which warns of its removal.
        warnings.filterwarnings("ignore", message=r"[\s\S]*tf\.lite\.Interpreter is deprecated")
        yield


@contextmanager
def _without_absl() -> Iterator[None]:
    """Hide the warnings of absl, through which TensorFlow's Python code advises its own developers."""
    log = logging.getLogger("absl")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
