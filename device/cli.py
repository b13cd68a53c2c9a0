"""The device's own command line, for a Pi that has only the two folders: `python -m device`."""

from __future__ import annotations

from .command_line import make_group, run_command_line

COMMANDS = {
    "classify": "device.commands.classify:classify",
    "calibrate": "device.commands.calibrate:calibrate",
    "run": "device.commands.run:run",
    "serve": "device.commands.serve:serve",
    "collect": "device.commands.collect:collect",
    "cameras": "device.commands.cameras:cameras",
    "doctor": "device.commands.doctor:doctor",
}

cli = make_group("python -m device", "Read digits on a device.", COMMANDS)


def main() -> None:
    """Run the device's command line."""
    run_command_line(cli)
