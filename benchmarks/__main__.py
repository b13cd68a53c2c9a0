"""Start with `python -m benchmarks MODEL...`."""

from device.command_line import run_command_line

from .command import bench

run_command_line(bench)
