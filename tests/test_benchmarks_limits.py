"""The measurements with limits: start-up, the tutorial's conversion, photographs."""

import gc
import importlib.util
import json
import os
import sys
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from test_benchmarks_figures import FAILED, make_result, make_row

from benchmarks import startup
from benchmarks.limits import at_least, at_most, show
from benchmarks.photo_list import ROW, SINGLE, Photo, read_photo_list
from benchmarks.photos import PhotoReading, photos, score_sources
from benchmarks.tutorial import convert_in_child, speed_ups, tutorial
from benchmarks.whole_process import imported_modules, run_pairs, run_whole
from device.errors import DataError, FitError, GateError
from device.inference.model_file import pack_model, read_model
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL

needs_runtime = pytest.mark.skipif(not installed_runtimes(), reason="needs a device runtime")


def show_limits(*limits, as_json=False):
    show(schema="x/1", table=[["a"], ["b"]], measured={}, limits=limits, as_json=as_json, right=frozenset())


def test_a_limit_that_is_met_is_said(capsys):
    """A figure at its limit keeps to it."""
    show_limits(at_most("ratio", 1.5, 1.5), at_least("share", 2, 2))
    assert capsys.readouterr().out.count(": met") == 2


def test_a_limit_that_is_not_met_is_exit_code_3(capsys):
    """What was measured is printed all the same, then the error names figure and limit."""
    with pytest.raises(GateError, match=r"ratio at most 1\.5, found 1\.6") as error:
        show_limits(at_most("ratio", 1.6, 1.5), as_json=True)
    assert error.value.exit_code == 3
    assert json.loads(capsys.readouterr().out)["met"] is False


def test_a_whole_process_is_measured_by_itself():
    """Time and memory of a program are its own: one that takes 100 MB more shows them, whatever started it."""
    ballast = bytearray(200_000_000)
    small = run_whole([sys.executable, "-c", "pass"])
    large = run_whole([sys.executable, "-c", "b = bytearray(100_000_000)"])
    assert len(ballast) > small.peak_rss_bytes
    assert 90_000_000 < large.peak_rss_bytes - small.peak_rss_bytes < 120_000_000


def test_a_program_that_fails_is_said_with_its_last_words():
    """A program that ends badly gives no figures but an error with the end of its stderr."""
    with pytest.raises(FitError, match="exit code 7: no, out of paper"):
        run_whole([sys.executable, "-c", "import sys; print('no, out of paper', file=sys.stderr); sys.exit(7)"])


def test_a_command_whose_input_is_missing_ends_the_measurement_as_it_ended():
    """A missing or damaged file is exit code 6 here too, in the words of the command that found it."""
    absent = [sys.executable, "-m", "benchmarks.photos", "absent.csv"]
    with pytest.raises(DataError, match=r"^absent\.csv: expected a CSV"):
        run_whole(absent)


def test_the_file_to_hold_against_the_tutorial_is_looked_at_first(tmp_path):
    """A missing file of ours is said, with exit code 6, before the tutorial's conversion takes its time."""
    result = CliRunner().invoke(tutorial, ["m.keras", "--ours", str(tmp_path / "absent.tflite")])
    assert result.exit_code == 6
    assert result.output.count("\n") == 1


@pytest.fixture
def no_collection():
    """Nothing is collected: an exception that a signal raises in a callback of the collector would be lost."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
def test_a_measurement_that_is_ended_ends_its_program(tmp_path):
    """What stops the measurement stops the program behind the launcher too, which has cleared up by then."""
    cleared = tmp_path / "cleared"
    program = f"""
import os, pathlib, signal, sys, time
def clear(*_):
    pathlib.Path({str(cleared)!r}).touch()
    sys.exit()
