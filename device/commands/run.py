"""`run`: read digits from a source until it ends or is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..command_line import FILE, StreamingCommand, speakers_that_never_wait
from ..errors import DataError, UsageError
from ..settings.settings import Settings
from ..settings.settings_options import apply_options, settings_options
from ..standard_output import allow_closed_stdout
from .reading_options import open_stdin


@click.command(cls=StreamingCommand)
@settings_options(Settings())
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--config", type=FILE, help="Settings file (TOML); options win over it.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="Any setting, by its name, over its option; regions with ; between them, numbers with commas.",
)
@click.option("--print-config", is_flag=True, help="Print all settings as a commented settings file, and end.")
def run(
    *, config: Path | None, assignments: tuple[str, ...], print_config: bool, as_json: bool, **options: Any
) -> None:
    """Read digits from a camera, stream, video or pictures until the source ends.

    A camera that stalls or goes away is opened again until it is back. Ctrl-C stops with exit code 130, SIGTERM with 0.
    A camera that is not there at the start gives exit code 5, unless --wait is given.
    """
    from ..settings.settings_file import load_settings, print_settings

    settings = load_settings(config) if config else Settings()
    if as_json and options["output__format"] not in (None, "json"):
        raise UsageError(f"--json: expected no other format beside it, found --format {options['output__format']}")
    if as_json:
        options["output__format"] = "json"
    settings = apply_options(settings, options, assignments)
    if print_config:
        click.echo(print_settings(settings), nl=False)
        return
    from ..running import run_settings

    allow_closed_stdout()
    note, speak = speakers_that_never_wait()
    errors = run_settings(settings, stdin=open_stdin(), note=note, say=speak)
    if errors:
        click.get_current_context().exit(DataError.exit_code)
