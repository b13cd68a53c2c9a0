"""The figures of a benchmark: samples, summaries, judgements, environment, JSON, table, page and plots."""

import dataclasses
import itertools
import json
import re

import numpy as np
import pytest

from benchmarks.answers import confusion_counts, label_classes, read_digits
from benchmarks.environment import Environment, read_environment
from benchmarks.judgement import judge_conditions, judge_latency
from benchmarks.measuring_digits import MeasuringDigits
from benchmarks.quantities import format_accuracy, format_bytes, format_columns, format_seconds
from benchmarks.results import Accuracy, BenchResult, Row, SettingsRecord, Unreadable
from benchmarks.rows import count_answers, make_accuracy, summarize
from benchmarks.sampling import peak_rss_bytes, rotation, take_samples
from benchmarks.settings import BenchSettings
from benchmarks.table import format_table
from device.errors import DataError
from device.inference.model_card import TensorCard

HOSTILE = "<script>alert(1)</script>&.tflite"


def make_row(**changes):
    fields = {
        "model": "cnn_int8.tflite",
        "name": "cnn",
        "variant": "int8",
        "sha256": "0" * 64,
        "file_bytes": 62259,
        "flatbuffer_bytes": 50000,
        "runtime": "tflite-runtime",
        "runtime_version": "2.14.0",
        "num_threads": 1,
        "latency": summarize([np.arange(100, 300) * 1000, np.arange(110, 310) * 1000]),
        "construct_s": 0.001,
        "first_s": 0.0005,
        "peak_rss_bytes": 50_000_000,
        "cpu_share": 1.0,
        "accuracy": make_accuracy(990, 1000),
        "data_source": "somewhere",
    }
    return Row(**{**fields, **changes})


def make_result(*rows, **changes):
    settings = SettingsRecord(("tflite-runtime",), (1,), 50, 1000, 1.0, 3, 0, "somewhere", "0" * 32)
    return BenchResult("2026-01-31T12:00:00.123Z", Environment(cpu_model="a processor"), settings, rows, **changes)


FAILED = make_row(
    model=HOSTILE, latency=None, accuracy=None, runtime_version=None, cpu_share=None, construct_s=None, first_s=None,
    peak_rss_bytes=None, error="tflite-runtime died with SIGSEGV on this model",
)  # fmt: skip


def sample_with_fake_clock(*, num_runs, min_s, step_ns=1000, warmup_runs=0):
    ticks = itertools.count(0, step_ns)
    calls = []
    samples = take_samples(
        calls.append,
        ["a", "b"],
        warmup_runs=warmup_runs,
        num_runs=num_runs,
        min_s=min_s,
        clock_ns=lambda: next(ticks),
        cpu_clock_ns=lambda: 0,
    )
    return samples, calls


def test_sampling_goes_on_until_the_count_is_reached():
    """With time to spare, as many samples are taken as were asked for."""
    samples, calls = sample_with_fake_clock(num_runs=10, min_s=0.0, warmup_runs=4)
    assert len(samples.durations_ns) == 10
    assert len(calls) == 1 + 4 + 10
    assert set(samples.durations_ns) == {1000}


def test_sampling_goes_on_until_the_time_is_reached():
    """With the count reached, sampling goes on until the time asked for has passed."""
    samples, _ = sample_with_fake_clock(num_runs=1, min_s=1e-3)
    assert len(samples.durations_ns) == 500


def test_inputs_are_rotated():
    """Samples go through the inputs in turn."""
    _, calls = sample_with_fake_clock(num_runs=4, min_s=0.0)
    assert calls == ["a", "a", "b", "a", "b"]


def test_digits_to_rotate_are_spread_over_all():
    """At most a thousand digits are rotated, from the first to near the last."""
    digits = np.zeros((2500, 28, 28), np.uint8)
    digits[:, 0, 0] = np.arange(2500) // 10
    chosen = rotation(digits)
    assert len(chosen) <= 1000
    assert chosen[0].shape == (28, 28)
    assert chosen[-1][0, 0] == 249
    assert len(rotation(digits[:1])) == 1


