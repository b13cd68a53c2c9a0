"""Several digits in a frame: rows, pieces, cuts, regions, and what is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from benchmarks.cut_out import count_right, cut_out
from benchmarks.hostile_frames import KINDS, hostile_frames
from benchmarks.measuring_digits import MeasuringDigits
from device.cli import cli
from device.finding.context import Context
from device.finding.finder import Finder, find_digits
from device.finding.looking import look
from device.finding.marks import measure_marks
from device.finding.rows import Group, digit_groups, in_rows, in_words
from device.finding.view import View
from device.frames import Frame
from device.idx import LabelledDigits
from device.inference.classifier import Classifier
from device.inference.runtime import load_runtime
from device.reader import Reader
from device.reading import Reading, Way
from device.settings.reading_settings import ReadingSettings
from device.shown_reading import MOST_REGIONS, SHEET, STAGES, stages
from edge_digits.synthetic.scenes import CAUSES, LAYOUTS, Scene, empty_scene, render_scene

# A cause that the shipped model and the finder read less surely, and what of its digits they must still read.
HARD = {
    "touching": 0.6,
    "ruled": 0.8,
    "broken": 0.9,
    "squared": 0.7,
    "band": 0.6,
    "boxes": 0.85,
    "fine": 0.85,
    "dots": 0.85,
}


@pytest.fixture(scope="module")
def ink(sample_digits: MeasuringDigits) -> LabelledDigits:
    """Digits to write scenes with."""
    return LabelledDigits(sample_digits.images, sample_digits.labels)


def read(reader: Reader, frame: np.ndarray) -> Reading:
    return reader.read(Frame("scene", 0, 0.0, frame))


def with_threshold(classifier: Classifier, threshold: float | None) -> Classifier:
    """Return a classifier whose model card has another threshold, or none."""
    decision = {} if threshold is None else {"reject_below": threshold}
    model = classifier.model
    return Classifier(replace(model, card=replace(model.card, decision=decision)), classifier.runtime)


def scene(ink: LabelledDigits, cause: str = "plain", layout: str = "row", seed: int = 5) -> Scene:
    rows, columns = LAYOUTS[layout]
    return render_scene(ink, cause=CAUSES[cause], rows=rows, columns=columns, seed=seed)


def alike(text: str, truth: str) -> int:
    """Count the digits of the truth that a text has in their order: the longest common subsequence."""
    best = np.zeros((len(text) + 1, len(truth) + 1), int)
    for i, mark in enumerate(text):
        for j, label in enumerate(truth):
            best[i + 1, j + 1] = max(best[i, j] + (mark == label), best[i, j + 1], best[i + 1, j])
    return int(best[-1, -1])


@pytest.mark.parametrize("cause", CAUSES)
def test_scenes_of_every_cause_are_read(cause: str, ink: LabelledDigits, classifier: Classifier) -> None:
    """Golden scenes: single digits, rows and pages under each difficulty."""
    reader, right, count = Reader(classifier), 0, 0
    for layout in LAYOUTS:
        for seed in (1, 2):
            rendered = scene(ink, cause, layout, seed)
            truth = "".join(rendered.rows)
            right, count = right + alike(read(reader, rendered.frame).text, truth), count + len(truth)
    assert right >= HARD.get(cause, 0.94) * count


@pytest.mark.parametrize("margin", [0.0, 0.03, 0.1])
def test_a_row_cut_out_along_its_digits_is_read(margin: float, ink: LabelledDigits, classifier: Classifier) -> None:
    """The strokes at its ends are no border, and touching the rim above and below cuts nothing off."""
    reader, right, count = Reader(classifier), 0, 0
    for seed in range(1, 9):
        rendered = scene(ink, seed=seed)
        part = cut_out(rendered.frame, read(reader, rendered.frame), margin=margin)
        truth = "".join(rendered.rows)
        right += alike(read(reader, part).text, truth)
        count += len(truth)
    assert right >= 0.97 * count


@pytest.mark.parametrize("cause", ["plain", "fine", "gradient"])
def test_a_digit_cut_out_along_its_edges_is_read(cause: str, ink: LabelledDigits, classifier: Classifier) -> None:
    """Strokes that are thick for such a frame are no shadow."""
    frames = [scene(ink, cause, "single", seed) for seed in range(1, 21)]
    whole, right = count_right([(each.frame, each.rows[0]) for each in frames], Reader(classifier))
    assert min(whole, right[0.02], right[0.1]) >= 18


def test_a_page_is_read_row_by_row(ink: LabelledDigits, classifier: Classifier) -> None:
    """Each row is one string, from the top, and the boxes lie on the digits."""
    rendered = scene(ink, layout="page")
    reading = read(Reader(classifier), rendered.frame)
    assert [len(row) for row in reading.rows] == [6, 6, 6, 6]
    assert [digit.row for digit in reading.digits] == sorted(digit.row for digit in reading.digits)
    found = np.array([digit.box for digit in reading.digits])
    assert np.abs(found - rendered.boxes).max() < 10


def test_an_empty_page_holds_nothing(ink: LabelledDigits) -> None:
    """Paper, rules, squares and shadows without digits are no digits."""
    frames = [empty_scene(cause=CAUSES[cause], seed=3).frame for cause in ("plain", "gradient", "shadow", "noisy")]
    assert [find_digits(frame) for frame in frames] == [[]] * len(frames)


def test_digits_that_touch_are_cut(classifier: Classifier, ink: LabelledDigits) -> None:
    """Two digits that have grown together are read as two."""
    pictures = [ink.images[np.flatnonzero(ink.labels == label)[0]] for label in (6, 0)]
    (six, zero) = (cv2.resize(picture, (140, 140), interpolation=cv2.INTER_CUBIC) for picture in pictures)
    page = np.zeros((240, 400), np.uint8)
    x, _, width, _ = cv2.boundingRect((six > 128).astype(np.uint8))
    page[50:190, 100:240] = six
    left, _, _, _ = cv2.boundingRect((zero > 128).astype(np.uint8))
    start = 100 + x + width - left - 3
    page[50:190, start : start + 140] = np.maximum(page[50:190, start : start + 140], zero)
    assert len(find_digits(255 - page)) == 1
    assert read(Reader(classifier), 255 - page).text == "60"


@pytest.mark.parametrize(
    ("gaps", "words"),
    [
        ((4, 30, 4, 4), [2, 3]),  # as on the sign of a bus
        ((4, 20, 4, 4), [2, 3]),  # as between a word and a number in print
        ((4, 16, 4, 4), [5]),
        ((12, 30, 14, 12), [5]),
        ((30,), [2]),
        ((38,), [1, 1]),
    ],
)
def test_a_gap_that_is_far_wider_than_others_parts_words(gaps: tuple[int, ...], words: list[int]) -> None:
    """Of digits 40 px high: three times the usual gap and nearly half a height, or nearly a height."""
    lefts = [30 * place + sum(gaps[:place]) for place in range(len(gaps) + 1)]
    row = [Group((place,), left, 0, left + 30, 40) for place, left in enumerate(lefts)]
    assert [len(word) for word in in_words(row)] == words


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ((0, 0, 0, 0), [2, 3]),
        ((67, 35, 5, 5), [5]),  # the dot of 12.345
        ((67, 35, 5, 12), [5]),  # a comma
        ((67, 2, 5, 5), [2, 3]),  # a degree
        ((67, 60, 5, 5), [2, 3]),  # what is written in the row below
        ((67, 39, 1, 1), [2, 3]),  # dirt
        ((20, 35, 5, 5), [2, 3]),  # between others
    ],
)
def test_a_dot_or_a_comma_parts_no_number(sign: tuple[int, int, int, int], words: list[int]) -> None:
    """It stands at the foot of digits 40 px high, in a gap that else would part them."""
    mask = np.zeros((80, 200), np.uint8)
    x, y, width, height = sign
    mask[y : y + height, x : x + width] = 255
    lefts = [30 * place + sum((4, 20, 4, 4)[:place]) for place in range(5)]
    row = [Group((place,), left, 0, left + 30, 40) for place, left in enumerate(lefts)]
    assert [len(word) for word in in_words(row, measure_marks(mask))] == words


def test_a_line_below_a_slender_digit_is_no_part_of_it() -> None:
    """As the lower edge of a display, right below a 1; a foot of the same is."""
    for width, high in ((110, 80), (24, 92)):
        page = np.zeros((240, 400), np.uint8)
        for left, wide in ((60, 40), (150, 8), (230, 40)):
            cv2.rectangle(page, (left, 60), (left + wide - 1, 139), (255,), -1)
        cv2.rectangle(page, (154 - width // 2, 146), (154 + width // 2, 151), (255,), -1)
        marks = measure_marks(page)
        groups = digit_groups(marks, marks.area.astype(float), 80.0)
        assert [group.height for group in groups if 100 < group.left < 200] == [high]


def test_halves_of_a_digit_are_no_digits_beside_it() -> None:
    """A 1 in two segments, among others, is one digit; its halves are not taken for lower ones as well."""
    page = np.zeros((240, 400), np.uint8)
    for left, wide, parts in ((60, 40, [(60, 135)]), (120, 12, [(60, 98), (102, 140)]), (160, 40, [(60, 135)])):
        for top, bottom in parts:
            cv2.rectangle(page, (left, top), (left + wide - 1, bottom), (255,), -1)
    marks = measure_marks(page)
    groups = digit_groups(marks, marks.area.astype(float), 84.0)
    assert sorted(group.left for group in groups) == [60, 120, 160]


def test_digits_far_higher_than_print_are_found_in_company_of_lower_ones() -> None:
    """Of what is written among print, some are as high as digits of the print may be, and part the others in pairs."""
    page = np.zeros((240, 500), np.uint8)
    for left, high in ((40, 28), (80, 40), (120, 40), (170, 28), (220, 40), (260, 40)):
        cv2.rectangle(page, (left, 199 - high), (left + 19, 199), (255,), -1)
    for place in range(40):
        left, top = 20 + 22 * (place % 20), 40 + 40 * (place // 20)
        cv2.rectangle(page, (left, top), (left + 9, top + 13), (255,), -1)
    marks = measure_marks(page)
    groups = digit_groups(marks, marks.area.astype(float), 14.0)
    assert sorted(group.left for group in groups if group.top > 130) == [40, 80, 120, 170, 220, 260]


def test_what_spans_two_rows_joins_them_not() -> None:
    """A blot or a brace beside two rows leaves them two."""
    digits = [
        Group((place,), left, top, left + 40, top + 60) for top in (20, 120) for place, left in enumerate((10, 70, 130))
    ]
    rows = in_rows([*digits, Group((9,), 190, 45, 260, 160)])
    assert [len(row) for row in rows if len(row) > 1] == [3, 3]


@pytest.mark.parametrize("climb", [-0.14, -0.07, 0.0, 0.07, 0.14])
def test_columns_of_a_page_that_was_not_held_straight_are_in_one_row(climb: float) -> None:
    """Words that stand far apart lie beside each other in the direction in which their digits do."""
    groups, rows = [], []
    for row in range(4):
        rows.append(tuple(range(6 * row, 6 * row + 6)))
        for place in rows[-1]:
            x = 40 + 22 * (place % 3) + 300 * (place % 6 // 3)
            y = round(60 + 50 * row + climb * x)
            groups.append(Group((place,), x, y, x + 16, y + 30))
    assert [tuple(group.members[0] for group in row) for row in in_rows(groups)] == rows


@pytest.mark.parametrize("climb", [-0.15, -0.08, -0.01, 0.0, 0.03, 0.11])
def test_digits_in_the_cells_of_a_page_that_was_not_held_straight_are_in_rows(climb: float) -> None:
    """No two stand so near that they are a word which tells how rows run, and the row below is as near as the next."""
    rng, groups, rows = np.random.default_rng(0), [], []
    for row in range(9):
        rows.append([])
        for column in np.flatnonzero(rng.random(9) < 0.7).tolist():
            x, y = 100 + 60 * column - round(60 * row * climb), round(200 + 60 * row + 60 * column * climb)
            rows[-1].append(len(groups))
            groups.append(Group((len(groups),), x, y, x + 18, y + 28))
    assert [[group.members[0] for group in row] for row in in_rows(groups)] == rows


def test_what_rows_are_taken_for_where_words_climb_is_no_more_of_them() -> None:
    """Digits of one row, each a little lower than the one before, but for those that stand far apart."""
    level = [Group((place,), 200 * place, 100, 200 * place + 20, 130) for place in range(5)]
    words = [Group((5 + place,), 22 * place, 300 + 9 * place, 22 * place + 16, 330 + 9 * place) for place in range(4)]
    assert [len(row) for row in in_rows([*level, *words])] == [5, 4]


def test_few_digits_tell_not_in_which_direction_rows_run() -> None:
    """One that is written a little lower than the one before it says nothing of what stands far below."""
    groups = [Group((0,), 0, 0, 16, 30), Group((1,), 22, 8, 38, 38)]
    groups += [Group((2,), 300, 105, 316, 135), Group((3,), 322, 113, 338, 143)]
    assert [len(row) for row in in_rows(groups)] == [2, 2]


def test_a_row_has_gaps_of_any_width() -> None:
    """As the rows of a sudoku have, or two columns of a list."""
    lefts = (10, 50, 700, 1500)
    rows = in_rows(
        [Group((place,), left, top, left + 20, top + 40) for top in (20, 90) for place, left in enumerate(lefts)]
    )
    assert [[group.left for group in row] for row in rows] == [list(lefts)] * 2


def test_rows_layout_reads_the_heaviest_row(ink: LabelledDigits, classifier: Classifier) -> None:
    """--layout row leaves the other rows out; --layout single reads one digit."""
    frame = scene(ink, layout="page").frame
    assert len(read(Reader(classifier, settings=ReadingSettings(layout="row")), frame).rows) == 1
    assert len(read(Reader(classifier, settings=ReadingSettings(layout="single")), frame).text) == 1


def test_low_marks_are_left_out_on_request(ink: LabelledDigits) -> None:
    """--min-height is in pixels of the frame."""
    frame = scene(ink).frame
    assert len(find_digits(frame)) == 5
    assert find_digits(frame, min_height=400) == []


def test_polarity_can_be_told(ink: LabelledDigits) -> None:
    """--invert no takes dark ink for ink though light strokes prevail."""
    frame = scene(ink).frame
    assert len(find_digits(frame, invert="no")) == 5
    assert len(find_digits(255 - frame, invert="yes")) == 5


def test_light_is_taken_for_dark_where_only_that_reads(ink: LabelledDigits, classifier: Classifier) -> None:
    """Polarity that was found out wrongly is the other one, if that gives a number; the stages show what was read."""
    found = scene(ink, "shadow")
    reader = Reader(classifier)
    right = reader.read(Frame("scene", 0, 0.0, found.frame))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("device.finding.looking.is_light_on_dark", lambda grey: True)
        reading, canonical = reader.read_closely(Frame("scene", 0, 0.0, found.frame))
        sheet = stages(found.frame, reading, canonical, reader.settings)
    told = stages(found.frame, replace(reading, ways=(Way("no"),)), canonical, reader.settings)
    assert (sheet == told).all()
    assert (right.ways, reading.ways) == ((Way("auto"),), (Way("other"),))
    assert reading.rows == right.rows


@pytest.mark.parametrize("side", [30, 240])
def test_what_may_be_ground_is_read_the_other_way_round_first(side: int, classifier: Classifier) -> None:
    """A large refused mark may have been light that was taken for dark; a small one was none."""
    frame = np.full((480, 640), 230, np.uint8)
    cv2.drawMarker(frame, (320, 240), 30, cv2.MARKER_STAR, side, max(2, side // 12))
    asked: list[Way] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Finder, "find", lambda finder, way, find=Finder.find: asked.append(way) or find(finder, way))
        assert Reader(classifier).read(Frame("star", 0, 0.0, frame)).text == ""
    assert asked[0] == Way("auto")
    assert (asked[1] == Way("other")) == any(way.invert == "other" for way in asked) == (side == 240)


def pasted(frame: np.ndarray, ink: LabelledDigits, text: str, *, place: tuple[int, int], height: int) -> None:
    """Draw digits side by side, 0–255 ink on a light frame, from their upper left corner on."""
    x, y = place
    for number, label in enumerate(text):
        digit = ink.images[np.flatnonzero(ink.labels == int(label))[number]]
        digit = cv2.resize(digit[4:24, 4:24], (height, height), interpolation=cv2.INTER_AREA)
        frame[y : y + height, x : x + height] = np.minimum(frame[y : y + height, x : x + height], 230 - digit * 0.8)
        x += height


@pytest.mark.parametrize("height", [36, 48])
def test_numbers_beside_a_much_larger_mark_are_read(height: int, ink: LabelledDigits, classifier: Classifier) -> None:
    """A large digit does not keep small ones from being read, nor some of them, and they stand in one order."""
    frame = np.full((480, 640), 230, np.uint8)
    pasted(frame, ink, "7", place=(200, 120), height=220)
    pasted(frame, ink, "4052", place=(180, 30), height=height)
    pasted(frame, ink, "836", place=(180, 400), height=height)
    assert Reader(classifier).read(Frame("page", 0, 0.0, frame)).rows == ("4052", "7", "836")


def test_strokes_beside_a_much_larger_mark_are_no_numbers(ink: LabelledDigits, classifier: Classifier) -> None:
    """A digit with a tally of strokes below it is still the digit alone."""
    frame = np.full((480, 640), 230, np.uint8)
    pasted(frame, ink, "7", place=(200, 60), height=220)
    for x in range(180, 400, 30):
        cv2.line(frame, (x, 380), (x + 4, 420), 40, 4)
    assert Reader(classifier).read(Frame("page", 0, 0.0, frame)).text == "7"


def test_a_region_is_read_by_itself(ink: LabelledDigits, classifier: Classifier) -> None:
    """A region's digits carry its name and have boxes in the frame; one beyond the frame is empty."""
    rendered = scene(ink)
    x, y, width, height = rendered.boxes[2]
    roi = f"middle={int(x) - 20},{int(y) - 60},{int(width) + 40},{int(height) + 120}"
    settings = ReadingSettings(rois=(roi, "away=5000,5000,10,10"))
    reading = read(Reader(classifier, settings=settings), rendered.frame)
    assert reading.roi_texts == {"middle": rendered.rows[0][2], "away": ""}
    assert np.abs(np.array(reading.digits[0].box) - rendered.boxes[2]).max() < 8