signal.signal(signal.SIGTERM, clear)
os.kill({os.getpid()}, signal.SIGINT)
time.sleep(60)
"""
    with pytest.raises(KeyboardInterrupt):
        run_whole([sys.executable, "-c", program])
    assert cleared.exists()


def test_pairs_are_run_in_turns(tmp_path):
    """The two programs alternate, warm-up included, and the warm-up is not counted."""
    log = tmp_path / "log"
    first, second = ([sys.executable, "-c", f"open({str(log)!r}, 'a').write({name!r})"] for name in "ab")
    runs = run_pairs(first, second, pairs=2)
    assert log.read_text(encoding="utf-8") == "ababab"
    assert [len(each) for each in runs] == [2, 2]


def test_imports_of_a_program_are_seen():
    """The modules that a program imports are named by their top level."""
    assert {"json", "colorsys"} <= imported_modules(["-c", "import json.decoder, colorsys"])


def test_help_imports_nothing_heavy():
    """`--help` loads neither numpy nor OpenCV nor an interpreter nor TensorFlow."""
    assert startup.heavy_imports() == {"--help": [], "run --help": []}


@needs_runtime
def test_start_up_is_measured_and_judged():
    """The measurement prints one JSON document with both processes and three limits."""
    result = CliRunner().invoke(startup.startup, ["--pairs", "1", "--json", "--quiet"])
    assert result.exit_code in (0, 3), result.output
    document = json.loads(result.stdout)
    assert document["schema"] == "edge-digits.startup/1"
    assert len(document["measured"]["processes"]) == 2
    assert len(document["limits"]) == 3


def test_the_model_is_looked_at_before_programs_are_run(tmp_path):
    """A missing model is all that is said, with exit code 6."""
    result = CliRunner().invoke(startup.startup, ["--model", str(tmp_path / "absent.tflite")])
    assert result.exit_code == 6
    assert result.output.count("\n") == 1
    assert "absent.tflite: expected a .tflite file, found none" in result.stderr


def test_the_speed_up_is_of_the_same_runtime():
    """Latencies are compared within a runtime, and only where both conversions ran."""
    ours, theirs = make_row(model="ours"), make_row(model="theirs")
    fails = make_row(model="theirs", runtime="ai-edge-litert", latency=None, error="no")
    assert speed_ups(make_result(ours, theirs, fails)) == {"tflite-runtime": 1.0}
    with pytest.raises(FitError, match="died with SIGSEGV"):
        speed_ups(make_result(ours, FAILED))


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow, in a child process")
def test_what_the_tutorial_cannot_convert_is_one_line(tmp_path):
    """The conversion runs in a child, whose error is told in one line."""
    with pytest.raises(DataError, match=r"m\.keras: expected a \.keras model, found no such file") as error:
        convert_in_child(tmp_path / "m.keras", tmp_path / "out.tflite")
    assert "\n" not in str(error.value)


def write_photos(folder):
    """Write a CSV with two sources and one picture that is none."""
    from PIL import Image

    digit = np.zeros((28, 28), np.uint8)
    digit[6:22, 13:16] = 255
    for name in ("one.png", "same.png", "row.png"):
        Image.fromarray(digit).save(folder / name)
    (folder / "broken.png").write_bytes(b"no picture")
    path = folder / "labels.csv"
    rows = ["path,label,kind,source", "one.png,1,single,alpha", "same.png,7,single,beta", "broken.png,1,single,beta"]
    path.write_text("\n".join([*rows, "row.png,11,multi,gamma"]) + "\n", encoding="utf-8")
    return path


@needs_runtime
def test_photographs_are_scored_by_source(tmp_path):
    """Each source counts alike in the mean, unreadable pictures count as misread and are said, others left aside."""
    sheet = tmp_path / "sheet.png"
    result = CliRunner().invoke(photos, [str(write_photos(tmp_path)), "--json", "--quiet", "--sheet", str(sheet)])
    assert result.exit_code == 6, result.output
    measured = json.loads(result.stdout)["measured"]
    assert measured["unreadable"] == 1
    assert [(each["right"], each["total"]) for each in measured["sources"]] == [(1, 1), (0, 2)]
    assert measured["mean"] == 0.5
    assert measured["worst"]["source"] == "beta"
    assert "broken.png" in result.stderr
    assert sheet.read_bytes().startswith(b"\x89PNG")


@needs_runtime
def test_photographs_below_a_limit_are_exit_code_3(tmp_path):
    """With a limit given, a mean below it ends with exit code 3."""
    result = CliRunner().invoke(photos, [str(write_photos(tmp_path)), "--min-mean", "60", "-m", str(DEFAULT_MODEL)])
    assert result.exit_code == 3
    assert "NOT MET" in result.stdout


@pytest.mark.parametrize("text", ["", "path,label\n", "path,label,kind,source\na.png,11,multi,x\n"])
def test_a_list_of_other_columns_is_refused(tmp_path, text):
    """A CSV that names no photographs of single digits is refused, and so is one that is not there."""
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="expected"):
        read_photo_list(path, kinds=(SINGLE,))
    with pytest.raises(DataError, match=r"expected a CSV of photographs, found none; check the path$"):
        read_photo_list(tmp_path / "absent.csv")
    path.write_bytes("path,label\nü.png,1\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"expected a CSV of photographs, found no UTF-8 text; save it as UTF-8$"):
        read_photo_list(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind,path,label,source\nsingle\n", "expected the path of a photograph in line 2"),
        ("kind,path,label,source\nsingle,a.png\n", "expected a label in line 2"),
        ("path,label,kind,source\na.png,seven,single,x\n", "expected digits.*as label in line 2, found 'seven'"),
        ("path,label,kind,source\na.png,1,single,x,y\n", "expected 4 fields in line 2, as in the first line, found 5"),
        ("path,kind\na.png,single\n", "expected the columns path, label and maybe source.*add label$"),
        ("path,label\na.png,1\n./a.png,7\n", "expected one label for a.png, found '1' in line 2 and '7' in line 3"),
    ],
)
def test_a_line_that_says_too_little_or_too_much_is_refused(tmp_path, text, words):
    """The line is named, as for lists of one's own photographs, rather than a path of nothing tried."""
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        read_photo_list(path)


