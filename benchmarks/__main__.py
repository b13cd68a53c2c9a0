"""Start with `python -m benchmarks MODEL...`, or `python -m benchmarks compare|report RESULT.json...`."""

import importlib
import sys

import click

from device.command_line import run_command_line

COMMANDS = {
    "bench": ".command:bench",
    "compare": ".compare_command:compare",
    "report": ".report:report",
}

arguments = sys.argv[1:]
named = arguments[:1] and arguments[0] in COMMANDS
name = arguments[0] if named else "bench"
module, _, attribute = COMMANDS[name].partition(":")
command = getattr(importlib.import_module(module, __package__), attribute)
command.epilog = f"Other commands: {', '.join(each for each in COMMANDS if each != name)}; each has --help."
# A group, so that a usage line says the name that was typed.
run_command_line(click.Group(commands={name: command}) if named else command, arguments)
