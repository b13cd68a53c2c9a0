"""What stands around a mark tells whether it is a digit: a letter is one of a word, a stem one of many leaves."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw, ImageFont

from device.errors import ModelFileError
from device.finding import context as device_context
from device.finding.context import HEIGHT, MARK, WIDTH, Context, crop, standardized
from device.finding.found import Found
from device.finding.strokes import Strokes
from device.frames import Frame
from device.idx import LabelledDigits
from device.inference import model_file
from device.inference.classifier import Classifier
from device.inference.model_file import ModelFile
from device.inference.runtime import load_runtime
from device.loading import load_reader
from device.reader import Reader
from device.settings.model_settings import ModelSettings
from device.settings.reading_settings import ReadingSettings
from edge_digits.cli import cli
from edge_digits.context.crops import _is_digit, draw_crops, read_crops, write_crops
from edge_digits.context.displays import draw_styles, show_numbers
from edge_digits.context.frames import Sources, cropped, draw_frame
from edge_digits.context.objects import draw_objects
from edge_digits.context.page import Page
from edge_digits.context.pages import draw_drawings, write_number_large
from edge_digits.synthetic.printed_signs import find_fonts

SIZE = (240, 320)  # height and width of frames, px
FONTS = [font.path for font in find_fonts() if font.path]


@pytest.fixture(scope="module")
def reader(classifier: Classifier) -> Reader:
    return Reader(classifier, context=Context(load_runtime(None)))


@pytest.fixture(scope="module")
def sources(sample_digits) -> Sources:
    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(rng.integers(0, 255, (300, 400, 3), np.uint8), (0, 0), 4)
    digits = LabelledDigits(sample_digits.images, sample_digits.labels)
    return Sources(digits, draw_styles()[:6], FONTS, [picture])


def printed(text: str, *, size: int = 40) -> np.ndarray:
    """A page on which this is printed, uint8 (480, 640)."""
    page = Image.new("L", (640, 480), 225)
    ImageDraw.Draw(page).multiline_text((60, 90), text, font=ImageFont.load_default(size), fill=40, spacing=30)
    return cv2.GaussianBlur(np.asarray(page), (0, 0), 0.8)


@pytest.mark.parametrize("text", ["Sizes", "so it is", "old\nsoil"])
def test_words_are_left_alone(reader: Reader, classifier: Classifier, text: str) -> None:
    """Their letters look like digits one by one, but stand in words; without what is around them, some are read."""
    frame = Frame("text", 0, 0.0, printed(text))
    assert not re.search(r"\d", reader.read(frame).text)
    assert re.search(r"\d", Reader(classifier).read(frame).text)


def test_numbers_among_words_are_read(reader: Reader) -> None:
    """As a meter shows them, with a unit behind."""
    assert reader.read(Frame("text", 0, 0.0, printed("04862 kWh"))).text.rstrip("?") == "04862"


def test_who_refuses_nothing_gets_every_mark(classifier: Classifier) -> None:
    """`--no-reject` asks neither the classifier's threshold nor what is around."""
    frame, settings = Frame("text", 0, 0.0, printed("Sizes")), ReadingSettings(reject=False)
    reader = Reader(classifier, settings=settings, context=Context(load_runtime(None)))
    assert reader.read(frame).text == Reader(classifier, settings=settings).read(frame).text != ""


@pytest.mark.parametrize(("labels", "is_asked"), [("0123456789", True), ("abcdefghij", False)])
def test_a_model_of_letters_decides_alone(labels: str, is_asked: bool, model: ModelFile, tmp_path: Path) -> None:
    """The network around knows digits only."""
    (tmp_path / "model.tflite").write_bytes(model.flatbuffer)
    (tmp_path / "labels.txt").write_text("\n".join(labels))
    settings = ModelSettings(file=tmp_path / "model.tflite", labels=tmp_path / "labels.txt", input_range="0-255")
    reader = load_reader(settings, ReadingSettings(), warn=lambda _: None)
    frame = Frame("text", 0, 0.0, printed("Sizes"))
    alone = Reader(reader._classifier).read(frame).digits
    assert ([each.score for each in reader.read(frame).digits] != [each.score for each in alone]) == is_asked


