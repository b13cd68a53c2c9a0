"""`data info`: where digits come from, how many there are, their digests."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from device.command_line import Command

from .data_options import json_option, load_sources, sources_option


@click.command("info", cls=Command)
@sources_option
@json_option
def info_command(sources: Sequence[str], as_json: bool) -> None:
    """Say where the digits come from, how many there are of each, and their digests.

    A source without a test part shows the tenth of each class that training would hold back to test on.
    """
    from ..data.digit_facts import document, facts_of, table
    from ..data.mnist_sources import cache_file

    mixture = load_sources(sources)
    facts = facts_of(mixture.digits)
    if as_json:
        click.echo(json.dumps(document(facts, cache=cache_file(), sources=mixture.sources), indent=2))
    else:
        click.echo(table(facts, cache=cache_file(), sources=mixture.sources))
