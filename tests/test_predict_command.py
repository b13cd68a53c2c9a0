"""`predict`: one digit with its scores, in the terminal, as a picture and as JSON; and Kaggle's answer file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from benchmarks.measuring_digits import MeasuringDigits
from device.child_process import run_module
from device.inference.model_file import ModelFile, pack_model
from device.paths import DEFAULT_MODEL
from edge_digits.cli import cli
from edge_digits.data.kaggle_submission import format_submission
from edge_digits.evaluation.plots import save_png
from edge_digits.evaluation.prediction import ShownDigit, predict_digits
from edge_digits.evaluation.prediction_plot import draw_prediction
from edge_digits.evaluation.prediction_text import format_prediction, half_blocks
from edge_digits.evaluation.scoring import read_subject


@pytest.fixture
def data(sample_digits: MeasuringDigits, tmp_path: Path) -> Path:
    """Some test digits as an npz."""
    path = tmp_path / "some.npz"
    np.savez(path, x_test=sample_digits.images[:50], y_test=sample_digits.labels[:50])
    return path


def predict(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, ["predict", *map(str, arguments)])
    assert "Traceback" not in result.stderr
    return result


def prediction(*arguments: object) -> dict:
    result = predict(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_sample_is_shown_with_its_scores(data: Path, sample_digits: MeasuringDigits) -> None:
    """The number chooses it; the truth stands beside what was predicted."""
    document = prediction(DEFAULT_MODEL, "--data", data, "--index", 3)
    (digit,) = document["digits"]
    assert document["schema"] == "edge-digits.prediction/1"
    assert digit["truth"] == digit["label"] == str(sample_digits.labels[3])
    assert max(digit["scores"], key=digit["scores"].get) == digit["label"]
    assert sum(digit["scores"].values()) == pytest.approx(1, abs=0.03)
    lines = predict(DEFAULT_MODEL, "--data", data, "--index", 3).stdout.splitlines()
    assert f"predicted {digit['label']}, true {digit['truth']}" in lines[-1]


def test_the_same_seed_draws_the_same_sample(data: Path) -> None:
    """And another one, sooner or later, another."""
    drawn = [prediction(DEFAULT_MODEL, "--data", data, "--seed", seed)["source"] for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1


def test_a_picture_of_ones_own_goes_through_the_finder(seven: np.ndarray, tmp_path: Path) -> None:
    """Dark ink on paper is found, boxed and read; where there is nothing, that is the answer."""
    paper = cv2.copyMakeBorder(cv2.resize(255 - seven, (112, 112)), 40, 40, 40, 40, 0, None, [255])
    cv2.imwrite(str(tmp_path / "7.png"), paper)
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((192, 192), 255, np.uint8))
    (digit,) = prediction(DEFAULT_MODEL, tmp_path / "7.png", "--out", tmp_path / "p.png")["digits"]
    assert (digit["label"], digit["truth"]) == ("7", None)
    assert 40 <= digit["box"][0] <= 152
    assert cv2.imread(str(tmp_path / "p.png")) is not None
    assert prediction(DEFAULT_MODEL, tmp_path / "blank.png", "--out", tmp_path / "b.png")["digits"] == []
    assert "nothing found" in predict(DEFAULT_MODEL, tmp_path / "blank.png").stdout


@pytest.mark.parametrize("photo", ["page", "word"])
def test_a_photograph_is_read_as_classify_reads_it(photo: str, sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """What stands among letters, touches or is refused is the same to both, with the score that was decided on."""
    page = np.full((300, 420), 255, np.uint8)
    for place, image in enumerate(sample_digits.images[:4]):  # so near that they touch
        left = 40 + 52 * place
        page[40:110, left : left + 70] = np.minimum(page[40:110, left : left + 70], 255 - cv2.resize(image, (70, 70)))
    if photo == "word":
        cv2.putText(page, "Meter No", (30, 220), cv2.FONT_HERSHEY_SIMPLEX, 2, 40, 5)
    cv2.imwrite(str(tmp_path / "page.png"), page)
    classified = run_module("device", ["classify", str(tmp_path / "page.png"), "--json", "--model", str(DEFAULT_MODEL)])
    read = json.loads(classified.stdout)["digits"]
    predicted = prediction(DEFAULT_MODEL, tmp_path / "page.png")["digits"]
    assert len(read) >= 4
    assert [each["box"] for each in predicted] == [each["box"][:4] for each in read]
    assert ["?" if each["refused"] else each["label"] for each in predicted] == [each["label"] for each in read]
    assert [each["score"] for each in predicted] == pytest.approx([each["score"] for each in read], abs=1e-4)


def test_a_score_below_the_reject_threshold_is_called_unsure(model: ModelFile, data: Path, tmp_path: Path) -> None:
    """The card's threshold is that of the model's own best score."""
    path = tmp_path / "r.tflite"
    path.write_bytes(pack_model(model.flatbuffer, replace(model.card, decision={"reject_below": 0.9999})))
    assert prediction(path, "--data", data)["digits"][0]["refused"]
    assert "too unsure" in predict(path, "--data", data).stdout
    assert not prediction(DEFAULT_MODEL, "--data", data)["digits"][0]["refused"]


def test_a_picture_is_drawn_and_not_overwritten_by_accident(data: Path, tmp_path: Path) -> None:
    """As PNG; a second time only with --force."""
    out = tmp_path / "p.png"
    assert predict(DEFAULT_MODEL, "--data", data, "--out", out).exit_code == 0
    assert min(cv2.imread(str(out)).shape[:2]) > 400
    assert predict(DEFAULT_MODEL, "--data", data, "--out", out).exit_code == 2
    assert predict(DEFAULT_MODEL, "--data", data, "--out", out, "--force").exit_code == 0


def test_no_score_seems_to_go_beyond_one(sample_digits: MeasuringDigits) -> None:
    """The axis ends at 100 %; what is written beside a bar has room beyond it."""
    subject = read_subject(DEFAULT_MODEL, "m", warn=print)
    found = predict_digits(subject, [ShownDigit(sample_digits.images[0])], source="one", warn=pytest.fail)
    assert draw_prediction(found).axes[-1].get_xlim() == (0, 1)


def test_half_blocks_show_two_pixels_each() -> None:
    """Above, below, both or none."""
    image = np.array([[255, 0, 255, 0], [0, 255, 255, 0]], np.uint8)
    assert half_blocks(image) == ["▀▄█ "]


def write_test_csv(path: Path, images: np.ndarray) -> Path:
    lines = [",".join(f"pixel{index}" for index in range(784))]
    lines += [",".join(map(str, row)) for row in images.reshape(len(images), -1).tolist()]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_kaggle_gets_one_answer_an_image(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """Image numbers start at 1 and keep the order of test.csv."""
    test = write_test_csv(tmp_path / "test.csv", sample_digits.images[:40])
    out = tmp_path / "submission.csv"
    result = predict(DEFAULT_MODEL, "--kaggle-submission", test, "--out", out)
    assert result.exit_code == 0, result.stderr
    lines = out.read_text().splitlines()
    assert lines[0] == "ImageId,Label"
    assert [int(line.split(",")[0]) for line in lines[1:]] == list(range(1, 41))
    answers = np.array([int(line.split(",")[1]) for line in lines[1:]])
    assert (answers == sample_digits.labels[:40]).mean() > 0.95


def test_a_submission_is_ascii_lines_without_blanks() -> None:
    """What Kaggle's checker takes."""
    assert format_submission(np.eye(10, dtype=np.float32)[[3, 0]]) == "ImageId,Label\n1,3\n2,0\n"