@pytest.mark.parametrize(("x", "y", "side"), [(100, 80, 16), (100, 80, 40), (0, 0, 60), (300, 200, 40), (90, 60, 120)])
def test_a_mark_has_one_height_and_lies_in_the_middle(x: int, y: int, side: int) -> None:
    """However large it is, and wherever in the frame; beyond the frame there is its median."""
    frame = np.full(SIZE, 200, np.uint8)
    cv2.rectangle(frame, (x, y), (x + side - 1, y + side - 1), (20,), -1)
    rows, columns = np.nonzero(crop(frame, (x, y, side, side))[:, 4:-4] < 110)
    seen_rows, seen_columns = min(SIZE[0] - y, side) / side, min(SIZE[1] - x, side) / side
    assert abs(np.ptp(rows) + 1 - MARK * seen_rows) <= 2
    assert abs(np.ptp(columns) + 1 - MARK * seen_columns) <= 2
    assert abs(rows.min() - (HEIGHT - MARK) / 2) <= 1
    assert abs(columns.min() + 4 - (WIDTH - MARK) / 2) <= 1


@pytest.mark.parametrize(("usual", "rare"), [(1.0, 0.25), (0.25, 1.0)], ids=["digits", "letters"])
@pytest.mark.parametrize(("count", "asked"), [(0, 34), (3, 34), (4, 134)])
def test_of_many_marks_only_some_are_asked_about(
    usual: float, rare: float, count: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others only where more than a tenth of these are unlike most, as which they are taken else."""
    context, seen = Context(load_runtime(None)), []

    def ask(_grey: np.ndarray, boxes: list[tuple[int, int, int, int]]) -> np.ndarray:
        seen.extend(boxes)
        return np.where(np.arange(len(boxes)) < count, rare, usual).astype(np.float32)

    monkeypatch.setattr(context, "_ask", ask)
    chances = context.chances(np.zeros(SIZE, np.uint8), [(2 * place, 5, 1, 9) for place in range(100)])
    assert (len(chances), len(seen)) == (100, asked)
    assert np.count_nonzero((chances == 1) != (usual == 1)) == count


@pytest.mark.parametrize(
    ("digits", "looked", "asked"), [(0, 70, 70), (5, 70, 70), (50, 210, 210), (95, 210, 70), (100, 210, 70)]
)
def test_of_very_many_marks_some_are_scored_first(
    digits: int, looked: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others only where of these more than hardly any are digits, and each keeps its scores and its chance."""
    context, seen, marks = Context(load_runtime(None)), [], []
    blank = np.zeros((1, 1), np.uint8)
    found = [Found((2 * place, 5, 1, 9), blank, place, Strokes(blank, blank, blank, place, 0)) for place in range(210)]

    def looks(some: list[Found]) -> np.ndarray:
        marks.extend(some)
        return np.array([[0.5, mark.row / 210, 0.4] for mark in some], np.float32)

    def chances(_frame: np.ndarray, boxes: list[tuple[int, int, int, int]]) -> np.ndarray:
        seen.extend(boxes)
        return np.array([1.0 if x // 2 * 13 % 100 < digits else 0.1 for x, *_ in boxes], np.float32)

    monkeypatch.setattr(context, "chances", chances)
    scores = context.scores(np.zeros(SIZE, np.uint8), found, looks)
    assert (scores.shape, len(marks), len(seen)) == ((210, 3), looked, asked)
    for mark, score in zip(found, scores, strict=True):
        chance = chances(blank, [mark.box])[0] if mark.box in seen[:asked] else 1.0
        usual = looks([mark])[0] * chance if mark in marks[:looked] else np.zeros(3)
        np.testing.assert_allclose(score, usual, rtol=1e-6)


@pytest.mark.parametrize(("size", "is_asked"), [((64, 128), True), ((36, 36), False)])
def test_a_frame_that_was_cropped_to_its_mark_shows_nothing_around(size: tuple[int, int], is_asked: bool) -> None:
    """There the classifier alone decides: a star is no digit, wherever it stands."""
    frame = np.full(size, 200, np.uint8)
    x, y = size[1] // 2 - 16, size[0] // 2 - 16
    for turn in range(3):
        across, down = np.rint(15 * np.array([np.cos(turn * np.pi / 3), np.sin(turn * np.pi / 3)])).astype(int).tolist()
        cv2.line(frame, (x + 16 - across, y + 16 - down), (x + 16 + across, y + 16 + down), (30,), 2)
    (chance,) = Context(load_runtime(None)).chances(frame, [(x, y, 32, 32)])
    assert (chance < 1) == is_asked


def test_lines_beside_each_other_are_asked_about_however_high(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backs of books are as high as the frame too; one line alone may be a 1 that the frame was cropped to."""
    context = Context(load_runtime(None))
    raw = np.full((2, 1), -10, np.float32)
    monkeypatch.setattr(context._inference, "run", lambda crops: raw[: len(crops)])
    frame = np.full((240, 320), 200, np.uint8)
    lines = [(60, 10, 30, 220), (200, 10, 30, 220)]
    assert (context.chances(frame, lines) < 0.1).all()
    assert (context.chances(frame, lines[:1]) == 1).all()


def test_light_and_contrast_make_no_difference() -> None:
    """What is given to the network has one mean and one contrast; an even crop has none."""
    crops = np.random.default_rng(0).integers(0, 200, (3, HEIGHT, WIDTH), np.uint8)
    darker = (crops * 0.5 + 20).astype(np.uint8)
    assert np.abs(standardized(crops).astype(int) - standardized(darker)).max() <= 2
    assert np.ptp(standardized(np.full((1, HEIGHT, WIDTH), 77, np.uint8))) == 0


def test_a_damaged_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a runtime sees it."""
    content = bytearray(device_context.NETWORK.read_bytes())
    content[2000] ^= 1
    monkeypatch.setattr(device_context, "NETWORK", tmp_path / "network.tflite")
    device_context.NETWORK.write_bytes(content)
    with pytest.raises(ModelFileError, match="damaged; copy it again"):
        Context(load_runtime(None))
    monkeypatch.setattr(model_file, "PACKAGE", tmp_path)
    with pytest.raises(ModelFileError, match="damaged; it came with this package: install edge-digits again"):
        Context(load_runtime(None))


def test_a_page_knows_its_digits() -> None:
    """Of a text, digits alone have pixels of their own; what lies beyond the page is lost."""
    page = Page(SIZE)
    font = ImageFont.load_default(40)
    end = page.write("ab12", 100, 120, font=font, bold=0, jitter=0, rng=np.random.default_rng(0))
    assert set(np.unique(page.owner)) == {0, 1, 2}
    assert end > np.nonzero(page.owner)[1].min() > 100 + font.getlength("ab") - 3
    page.put(np.ones((20, 20), np.float32), -30, 500, is_digit=True)
    assert page.owner.max() == 2


def test_what_is_drawn_follows_from_the_seed(sources: Sources, classifier: Classifier) -> None:
    """Digits and others of most kinds are found; another seed gives others."""
    one, same, other = (
        draw_crops(sources, classifier, frames=25, seed=seed, report=lambda _: None) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.images, same.images)
    assert one.images.shape != other.images.shape or not np.array_equal(one.images, other.images)
    assert one.images.shape[1:] == (HEIGHT, WIDTH)
    assert 0.1 < one.are_digits.mean() < 0.9
    assert len(set(one.kinds)) >= 4


def test_a_frame_knows_where_its_digits_are(sources: Sources) -> None:
    """There is ink in the middle of each of its boxes, or near it, and all lie in the frame."""
    rng, seen = np.random.default_rng(3), 0
    for _ in range(20):
        frame, boxes, kind = draw_frame(sources, rng)
        assert kind not in ("picture", "shapes") or not boxes
        for x, y, width, height in boxes if kind in ("table", "large", "written", "display") else []:
            seen += 1
            assert 0 <= x < x + width <= frame.shape[1]
            assert 0 <= y < y + height <= frame.shape[0]
    assert seen > 10


def test_drawings_leave_what_is_written(sources: Sources) -> None:
    """They are ink that belongs to no digit, on any page; each lies on it in part at least."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        page = write_number_large(SIZE, digits=sources.digits, rng=rng)
        ink, owner = page.ink.copy(), page.owner.copy()
        draw_drawings(page, rng)
        assert np.array_equal(page.owner, owner)
        assert (page.ink >= ink).all()
        assert page.ink.max() <= 1
        assert np.count_nonzero(page.ink > ink) > 20


def test_things_are_on_their_ground(sources: Sources) -> None:
    """Books, tiles, keys and sticks differ from it, in light that can be seen, and leave it as it was."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        ground = np.full((*SIZE, 3), 128, np.float32)
        picture = draw_objects(ground, fonts=FONTS, rng=rng)
        assert picture.shape == ground.shape
        assert picture.dtype == np.float32
        assert (ground == 128).all()
        assert np.count_nonzero(np.abs(picture - 128).max(axis=2) > 1) > 20


def test_frames_of_what_is_no_digit_have_none(sources: Sources) -> None:
    """However many are drawn; and nothing is beyond what a camera can see."""
    rng, kinds = np.random.default_rng(4), set()
    for _ in range(150):
        frame, boxes, kind = draw_frame(sources, rng)
        kinds.add(kind)
        assert frame.dtype == np.uint8
        assert kind not in ("object", "empty") or not boxes
    assert {"drawing", "object", "empty"} <= kinds


def test_displays_show_whole_digits(sources: Sources) -> None:
    """Of one style, as high as each other, with some of them light in a dark window."""
    rng, light = np.random.default_rng(0), 0
    for _ in range(20):
        page = show_numbers(SIZE, fonts=FONTS, styles=sources.displays, rng=rng)
        heights = [np.ptp(np.nonzero(page.owner == number)[0]) for number in range(1, page.owner.max() + 1)]
        assert not heights or max(heights) - min(heights) <= 0.1 * max(heights)
        light += bool(page.owner.any() and page.ink[page.owner > 0].mean() < 0.5)
    assert 0 < light < 20


def test_a_crop_to_a_digit_holds_it_whole(sources: Sources) -> None:
    """What it cuts off is known as a part."""
    rng = np.random.default_rng(0)
    frame, boxes = np.zeros((*SIZE, 3), np.uint8), [(40.0, 40.0, 30.0, 40.0), (75.0, 40.0, 30.0, 40.0)]
    for _ in range(50):
        part, whole, parts = cropped(frame, boxes, rng)
        assert whole
        assert len(whole) + len(parts) <= 2
        for x, y, width, height in whole:
            assert -0.1 <= x <= x + width <= part.shape[1] + 0.1
            assert -0.1 <= y <= y + height <= part.shape[0] + 0.1


@pytest.mark.parametrize(
    ("box", "answer"),
    [
        ((10, 10, 20, 30), True),
        ((11, 8, 21, 33), True),
        ((10, 10, 20, 12), None),  # a piece of it
        ((10, 10, 70, 30), None),  # it and its neighbour
        ((60, 10, 20, 30), None),  # one that is not whole in the frame
        ((10, 50, 20, 30), False),
    ],
)
def test_a_mark_is_a_digit_or_none_or_left_out(box: tuple[int, int, int, int], answer: bool | None) -> None:
    """Pieces and pairs teach nothing."""
    assert _is_digit(box, [(10.0, 10.0, 20.0, 30.0)], [(62.0, 10.0, 18.0, 30.0)]) is answer


def test_crops_are_read_as_written(sources: Sources, classifier: Classifier, tmp_path: Path) -> None:
    """Several files one behind the other; what holds no crops is refused."""
    crops = draw_crops(sources, classifier, frames=4, seed=0, report=lambda _: None)
    write_crops(tmp_path / "a.npz", crops)
    both = read_crops([tmp_path / "a.npz", tmp_path / "a.npz"])
    assert np.array_equal(both.images, np.concatenate([crops.images] * 2))
    assert both.part(slice(len(crops.images))).digest(1) == crops.digest(1)
    assert len({both.digest(1), crops.digest(1), crops.digest(2)}) == 3
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    (tmp_path / "text.npz").write_text("none")
    for name in ("other.npz", "text.npz", "missing.npz"):
        arguments = ["context", "train", str(tmp_path / name), "--out", str(tmp_path / "n.tflite")]
        result = CliRunner().invoke(cli, arguments)
        assert (result.exit_code, result.stdout) == (6, "")
        assert name in result.stderr


def test_drawing_says_what_it_lacks(tmp_path: Path) -> None:
    """A folder without fonts, or without pictures, is named; what is there is not overwritten."""
    (tmp_path / "empty").mkdir()
    for option in ("--fonts", "--pictures"):
        arguments = ["context", "draw", "--out", str(tmp_path / "c.npz"), option, str(tmp_path / "empty")]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 6
        assert "found none" in result.stderr
    (tmp_path / "c.npz").write_bytes(b"mine")
    result = CliRunner().invoke(cli, ["context", "draw", "--out", str(tmp_path / "c.npz")])
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert (tmp_path / "c.npz").read_bytes() == b"mine"