def test_the_expected_number_of_digits_is_kept(ink: LabelledDigits, classifier: Classifier) -> None:
    """Of too many digits the least sure are left out."""
    reader = Reader(classifier, settings=ReadingSettings(expect_digits=3))
    assert len(read(reader, scene(ink).frame).text) == 3


def test_what_is_cut_to_an_expected_number_is_no_lower_than_wanted(ink: LabelledDigits, classifier: Classifier) -> None:
    """Missing digits are looked for in those that are there, but none below the least height."""
    lowest = {0: 0, 140: 0}
    for seed in range(6):
        frame = render_scene(ink, cause=CAUSES["plain"], rows=1, columns=3, seed=seed).frame
        for least in lowest:
            reader = Reader(classifier, settings=ReadingSettings(expect_digits=8, min_height=least))
            lowest[least] += sum(digit.box[3] < 140 for digit in read(reader, frame).digits)
    assert lowest[0] > 2
    assert lowest[140] == 0


def test_a_row_of_which_most_is_refused_is_left_out(
    ink: LabelledDigits, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters and patterns are no row of question marks, however unsure digits may be for the user."""
    scores = classifier.scores
    monkeypatch.setattr(classifier, "scores", lambda digits: 0.4 * scores(digits))
    for settings in (ReadingSettings(), ReadingSettings(reject_below=0.0)):
        assert read(Reader(classifier, settings=settings), scene(ink).frame).digits == ()


@pytest.mark.parametrize("threshold", [None, 0.5])
def test_digits_that_the_user_refuses_are_no_letters(
    threshold: float | None, ink: LabelledDigits, classifier: Classifier
) -> None:
    """They are question marks; only what is below the model's own threshold, where it has one, is a word."""
    reader = Reader(with_threshold(classifier, threshold), settings=ReadingSettings(reject_below=1.0))
    assert read(reader, scene(ink).frame).text == "?????"


def test_nothing_is_refused_on_request(ink: LabelledDigits, classifier: Classifier) -> None:
    """--no-reject wins over any threshold, the user's and the model's."""
    settings = ReadingSettings(reject_below=1.0, reject=False)
    assert len(read(Reader(with_threshold(classifier, 1.01), settings=settings), scene(ink).frame).text) == 5


def test_hostile_frames_are_survived(classifier: Classifier) -> None:
    """Noise, stripes, checks and the like raise nothing and do not explode into hundreds of digits."""
    reader = Reader(classifier)
    for _, frame in hostile_frames(4 * len(KINDS)):
        assert len(read(reader, frame).digits) <= 300


def test_pictures_of_what_was_read_are_written(ink: LabelledDigits, tmp_path: Path) -> None:
    """--annotate and --explain write one PNG a picture, and overwrite none unasked."""
    picture = tmp_path / "scene.png"
    Image.fromarray(scene(ink).frame[..., ::-1]).save(picture)
    out = ["--annotate", tmp_path / "a", "--explain", tmp_path / "e"]
    arguments = [str(each) for each in ("classify", picture, picture, *out)]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["scene-2.png", "scene.png"]
    with Image.open(tmp_path / "e" / "scene.png") as sheet:
        assert sheet.width > 900
    assert CliRunner().invoke(cli, arguments).exit_code == 2


@pytest.mark.parametrize("shape", [(40, 1000), (1000, 40), (300, 400), (28, 28)])
def test_the_sheet_of_stages_suits_the_picture(classifier: Classifier, shape: tuple[int, int]) -> None:
    """A picture is drawn as wide or as high as the sheet has room for, whatever its shape."""
    frame = np.zeros((*shape, 3), np.uint8)
    reader = Reader(classifier)
    sheet = stages(frame, *reader.read_closely(Frame("scene", 0, 0.0, frame)), reader.settings)
    black = (sheet == 0).all(axis=2)
    assert sheet.shape[1] == SHEET
    # Half the width for frames that are wide, more than half the height of all stages for those that are high.
    assert black.sum(axis=1).max() > SHEET / 2 or black.sum(axis=0).max() > STAGES / 2


def test_the_stages_are_those_of_the_regions(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each region is looked at by itself, as the reader does; of many the first few, and none beyond the frame."""
    frame = np.full((300, 400), 200, np.uint8)
    rois = tuple(f"r{number}={number},0,{100 + number},80" for number in range(6))
    settings = ReadingSettings(rois=("away=900,0,50,50", *rois), invert="yes", layout="single")
    reading, canonical = Reader(classifier, settings=settings).read_closely(Frame("scene", 0, 0.0, frame))
    looked_at = []

    def noted(part: np.ndarray, way: Way, *, single: bool) -> View:
        looked_at.append((part.shape, way, single))
        return look(part, way, single=single)

    monkeypatch.setattr("device.finding.looking.look", noted)
    stages(frame, reading, canonical, settings)
    assert looked_at == [((80, 100 + number), Way("yes"), True) for number in range(MOST_REGIONS)]


@pytest.mark.parametrize("rois", [(), ("none=900,0,50,50", "page=0,0,640,480")])
def test_the_sheet_of_stages_shows_what_was_left_out(classifier: Classifier, rois: tuple[str, ...]) -> None:
    """A word beside a number is not read, and what the network made of its letters is seen; a page without has none."""
    page = np.full((480, 640), 215, np.uint8)
    cv2.putText(page, "WHAT", (40, 200), cv2.FONT_HERSHEY_SIMPLEX, 3.0, (40,), 8, cv2.LINE_AA)
    plain = page.copy()
    plain[:] = 215
    cv2.putText(plain, "52", (430, 400), cv2.FONT_HERSHEY_SIMPLEX, 3.0, (40,), 8, cv2.LINE_AA)
    reader = Reader(classifier, settings=ReadingSettings(rois=rois))
    sheets = []
    for image, left in ((np.minimum(page, plain), 4), (plain, 0)):
        frame = Frame("page", 0, 0.0, image)
        reading, canonical = reader.read_closely(frame)
        left_out = reader.left_out(frame, reading)
        assert reading.text == "52"
        assert len(left_out) == left
        assert all(each.shape == (28, 28) for each, _ in left_out)
        assert all(mark.box[1] < 210 and mark.label in "0123456789" for _, mark in left_out)
        sheets.append(stages(image, reading, canonical, reader.settings, left_out))
        told = stages(image, reading, canonical, reader.settings)
        assert sheets[-1].shape[0] > told.shape[0] if left else (sheets[-1] == told).all()
    assert reader.left_out(Frame("page", 0, 0.0, None), reading) == []


def test_a_settings_file_says_how_pictures_are_read(ink: LabelledDigits, tmp_path: Path) -> None:
    """The command classify takes the settings file of run, and options win over it."""
    Image.fromarray(scene(ink).frame[..., ::-1]).save(tmp_path / "scene.png")
    (tmp_path / "s.toml").write_text('[reading]\nlayout = "single"\n')
    arguments = ["classify", "--json", str(tmp_path / "scene.png"), "--config", str(tmp_path / "s.toml")]
    texts = [
        json.loads(CliRunner().invoke(cli, [*arguments, *more]).stdout)["text"] for more in ([], ["--layout", "auto"])
    ]
    assert [len(text) for text in texts] == [1, 5]


@pytest.mark.parametrize("value", ["nan", "-0.1", "1.5", "x"])
def test_a_threshold_that_is_no_score_is_refused(value: str, tmp_path: Path) -> None:
    """Exit code 2, one line, for any spelling of the option."""
    for option in ("--reject-below", "--threshold", "-t"):
        result = CliRunner().invoke(cli, ["classify", str(tmp_path), option, value])
        assert (result.exit_code, len(result.stderr.strip().splitlines())) == (2, 1)


def test_a_page_of_letters_is_neither_joined_nor_cut(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take long, and be refused all the same, so that half of it is scored once.

    A region with so many digits expected is cut nevertheless.
    """
    scored: list[int] = []
    scores = classifier.scores
    monkeypatch.setattr(classifier, "scores", lambda digits: (scored.append(len(digits)), scores(digits))[1])
    page = KINDS["letters"](np.random.default_rng(3))
    assert read(Reader(classifier, context=Context(load_runtime(None))), page).text == ""
    assert scored == [-(-len(find_digits(page)) // 2)]
    assert scored[0] > 50
    read(Reader(classifier, settings=ReadingSettings(expect_digits=3)), page)
    assert len(scored) > 2


def written_on(frame: np.ndarray, ink: LabelledDigits, places: list[tuple[int, int]], *, height: int) -> str:
    """Write surely legible digits with their middles at these places; return what they say."""
    chosen = [int(np.flatnonzero(ink.labels == (3 * number + 2) % 10)[0]) for number in range(len(places))]
    for number, (x, y) in zip(chosen, places, strict=True):
        rows, columns = np.nonzero(ink.images[number] > 40)
        digit = ink.images[number][rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        size = max(2, round(digit.shape[1] * height / len(digit))), height
        share = np.clip(cv2.resize(digit, size, interpolation=cv2.INTER_CUBIC) / 255 * 3 - 0.8, 0, 1)
        left, top = x - size[0] // 2, y - height // 2
        part = frame[top : top + height, left : left + size[0]]
        part[:] = part * (1 - share) + 50 * share
    return "".join(str(ink.labels[number]) for number in chosen)


def test_numbers_in_rings_are_read(classifier: Classifier, ink: LabelledDigits) -> None:
    """A ring is neither a 0 nor a box that hides what is in it."""
    frame, places = np.full((480, 640), 210, np.uint8), [(110 + 200 * n, 150) for n in range(3)]
    text = written_on(frame, ink, places, height=60)
    for place in places:
        cv2.ellipse(frame, place, (58, 52), 0, 0, 360, (50,), 3, cv2.LINE_AA)
    assert read(Reader(classifier), frame).text == text


def test_upright_lines_between_digits_are_no_ones(classifier: Classifier, ink: LabelledDigits) -> None:
    """They are alike, and higher than what stands between them."""
    frame = np.full((480, 640), 210, np.uint8)
    text = written_on(frame, ink, [(65 + 70 * n, 230) for n in range(7)], height=42)
    for place in range(8):
        cv2.line(frame, (30 + 70 * place, 190), (30 + 70 * place, 275), (50,), 3, cv2.LINE_AA)
    assert read(Reader(classifier), frame).text == text
