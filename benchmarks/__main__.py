"""Start with `python -m benchmarks MODEL...`, or `python -m benchmarks compare|report ...`."""

import importlib
import sys

from device.command_line import run_command_line

COMMANDS = {
    "bench": ".command:bench",
    "compare": ".compare_command:compare",
    "report": ".report:report",
}

arguments = sys.argv[1:]
name = arguments.pop(0) if arguments[:1] and arguments[0] in COMMANDS else "bench"
module, _, attribute = COMMANDS[name].partition(":")
run_command_line(getattr(importlib.import_module(module, __package__), attribute), arguments)
