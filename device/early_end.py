"""Ctrl-C and SIGTERM: from the first moment, and for good where Python loses the exception that they raise.

While the program is still being imported nothing has begun, so it ends at once and in silence; `run_command_line` takes
both over. This module imports next to nothing, because nothing guards its own import.
"""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 130
UNTIL_STOPPED = ("run", "serve")  # commands that have done all when SIGTERM or SIGHUP stops them


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived; like KeyboardInterrupt, no ordinary handler should swallow it.

    Attributes:
        signal: which of them.
    """

    def __init__(self, number: int = signal.SIGTERM) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)


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


def code_when_stopped(number: int) -> int:
    """Return the exit code after a signal other than Ctrl-C: 0 of what goes on until then, else 128 and its number."""
    # The command line itself is looked at, because this must be known before anything can take it apart.
    return 0 if sys.argv[1:2] and sys.argv[1] in UNTIL_STOPPED else 128 + number


def end_at_once_when_asked() -> None:
    """Exit with 130 on Ctrl-C, and as `code_when_stopped` says on SIGTERM and SIGHUP.

    A shell's background job ignores the first, and what `nohup` starts the last.
    """
    signal.signal(signal.SIGTERM, lambda number, _: os._exit(code_when_stopped(number)))
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, _: os._exit(code_when_stopped(number)))
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
