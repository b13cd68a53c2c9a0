"""Where the program `edge-digits` starts."""

from __future__ import annotations

from device.early_end import end_at_once_when_asked


def main() -> None:
    """Run the command line; what asks the program to end is heeded from here on."""
    end_at_once_when_asked()
    from .cli import main as run

    run()
