"""The errors this project raises on purpose, each with the exit code that the command line answers with.

EdgeDigitsError                      1
├── OutputError (OSError)            1   a result cannot be written
├── UsageError (ValueError)          2   an option or argument makes no sense
│   └── OutputExistsError            2   the result is there already and --force was not given
├── GateError (ValueError)           3   a measured figure is outside its limit
├── FitError (RuntimeError)          4   this model and this runtime or device do not go together
│   ├── RuntimeMissingError (ImportError)   no interpreter is installed
│   ├── RuntimeBrokenError (ImportError)    an interpreter is installed and does not work
│   └── ContractError (ValueError)          the model does not take canonical digits
├── SourceError (OSError)            5   a camera or other source is not available
├── DataError (ValueError)           6   data is missing, damaged or not what it should be
│   ├── PictureError                        a picture cannot be read
│   └── ModelFileError                      a model file is missing, damaged or foreign
└── ExtraMissingError (ImportError)  1   an optional package is needed and absent
"""

from __future__ import annotations

from typing import ClassVar


class EdgeDigitsError(Exception):
    """Root of all errors raised on purpose; its text is one line: expected, found, what to do."""

    exit_code: ClassVar[int] = 1


class OutputError(EdgeDigitsError, OSError):
    """A result cannot be written."""


class UsageError(EdgeDigitsError, ValueError):
    """An option or argument makes no sense."""

    exit_code = 2


class OutputExistsError(UsageError):
    """The result is there already and overwriting was not asked for."""


class GateError(EdgeDigitsError, ValueError):
    """A measured figure is outside its limit."""

    exit_code = 3


class FitError(EdgeDigitsError, RuntimeError):
    """This model and this runtime or device do not go together."""

    exit_code = 4


class RuntimeMissingError(FitError, ImportError):
    """No interpreter, or not the one asked for, is installed."""


class RuntimeBrokenError(FitError, ImportError):
    """An interpreter is installed and does not work."""


class ContractError(FitError, ValueError):
    """The model does not take canonical digits or does not answer with one score a label."""


class SourceError(EdgeDigitsError, OSError):
    """A camera or other source is not available."""

    exit_code = 5


class DataError(EdgeDigitsError, ValueError):
    """Data is missing, damaged or not what it should be."""

    exit_code = 6


class PictureError(DataError):
    """A picture cannot be read."""


class ModelFileError(DataError):
    """A model file is missing, damaged or foreign."""


class ExtraMissingError(EdgeDigitsError, ImportError):
    """An optional package is needed and absent."""


def one_line(error: BaseException) -> str:
    """Return what an error says on one line, without the number that Python puts before what the system says."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no UTF-8 text"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())
