"""What pages show beside digits: the squares of paper, the gutter of a book, tiles around each digit."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from device.finding.finder import find_digits
from device.finding.found import Found
from device.finding.ink import Ink
from device.finding.looking import look
from device.finding.marks import mark_weights, measure_marks
from device.finding.plates import find_plates
from device.finding.printed_lines import without_borders, without_rules
from device.finding.view import overlook, view_of, without_things
from device.frames import Frame
from device.inference.classifier import Classifier
from device.reader import Reader
from device.reading import AS_IT_IS

SIZE = (480, 640)
PAPER, PEN = 225, 60  # grey values
ROWS = (("31602", 150), ("85974", 300))  # what is written, and how far down


def page(rows: tuple[tuple[str, int], ...] = ROWS, *, left: int = 120) -> np.ndarray:
    """Draw rows of digits as strokes, uint8 (H, W), 0 ground to 255 ink."""
    strokes = np.zeros(SIZE, np.uint8)
    for text, bottom in rows:
        for place, digit in enumerate(text):
            cv2.putText(
                strokes, digit, (left + 60 * place, bottom), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255,), 4, cv2.LINE_AA
            )
    return strokes


def photographed(strokes: np.ndarray, ground: np.ndarray | float = PAPER, *, pen: float = PEN) -> np.ndarray:
    """Make a grey frame of strokes on a ground, a little soft and noisy."""
    grey = ground + (pen - ground) * (strokes / 255)
    grey = cv2.GaussianBlur(grey, (3, 3), 0) + np.random.default_rng(2).normal(0, 2, SIZE)
    return np.clip(grey, 0, 255).astype(np.uint8)


def alike(one: Found, other: Found) -> float:
    """Compare two canonical digits by the correlation of their ink; 1.0 is the same digit."""
    return float(np.corrcoef(one.canonical.ravel(), other.canonical.ravel())[0, 1])


PLAIN = find_digits(photographed(page()))


@pytest.mark.parametrize("pitch", [14, 18, 23, 31])
@pytest.mark.parametrize("angle", [0.0, 1.5, 3.0])
def test_squared_paper_leaves_strokes_whole(pitch: int, angle: float) -> None:
    """Lines far paler than the pen go by their tone, though digits are but two squares high."""
    ground = np.full(SIZE, PAPER, np.float32)
    for start in (0, 1):
        ground[start::pitch], ground[:, start::pitch] = 165, 165
    turn = cv2.getRotationMatrix2D((SIZE[1] / 2, SIZE[0] / 2), angle, 1.1)
    ground = cv2.warpAffine(ground, turn, SIZE[::-1], borderMode=cv2.BORDER_REPLICATE)
    found = find_digits(photographed(page(), ground))
    assert len(found) == len(PLAIN) == 10
    # Remnants of a line beside a stroke stay.
    assert min(alike(one, other) for one, other in zip(found, PLAIN, strict=True)) > 0.8


def test_squares_in_a_shadow_are_left_out() -> None:
    """Lines that are ink in the light and hardly any in the shadow are known all the same."""
    light = np.clip(1.3 - np.abs(np.linspace(-1.2, 1.4, SIZE[1])), 0.35, 1.0)
    ground = np.full(SIZE, PAPER, np.float32)
    for start in (0, 1):
        ground[start::16], ground[:, start::16] = 172, 172
    mask = look(np.clip(photographed(page(), ground) * light, 0, 255).astype(np.uint8)).mask
    written = cv2.dilate(cv2.resize(page(), mask.shape[::-1]), np.ones((15, 15), np.uint8))
    assert cv2.countNonZero(cv2.subtract(mask, written)) == 0


@pytest.mark.parametrize("width", [1, 2])
def test_the_ticks_of_a_comb_are_no_digits(width: int) -> None:
    """A form has places for digits: |_|_|_|."""
    strokes = page()
    for y in (162, 312):
        cv2.line(strokes, (108, y), (420, y - 4), (255,), width)
        for x in range(108, 409, 60):
            cv2.line(strokes, (x, y), (x - 1, y - 24), (255,), width)
    found = find_digits(photographed(strokes))
    assert [digit.row for digit in found] == [0] * 5 + [1] * 5
    assert min(alike(one, other) for one, other in zip(found, PLAIN, strict=True)) > 0.9


def test_rows_far_lower_than_others_are_found() -> None:
    """What is written large sets no measure for what is written small, though specks and commas stay out."""
    strokes = np.zeros(SIZE, np.uint8)
    for text, bottom, size, pen in (("316", 190, 5, 12), ("85974", 290, 2, 5), ("20486", 380, 1.3, 4)):
        cv2.putText(strokes, text, (70, bottom), cv2.FONT_HERSHEY_SIMPLEX, size, (255,), pen, cv2.LINE_AA)
    for x in (400, 470, 520):
        cv2.circle(strokes, (x, 120), 5, (255,), -1)
    found = find_digits(photographed(strokes))
    assert [digit.row for digit in found] == [0] * 3 + [1] * 5 + [2] * 5


def test_the_gutter_of_a_book_hides_no_digits() -> None:
    """What runs across the frame sets no measure for what is far smaller."""
    gutter = np.abs(np.arange(SIZE[1]) - 470)
    ground = PAPER - 170 * np.exp(-((gutter / 25.0) ** 2))
    found = find_digits(photographed(page(), np.tile(ground, (SIZE[0], 1)).astype(np.float32)))
    assert [digit.row for digit in found] == [0] * 5 + [1] * 5


def test_the_ground_between_tiles_is_no_digit() -> None:
    """It encloses several digits, small as they are against it."""
    ground, strokes = np.full(SIZE, 50, np.float32), np.zeros(SIZE, np.uint8)
    for number, digit in enumerate("316859"):
        x, y = 20 + 205 * (number % 3), 20 + 225 * (number // 3)
        ground[y : y + 210, x : x + 190] = PAPER
        cv2.putText(strokes, digit, (x + 50, y + 150), cv2.FONT_HERSHEY_SIMPLEX, 4, (255,), 9, cv2.LINE_AA)
    found = find_digits(photographed(strokes, ground, pen=40))
    assert [digit.row for digit in found] == [0] * 3 + [1] * 3


def test_a_ring_around_digits_is_left_out() -> None:
    """It goes as a whole, and not the straight parts of it alone."""
    strokes = page((("49", 260),), left=230)
    cv2.ellipse(strokes, (275, 242), (80, 58), 5, 0, 360, (255,), 4, cv2.LINE_AA)
    found = find_digits(photographed(strokes))
    plain = find_digits(photographed(page((("49", 260),), left=230)))
    assert len(found) == len(plain) == 2
    assert min(alike(one, other) for one, other in zip(found, plain, strict=True)) > 0.95


@pytest.mark.parametrize("digits", ["7", "49"])
@pytest.mark.parametrize("pen", [3, 5])
def test_a_closed_line_of_any_shape_around_digits_is_left_out(digits: str, pen: int) -> None:
    """Its outlines run parallel, as they do not where a digit touches it."""
    strokes = page(((digits, 260),), left=230)
    arrow = np.array([(190, 190), (320, 190), (320, 160), (400, 240), (320, 320), (320, 290), (190, 290)])
    cv2.polylines(strokes, [arrow], isClosed=True, color=(255,), thickness=pen, lineType=cv2.LINE_AA)
    assert len(find_digits(photographed(strokes))) == len(digits)


def test_the_axes_and_the_curve_of_a_graph_hide_no_digits() -> None:
    """Thin lines set no measure for what is far smaller, long as they are."""
    strokes = page((("20", 120), ("10", 270)), left=60)
    for place, digit in enumerate("123"):
        cv2.putText(strokes, digit, (270 + 100 * place, 440), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255,), 4, cv2.LINE_AA)
    cv2.polylines(strokes, [np.array([(200, 40), (200, 390), (610, 384)])], False, (255,), 4, cv2.LINE_AA)
    x = np.arange(220, 600)
    curve = np.stack([x, 300 - 200 * np.exp(-(((x - 400) / 70.0) ** 2))], axis=1).round().astype(np.int32)
    cv2.polylines(strokes, [curve], False, (255,), 4, cv2.LINE_AA)
    assert [digit.row for digit in find_digits(photographed(strokes))] == [0] * 2 + [1] * 2 + [2] * 3


def test_shapes_around_single_digits_hide_them_not() -> None:
    """They set no measure for what is far smaller."""
    strokes = np.zeros(SIZE, np.uint8)
    for number, digit in enumerate("316859"):
        x, y = 110 + 205 * (number % 3), 120 + 225 * (number // 3)
        cv2.putText(strokes, digit, (x - 15, y + 18), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255,), 4, cv2.LINE_AA)
        cv2.circle(strokes, (x, y), 70, (255,), 10, cv2.LINE_AA)
    assert [digit.row for digit in find_digits(photographed(strokes))] == [0] * 3 + [1] * 3


def test_rows_far_higher_than_others_are_found() -> None:
    """What is printed small, much as it is, sets no measure for what is written large."""
    strokes = np.zeros(SIZE, np.uint8)
    for line in range(9):
        cv2.putText(strokes, "please keep this slip", (60, 40 + 24 * line), 0, 0.75, (255,), 2, cv2.LINE_AA)
    cv2.putText(strokes, "31602", (60, 400), cv2.FONT_HERSHEY_SIMPLEX, 3, (255,), 6, cv2.LINE_AA)
    high = [digit for digit in find_digits(photographed(strokes)) if digit.box[3] > 40]
    assert len(high) == 5


@pytest.mark.parametrize(("tone", "wave", "pitch"), [(116, 40, 50), (92, 60, 120)])
def test_the_margin_of_ruled_paper_is_no_digit(tone: int, wave: int, pitch: int) -> None:
    """What crosses many rules is a line too, though it is one alone, and in places as dark as the pen."""
    ground = np.full(SIZE, PAPER, np.float32)
    for y in range(40, SIZE[0], pitch):
        ground[y : y + 2] = 165
    ground[:, 90:94] = tone + wave * np.sin(np.arange(SIZE[0]) / 9)[:, np.newaxis]
    found = find_digits(photographed(page(), ground))
    assert [digit.row for digit in found] == [0] * 5 + [1] * 5


@pytest.mark.parametrize("light", [True, False])
def test_what_is_written_on_plates_is_read(*, light: bool) -> None:
    """A meter on a wall, a label on a machine: digits in the tone of what lies around the plate."""
    wall, plate, pen = (50.0, 220.0, 40.0) if light else (190.0, 40.0, 215.0)
    ground = np.full(SIZE, wall, np.float32)
    ground[90:170, 100:440] = plate
    frame = photographed(page(ROWS[:1]), ground, pen=pen)
    found = find_digits(frame)
    assert len(found) == 5
    assert min(alike(one, other) for one, other in zip(found, PLAIN[:5], strict=True)) > 0.9


@pytest.mark.parametrize("cards", [2, 3])
def test_a_small_digit_on_each_card_is_read(cards: int) -> None:
    """Cards on a table, of which the digit covers hardly anything; what surrounds them is no ink."""
    strokes, ground = np.zeros(SIZE, np.uint8), np.full(SIZE, 70, np.float32)
    pitch = SIZE[1] // cards
    for place, digit in enumerate("275"[:cards]):
        left = place * pitch
        ground[150:350, left + 20 : left + pitch - 15 * (place + 1)] = 220 - 10 * place
        cv2.putText(strokes, digit, (left + 70, 270), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255,), 4, cv2.LINE_AA)
    boxes = [digit.box for digit in find_digits(photographed(strokes, ground, pen=40))]
    assert [x // pitch for x, *_ in boxes] == list(range(cards))
    assert max(height for *_, height in boxes) < 50


@pytest.mark.parametrize(
    ("light", "digit", "count"),
    [((110, 110), None, 1), ((65, 195), None, 1), ((110, 110), 220, 0)],
    ids=["plate", "plate in light from a side", "shaded cell"],
)
def test_a_plate_is_even(light: tuple[int, int], digit: int | None, count: int) -> None:
    """A shaded cell with a digit darker than it is none, whatever glints beside the strokes."""
    ink = np.zeros(SIZE, np.uint8)
    ink[130:195, 220:415] = np.linspace(*light, 195)
    strokes = page((("472", 180),), left=230)
    ink[np.roll(strokes, (4, 4), axis=(0, 1)) > 127] = 0
    if digit:
        ink[strokes > 127] = digit
    assert len(find_plates(measure_marks((ink > 60).astype(np.uint8) * 255), ink)) == count


@pytest.mark.parametrize("light", [True, False])
def test_a_plate_on_a_plate_is_read(*, light: bool) -> None:
    """Dark windows on the light face of a meter before a dark wall, or the other way round."""
    strokes = page((("47208", 200),), left=230)
    grey = np.full(SIZE, 45.0)
    cv2.rectangle(grey, (160, 70), (600, 300), 175.0, cv2.FILLED)
    cv2.rectangle(grey, (200, 140), (560, 230), 25.0, cv2.FILLED)
    grey += (215 - grey) * (strokes / 255)
    grey = cv2.GaussianBlur(grey, (3, 3), 0) + np.random.default_rng(2).normal(0, 2, SIZE)
    frame = np.clip(grey if light else 255 - grey, 0, 255).astype(np.uint8)
    assert len(find_digits(frame)) == 5


def test_the_frame_of_a_plate_does_not_make_it_uneven() -> None:
    """The black windows of a meter are set in a grey one, which is ink too, and much paler."""
    ink = np.zeros(SIZE, np.uint8)
    ink[130:195, 220:415] = 70
    ink[133:192, 223:412] = 215
    ink[page((("472", 180),), left=230) > 127] = 0
    assert len(find_plates(measure_marks((ink > 60).astype(np.uint8) * 255), ink)) == 1


def test_a_bold_digit_is_no_plate() -> None:
    """Neither its holes nor its ground are written on it."""
    strokes = np.zeros(SIZE, np.uint8)
    for place, digit in enumerate("8064"):
        cv2.putText(strokes, digit, (60 + 140 * place, 320), cv2.FONT_HERSHEY_SIMPLEX, 5, (255,), 34, cv2.LINE_AA)
    assert [digit.box[3] > 100 for digit in find_digits(photographed(strokes))] == [True] * 4


def test_an_eight_of_segments_is_no_plate() -> None:
    """It is nearly a rectangle with two holes, and less than one by its corners, which segments leave out."""
    mask = np.zeros((140, 100), np.uint8)
    for x, y, across, down in ((30, 20, 40, 14), (30, 63, 40, 14), (30, 106, 40, 14)):
        mask[y : y + down, x : x + across] = 255
    for x in (20, 66):
        for y in (30, 73):
            mask[y : y + 37, x : x + 14] = 255
    assert measure_marks(mask).names.size == 1
    assert not find_plates(measure_marks(mask), mask)


@pytest.mark.parametrize("pen", [5, 11])
def test_a_pen_beside_digits_is_no_digit(pen: int) -> None:
    """Nor is any other straight stroke that lies flat, though it be the heaviest mark."""
    strokes = page(ROWS[:1])
    cv2.line(strokes, (150, 420), (430, 350), (255,), pen)
    assert [digit.row for digit in find_digits(photographed(strokes))] == [0] * 5
    alone = np.zeros(SIZE, np.uint8)
    cv2.line(alone, (150, 320), (430, 250), (255,), pen)
    assert find_digits(photographed(alone)) == []


@pytest.mark.parametrize(("turn", "least"), [(0, 81), (7, 81), (9, 74)])
def test_the_grid_of_a_turned_page_is_no_digit(turn: int, least: int) -> None:
    """Its lines, which the frame cuts off, fall into more pieces than are looked at."""
    side, cell, start = 1200, 129, 18
    strokes = np.zeros((side, side), np.uint8)
    for line in range(10):
        at, end = start + line * cell, start + 9 * cell
        ink, width = (255, 7) if line % 3 == 0 else (140, 3)
        cv2.line(strokes, (at, start), (at, end), (ink,), width)
        cv2.line(strokes, (start, at), (end, at), (ink,), width)
    for row, column in np.ndindex(9, 9):
        text = "2357469805"[(4 * row + 7 * column) % 10]
        place = start + column * cell + 36, start + row * cell + 98
        cv2.putText(strokes, text, place, cv2.FONT_HERSHEY_SIMPLEX, 2.6, (255,), 6, cv2.LINE_AA)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), turn, 1)
    frame = PAPER + (PEN - PAPER) * (cv2.warpAffine(strokes, matrix, (side, side)) / 255)
    frame = cv2.GaussianBlur(frame, (3, 3), 0) + np.random.default_rng(2).normal(0, 2, frame.shape)
    assert least <= len(find_digits(np.clip(frame, 0, 255).astype(np.uint8))) <= 82


@pytest.mark.parametrize("high", [52, 58, 64])
def test_the_upright_lines_of_boxes_are_no_ones(high: int) -> None:
    """Lines between boxes are slender, alike, and higher than what is written."""
    strokes = page((("31602", 150),))
    top, bottom = 132 - high // 2, 132 + high // 2
    for place in range(5):
        left = 110 + 60 * place
        for x in (left, left + 50):
            cv2.line(strokes, (x, top), (x, bottom), (150,), 2, cv2.LINE_AA)
    assert len(find_digits(photographed(strokes))) == 5


def test_ones_as_high_as_other_digits_are_no_lines() -> None:
    """A number of several ones keeps them."""
    strokes = page((("11613", 150),))
    assert len(find_digits(photographed(strokes))) == 5


def test_a_number_far_larger_than_a_text_above_it_is_seen() -> None:
    """Two digits are enough, of which one is wider than a line; the teacher's mark below an exercise."""
    strokes = np.zeros(SIZE, np.uint8)
    for y in (60, 90, 120):
        cv2.putText(strokes, "Emma has ten apples", (60, y), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255,), 2, cv2.LINE_AA)
    cv2.putText(strokes, "74", (300, 330), cv2.FONT_HERSHEY_SIMPLEX, 2.6, (255,), 5, cv2.LINE_AA)
    found = find_digits(photographed(strokes))
    assert sum(digit.box[3] > 45 for digit in found) == 2


