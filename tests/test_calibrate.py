"""`calibrate` proposes regions and layout from a picture, draws them and writes a settings file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from benchmarks.measuring_digits import MeasuringDigits
from device.cli import cli
from device.errors import PictureError
from device.frames import Frame
from device.idx import LabelledDigits
from device.inference.model_file import read_model
from device.paths import DEFAULT_MODEL
from device.proposal_check import propose_and_check
from device.reading import ReadDigit, Reading
from device.settings.reading_settings import ReadingSettings
from device.settings.settings_file import load_settings
from edge_digits.cli import cli as edge_digits
from edge_digits.synthetic.scenes import CAUSES, Scene, render_scene


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def page(sample_digits: MeasuringDigits) -> Scene:
    """A page of two rows of four digits."""
    ink = LabelledDigits(sample_digits.images, sample_digits.labels)
    return render_scene(ink, cause=CAUSES["plain"], rows=2, columns=4, seed=4)


@pytest.fixture
def picture(page: Scene, tmp_path: Path) -> Path:
    """That page as a file."""
    path = tmp_path / "page.png"
    Image.fromarray(page.frame[..., ::-1]).save(path)
    return path


def test_the_proposal_reads_what_was_read(page: Scene, picture: Path, tmp_path: Path) -> None:
    """Each row becomes a region, and classify reads with the settings file what is there."""
    out = tmp_path / "s.toml"
    assert invoke("calibrate", picture, "--out", out).exit_code == 0
    settings = load_settings(out).reading
    assert [roi.name for roi in settings.regions] == ["row1", "row2"]
    assert (settings.layout, settings.expect_digits) == ("row", 4)
    fields = json.loads(invoke("classify", "--json", "--config", out, picture).stdout)
    assert tuple(fields["rois"].values()) == page.rows


def test_a_model_without_a_card_is_calibrated_with(picture: Path, tmp_path: Path) -> None:
    """With its labels, as other commands take it, such as the next one that is named."""
    bare, labels, out = tmp_path / "bare.tflite", tmp_path / "labels.txt", tmp_path / "settings.toml"
    bare.write_bytes(read_model(DEFAULT_MODEL).flatbuffer)
    labels.write_text("zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n")
    result = invoke("calibrate", picture, "--out", out, "--model", bare, "--labels", labels)
    assert result.exit_code == 0
    assert load_settings(out).reading.regions
    assert f"try python -m device classify --config {out} --model {bare} --labels {labels} {picture}\n" in result.stdout


def test_the_proposal_is_drawn(picture: Path, tmp_path: Path) -> None:
    """A PNG beside the settings file shows the regions."""
    invoke("calibrate", picture, "--out", tmp_path / "s.toml")
    with Image.open(tmp_path / "s.png") as drawn:
        assert drawn.width >= 480


def test_of_several_pictures_one_is_named(picture: Path, tmp_path: Path) -> None:
    """What is proposed is for the first."""
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("a.png", "b.png"):
        (pages / name).write_bytes(picture.read_bytes())
    result = invoke("calibrate", pages, "--out", tmp_path / "s.toml")
    assert result.exit_code == 0
    assert f"{pages}: 2 pictures; what is proposed is for {pages / 'a.png'}\n" in result.stderr
    assert "pictures" not in invoke("calibrate", picture, "--out", tmp_path / "t.toml").stderr


@pytest.mark.parametrize(
    ("source", "place", "code"), [("", "", 2), ("", "below", 2), ("*.png", "", 2), ("*.PNG", "", 0)]
)
def test_the_proposal_is_drawn_where_it_is_not_read(
    source: str, place: str, code: int, picture: Path, tmp_path: Path
) -> None:
    """Else it would be among the pictures that are read with the settings, as the next command does."""
    (tmp_path / "a.PNG").write_bytes(picture.read_bytes())
    result = invoke("calibrate", tmp_path / source, "--out", tmp_path / place / "s.toml")
    assert result.exit_code == code
    assert (tmp_path / place / "s.png").exists() is (code == 0)
    if code:
        assert "--out: expected a folder that is not read here, found" in result.stderr


def test_the_next_command_can_be_pasted(picture: Path, tmp_path: Path) -> None:
    """It names the program as it was called; a path with a space is quoted."""
    out = tmp_path / "my meter.toml"
    for group, program in ((cli, "python -m device"), (edge_digits, "edge-digits")):
        said = CliRunner().invoke(group, ["calibrate", str(picture), "--out", str(out), "--force"]).stdout
        assert f"try {program} classify --config '{out}' {picture}" in said


def test_names_show_no_control_characters(picture: Path, tmp_path: Path) -> None:
    """Of a picture or of the settings: a terminal would obey them."""
    odd = picture.rename(picture.with_name("a\x1b[31m.png"))
    result = CliRunner().invoke(cli, ["calibrate", str(odd), "--out", str(tmp_path / "b\x1b[32m.toml")])
    assert result.exit_code == 0
    assert all(line.isprintable() for line in result.output.splitlines())
    assert all(name in result.stdout for name in ("a\\x1b[31m.png", "b\\x1b[32m.toml", "b\\x1b[32m.png"))


def test_the_next_command_reads_what_was_calibrated(page: Scene, tmp_path: Path) -> None:
    """Of a video that is run, as classify takes pictures."""
    video = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"MJPG"), 5, page.frame.shape[1::-1])
    writer.write(page.frame)
    writer.release()
    out = tmp_path / "s.toml"
    assert (
        f"try python -m device run --config {out} --source {video}" in invoke("calibrate", video, "--out", out).stdout
    )


def test_nothing_is_overwritten_unasked(picture: Path, tmp_path: Path) -> None:
    """Neither the settings nor the picture; --force does it."""
    out = tmp_path / "s.toml"
    out.touch()
    assert invoke("calibrate", picture, "--out", out).exit_code == 2
    assert invoke("calibrate", picture, "--out", out, "--force").exit_code == 0


@pytest.mark.parametrize(("source", "out", "code"), [("no.png", "s.toml", 6), ("97", "s.toml", 5), ("x", "s.json", 2)])
def test_what_cannot_be_calibrated_is_one_line(source: str, out: str, code: int, tmp_path: Path) -> None:
    """A missing picture is 6, a missing camera 5, a name that is no settings file 2."""
    result = invoke("calibrate", source, "--out", tmp_path / out)
    assert result.exit_code == code
    assert len(result.stderr.splitlines()) == 1


class PickyReader:
    """Reads "1 2" in the frame in one polarity, in others "?", and a region that is too high as "?"."""

    def __init__(self, polarity: str, highest: tuple[int, int], settings: ReadingSettings | None = None) -> None:
        self.settings = settings or ReadingSettings()
        self._given = (polarity, highest)

    def with_settings(self, settings: ReadingSettings) -> PickyReader:
        return PickyReader(*self._given, settings)

    def read(self, frame: Frame) -> Reading:
        polarity, highest = self._given
        regions = self.settings.regions
        digits = []
        for row, label in enumerate("12"):
            roi = regions[row] if regions else None
            sure = self.settings.invert == polarity and (roi is None or roi.height <= highest[row])
            box = (100, 100 + 200 * row, 40, 50)
            digits.append(
                ReadDigit(label if sure else "?", 0.9 if sure else 0.2, box, row=row, roi=roi.name if roi else "")
            )
        return Reading(frame.source, 0, 0.0, tuple(digits), rois=tuple(roi.name for roi in regions))


FRAME = Frame("page.png", 0, 0.0, np.zeros((400, 400), np.uint8))


def test_each_region_has_as_much_room_as_lets_it_be_read() -> None:
    """A row beside a wall gets less than the others: the settings read what was read in the whole frame."""
    proposal = propose_and_check(FRAME, PickyReader("auto", (999, 80)))
    assert proposal.holds
    assert [roi.height for roi in proposal.settings.regions] == [50 + 2 * 30, 50 + 2 * 12]


def test_ink_is_taken_as_it_is_read_best() -> None:
    """Where all is doubtful the other polarities are tried, and the settings say which it was."""
    proposal = propose_and_check(FRAME, PickyReader("yes", (999, 999)))
    assert (proposal.reading.text, proposal.settings.invert) == ("12", "yes")
    assert proposal.holds
    with pytest.raises(PictureError, match="expected digits to calibrate on"):
        propose_and_check(FRAME, PickyReader("neither", (999, 999)))


def test_regions_may_read_what_the_whole_frame_refuses(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A digit in place of a "?" is what calibrating is for; the line and the picture show what they read."""
    reader, read = PickyReader("auto", (999, 999)), PickyReader.read

    def refuse_the_second(self: PickyReader, frame: Frame) -> Reading:
        reading = read(self, frame)
        if self.settings.regions:
            return reading
        return replace(reading, digits=(reading.digits[0], replace(reading.digits[1], label="?", score=0.2)))

    monkeypatch.setattr(PickyReader, "read", refuse_the_second)
    proposal = propose_and_check(FRAME, reader)
    assert proposal.holds
    assert [roi.height for roi in proposal.settings.regions] == [50 + 2 * 30] * 2
    monkeypatch.setattr("device.loading.load_reader", lambda *_args, **_options: reader)
    result = invoke("calibrate", picture, "--out", tmp_path / "s.toml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"{tmp_path / 's.toml'}: 1 | 2  (0.900)" in result.stdout


def test_regions_that_read_something_else_are_not_proposed() -> None:
    """The settings read the whole frame then, with ink taken as it was read best."""
    reader = PickyReader("yes", (999, 10))
    proposal = propose_and_check(FRAME, reader)
    assert proposal.settings == ReadingSettings(invert="yes")
    assert reader.with_settings(proposal.settings).read(FRAME).rows == proposal.reading.rows
    assert (proposal.holds, proposal.read_back.rows) == (False, ("1", "?"))


def test_where_no_regions_are_proposed_it_is_said(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with what was read and what the regions read; both files are written."""
    monkeypatch.setattr("device.loading.load_reader", lambda *_args, **_options: PickyReader("auto", (999, 10)))
    result = invoke("calibrate", picture, "--out", tmp_path / "s.toml")
    assert result.exit_code == 0
    assert "expected the regions to read 1 | 2  (0.900), found 1 | ?  (0.200)" in result.stderr
    assert "none are proposed, and the whole frame is read" in result.stderr
    assert "s.png: what was read, drawn" in result.stdout
    assert len(result.stderr.splitlines()) == 1
    assert load_settings(tmp_path / "s.toml").reading == ReadingSettings()
    assert (tmp_path / "s.png").exists()


def test_a_picture_without_digits_is_refused(tmp_path: Path) -> None:
    """There is nothing to propose, and nothing is written."""
    Image.new("L", (320, 240), 200).save(tmp_path / "blank.png")
    result = invoke("calibrate", tmp_path / "blank.png", "--out", tmp_path / "s.toml")
    assert result.exit_code == 6
    assert not (tmp_path / "s.toml").exists()
