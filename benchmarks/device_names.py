"""What the devices of several results are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .results import BenchResult
from .subjects import short_names


def device_name(result: BenchResult) -> str:
    """Return what a device is called: by its user, else its board, else its processor, else its architecture."""
    found = result.environment
    return result.device or found.board or found.cpu_model or found.machine or "unknown device"


def device_names(results: Sequence[BenchResult]) -> list[str]:
    """Return what to call each result's device, equal ones numbered; an empty name where there is only one."""
    if len(results) == 1:
        return [""]
    names = [device_name(result) for result in results]
    return [
        f"{name} ({names[: place + 1].count(name)})" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]


def tell_apart(results: Sequence[BenchResult], paths: Sequence[Path]) -> list[BenchResult]:
    """Return results of which those with devices of one name carry the names of their files as well.

    Args:
        results: what was read.
        paths: where each was read from.
    """
    names = [device_name(result) for result in results]
    files = short_names(list(paths))
    return [
        replace(result, device=f"{name} ({files[path].removesuffix('.json')})") if names.count(name) > 1 else result
        for result, name, path in zip(results, names, paths, strict=True)
    ]