def test_a_table_in_the_corner_of_a_frame_sets_no_measure() -> None:
    """It lies along a part of the rim, beyond a sheet of which no corner is told from it."""
    strokes = page((("31602", 330),), left=180)
    ground = np.full(SIZE, PAPER, np.float32)
    cv2.fillPoly(ground, [np.array([(0, 0), (320, 0), (322, 110), (20, 80), (0, 330)])], (90,))
    assert len(find_digits(photographed(strokes, cv2.GaussianBlur(ground, (3, 3), 0)))) == 5


def test_a_drawn_grid_of_many_squares_sets_no_measure() -> None:
    """As of a sudoku: it encloses many digits that are but a fifteenth as long as it."""
    strokes = np.zeros(SIZE, np.uint8)
    for line in range(10):
        at = 40 + 44 * line
        cv2.line(strokes, (100, at), (496, at + 8), (255,), 2, cv2.LINE_AA)
        cv2.line(strokes, (100 + 44 * line, 40), (100 + 44 * line, 440), (255,), 2, cv2.LINE_AA)
    digits = [("2", 1, 1), ("8", 4, 1), ("5", 7, 2), ("9", 2, 3), ("6", 5, 4), ("3", 8, 5), ("4", 3, 6), ("5", 6, 8)]
    for digit, column, row in digits:
        place = (112 + 44 * column, 76 + 44 * row)
        cv2.putText(strokes, digit, place, cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255,), 3, cv2.LINE_AA)
    assert len(find_digits(photographed(strokes))) == len(digits)


