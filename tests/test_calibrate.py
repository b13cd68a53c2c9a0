"""`calibrate` proposes regions and layout from a picture, draws them and writes a settings file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from benchmarks.measuring_digits import MeasuringDigits
from device.cli import cli
from device.idx import LabelledDigits
from device.settings_file import load_settings
from edge_digits.scenes import CAUSES, Scene, render_scene


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


def test_the_proposal_is_drawn(picture: Path, tmp_path: Path) -> None:
    """A PNG beside the settings file shows the regions."""
    invoke("calibrate", picture, "--out", tmp_path / "s.toml")
    with Image.open(tmp_path / "s.png") as drawn:
        assert drawn.width >= 480


def test_the_next_command_can_be_pasted(picture: Path, tmp_path: Path) -> None:
    """A path with a space is quoted."""
    out = tmp_path / "my meter.toml"
    said = invoke("calibrate", picture, "--out", out).stdout
    assert f"try edge-digits classify --config '{out}' {picture}" in said


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


def test_a_picture_without_digits_is_refused(tmp_path: Path) -> None:
    """There is nothing to propose, and nothing is written."""
    Image.new("L", (320, 240), 200).save(tmp_path / "blank.png")
    result = invoke("calibrate", tmp_path / "blank.png", "--out", tmp_path / "s.toml")
    assert result.exit_code == 6
    assert not (tmp_path / "s.toml").exists()
