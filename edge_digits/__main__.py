"""Start with `python -m edge_digits`."""

from .cli import main

main()
