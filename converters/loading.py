"""Loading a model in a runtime and running it once, in a child process that may die.

`python -m converters.loading FILE RUNTIME` is the child. Unlike `device.inference.trial` it takes models of any shape:
several inputs and outputs, any types.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from device.child_process import describe_end, run_module
from device.errors import EdgeDigitsError, FitError
from device.inference.runtime import load_runtime
from device.native_stderr import hidden_native_stderr

TIMEOUT_S = 120.0
# A damaged shape can ask for more memory than there is; the child is refused it before the machine suffers.
MEMORY_LIMIT_BYTES = 8 << 30


@dataclass(frozen=True)
class Loading:
    """What became of a model in a runtime.

    Attributes:
        runtime: name and version, or the name alone where it died or does not work.
        loads: whether it loaded the model and ran it once, on whatever its inputs held.
        text: "ran once", or what went wrong.
    """

    runtime: str
    loads: bool
    text: str


def load_everywhere(flatbuffer: bytes, runtimes: Iterable[str]) -> tuple[Loading, ...]:
    """Load any bytes in each runtime, each in a child process.

    Args:
        flatbuffer: a model, which may be damaged.
        runtimes: "tflite-runtime", "ai-edge-litert".
    """
    with tempfile.TemporaryDirectory(prefix="edge-digits-loading-") as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(flatbuffer)
        return tuple(_load_in_child(path, runtime) for runtime in runtimes)


def _load_in_child(path: Path, runtime: str) -> Loading:
    try:
        child = run_module("converters.loading", [str(path), runtime], timeout_s=TIMEOUT_S)
    except FitError:
        return Loading(runtime, False, f"no answer within {TIMEOUT_S:.0f} s")
    try:
        fields = json.loads(child.stdout.splitlines()[-1])
        return Loading(**fields)
    except (ValueError, TypeError, IndexError):
        return Loading(runtime, False, describe_end(child))


def main(path: Path, name: str) -> Loading:
    """Be the child: load the model, run it once and say what became of it."""
    label = name
    try:
        runtime = load_runtime(name)
        label = str(runtime)
        interpreter = runtime.build(path.read_bytes())
        with hidden_native_stderr():
            interpreter.invoke()
    except (EdgeDigitsError, RuntimeError, ValueError, MemoryError) as error:
        return Loading(label, False, " ".join(str(error).split()) or type(error).__name__)
    return Loading(label, True, "ran once")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, resource.RLIM_INFINITY))
    sys.stdout.write(json.dumps(asdict(main(Path(sys.argv[1]), sys.argv[2]))) + "\n")
