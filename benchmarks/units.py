"""Reading figures with their units, as people give them on the command line: "5ms", "64k", "99.5%"."""

from __future__ import annotations

import re

from device.errors import UsageError

TIME, SIZE, SHARE, RATE, ENERGY = "time", "size", "share", "rate", "energy"
# Kind → unit in lower case → what one of it is in seconds, bytes, shares of 1, per second, joules.
UNITS = {
    TIME: {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0},
    SIZE: {
        **{"": 1.0, "b": 1.0, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9},
        **{"ki": 1024.0, "kib": 1024.0, "mi": 1024.0**2, "mib": 1024.0**2},
    },
    SHARE: {"%": 0.01, "": 0.01},
    RATE: {"": 1.0, "/s": 1.0, "k/s": 1e3},
    ENERGY: {"uj": 1e-6, "µj": 1e-6, "μj": 1e-6, "mj": 1e-3, "j": 1.0},
}
EXAMPLES = {TIME: "5ms", SIZE: "64k", SHARE: "99.5%", RATE: "1000/s", ENERGY: "2mJ"}
_FIGURE = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([^\s\d]*)\s*")


def parse_figure(text: str, kind: str, *, option: str) -> float:
    """Read a figure of a kind.

    Args:
        text: such as "5ms".
        kind: a key of `UNITS`.
        option: what it was given with, for the error.

    Returns:
        The figure in seconds, bytes, shares of 1, per second or joules.

    Raises:
        UsageError: it is no number, or has no unit of that kind.
    """
    found = _FIGURE.fullmatch(text)
    unit = UNITS[kind].get(found[2].lower()) if found else None
    if found is None or unit is None:
        units = ", ".join(each for each in UNITS[kind] if each and each != "μs" and each != "μj")
        article = "an" if kind == ENERGY else "a"
        raise UsageError(
            f"{option}: expected {article} {kind} such as {EXAMPLES[kind]} (units: {units}), found {text!r}"
        )
    return float(found[1]) * unit


def parse_accuracy(text: str, *, option: str) -> float:
    """Read a share of digits that are read right, at most all of them.

    Args:
        text: such as "99.5%".
        option: what it was given with, for the error.

    Raises:
        UsageError: it is no share, or above 100 %, or as a share of 1 would be written.
    """
    share = parse_figure(text, SHARE, option=option)
    if 0 < share <= 0.01 and "%" not in text:
        raise UsageError(
            f"{option}: expected an accuracy such as 99.5%, found {text.strip()!r} without a %; write "
            f"{10_000 * share:g}% if that is meant, or {100 * share:g}%"
        )
    if share > 1:
        raise UsageError(f"{option}: expected an accuracy of at most 100%, found {text.strip()!r}")
    return share
