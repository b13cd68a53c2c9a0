"""`evaluate` and `predict` on converted models, as a user meets them."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from benchmarks.measuring_digits import MeasuringDigits
from device.inference.model_card import TensorCard
from device.inference.model_file import ModelFile, pack_model
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL, SHIPPED_MODELS
from edge_digits.cli import cli

FLOAT = SHIPPED_MODELS / "cnn_float32.tflite"
COUNT = 300


@pytest.fixture
def data(sample_digits: MeasuringDigits, tmp_path: Path) -> Path:
    """Some test digits as an npz."""
    path = tmp_path / "some.npz"
    np.savez(path, x_test=sample_digits.images[:COUNT], y_test=sample_digits.labels[:COUNT])
    return path


@pytest.fixture
def fooled(sample_digits: MeasuringDigits, tmp_path: Path) -> Path:
    """Test digits of which the first five have wrong labels, so that every model makes mistakes."""
    labels = sample_digits.labels[:COUNT].copy()
    labels[:5] = (labels[:5] + 1) % 10
    np.savez(tmp_path / "fooled.npz", x_test=sample_digits.images[:COUNT], y_test=labels)
    return tmp_path / "fooled.npz"


@pytest.fixture
def photographs(sample_digits: MeasuringDigits, tmp_path: Path) -> Path:
    """A list of a readable photograph, a mislabelled one and a missing one."""
    seven = sample_digits.images[int(np.flatnonzero(sample_digits.labels == 7)[0])]
    paper = cv2.copyMakeBorder(cv2.resize(255 - seven, (112, 112)), 40, 40, 40, 40, 0, None, [255])
    cv2.imwrite(str(tmp_path / "7.png"), paper)
    cv2.imwrite(str(tmp_path / "again.png"), paper)
    path = tmp_path / "labels.csv"
    path.write_text("path,label,source\n7.png,7,ann\nagain.png,1,bob\ngone.png,3,bob\n")
    return path


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [*map(str, arguments)])
    assert "Traceback" not in result.stderr
    return result


def evaluation(*arguments: object, code: int = 0) -> dict:
    result = run("evaluate", *arguments, "--json")
    assert result.exit_code == code, result.stderr
    document = json.loads(result.stdout)
    assert document["schema"] == "edge-digits.evaluation/1"
    return document


def changed(model: ModelFile, path: Path, **fields: object) -> Path:
    """Write a model whose card says something else."""
    path.write_bytes(pack_model(model.flatbuffer, replace(model.card, **fields)))
    return path


def test_one_json_document_holds_every_figure(fooled: Path) -> None:
    """Accuracy with its interval, figures of each digit, confusions and calibration fit together."""
    document = evaluation(DEFAULT_MODEL, "--data", fooled)
    model = document["models"][0]
    assert (model["count"], document["data"]["count"], document["data"]["split"]) == (COUNT, COUNT, "test")
    assert model["interval_95"][0] < model["accuracy"] < model["interval_95"][1]
    confusion = np.array(model["confusion"])
    assert confusion.sum() == COUNT
    assert confusion.trace() == model["correct"]
    assert COUNT - model["correct"] >= len(model["worst_mistakes"]) >= 5
    assert {each["index"] for each in model["worst_mistakes"]} >= set(range(5))
    assert sum(each["count"] for each in model["calibration"]["bins"]) == COUNT
    assert model["size_bytes"] == DEFAULT_MODEL.stat().st_size


@pytest.mark.parametrize("runtime", installed_runtimes())
def test_every_installed_runtime_can_be_asked(runtime: str, data: Path) -> None:
    """The document names the one that ran the model."""
    model = evaluation(DEFAULT_MODEL, "--data", data, "--runtime", runtime)["models"][0]
    assert model["runtime"].startswith(runtime)
    assert model["accuracy"] > 0.98


def test_several_models_are_compared_on_the_same_digits(fooled: Path) -> None:
    """Right and wrong of both add up to all digits."""
    document = evaluation(DEFAULT_MODEL, FLOAT, "--data", fooled)
    (pair,) = document["comparisons"]
    names = ("both_right", "both_wrong", "only_first_wrong", "only_second_wrong")
    assert sum(pair[name] for name in names) == COUNT
    assert pair["both_wrong"] >= 5
    assert 0 <= pair["mcnemar_p"] <= 1


def test_the_table_reads_for_people(fooled: Path) -> None:
    """One model is shown digit by digit, with what it mistakes most."""
    result = run("evaluate", DEFAULT_MODEL, "--data", fooled)
    assert re.search(r"accuracy \(95 %\)", result.stdout)
    assert re.search(r"^mean +300", result.stdout, re.MULTILINE)
    assert "most often mistaken:" in result.stdout


def test_a_card_with_a_reject_threshold_tells_what_it_accepts(model: ModelFile, fooled: Path, tmp_path: Path) -> None:
    """How many digits are accepted and how many of those are right; without one, nothing is said."""
    path = changed(model, tmp_path / "r.tflite", decision={"reject_below": 0.93})
    found = evaluation(path, "--data", fooled)["models"][0]["accepted"]
    assert found["reject_below"] == 0.93
    assert 0 < found["correct"] <= found["count"] < COUNT
    assert "digits accepted" in run("evaluate", path, "--data", fooled).stdout
    without = changed(model, tmp_path / "w.tflite", decision={})
    assert evaluation(without, "--data", fooled)["models"][0]["accepted"] is None


def test_a_report_is_one_page_that_needs_nothing_else(fooled: Path, photographs: Path, tmp_path: Path) -> None:
    """No script, no address elsewhere, less than a megabyte; every picture also lies beside it."""
    folder = tmp_path / "report"
    result = run("evaluate", DEFAULT_MODEL, FLOAT, "--data", fooled, "--photos", photographs, "--report", folder)
    assert result.exit_code == 6  # the missing photograph
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert len(page) < 1_000_000
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    assert "url(" not in page
    assert page.count("image/svg+xml") == 5
    for stem in ("cnn_int8", "cnn_float32"):
        for what in ("confusion", "calibration", "mistakes", "photos"):
            assert cv2.imread(str(folder / f"{stem}-{what}.png")) is not None
    assert json.loads((folder / "evaluation.json").read_text())["photos"][0]["unreadable"]
    assert not list(folder.glob(".*"))


def test_a_name_with_a_line_break_stays_one_line_of_the_table(data: Path, model: ModelFile, tmp_path: Path) -> None:
    """What cannot be shown is escaped, in the table and in the document."""
    (tmp_path / "new\nline.tflite").write_bytes(pack_model(model.flatbuffer, model.card))
    result = run("evaluate", tmp_path / "new\nline.tflite", FLOAT, "--data", data)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("new\\nline.tflite  ") == 2


def test_pictures_of_an_earlier_report_go_with_it(
    data: Path, photographs: Path, model: ModelFile, tmp_path: Path
) -> None:
    """They would pass for those of the new one; files of others stay, whatever they are called."""
    folder = tmp_path / "report"
    arguments = (DEFAULT_MODEL, FLOAT, "--data", data, "--photos", photographs, "--report", folder)
    assert run("evaluate", *arguments).exit_code == 6
    for name in ("mine.png", "cnn_int8-rows.png", "cnn_int8-photos.txt"):
        (folder / name).touch()
    renamed = tmp_path / "other.tflite"
    renamed.write_bytes(pack_model(model.flatbuffer, model.card))
    assert run("evaluate", renamed, FLOAT, "--data", data, "--report", folder, "--force").exit_code == 0
    pictures = {
        f"{stem}-{what}" for stem in ("other", "cnn_float32") for what in ("confusion", "calibration", "mistakes")
    }
    kept = {"mine.png", "cnn_int8-rows.png", "cnn_int8-photos.txt", "report.html", "evaluation.json", "models.png"}
    assert {path.name for path in folder.iterdir()} == kept | {f"{each}.png" for each in pictures}
    (folder / "evaluation.json").write_text("{}")
    assert run("evaluate", renamed, "--data", data, "--report", folder, "--force").exit_code == 0
    assert (folder / "models.png").exists()


def test_a_report_is_not_overwritten_by_accident(data: Path, tmp_path: Path) -> None:
    """Neither a page nor a document is, without --force; a file for a folder is refused before the work."""
    (tmp_path / "report.html").write_text("mine")
    assert run("evaluate", DEFAULT_MODEL, "--data", data, "--report", tmp_path).exit_code == 2
    assert (tmp_path / "report.html").read_text() == "mine"
    assert run("evaluate", DEFAULT_MODEL, "--data", data, "--report", tmp_path, "--force").exit_code == 0
    assert (tmp_path / "report.html").read_text() != "mine"
    assert run("evaluate", DEFAULT_MODEL, "--data", data, "--report", data).exit_code == 1


def test_one_list_of_photographs_is_taken(data: Path, photographs: Path) -> None:
    """A second one is refused, not taken instead."""
    result = run("evaluate", DEFAULT_MODEL, "--data", data, "--photos", photographs, "--photos", photographs)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"expected --photos once, found {photographs} and {photographs}; name one\n" in result.stderr


def test_what_a_page_shows_is_escaped(model: ModelFile, data: Path, tmp_path: Path) -> None:
    """A model's file name is text, whatever it holds."""
    path = changed(model, tmp_path / "<b>&.tflite")
    assert run("evaluate", path, "--data", data, "--report", tmp_path / "out").exit_code == 0
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "<b>&.tflite" not in page
    assert "&lt;b&gt;&amp;.tflite" in page


