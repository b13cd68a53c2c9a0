"""Collecting: what is worth a look is kept, under an exact quota, and a person corrects it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shlex import split

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from benchmarks.measuring_digits import MeasuringDigits
from device.cli import cli
from device.collected import append_line, drop_stale_lines, read_lines, unsure_crops
from device.early_end import Asked
from device.errors import DataError, UsageError
from device.frames import Frame
from device.idx import LabelledDigits
from device.inference.classifier import Classifier
from device.reader import Reader
from device.reading import ModelName, ReadDigit, Reading
from device.running import pump
from device.settings.settings import CollectSettings, Settings
from device.settings.voting_settings import VotingSettings
from device.sinks.quota_folder import QuotaFolder, used_on_disk
from device.sinks.sink import Event
from device.sinks.sink_collect import CollectSink
from edge_digits.commands.train import train
from edge_digits.synthetic.scenes import CAUSES, render_scene

MODEL = ModelName("cnn", "int8", "ab" * 32, "none")


@pytest.fixture
def paper(seven: np.ndarray) -> np.ndarray:
    """A frame of 100×120 with a dark seven on light ground at (40, 30)."""
    frame = np.full((100, 120, 3), 210, np.uint8)
    frame[30:58, 40:68] -= (seven[:, :, None] * 0.7).astype(np.uint8)
    return frame


def event(frame: np.ndarray, number: int, *, label: str = "7", score: float = 0.5) -> Event:
    digits = (ReadDigit(label, score, (47, 36, 14, 20)),)
    canonical = ((210 - frame[30:58, 40:68, 0]) / 0.7).astype(np.uint8)
    return Event(Reading("camera:0", number, 1_700_000_000.0 + number, digits, model=MODEL), frame, (canonical,))


def collect(folder: Path, **more: object) -> CollectSink:
    return CollectSink(CollectSettings(folder=folder, **{"every_s": 0.0, "again_s": 0.0, **more}))


def test_crops_that_may_not_be_listed_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than called none."""
    (tmp_path / "unsure").mkdir()

    def refuse(folder: Path) -> list[str]:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("device.collected.os.listdir", refuse)
    with pytest.raises(DataError, match=r"unsure: cannot be read: Permission denied; check its permissions"):
        unsure_crops(tmp_path)


def test_an_uncertain_digit_is_kept_with_its_frame(paper: np.ndarray, tmp_path: Path) -> None:
    """A canonical crop, the frame, and a line with reading and model digest; a sure digit is not kept."""
    collect(tmp_path / "c").write([event(paper, 1), event(paper, 2, score=0.99)])
    (line,) = read_lines(tmp_path / "c")
    assert (line["label"], line["score"], line["why"], line["sha256"]) == ("7", 0.5, "uncertain", MODEL.sha256)
    with Image.open(tmp_path / "c" / line["file"]) as crop:
        assert (crop.size, crop.mode) == ((28, 28), "L")
        pixels = np.asarray(crop)
    assert pixels.max() > 240
    assert pixels[0].max() < 30
    with Image.open(tmp_path / "c" / line["frame"]) as frame:
        assert frame.size == (120, 100)
    assert len([*(tmp_path / "c").rglob("*.png")]) == 1


def test_what_is_kept_is_what_the_network_was_given(
    sample_digits: MeasuringDigits, classifier: Classifier, tmp_path: Path
) -> None:
    """Of each digit that is in doubt, also of those that touch and were cut."""
    ink = LabelledDigits(sample_digits.images, sample_digits.labels)
    scene = render_scene(ink, cause=CAUSES["touching"], rows=1, columns=4, seed=3)
    frame = Frame("a.png", 0, 0.0, scene.frame)
    sink = collect(tmp_path, below=1.0, frames=False)
    seen: list[Event] = []

    class Kept:
        def put(self, event: Event, *, every: bool) -> None:
            if not every:
                seen.append(event)

    assert pump([frame], Reader(classifier), Settings(), stream=False, sinks=Kept()) == 0
    sink.write(seen)
    reading, canonical = Reader(classifier).read_closely(frame)
    assert len(reading.digits) == 4
    lines = read_lines(tmp_path)
    for line, digit, expected in zip(lines, reading.digits, canonical, strict=True):
        assert (line["label"], line["box"]) == (digit.label, list(digit.box))
        with Image.open(tmp_path / line["file"]) as crop:
            assert np.array_equal(np.asarray(crop), expected)
    assert lines[1]["context"] == "{}[{}]{}{}".format(*reading.text)


