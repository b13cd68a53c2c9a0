"""How far an epoch is: a line that overwrites itself on a terminal, a line now and then where stderr is a log."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from device.command_line import is_quiet

SCREEN_S = 0.2
LOG_S = 30.0
WORTH_A_LINE_S = 10.0  # what is done sooner needs none in a log


@contextmanager
def step_progress(
    label: str, *, steps: int, report: Callable[[str], None], clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[int], None]]:
    """Give what takes the number of steps that are done; the line on a terminal is gone when the block ends.

    Args:
        label: what is going on.
        steps: how many there are.
        report: takes a line every LOG_S where stderr is no terminal.
        clock: gives seconds.
    """
    is_screen = sys.stderr.isatty() and not is_quiet()
    shown, first, last_s = "", None, clock()

    def show(line: str) -> None:
        nonlocal shown
        line = line[: shutil.get_terminal_size().columns - 1]
        with suppress(OSError, ValueError):  # a terminal that went away ends no training
            sys.stderr.write(f"\r{line:{len(shown)}}" + ("" if line else "\r"))
            sys.stderr.flush()
        shown = line

    def advance(done: int) -> None:
        nonlocal first, last_s
        now_s = clock()
        if first is None:  # the first step is the slowest: the graph is made in it
            first = done, now_s
        if now_s - last_s < (SCREEN_S if is_screen else LOG_S) or done == first[0]:
            return
        left_s = (now_s - first[1]) / (done - first[0]) * (steps - done)
        if not is_screen and left_s < WORTH_A_LINE_S:
            return
        last_s = now_s
        (show if is_screen else report)(f"{label}: step {done:,} of {steps:,}, {_duration(left_s)} left")

    try:
        yield advance
    finally:
        if shown:
            show("")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
