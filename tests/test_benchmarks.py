"""Measuring models: rounds, rows, and what the command says and writes."""

import json
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fakes import ask_for_unknown_version

from benchmarks import rounds
from benchmarks.benchmark import run_benchmark
from benchmarks.command import bench
from benchmarks.results import BenchResult
from benchmarks.rounds import Job, Record, Workplace, plan
from benchmarks.settings import BenchSettings
from benchmarks.subjects import read_subjects, short_names
from device.child_process import run_module
from device.early_end import Terminated
from device.errors import FitError
from device.inference.model_file import pack_model, read_model
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL

RUNTIMES = installed_runtimes()
needs_runtime = pytest.mark.skipif(not RUNTIMES, reason="needs a device runtime")
QUICK = ["--num-runs", "3", "--min-secs", "0", "--warmup-runs", "0", "--rounds", "1"]


@pytest.fixture
def data(tmp_path):
    """Twenty random pictures as test digits."""
    generator = np.random.default_rng(0)
    path = tmp_path / "digits.npz"
    images = generator.integers(0, 256, (20, 28, 28), np.uint8)
    labels = (np.arange(20) % 10).astype(np.uint8)
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


@pytest.fixture
def bare_model(tmp_path):
    """The shipped model without its card."""
    path = tmp_path / "bare.tflite"
    path.write_bytes(read_model(DEFAULT_MODEL).flatbuffer)
    return path


@pytest.fixture
def hopeless_model(tmp_path):
    """A whole model that no runtime can run."""
    path = tmp_path / "hopeless.tflite"
    path.write_bytes(ask_for_unknown_version(read_model(DEFAULT_MODEL).flatbuffer))
    return path


def run_bench(*arguments):
    return CliRunner().invoke(bench, [str(argument) for argument in arguments])


@needs_runtime
def test_every_runtime_gets_a_row(data):
    """A model is measured in every installed runtime, its accuracy on all test digits."""
    result = run_bench(DEFAULT_MODEL, "--data", data, "--json", "-", *QUICK)
    assert result.exit_code == 0, result.output
    rows = BenchResult.from_json(result.stdout).rows
    assert [row.runtime for row in rows] == RUNTIMES
    for row in rows:
        assert row.accuracy is not None
        assert row.accuracy.n == 20
        assert row.latency is not None
        assert row.latency.samples == 3
        assert row.sha256 == read_model(DEFAULT_MODEL).card.flatbuffer_sha256
        assert row.file_bytes > row.flatbuffer_bytes
        assert row.runtime_version
        assert row.peak_rss_bytes
        assert row.construct_s
        assert row.first_s


@needs_runtime
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_does_not_grow_with_the_test_digits(data, tmp_path):
    """Eight thousand digits (6.3 MB) leave a model's memory at that of twenty, but for the thousand that rotate."""
    images = np.zeros((8_000, 28, 28), np.uint8)
    many = tmp_path / "many.npz"
    np.savez(many, x_test=images, y_test=images[:, 0, 0])
    runtime = ["--runtime", RUNTIMES[0]]
    results = [run_bench(DEFAULT_MODEL, "--data", each, "--json", "-", *runtime, *QUICK) for each in (data, many)]
    few, more = (BenchResult.from_json(result.stdout).rows[0].peak_rss_bytes for result in results)
    assert more - few < 3_000_000


@needs_runtime
def test_a_digit_model_without_card_is_read_with_the_labels_0_to_9(data, bare_model):
    """A file without a card is called foreign, reads as many digits as the same model with one, and says so."""
    result = run_bench(DEFAULT_MODEL, bare_model, "--runtime", RUNTIMES[0], "--data", data, "--json", "-", *QUICK)
    ours, foreign = BenchResult.from_json(result.stdout).rows
    assert foreign.variant == "foreign"
    assert foreign.accuracy == ours.accuracy
    assert any("carries no card" in note for note in foreign.notes)


@needs_runtime
def test_a_foreign_model_is_given_the_range_that_it_was_trained_on(data, bare_model):
    """The row says which it was, and the answers are other ones."""
    command = (bare_model, "--runtime", RUNTIMES[0], "--data", data, "--json", "-", *QUICK)
    (assumed,) = BenchResult.from_json(run_bench(*command).stdout).rows
    (said,) = BenchResult.from_json(run_bench(*command, "--input-range", "0-1").stdout).rows
    assert said.accuracy.confusion != assumed.accuracy.confusion
    assert any("given pixels as 0-1" in note for note in said.notes)


