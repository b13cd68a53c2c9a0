"""Ctrl-C and SIGTERM: from the first moment, and for good where Python loses the exception that they raise.

While the program is still being imported nothing has begun, so it ends at once and in silence; `run_command_line` takes
both over. This module imports next to nothing, because nothing guards its own import.
"""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130


class Asked:
    """What asked the program to end, and when, where something did."""

    to_end: BaseException | None = None
    at_s = 0.0


def raise_if_asked() -> None:
    """Raise once more what asked the program to end.

    Whatever runs without end calls this now and then: an exception that a signal raises is lost where it comes in a
    callback of Python's own or in an extension that is being imported.
    """
    if Asked.to_end is not None:
        raise Asked.to_end


def end_at_once_when_asked() -> None:
    """Exit with 130 on Ctrl-C, which a shell's background job ignores, and with 0 on SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