def test_a_missing_photograph_is_exit_code_6_and_stops_no_other(data: Path, photographs: Path) -> None:
    """It is listed and counted; the others are scored by source."""
    document = evaluation(DEFAULT_MODEL, "--data", data, "--photos", photographs, code=6)
    (photos,) = document["photos"]
    assert len(photos["unreadable"]) == 1
    assert "gone.png" in photos["unreadable"][0]
    (single,) = photos["kinds"]
    assert [(each["source"], each["pictures"], each["pictures_right"]) for each in single["sources"]] == [
        ("ann", 1, 1),
        ("bob", 1, 0),
    ]
    assert photos["misread"] == [
        {"path": str(photographs.parent / "again.png"), "source": "bob", "label": "1", "text": "7"}
    ]


def test_photographs_that_cannot_be_read_are_named_though_quiet(data: Path, photographs: Path) -> None:
    """The line of the error refers to these."""
    photographs.write_text(photographs.read_text() + "lost.png,1,ann\n")
    result = run("evaluate", DEFAULT_MODEL, "--data", data, "--photos", photographs, "--quiet")
    assert result.exit_code == 6
    *named, last = result.stderr.splitlines()
    assert [name in line for name, line in zip(("gone.png", "lost.png"), named, strict=True)] == [True, True]
    assert "2 photographs cannot be read" in last