@needs_runtime
def test_labels_that_do_not_fit_leave_the_latency(data, bare_model, tmp_path):
    """A foreign model whose labels do not fit its scores is measured for latency, and the row says why alone."""
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\n", encoding="utf-8")
    result = run_bench(bare_model, "--data", data, "--labels", labels, "--json", "-", *QUICK)
    for row in BenchResult.from_json(result.stdout).rows:
        assert row.latency is not None
        assert row.accuracy is None
        assert any(note.startswith("no accuracy: ") for note in row.notes)


@needs_runtime
def test_labels_that_are_no_digits_name_classes_in_order(data, bare_model, tmp_path):
    """A classifier of ten other things reads its own test data: the first label is class 0, and so on."""
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join("abcdefghij"), encoding="utf-8")
    command = (bare_model, "--runtime", RUNTIMES[0], "--data", data, "--json", "-", *QUICK)
    (digits,) = BenchResult.from_json(run_bench(*command).stdout).rows
    (letters,) = BenchResult.from_json(run_bench(*command, "--labels", labels).stdout).rows
    assert letters.accuracy == digits.accuracy


@needs_runtime
def test_a_model_of_other_things_has_no_accuracy_on_digits(tmp_path, data):
    """MNIST's digits, which nobody named for it, tell nothing of it; the row says so, and what to name."""
    model, other = read_model(DEFAULT_MODEL), tmp_path / "letters.tflite"
    other.write_bytes(pack_model(model.flatbuffer, replace(model.card, labels=tuple("abcdefghij"))))
    command = (other, "--runtime", RUNTIMES[0], "--json", "-", *QUICK)
    (unnamed,) = BenchResult.from_json(run_bench(*command).stdout).rows
    (named,) = BenchResult.from_json(run_bench(*command, "--data", data).stdout).rows
    assert unnamed.latency is not None
    assert unnamed.accuracy is None
    said = (
        "the test data are digits and the model has 10 labels (a, b, c, d …); name the data that it was made for with"
    )
    assert f"no accuracy: {said} --data" in unnamed.notes
    assert named.accuracy is not None


@needs_runtime
def test_a_card_that_the_classifier_refuses_leaves_the_latency(data, tmp_path):
    """A model of ours that takes no digits is measured as a foreign one is, and the row says why it was not asked."""
    model, other = read_model(DEFAULT_MODEL), tmp_path / "two.tflite"
    other.write_bytes(pack_model(model.flatbuffer, replace(model.card, labels=("a", "b"))))
    result = run_bench(other, "--runtime", RUNTIMES[0], "--data", data, "--json", "-", *QUICK)
    assert result.exit_code == 0, result.output
    (row,) = BenchResult.from_json(result.stdout).rows
    assert (row.variant, row.accuracy, row.error) == ("int8", None, None)
    assert row.latency is not None
    assert any(note.startswith("no accuracy: ") and "expected 2 scores" in note for note in row.notes)


@needs_runtime
def test_data_of_more_classes_than_labels_leaves_the_latency(twelve_classes):
    """Test data of twelve classes is taken, and a digit model says that it has labels for ten."""
    result = run_bench(DEFAULT_MODEL, "--data", twelve_classes, "--json", "-", *QUICK)
    assert result.exit_code == 0, result.output
    for row in BenchResult.from_json(result.stdout).rows:
        assert row.latency is not None
        assert row.accuracy is None
        assert "no accuracy: the test data has 12 classes and the model 10 labels" in " ".join(row.notes)


@needs_runtime
def test_a_model_that_no_runtime_can_use_is_a_row(data, hopeless_model):
    """What a runtime refuses or dies of is said in its row; the others go on and the exit code is 0."""
    result = run_bench(hopeless_model, DEFAULT_MODEL, "--data", data, "--json", "-", *QUICK)
    assert result.exit_code == 0, result.output
    rows = BenchResult.from_json(result.stdout).rows
    assert all(row.error and row.latency is None for row in rows if row.model == "hopeless.tflite")
    assert all(row.error is None for row in rows if row.model == DEFAULT_MODEL.name)


