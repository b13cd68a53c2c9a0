"""Running a module of this project in a Python process of its own, which may die without taking its parent along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import DataError, FitError

TIMEOUT_S = 600.0


def run_module(
    module: str,
    arguments: Sequence[str],
    *,
    timeout_s: float = TIMEOUT_S,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `python -m MODULE ARGUMENTS...` with this interpreter, installed or not, and wait for its end.

    Args:
        module: such as "device.inference.trial".
        arguments: what the module finds in `sys.argv[1:]`.
        timeout_s: the child is killed after so long.
        environment: variables that the child gets besides its parent's.

    Returns:
        The ended child with what it wrote; whether it did well is for the caller to see.

    Raises:
        FitError: the child took longer than `timeout_s`.
    """
    try:
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env={**child_environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as cause:
        raise FitError(f"no answer from the model within {timeout_s:.0f} s; do not use it there") from cause


def child_environment() -> dict[str, str]:
    """Return this process's environment with the project's folders in front of what Python imports from."""
    root = str(Path(__file__).resolve().parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, inherited]))}


def raise_if_about_data(exit_code: int, stderr: str) -> None:
    """Pass on what a command of this project says of its input.

    Raises:
        DataError: that is why it ended.
    """
    if exit_code == DataError.exit_code:
        raise DataError(stderr.strip().rpartition("\n")[2].removeprefix("error: "))


def describe_end(child: subprocess.CompletedProcess[str]) -> str:
    """Return how a child that gave no answer ended, to follow its name: "died with SIGSEGV"."""
    if child.returncode < 0:
        return f"died with {signal.Signals(-child.returncode).name}"
    last = child.stderr.strip().splitlines()[-1:] or ["no message"]
    return f"ended with exit code {child.returncode} ({last[0][:200]})"