def test_a_model_that_cannot_be_evaluated_stops_no_other(data: Path, tmp_path: Path) -> None:
    """Its exit code is the outcome, its reason is said, and the others have their figures."""
    damaged = tmp_path / "damaged.tflite"
    content = bytearray(DEFAULT_MODEL.read_bytes())
    content[2000] ^= 255
    damaged.write_bytes(content)
    assert len(evaluation(damaged, DEFAULT_MODEL, "--data", data, code=6)["models"]) == 1
    alone = run("evaluate", damaged, "--data", data)
    assert alone.exit_code == 6
    assert alone.stderr.count("\n") == 1
    assert "damaged" in alone.stderr


def test_a_model_of_another_size_or_with_other_labels_is_exit_code_4(
    model: ModelFile, data: Path, tmp_path: Path
) -> None:
    """Expected and found are said in one line."""
    larger = changed(model, tmp_path / "l.tflite", input=TensorCard((1, 96, 96, 3), "int8", 1.0, -128))
    letters = changed(model, tmp_path / "a.tflite", labels=tuple("abcdefghij"))
    for path, words in ((larger, "28×28"), (letters, "labels 0 to 9")):
        result = run("evaluate", path, "--data", data)
        assert result.exit_code == 4
        assert words in result.stderr


def test_a_model_without_a_card_takes_its_labels_from_a_file(model: ModelFile, data: Path, tmp_path: Path) -> None:
    """Without them it is refused, with them it is evaluated."""
    foreign, labels = tmp_path / "foreign.tflite", tmp_path / "labels.txt"
    foreign.write_bytes(model.flatbuffer)
    labels.write_text("\n".join("0123456789"))
    assert run("evaluate", foreign, "--data", data).exit_code == 6
    assert evaluation(foreign, "--data", data, "--labels", labels)["models"][0]["accuracy"] > 0.98
    assert len(evaluation(foreign, DEFAULT_MODEL, "--data", data, "--labels", labels)["models"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.tflite"], 6),
        (["missing.keras"], 6),
        ([], 2),
        ([DEFAULT_MODEL, "--data", "missing.npz"], 6),
        ([DEFAULT_MODEL, "--photos", "missing.csv"], 6),
        ([DEFAULT_MODEL, "--runtime", "onnx"], 2),
        ([Path(__file__)], 6),
    ],
)
def test_bad_arguments_have_their_exit_code(arguments: list[object], code: int) -> None:
    """One line each, before any work."""
    assert run("evaluate", *arguments).exit_code == code


