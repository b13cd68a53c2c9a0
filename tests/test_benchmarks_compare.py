"""Comparing rows and results: what is said, what belongs together, and what is refused."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from test_benchmarks_figures import FAILED, make_result, make_row

from benchmarks.compare_command import compare
from benchmarks.comparison import Comparison, Gain, accuracy_words, compare_rows, statement
from benchmarks.figures import Accuracy
from benchmarks.likeness import environment_differences
from benchmarks.pairings import compare_between, compare_within
from benchmarks.rows import summarize
from device.errors import UsageError


def latency(*medians_us):
    return summarize([np.full(200, int(each * 1000)) for each in medians_us])


def read(*misread, n=1000):
    return Accuracy(n - len(misread), n, 1 - len(misread) / n, (0.9, 1.0), tuple(misread))


def float_row(**changes):
    return make_row(model="cnn_float32.tflite", variant="float32", file_bytes=200_000, **changes)


def written(path, *rows, **changes):
    path.write_text(make_result(*rows, **changes).to_json(), encoding="utf-8")
    return str(path)


def test_a_statement_says_how_much_and_how_surely():
    """Speed with its interval, accuracy with McNemar's p, and size stand in one sentence."""
    slow = float_row(latency=latency(27, 27.2, 26.9), accuracy=read(1, 2, 3))
    fast = make_row(latency=latency(10, 10.1, 10.0), accuracy=read(1, 2, 3, 4), file_bytes=50_000)
    text = statement(compare_rows(fast, slow, paired=True, same_digits=True))
    assert text.startswith("cnn_int8.tflite is 2.69× faster (95 % interval 2.6")
    assert "than cnn_float32.tflite on tflite-runtime 2.14.0; " in text
    assert "accuracy −0.10 points, not significant, McNemar p = 1 (only it reads 0, only the other 1)" in text
    assert text.endswith("file 0.25×")


def test_the_slower_is_called_slower():
    """A ratio below one is told the other way round, its interval as well."""
    slow, fast = make_row(latency=latency(20, 20.2, 20.1)), float_row(latency=latency(10, 10.1, 10.0))
    text = statement(compare_rows(slow, fast, paired=True, same_digits=False))
    assert "is 2.00× slower (95 % interval 1.9" in text
    assert "accuracy not compared" in text


def test_what_cannot_be_told_is_not_told():
    """An interval that holds 1 is no statement of a difference."""
    one, other = make_row(latency=latency(10, 12, 11)), float_row(latency=latency(11, 11, 11.5))
    assert "as fast, as far as 3 rounds tell" in statement(compare_rows(one, other, paired=True, same_digits=True))


def test_accuracy_is_compared_digit_for_digit():
    """Ten digits lost and none gained are significant; as many gained as lost are not."""
    worse = compare_rows(make_row(accuracy=read(*range(10))), float_row(accuracy=read()), paired=True, same_digits=True)
    assert worse.accuracy == Gain(-1.0, 0, 10, pytest.approx(2 * 0.5**10))
    assert "−1.00 points, significant, McNemar p = 0.002" in accuracy_words(worse.accuracy)
    same = compare_rows(make_row(accuracy=read(1, 2)), float_row(accuracy=read(3, 4)), paired=True, same_digits=True)
    assert same.accuracy == Gain(0.0, 2, 2, 1.0)
    assert accuracy_words(Gain(0.0, 0, 0, 1.0)) == "accuracy the same, digit for digit"


def test_one_result_is_compared_one_thing_at_a_time():
    """Each row is held against the one that differs in model, runtime, delegate or threads alone."""
    rows = [
        dataclasses.replace(row, runtime=runtime)
        for row in (make_row(), float_row())
        for runtime in ("tflite-runtime", "ai-edge-litert")
    ]
    found = compare_within(make_result(*rows, FAILED, dataclasses.replace(rows[0], num_threads=2)))
    pairs = [(each.subject, each.reference) for each in found]
    assert pairs == [
        ("cnn_int8.tflite", "cnn_float32.tflite on tflite-runtime 2.14.0"),
        ("cnn_int8.tflite", "cnn_float32.tflite on ai-edge-litert 2.14.0"),
        ("cnn_int8.tflite on ai-edge-litert 2.14.0", "on tflite-runtime 2.14.0"),
        ("cnn_float32.tflite on ai-edge-litert 2.14.0", "on tflite-runtime 2.14.0"),
        ("cnn_int8.tflite on tflite-runtime 2.14.0, 2 threads", "on tflite-runtime 2.14.0"),
    ]
    assert all(each.paired for each in found)
    with pytest.raises(UsageError, match="two measured rows"):
        compare_within(make_result(make_row(), FAILED))


