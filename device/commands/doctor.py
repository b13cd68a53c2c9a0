"""`doctor`: say what works on this machine and what is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from ..command_line import Command
from ..errors import FitError

MARKS = {"ok": "ok  ", "note": "-   ", "fail": "FAIL"}


@click.command(cls=Command)
@click.option("--camera/--no-camera", default=True, show_default=True, help="Open the camera and wait for a frame.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def doctor(*, camera: bool, as_json: bool) -> None:
    """Try every part that reading digits needs, and say what is wrong.

    Each runtime builds an interpreter for the model that ships and replays its golden vectors. The exit code is 4 if
    nothing here can run a model, or not in the runtime that EDGE_DIGITS_RUNTIME names, else 0.
    """
    from ..doctor import examine

    findings = []
    for finding in examine(camera=camera):
        findings.append(finding)
        if not as_json:
            click.echo(f"{MARKS[finding.status]}  {finding.part:15} {finding.text}")
    runs_models = any(finding.runs_models for finding in findings)
    if as_json:
        click.echo(json.dumps({"runs_models": runs_models, "findings": [asdict(finding) for finding in findings]}))
    if not runs_models:
        raise FitError("nothing here can run a model; see the lines marked FAIL, or install a runtime")
