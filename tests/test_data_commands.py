from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from digit_fakes import make_digits, write_npz
from PIL import Image

from benchmarks.measuring_digits import MeasuringDigits
from device.errors import OutputError
from device.inference.classifier import Classifier
from device.inference.model_file import read_model
from device.inference.runtime import load_runtime
from edge_digits.cli import cli
from edge_digits.commands import data_options
from edge_digits.commands.data import COMMANDS, data
from edge_digits.synthetic.distortions import KINDS, STRENGTHS, distort

MODEL = ROOT / "device" / "models" / "cnn_int8.tflite"
SMALLEST = MODEL.with_name("cnn-nano_int8.tflite")  # the one that distortion costs most


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(data, [str(argument) for argument in arguments])


@pytest.fixture
def sample(sample_digits: MeasuringDigits, tmp_path: Path) -> Path:
    """Forty real digits, as a file with a test part alone."""
    path = tmp_path / "sample.npz"
    chosen = np.concatenate([np.flatnonzero(sample_digits.labels == label)[:4] for label in range(10)])
    np.savez(path, x_test=sample_digits.images[chosen], y_test=sample_digits.labels[chosen])
    return path


@pytest.mark.parametrize("command", ["import", "info"])
def test_missing_classes_are_pointed_out(command: str, tmp_path: Path) -> None:
    """Digits of some classes are taken, with a word about those that `train` would miss."""
    digits = make_digits()
    kept = ~np.isin(digits.train_labels, (3, 8))
    np.savez(tmp_path / "some.npz", x_train=digits.train_images[kept], y_train=digits.train_labels[kept])
    options = (
        [tmp_path / "some.npz", "--out", tmp_path / "all.npz"]
        if command == "import"
        else ["--data", tmp_path / "some.npz"]
    )
    result = run(command, *options)
    assert result.exit_code == 0
    assert "no training digits of 3, 8" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    """Each `data` command says what it does and what its options are."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--quiet" in result.stdout


def test_options_name_the_distortions_there_are() -> None:
    """What --kind and --strength take are the kinds and strengths, which help must know without loading them."""
    assert (data_options.KINDS, data_options.STRENGTHS) == (KINDS, STRENGTHS)


def test_import_joins_sources_into_one_file(tmp_path: Path) -> None:
    """`import` writes all digits as one npz that reads back, and says how many came from where."""
    first, second = make_digits(), make_digits(train=100, seed=1)
    write_npz(first, tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x_train=second.train_images, y_train=second.train_labels)
    result = run("import", tmp_path / "a.npz", tmp_path / "b.npz", "--out", tmp_path / "all.npz")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("all.npz: 130 training and 30 test digits\n")
    assert f"      90      10  {tmp_path / 'b.npz'} (npz, test part held back)" in result.stdout
    with np.load(tmp_path / "all.npz") as arrays:
        assert np.array_equal(arrays["x_train"][:40], first.train_images)
        assert arrays["y_test"].shape == (30,)
    info = json.loads(run("info", "--json", "--data", tmp_path / "all.npz").stdout)
    assert (info["train"]["shape"][0], info["test"]["shape"][0]) == (130, 30)


def test_import_repeats_byte_by_byte(tmp_path: Path) -> None:
    """The same sources and seed give the same file."""
    path = write_npz(make_digits(), tmp_path / "a.npz")
    for name in ("b.npz", "c.npz"):
        run("import", path, "--out", tmp_path / name)
    assert (tmp_path / "b.npz").read_bytes() == (tmp_path / "c.npz").read_bytes()


def test_info_counts_each_of_several_sources(tmp_path: Path) -> None:
    """`info` with several sources gives their sum and each one's share."""
    for seed in (0, 1):
        write_npz(make_digits(seed=seed), tmp_path / f"{seed}.npz")
    arguments = ("info", "--data", tmp_path / "0.npz", "--data", tmp_path / "1.npz")
    assert ["train", *["8"] * 10, "80"] in [line.split() for line in run(*arguments).stdout.splitlines()]
    facts = json.loads(run(*arguments, "--json").stdout)
    assert [(each["name"], each["train_count"]) for each in facts["sources"]] == [
        (str(tmp_path / "0.npz"), 40),
        (str(tmp_path / "1.npz"), 40),
    ]


