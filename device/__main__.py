"""Start with `python -m device`."""

from .early_end import end_at_once_when_asked

end_at_once_when_asked()

from .cli import main  # noqa: E402 - what asks the program to end is heeded from here on

main()
