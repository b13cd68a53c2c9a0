"""Energy of what runs meanwhile, where the machine counts it: RAPL on x86, the power chip of a Raspberry Pi 5."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

RAPL, PMIC = "RAPL, whole processor", "PMIC, whole board"
PMIC_PAUSE_S = 0.1
_RAPL_ZONES = "sys/class/powercap"


@dataclass(frozen=True)
class Energy:
    """What a machine used while something ran.

    Attributes:
        joules: all of it, whatever used it.
        source: what told.
    """

    joules: float
    source: str


class EnergyMeter:
    """Counts energy between entering and leaving; `energy` is None where nothing on this machine can be read."""

    def __init__(self, root: Path = Path("/")) -> None:
        """Take where /sys is found."""
        self.energy: Energy | None = None
        self._zones = _rapl_zones(root / _RAPL_ZONES)
        self._power: _PowerWatch | None = None

    def __enter__(self) -> EnergyMeter:
        """Begin."""
        if not self._zones and read_pmic_watts() is not None:
            self._power = _PowerWatch()
        self._start = {zone: _microjoules(zone / "energy_uj") for zone in self._zones}
        return self

    def __exit__(self, *_: object) -> None:
        """Say what was used since."""
        if self._power:
            self.energy = Energy(self._power.stop(), PMIC)
            return
        used = [_used(zone, start, _microjoules(zone / "energy_uj")) for zone, start in self._start.items()]
        known = [each for each in used if each is not None]
        if known and len(known) == len(used):
            self.energy = Energy(sum(known) / 1e6, RAPL)


def read_pmic_watts() -> float | None:
    """Return what a Raspberry Pi 5 draws now, the sum over its rails; None on any other machine."""
    try:
        text = subprocess.run(
            ["vcgencmd", "pmic_read_adc"], capture_output=True, text=True, timeout=2, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_pmic_watts(text)


def parse_pmic_watts(text: str) -> float | None:
    """Sum volts × amperes of each rail of `vcgencmd pmic_read_adc`; None where it names none with both."""
    found: dict[str, dict[str, float]] = {"A": {}, "V": {}}
    for rail, unit, value in re.findall(r"(\w+)_([AV]) \w+\(\d+\)=([\d.]+)[AV]", text):
        found[unit][rail] = float(value)
    both = found["A"].keys() & found["V"].keys()
    return sum(found["A"][rail] * found["V"][rail] for rail in both) if both else None


class _PowerWatch:
    """Reads the power every tenth of a second in a thread and sums it up."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._readings: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._start_s = time.monotonic()
        self._thread.start()

    def stop(self) -> float:
        """Return the energy since the start: mean power × time, joules."""
        wall_s = time.monotonic() - self._start_s
        self._stopped.set()
        self._thread.join()
        watts = [power for _, power in self._readings] or [read_pmic_watts() or 0.0]
        return wall_s * sum(watts) / len(watts)

    def _watch(self) -> None:
        while not self._stopped.is_set():
            power = read_pmic_watts()
            if power is not None:
                self._readings.append((time.monotonic(), power))
            self._stopped.wait(PMIC_PAUSE_S)


def _rapl_zones(folder: Path) -> list[Path]:
    """Return the zones of whole processors whose counters may be read; a subzone is part of one of them."""
    found = sorted(folder.glob("intel-rapl:*")) if folder.is_dir() else []
    whole = [zone for zone in found if re.fullmatch(r"intel-rapl:\d+", zone.name)]
    return [zone for zone in whole if _name(zone).startswith("package") and os.access(zone / "energy_uj", os.R_OK)]


def _used(zone: Path, start: float | None, end: float | None) -> float | None:
    """Return microjoules between two readings of a counter that begins anew at its maximum."""
    if start is None or end is None:
        return None
    return end - start if end >= start else end - start + (_microjoules(zone / "max_energy_range_uj") or 0.0)


def _microjoules(path: Path) -> float | None:
    try:
        return float(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _name(zone: Path) -> str:
    try:
        return (zone / "name").read_text(encoding="ascii").strip()
    except OSError:
        return ""