@pytest.mark.parametrize("gap", [0, 2])
@pytest.mark.parametrize(("cells", "is_table"), [((3, 1), True), ((2, 5), True), ((2, 1), False)])
def test_a_digit_alone_in_a_table_is_found(cells: tuple[int, int], is_table: bool, gap: int) -> None:
    """Whatever the lines are, and with gaps in them; those of fewer cells may be an 8 with something in it."""
    strokes, (columns, rows) = np.zeros(SIZE, np.uint8), cells
    across, down = 480 // columns, 320 // rows
    for column in range(columns + 1):
        cv2.line(strokes, (70 + across * column, 70), (70 + across * column, 70 + down * rows), (255,), 3)
    for row in range(rows + 1):
        cv2.line(strokes, (70, 70 + down * row), (70 + across * columns, 70 + down * row), (255,), 3)
    for column in range(1, columns):  # uprights have gaps
        strokes[150 : 150 + gap, 70 + across * column - 9 : 70 + across * column + 9] = 0
    middle = 70 + across // 2, 70 + down // 2
    cv2.putText(strokes, "7", (middle[0] - 15, middle[1] + 22), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255,), 4, cv2.LINE_AA)
    marks = measure_marks(strokes)
    table = int((marks.width * marks.height).argmax())
    weight = mark_weights(marks)
    assert (weight[table] == 0) == is_table
    assert np.delete(weight, table).max() > 0
    empty = marks.only(np.arange(len(marks.area)) == table)
    cv2.circle(empty, (620, 20), 9, (255,), -1)
    assert mark_weights(measure_marks(empty))[0] > 0  # nothing stands in it
    found = find_digits(photographed(strokes))
    assert not is_table or [abs(digit.box[0] + digit.box[2] / 2 - middle[0]) < 12 for digit in found] == [True]


