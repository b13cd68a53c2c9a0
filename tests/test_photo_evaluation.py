"""One's own photographs: the list that says what they show, reading them as a device does, and the scores by source."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.photo_list import Photo, read_photo_list
from device.errors import DataError
from device.paths import DEFAULT_MODEL
from edge_digits.evaluation.misread_sheet import ACCENT, CALM, describe, draw_misread, draw_reading
from edge_digits.evaluation.photo_evaluation import digits_right, edit_distance, evaluate_photos, right_places
from edge_digits.evaluation.photo_reading import FoundDigit, PhotoReading, read_photos
from edge_digits.evaluation.scoring import read_subject


def write_list(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def write_digit(path: Path, digit: np.ndarray) -> Path:
    """Save a canonical digit as dark ink on paper, four times as large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.copyMakeBorder(cv2.resize(255 - digit, (112, 112)), 40, 40, 40, 40, 0, None, [255]))
    return path


def reading(label: str, text: str, *, source: str = "a", error: str | None = None) -> PhotoReading:
    return PhotoReading(Photo(Path("x.png"), label, source), text, error=error)


def test_a_list_needs_only_path_and_label(tmp_path: Path) -> None:
    """The source is the folder where it is not said, and what a photograph shows follows from its label."""
    photos = read_photo_list(write_list(tmp_path, "path,label\nmine/a.png,7\nmine/b.png,4 07\nc.png,\n"))
    assert [(each.label, each.kind) for each in photos] == [("7", "single"), ("407", "row"), ("", "nothing")]
    assert [each.source for each in photos] == ["mine", "mine", tmp_path.name]
    assert photos[0].path == tmp_path / "mine/a.png"


def test_a_named_source_is_kept_and_other_columns_are_left_aside(tmp_path: Path) -> None:
    """Spreadsheets put a byte order mark first and order columns as they like."""
    photos = read_photo_list(write_list(tmp_path, "\ufeffsource,kind,label,path\nann,single,3,x/y.png\n"))
    assert (photos[0].source, photos[0].label) == ("ann", "3")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,digit\na.png,1\n", "add path and label"),
        ("path\na.png\n", "add label"),
        ("path,label\n", "found none below the first line"),
        ("", "add path and label"),
        ("path,label\na.png,1\nb.png,seven\n", "line 3"),
        ("path,label\n,1\n", "path of a photograph in line 2"),
        ("path,label\na.png,1\nb.png\n", "expected a label in line 3"),
        ("path,source,label\na.png,me\n", "expected a label in line 2"),
        ("path,label\na.png,1,me\n", "expected 2 fields in line 2, as in the first line, found 3"),
        ("path,label,label\na.png,1,2\n", "found 'label' twice"),
        ("path,label\na.png,1\nb.png,2\n./a.png,3\n", "found '1' in line 2 and '3' in line 4"),
    ],
)
def test_a_list_that_is_none_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    """Missing columns, no photographs, labels that are no digits: what was expected and where."""
    with pytest.raises(DataError, match=words) as raised:
        read_photo_list(write_list(tmp_path, text))
    assert "\n" not in str(raised.value)


def test_a_list_may_have_empty_fields_and_a_photograph_twice(tmp_path: Path) -> None:
    """Spreadsheets end lines with commas; a photograph that is listed again with the same label is one more."""
    photos = read_photo_list(write_list(tmp_path, "path,label,,\na.png,1,,\na.png,1,,,\n"))
    assert [each.label for each in photos] == ["1", "1"]


def test_a_missing_list_and_a_picture_for_a_list_are_refused(tmp_path: Path, seven: np.ndarray) -> None:
    """Neither is a CSV of photographs, nor is a device, which has no end."""
    for path in (tmp_path / "none.csv", tmp_path, Path("/dev/zero"), write_digit(tmp_path / "7.png", seven)):
        with pytest.raises(DataError, match="CSV"):
            read_photo_list(path)
    with pytest.raises(DataError, match=r"7\.png: expected a CSV .*, found no UTF-8 text; save it as UTF-8$"):
        read_photo_list(tmp_path / "7.png")


@pytest.mark.parametrize(
    ("text", "label", "distance"),
    [("407", "407", 0), ("", "407", 3), ("47", "407", 1), ("4077", "407", 1), ("417", "407", 1), ("704", "407", 2)],
)
def test_edits_turn_a_reading_into_its_label(text: str, label: str, distance: int) -> None:
    """Insertions, deletions and replacements, the fewest that will do."""
    assert edit_distance(text, label) == edit_distance(label, text) == distance


def test_digits_too_many_cost_what_they_hide() -> None:
    """Reading everything everywhere does not make every digit right, nor any count negative."""
    assert digits_right("4077", "407") == 2
    assert digits_right("123456789", "7") == 0


@pytest.mark.parametrize(
    ("text", "label", "right"),
    [("407", "407", "+++"), ("4?7", "407", "+-+"), ("1407", "407", "-+++"), ("07", "407", "++"), ("", "407", "")],
)
def test_right_digits_are_told_from_wrong_ones(text: str, label: str, right: str) -> None:
    """One digit too many or too few does not make those behind it wrong."""
    assert "".join("-+"[each] for each in right_places(text, label)) == right