def test_spaces_in_a_list_do_not_matter(tmp_path):
    """A spreadsheet's spaces around fields and between digits are no part of them."""
    path = tmp_path / "labels.csv"
    path.write_text("path , label, kind ,source\n a.png , 7 , single , me \n", encoding="utf-8")
    assert read_photo_list(path) == [Photo(tmp_path / "a.png", "7", "me")]


def test_a_list_needs_neither_kinds_nor_sources(tmp_path):
    """What a photograph shows follows from its label, and its folder is its source."""
    path = tmp_path / "labels.csv"
    path.write_text("path,label\nmine/a.png,7\nmine/b.png,71\nmine/c.png,\n", encoding="utf-8")
    assert read_photo_list(path, kinds=(SINGLE,)) == [Photo(tmp_path / "mine/a.png", "7", "mine")]
    assert [photo.label for photo in read_photo_list(path, kinds=(SINGLE, ROW))] == ["7", "71"]
    path.write_text("path,label\nmine/b.png,71\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected photographs of single digits, found none among 1; add some"):
        read_photo_list(path, kinds=(SINGLE,))


@needs_runtime
def test_a_model_of_other_things_is_refused(tmp_path):
    """Rather than measured at nothing."""
    model = read_model(DEFAULT_MODEL)
    other = tmp_path / "letters.tflite"
    other.write_bytes(pack_model(model.flatbuffer, replace(model.card, labels=tuple("abcdefghij"))))
    result = CliRunner().invoke(photos, [str(write_photos(tmp_path)), "-m", str(other)])
    assert result.exit_code == 4
    assert "expected the labels 0 to 9, found 10 labels (a, b, c, d …); name a digit model" in result.stderr


def test_a_picture_in_which_nothing_is_found_is_misread(tmp_path):
    """Finding nothing counts like reading wrongly."""
    nothing = PhotoReading(Photo(tmp_path, "1", "alpha"), "", 0.0, None)
    (score,) = score_sources([nothing])
    assert (score.right, score.total, score.share) == (0, 1, 0.0)