def test_a_score_that_is_no_number_is_never_right():
    """NaN among the scores counts as misread, also where argmax falls on the true label."""
    digits = np.zeros((4, 28, 28), np.uint8)
    scores = iter([[np.nan, 0.0], [0.9, 0.1], [0.1, 0.9], [0.0, np.inf]])
    source, target = TensorCard((1, 28, 28), "float32", 0.0, 0), TensorCard((1, 2), "float32", 0.0, 0)
    read = read_digits(lambda digit: np.array([next(scores)]), digits, source=source, target=target, labels=("0", "7"))
    assert read.tolist() == [-1, 0, 7, -1]


def test_labels_that_are_no_digits_are_no_reading():
    """What a digit model calls by another word than a digit is no digit, also where the word begins with one."""
    source, target = TensorCard((1, 28, 28), "float32", 0.0, 0), TensorCard((1, 3), "float32", 0.0, 0)
    for best in range(3):
        read = read_digits(
            lambda digit, best=best: np.eye(3)[best : best + 1],
            np.zeros((1, 28, 28), np.uint8),
            source=source,
            target=target,
            labels=("", "12", "7"),
        )
        assert read.tolist() == [7 if best == 2 else -1]


@pytest.mark.parametrize(
    ("labels", "classes", "meant"),
    [
        (("shirt", "coat", "bag"), 10, [0, 1, 2]),
        ((*"0123456789", "+", "-"), 12, [*range(12)]),
        ((*"0123456789", "+", "-"), 10, [*range(10), -1, -1]),
        (("none", "0", "1"), 10, [-1, 0, 1]),
        (("a", "b", "c"), 2, [0, 1, -1]),
    ],
)
def test_labels_that_name_no_digits_are_classes_in_order(labels, classes, meant):
    """Of other classes than the ten digits, and where no label is a digit, the first label is class 0, and so on."""
    assert label_classes(labels, classes=classes).tolist() == meant


def test_confusions_are_counted_by_true_digit():
    """Each row of the counts is a true digit, and the last column is for no digit."""
    counts = np.array(confusion_counts(np.array([3, 3, -1, 5], np.int16), np.array([3, 5, 5, 5], np.uint8)))
    assert counts.shape == (10, 11)
    assert counts.sum() == 4
    assert (counts[3, 3], counts[5, 3], counts[5, 10], counts[5, 5]) == (1, 1, 1, 1)


def test_the_answers_of_a_row_say_which_are_wrong():
    """Accuracy keeps the numbers of the digits that were not read right."""
    found = count_answers(np.array([3, -1, 5], np.int16), np.array([3, 5, 5], np.uint8))
    assert (found.correct, found.n, found.misread) == (2, 3, (1,))


def test_the_peak_of_memory_is_that_of_this_process():
    """The figure is at least what numpy takes and no more than the machine could have."""
    peak_bytes = peak_rss_bytes()
    assert peak_bytes is None or 1_000_000 < peak_bytes < 1 << 40


def test_a_summary_is_of_all_rounds_together():
    """Percentiles are those of the pooled samples, the medians of rounds are kept, the samples are thinned."""
    latency = summarize([np.full(1000, 10_000), np.full(3000, 20_000)])
    assert (latency.samples, latency.min_s, latency.median_s, latency.p95_s) == (4000, 1e-5, 2e-5, 2e-5)
    assert latency.round_medians_s == (1e-5, 2e-5)
    assert latency.mean_s == pytest.approx(1.75e-5)
    assert len(latency.sorted_s) <= 500
    assert latency.sorted_s[0] == 1e-5
    assert latency.sorted_s[-1] == 2e-5
    assert list(latency.sorted_s) == sorted(latency.sorted_s)