def test_a_change_that_is_told_late_comes_with_its_picture(paper: np.ndarray, classifier: Classifier) -> None:
    """Also where the last frame cannot be read, as that of a film that is cut short."""
    images = [paper] * 4 + [paper[:, ::-1] // 2] * 6
    frames = [Frame("a.avi", number, float(number), image) for number, image in enumerate(images)]
    frames.append(Frame("a.avi", len(images), 10.0, None, error=DataError("cut short")))
    told: list[Event] = []

    class Told:
        def put(self, event: Event, *, every: bool) -> None:
            if not every:
                told.append(event)

    settings = Settings(voting=VotingSettings(on_change=True, every_s=60.0))
    assert pump(frames, Reader(classifier), settings, stream=True, sinks=Told()) == 1
    first, error, late = told
    assert (first.reading.held, first.image is paper) == ("7", True)
    assert (error.reading.error, error.image) == ("cut short", None)
    assert (late.reading.frame, late.image is images[-1], len(late.canonical)) == (9, True, len(late.reading.digits))


def test_pictures_of_one_moment_do_not_overwrite_each_other(paper: np.ndarray, tmp_path: Path) -> None:
    """Small pictures of a folder are read within a millisecond, and each is frame 0 of its own source."""
    events = [event(paper, 0, label=label) for label in "123"]
    collect(tmp_path).write(events)
    lines = read_lines(tmp_path)
    assert [line["label"] for line in lines] == ["1", "2", "3"]
    for kind in ("file", "frame"):
        assert len({line[kind] for line in lines if (tmp_path / line[kind]).is_file()}) == 3


def test_changes_and_samples_are_kept(paper: np.ndarray, tmp_path: Path) -> None:
    """A sure digit is kept when the text changed, and one now and then as a sample."""
    readings = [event(paper, n, label=label, score=0.99) for n, label in enumerate("7711")]
    collect(tmp_path / "c", frames=False).write(readings)
    assert [line["why"] for line in read_lines(tmp_path / "c")] == ["changed"]
    collect(tmp_path / "s", changes=False, every_s=1000.0).write(readings)
    assert [line["why"] for line in read_lines(tmp_path / "s")] == ["sample"]


def test_a_text_that_stays_is_kept_once_in_a_while(paper: np.ndarray, tmp_path: Path) -> None:
    """A frame a second of the same doubtful digit is one crop in ten seconds; another text is kept at once."""
    readings = [event(paper, number) for number in range(25)]
    collect(tmp_path, again_s=10.0).write([*readings[:5], event(paper, 5, label="1"), *readings[6:]])
    assert [Path(line["file"]).stem.split("-")[1] for line in read_lines(tmp_path)] == ["0", "5", "10", "20"]


def test_the_quota_holds_exactly_and_the_oldest_go(paper: np.ndarray, tmp_path: Path) -> None:
    """At every moment the folder takes no more disk than allowed; the newest crop is there."""
    folder = tmp_path / "c"
    sink = collect(folder, quota_mb=0.1)
    for number in range(60):
        sink.write([event(paper, number)])
        assert used_on_disk(folder) <= 100_000
    crops = sorted(int(each.name.split("-")[1]) for each in (folder / "unsure").iterdir())
    assert crops == [*range(60 - len(crops), 60)]
    assert len(crops) >= 8


def test_what_a_person_corrected_is_never_deleted(paper: np.ndarray, tmp_path: Path) -> None:
    """It counts for the quota; where it leaves no room, nothing is kept, and that is said."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "old.png").write_bytes(b"x" * 98_000)
    with pytest.raises(UsageError, match="taken by what is kept; raise the quota"):
        collect(tmp_path, quota_mb=0.1).write([event(paper, 1), event(paper, 2)])
    assert (tmp_path / "7" / "old.png").exists()


@pytest.mark.parametrize("name", ["frames/holiday.jpg", "unsure/notes.png", "old/frames/20240101T000000.000Z-1.jpg"])
def test_files_that_others_put_into_the_folder_are_never_deleted(name: str, paper: np.ndarray, tmp_path: Path) -> None:
    """They count for the quota, and the oldest crops go instead."""
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_bytes(b"x" * 30_000)
    sink = collect(tmp_path, quota_mb=0.1)
    for number in range(20):
        sink.write([event(paper, number)])
    assert (tmp_path / name).exists()
    assert used_on_disk(tmp_path) <= 100_000


@pytest.mark.parametrize("name", [".run.part.avi", ".letter-x1.part.odt", "7/.mine-x1.part.png"])
def test_what_others_are_writing_in_the_folder_is_left_alone(name: str, tmp_path: Path) -> None:
    """Such as the video of the same run; what a power cut left of a crop, a frame or the index goes."""
    ours = [
        ".index-x1.part.jsonl",
        "frames/.20240101T000000.000Z-1-x1.part.jpg",
        "7/.20240101T000000.000Z-1-0-x1.part.png",
    ]
    for each in (name, *ours):
        (tmp_path / each).parent.mkdir(exist_ok=True)
        (tmp_path / each).write_bytes(b"half")
    collect(tmp_path)
    assert [path for path in (name, *ours) if (tmp_path / path).exists()] == [name]


def test_a_quota_smaller_than_one_frame_is_said(paper: np.ndarray, tmp_path: Path) -> None:
    """One line, not silence."""
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    with pytest.raises(UsageError, match=r"expected a quota of at least .* for a single file"):
        collect(tmp_path, quota_mb=0.05).write([event(noise, 1)])


def test_the_names_of_many_files_count_for_the_quota(tmp_path: Path) -> None:
    """A folder of many files takes room itself, as `du` shows."""
    files = QuotaFolder(tmp_path / "q", max_bytes=3_000_000, may_go=lambda path: True)
    for number in range(900):
        files.write(f"below/{number:04}-{'x' * 200}.png", b"content")
    assert files.used_bytes == used_on_disk(tmp_path / "q") <= 3_000_000


def test_half_written_files_of_a_power_cut_are_removed(tmp_path: Path) -> None:
    """They would count for ever."""
    (tmp_path / ".x-abc.part.png").write_bytes(b"half")
    QuotaFolder(tmp_path, max_bytes=10_000, may_go=lambda path: True)
    assert not [*tmp_path.iterdir()]


def test_an_unfinished_line_of_the_index_is_cut_off(tmp_path: Path) -> None:
    """The next line starts anew."""
    append_line(tmp_path, {"file": "a.png"})
    with (tmp_path / "index.jsonl").open("a") as file:
        file.write('{"file": "b')
    append_line(tmp_path, {"file": "c.png"})
    assert [line["file"] for line in read_lines(tmp_path)] == ["a.png", "c.png"]
    (tmp_path / "c.png").touch()
    drop_stale_lines(tmp_path)
    assert [line["file"] for line in read_lines(tmp_path)] == ["c.png"]


@pytest.fixture
def collected(paper: np.ndarray, tmp_path: Path) -> Path:
    """A folder with four crops that were read as 7."""
    collect(tmp_path / "c").write([event(paper, number) for number in range(4)])
    return tmp_path / "c"


def review(folder: Path, *answers: str) -> Result:
    return CliRunner().invoke(cli, ["collect", "review", str(folder)], input="".join(f"{each}\n" for each in answers))


def test_a_person_confirms_corrects_deletes_and_skips(collected: Path) -> None:
    """Each crop goes to the folder of its label, as `train --data` takes it, and the index knows."""
    result = review(collected, "", "1", "x", "s")
    assert result.exit_code == 0
    assert "read 7 (0.50), uncertain" in result.stdout
    assert [len([*(collected / name).glob("*.png")]) for name in ("7", "1", "unsure")] == [1, 1, 1]
    last = read_lines(collected)[-1]
    assert (last["label"], last["read"], last["file"].split("/")[0], last["sha256"]) == ("1", "7", "1", MODEL.sha256)
    assert "reviewed" in last
    assert "2 labelled, 2 left or deleted" in result.stdout
    learning = result.stdout.splitlines()[-1].partition("; edge-digits train ")[2]
    assert train.make_context("train", split(learning)).params["sources"] == (str(collected),)


def test_a_review_without_labelled_digits_advises_no_training(collected: Path) -> None:
    """Training takes the ten digits alone."""
    (collected / "A").mkdir()
    assert review(collected, "A", "A", "q").stdout.splitlines()[-1] == "2 labelled, 2 left or deleted"
    assert "; edge-digits train --init MODEL.keras --data" in review(collected, "7", "q").stdout


def test_a_review_says_which_of_several_digits_is_meant(seven: np.ndarray, tmp_path: Path) -> None:
    """It stands in brackets among what else its frame showed, row by row; alone it needs none."""
    digits = tuple(ReadDigit(label, 0.5, (0, 0, 9, 9), row=row) for label, row in (("7", 0), ("1", 0), ("4", 1)))
    frame = np.zeros((99, 99, 3), np.uint8)
    collect(tmp_path).write([Event(Reading("a", 0, 1e9, digits), frame, (seven, seven, seven))])
    shown = review(tmp_path, "s", "s", "s").stdout
    for digit, among in (("7", "[7]1 | 4"), ("1", "7[1] | 4"), ("4", "71 | [4]")):
        assert f"read {digit} (0.50) in {among}, uncertain" in shown


def test_a_review_that_ctrl_c_ends_says_so(collected: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 130, after what was done."""
    monkeypatch.setattr(Asked, "to_end", KeyboardInterrupt())
    result = review(collected)
    assert result.exit_code == 130
    assert "0 labelled, 4 left" in result.stdout


def test_a_label_can_be_taken_back(collected: Path) -> None:
    """U undoes the last; the end of input is an end."""
    result = review(collected, "3", "u", "4", "q")
    assert result.exit_code == 0
    assert not [*(collected / "3").iterdir()]
    assert len([*(collected / "4").iterdir()]) == 1
    assert review(collected).exit_code == 0


def test_a_deletion_can_be_taken_back(collected: Path) -> None:
    """U brings the crop back as it was."""
    first = sorted((collected / "unsure").iterdir())[0]
    content = first.read_bytes()
    assert "0 labelled, 4 left" in review(collected, "x", "u", "q").stdout
    assert first.read_bytes() == content


@pytest.mark.parametrize("label", ["../7", "unsure", ".x"])
def test_a_label_that_names_no_folder_is_asked_again(label: str, collected: Path) -> None:
    """Nothing leaves the folder."""
    result = review(collected, label, "q")
    assert "expected a label that can name a folder" in result.stderr
    assert len([*(collected / "unsure").iterdir()]) == 4


def test_a_label_that_nobody_knows_is_asked_again(collected: Path) -> None:
    """A slip of the finger makes no class; a digit, a label that was read and a folder that is there are known."""
    (collected / "11").mkdir()
    result = review(collected, "77", "Q", "11", "9", "q")
    assert "expected one of 0 1 11 2 3 4 5 6 7 8 9, found '77'" in result.stderr
    assert "found 'Q'" in result.stderr
    assert sorted(each.name for each in collected.iterdir() if each.is_dir()) == ["11", "9", "frames", "unsure"]


def test_what_the_model_doubted_is_not_confirmed(paper: np.ndarray, tmp_path: Path) -> None:
    """Enter would make a class "?", which training leaves out."""
    collect(tmp_path).write([event(paper, 1, label="?")])
    result = review(tmp_path, "", "?", "7")
    assert result.stderr.count("expected a label, as the model was in doubt itself") == 2
    assert "1 labelled" in result.stdout
    assert not (tmp_path / "?").exists()


def test_a_crop_that_goes_while_it_is_looked_at_does_not_end_the_review(
    collected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that collects has made room; it is said, and not counted as labelled."""
    first = sorted((collected / "unsure").iterdir())[0]
    answers = iter(["", "", "q"])

    def answer(*_: object, **__: object) -> str:
        first.unlink(missing_ok=True)
        return next(answers)

    monkeypatch.setattr("click.prompt", answer)
    result = review(collected)
    assert result.exit_code == 0
    assert "gone, to make room" in result.stderr
    assert "1 labelled" in result.stdout


def test_a_damaged_line_of_the_index_does_not_end_the_review(collected: Path) -> None:
    """What it says wrongly is not known."""
    crop = sorted((collected / "unsure").iterdir())[0]
    append_line(collected, {"file": f"unsure/{crop.name}", "label": ["7"], "score": "high", "text": 7})
    assert review(collected, "7", "q").exit_code == 0


def test_a_folder_that_holds_nothing_collected_is_exit_code_6(tmp_path: Path) -> None:
    """One line."""
    result = review(tmp_path)
    assert (result.exit_code, len(result.stderr.splitlines())) == (6, 1)


def test_info_counts(collected: Path) -> None:
    """Crops a label, and the disk they take."""
    review(collected, "", "1", "q")
    result = CliRunner().invoke(cli, ["collect", "info", "--json", str(collected)])
    document = json.loads(result.stdout)
    assert document == {"crops": {"unsure": 2, "1": 1, "7": 1}, "size_bytes": used_on_disk(collected)}


def test_several_runs_keep_pictures_in_one_folder(tmp_path: Path) -> None:
    """None overwrites those of another, or takes its unfinished file for what a power cut left."""

    def run(number: int) -> list[Path]:
        files = QuotaFolder(tmp_path, max_bytes=10**7, may_go=lambda path: True)
        return [files.write(f"{place}.jpg", bytes([number]) * 5000) for place in range(30)]

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(run, range(4)))
    assert len({path for paths in written for path in paths}) == len([*tmp_path.iterdir()]) == 120
    for number, paths in enumerate(written):
        assert {path.read_bytes() for path in paths} == {bytes([number]) * 5000}


def test_what_other_runs_write_counts_for_the_quota(tmp_path: Path) -> None:
    """Each deletes the oldest of all."""
    runs = [QuotaFolder(tmp_path, max_bytes=200_000, may_go=lambda path: True) for _ in range(2)]
    for number in range(60):
        files = runs[number % 2]
        files._next_count_s = 0.0  # as if it had been counted long ago
        files.write(f"{number:02}.jpg", bytes(5000))
        assert used_on_disk(tmp_path) <= 200_000
    assert max(path.name for path in tmp_path.iterdir()) == "59.jpg"
    assert min(path.name for path in tmp_path.iterdir()) > "30.jpg"