def test_two_results_are_compared_row_by_row():
    """Rows measured alike are compared without pairing rounds; what has no partner is said."""
    first, second = make_result(make_row(), float_row()), make_result(make_row())
    found, notes = compare_between(first, second, names=("a", "b"))
    assert [(each.subject, each.paired) for each in found] == [("cnn_int8.tflite on tflite-runtime 2.14.0 in b", False)]
    assert notes == ["cnn_float32.tflite on tflite-runtime 2.14.0 is in a alone"]


def test_the_same_model_taking_another_time_is_said():
    """Where the same bytes differ by more than 3 %, the machine was not steady, and that is a note."""
    first, second = make_result(make_row(latency=latency(100, 100))), make_result(make_row(latency=latency(104, 104)))
    _, notes = compare_between(first, second, names=("a", "b"))
    assert len(notes) == 1
    assert "differ by 4%: the machine was not steady" in notes[0]
    steady = make_result(make_row(latency=latency(102, 102)))
    assert compare_between(first, steady, names=("a", "b"))[1] == []


def test_accuracy_on_other_digits_is_not_compared():
    """Results measured on different test digits say nothing of accuracy."""
    other = dataclasses.replace(make_result(make_row()).settings, data_md5="1" * 32)
    second = dataclasses.replace(make_result(make_row(accuracy=read(1))), settings=other)
    found, notes = compare_between(make_result(make_row(accuracy=read())), second, names=("a", "b"))
    assert found[0].accuracy is None
    assert any("accuracy is not compared" in note for note in notes)


def test_unlike_environments_are_refused_by_what_differs(tmp_path):
    """Another processor is refused with exit code 2 and both names; --force compares and notes it."""
    first = written(tmp_path / "a.json", make_row())
    result = make_result(make_row())
    elsewhere = dataclasses.replace(result.environment, cpu_model="another")
    second = tmp_path / "b.json"
    second.write_text(dataclasses.replace(result, environment=elsewhere).to_json(), encoding="utf-8")
    refused = CliRunner().invoke(compare, [first, str(second)])
    assert refused.exit_code == 2
    assert "processor: 'a processor' and 'another'" in refused.stderr
    assert refused.stderr.count("\n") == 1
    forced = CliRunner().invoke(compare, [first, str(second), "--force"])
    assert forced.exit_code == 0
    assert "note: unlike environments, processor: 'a processor' and 'another'" in forced.stderr
    assert "as fast" in forced.stdout


def test_load_and_temperature_do_not_make_environments_unlike():
    """What changes from minute to minute is judged elsewhere."""
    environment = make_result().environment
    busy = dataclasses.replace(environment, load_1m=3.0, temperature_celsius=70.0, available_bytes=1)
    assert environment_differences(environment, busy) == []
    newer = dataclasses.replace(environment, runtimes={"ai-edge-litert": "2.3.0"})
    newest = dataclasses.replace(environment, runtimes={"ai-edge-litert": "2.4.0"})
    assert environment_differences(environment, newer) == []
    assert environment_differences(newer, newest) == ["ai-edge-litert: 2.3.0 and 2.4.0"]


def test_json_holds_the_figures_and_the_sentence(tmp_path):
    """With --json one document holds each comparison, its statement and the notes."""
    path = written(tmp_path / "a.json", make_row(), float_row(), stopped_by="SIGINT")
    done = CliRunner().invoke(compare, [path, "--json"])
    document = json.loads(done.stdout)
    assert document["schema"] == "edge-digits.compare/1"
    (found,) = document["comparisons"]
    assert {field.name for field in dataclasses.fields(Comparison)} < set(found)
    assert any("incomplete: stopped by SIGINT" in note for note in document["notes"])


@pytest.mark.parametrize(("content", "code"), [(None, 6), ("", 6), ('{"schema": "edge-digits.bench/9"}', 6)])
def test_what_cannot_be_compared_is_one_line(tmp_path, content, code):
    """A missing, empty or newer file is one line on stderr."""
    path = tmp_path / "a.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    done = CliRunner().invoke(compare, [str(path)])
    assert done.exit_code == code
    assert done.stderr.count("\n") == 1
    assert "a.json" in done.stderr


def test_the_folder_alone_compares_too(tmp_path):
    """`python -m benchmarks compare` is the same command, for a device that has only the folders."""
    path = written(tmp_path / "a.json", make_row(), float_row())
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "compare", path], capture_output=True, text=True, check=True
    )
    assert "cnn_int8.tflite is" in done.stdout


def test_usage_says_the_command_that_was_typed():
    """Wrong usage of `python -m benchmarks report` is told under that name."""
    done = subprocess.run([sys.executable, "-m", "benchmarks", "report"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "benchmarks report [OPTIONS]" in done.stderr
