"""Which builtin operations, in which versions, each runtime registers: a static table, and a model held against it.

The table (assets/op_versions.json) was measured: a flatbuffer with one operator code was given to the interpreter of
each release for every builtin code and every version from 1 to 17, which is refused exactly when that pair is not
registered. The releases were the packages tflite-runtime 2.7.0, 2.8.0, 2.9.1, 2.10.0–2.14.0; the interpreter of
tensorflow-cpu 2.3.4, 2.4.4, 2.5.0, 2.6.0, 2.14.1 (the same answers as tflite-runtime 2.14.0), 2.15.1, 2.16.2, 2.17.1,
2.18.1, 2.19.1, 2.20.0 and 2.21.0; ai-edge-litert 1.0.1, 1.1.2, 1.2.0, 1.3.0, 1.4.0, 2.0.3, 2.1.6, 2.2.0 and 2.3.0. A
pair is registered by a call of `AddBuiltin` in tensorflow/lite/core/kernels/register.cc, with one range of versions an
operation. It is the interpreter that counts: runtime_version.cc, from which a file's `min_runtime_version` is filled
in, promises FULLY_CONNECTED v9 from 2.3, which 2.3.4 refuses.

The operations of TensorFlow Lite Micro are those that its Python interpreter (tflite-micro 0.dev20261023182759) knows,
each with its method of tensorflow/lite/micro/micro_mutable_op_resolver.h. Micro looks operations up without their
version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from device.errors import UsageError

MICRO = "micro"
CUSTOM = "CUSTOM"

_ASSET = Path(__file__).parent / "assets" / "op_versions.json"
_VERSIONED = re.compile(r"(.+) v(\d+)")
_TENSORFLOW = tuple(f"2.{minor}" for minor in range(3, 22))
_LITERT = ("1.0", "1.1", "1.2", "1.3", "1.4", "2.0", "2.1", "2.2", "2.3")
# What can be converted for: target → the release that stands for it. The package tflite-runtime holds the interpreter
# of the TensorFlow release of its number; its last is 2.14. A target without a minor version is the oldest release of
# that major version, so that a model that fits it loads on every later one.
TARGETS: Mapping[str, str] = {
    **{f"tflite-runtime-{number}": f"tensorflow {number}" for number in ("2.5", *_TENSORFLOW[4:12])},
    **{f"tensorflow-{number}": f"tensorflow {number}" for number in _TENSORFLOW},
    **{"ai-edge-litert-1": "ai-edge-litert 1.0", "ai-edge-litert-2": "ai-edge-litert 2.0"},
    **{f"ai-edge-litert-{number}": f"ai-edge-litert {number}" for number in _LITERT},
    MICRO: "",
}

# Custom operations that every release registers besides the builtin ones (register.cc).
_CUSTOM_OPERATIONS = ("Mfcc", "AudioSpectrogram", "TFLite_Detection_PostProcess", "NumericVerify")
_MICRO_CUSTOM_OPERATIONS = {
    "TFLite_Detection_PostProcess": "AddDetectionPostprocess",
    "CIRCULAR_BUFFER": "AddCircularBuffer",
}


@dataclass(frozen=True)
class Table:
    """What each release registers.

    Attributes:
        names: names of the builtin operations; the position is the operation's code.
        releases: such as "tensorflow 2.14" and "ai-edge-litert 2.0", oldest first, TensorFlow before LiteRT.
        lowest: lowest version of the operations whose lowest is not 1.
        highest: operation → highest version in each of `releases`, 0 where the operation is not registered.
        micro: operation → the method of MicroMutableOpResolver that registers it.
    """

    names: tuple[str, ...]
    releases: tuple[str, ...]
    lowest: Mapping[str, int]
    highest: Mapping[str, tuple[int, ...]]
    micro: Mapping[str, str]

    def has(self, name: str, version: int, release: str) -> bool:
        """Return whether a release registers an operation in a version."""
        if name.startswith(f"{CUSTOM}:"):
            return name.removeprefix(f"{CUSTOM}:") in _CUSTOM_OPERATIONS
        if name not in self.highest:
            return False
        return self.lowest.get(name, 1) <= version <= self.highest[name][self.releases.index(release)]


@dataclass(frozen=True)
class MissingOperation:
    """An operation that a target does not have.

    Attributes:
        name: such as "FULLY_CONNECTED", or "CUSTOM:Name".
        version: the version that the model asks for.
        count: how often the model uses it.
        oldest: the oldest runtimes that have it, or why there is none.
        types: such as "of float32 with int8 weights", where it is missing for these alone; else "".
    """

    name: str
    version: int
    count: int
    oldest: str
    types: str = ""

    @property
    def text(self) -> str:
        """What it is, without where it can be had."""
        return f"{self.name} v{self.version} {self.types}".rstrip()

    def __str__(self) -> str:
        """Return it as a message names it."""
        return f"{self.text} (oldest: {self.oldest})"


@cache
def table() -> Table:
    """Read the table."""
    fields = json.loads(_ASSET.read_text(encoding="utf-8"))
    return Table(
        names=tuple(fields["names"]),
        releases=tuple(fields["columns"]),
        lowest=fields["lowest_version"],
        highest={name: tuple(row) for name, row in fields["highest_version"].items()},
        micro=fields["micro"],
    )


def check_targets(targets: Iterable[str]) -> None:
    """Refuse targets that are not in `TARGETS`.

    Raises:
        UsageError: names the first.
    """
    for target in targets:
        if target not in TARGETS:
            raise UsageError(f"--target: expected one of {', '.join(TARGETS)}, found {target!r}")


def missing_operations(operations: Mapping[str, int], target: str) -> list[MissingOperation]:
    """Return which operations of a model a target does not have.

    Args:
        operations: "NAME vVERSION" → how often it is used; custom ones are "CUSTOM:Name vVERSION".
        target: a key of `TARGETS`.

    Raises:
        UsageError: the target is unknown.
        ValueError: an operation is not of the form "NAME vVERSION".
    """
    check_targets([target])
    missing = []
    for text, count in operations.items():
        name, version = split_operation(text)
        has = bool(micro_method(name)) if target == MICRO else table().has(name, version, TARGETS[target])
        if not has:
            missing.append(MissingOperation(name, version, count, oldest_runtimes(text)))
    return missing


def micro_method(name: str) -> str:
    """Return the method of MicroMutableOpResolver that registers an operation, "" if there is none."""
    if name.startswith(f"{CUSTOM}:"):
        return _MICRO_CUSTOM_OPERATIONS.get(name.removeprefix(f"{CUSTOM}:"), "")
    return table().micro.get(name, "")


def oldest_runtimes(operation: str) -> str:
    """Return the oldest releases that have an operation: "TensorFlow Lite 2.17, ai-edge-litert 1.0".

    Args:
        operation: "NAME vVERSION".
    """
    return oldest_common_runtimes({operation: 1})


def oldest_common_runtimes(operations: Mapping[str, int]) -> str:
    """Return the oldest releases that have every operation, or that no release has one and which.

    Args:
        operations: "NAME vVERSION" → how often it is used.
    """
    wanted = [split_operation(text) for text in operations]
    oldest = []
    for family, label in (("tensorflow", "TensorFlow Lite"), ("ai-edge-litert", "ai-edge-litert")):
        releases = [release for release in table().releases if release.startswith(f"{family} ")]
        fitting = [release for release in releases if all(table().has(*pair, release) for pair in wanted)]
        if fitting:
            older = " or older" if fitting[0] == releases[0] and family == "tensorflow" else ""
            oldest.append(f"{label} {fitting[0].split()[1]}{older}")
    if oldest:
        return ", ".join(oldest)
    if any(name.startswith(CUSTOM) for name, _ in wanted):
        return "none, it needs an operation that is not built in"
    return f"none up to {table().releases[-1]}"


def split_operation(text: str) -> tuple[str, int]:
    """Split "NAME vVERSION".

    Raises:
        ValueError: the text is not of that form.
    """
    match = _VERSIONED.fullmatch(text)
    if match is None:
        raise ValueError(f"expected an operation as 'NAME vVERSION', found {text!r}")
    return match[1], int(match[2])
