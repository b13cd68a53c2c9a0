"""The scripts of the pages, run by Node.js where there is one, with a stand-in for the browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from device import board_server
from device.sinks import http_server

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
    assert run("board_page.js", board_server.PAGE, step) == found


def test_the_page_of_a_run_says_when_what_it_shows_is_old() -> None:
    """The camera is away, the server gone or the token wrong; the pictures come again after that.

    Why a value is held back is said too, and what was believed before is not old for that.
    """
    assert run("live_page.js", http_server.PAGE) == {
        "shown": [
            ["40", "", False],
            ["40", "The camera gives no pictures now.", True],
            ["40", "The server does not answer; is it still running?", True],
            ["40", "a token is needed", True],
            ["nothing found", "", False],
            ["40", "held back: fell from 40 to 39", False],
            ["40", "The camera gives no pictures now.", True],
        ],
        "streams": 2,
    }


def run(harness: str, page: Path, *steps: str) -> object:
    """Run the script of a page and return what its harness prints."""
    assert NODE is not None
    command = [NODE, Path(__file__).with_name(harness), page, *steps]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)
