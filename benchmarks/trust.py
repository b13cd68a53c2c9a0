"""Whether the benchmark itself can be trusted: against LiteRT's own tool, against itself, and what it costs.

`python -m benchmarks.trust`
"""

from __future__ import annotations

import importlib.util
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from device.child_process import child_environment
from device.command_line import FILE, Command, reporter, run_command_line
from device.errors import ExtraMissingError, FitError
from device.inference.model_file import read_model
from device.inference.runtime import load_runtime
from device.paths import DEFAULT_MODEL

from .answers import read_digits
from .benchmark import raise_if_stopped, run_benchmark
from .built_model import build_model
from .limits import Limit, at_least, at_most, show
from .measuring_digits import load_measuring_digits
from .quantities import format_seconds
from .results import Row
from .settings import BenchSettings

RUNTIME, TOOL_MODULE = "ai-edge-litert", "ai_edge_litert.tools.benchmark_litert_model"
MAX_DIFFERENCE, MAX_REPEAT_DIFFERENCE = 5.0, 3.0
MAX_AROUND_US, MIN_DIGITS_PER_S = 2.0, 25_000
PASSES = 3  # the first finds memory cold
# LiteRT's tool prints hundredths of a millisecond; the median that it takes of its samples is read where it takes it.
_EXACT = """\
import runpy, statistics, sys
take = statistics.median
def median(values):
    found = take(values)
    print("exact", found, len(values), file=sys.stderr)
    return found
statistics.median = median
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


@click.command(name="trust", cls=Command)
@click.option("--model", "-m", type=FILE, default=DEFAULT_MODEL, help="The shipped one if absent.")
@click.option("--pairs", type=click.IntRange(1), default=7, show_default=True, help="How often both tools are run.")
@click.option("--num-runs", type=click.IntRange(1), default=5000, show_default=True, help="Samples in each process.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def trust(*, model: Path, pairs: int, num_runs: int, as_json: bool) -> None:
    """Hold the benchmark against LiteRT's own Python tool and against itself; exit code 3 where a limit is not met.

    Limits: medians of both tools within 5 %; of two benchmarks in a row within 3 %; setting and getting values around
    an inference at most 2 µs; test digits read by an int8 model at 25,000 a second or more. They are for a machine that
    does nothing else.
    """
    read_model(model)
    if importlib.util.find_spec(TOOL_MODULE.partition(".")[0]) is None:
        raise ExtraMissingError(f"expected {RUNTIME}, whose tool this is held against; pip install {RUNTIME}")
    report = reporter()
    theirs_s, ours, per_s = [], [], []
    for number in range(1, pairs + 1):
        report(f"pair {number} of {pairs}")
        theirs_s.append(median_of_tool(model, num_runs))
        ours.append(median_of_ours(model, num_runs))
        per_s.append(digits_per_s(model))
    ours_s = [row.latency.median_s for row in ours if row.latency]
    around_us = statistics.median(1e6 * row.around_invoke_s for row in ours if row.around_invoke_s)
    table = [["measured by", "runs", "median", "least", "most"]]
    for name, found in (("LiteRT's Python tool", theirs_s), ("this benchmark", ours_s)):
        table.append([name, str(len(found)), *map(format_seconds, (statistics.median(found), min(found), max(found)))])
    measured = {
        "model": model.name,
        "theirs_s": theirs_s,
        "ours_s": ours_s,
        "around_invoke_us": around_us,
        "digits_per_s": per_s,
    }
    show(
        schema="edge-digits.trust/1",
        table=table,
        measured=measured,
        limits=_limits(
            theirs_s, ours_s, around_us=around_us, per_s=statistics.median(per_s), is_int8=ours[0].variant == "int8"
        ),
        as_json=as_json,
        right=frozenset({1, 2, 3, 4}),
    )


def median_of_tool(model: Path, num_runs: int) -> float:
    """Return the median that LiteRT's tool finds, seconds, with its own warm-up and one thread.

    Raises:
        FitError: the tool failed.
    """
    with tempfile.TemporaryDirectory(prefix="edge-digits-trust-") as folder:
        bare = Path(folder) / "model.tflite"
        bare.write_bytes(read_model(model).flatbuffer)
        options = ["--model", str(bare), "--num_runs", str(num_runs), "--warmup_runs", "100", "--num_threads", "1"]
        child = subprocess.run(
            [sys.executable, "-c", _EXACT, TOOL_MODULE, *options],
            env=child_environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    exact = [line.split() for line in child.stderr.splitlines() if line.startswith("exact ")]
    if child.returncode != 0 or not exact:
        last = child.stderr.strip().splitlines()[-1:] or ["no message"]
        raise FitError(f"LiteRT's benchmark tool ended with exit code {child.returncode}: {last[0][:300]}")
    return float(exact[-1][1]) / 1e3


def median_of_ours(model: Path, num_runs: int) -> Row:
    """Return the row that this benchmark gives, from as many processes as it starts unless told otherwise.

    Raises:
        FitError: nothing could be measured.
    """
    settings = BenchSettings(runtimes=(RUNTIME,), warmup_runs=100, num_runs=num_runs, min_s=0.0)
    result = run_benchmark([model], settings=settings, report=lambda line: None)
    raise_if_stopped(result)
    if not result.rows or result.rows[0].latency is None:
        reasons = [*(row.error for row in result.rows), *(each.error for each in result.unreadable)]
        raise FitError(f"expected {model} to be measured, found: {reasons[0]}")
    return result.rows[0]


def digits_per_s(model: Path) -> float:
    """Return how many test digits are read in a second on one thread when accuracy is counted, median of passes.

    Raises:
        FitError: the model reads no digits.
    """
    file, digits = read_model(model), load_measuring_digits(None)
    built = build_model(file.flatbuffer, load_runtime(RUNTIME), path=model, file=file, labels=None, num_threads=1)
    if built.problem:
        raise FitError(built.problem)
    passes_s = []
    for _ in range(PASSES):
        # The processor's time, so that other programs on the machine do not count.
        start_s = time.process_time()
        read_digits(built.call, digits.images, source=built.source, target=built.target, labels=file.card.labels)
        passes_s.append(time.process_time() - start_s)
    return len(digits.labels) / statistics.median(passes_s)


def _limits(
    theirs_s: list[float], ours_s: list[float], *, around_us: float, per_s: float, is_int8: bool
) -> list[Limit]:
    # Pairs, so that a machine that slows down for a while slows both.
    ratios = [ours / theirs for ours, theirs in zip(ours_s, theirs_s, strict=True)]
    apart = 100 * abs(statistics.median(ratios) - 1)
    in_a_row = [100 * abs(after / before - 1) for before, after in itertools.pairwise(ours_s)]
    limits = [at_most("median against LiteRT's tool, % apart, median of all pairs", apart, MAX_DIFFERENCE)]
    if in_a_row:
        repeat = statistics.median(in_a_row)
        limits.append(at_most("two benchmarks in a row, % apart, median of all pairs", repeat, MAX_REPEAT_DIFFERENCE))
    limits.append(at_most("setting and getting values, µs", around_us, MAX_AROUND_US))
    # A float model is slower by itself; the limit is for what reading and counting may cost beside an int8 one.
    return [*limits, at_least("test digits read in a second", per_s, MIN_DIGITS_PER_S)] if is_int8 else limits


if __name__ == "__main__":
    run_command_line(trust)
