from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from device.errors import DataError
from edge_digits.data.picture_folders import is_picture_folder, left_out, part_folders, read_picture_folder
from edge_digits.synthetic.paper_pictures import draw_on_paper


def save(picture: np.ndarray, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


def test_canonical_pictures_are_taken_as_they_are(seven: np.ndarray, tmp_path: Path) -> None:
    """A crop of 28×28 px, light on dark, comes back pixel by pixel with the label of its folder."""
    path = save(seven, tmp_path / "7" / "a.png")
    read = read_picture_folder(tmp_path)
    assert np.array_equal(read.digits.images, seven[np.newaxis])
    assert read.digits.labels.tolist() == [7]
    assert read.digits.labels.dtype == np.uint8
    assert read.paths == (path,)


def test_dark_crops_on_light_ground_are_inverted(seven: np.ndarray, tmp_path: Path) -> None:
    """A crop of 28×28 px in ink on paper becomes light on dark."""
    save(255 - seven, tmp_path / "7" / "a.png")
    assert np.array_equal(read_picture_folder(tmp_path).digits.images[0], seven)


def test_photographs_go_through_the_finder(seven: np.ndarray, tmp_path: Path) -> None:
    """A picture of another size is read as the device reads it."""
    picture = draw_on_paper(seven, generator=np.random.default_rng(0))
    save(picture[:, :, ::-1], tmp_path / "7" / "a.png")
    digit = read_picture_folder(tmp_path).digits.images[0]
    assert digit.shape == (28, 28)
    assert np.corrcoef(digit.ravel(), seven.ravel())[0, 1] > 0.7  # the same digit, drawn, photographed and found


def test_a_picture_of_several_digits_is_left_out(seven: np.ndarray, tmp_path: Path) -> None:
    """It would teach two as one; a folder of nothing else is refused."""
    row = np.full((120, 260), 230, np.uint8)
    row[32:88, 40:96] = row[32:88, 160:216] = 230 - np.kron(seven, np.ones((2, 2), np.uint8)) // 2
    path = save(row, tmp_path / "7" / "row.png")
    with pytest.raises(DataError, match=r"expected pictures of one digit each, found 1 of several, as .*row\.png"):
        read_picture_folder(tmp_path)
    one = save(row[:, :130], tmp_path / "7" / "one.png")
    read = read_picture_folder(tmp_path)
    assert (read.paths, read.several) == ((one,), (path,))
    assert left_out(read, name="x") == [f"x: left out 1 picture that show several digits: {path}"]


def test_digits_come_in_the_order_of_class_and_name(seven: np.ndarray, tmp_path: Path) -> None:
    """Whatever order the file system has, digits are sorted by class and file name; folders in a class are searched."""
    for name in ("9/b.png", "2/z.png", "9/a.png", "9/aa/c.png"):
        save(seven, tmp_path / name)
    read = read_picture_folder(tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in read.paths] == ["2/z.png", "9/a.png", "9/b.png", "9/aa/c.png"]
    assert read.digits.labels.tolist() == [2, 9, 9, 9]


def test_what_holds_no_digit_is_counted_and_named(seven: np.ndarray, tmp_path: Path) -> None:
    """Blank and damaged pictures are left out and named; the others are read."""
    save(seven, tmp_path / "7" / "a.png")
    blank = save(np.full((200, 200), 240, np.uint8), tmp_path / "7" / "blank.png")
    (tmp_path / "7" / "broken.png").write_bytes(b"no picture")
    read = read_picture_folder(tmp_path)
    assert len(read.digits.labels) == 1
    assert read.not_found == (blank,)
    lines = left_out(read, name="here")
    assert lines[0] == f"here: left out 1 picture in which no digit is found: {blank}"
    assert lines[1].startswith(f"here: left out 1 picture that cannot be read: {tmp_path / '7' / 'broken.png'}: ")


def test_what_waits_for_review_is_counted_and_left_out(seven: np.ndarray, tmp_path: Path) -> None:
    """A device's collection keeps unreviewed crops in unsure/ and its record beside; neither is learnt from."""
    save(seven, tmp_path / "7" / "a.png")
    save(seven, tmp_path / "unsure" / "b.png")
    save(seven, tmp_path / "frames" / "b.png")
    save(seven, tmp_path / "rejected" / "c.png")
    (tmp_path / "index.jsonl").write_text("{}\n")
    read = read_picture_folder(tmp_path)
    assert len(read.paths) == 1
    assert (read.unsure, read.others) == (1, ("rejected",))
    assert len(left_out(read, name="here")) == 2


def test_half_written_pictures_are_passed_over(seven: np.ndarray, tmp_path: Path) -> None:
    """Hidden files, under which a device writes before it renames, are not read."""
    save(seven, tmp_path / "7" / "a.png")
    save(seven, tmp_path / "7" / ".a-123.part.png")
    assert len(read_picture_folder(tmp_path).paths) == 1


def test_long_lists_are_shortened(seven: np.ndarray, tmp_path: Path) -> None:
    """Of many pictures left out, the first few are named and the rest counted."""
    save(seven, tmp_path / "7" / "a.png")
    for index in range(5):
        save(np.zeros((28, 28), np.uint8), tmp_path / "1" / f"{index}.png")
    (line,) = left_out(read_picture_folder(tmp_path), name="here", most=2)
    assert line.endswith("1/1.png and 3 more")


def test_folders_without_a_digit_are_refused(tmp_path: Path) -> None:
    """No class folders, class folders without pictures, and pictures without digits are three different errors."""
    with pytest.raises(DataError, match="found no folder"):
        read_picture_folder(tmp_path / "none")
    with pytest.raises(DataError, match="found none of them"):
        read_picture_folder(tmp_path)
    (tmp_path / "3").mkdir()
    with pytest.raises(DataError, match="found none; check"):
        read_picture_folder(tmp_path)
    (tmp_path / "3" / "bad.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="found 1 that cannot be read"):
        read_picture_folder(tmp_path)
    save(np.zeros((28, 28), np.uint8), tmp_path / "3" / "blank.png")
    with pytest.raises(DataError, match="found 2 without a digit in them"):
        read_picture_folder(tmp_path)


def test_training_and_test_folders_are_told_apart(tmp_path: Path) -> None:
    """A folder with train/ and test/, each by class, keeps the parts apart; one by class is one part."""
    for name in ("training/0", "testing/1"):
        (tmp_path / name).mkdir(parents=True)
    assert part_folders(tmp_path) == {"train": tmp_path / "training", "test": tmp_path / "testing"}
    assert not is_picture_folder(tmp_path)
    (tmp_path / "5").mkdir()
    assert part_folders(tmp_path) is None
