"""This project's conversion against the one of TensorFlow's tutorials, in latency.

`python -m benchmarks.tutorial MODEL.keras --ours MODEL_float32.tflite`
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from device.child_process import describe_end, raise_if_about_data, run_module
from device.command_line import FILE, Command, reporter, run_command_line
from device.errors import EdgeDigitsError, FitError
from device.inference.model_file import read_bare_flatbuffer
from device.settings.option_types import FiniteRange

from .limits import Limit, at_least, show
from .quantities import format_seconds
from .results import BenchResult, Row
from .settings import BenchSettings
from .table import runtime_name

MIN_SPEED_UP = 2.0
LIMITED_RUNTIME = "tflite-runtime"
# A child imports TensorFlow before any code of its own can silence it.
QUIET_TENSORFLOW = {"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}


def convert_in_child(model: Path, out: Path) -> None:
    """Convert a Keras model as tutorials do, in a process that may import TensorFlow.

    Raises:
        DataError: it is missing or damaged.
        EdgeDigitsError: it cannot be converted.
    """
    child = run_module("converters.tutorial", [str(model), str(out)], environment=QUIET_TENSORFLOW)
    raise_if_about_data(child.returncode, child.stderr)
    if child.returncode != 0:
        raise EdgeDigitsError(f"{model}: the tutorial's conversion {describe_end(child)}")


def speed_ups(result: BenchResult) -> dict[str, float]:
    """Return for each runtime how many times as long the second model takes as the first.

    Args:
        result: of a benchmark of two models.

    Raises:
        FitError: one of them could not be measured in any runtime.
    """
    ours, theirs = (
        {row.runtime: row.latency.median_s for row in result.rows if row.model == model and row.latency}
        for model in dict.fromkeys(row.model for row in result.rows)
    )
    both = {name: theirs[name] / ours[name] for name in ours if name in theirs}
    if not both:
        reasons = "; ".join(dict.fromkeys(row.error for row in result.rows if row.error))
        raise FitError(f"expected a runtime that runs both conversions, found none ({reasons})")
    return both


@click.command(name="tutorial", cls=Command)
@click.argument("model", type=FILE, metavar="MODEL.keras")
@click.option(
    "--ours",
    type=FILE,
    required=True,
    help="This project's float32 file of the model.",
)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Processes for each.")
@click.option("--num-runs", type=click.IntRange(1), default=1000, show_default=True, help="Samples a round, at least.")
@click.option("--min-secs", type=FiniteRange(0), default=1.0, show_default=True, help="Seconds a round, at least.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def tutorial(*, model: Path, ours: Path, rounds: int, num_runs: int, min_secs: float, as_json: bool) -> None:
    """Measure how much faster this project's float32 conversion of MODEL.keras is than the tutorials'.

    The gain is that of networks with a Flatten or Reshape layer: there a dynamic batch leaves arithmetic on shapes in
    the graph, which keeps XNNPACK away. Limit: at least twice as fast on tflite-runtime; exit code 3 if it is not.
    """
    from .benchmark import run_benchmark

    read_bare_flatbuffer(ours)  # before minutes are spent on the other one
    report = reporter()
    with tempfile.TemporaryDirectory(prefix="edge-digits-tutorial-") as folder:
        theirs = Path(folder) / "tutorial.tflite"
        report(f"converting {model} as tutorials do")
        convert_in_child(model, theirs)
        settings = BenchSettings(rounds=rounds, num_runs=num_runs, min_s=min_secs)
        result = run_benchmark([ours, theirs], settings=settings, report=report)
    if not result.complete:
        raise KeyboardInterrupt
    ratios = speed_ups(result)
    table = [["conversion", "runtime", "median", "p95", "times as fast"]]
    table += [_cells(row, ratios if row.model == result.rows[0].model else {}) for row in result.rows]
    measured = {
        "speed_up": ratios,
        "median_s": {
            f"{row.model} on {runtime_name(row)}": row.latency and row.latency.median_s for row in result.rows
        },
    }
    show(
        schema="edge-digits.tutorial/1",
        table=table,
        measured=measured,
        limits=_limits(ratios),
        as_json=as_json,
        right=frozenset({2, 3, 4}),
    )


def _limits(ratios: dict[str, float]) -> list[Limit]:
    if LIMITED_RUNTIME not in ratios:
        raise FitError(f"expected {LIMITED_RUNTIME}, for which the limit is set, found only {', '.join(ratios)}")
    return [at_least(f"times as fast on {LIMITED_RUNTIME}", ratios[LIMITED_RUNTIME], MIN_SPEED_UP)]


def _cells(row: Row, ratios: dict[str, float]) -> list[str]:
    if row.latency is None:
        return [row.model, runtime_name(row), row.error or ""]
    ratio = f"{ratios[row.runtime]:.2f}" if row.runtime in ratios else ""
    return [
        row.model,
        runtime_name(row),
        format_seconds(row.latency.median_s),
        format_seconds(row.latency.p95_s),
        ratio,
    ]


if __name__ == "__main__":
    run_command_line(tutorial)
