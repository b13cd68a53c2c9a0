"""The one seam to the device runtimes: finding tflite-runtime or ai-edge-litert and building an interpreter.

Nothing else in the project imports an interpreter. A process that holds TensorFlow must not import tflite-runtime (it
corrupts memory), which `load_runtime` refuses; such a process asks a child through `device.inference.trial` instead.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import FitError, RuntimeBrokenError, RuntimeMissingError, UsageError
from ..native_stderr import hidden_native_stderr
from .runtime_names import MODULES, RUNTIME_VARIABLE

INSTALL_HINT = "pip install ai-edge-litert (Python 3.10–3.14) or tflite-runtime==2.14.0 'numpy<2' (Python 3.11)"

_MISSING_OP = r"Didn't find op for builtin opcode '(\w+)' version '(\d+)'"


@dataclass(frozen=True)
class Runtime:
    """An importable device runtime.

    Attributes:
        name: the package's name, "tflite-runtime" or "ai-edge-litert".
        version: the package's version.
        interpreter: its `Interpreter` class.
    """

    name: str
    version: str
    interpreter: Callable[..., Any]

    def __str__(self) -> str:
        """Return name and version, as results and cards carry them."""
        return f"{self.name} {self.version}"

    def build(self, flatbuffer: bytes, *, num_threads: int = 1) -> Any:
        """Build an interpreter with its tensors allocated.

        Args:
            flatbuffer: a model that is known to be whole; a damaged one can end the process.
            num_threads: threads for one inference.

        Raises:
            FitError: this runtime cannot run this model.
        """
        try:
            with hidden_native_stderr():
                interpreter = self.interpreter(model_content=flatbuffer, num_threads=num_threads)
                interpreter.allocate_tensors()
        except (RuntimeError, ValueError, MemoryError) as cause:
            raise FitError(self._explain(str(cause))) from cause
        return interpreter

    def _explain(self, message: str) -> str:
        missing = re.search(_MISSING_OP, message)
        if missing:
            return (
                f"{self} is too old for this model: it has no {missing[1]} version {missing[2]}; "
                "convert the model for this runtime or install a newer runtime"
            )
        return f"{self} cannot run this model: {' '.join(message.split())[:300]}"


def installed_runtimes() -> list[str]:
    """Return the names of the installed runtimes, best known first, without importing them."""
    return [name for name, module in MODULES.items() if importlib.util.find_spec(module) is not None]


def wanted_runtimes() -> list[str]:
    """Return the runtimes to use where none is named: the one in EDGE_DIGITS_RUNTIME, else all that are installed.

    Raises:
        UsageError: the variable names no runtime.
    """
    wanted = os.environ.get(RUNTIME_VARIABLE)
    return [_known(wanted, origin=RUNTIME_VARIABLE)] if wanted else installed_runtimes()


def load_runtime(name: str | None = None, *, warn: Callable[[str], None] | None = None) -> Runtime:
    """Import a runtime: the one named, else the one in EDGE_DIGITS_RUNTIME, else the first that works.

    Args:
        name: a key of `MODULES`, or None.
        warn: is told, in one line, when a broken runtime is passed over for another.

    Raises:
        UsageError: the name is unknown.
        RuntimeMissingError: the runtime, or every runtime, is not installed.
        RuntimeBrokenError: it is installed and does not work; the reason is named and chained.
    """
    if name:
        return _import_runtime(_known(name, origin="--runtime"))
    if os.environ.get(RUNTIME_VARIABLE):
        return _import_runtime(wanted_runtimes()[0])
    broken: RuntimeBrokenError | None = None
    for candidate in installed_runtimes():
        try:
            runtime = _import_runtime(candidate)
        except RuntimeBrokenError as error:
            broken = error
            continue
        if broken and warn:
            warn(f"{broken}; using {runtime} instead")
        return runtime
    if broken:
        raise broken
    raise RuntimeMissingError(f"no device runtime is installed; {INSTALL_HINT}")


def _known(name: str, *, origin: str) -> str:
    """Return a runtime's name if it is one.

    Raises:
        UsageError: it is not; `origin` says where it came from.
    """
    if name not in MODULES:
        raise UsageError(f"{origin}: expected one of {', '.join(MODULES)}, found {name!r}")
    return name


def _import_runtime(name: str) -> Runtime:
    module = MODULES[name]
    if name == "tflite-runtime":
        _refuse_known_conflicts()
    try:
        interpreter = importlib.import_module(f"{module}.interpreter").Interpreter
    except ModuleNotFoundError as cause:
        if cause.name == module:
            raise RuntimeMissingError(f"{name} is not installed; {INSTALL_HINT}") from cause
        raise RuntimeBrokenError(f"{name} is installed and broken: {cause}; install it again") from cause
    except Exception as cause:
        raise RuntimeBrokenError(f"{name} is installed and broken: {cause!r}; install it again") from cause
    return Runtime(name=name, version=_version(module, name), interpreter=interpreter)


def _refuse_known_conflicts() -> None:
    """Refuse what would import and then fail or corrupt memory."""
    if "tensorflow" in sys.modules:
        raise RuntimeBrokenError(
            "tflite-runtime cannot share a process with TensorFlow; run it in a process of its own"
        )
    import numpy

    if importlib.util.find_spec("tflite_runtime") and int(numpy.__version__.split(".")[0]) >= 2:
        raise RuntimeBrokenError(
            f"tflite-runtime is installed and does not work with numpy {numpy.__version__}; "
            "pip install 'numpy<2' 'opencv-python-headless<4.12', or use ai-edge-litert"
        )


def _version(module: str, distribution: str) -> str:
    version = getattr(sys.modules[module], "__version__", None)
    if version is None:
        from importlib.metadata import PackageNotFoundError
        from importlib.metadata import version as distribution_version

        try:
            version = distribution_version(distribution)
        except PackageNotFoundError:
            version = "unknown"
    return str(version)
