"""`cameras`: list the cameras of this machine and what they offer."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from ..command_line import Command
from ..errors import SourceError


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def cameras(*, as_json: bool) -> None:
    """List the cameras with their picture sizes and rates.

    Any of the numbers, device files or names is a --source for run. The exit code is 5 where there is no camera.
    """
    if sys.platform != "linux":
        raise SourceError("expected Linux, whose V4L2 lists cameras; try run --source 0 here")
    from ..sources.v4l2 import camera_nodes

    nodes = [node for node in camera_nodes(modes=True) if node.gives_video or node.trouble]
    if as_json:
        click.echo(json.dumps({"cameras": [{**asdict(node), "path": str(node.path)} for node in nodes]}))
    for node in [] if as_json else nodes:
        note = "  (read through picamera2)" if node.needs_libcamera else ""
        click.echo(f"{node.path}  {node.name or 'no name'}  [{node.driver or node.trouble}]{note}")
        for mode in node.modes:
            rates = ", ".join(f"{rate:g}" for rate in mode.fps)
            click.echo(f"    {mode.format:4} {mode.width}×{mode.height}{'  at ' + rates if rates else ''}")
    if not nodes:
        raise SourceError(
            "expected a camera, found none; plug one in, or see rpicam-hello --list-cameras for a CSI one"
        )
