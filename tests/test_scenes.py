"""Scenes are rendered with their truth, by seed, and written as pictures with a list."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.measuring_digits import MeasuringDigits
from device.errors import OutputExistsError, UsageError
from device.idx import LabelledDigits
from edge_digits.cli import cli
from edge_digits.synthetic import scene_files
from edge_digits.synthetic.scene_files import KINDS, write_scenes
from edge_digits.synthetic.scenes import CAUSES, Scene, empty_scene, render_scene


@pytest.fixture(scope="module")
def ink(sample_digits: MeasuringDigits) -> LabelledDigits:
    """Digits to write scenes with."""
    return LabelledDigits(sample_digits.images, sample_digits.labels)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_scene_is_rendered_with_its_truth(cause: str, ink: LabelledDigits) -> None:
    """A frame of the size asked for, rows of digits, and a box a digit inside the frame."""
    scene = render_scene(ink, cause=CAUSES[cause], rows=2, columns=4, seed=3)
    assert (scene.frame.shape, scene.frame.dtype) == ((480, 640, 3), np.uint8)
    assert [len(row) for row in scene.rows] == [4, 4]
    assert scene.boxes.shape == (8, 4)
    assert (scene.boxes[:, 2:] > 5).all()
    assert (scene.boxes[:, 0] + scene.boxes[:, 2] <= 660).all()


def test_ink_lies_in_the_boxes(ink: LabelledDigits) -> None:
    """On plain paper the boxes are darker than what is around them."""
    scene = render_scene(ink, cause=CAUSES["plain"], rows=1, columns=5, seed=2)
    for x, y, width, height in scene.boxes.astype(int):
        assert scene.frame[y : y + height, x : x + width].mean() < scene.frame.mean() - 5


def test_a_seed_renders_the_same_scene(ink: LabelledDigits) -> None:
    """And another seed another one."""
    frames = [render_scene(ink, cause=CAUSES["shadow"], rows=1, columns=3, seed=seed).frame for seed in (1, 1, 2)]
    assert np.array_equal(frames[0], frames[1])
    assert not np.array_equal(frames[0], frames[2])


def test_an_empty_scene_has_no_ink() -> None:
    """The page alone, with nothing on it."""
    scene = empty_scene(cause=CAUSES["plain"], seed=1)
    assert (scene.rows, len(scene.boxes)) == ((), 0)
    assert scene.frame.std() < 12


def test_scenes_are_written_with_their_list(ink: LabelledDigits, tmp_path: Path) -> None:
    """labels.csv has the columns that lists of photographs have, and nothing is overwritten unasked."""
    arguments = {"causes": ["plain", "chalk"], "count": 1, "seed": 0}
    assert write_scenes(ink, tmp_path, **arguments) == 2 * len(KINDS)  # type: ignore[arg-type]
    with (tmp_path / "labels.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["path"] for row in rows} == {path.name for path in tmp_path.glob("*.png")}
    assert {len(row["label"]) for row in rows} == {0, 1, 5, 24}
    assert {row["source"] for row in rows} == {"plain", "chalk"}
    with pytest.raises(OutputExistsError):
        write_scenes(ink, tmp_path, **arguments)  # type: ignore[arg-type]


def test_what_is_named_twice_is_written_once(ink: LabelledDigits, tmp_path: Path) -> None:
    """A cause, or a layout."""
    assert write_scenes(ink, tmp_path, causes=["plain"] * 2, layouts=["row"] * 2, count=1, seed=0) == 1
    assert len((tmp_path / "labels.csv").read_text().splitlines()) == 2


def test_nothing_is_written_where_a_later_scene_is_there(ink: LabelledDigits, tmp_path: Path) -> None:
    """It is known before the first is rendered."""
    (tmp_path / "plain-row-1.png").write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match="plain-row-1"):
        write_scenes(ink, tmp_path, causes=["plain"], layouts=["row"], count=2, seed=0)
    assert [path.name for path in tmp_path.iterdir()] == ["plain-row-1.png"]


def test_an_older_list_does_not_stay_beside_new_scenes(
    ink: LabelledDigits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a run is stopped before its own is written."""
    write_scenes(ink, tmp_path, causes=["plain"], layouts=["row"], count=1, seed=0)

    def stopped(*_: object) -> Scene:
        raise KeyboardInterrupt

    monkeypatch.setattr(scene_files, "_render", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_scenes(ink, tmp_path, causes=["plain"], layouts=["row"], count=1, seed=1, force=True)
    assert not (tmp_path / "labels.csv").exists()


def test_seeds_have_no_scene_in_common(ink: LabelledDigits, tmp_path: Path) -> None:
    """The second scene of one seed is not the first of the next."""
    for seed in (1, 2):
        write_scenes(ink, tmp_path / str(seed), causes=["plain"], layouts=["single"], count=2, seed=seed)
    pictures = [path.read_bytes() for path in tmp_path.rglob("*.png")]
    assert len(set(pictures)) == 4


def test_an_unknown_cause_is_refused(ink: LabelledDigits, tmp_path: Path) -> None:
    """The causes there are, are named."""
    with pytest.raises(UsageError, match="expected one of plain"):
        write_scenes(ink, tmp_path, causes=["fog"], count=1, seed=0)


def test_data_scenes_writes_pictures(tmp_path: Path) -> None:
    """The command takes its digits from where the other data commands do."""
    sample = Path(__file__).parent.parent / "benchmarks/assets/mnist_sample_test.npz"
    data = tmp_path / "digits.npz"
    with np.load(sample) as arrays:
        images, labels = (arrays[name] for name in arrays.files[:2])
    np.savez(data, x_train=images, y_train=labels, x_test=images, y_test=labels)
    out = tmp_path / "out"
    arguments = ["data", "scenes", "--data", data, "--out", out, "--cause", "plain", "--count", 1]
    result = CliRunner().invoke(cli, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    assert len(list(out.glob("*.png"))) == len(KINDS)
