from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from digit_fakes import make_digits, write_idx_folder

import edge_digits.synthetic.non_digit_tests
from device.errors import DataError
from edge_digits.synthetic.non_digit_tests import LETTERS, SIGNS, NonDigits, make_non_digits

DRAWN = ("letters", "signs", "doodles", "textures", "blanks")
DIGIT_LIKE = "0123456789OoQDIil|!/\\()SsZzBbGgqJjTy"


@pytest.fixture(autouse=True)
def _no_clothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(edge_digits.synthetic.non_digit_tests, "FASHION_FOLDER", tmp_path / "none")


def make(count: int = 12, *, seed: int = 0, fashion: Path | None = None) -> NonDigits:
    return make_non_digits(count, seed=seed, fashion=fashion, report=lambda line: None)


def test_every_kind_is_made_as_often() -> None:
    """There are as many pictures of each kind as asked for, kind by kind."""
    made = make()
    assert made.kinds == tuple(kind for kind in DRAWN for _ in range(12))
    assert (made.images.dtype, made.images.shape) == (np.uint8, (60, 28, 28))


def test_pictures_follow_from_seed_and_index() -> None:
    """The same seed gives the same pictures however many are made; another seed gives others."""
    few, more = make(3), make(5)
    for place, kind in enumerate(DRAWN):
        assert np.array_equal(few.images[3 * place : 3 * place + 3], more.images[5 * place : 5 * place + 3]), kind
    assert not np.array_equal(few.images, make(3, seed=1).images)


def test_ink_is_framed_as_digits_are() -> None:
    """Letters, signs and doodles fill 20 px on their longer side, around their centre of mass."""
    made = make()
    for image in made.images[:36]:
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(20, abs=1)


def test_pictures_of_a_kind_differ() -> None:
    """No kind repeats one picture."""
    made = make(20)
    for place in range(len(DRAWN)):
        assert len(np.unique(made.images[20 * place : 20 * place + 20], axis=0)) > 10


def test_signs_that_pass_for_digits_are_left_out() -> None:
    """Nothing is drawn that a person may read as a digit."""
    assert not set(LETTERS + SIGNS) & set(DIGIT_LIKE)


def test_clothing_comes_from_the_folder_named(tmp_path: Path) -> None:
    """Fashion-MNIST's test part, where its folder is named, adds a kind of its own."""
    clothes = make_digits(test=20)
    made = make(5, fashion=write_idx_folder(clothes, tmp_path / "fashion", zipped=True))
    assert made.kinds[25:] == ("clothing",) * 5
    assert {image.tobytes() for image in made.images[25:]} <= {image.tobytes() for image in clothes.test_images}


def test_missing_clothing_is_said() -> None:
    """Where Fashion-MNIST is not installed, a line says so and the rest is made."""
    lines: list[str] = []
    make_non_digits(1, seed=0, report=lines.append)
    assert any("without clothing" in line for line in lines)


def test_a_named_folder_must_hold_enough_clothing(tmp_path: Path) -> None:
    """A folder that is named and holds nothing, or too little, is a DataError."""
    with pytest.raises(DataError, match="expected"):
        make(1, fashion=tmp_path / "nowhere")
    with pytest.raises(DataError, match="at least 30 pictures"):
        make(30, fashion=write_idx_folder(make_digits(test=20), tmp_path / "fashion"))


def test_one_font_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without matplotlib's fonts, letters and signs are drawn in Pillow's, and a line says so."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    lines: list[str] = []
    made = make_non_digits(2, seed=0, report=lines.append)
    assert len(made.images) == 10
    assert any("one font only" in line for line in lines)
