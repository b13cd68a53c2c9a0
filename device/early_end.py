"""Ctrl-C and SIGTERM while the program is still being imported: nothing has begun, so it ends at once and in silence.

`run_command_line` takes both over. This module imports next to nothing, because nothing guards its own import.
"""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130


def end_at_once_when_asked() -> None:
    """Exit with 130 on Ctrl-C, which a shell's background job ignores, and with 0 on SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