def test_show_draws_any_source(sample: Path, seven: np.ndarray, tmp_path: Path) -> None:
    """`show` draws pictures by class too, as many of each class as there are."""
    (tmp_path / "own" / "7").mkdir(parents=True)
    for index in range(3):
        Image.fromarray(seven).save(tmp_path / "own" / "7" / f"{index}.png")
    result = run("show", "--data", tmp_path / "own", "--out", tmp_path / "a.png")
    assert f"{tmp_path / 'a.png'}: 3 of 3 training digits" in result.stdout
    assert run("show", "--data", sample, "--out", tmp_path / "b.png").exit_code == 2
    assert (
        "40 of 40 test digits" in run("show", "--data", sample, "--split", "test", "--out", tmp_path / "b.png").stdout
    )


def test_show_counts_a_class_by_itself(sample: Path, tmp_path: Path) -> None:
    """How many are drawn is said of how many of that class there are."""
    result = run("show", "--data", sample, "--split", "test", "--label", "3", "--out", tmp_path / "a.png")
    assert f"{tmp_path / 'a.png'}: 4 of 4 test digits of class 3," in result.stdout


def surely_read(digits: MeasuringDigits, *, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of digits that nobody doubts, as the shipped model sees them."""
    scores = Classifier(read_model(MODEL), load_runtime()).scores(digits.images[: 3 * count])
    sure = np.flatnonzero((scores.argmax(axis=1) == digits.labels[: 3 * count]) & (scores.max(axis=1) > 0.98))[:count]
    assert len(sure) == count
    return digits.images[sure], digits.labels[sure]


def test_suspects_lists_and_draws_wrong_labels(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """`suspects` names the digit whose label was changed, what it is, and draws it."""
    images, truth = surely_read(sample_digits, count=100)
    labels = truth.copy()
    labels[42] = (labels[42] + 5) % 10
    np.savez(tmp_path / "a.npz", x_train=images, y_train=labels)
    arguments = ("suspects", "--model", MODEL, "--data", tmp_path / "a.npz")
    result = run(*arguments, "--sheet", tmp_path / "a.png")
    assert result.exit_code == 0, result.stderr
    assert f"{tmp_path / 'a.npz'}, train 42" in result.stdout
    assert "finds 1 of 100 labels wrong" in result.stdout
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    (suspect,) = json.loads(run(*arguments, "--json").stdout)["suspects"]
    assert (suspect["index"], suspect["suggested"]) == (42, truth[42])


def test_suspects_finds_nothing_in_right_labels(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """Where every label is right, `suspects` says so and draws nothing."""
    images, labels = surely_read(sample_digits, count=40)
    np.savez(tmp_path / "a.npz", x_test=images, y_test=labels)
    result = run("suspects", "--data", tmp_path / "a.npz", "--sheet", tmp_path / "a.png")
    assert result.stdout == "cnn_int8.tflite finds 0 of 40 labels wrong, 0 of them certainly\n"
    assert not (tmp_path / "a.png").exists()


def test_distort_writes_what_was_asked_for(sample: Path, tmp_path: Path) -> None:
    """`distort` writes one file for each kind and strength asked for, with the test digits distorted."""
    out = tmp_path / "out"
    options = ("--kind", "noise", "--kind", "thin", "--strength", "middle", "--seed", "4")
    result = run("distort", "--data", sample, "--out", out, *options)
    assert result.exit_code == 0, result.stderr
    assert {path.name for path in out.iterdir()} == {
        *("thin-middle.npz", "noise-middle.npz", "sheet.png", "distortions.json"),
    }
    with np.load(sample) as clean, np.load(out / "noise-middle.npz") as arrays:
        assert np.array_equal(arrays["x_test"], distort(clean["x_test"], "noise", "middle", seed=4))


def test_robustness_measures_every_kind(sample: Path, tmp_path: Path) -> None:
    """`robustness` gives the accuracy at each strength, its mean, and what is lost against clean digits."""
    arguments = ("robustness", SMALLEST, "--data", sample, "--kind", "thin", "--kind", "faint")
    result = run(*arguments, "--json", "--chart", tmp_path / "a.png")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    (found,) = document["models"]
    assert (document["schema"], found["count"]) == ("edge-digits.robustness/1", 40)
    assert found["clean"] > 0.9
    assert set(found["accuracy"]) == {"thin", "faint"}
    means = {each: (found["accuracy"]["thin"][each] + found["accuracy"]["faint"][each]) / 2 for each in STRENGTHS}
    assert found["mean"] == pytest.approx(means)
    assert found["points_lost"]["strong"] == pytest.approx(100 * (found["clean"] - means["strong"]))
    assert found["accuracy"]["faint"]["strong"] < found["accuracy"]["faint"]["weak"]
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "points lost" in run(*arguments).stdout


def test_non_digits_are_written_with_their_kinds(tmp_path: Path) -> None:
    """`non-digits` writes pictures with the name of their kind, and a sheet."""
    result = run("non-digits", "--out", tmp_path / "a.npz", "--sheet", tmp_path / "a.png", "--count", "3")
    assert result.exit_code == 0, result.stderr
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["images"].shape == (len(arrays["kinds"]), 28, 28)
        assert set(arrays["kinds"]) >= {"letters", "signs", "doodles", "textures", "blanks"}
    with Image.open(tmp_path / "a.png") as sheet:  # five rows of three, each with its name before it
        assert sheet.height < 5 * 94 + 130
        assert np.asarray(sheet.convert("L"))[110:190, 24:90].min() < 100


def test_refusal_measures_every_kind(sample: Path, tmp_path: Path) -> None:
    """`refusal` gives the share of each kind that is refused, and of the digits that are accepted."""
    arguments = ("refusal", MODEL, "--data", sample, "--count", "20", "--json", "--reject-below")
    nothing, all_of_it = (json.loads(run(*arguments, limit).stdout)["models"][0] for limit in ("0", "1"))
    assert (nothing["accepted"], nothing["refused_all"]) == (1.0, 0.0)
    assert (all_of_it["accepted"], all_of_it["refused_all"]) == (0.0, 1.0)
    found = json.loads(run(*arguments, "0.8").stdout)["models"][0]
    assert found["accepted"] > 0.9
    assert set(found["refused"]) >= {"letters", "signs", "doodles", "textures", "blanks"}
    assert found["refused_all"] == pytest.approx(np.mean(list(found["refused"].values())))
    assert found["refused_all"] > 0.3


@pytest.mark.parametrize(
    ("arguments", "code", "fault"),
    [
        (("import", "none.npz", "--out", "a.npz"), 6, "found nothing there"),
        (("info", "--data", "/dev/zero"), 6, "found a device or pipe"),
        (("info", "--data", "zero.csv"), 6, "found a device or pipe"),
        (("import", "--out", "a.npz"), 2, "Missing argument"),
        (("import", "{sample}", "{sample}", "--out", "a.npz"), 2, "twice"),
        (("import", "{sample}", "--out", "a.png"), 2, "end in .npz"),
        (("suspects", "--model", "none.keras"), 6, "none.keras"),
        (("suspects", "--data", "{sample}", "--split", "train"), 6, "expected train digits"),
        (("suspects", "--data", "{sample}", "--sheet", "a.jpg"), 2, "end in .png"),
        (("distort", "--data", "{train}", "--out", "out"), 6, "expected a test part"),
        (("distort", "--data", "{sample}", "--out", "{sample}"), 1, "found a file"),
        (("distort", "--data", "{sample}", "--out", "out", "--count", "50"), 2, "ask for fewer"),
        (("distort", "--out", "out", "--kind", "bent"), 2, "'bent'"),
        (("scenes", "--data", "{train}", "--out", "out"), 6, "expected a test part, found training digits alone"),
        (("robustness", "none.tflite"), 6, "none.tflite"),
        (("robustness", "{sample}"), 6, "sample.npz"),
        (("non-digits", "--out", "a.npz", "--count", "1", "--fashion", "none"), 6, "none"),
        (("refusal", "{sample}"), 6, "sample.npz"),
        (("refusal", str(MODEL), "--reject-below", "nan"), 2, "nan is not in the range"),
        (("refusal", str(MODEL), "--data", "{train}"), 6, "expected a test part"),
        (("non-digits", "--out", "a.txt"), 2, "end in .npz"),
    ],
)
def test_wrong_requests_are_one_line(
    arguments: tuple[str, ...], code: int, fault: str, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be done is one line with its exit code, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    digits = make_digits()
    np.savez("train.npz", x_train=digits.train_images, y_train=digits.train_labels)
    Path("zero.csv").symlink_to("/dev/zero")
    before = sorted(tmp_path.iterdir())
    result = run(*(each.format(sample=sample, train=tmp_path / "train.npz") for each in arguments))
    assert result.exit_code == code, result.stderr
    assert fault in result.stderr.splitlines()[-1]
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "arguments", [("import", "{sample}", "--out"), ("non-digits", "--count", "1", "--out"), ("show", "--out")]
)
def test_nothing_is_overwritten_unasked(
    arguments: tuple[str, ...], sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is there stays, unless --force is given."""
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(write_npz(make_digits(), tmp_path / "b.npz")))
    target = tmp_path / ("a.png" if "show" in arguments else "a.npz")
    target.write_bytes(b"before")
    given = [each.format(sample=sample) for each in arguments]
    assert run(*given, target).exit_code == 2
    assert target.read_bytes() == b"before"
    assert run(*given, target, "--force").exit_code == 0
    assert target.read_bytes() != b"before"