def test_good_figures_have_no_notes():
    """Enough samples, steady rounds and a processor of its own leave nothing to say."""
    steady = summarize([np.full(200, 10_000), np.full(200, 10_500)])
    assert judge_latency(steady, cpu_share=0.99, num_threads=1) == []


@pytest.mark.parametrize(
    ("rounds", "cpu_share", "said"),
    [
        ([np.full(20, 10_000), np.full(20, 10_000)], 1.0, "only 40 samples"),
        ([np.full(200, 10_000)], 1.0, "only one round"),
        ([np.full(200, 10_000), np.full(200, 11_500)], 1.0, "unstable"),
        ([np.full(200, 10_000), np.full(200, 10_000)], 0.6, "other programs had the processor 40%"),
    ],
)
def test_doubtful_figures_say_so(rounds, cpu_share, said):
    """Too few samples, one round, unsteady rounds and a loaded machine are each one line."""
    (note,) = judge_latency(summarize(rounds), cpu_share=cpu_share, num_threads=1)
    assert said in note
    assert "measure" in note
    assert "\n" not in note


def test_conditions_that_disturb_are_said():
    """Load, a varying frequency and the sample of digits are noted for the whole benchmark."""
    digits = MeasuringDigits(np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.uint8), "here", "0" * 32, is_sample=True)
    environment = Environment(cores=4, load_1m=3.0, governor="powersave")
    notes = judge_conditions(environment, digits, BenchSettings())
    assert ["load was 3.0" in notes[0], "powersave" in notes[1], "3 digits" in notes[2]] == [True] * 3
    calm = dataclasses.replace(environment, load_1m=0.1, governor="performance")
    assert judge_conditions(calm, dataclasses.replace(digits, is_sample=False), BenchSettings()) == []


def test_one_processor_is_no_plural():
    """A machine with one processor is said to have "1 processor"."""
    digits = MeasuringDigits(np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.uint8), "here", "0" * 32, is_sample=False)
    notes = judge_conditions(Environment(cores=1, load_1m=3.0), digits, BenchSettings(num_threads=(4,)))
    assert [note for note in notes if "1 processor " in note] == notes


def test_the_environment_is_read_from_proc_and_sys(tmp_path):
    """Board, processor, governor, frequency, load and memory are what the kernel's files say."""
    files = {
        "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.5\0",
        "proc/cpuinfo": "processor\t: 0\nmodel name\t: Cortex-A72\n",
        "proc/meminfo": "MemTotal:        4000000 kB\nMemAvailable:    3000000 kB\n",
        "proc/loadavg": "0.25 0.10 0.05 1/100 1234\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1500000\n",
        "sys/class/thermal/thermal_zone0/temp": "48312\n",
        "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = read_environment(tmp_path)
    assert (found.board, found.cpu_model) == ("Raspberry Pi 4 Model B Rev 1.5", "Cortex-A72")
    assert (found.governor, found.frequency_hz, found.load_1m) == ("ondemand", 1.5e9, 0.25)
    assert (found.memory_bytes, found.available_bytes) == (4_096_000_000, 3_072_000_000)
    assert found.temperature_celsius == pytest.approx(48.312)
    assert found.os == "Debian GNU/Linux 12 (bookworm)"


def test_what_cannot_be_read_is_none(tmp_path):
    """A machine that tells nothing gives an environment all the same."""
    found = read_environment(tmp_path)
    assert found.board is found.governor is found.frequency_hz is found.load_1m is found.memory_bytes is None


def test_json_gives_the_result_back():
    """A result survives its JSON document, rows that failed included, and names its schema."""
    result = make_result(make_row(), FAILED, unreadable=(Unreadable("a", "b"),), notes=("c",), stopped_by="SIGINT")
    document = json.loads(result.to_json())
    assert (document["schema"], document["complete"]) == ("edge-digits.bench/2", False)
    assert document["rows"][0]["accuracy"]["n"] == 1000
    assert document["rows"][1]["latency"] is None
    assert BenchResult.from_json(result.to_json()) == result


def test_json_of_a_later_version_is_read():
    """Fields that this version does not know are left aside."""
    document = json.loads(make_result(make_row()).to_json())
    document["later"] = document["rows"][0]["later"] = document["environment"]["later"] = 1
    assert BenchResult.from_json(json.dumps(document)) == make_result(make_row())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "other/1"}', '{"schema": "edge-digits.bench/2"}', "\x00"])
