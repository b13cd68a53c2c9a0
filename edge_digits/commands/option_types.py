"""Options that are stricter than Click's."""

from __future__ import annotations

import math
from typing import Any

import click


class FiniteRange(click.FloatRange):
    """A range of numbers that holds no "nan", which compares with nothing and so passes any bound and any gate."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number.

        Raises:
            click.BadParameter: it is none, not finite, or out of the range.
        """
        number: float = super().convert(value, param, ctx)  # type: ignore[arg-type]  # newer Clicks narrow it
        if not math.isfinite(number):
            self.fail(f"{number} is not in the range {self._describe_range()}.", param, ctx)
        return number


class Once(click.Option):
    """An option that names one thing and is refused a second time, where Click would take the last."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what `click.Option` takes."""
        super().__init__(*args, **{**kwargs, "multiple": True})

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """Return what was named, or None.

        Raises:
            click.BadOptionUsage: it was named twice.
        """
        values = super().process_value(ctx, value)
        if not values:
            return None
        if len(values) > 1:
            name, found = self.opts[0], " and ".join(map(str, values))
            raise click.BadOptionUsage(
                name, f"expected {name} once, found {found}; name one, or join them with `edge-digits data import`", ctx
            )
        return values[0]
