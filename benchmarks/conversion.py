"""Time and memory of converting a model to every variant: `python -m benchmarks.conversion MODEL.keras`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from device.command_line import FILE, Command, reporter, run_command_line

from .limits import at_most, show
from .whole_process import run_whole

MOST_SECONDS = 90.0
MOST_MEGABYTES = 2500.0
HEAD = ["file", "bytes", "runtime", "right", "as the model", "least class", "largest difference", "on hostile images"]


@click.command(name="conversion", cls=Command)
@click.argument("model", type=FILE, metavar="MODEL.keras")
@click.option("--strip", is_flag=True, help="Convert with --strip.")
@click.option("--data", type=FILE, help="Digits to calibrate and verify with.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def conversion(*, model: Path, strip: bool, data: Path | None, as_json: bool) -> None:
    """Convert MODEL.keras to every variant, verification included, and say how long it takes and what came of it.

    Limits: 90 s and 2.5 GB on two cores; exit code 3 if one is exceeded.
    """
    reporter()(f"converting {model} to every variant")
    with tempfile.TemporaryDirectory(prefix="edge-digits-conversion-") as folder:
        command = [sys.executable, "-m", "edge_digits", "convert", str(model), "--out", folder, "--name", "m"]
        command += ["--strip"] if strip else []
        command += ["--data", str(data)] if data else []
        run = run_whole(command)
        manifest = json.loads((Path(folder) / "m_manifest.json").read_text(encoding="utf-8"))
    show(
        schema="edge-digits.conversion-figures/1",
        table=[HEAD, *(row for entry in manifest["conversions"] for row in _rows(entry))],
        measured={"wall_s": run.wall_s, "peak_rss_bytes": run.peak_rss_bytes, **manifest},
        limits=[
            at_most("seconds", run.wall_s, MOST_SECONDS),
            at_most("peak memory, MB", run.peak_rss_bytes / 1e6, MOST_MEGABYTES),
        ],
        as_json=as_json,
        right=frozenset({1, 3, 4, 5, 6, 7}),
    )


def _rows(entry: dict[str, Any]) -> list[list[str]]:
    if entry["failure"]:
        return [[entry["variant"], "–", entry["failure"]]]
    return [
        [
            entry["variant"],
            f"{entry['size_bytes']:,}",
            each["runtime"],
            "–" if each["correct"] is None else f"{each['correct'] / each['count']:.2%}",
            f"{each['agreement']:.2%}",
            f"{min(share for share in each['class_agreement'] if share is not None):.2%}",
            f"{each['largest_difference']:.4f}",
            f"{each['hostile_difference']:.4f}",
        ]
        for each in entry["agreements"]
    ]


if __name__ == "__main__":
    run_command_line(conversion)