def test_other_json_is_refused(text):
    """What is no result of a benchmark is refused with exit code 6."""
    with pytest.raises(DataError, match="expected a result"):
        BenchResult.from_json(text)


def test_the_table_aligns_and_runs_on_with_errors():
    """Figures are aligned in columns; a row without figures says why at its end."""
    head, good, failed = format_table(make_result(make_row(), FAILED)).splitlines()
    end_of_median = head.index("median (95 %)") + len("median (95 %)")
    assert good[:end_of_median].endswith(" µs (163–256)")
    assert "99.00 % (98.17–99.46)" in good
    assert failed.endswith("died with SIGSEGV on this model")


def test_units_fit_their_figures():
    """Times have three digits and the unit that fits; what is not known is a dash."""
    times = (1.5e-6, 51.25e-6, 0.0009994, 0.0012, 0.25, 2.5)
    assert [format_seconds(each) for each in times] == ["1.50 µs", "51.2 µs", "999 µs", "1.20 ms", "250 ms", "2.50 s"]
    assert (format_seconds(None), format_bytes(None), format_accuracy(None)) == ("–", "–", "–")
    assert (format_bytes(52_300_000), format_bytes(8.2e9)) == ("52.3 MB", "8.2 GB")
    assert format_accuracy(Accuracy(1, 2, 0.5, (0.25, 0.75))) == "50.00 % (25.00–75.00)"


def test_columns_need_no_full_row():
    """A table whose rows all run on is aligned too."""
    assert format_columns([["a", "bb", "c"], ["long", "anything at all"]]) == "a     bb  c\nlong  anything at all"


def test_the_page_escapes_and_needs_nothing_else(tmp_path):
    """Every text in the page is escaped, and it loads nothing from outside itself."""
    pytest.importorskip("matplotlib")
    from benchmarks.report import write_html

    write_html(make_result(make_row(), FAILED, notes=(HOSTILE,), stopped_by="SIGINT"), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in page
    assert not re.search('(src|href)="(?!data:)', page)
    assert page.count("<img") == 4
    assert "incomplete" in page
    assert "died with SIGSEGV" in page


def test_a_page_of_nothing_measured_says_why(tmp_path):
    """A result without a single figure makes a page without plots."""
    pytest.importorskip("matplotlib")
    from benchmarks.report import write_html

    write_html(make_result(FAILED), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<img" not in page
    assert "died with SIGSEGV" in page


@pytest.mark.parametrize("accuracy", [None, make_accuracy(990, 1000), make_accuracy(1000, 1000)])
def test_the_plot_is_a_png(tmp_path, accuracy):
    """Plots are drawn with accuracy and without, many models included."""
    pytest.importorskip("matplotlib")
    from benchmarks.report import write_plot

    rows = [make_row(model=f"{number}{HOSTILE * 3}", accuracy=accuracy) for number in range(15)]
    write_plot(make_result(*rows), tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_the_interval_of_a_median_holds_it():
    """Where a few rounds are far slower than the many, the median is that of the many and its interval reaches it."""
    rounds_ns = [np.full(100, 13_000, np.int64)] * 20 + [np.full(100, 19_000, np.int64)] * 10
    latency = summarize(rounds_ns)
    assert latency.interval_95_s is not None
    low, high = latency.interval_95_s
    assert latency.median_s == pytest.approx(13e-6)
    assert low <= latency.median_s < high
