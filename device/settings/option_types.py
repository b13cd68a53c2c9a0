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


class Name(click.types.StringParamType):
    """A text that is no empty one, as an empty variable of a shell gives."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text.

        Raises:
            click.BadParameter: it is empty or blank.
        """
        text: str = super().convert(value, param, ctx)
        if not text.strip():
            self.fail("expected a name, found an empty one; check the variable it came from", param, ctx)
        return text
