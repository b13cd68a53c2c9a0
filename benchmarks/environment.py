"""The machine and the software that a measurement was made with."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from device.inference.runtime_names import RUNTIME_NAMES
from device.version import VERSION

# Bits of `vcgencmd get_throttled`; those from 16 on say the same of any time since the start.
THROTTLING: Mapping[int, str] = {
    0: "the supply voltage is too low",
    1: "the frequency is capped",
    2: "it is throttled",
    3: "the soft temperature limit is reached",
}


@dataclass(frozen=True)
class Environment:
    """Where a measurement was made; None stands for what this machine does not tell.

    Attributes:
        edge_digits: version of this project.
        os: the system's own name, such as "Debian GNU/Linux 12 (bookworm)".
        kernel: its release.
        machine: the architecture, such as "aarch64".
        board: what the device tree calls it, such as "Raspberry Pi 4 Model B Rev 1.5".
        cpu_model: what the processor calls itself.
        cores: processors that this process may use.
        governor: how the kernel chooses the frequency, such as "ondemand".
        frequency_hz: of the first processor when it was read, hertz.
        max_frequency_hz: the highest it may run at, hertz.
        temperature_celsius: of the first thermal zone.
        throttled: what the firmware of a Raspberry Pi says of throttling, such as "0x50005"; see `describe_throttling`.
        throttle_count: how often an x86 processor has slowed itself down for heat since it started.
        load_1m: processes that wanted to run, mean over the minute before.
        memory_bytes: all there is.
        available_bytes: what was free or could be freed.
        python: implementation and version.
        numpy: version.
        runtimes: each installed device runtime with its version.
    """

    edge_digits: str = VERSION
    os: str | None = None
    kernel: str | None = None
    machine: str | None = None
    board: str | None = None
    cpu_model: str | None = None
    cores: int = 1
    governor: str | None = None
    frequency_hz: float | None = None
    max_frequency_hz: float | None = None
    temperature_celsius: float | None = None
    throttled: str | None = None
    throttle_count: int | None = None
    load_1m: float | None = None
    memory_bytes: int | None = None
    available_bytes: int | None = None
    python: str | None = None
    numpy: str | None = None
    runtimes: Mapping[str, str] = field(default_factory=dict)


def read_environment(root: Path = Path("/")) -> Environment:
    """Describe this machine.

    Args:
        root: where /proc and /sys are found.
    """
    cpu = root / "sys/devices/system/cpu/cpu0/cpufreq"
    cpu_facts = _colon_fields(root / "proc/cpuinfo")
    memory = _colon_fields(root / "proc/meminfo")
    return Environment(
        os=_os_name(root / "etc/os-release"),
        kernel=platform.release() or None,
        machine=platform.machine() or None,
        board=_text(root / "proc/device-tree/model"),
        cpu_model=cpu_facts.get("model name") or cpu_facts.get("Hardware") or cpu_facts.get("CPU part"),
        cores=usable_cores(),
        governor=_text(cpu / "scaling_governor"),
        frequency_hz=_scaled(_text(cpu / "scaling_cur_freq"), 1e3) or _scaled(cpu_facts.get("cpu MHz"), 1e6),
        max_frequency_hz=_scaled(_text(cpu / "cpuinfo_max_freq"), 1e3),
        temperature_celsius=_scaled(_text(root / "sys/class/thermal/thermal_zone0/temp"), 1e-3),
        throttled=_throttled(root),
        throttle_count=_whole(_text(cpu.parent / "thermal_throttle/package_throttle_count")),
        load_1m=_scaled((_text(root / "proc/loadavg") or "").split(" ")[0], 1),
        memory_bytes=_kibibytes(memory.get("MemTotal")),
        available_bytes=_kibibytes(memory.get("MemAvailable")),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        numpy=_distribution("numpy"),
        runtimes={name: found for name in RUNTIME_NAMES if (found := _distribution(name)) is not None},
    )


def usable_cores() -> int:
    """Return how many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def describe_throttling(flags: str | None) -> list[str]:
    """Return in words what slows a Raspberry Pi down now, from the bits that its firmware documents."""
    try:
        bits = int(flags or "0", 16)
    except ValueError:
        return []
    return [words for bit, words in THROTTLING.items() if bits >> bit & 1]


def _throttled(root: Path) -> str | None:
    """Return the firmware's flags from its file, else from its tool, None where there is neither."""
    found = _text(root / "sys/devices/platform/soc/soc:firmware/get_throttled")
    if found is not None:
        return f"0x{found.removeprefix('0x')}"
    if not (root / "proc/device-tree/model").exists():
        return None
    try:
        done = subprocess.run(["vcgencmd", "get_throttled"], capture_output=True, text=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().partition("=")[2] or None


def _text(path: Path) -> str | None:
    """Return a short file's text without what ends it, None where it cannot be read or is empty."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ") or None
    except OSError:
        return None


def _colon_fields(path: Path) -> dict[str, str]:
    """Return the first value of each name in a file of "name : value" lines."""
    found: dict[str, str] = {}
    for line in (_text(path) or "").splitlines():
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    return found


def _os_name(path: Path) -> str | None:
    for line in (_text(path) or "").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip("\"'")
    return platform.system() or None


def _scaled(text: str | None, unit: float) -> float | None:
    try:
        return float(text) * unit if text else None
    except ValueError:
        return None


def _whole(text: str | None) -> int | None:
    value = _scaled(text, 1)
    return None if value is None else int(value)


def _kibibytes(text: str | None) -> int | None:
    value = _scaled((text or "").split(" ")[0], 1024)
    return None if value is None else int(value)


def _distribution(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