def test_a_file_that_is_no_test_csv_is_refused_whole(tmp_path: Path) -> None:
    """One line, exit code 6, and no answer file."""
    (tmp_path / "test.csv").write_text("a,b\n1,2\n")
    result = predict(DEFAULT_MODEL, "--kaggle-submission", tmp_path / "test.csv", "--out", tmp_path / "s.csv")
    assert result.exit_code == 6
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "s.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--index", "50"], 2),
        (["--index", "1", "--seed", "1"], 2),
        (["picture.png", "--index", "1"], 2),
        (["--out", "picture.jpg"], 2),
        (["--kaggle-submission", "test.csv"], 2),
        (["--kaggle-submission", "test.csv", "--out", "answers.png"], 2),
        (["--kaggle-submission", "test.csv", "--index", "1", "--out", "answers.csv"], 2),
        (["--kaggle-submission", "missing.csv", "--out", "answers.csv"], 6),
    ],
)
def test_contradictions_and_missing_files_are_refused(
    arguments: list[str], code: int, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line each, with the exit code that fits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(whole(data)))
    result = predict(DEFAULT_MODEL, *arguments)
    assert result.exit_code == code
    assert not list(tmp_path.glob("answers*"))


@pytest.mark.parametrize("link", [False, True])
def test_what_is_read_is_not_overwritten(link: bool, sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """Not even with --force, nor under another name."""
    test = write_test_csv(tmp_path / "test.csv", sample_digits.images[:2])
    picture = tmp_path / "seven.png"
    cv2.imwrite(str(picture), 255 - sample_digits.images[0])
    for path, read in ((test, ["--kaggle-submission", test]), (picture, [picture])):
        before, out = path.read_bytes(), path
        if link:
            out = path.with_stem("link")
            out.symlink_to(path)
        result = predict(DEFAULT_MODEL, *read, "--out", out, "--force")
        assert (result.exit_code, path.read_bytes()) == (2, before)
        assert "choose another place" in result.stderr


def test_a_missing_picture_is_exit_code_6(tmp_path: Path) -> None:
    """As for any command that reads pictures."""
    assert predict(DEFAULT_MODEL, tmp_path / "none.png").exit_code == 6


def whole(data: Path) -> Path:
    """Add a training part to an npz of test digits."""
    with np.load(data) as arrays:
        images, labels = arrays["x_test"], arrays["y_test"]
    np.savez(data, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return data


def test_several_digits_of_a_picture_are_named_in_order_and_drawn(
    sample_digits: MeasuringDigits, tmp_path: Path
) -> None:
    """The terminal names them in two lines; the picture has all of them below it."""
    picture = np.hstack([255 - image for image in sample_digits.images[:12]])
    shown = [ShownDigit(image, box=(28 * place, 0, 28, 28)) for place, image in enumerate(sample_digits.images[:12])]
    subject = read_subject(DEFAULT_MODEL, "m", warn=print)
    found = predict_digits(subject, shown, source="row.png", picture=picture, warn=pytest.fail)
    text = "".join(digit.label for digit in found.digits)
    assert text == "".join(map(str, sample_digits.labels[:12]))
    assert f"row.png: predicted {text}, by m" in format_prediction(found)
    assert len(format_prediction(found).splitlines()) == 2
    save_png(draw_prediction(found), tmp_path / "row.png")
    assert cv2.imread(str(tmp_path / "row.png")).shape[1] > 1000


def test_rows_of_a_picture_stand_apart_as_in_classify(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """A bar is between two rows, and each digit says which is its own."""
    page = np.full((240, 300), 255, np.uint8)
    for place, image in enumerate(sample_digits.images[4:8]):
        top, left = 30 + 110 * (place // 2), 60 + 110 * (place % 2)
        page[top : top + 70, left : left + 70] = 255 - cv2.resize(image, (70, 70))
    cv2.imwrite(str(tmp_path / "page.png"), page)
    one, two, three, four = sample_digits.labels[4:8]
    assert f"predicted {one}{two} | {three}{four}, by" in predict(DEFAULT_MODEL, tmp_path / "page.png").stdout
    digits = prediction(DEFAULT_MODEL, tmp_path / "page.png")["digits"]
    assert [digit["row"] for digit in digits] == [0, 0, 1, 1]