@needs_runtime
def test_a_model_that_ends_its_process_is_a_row(data, monkeypatch):
    """What dies of a signal is said in its row, and is not tried again; the others go on."""
    asked = []

    def run(module, arguments, *, timeout_s):
        request = json.loads((Path(arguments[0]) / "request.json").read_text(encoding="utf-8"))
        if request["num_threads"] == 1:
            return run_module(module, arguments, timeout_s=timeout_s)
        asked.append(request)
        command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    monkeypatch.setattr(rounds, "run_module", run)
    runtime = ["--runtime", RUNTIMES[0], "--num-threads", "1,2"]
    result = run_bench(DEFAULT_MODEL, "--data", data, "--json", "-", *runtime, *QUICK, "--rounds", "2")
    assert result.exit_code == 0, result.output
    well, dead = BenchResult.from_json(result.stdout).rows
    assert well.latency is not None
    assert dead.error == f"{RUNTIMES[0]} died with SIGSEGV on this model; do not use it there"
    assert len(asked) == 1


@needs_runtime
def test_a_place_that_cannot_be_written_is_said_before_measuring(data, tmp_path):
    """A result with no place to go ends the command at once."""
    (tmp_path / "file").write_text("")
    result = run_bench(DEFAULT_MODEL, "--data", data, "--json", tmp_path / "file" / "a.json", *QUICK)
    assert result.exit_code == 1
    assert "round" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


@needs_runtime
def test_frames_without_opencv_are_refused(data, monkeypatch):
    """The missing package is named before anything is measured, and no model is blamed."""
    monkeypatch.setattr("benchmarks.stages.PACKAGES", {"no_such_module": "opencv-python-headless"})
    result = run_bench(DEFAULT_MODEL, "--data", data, "--frames", "2", *QUICK)
    assert result.exit_code == 1
    assert result.stderr == (
        "error: --frames needs opencv-python-headless, which is not installed; pip install opencv-python-headless\n"
    )


@needs_runtime
def test_nothing_measured_is_exit_code_4(data, hopeless_model):
    """Exit code 4 only if no row could be measured."""
    result = run_bench(hopeless_model, "--data", data, *QUICK)
    assert result.exit_code == 4
    assert "hopeless.tflite" in result.stdout


