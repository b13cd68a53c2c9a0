"""`calibrate`: propose how a source is read, from a picture of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from ..command_line import FILE, Command, reporter
from ..errors import UsageError
from ..printable import printable
from ..settings.model_settings import NetworkSettings
from ..settings.settings_options import apply_options, option_settings, parameter, settings_options
from .reading_options import open_stdin

if TYPE_CHECKING:
    from ..frames import Frame
    from ..reading import Reading


@click.command(cls=Command)
@click.argument("source")
@click.option(
    "--out",
    type=FILE,
    default=Path("settings.toml"),
    show_default=True,
    help="Settings file to write, for --config of classify and run; a PNG of the proposal is written beside it.",
)
@settings_options(NetworkSettings())
@click.option("--force", is_flag=True, help="Overwrite both files.")
def calibrate(*, source: str, out: Path, force: bool, **options: Any) -> None:
    """Read a picture or a camera's frame, and propose regions and layout for frames like it.

    Each row of digits becomes a region with room around it, if the regions read what the whole frame says; else none
    are proposed. The proposal is drawn: look at it before it is used.
    """
    from ..calibrating import draw_proposal, write_proposal
    from ..loading import load_reader
    from ..proposal_check import propose_and_check
    from ..settings.reading_settings import ReadingSettings
    from ..sources.files import find_pictures
    from ..sources.streams import without_secrets

    picture, said = _picture_beside(out), _said(options)
    model = apply_options(NetworkSettings(), options).model
    pictures = find_pictures([source])
    inputs = [model.file, model.labels, *(each.path for each in pictures)]
    _refuse_outputs(out, picture, source=source, inputs=inputs, force=force)
    frame, is_stream = _first_frame(source)
    reader = load_reader(model, ReadingSettings(), warn=reporter())
    assert frame.image is not None
    proposal = propose_and_check(frame, reader)
    draw_proposal(frame.image, proposal.shown, proposal.settings, picture)
    shown = without_secrets(source)
    if len(pictures) > 1:
        reporter()(f"{printable(shown)}: {len(pictures)} pictures; what is proposed is for {printable(frame.source)}")
    write_proposal(proposal.settings, shown, out)
    click.echo(f"{printable(str(out))}: {_shown(proposal.shown)}")
    drawn = "the regions, drawn"
    if not proposal.holds:
        drawn = "what was read, drawn"
        found = f"expected the regions to read {_shown(proposal.reading)}, found {_shown(proposal.read_back)}"
        none = "none are proposed, and the whole frame is read: add regions of your own"
        reporter()(f"warning: {printable(str(out))}: {found}; {none}")
    program = click.get_current_context().find_root().info_name
    words = ["run" if is_stream else "classify", "--config", str(out), *said, *["--source"] * is_stream, shown]
    click.echo(f"{printable(str(picture))}: {drawn}; try {program} {printable(' '.join(map(quote, words)))}")


def _picture_beside(out: Path) -> Path:
    """Return where the proposal is drawn.

    Raises:
        UsageError: the settings have no name of a settings file.
    """
    if out.suffix.lower() != ".toml":
        raise UsageError(f"--out: expected a name that ends in .toml, found {out}")
    return out.with_suffix(".png")


def _refuse_outputs(out: Path, picture: Path, *, source: str, inputs: Sequence[Path | None], force: bool) -> None:
    """Refuse to write over what is there, and to draw where the next command would read it as one more picture.

    Raises:
        UsageError: a file is read here, or the picture would be.
        OutputExistsError: a file is there already and is not to be overwritten.
    """
    from ..output_files import refuse_existing
    from ..sources.files import names_file

    for path in (out, picture):
        refuse_existing(path, force=force, inputs=inputs)
    if names_file(source, picture, deep=True):
        raise UsageError(f"--out: expected a folder that is not read here, found {out.parent}; choose another place")


def _said(options: dict[str, Any]) -> list[str]:
    """Return the options that were given, of the model that reads, which is not in the settings file."""
    named = [(each.option, options[parameter(section, each)]) for section, each in option_settings(NetworkSettings())]
    return [str(word) for option, value in named if value is not None for word in (option, value)]


def _shown(reading: Reading) -> str:
    """Return what was read, without where."""
    return f"{' | '.join(reading.rows) or 'nothing'}  ({reading.confidence:.3f})"


def _first_frame(source: str) -> tuple[Frame, bool]:
    """Take the first frame of a camera, a video or a picture; tell whether others follow it in time.

    Raises:
        EdgeDigitsError: the source is not there, or its first frame cannot be had.
    """
    from ..errors import PictureError
    from ..settings.settings import CameraSettings, SourceSettings
    from ..sources.opening import choose_source

    say = reporter()
    chosen = choose_source(SourceSettings(source=source), CameraSettings(), stdin=open_stdin(), say=say)
    with chosen.frames as frames:
        frame = next(iter(frames), None)
    if frame is None:
        raise PictureError(f"{source}: expected a frame, found none")
    if frame.error is not None:
        raise frame.error
    return frame, chosen.stream
