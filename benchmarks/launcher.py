"""Start a command and say how long it took and how much memory it held: `python -I -S launcher.py COMMAND...`.

A process of its own, because the kernel's figure of a child's memory begins with that of the process that started it:
this one is smaller than anything worth measuring. It uses the standard library alone and prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(arguments: list[str]) -> None:
    """Run the command to its end with its stdout and stderr thrown away unless it fails."""
    null = os.open(os.devnull, os.O_RDWR)
    files = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1)]
    start_s = time.perf_counter()
    child = os.posix_spawn(arguments[0], arguments, os.environ, file_actions=files)
    _, status, usage = os.wait4(child, 0)
    wall_s = time.perf_counter() - start_s
    unit_bytes = 1 if sys.platform == "darwin" else 1024
    answer = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "wall_s": wall_s,
        "peak_rss_bytes": usage.ru_maxrss * unit_bytes,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