@needs_runtime
def test_a_damaged_file_is_said_and_the_others_are_measured(data, tmp_path):
    """A damaged model file gives one line and exit code 6 after the others were measured."""
    content = bytearray(DEFAULT_MODEL.read_bytes())
    content[len(content) // 3] ^= 0xFF
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(content)
    result = run_bench(damaged, DEFAULT_MODEL, "--data", data, *QUICK)
    assert result.exit_code == 6
    assert sum("it is damaged; copy it again" in line for line in result.stderr.splitlines()) == 1
    assert DEFAULT_MODEL.name in result.stdout
    assert "damaged" not in result.stdout


@needs_runtime
def test_nothing_is_written_where_there_is_no_model(data, tmp_path):
    """A name that is wrong leaves no page without rows, which would stand in the way of the next try, and no notes."""
    page = tmp_path / "page.html"
    result = run_bench(tmp_path / "none.tflite", "--data", data, "--html", page, *QUICK)
    assert result.exit_code == 6
    assert not page.exists()
    assert len(result.stderr.splitlines()) == 2


@needs_runtime
def test_a_model_that_changes_while_it_is_measured_is_refused(data, bare_model):
    """A worker measures only the bytes that the benchmark has read."""
    (subject,), _ = read_subjects([bare_model])
    bare_model.write_bytes(bare_model.read_bytes() + b"\0")
    settings = BenchSettings(num_runs=1, min_s=0, data=data)
    from benchmarks.measuring_digits import load_measuring_digits

    with Workplace(load_measuring_digits(data), settings, None) as workplace, pytest.raises(FitError, match="changed"):
        workplace.measure(Job(subject, RUNTIMES[0]), Record())


@needs_runtime
@pytest.mark.parametrize(
    ("stop", "code"), [(KeyboardInterrupt(), 130), (Terminated(signal.SIGTERM), 143), (Terminated(signal.SIGHUP), 129)]
)
def test_what_was_measured_before_a_stop_is_written(data, tmp_path, monkeypatch, stop, code):
    """A stopped benchmark writes what it has, marked incomplete, and is no success."""
    measure, calls = Workplace.measure, []

    def stop_at_the_second(self, job, record):
        calls.append(job)
        if len(calls) == 2:
            raise stop
        measure(self, job, record)

    monkeypatch.setattr(Workplace, "measure", stop_at_the_second)
    out = tmp_path / "result.json"
    quick = [*QUICK[:-1], "2"]
    result = run_bench(DEFAULT_MODEL, "--runtime", RUNTIMES[0], "--data", data, "--json", out, *quick)
    assert result.exit_code == code
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["complete"] is False
    (row,) = BenchResult.from_json(out.read_bytes()).rows
    assert row.latency is not None
    assert len(row.latency.round_medians_s) == 1
    assert any(note.startswith("measured in 1 of 2 rounds") for note in row.notes)


def test_a_file_that_is_there_is_kept(tmp_path):
    """Without --force nothing is overwritten, and that is found before anything is measured."""
    for option, name in (("--json", "a.json"), ("--html", "a.html"), ("--plot", "a.png")):
        path = tmp_path / name
        path.write_text("mine", encoding="utf-8")
        result = run_bench(tmp_path / "no.tflite", option, path)
        assert result.exit_code == 2
        assert "--force" in result.stderr
        assert path.read_text(encoding="utf-8") == "mine"


@needs_runtime
@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_why_a_model_is_not_measured_is_said_once(data, tmp_path, monkeypatch, quiet):
    """Quiet hides progress and notes, and not what the line of the error refers to."""
    (tmp_path / "flip.tflite").write_bytes(b"no model")
    found = run_bench(tmp_path / "flip.tflite", "--data", data, *QUICK, *quiet)
    assert found.exit_code == 6
    assert found.stderr.count("flip.tflite: expected a TFLite model") == 1

    def refuse(*_):
        raise FitError("an op is unknown")

    monkeypatch.setattr(Workplace, "measure", refuse)
    found = run_bench(DEFAULT_MODEL, "--runtime", RUNTIMES[0], "--data", data, *QUICK, *quiet)
    assert found.exit_code == 4
    assert found.stderr.count("an op is unknown") == 1


def test_plots_without_matplotlib_name_the_extra(tmp_path, monkeypatch):
    """A missing extra is one line that says what to install, and only where a plot is asked for."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "matplotlib" else object())
    result = run_bench(tmp_path / "no.tflite", "--plot", tmp_path / "a.png")
    assert result.exit_code == 1
    assert "pip install matplotlib" in result.stderr


@needs_runtime
def test_more_threads_than_processors_are_warned_of(data):
    """`--num-threads` above the number of processors is a note with what to do."""
    settings = BenchSettings(runtimes=("none",), num_threads=(1, 64), rounds=1, data=data)
    lines = []
    run_benchmark([DEFAULT_MODEL], settings=settings, report=lines.append)
    assert any("64 threads" in line and "--num-threads" in line for line in lines)


def test_rounds_measure_everything_in_changing_order():
    """Each round holds every job once; the order is drawn anew in each, and the same for the same seed."""
    jobs = list(range(8))
    rounds = list(plan(jobs, rounds=3, seed=1))
    orders = [[job for number, job in rounds if number == wanted] for wanted in (1, 2, 3)]
    assert all(sorted(order) == jobs for order in orders)
    assert orders[0] != orders[1]
    assert rounds == list(plan(jobs, rounds=3, seed=1))
    random.seed(5)
    assert rounds == list(plan(jobs, rounds=3, seed=1))


def test_models_are_named_as_shortly_as_tells_them_apart():
    """A file is called by its name; where two share it, by as many folders as are needed."""
    names = short_names([Path("/a/x/m.tflite"), Path("/b/x/m.tflite"), Path("/b/n.tflite")])
    assert list(names.values()) == ["a/x/m.tflite", "b/x/m.tflite", "n.tflite"]


def test_a_model_named_twice_is_measured_once():
    """The same file under two names is one subject."""
    subjects, _ = read_subjects([DEFAULT_MODEL, DEFAULT_MODEL.parent / "." / DEFAULT_MODEL.name])
    assert len(subjects) == 1


def test_benchmarks_need_no_tensorflow():
    """Importing the benchmark loads neither TensorFlow nor an interpreter nor a plotting library."""
    import subprocess

    code = (
        "import sys, benchmarks.command, benchmarks.benchmark, benchmarks.worker, benchmarks.page; print(*sys.modules)"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in child.stdout.split()}
    assert not loaded & {"tensorflow", "keras", "tflite_runtime", "ai_edge_litert", "matplotlib", "converters", "cv2"}
