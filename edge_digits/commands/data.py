"""The `data` commands, each imported when it is asked for."""

from __future__ import annotations

from device.command_line import LazyGroup

COMMANDS = {
    "fetch": "fetch",
    "info": "info",
    "show": "show",
    "import": "import",
    "suspects": "suspects",
    "distort": "distort",
    "robustness": "robustness",
    "non-digits": "non_digits",
    "refusal": "refusal",
    "scenes": "scenes",
}

data = LazyGroup(
    "data",
    help="Digits to train and test on: fetch, check, look, import, find wrong labels, make hard tests and scenes.",
    no_args_is_help=True,
    lazy={name: f"edge_digits.commands.data_{module}:{module}_command" for name, module in COMMANDS.items()},
)
