"""The command line `edge-digits`: every command, each imported when it is asked for."""

from __future__ import annotations

from device.cli import COMMANDS as DEVICE_COMMANDS
from device.command_line import make_group, run_command_line

COMMANDS = {
    "demo": "edge_digits.commands.demo:demo",
    "data": "edge_digits.commands.data:data",
    "train": "edge_digits.commands.train:train",
    "zoo": "edge_digits.commands.zoo:zoo",
    "context": "edge_digits.commands.context:context",
    "touching": "edge_digits.commands.touching:touching",
    "evaluate": "edge_digits.commands.evaluate:evaluate",
    "predict": "edge_digits.commands.predict:predict",
    "convert": "edge_digits.commands.convert:convert",
    "verify": "edge_digits.commands.verify:verify",
    "inspect": "converters.commands.inspect:inspect_models",
    "export": "converters.commands.export:export",
    "bench": "benchmarks.command:bench",
    "compare": "benchmarks.compare_command:compare",
    "report": "benchmarks.report:report",
    **DEVICE_COMMANDS,
}

cli = make_group("edge-digits", "Digit recognition for edge devices: train, convert, measure, run.", COMMANDS)


def main() -> None:
    """Run the command line."""
    run_command_line(cli)
