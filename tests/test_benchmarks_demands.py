"""Gates, baselines and recommendations: what they read, what fails, and what is said."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT
from test_benchmarks_compare import float_row, latency, read
from test_benchmarks_figures import FAILED, make_result, make_row

from benchmarks.baseline import regressions, undecided
from benchmarks.command import bench, parse_threads
from benchmarks.demands import Demands
from benchmarks.environment import read_environment
from benchmarks.gates import failures, parse_gate
from benchmarks.measuring_digits import SAMPLE_TEST
from benchmarks.recommendation import Wishes, format_recommendation, recommend
from benchmarks.units import SHARE, SIZE, TIME, parse_figure
from device.errors import GateError, UsageError
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL

needs_runtime = pytest.mark.skipif(not installed_runtimes(), reason="needs a device runtime")
QUICK = ["--num-runs", "3", "--min-secs", "0", "--warmup-runs", "0", "--rounds", "1", "--quiet"]
QUICK += ["--data", str(SAMPLE_TEST)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("5ms", TIME, 0.005),
        ("15 µs", TIME, 15e-6),
        (".5s", TIME, 0.5),
        ("64k", SIZE, 64_000),
        ("64KiB", SIZE, 65_536),
        ("1e", SIZE, None),
        ("99.5", SHARE, 0.995),
        ("99.5%", SHARE, 0.995),
        ("5", TIME, None),
        ("-5ms", TIME, None),
        ("5 parsecs", TIME, None),
        ("", SIZE, None),
        ("nan", SHARE, None),
    ],
)
def test_figures_are_read_with_their_units(text, kind, value):
    """A figure has a number and a unit of its kind; anything else is refused by name."""
    if value is None:
        with pytest.raises(UsageError, match="--option: expected"):
            parse_figure(text, kind, option="--option")
    else:
        assert parse_figure(text, kind, option="--option") == pytest.approx(value)


@pytest.mark.parametrize("text", ["p95", "p95>", "p96>2ms", "p95=2ms", "p95>2", "p95>2k", "accuracy<99.5ms", ""])
def test_ill_formed_conditions_are_refused_before_measuring(text):
    """A condition that says nothing is a usage error, found before any model is read."""
    done = CliRunner().invoke(bench, ["no.tflite", "--fail-if", text])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1


def test_a_gate_names_each_row_that_is_so():
    """A condition is asked of every row; the figures of those it holds for are told."""
    rows = [make_row(latency=latency(100)), float_row(latency=latency(3000))]
    assert failures([parse_gate("median>2ms")], rows) == [
        "--fail-if 'median>2ms' is true: cnn_float32.tflite on tflite-runtime 2.14.0 has median 3.00 ms"
    ]
    assert failures([parse_gate(" accuracy < 98.5 % ")], rows) == []
    assert failures([parse_gate("bytes>=62k")], rows[:1]) == [
        "--fail-if 'bytes>=62k' is true: cnn_int8.tflite on tflite-runtime 2.14.0 has 62,259 bytes"
    ]


def test_a_figure_that_is_not_known_does_not_pass():
    """A gate about what was not measured fails, with the reason."""
    (found,) = failures([parse_gate("p95>1s")], [FAILED])
    assert "has no p95: tflite-runtime died with SIGSEGV" in found
    assert failures([parse_gate("energy>1J")], [make_row()])


def test_a_row_that_became_slower_is_a_regression():
    """Above the allowed share and beyond its interval a row fails; faster ones and noise do not."""
    before = make_result(make_row(latency=latency(100, 101, 100)))

    def against(*medians):
        return regressions(before, [make_row(latency=latency(*medians))], most=0.1, same_digits=True)

    assert against(109, 109, 110) == []
    assert against(50, 50, 50) == []
    assert against(70, 120, 180) == []
    (found,) = against(120, 121, 120)
    assert "takes 20% longer than in the baseline, 120 µs after 100 µs" in found


def test_a_row_that_may_have_become_slower_is_noted():
    """What takes longer than is allowed, with an interval that leaves it open, is said, as the gate lets it pass."""
    before = make_result(make_row(latency=latency(100, 101, 100)))

    def noted(*medians):
        return undecided(before, [make_row(latency=latency(*medians))], most=0.1)

    for medians in ((109, 109, 110), (50, 50, 50), (120, 121, 120)):
        assert noted(*medians) == []
    (note,) = noted(90, 120, 180)
    assert "takes 24% longer than in the baseline" in note
    assert "measure both with more --rounds" in note


def test_a_baseline_without_the_models_is_refused_before_measuring(tmp_path):
    """Nobody waits for a measurement that has nothing to be held against."""
    path = tmp_path / "b.json"
    result = make_result(float_row())
    path.write_text(dataclasses.replace(result, environment=read_environment()).to_json(), encoding="utf-8")
    done = CliRunner().invoke(bench, [str(DEFAULT_MODEL), "--baseline", str(path), *QUICK])
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: --baseline: expected cnn_int8.tflite in {path}, found ")


def test_reading_worse_than_the_baseline_is_a_regression():
    """Significantly more misread digits fail; a few more do not, nor do other digits."""
    before = make_result(make_row(accuracy=read()))
    worse, little = make_row(accuracy=read(*range(12))), make_row(accuracy=read(1))
    assert "reads worse" in regressions(before, [worse], most=1, same_digits=True)[0]
    assert regressions(before, [little], most=1, same_digits=True) == []
    assert regressions(before, [worse], most=1, same_digits=False) == []


def test_what_dies_now_and_ran_then_is_a_regression():
    """A row without figures that had some in the baseline fails with its error."""
    before = make_result(dataclasses.replace(FAILED, latency=latency(10), error=None))
    (found,) = regressions(before, [FAILED], most=0.1, same_digits=True)
    assert "is not now: tflite-runtime died with SIGSEGV" in found


def test_a_baseline_from_elsewhere_is_refused():
    """A baseline of another processor is no baseline, unless that is asked for."""
    before = make_result(make_row())
    other = dataclasses.replace(before, environment=dataclasses.replace(before.environment, cpu_model="another"))
    with pytest.raises(UsageError, match=r"processor: 'a processor' and 'another'.*--baseline-elsewhere"):
        Demands(baseline=(before, "b.json")).judge(other, aside=False)
    Demands(baseline=(before, "b.json"), elsewhere=True).judge(other, aside=False)
    with pytest.raises(UsageError, match="found none of them"):
        Demands(baseline=(before, "b.json")).judge(make_result(float_row()), aside=False)


def test_a_baseline_from_elsewhere_is_refused_before_measuring(tmp_path):
    """Nobody waits for a measurement whose baseline is of another processor."""
    path = tmp_path / "b.json"
    path.write_text(make_result(make_row()).to_json(), encoding="utf-8")
    done = CliRunner().invoke(bench, ["no.tflite", "--baseline", str(path)])
    assert done.exit_code == 2
    assert "expected" in done.stderr
    assert "from like environments" in done.stderr
    assert "no.tflite" not in done.stderr


def test_the_fastest_of_the_good_readers_is_recommended():
    """Among rows that keep all wishes and read no worse than the best, the fastest is chosen; others have reasons."""
    rows = [
        make_row(model="slow", latency=latency(9000)),
        make_row(model="bad", latency=latency(10), accuracy=read(*range(100))),
        make_row(model="large", latency=latency(10), file_bytes=90_000),
        make_row(model="worse", latency=latency(10), accuracy=read(*range(20, 32))),
        make_row(model="best", latency=latency(100), accuracy=read(1)),
        make_row(model="good", latency=latency(50), accuracy=read(2, 3)),
        FAILED,
    ]
    found = recommend(rows, Wishes(max_latency_s=5e-3, min_accuracy=0.95, max_bytes=64_000))
    assert found.chosen is rows[5]
    reasons = {name.split()[0]: why for name, why in found.others}
    assert reasons["slow"] == "too slow, p95 9.00 ms is above 5.00 ms"
    assert reasons["bad"] == "reads too badly, 90.00 % is below 95 %"
    assert reasons["large"] == "too large, 90,000 bytes are above 64,000"
    assert reasons["worse"].startswith("reads 1.10 points worse than best")
    assert reasons["best"].startswith("2.00× as long")
    assert "died with SIGSEGV" in reasons[FAILED.model]
    text = format_recommendation(found)
    assert text.startswith("deploy good on tflite-runtime 2.14.0: p95 50.0 µs")
    assert len(text.splitlines()) == len(rows)


def test_nothing_to_recommend_is_a_gate_not_met():
    """Where no row keeps the wishes, every one has its reason and the exit code is 3."""
    demands = Demands(wishes=Wishes(max_bytes=1))
    with pytest.raises(GateError, match="no model keeps") as error:
        demands.judge(make_result(make_row()), aside=False)
    assert error.value.exit_code == 3


@needs_runtime
def test_gates_and_recommendation_work_from_the_command(tmp_path):
    """The table and files come first; then a gate ends with exit code 3 and the figures."""
    out = tmp_path / "a.json"
    asked = ["--recommend", "--max-bytes", "1M", "--fail-if", "median>1ns", "--fail-if", "bytes>1G", "--json", str(out)]
    done = CliRunner().invoke(bench, [str(DEFAULT_MODEL), *asked, *QUICK])
    assert done.exit_code == 3
    assert "deploy cnn_int8.tflite on " in done.stdout
    assert "error: --fail-if 'median>1ns' is true: cnn_int8.tflite on" in done.stderr
    assert out.exists()
    again = CliRunner().invoke(
        bench, [str(DEFAULT_MODEL), "--baseline", str(out), "--max-regression", "100000%", *QUICK]
    )
    assert again.exit_code == 0, again.output


@needs_runtime
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_files_are_written_though_the_table_is_not_taken(tmp_path):
    """What was measured is not lost with a full standard output."""
    out = tmp_path / "a.json"
    words = [sys.executable, "-m", "benchmarks", str(DEFAULT_MODEL), "--json", str(out), *QUICK]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, out.exists()) == (1, True)
    assert "error: standard output takes no more" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--max-latency", "5ms"],
        ["--recommend", "--max-latency", "5"],
        ["--num-threads", "0"],
        ["--num-threads", "1,x"],
        ["--num-threads", "65"],
        ["--delegate", "gpu"],
        ["--max-regression", "much"],
        ["--csv", "same", "--markdown", "same"],
    ],
)
def test_options_that_make_no_sense_are_usage_errors(arguments):
    """Wrong figures, delegates and combinations are refused before any model is read, with exit code 2."""
    done = CliRunner().invoke(bench, ["no.tflite", *arguments])
    assert done.exit_code == 2, done.output


def test_numbers_of_threads_are_a_list():
    """Several numbers of threads are each measured once."""
    assert parse_threads("1, 2,4,2") == (1, 2, 4)


@needs_runtime
def test_threads_and_delegates_are_rows_of_their_own():
    """Every number of threads and every delegate is measured and named."""
    asked = [
        "--num-threads",
        "1,2",
        "--delegate",
        "xnnpack",
        "--delegate",
        "none",
        "--runtime",
        installed_runtimes()[0],
    ]
    done = CliRunner().invoke(bench, [str(DEFAULT_MODEL), *asked, *QUICK])
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 1 + 4
    assert done.stdout.count("2 threads, no delegate") == 1


def test_integers_that_are_slower_are_explained():
    """An int8 model slower than its float32 one is a note with which ops the fast kernels took."""
    from benchmarks.judgement import explain_slow_integers

    fast = float_row(latency=summarized(50), ops=10, delegated_ops=10)
    slow = make_row(latency=summarized(100), ops=10, delegated_ops=0)
    (note,) = explain_slow_integers([slow, fast])
    assert "2.0 times as slow as cnn_float32.tflite on tflite-runtime" in note
    assert "XNNPACK took 0 of 10 ops of the int8 model and 10 of 10 of the float one" in note
    assert explain_slow_integers([make_row(latency=summarized(20)), fast]) == []


def summarized(median_us):
    return latency(median_us, median_us)


def test_throttling_is_said():
    """Flags of a Pi's firmware, a counter that rose, and heat are each one line with what to do."""
    from benchmarks.environment import Environment
    from benchmarks.judgement import judge_change

    calm = Environment(temperature_celsius=50.0, throttle_count=3, throttled="0x0")
    assert judge_change(calm, calm) == []
    for change, said in (
        ({"throttled": "0x50005"}, "the supply voltage is too low"),
        ({"throttle_count": 4}, "slowed itself down for heat"),
        ({"temperature_celsius": 70.0}, "warmed up from 50 to 70 °C"),
    ):
        assert any(said in note for note in judge_change(calm, dataclasses.replace(calm, **change)))


def test_outliers_are_said():
    """A hundredth of the samples three times the median is a note."""
    from benchmarks.judgement import judge_latency

    samples = np.full(1000, 10_000)
    samples[:20] = 100_000
    from benchmarks.rows import summarize

    notes = judge_latency(summarize([samples, samples]), cpu_share=1.0, num_threads=1)
    assert any(note.startswith("outliers: one digit in a hundred takes 10.0 times") for note in notes)
