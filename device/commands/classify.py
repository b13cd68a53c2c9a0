"""`classify`: read the digits in pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..command_line import FILE, FOLDER, StreamingCommand, reporter
from ..errors import DataError
from ..settings.model_settings import PictureSettings
from ..settings.settings_options import apply_options, settings_options
from .reading_options import open_stdin, write_readings


@click.command(cls=StreamingCommand)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@settings_options(PictureSettings())
@click.option("--config", type=FILE, help="Settings file (TOML); options win over it.")
@click.option("--annotate", type=FOLDER, help="Write each picture with what was read drawn on it into this folder.")
@click.option(
    "--explain", type=FOLDER, help="Write the stages of each reading, as one PNG a picture, into this folder."
)
@click.option("--force", is_flag=True, help="Overwrite pictures that are there already.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line on stdout.")
def classify(
    *,
    paths: tuple[str, ...],
    config: Path | None,
    annotate: Path | None,
    explain: Path | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Read the digits in each picture: files, folders, globs, or - for a picture on standard input.

    A 28×28 picture is taken as it is; in any other the ink is found first, dark on light or light on dark, and read
    row by row. A picture that cannot be read is said, the others are still read, and the exit code is 6.
    """
    from ..loading import load_reader
    from ..sources.files import find_pictures, read_pictures, refuse_addresses

    refuse_addresses(paths)
    settings = PictureSettings()
    if config:
        from ..settings.settings_file import load_settings

        loaded = load_settings(config)
        settings = PictureSettings(loaded.model, loaded.reading)
        if loaded.camera.crop or loaded.camera.rotate:
            reporter()(
                f"{config}: [camera] crop and rotate: without effect here; regions are read in pictures as they are"
            )
    settings = apply_options(settings, options)
    pictures, files = find_pictures(paths), None
    if annotate or explain:
        from ..drawn_files import DrawnFiles

        files = DrawnFiles(annotate, explain, force=force)
        files.refuse(pictures)
    reader = load_reader(settings.model, settings.reading, warn=reporter())
    frames = read_pictures(pictures, stdin=open_stdin())
    readings = map(reader.read, frames) if files is None else files.read_and_draw(frames, reader)
    if write_readings(readings, as_json=as_json):
        click.get_current_context().exit(DataError.exit_code)
