"""`serve`: a web page to draw on, with a live view, on which readings can be corrected."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from ..command_line import FILE, Command, speakers_that_never_wait
from ..settings.model_settings import ModelSettings
from ..settings.reading_settings import ReadingSettings
from ..settings.settings import HttpSettings, Settings
from ..settings.settings_options import apply_options, settings_options
from .reading_options import open_stdin


@dataclass(frozen=True)
class ServeSettings:
    """The sections of the settings file whose options are here too."""

    model: ModelSettings = field(default_factory=ModelSettings)
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    http: HttpSettings = field(default_factory=HttpSettings)


@click.command(cls=Command)
@settings_options(ServeSettings())
@click.option("--source", "source__source", metavar="TEXT", help="Camera, stream or video to show, named as for run.")
@click.option("--collect", "collect__folder", metavar="PATH", help="Folder to keep corrected digits in.")
@click.option("--config", type=FILE, help="Settings file (TOML); options win over it.")
def serve(*, config: Path | None, **options: Any) -> None:
    """Serve a web page to draw digits on and to open photographs on; with --source it shows what a camera sees.

    It is served to this machine alone, on port 8080, unless --http says otherwise; other machines need a token. With
    --collect, digits are kept under the label that a person gives them; train --init MODEL.keras --data DIR
    then learns from them.
    """
    from ..serving import serve_settings
    from ..settings.settings_file import has_section, load_settings

    loaded = load_settings(config) if config else Settings()
    live = options["source__source"] is not None or (config is not None and has_section(config, "source"))
    settings = apply_options(loaded, options)
    note, speak = speakers_that_never_wait()
    serve_settings(settings, live=live, stdin=open_stdin(), note=note, say=speak)
