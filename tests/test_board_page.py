"""The script of the page to draw on, run by Node.js where there is one, with a stand-in for the browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from device.board_server import PAGE

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no Node.js here")


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("keep_twice", 1),
        ("keep_again_after_a_failure", [False, "full"]),
        ("undo_while_reading", "Nothing drawn yet"),
        ("undo_before_reading", 0),
        ("open_two", [2]),
    ],
)
def test_what_was_done_last_is_what_counts(step: str, found: object) -> None:
    """A second click keeps nothing twice, what was undone is not shown, and of two pictures the later one stays."""
    assert NODE is not None
    harness = Path(__file__).with_name("board_page.js")
    done = subprocess.run([NODE, harness, PAGE, step], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == found