@pytest.mark.parametrize(
    "arguments",
    [
        ("robustness", str(MODEL), "--data", "none.npz", "--chart"),
        ("suspects", "--data", "none.npz", "--sheet"),
        ("show", "--data", "none.npz", "--out"),
        ("non-digits", "--fashion", "none", "--out", "a.npz", "--sheet"),
    ],
)
def test_a_picture_without_a_place_is_said_before_the_work(
    arguments: tuple[str, ...], sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after minutes whose outcome would be lost with it; nor is a folder left where the work fails."""
    monkeypatch.chdir(tmp_path)
    result = run(*arguments, sample / "new" / "a.png")
    assert result.exit_code == 1
    assert result.stderr.endswith("cannot be written: Not a directory; choose another place\n")
    assert run(*arguments, tmp_path / "new" / "folder" / "a.png").exit_code == 6
    assert list(tmp_path.iterdir()) == [sample]


def test_what_was_measured_is_printed_before_it_is_drawn(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full in the meantime takes the picture alone."""

    def full(*_arguments: object, **_options: object) -> None:
        raise OutputError("full")

    monkeypatch.setattr("edge_digits.evaluation.robustness_chart.draw_robustness", full)
    monkeypatch.setattr("edge_digits.contact_sheet.save_contact_sheet", full)
    with np.load(sample) as arrays:
        np.savez(tmp_path / "wrong.npz", x_test=arrays["x_test"], y_test=(arrays["y_test"] + 1) % 10)
    for arguments, said in (
        (("robustness", SMALLEST, "--kind", "thin", "--data", sample, "--chart"), "points lost"),
        (("suspects", "--data", tmp_path / "wrong.npz", "--sheet"), "40 of 40 labels wrong"),
    ):
        result = run(*arguments, tmp_path / "a.png")
        assert result.exit_code == 1
        assert said in result.stdout


def test_no_folder_is_left_where_nothing_was_written(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when Ctrl-C ends the work."""

    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("edge_digits.synthetic.distortion_files.write_distortions", interrupted)
    monkeypatch.setattr("edge_digits.evaluation.run.run_evaluation", interrupted)
    run("distort", "--data", sample, "--out", tmp_path / "new")
    CliRunner().invoke(cli, ["evaluate", str(MODEL), "--data", str(sample), "--report", str(tmp_path / "new/report")])
    assert list(tmp_path.iterdir()) == [sample]


def test_a_full_disk_is_one_line(sample: Path, tmp_path: Path) -> None:
    """What is written is refused by the system midway; nothing is left, and Python has nothing to add."""
    words = [sys.executable, "-m", "edge_digits", "data", "import", sample, "--out", tmp_path / "all.npz", "--quiet"]
    # A limit on the size of files stands for a disk without room; bash counts it in KiB.
    limited = ["bash", "-c", 'ulimit -f 4 && exec "$@"', "bash", *map(str, words)]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path / 'all.npz'}: cannot be written: File too large; choose another place\n"
    assert list(tmp_path.iterdir()) == [sample]
