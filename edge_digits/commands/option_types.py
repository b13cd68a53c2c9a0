"""Options that name one thing."""

from __future__ import annotations

from typing import Any

import click


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
            joined = ", or join them with `edge-digits data import`" if name == "--data" else ""
            raise click.BadOptionUsage(name, f"expected {name} once, found {found}; name one{joined}", ctx)
        return values[0]
