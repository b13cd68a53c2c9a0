"""Measured figures held against their limits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click

from device.errors import GateError

from .environment import read_environment
from .quantities import format_columns


@dataclass(frozen=True)
class Limit:
    """A figure and its limit.

    Attributes:
        name: what was measured.
        found: the figure, in the unit that its name says.
        wanted: the limit in words: "at most 1.5".
        met: whether the figure keeps to it.
    """

    name: str
    found: float
    wanted: str
    met: bool


def at_most(name: str, found: float, limit: float) -> Limit:
    """Return a figure that may not exceed its limit."""
    return Limit(name, found, f"at most {limit:g}", found <= limit)


def at_least(name: str, found: float, limit: float) -> Limit:
    """Return a figure that may not fall below its limit."""
    return Limit(name, found, f"at least {limit:g}", found >= limit)


def show(
    *,
    schema: str,
    table: list[list[str]],
    measured: object,
    limits: Sequence[Limit],
    as_json: bool,
    right: frozenset[int],
) -> None:
    """Print what was measured and whether the limits are met, as a table or as one JSON document.

    Args:
        schema: the JSON document's name and version.
        table: rows of cells, the first of them the head.
        measured: what the JSON document holds besides environment and limits.
        limits: the figures that have one.
        as_json: print JSON alone.
        right: columns aligned at their right.

    Raises:
        GateError: a limit is not met.
    """
    if as_json:
        document = {
            "schema": schema,
            "environment": asdict(read_environment()),
            "measured": measured,
            "limits": [asdict(limit) for limit in limits],
            "met": all(limit.met for limit in limits),
        }
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        click.echo(format_columns(table, right=right))
        for limit in limits:
            click.echo(f"{limit.name}: {limit.found:.4g}, limit {limit.wanted}: {'met' if limit.met else 'NOT MET'}")
    missed = [f"{limit.name} {limit.wanted}, found {limit.found:.4g}" for limit in limits if not limit.met]
    if missed:
        raise GateError(f"expected {'; '.join(missed)}")
