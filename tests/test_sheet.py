"""The sheet that is written on, found on what it lies on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from device.finding.context import Context
from device.finding.finder import find_digits
from device.finding.looking import look
from device.finding.sheet import find_sheet
from device.finding.view import View
from device.frames import Frame
from device.inference.classifier import Classifier
from device.inference.runtime import load_runtime
from device.reader import Reader
from device.reading import Way
from device.settings.reading_settings import ReadingSettings
from device.shown_reading import stages

SIZE = (240, 320)
CORNERS = np.array([(70, 50), (262, 38), (274, 190), (62, 200)], np.int32)
PAPER, TABLE, PEN = 215, 70, 50


def lying(
    corners: np.ndarray = CORNERS, *, paper: int = PAPER, table: int = TABLE, pen: int = PEN, text: str = "472"
) -> np.ndarray:
    """Draw a sheet with something written on it, on a table."""
    frame = np.full(SIZE, table, np.uint8)
    cv2.fillConvexPoly(frame, corners, (paper,))
    left, bottom = int(corners[:, 0].min()), int(corners[:, 1].mean()) + 20
    cv2.putText(frame, text, (left + 40, bottom), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (pen,), 6)
    noise = np.random.default_rng(0).normal(0, 2, SIZE)
    return np.clip(cv2.GaussianBlur(frame, (3, 3), 0) + noise, 0, 255).astype(np.uint8)


def truth(corners: np.ndarray = CORNERS) -> np.ndarray:
    """Return where the sheet is, bool (H, W)."""
    mask = np.zeros(SIZE, np.uint8)
    cv2.fillConvexPoly(mask, corners, (1,))
    return mask > 0


def found_in(frame: np.ndarray) -> np.ndarray:
    """Return where the sheet was found, bool (H, W)."""
    sheet = find_sheet(frame)
    found = np.zeros(SIZE, bool)
    if sheet is not None:
        part = sheet.part_of(frame)
        found[part] = cv2.resize(sheet.inside, found[part].shape[::-1]) > 127
    return found


@pytest.mark.parametrize(
    "frame",
    [
        lying(),
        lying(paper=45, table=190, pen=150),  # chalk on a slate
        lying(paper=150, table=230),  # a note on a wall
        (lying() * np.linspace(0.55, 1.0, SIZE[1])).astype(np.uint8),
    ],
    ids=["paper", "slate", "note", "gradient"],
)
def test_a_sheet_is_found_along_its_edges(frame: np.ndarray) -> None:
    """All of it but a narrow margin, and nothing else."""
    found = found_in(frame)
    assert not (found & ~truth()).any()
    inner = cv2.erode(truth().astype(np.uint8), np.ones((19, 19), np.uint8)) > 0
    assert found[inner].mean() > 0.998  # a corner may be round


@pytest.mark.parametrize(
    ("light", "is_sheet"), [((0.6, 0.6, 0.6), False), ((0.6, 0.62, 0.75), True)], ids=["shadow", "note"]
)
def test_a_four_sided_shadow_on_coloured_paper_is_no_sheet(light: tuple[float, ...], *, is_sheet: bool) -> None:
    """As of a telephone: it is darker than the paper and of its hue, unlike a darker note."""
    paper = np.full((*SIZE, 3), (175.0, 190.0, 220.0))
    paper[truth()] *= light
    noise = np.random.default_rng(3).normal(0, 2, paper.shape)
    frame = np.clip(cv2.GaussianBlur(paper, (3, 3), 0) + noise, 0, 255).astype(np.uint8)
    assert (find_sheet(frame) is not None) == is_sheet


def on_wood(seed: int, *, text: str = "") -> np.ndarray:
    """Draw a slate that casts a shadow on a light table with streaks, out of focus."""
    rng = np.random.default_rng(seed)
    streaks = cv2.GaussianBlur(rng.normal(0, 1, SIZE).astype(np.float32), (0, 0), sigmaX=30, sigmaY=3)
    table = 165 + 20 * streaks / streaks.std()
    shadow = cv2.GaussianBlur(truth(np.add(CORNERS, (5, 6))).astype(np.float32), (0, 0), 3)
    slate = lying(paper=50, pen=150, text=text)
    frame = np.where(truth(), slate, table * (1 - 0.5 * shadow))
    return np.clip(cv2.GaussianBlur(frame, (0, 0), 1.5), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_neither_streaks_of_the_table_nor_a_shadow_on_it_are_the_sheet(seed: int) -> None:
    """They are as dark as it is, or darker than the table, at some levels only."""
    found = found_in(on_wood(seed, text="472"))
    inner = cv2.erode(truth().astype(np.uint8), np.ones((19, 19), np.uint8)) > 0
    assert found[inner].all()
    assert not (found & ~truth()).any()


@pytest.mark.parametrize("seed", range(6))
def test_the_grain_at_the_edge_of_an_empty_sheet_is_no_digit(seed: int) -> None:
    """Beyond the edge there is none, but it does not stand out for that."""
    frame = np.clip(lying(text="", paper=200, table=30) + np.random.default_rng(seed).normal(0, 2.5, SIZE), 0, 255)
    assert find_digits(frame.astype(np.uint8)) == []


def test_a_sheet_that_the_rim_cuts_off_is_found() -> None:
    """Two of its edges meet in the frame."""
    corners = np.array([(-5, -5), (230, -5), (240, 170), (-5, 178)], np.int32)
    found = found_in(lying(corners))
    assert found.sum() > 0.9 * truth(corners).sum()
    assert not (found & ~truth(corners)).any()


def test_a_dark_shadow_on_the_sheet_does_not_cut_it_off() -> None:
    """What lies in shadow is the sheet still, as the table is darker."""
    frame = lying(table=40)
    frame[:, 180:] = frame[:, 180:] // 2
    assert found_in(frame).sum() > 0.85 * truth().sum()


def test_a_shadow_is_no_sheet() -> None:
    """Neither what is lit nor what is not, nor what lies between two edges."""
    page = lying(np.array([(-9, -9), (400, -9), (400, 400), (-9, 400)], np.int32))
    across = np.add.outer(np.arange(SIZE[0]) * 0.5, np.arange(SIZE[1]))
    assert find_sheet((page * np.where(across < 180, 0.5, 1.0)).astype(np.uint8)) is None
    assert find_sheet((page * np.where((across > 140) & (across < 260), 0.5, 1.0)).astype(np.uint8)) is None


def test_a_page_alone_is_no_sheet() -> None:
    """There is nothing but the page; lines of writing are no sheet on it."""
    page = np.full(SIZE, PAPER, np.uint8)
    for line in range(50, 220, 36):
        cv2.putText(page, "4720831", (60, line), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (PEN,), 4)
    assert find_sheet(page) is None
    assert find_sheet(255 - page) is None


def test_the_ground_within_a_thick_digit_is_no_sheet() -> None:
    """There is as bright a ground around the digit."""
    frame = np.full(SIZE, PAPER, np.uint8)
    cv2.rectangle(frame, (60, 20), (260, 220), (PEN,), 34)
    assert find_sheet(frame) is None


@pytest.mark.parametrize("light", [True, False])
def test_a_thick_digit_seen_closely_is_no_sheet(sample_digits: MeasuringDigits, *, light: bool) -> None:
    """Its outline has dents, or is round."""
    large = (cv2.resize(digit, (280, 280), interpolation=cv2.INTER_CUBIC) for digit in sample_digits.images[:300])
    bold = [cv2.dilate(each, np.ones((15, 15), np.uint8)) for each in large]
    assert sum(find_sheet(each if light else 255 - each) is not None for each in bold) <= 1


def test_digits_on_a_sheet_are_boxed_in_the_frame() -> None:
    """Where they are, in reading order, and nothing of the table."""
    frame = cv2.resize(lying(), (640, 480), interpolation=cv2.INTER_CUBIC)
    boxes = [digit.box for digit in find_digits(frame)]
    assert len(boxes) == 3
    ink = (frame < 120) & (cv2.resize(truth().astype(np.uint8), (640, 480)) > 0)
    ink[:, :160] = ink[:, 480:] = False
    columns = np.flatnonzero(ink[200:320].any(axis=0))
    assert abs(boxes[0][0] - columns[0]) < 6
    assert abs(boxes[2][0] + boxes[2][2] - 1 - columns[-1]) < 6


def test_an_empty_sheet_on_a_table_with_patterns_holds_nothing() -> None:
    """What is to be seen beside the sheet is not looked for."""
    frame = lying(text="")
    for place in range(20, 300, 40):
        cv2.putText(frame, "7", (place, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (130,), 3)
    assert find_digits(frame) == []


@pytest.mark.parametrize(("text", "rows"), [("", ("7777777",)), ("472", ("472",))])
def test_what_is_beside_a_sheet_is_read_where_nothing_is_on_it(
    text: str, rows: tuple[str, ...], classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thing than the sheet may have been taken for it; the stages are those of what was read."""
    frame, looked_at = lying(text=text), []
    for place in range(20, 300, 40):
        cv2.putText(frame, "7", (place, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (130,), 3)
    reader = Reader(classifier)
    reading, canonical = reader.read_closely(Frame("sheet", 0, 0.0, frame))
    assert reading.rows == rows

    def noted(frame: np.ndarray, way: Way, *, single: bool) -> View:
        looked_at.append(way.whole)
        return look(frame, way, single=single)

    monkeypatch.setattr("device.finding.looking.look", noted)
    stages(frame, reading, canonical, reader.settings)
    assert looked_at == [text == ""]


def test_what_was_seen_of_a_sheet_says_where_it_is() -> None:
    """The view's part of the frame is that of the sheet; without one it is all."""
    frame = lying()
    view = look(frame)
    assert view.sheet is not None
    rows, columns = view.part
    assert 30 <= rows.start <= 50
    assert 180 <= rows.stop <= 202
    assert 60 <= columns.start <= 75
    assert 260 <= columns.stop <= 276
    assert look(np.full(SIZE, PAPER, np.uint8)).part == (slice(None), slice(None))


@pytest.mark.parametrize("gap", [6, 8, 14])
def test_a_sheet_that_nearly_fills_the_frame_is_found(gap: int) -> None:
    """Of the table, strips narrower than writing are seen."""
    corners = np.array([(40, gap), (270, gap + 4), (276, 239 - gap), (34, 236 - gap)], np.int32)
    found = found_in(lying(corners))
    assert not (found & ~truth(corners)).any()
    assert found.sum() > 0.85 * truth(corners).sum()


def test_a_sheet_seen_at_a_slant_is_found() -> None:
    """It is far from a rectangle."""
    corners = np.array([(50, 70), (280, 25), (276, 215), (56, 160)], np.int32)
    found = found_in(lying(corners))
    assert not (found & ~truth(corners)).any()
    assert found.sum() > 0.8 * truth(corners).sum()


def in_colour(sheet: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Lay a sheet with writing, grey, on a ground, uint8 (H, W, 3)."""
    return np.where(truth()[..., np.newaxis], sheet[..., np.newaxis], ground).astype(np.uint8)


CLOTH = (np.indices(SIZE).sum(axis=0)[..., np.newaxis] // 12 % 2 * [150, 90, 160] + [60, 120, 60]).astype(np.uint8)
WOOD = np.broadcast_to(np.array([120, 200, 235], np.uint8), (*SIZE, 3))  # as light as paper in the shade


@pytest.mark.parametrize("ground", [CLOTH, WOOD], ids=["cloth", "wood"])
def test_a_sheet_on_coloured_ground_that_is_as_light_is_found(ground: np.ndarray) -> None:
    """A colour differs, or the patches of a pattern are small."""
    found = found_in(cv2.GaussianBlur(in_colour(lying(), ground), (3, 3), 0))
    inner = cv2.erode(truth().astype(np.uint8), np.ones((19, 19), np.uint8)) > 0
    assert found[inner].all()
    assert (found & ~truth()).sum() < 0.02 * truth().sum()


def test_a_sheet_that_is_lit_from_a_side_is_found() -> None:
    """Its dark side is darker than the table in light."""
    frame = lying(table=110) * np.linspace(1.0, 0.35, SIZE[1])
    inner = cv2.erode(truth().astype(np.uint8), np.ones((19, 19), np.uint8)) > 0
    assert found_in(frame.astype(np.uint8))[inner].all()


def test_the_shadow_of_a_phone_on_the_sheet_is_neither_the_sheet_nor_beyond_it() -> None:
    """It is of the same colour, and what is lit is no rectangle without it."""
    frame = in_colour(lying(), np.broadcast_to(np.array([40, 70, 110], np.uint8), (*SIZE, 3)))
    phone = np.ones(SIZE, np.float32)
    phone[70:, 130:215] = 0.5
    frame = frame * cv2.GaussianBlur(phone, (0, 0), 3)[..., np.newaxis]
    inner = cv2.erode(truth().astype(np.uint8), np.ones((19, 19), np.uint8)) > 0
    found = found_in(frame.astype(np.uint8))
    assert found[inner].all()
    assert not (found & ~truth()).any()


def test_a_strip_of_the_ground_along_the_edge_of_a_sheet_is_no_digit() -> None:
    """Unlike a digit, it touches the edge with all of its length."""
    frame = cv2.resize(lying(text="472"), (640, 480), interpolation=cv2.INTER_CUBIC)
    sheet = look(frame).sheet
    assert sheet is not None
    ink = np.zeros((200, 300), np.uint16)
    inside = cv2.resize(sheet.inside, (300, 200)) > 127
    ink[inside & ~(cv2.erode(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)] = 1
    ink[90:130, 140:150] = 2
    along, within = sheet.contact(ink, np.array([1, 2]))
    assert along > 200
    assert within == 0


def test_a_pool_of_light_is_no_sheet() -> None:
    """Its edge is soft."""
    across, down = np.meshgrid(np.linspace(-1, 1, SIZE[1]), np.linspace(-1, 1, SIZE[0]))
    light = np.clip(1.3 - np.hypot(across - 0.2, down - 0.3), 0.3, 1)
    page = np.full(SIZE, PAPER, np.uint8)
    cv2.putText(page, "47286", (60, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (PEN,), 6)
    assert find_sheet((page * light).astype(np.uint8)) is None


def test_a_label_is_found_where_it_is_asked_for_and_read(classifier: Classifier) -> None:
    """It is smaller than other sheets, and lighter than what else may be one, such as the lid of its jar."""
    jar = np.full((480, 640, 3), (150, 155, 165), np.uint8)
    jar[330:], jar[90:440, 290:500], jar[90:160, 290:500] = (60, 95, 140), (60, 110, 60), (40, 40, 160)
    jar[200:370, 325:465] = 222
    for text, place, size, width in (("Flour", (350, 238), 0.8, 2), ("5", (362, 345), 3.0, 7)):
        cv2.putText(jar, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (40, 40, 40), width, cv2.LINE_AA)
    noise = np.random.default_rng(1).normal(0, 2, (480, 640, 1))
    jar = np.clip(cv2.GaussianBlur(jar, (5, 5), 0) + noise, 0, 255).astype(np.uint8)
    label = find_sheet(jar, label=True)
    assert label is not None
    bounds = [label.left, label.top, label.right, label.bottom]
    assert bounds == pytest.approx([325 / 640, 200 / 480, 465 / 640, 370 / 480], abs=0.03)
    assert find_sheet(lying(), label=True) is None
    assert Reader(classifier).read(Frame("jar", 0, 0.0, jar)).text == "5"


def test_a_torn_sheet_is_found_where_nothing_else_is_read(classifier: Classifier) -> None:
    """Its edges are no straight lines; before a mottled ground nothing is read without it."""
    rng = np.random.default_rng(0)
    x = np.arange(180, 470, 15)
    above, below = 130 + rng.integers(-22, 23, len(x)), 350 + rng.integers(-22, 23, len(x))
    torn = np.concatenate([np.stack([x, above], axis=1), np.stack([x, below], axis=1)[::-1]]).astype(np.int32)
    ground = cv2.resize(rng.normal(110, 25, (48, 64)), (640, 480), interpolation=cv2.INTER_CUBIC)
    frame = np.clip(ground, 0, 200).astype(np.uint8)
    cv2.fillPoly(frame, [torn], (235,))
    cv2.putText(frame, "5", (285, 290), cv2.FONT_HERSHEY_SIMPLEX, 4.0, (40,), 10, cv2.LINE_AA)
    frame = cv2.GaussianBlur(frame, (5, 5), 0)
    assert find_sheet(frame) is None
    assert find_sheet(frame, label=True) is not None
    reader = Reader(classifier, context=Context(load_runtime(None)))
    assert reader.read(Frame("torn", 0, 0.0, frame)).text == "5"


def on_cards(*texts: str, table: int = TABLE) -> np.ndarray:
    """Draw white cards on a table, in two columns, in fading light, with something written on each."""
    frame = np.full((480, 640), table, np.uint8)
    for place, text in enumerate(texts):
        left, top = 40 + 310 * (place % 2), 40 + 230 * (place // 2)
        frame[top : top + 170, left : left + 240] = PAPER
        cv2.putText(frame, text, (left + 50, top + 115), cv2.FONT_HERSHEY_SIMPLEX, 2.2, (PEN,), 8)
    noise = np.random.default_rng(0).normal(0, 2, frame.shape)
    light = np.linspace(1.0, 0.75, 640)
    return np.clip(cv2.GaussianBlur(frame, (3, 3), 0) * light + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("texts", "rows"),
    [(("47", "25"), ("4725",)), (("47", "25", "3"), ("4725", "3")), (("4", "25", "38", "72"), ("425", "3872"))],
)
def test_several_cards_are_all_read(texts: tuple[str, ...], rows: tuple[str, ...], classifier: Classifier) -> None:
    """Each by itself; those side by side are one row."""
    frame = on_cards(*texts)
    assert [find_sheet(frame, number=number) is not None for number in (len(texts) - 1, len(texts))] == [True, False]
    assert Reader(classifier).read(Frame("cards", 0, 0.0, frame)).rows == rows


@pytest.mark.parametrize("colours", [(0, 1), (1, 0), (2, 1)], ids=["white first", "yellow first", "blue and yellow"])
def test_cards_of_different_colours_are_all_read(colours: tuple[int, int], classifier: Classifier) -> None:
    """A white sheet and a coloured note on a desk, whichever is larger or lighter."""
    white, yellow, blue = (215, 215, 215), (110, 215, 225), (220, 170, 120)
    frame = cv2.cvtColor(on_cards("47", "25"), cv2.COLOR_GRAY2BGR)
    for place, each in enumerate(colours):
        half = frame[:, 320 * place : 320 * place + 320]
        lit = (white, yellow, blue)[each]
        half[:] = np.where(half > 2 * TABLE, half * (np.array(lit) / PAPER), half).clip(0, 255).astype(np.uint8)
    assert [find_sheet(frame, number=number) is not None for number in (1, 2)] == [True, False]
    assert Reader(classifier).read(Frame("cards", 0, 0.0, frame)).rows == ("4725",)


@pytest.mark.parametrize(("layout", "texts", "count"), [("row", ("47", "25", "3"), 4), ("single", ("4", "2", "3"), 1)])
def test_of_several_cards_one_row_or_digit_may_be_asked_for(
    layout: str, texts: tuple[str, ...], count: int, classifier: Classifier
) -> None:
    """A row may run over cards that lie side by side."""
    frame, reader = on_cards(*texts), Reader(classifier, settings=ReadingSettings(layout=layout))
    reading = reader.read(Frame("cards", 0, 0.0, frame))
    assert len(reading.text) == len(find_digits(frame, layout=layout)) == count
    assert reading.text in ("4725", *texts)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_as_many_digits_are_expected_in_a_row_that_runs_over_cards_as_in_another(
    count: int, classifier: Classifier
) -> None:
    """No card by itself is brought to that number, by cutting its digits or leaving some out."""
    frame, reader = on_cards("12", "34", "65", "80"), Reader(classifier, settings=ReadingSettings(expect_digits=count))
    rows = reader.read(Frame("cards", 0, 0.0, frame)).rows
    assert [len(row) for row in rows] == [count, count]
    assert rows == ("1234", "6580") or count < 4


def test_of_many_cells_none_is_a_sheet() -> None:
    """There is more of their colour than is looked at."""
    frame = np.full((480, 640), TABLE, np.uint8)
    for top in range(20, 460, 150):
        for left in range(20, 620, 150):
            frame[top : top + 130, left : left + 130] = PAPER
    assert find_sheet(frame) is None


def test_a_row_of_empty_cells_is_not_the_whole_sheet() -> None:
    """Where no cell of the other rows is even, the sheet is what there is without the lines of its table."""
    frame = np.full((480, 640), TABLE, np.uint8)
    corners = np.array([(130, 30), (540, 30), (540, 445), (130, 445)], np.int32)
    cv2.fillConvexPoly(frame, corners, (PAPER,))
    for place in range(5):
        cv2.line(frame, (136 + 100 * place, 36), (136 + 100 * place, 437), (PEN,), 5)
        cv2.line(frame, (136, 36 + 100 * place), (536, 36 + 100 * place), (PEN,), 5)
    for row in range(3):
        for column in range(4):
            place = (148 + 100 * column, 120 + 100 * row)
            cv2.putText(frame, str(row + column), place, cv2.FONT_HERSHEY_SIMPLEX, 2.6, (PEN,), 9)
    sheet = find_sheet(frame)
    assert sheet is not None
    assert sheet.bottom - sheet.top > 0.75


def test_a_sheet_may_be_taken_with_what_lies_around_it() -> None:
    """A fortieth of the frame on each side."""
    sheet, wide = find_sheet(lying()), find_sheet(lying(), wide=True)
    assert sheet is not None
    assert wide is not None
    for more, less in ((sheet.left, wide.left), (sheet.top, wide.top), (wide.right, sheet.right)):
        assert more - less == pytest.approx(1 / 40, abs=0.01)
    assert np.count_nonzero(wide.inside) > np.count_nonzero(sheet.inside)


@pytest.mark.parametrize(("bottom", "is_cut"), [(140, False), (70, True)])
def test_what_lies_at_the_edge_of_a_sheet_is_told(bottom: int, *, is_cut: bool) -> None:
    """A digit that the edge cuts says that the sheet may go on beyond it."""
    frame = lying(text="")
    for text, place in (("47", (120, bottom)), ("2", (150, 140))):
        cv2.putText(frame, text, place, cv2.FONT_HERSHEY_SIMPLEX, 1.6, (PEN,), 6)
    view = look(frame)
    assert view.sheet is not None
    assert view.is_cut == is_cut
