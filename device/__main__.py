"""Start with `python -m device`."""

from .cli import main

main()