@pytest.mark.parametrize("petals", [True, False])
def test_what_has_round_or_tiny_holes_is_no_table(petals: bool) -> None:
    """A flower with something in it, and a knot of lines."""
    strokes = np.zeros(SIZE, np.uint8)
    if petals:
        for turn in np.arange(6) * np.pi / 3:
            x, y = int(320 + 96 * np.cos(turn)), int(240 + 96 * np.sin(turn))
            cv2.circle(strokes, (x, y), 47, (255,), 3)
            cv2.ellipse(strokes, (x, y), (47, 30), np.degrees(turn), 0, 360, (255,), 3)
    else:
        cv2.circle(strokes, (320, 240), 150, (255,), 5)
        for place in range(8):
            corner = (240 + 15 * place, 93 + abs(60 - 15 * place) // 3)
            cv2.rectangle(strokes, corner, (corner[0] + 14, corner[1] + 14), (255,), 2)
    cv2.line(strokes, (320, 215), (320, 265), (255,), 6)
    marks = measure_marks(strokes)
    assert mark_weights(marks)[int((marks.width * marks.height).argmax())] > 0


def test_a_grid_that_is_lower_than_its_frame_is_read(
    classifier: Classifier, sample_digits: MeasuringDigits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its level lines cross the frame and go; its uprights, which do not, are no measure of what is between them."""
    frame = np.full((560, 420), 215.0)
    for place in range(10):
        cv2.line(frame, (20, 90 + 42 * place), (398, 90 + 42 * place), (70,), 2)
        cv2.line(frame, (20 + 42 * place, 90), (20 + 42 * place, 468), (70,), 2)
    cells = [(0, 3), (0, 4), (1, 1), (1, 7), (2, 5), (3, 2), (4, 0), (5, 6), (6, 4), (7, 8), (8, 3)]
    for (row, column), digit in zip(cells, sample_digits.images, strict=False):
        part = frame[90 + 42 * row + 7 :, 20 + 42 * column + 7 :][:28, :28]
        part -= 150 * (digit / 255.0)
    frame = frame + np.random.default_rng(0).normal(0, 2, frame.shape)
    taken = Frame("grid", 0, 0.0, np.clip(frame, 0, 255).astype(np.uint8))
    labels = "".join(map(str, sample_digits.labels[: len(cells)]))
    assert Reader(classifier).read(taken).text == labels
    monkeypatch.setattr("device.finding.marks.HAIR", 1e9)
    assert Reader(classifier).read(taken).text != labels


@pytest.mark.parametrize("count", [1, 6])
def test_short_strokes_on_rules_are_ticks_where_others_stand_beside_them(count: int) -> None:
    """One on each rule, as the ones and the l of a text, stays; many on each, as on a comb or a ruler, go."""
    values = np.zeros((600, 640), np.uint8)
    strokes = np.zeros_like(values)
    for place in range(5):
        bottom = 100 + 110 * place
        cv2.line(values, (0, bottom), (639, bottom), (150,), 2)
        for step in range(count):
            x = 60 + 70 * place + 40 * step
            cv2.line(strokes, (x, bottom - 26), (x, bottom - 4), (150,), 2)
            cv2.line(values, (x, bottom - 26), (x, bottom), (150,), 2)
        cv2.putText(values, "0", (520, bottom - 12), cv2.FONT_HERSHEY_SIMPLEX, 2.2, (150,), 5)
    left = without_rules(Ink(values)).mask
    share = cv2.countNonZero(cv2.bitwise_and(left, strokes)) / cv2.countNonZero(strokes)
    assert (share > 0.9) == (count == 1)


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("is_closed", [True, False])
def test_borders_of_two_sides_go_where_they_meet_and_a_bar_stays(turn: int, *, is_closed: bool) -> None:
    values = np.zeros((240, 240), np.uint8)
    cv2.line(values, (17, 20), (239, 20), (200,), 5)
    if is_closed:
        cv2.line(values, (17, 20), (17, 239), (200,), 5)
    cv2.putText(values, "4", (90, 160), cv2.FONT_HERSHEY_SIMPLEX, 3, (200,), 9)
    middle = values[60:200, 60:200].sum()
    left = np.rot90(without_borders(Ink(np.ascontiguousarray(np.rot90(values, turn)))).values, -turn)
    assert left[60:200, 60:200].sum() == middle
    assert (left.sum() == middle) == is_closed


@pytest.mark.parametrize("seed", range(3))
def test_shaded_sides_of_things_are_no_measure_for_digits(seed: int, classifier: Classifier) -> None:
    """Closer, the shades at the sides of bottles may come out, among letters; how high digits are is known by then."""
    light = np.full(SIZE, 190, np.float32)
    for middle, half, top, bottom in ((70, 40, 60, 420), (320, 150, 20, 440), (570, 40, 60, 420)):
        aside = np.abs(np.arange(SIZE[1]) - middle) / half
        light[top:bottom] -= np.where(aside < 1, 40 * np.clip((aside - 0.72) / 0.28, 0, 1) ** 2, 0)
    for text, place, size, width in (
        ("Sample", (285, 175), 0.5, 1),
        ("6253", (270, 240), 1.6, 2),
        ("date and name", (280, 300), 0.4, 1),
    ):
        strokes = cv2.putText(
            np.zeros(SIZE, np.uint8), text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (255,), width, cv2.LINE_AA
        )
        light -= 120 * (strokes / 255)
    noise = np.random.default_rng(seed).normal(0, 8, SIZE)
    frame = np.clip(cv2.GaussianBlur(light, (3, 3), 0) + noise, 0, 255).astype(np.uint8)
    assert "6253" in Reader(classifier).read(Frame("bottles", 0, 0.0, frame)).rows


@pytest.mark.parametrize("is_known", [True, False])
def test_what_comes_out_closer_is_left_out_beside_rows_of_the_height_that_is_known(
    monkeypatch: pytest.MonkeyPatch, *, is_known: bool
) -> None:
    """Where nothing as high as what was seen first stands in rows, that was none of it, and what came out may be."""
    page, closer = np.full((240, 320), PAPER, np.uint8), np.zeros((480, 640), np.uint8)
    for left in range(100, 220, 12):
        cv2.rectangle(page, (left, 100), (left + 5, 109), (PEN,), cv2.FILLED)
    known = max(look(page).height, 1)
    for left in range(40, 600, 120):
        cv2.rectangle(closer, (left, 40), (left + 20, 40 + round(9 * known)), (200,), cv2.FILLED)
    for place in range(40):
        left, top = 30 + 14 * place, (400 if is_known else 250 + 97 * place % 220)
        cv2.rectangle(closer, (left, top), (left + 8, top + round(known)), (200,), cv2.FILLED)
    monkeypatch.setattr("device.finding.looking.look_closer", lambda *_: view_of(closer, closer, closer))
    view = look(cv2.resize(page, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST))
    assert view.mask.shape == closer.shape
    assert view.weight[view.marks.height > 5 * known].any() != is_known


def with_a_sleeve(frame: np.ndarray) -> np.ndarray:
    """Let a dark arm reach into the frame from below, with checks on its cloth."""
    rows, columns = np.mgrid[: frame.shape[0], : frame.shape[1]]
    cloth = np.where((rows // 12 + columns // 12) % 2, 10, 90)
    arm = np.abs(columns - 420 + 0.4 * (rows - 480)) < 60 + 0.15 * (rows - 300)
    return np.where(arm & (rows > 230), cloth, frame).astype(np.uint8)


def with_a_telephone(frame: np.ndarray) -> np.ndarray:
    """Lay a dark solid thing on the page."""
    frame = frame.copy()
    cv2.fillPoly(frame, [np.array([(60, 250), (190, 262), (175, 460), (45, 448)], np.int32)], (15,))
    return frame


def test_pencil_beside_a_telephone_is_read(classifier: Classifier) -> None:
    """What counts as ink is told by strokes, once all that was seen is a broad dark thing."""
    frame = with_a_telephone(photographed(page((("31602", 150),), left=240), pen=185))
    reading = Reader(classifier).read(Frame("page", 0, 0.0, frame))
    assert reading.rows == ("31602",)
    assert reading.ways[0].beside


@pytest.mark.parametrize("laid", [with_a_sleeve, with_a_telephone])
def test_broad_dark_things_set_neither_measure_nor_tone(laid: Callable[..., np.ndarray]) -> None:
    """What the rim cuts off goes with its paler parts, what is solid as a whole; strokes alone change nothing."""
    plain = photographed(page((("31602", 150),), left=240), pen=195)
    view = overlook(laid(plain), AS_IT_IS)
    alone = overlook(plain, AS_IT_IS)
    assert view.height > 3 * alone.height
    assert without_things(view, AS_IT_IS).height == pytest.approx(alone.height, abs=4)
    assert without_things(alone, AS_IT_IS) is alone


def test_a_bold_digit_is_no_thing() -> None:
    """It is as solid as one where it is a 1, but leaves nothing that is paler."""
    strokes = np.zeros(SIZE, np.uint8)
    cv2.line(strokes, (330, 80), (310, 400), (255,), 44)
    view = overlook(photographed(strokes), AS_IT_IS)
    assert without_things(view, AS_IT_IS) is view


@pytest.mark.parametrize(("cell", "tone"), [(36, 160), (44, 160), (50, 165), (56, 170)])
def test_boxes_that_are_too_pale_beside_the_pen_leave_no_sides(cell: int, tone: int) -> None:
    """Where strokes darken what is near, pieces of their sides alone are as dark as ink, and would pass for ones."""
    assert len(find_digits(table((640, 480), cell, tone=tone))) == 27


@pytest.mark.parametrize(("size", "cell"), [((800, 600), 40), ((1280, 960), 64), ((1920, 1080), 80)])
def test_a_table_in_a_large_frame_is_no_digit(size: tuple[int, int], cell: int) -> None:
    """Seen at first as small as all frames are, its lines cover a quarter of it, and what stands in it is tiny."""
    assert len(find_digits(table(size, cell, tone=60))) == 27


def table(size: tuple[int, int], cell: int, *, tone: int) -> np.ndarray:
    """Draw nine cells in three rows, in pixels, with a digit in each and lines of a tone, in a frame of a size."""
    thick = max(2, size[0] // 640)
    frame = np.full(size[::-1], 225, np.uint8)
    for place, text in enumerate(3 * "570836249"):
        x, y = 30 + cell * (place % 9), 30 + cell * (place // 9)
        cv2.rectangle(frame, (x, y), (x + cell, y + cell), (tone,), thick)
        start = x + cell // 4, y + cell * 3 // 4
        cv2.putText(frame, text, start, cv2.FONT_HERSHEY_SIMPLEX, cell / 47, (40,), thick, cv2.LINE_AA)
    return cv2.GaussianBlur(frame, (0, 0), 0.8)
