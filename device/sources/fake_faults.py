"""Fault scripts for the fake camera: "5:unplug 8:replug 12:freeze=2", written by hand or drawn from a seed."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

from ..errors import UsageError

# What each fault does is said in `docs/running.md`; those with a length last so many seconds unless the script says.
LENGTHS_S = {
    "drop": 0.0,
    "freeze": 2.0,
    "black": 1.0,
    "corrupt": 1.0,
    "slow": 2.0,
    "unplug": math.inf,
    "busy": math.inf,
}
ENDS = {"replug": "unplug", "free": "busy"}
_WORD = r"(?P<at>\d+(?:\.\d*)?):(?P<kind>[a-z]+)(?:=(?P<length>\d+(?:\.\d*)?))?"


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with a camera.

    Attributes:
        kind: a key of `LENGTHS_S`.
        start_s: seconds after the camera was first opened.
        end_s: when it is over; infinity for never.
    """

    kind: str
    start_s: float
    end_s: float


def parse_faults(script: str) -> Iterable[Fault]:
    """Return the faults of a script, by their start.

    Args:
        script: "TIME:FAULT[=SECONDS]" words, "random:SEED" for an endless script, or the name of a file that holds one.

    Raises:
        UsageError: a word is no fault.
    """
    if re.fullmatch(r"random:\d+", script.strip()):
        return random_faults(int(script.partition(":")[2]))
    if script and not re.match(r"\s*\d", script):
        try:
            script = re.sub(r"#.*", "", Path(script).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as cause:
            raise UsageError(f"--faults: expected TIME:FAULT words, random:SEED or a file, found {script!r}") from cause
    faults: list[Fault] = []
    for word in script.split():
        found = re.fullmatch(_WORD, word)
        if found is None or found["kind"] not in {*LENGTHS_S, *ENDS}:
            raise UsageError(f"--faults: expected TIME:FAULT, one of {', '.join([*LENGTHS_S, *ENDS])}; found {word!r}")
        start_s = float(found["at"])
        if found["kind"] in ENDS:
            kind = ENDS[found["kind"]]
            faults = [
                Fault(kind, each.start_s, start_s) if each.kind == kind and each.end_s > start_s else each
                for each in faults
            ]
            continue
        length_s = float(found["length"]) if found["length"] else LENGTHS_S[found["kind"]]
        faults.append(Fault(found["kind"], start_s, start_s + length_s))
    return sorted(faults, key=lambda fault: fault.start_s)


def random_faults(seed: int, *, gap_s: float = 3.0, scale: float = 1.0) -> Iterator[Fault]:
    """Yield faults without end, one after the other.

    Args:
        seed: the same seed gives the same faults.
        gap_s: mean time from the end of one to the start of the next, seconds.
        scale: what the length of every fault is multiplied with.
    """
    draw = random.Random(seed)
    at_s = 0.0
    for kinds in chain(repeat(tuple(LENGTHS_S))):
        at_s += draw.expovariate(1 / gap_s)
        kind = draw.choice(kinds)
        length_s = 0.0 if kind == "drop" else scale * draw.uniform(0.2, 8.0)
        yield Fault(kind, at_s, at_s + length_s)
        at_s += length_s