def test_a_missing_model_is_said_before_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where scikit-learn is absent too, the name is what to put right first."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    missing, there = run("evaluate", "missing.tflite", "none.keras"), run("evaluate", "missing.tflite", DEFAULT_MODEL)
    assert (missing.exit_code, there.exit_code) == (6, 1)
    assert missing.stderr.startswith("error: missing.tflite, none.keras: expected")
    assert "scikit-learn" in there.stderr


def test_nothing_is_held_back_of_test_digits_alone(data: Path) -> None:
    """One line says that there are none of that part."""
    result = run("evaluate", DEFAULT_MODEL, "--data", data, "--split", "validation")
    assert result.exit_code == 6
    assert "expected digits held back for validation, found none; choose another --split" in result.stderr


def test_photographs_need_a_converted_model(photographs: Path, tmp_path: Path) -> None:
    """Said before the work where no model could read them."""
    (tmp_path / "m.keras").write_bytes(b"")
    result = run("evaluate", tmp_path / "m.keras", "--photos", photographs)
    assert result.exit_code == 2
    assert "edge-digits convert" in result.stderr


def test_a_source_without_parts_is_evaluated_whole(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """Unless the part is asked for that training holds back of it."""
    path = tmp_path / "train.csv"
    head = ",".join(["label", *(f"pixel{index}" for index in range(784))])
    rows = np.column_stack([sample_digits.labels[:200], sample_digits.images[:200].reshape(200, -1)])
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows.tolist())]) + "\n")
    whole = evaluation(DEFAULT_MODEL, "--data", path)
    assert (whole["data"]["split"], whole["data"]["count"]) == ("all", 200)
    tested = evaluation(DEFAULT_MODEL, "--data", path, "--split", "test")["data"]["count"]
    assert 0 < tested < 60
    # Training holds a tenth back of so few; what the model held back of others says nothing here.
    held = evaluation(DEFAULT_MODEL, "--data", path, "--split", "validation")["data"]
    assert (held["split"], held["count"]) == ("validation", (200 - tested) // 10)