def test_the_mean_is_over_sources_and_kinds_are_apart() -> None:
    """A source with many photographs does not decide alone, and rows do not mix with single digits."""
    found = evaluate_photos(
        "m",
        [*(reading("1", "1", source="many") for _ in range(9)), reading("2", "3", source="few"), reading("40", "41")],
    )
    single, row = found.kinds
    assert (single.kind, row.kind) == ("single", "row")
    assert single.mean_pictures_share == 0.5
    assert single.total.pictures_right / single.total.pictures == 0.9
    assert (row.total.pictures_right, row.total.digits_right, row.total.digits) == (0, 1, 2)
    assert [each.text for each in found.misread] == ["3", "41"]


@pytest.mark.parametrize(("text", "right"), [("", True), ("?", True), ("??", True), ("4", False), ("?4", False)])
def test_where_there_is_nothing_to_read_only_refusing_is_right(text: str, right: bool) -> None:
    """Pictures without a label are a kind of their own."""
    found = evaluate_photos("m", [reading("", text)])
    assert found.kinds[0].kind == "nothing"
    assert bool(found.kinds[0].total.pictures_right) is right


def test_a_picture_that_cannot_be_read_is_called_as_its_list_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is missing is, not by its place on the machine that read it."""
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()
    Path("mine/cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    photos = [Photo(Path(f"mine/{name}.png"), "1", "a") for name in ("cut", "gone")]
    errors = [each.error or "" for each in read_photos(read_subject(DEFAULT_MODEL, "m", warn=print), photos)]
    assert [error.partition(":")[0] for error in errors] == ["mine/cut.png", "mine/gone.png"]


def test_a_picture_that_cannot_be_read_counts_nowhere() -> None:
    """It is listed apart, with the reason."""
    found = evaluate_photos("m", [reading("1", "1"), reading("2", "", error="x.png: gone")])
    assert found.kinds[0].total.pictures == 1
    assert found.unreadable == ("x.png: gone",)
    assert found.misread == ()


def test_photographs_are_read_as_the_device_reads_them(tmp_path: Path, seven: np.ndarray) -> None:
    """Missing, damaged and empty ones stop no other, and readings keep the order of the list."""
    write_digit(tmp_path / "7.png", seven)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((200, 200), 255, np.uint8))
    listing = "path,label\ngone.png,1\n7.png,7\nbroken.png,2\nblank.png,\n"
    photos = read_photo_list(write_list(tmp_path, listing))
    readings = read_photos(read_subject(DEFAULT_MODEL, "m", warn=print), photos)
    assert [each.photo for each in readings] == photos
    assert [each.error is None for each in readings] == [False, True, False, True]
    assert [each.right for each in readings] == [False, True, False, True]
    assert readings[1].digits[0].score > 0.5


def test_names_in_a_list_do_not_reach_a_terminal_as_they_are(tmp_path: Path) -> None:
    """Neither sources nor missing files, which may hold what a terminal obeys."""
    (photo,) = read_photo_list(write_list(tmp_path, 'path,label,source\n\x1b[2Jgone.png,7,"a\x07\nb"\n'))
    (reading,) = read_photos(read_subject(DEFAULT_MODEL, "m", warn=print), [photo])
    assert photo.source.isprintable()
    assert (reading.error or "").isprintable()


def test_a_name_that_is_too_long_stops_no_other_photograph(tmp_path: Path, seven: np.ndarray) -> None:
    """It is as good as missing, and the line that says so is not as long."""
    write_digit(tmp_path / "7.png", seven)
    photos = read_photo_list(write_list(tmp_path, f"path,label\n{'long' * 2000}.png,1\n7.png,7\n"))
    long, short = read_photos(read_subject(DEFAULT_MODEL, "m", warn=print), photos)
    assert "found File name too long; check the name" in (long.error or "")
    assert len(long.error or "") < 500
    assert short.right


def test_a_sheet_shows_what_was_misread(tmp_path: Path, seven: np.ndarray) -> None:
    """Each photograph with its boxes; none at all gives a sheet that says so."""
    photo = Photo(write_digit(tmp_path / "7.png", seven), "1", "a")
    misread = PhotoReading(photo, "7", (FoundDigit("7", 0.9, (40, 40, 112, 112)),))
    for name, readings in (("some.png", [misread] * 3), ("none.png", [])):
        draw_misread(readings, tmp_path / name, title="misread", tile=150)
        assert cv2.imread(str(tmp_path / name)) is not None
    assert draw_reading(misread, side=96).size == (96, 96)
    assert np.asarray(draw_reading(misread, side=96)).reshape(-1, 3).tolist().count([200, 80, 30]) > 50


def test_a_row_shows_which_digits_are_wrong(tmp_path: Path, seven: np.ndarray) -> None:
    """Right digits have boxes of another colour than wrong ones."""
    photo = Photo(write_digit(tmp_path / "row.png", seven), "71", "a")
    digits = FoundDigit("7", 0.9, (10, 40, 60, 112)), FoundDigit("4", 0.9, (110, 40, 60, 112))
    drawn = np.asarray(draw_reading(PhotoReading(photo, "74", digits), side=192))
    for part, colour in ((drawn[:, :96], CALM), (drawn[:, 96:], ACCENT)):
        boxes = [each for each in (CALM, ACCENT) if (part == each).all(axis=2).sum() > 50]
        assert boxes == [colour]


def test_long_rows_are_described_by_their_count() -> None:
    """Eighty-one digits do not fit under a picture."""
    assert describe(reading("12" * 20, "12" * 19)) == ("shows 40 digits", "38 of them right, 38 read")
    assert describe(reading("4", "")) == ("shows 4", "nothing found")
    assert describe(reading("", "4"))[0] == "shows nothing to read"
