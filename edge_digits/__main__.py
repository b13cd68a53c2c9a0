"""Start with `python -m edge_digits`."""

from .start import main

main()
