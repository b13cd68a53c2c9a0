"""Digits that touch are read as a whole, where that is sure, and cuts that make impossible readings are taken back."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.measuring_digits import MeasuringDigits
from device.contract import LABELS
from device.errors import ModelFileError
from device.finding import touching as device_touching
from device.finding.choosing import Scored
from device.finding.found import Found
from device.finding.strokes import Strokes, canonical_digits
from device.finding.touching import (
    BLANK,
    HEIGHT,
    LONGEST,
    ROOM,
    STEPS,
    WIDTH,
    Touching,
    chance,
    decode,
    strip,
    touching_of,
)
from device.frames import Frame
from device.idx import LabelledDigits
from device.inference.classifier import Classifier
from device.inference.model_file import ModelFile
from device.inference.runtime import load_runtime
from device.reader import Reader
from device.settings.reading_settings import ReadingSettings
from edge_digits.cli import cli
from edge_digits.context.displays import draw_styles
from edge_digits.context.frames import Sources
from edge_digits.synthetic.printed_signs import find_fonts
from edge_digits.synthetic.scenes import Cause, render_scene
from edge_digits.touching.frames import draw_frame
from edge_digits.touching.strips import digits_in, draw_strips, read_strips, write_strips


@pytest.fixture(scope="module")
def touching() -> Touching:
    return Touching(load_runtime(None))


@pytest.fixture(scope="module")
def sources(sample_digits: MeasuringDigits) -> Sources:
    fonts = [font.path for font in find_fonts() if font.path]
    return Sources(LabelledDigits(sample_digits.images, sample_digits.labels), draw_styles()[:6], fonts, [])


def steps(text: str, likely: float = 0.99) -> np.ndarray:
    """Shares in which each of these signs is so likely in a step of its own, a 7 else, and none in all other steps."""
    shares = np.zeros((STEPS, BLANK + 1), np.float32)
    shares[:, BLANK] = 1
    for place, sign in enumerate(text):
        if sign != "-":
            shares[place] = 0
            shares[place, 7] = 1 - likely
            shares[place, int(sign)] = likely
    return shares


def pair(*, sign: str = "7") -> tuple[Scored, list[Scored]]:
    """Two upright strokes that a line joins, and the two parts that it was cut into, both taken for a sign."""
    ink = np.zeros((28, 42), np.uint8)
    ink[2:26, 4:8] = ink[2:26, 34:38] = ink[20:23, 4:38] = 255
    strokes = Strokes(ink, ink.copy(), np.zeros_like(ink), 0, 0)
    mark = scored(Found((40, 20, 340, 240), canonical_digits([strokes])[0], 3, strokes, 5), "4", 0.4)
    sides = [replace(mark.found, box=(left, 20, 40, 240)) for left in (40, 340)]
    return mark, [scored(side, sign, 0.85) for side in sides]


def scored(found: Found, sign: str, best: float) -> Scored:
    scores = np.zeros(10, np.float32)
    scores[int(sign)] = best
    return Scored(found, scores, best)


def even(found: list[Found]) -> np.ndarray:
    """A classifier that is sure of nothing."""
    return np.full((len(found), 10), 0.1, np.float32)


def test_the_best_path_is_read_without_its_repetitions() -> None:
    """A digit goes on until another, or none, comes; and is where its steps are."""
    assert decode(steps("--33-3011--")) == [(3, 3.0), (3, 5.5), (0, 6.5), (1, 8.0)]
    assert decode(steps("")) == []


def test_a_reading_is_as_likely_as_all_ways_to_it() -> None:
    """By the sum over every path that comes to it."""
    rng = np.random.default_rng(0)
    shares = rng.random((4, BLANK + 1)).astype(np.float32)
    shares[:, 2:BLANK] = 0
    shares /= shares.sum(axis=1, keepdims=True)
    summed: dict[tuple[int, ...], float] = {}
    for path in product((0, 1, BLANK), repeat=4):
        ends = [*path, None]
        text = tuple(sign for sign, then in zip(path, ends[1:], strict=True) if sign not in (then, BLANK))
        summed[text] = summed.get(text, 0.0) + float(np.prod(shares[np.arange(4), path]))
    for text, share in summed.items():
        assert chance(shares, text) == pytest.approx(share, rel=1e-5)
    assert sum(summed.values()) == pytest.approx(1, rel=1e-5)


# The mark lies in the first 10 steps: two strokes, one at its left end, and one at its right.
SURELY, PERHAPS = steps("-1-----1", 0.99), steps("-1-----1", 0.8)


@pytest.mark.parametrize(
    ("shares", "sign", "read"),
    [
        (SURELY, "1", "as a whole"),
        (SURELY, "7", "as a whole"),
        (PERHAPS, "1", "as it was cut"),
        (PERHAPS, "7", "as it was cut"),
        (SURELY, "3", "as a whole"),
        (PERHAPS, "3", "not at all"),
        (steps("-7"), "1", "not at all"),
        (steps(""), "1", "not at all"),
    ],
)
def test_what_is_surely_read_is_taken_and_what_is_impossible_taken_back(
    shares: np.ndarray, sign: str, read: str, touching: Touching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is neither stays as it was cut; a single digit is for the classifier to read."""
    monkeypatch.setattr(touching, "shares", lambda _strokes: shares)
    mark, parts = pair(sign=sign)
    judged = touching.judged(mark, parts, even, even)
    if read == "as it was cut":
        assert judged == parts
    elif read == "not at all":
        assert judged == [mark]
    else:
        assert [int(each.scores.argmax()) for each in judged] == [1, 1]
        assert all(each.best == pytest.approx(float(each.scores.max())) for each in judged)
        assert min(each.best for each in judged) > 0.9
        assert all((each.found.row, each.found.word) == (3, 5) for each in judged)
        (left, _, wide, _), (right, _, wider, _) = (each.found.box for each in judged)
        assert 40 <= left < left + wide < 340 <= right + wider <= 380


def test_a_mark_that_was_not_cut_is_read_too(touching: Touching, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reading is sure; else it stays as it is, however unlikely."""
    mark, _ = pair()
    monkeypatch.setattr(touching, "shares", lambda _strokes: SURELY)
    assert len(touching.judged(mark, [mark], even, even)) == 2
    monkeypatch.setattr(touching, "shares", lambda _strokes: steps("-7"))
    assert touching.judged(mark, [mark], even, even) == [mark]


def test_parts_of_which_the_classifier_is_surer_stay(touching: Touching, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reading of the whole is the same."""
    monkeypatch.setattr(touching, "shares", lambda _strokes: SURELY)
    mark, parts = pair(sign="1")
    parts = [scored(part.found, "1", 0.9999) for part in parts]
    assert touching.judged(mark, parts, even, even) == parts


def test_nothing_is_read_among_letters(touching: Touching, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what is around a part speaks against it."""
    monkeypatch.setattr(touching, "shares", lambda _strokes: SURELY)
    mark, parts = pair(sign="1")
    assert touching.judged(mark, parts, lambda found: even(found) / 2, even) == parts


def test_what_cannot_be_cut_into_so_many_stays(touching: Touching, monkeypatch: pytest.MonkeyPatch) -> None:
    """However sure the reading is."""
    monkeypatch.setattr(touching, "shares", lambda _strokes: SURELY)
    monkeypatch.setattr(device_touching, "cut_marks", lambda _marks: [None])
    mark, _ = pair()
    assert touching.judged(mark, [mark], even, even) == [mark]


def test_wide_lines_and_frames_as_they_are_are_not_asked_about(
    touching: Touching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have no place in the strip, or no strokes."""
    monkeypatch.setattr(touching, "shares", lambda _strokes: pytest.fail("asked"))
    mark, parts = pair()
    wide = Found((0, 0, int(100 * LONGEST) + 1, 100), mark.found.canonical, 0, mark.found.strokes)
    for found in (wide, Found((0, 0, 28, 28), mark.found.canonical)):
        assert touching.judged(scored(found, "1", 0.5), parts, even, even) == parts


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0, 9.0])
def test_a_mark_has_one_height_at_the_left_however_large(scale: int) -> None:
    """And is as wide beside it as it was."""
    ink = np.kron(pair()[0].found.strokes.ink, np.ones((8, 8), np.uint8))  # type: ignore[union-attr]
    ink = cv2.resize(ink, None, fx=scale / 8, fy=scale / 8, interpolation=cv2.INTER_AREA)
    picture = strip(Strokes(ink, np.where(ink > 100, 255, 0).astype(np.uint8), np.zeros_like(ink), 0, 0))
    assert (picture.shape, picture.dtype) == ((HEIGHT, WIDTH), np.uint8)
    rows, columns = np.nonzero(picture > 100)
    assert (rows.min(), columns.min()) == (ROOM, ROOM)
    assert rows.max() + 1 == HEIGHT - ROOM
    assert abs(np.ptp(columns) + 1 - 34 / 24 * (HEIGHT - 2 * ROOM)) <= 4


@pytest.mark.parametrize(("labels", "is_asked"), [(LABELS, True), (tuple("abcdefghij"), False), (LABELS[::-1], False)])
def test_a_model_of_other_things_decides_alone(labels: tuple[str, ...], is_asked: bool, model: ModelFile) -> None:
    """The network knows digits only, in their order."""
    other = replace(model, card=replace(model.card, labels=labels))
    assert (touching_of(other, load_runtime(None)) is not None) == is_asked


def touching_rows(digits: MeasuringDigits, *, share: float, count: int) -> list[tuple[np.ndarray, str]]:
    """Rows of five, of which such a share of neighbours touch."""
    rows = []
    for seed in range(count):
        scene = render_scene(digits, cause=Cause(touching=share), rows=1, columns=5, seed=(77, seed))
        rows.append((scene.frame, scene.rows[0]))
    return rows


def test_more_is_read_of_digits_that_touch(
    classifier: Classifier, touching: Touching, sample_digits: MeasuringDigits
) -> None:
    """Half of neighbours touch."""
    alone, both = Reader(classifier), Reader(classifier, touching=touching)
    rows = touching_rows(sample_digits, share=0.5, count=24)
    read = [[reader.read(Frame("row", 0, 0.0, frame)).text == text for frame, text in rows] for reader in (alone, both)]
    assert sum(read[1]) >= sum(read[0]) + 2
    assert sum(read[1]) >= 11


def test_the_interpreter_is_built_where_something_is_wide(
    classifier: Classifier, sample_digits: MeasuringDigits, seven: np.ndarray
) -> None:
    """And never where a number of digits is expected."""
    frame, _ = touching_rows(sample_digits, share=1.0, count=1)[0]
    lone = render_scene(sample_digits, cause=Cause(), rows=1, columns=1, seed=3).frame
    for image, settings, is_built in (
        (frame, ReadingSettings(), True),
        (frame, ReadingSettings(expect_digits=4), False),
        (lone, ReadingSettings(), False),
        (seven, ReadingSettings(), False),
        (255 - seven, ReadingSettings(), False),
    ):
        touching = Touching(load_runtime(None))
        Reader(classifier, settings=settings, touching=touching).read(Frame("frame", 0, 0.0, image))
        assert ("_inference" in vars(touching)) == is_built


def test_a_damaged_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a runtime sees it."""
    content = bytearray(device_touching.TOUCHING.read_bytes())
    content[2000] ^= 1
    monkeypatch.setattr(device_touching, "TOUCHING", tmp_path / "network.tflite")
    device_touching.TOUCHING.write_bytes(content)
    with pytest.raises(ModelFileError, match="damaged; copy it again"):
        Touching(load_runtime(None))


def test_what_is_drawn_follows_from_the_seed(sources: Sources, classifier: Classifier) -> None:
    """Marks of several digits, of one and of none are found."""
    one, same, other = (
        draw_strips(sources, classifier, frames=12, seed=seed, report=lambda _: None) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.images, same.images)
    assert one.texts.tolist() == same.texts.tolist() != other.texts.tolist()
    assert one.images.shape == (len(one.texts), HEIGHT, WIDTH)
    lengths = [min(len(text), 2) for each in (one, other) for text in each.texts.tolist()]
    assert min(np.bincount(lengths, minlength=3)) > 2
    assert set("".join(one.texts.tolist())) <= set(LABELS)


def test_a_frame_knows_its_digits(sources: Sources) -> None:
    """One label for each box, or none for all."""
    rng, known = np.random.default_rng(0), 0
    for _ in range(12):
        frame, boxes, text = draw_frame(sources, rng)
        assert frame.dtype == np.uint8
        assert frame.shape[2] == 3
        assert text is None or len(text) == len(boxes)
        known += len(text or "")
    assert known > 20


def test_a_mark_is_the_digits_that_lie_in_it() -> None:
    """From left to right; what is in it by half, or low beside it, teaches nothing, and what is beside it is none."""
    mark, _ = pair()  # 340 by 240 px from (40, 20)
    left, right, low = (40.0, 20.0, 100.0, 240.0), (280.0, 20.0, 100.0, 240.0), (280.0, 160.0, 100.0, 100.0)
    half, beside = (300.0, 20.0, 160.0, 240.0), (390.0, 20.0, 100.0, 240.0)
    assert digits_in(mark.found, [right, left], "12") == "21"
    assert digits_in(mark.found, [left, beside], "12") == "1"
    assert digits_in(mark.found, [left, half], "12") is None
    assert digits_in(mark.found, [left, low], "12") == ""
    assert digits_in(mark.found, [left, right], None) is None
    assert digits_in(mark.found, [beside], None) == ""


def test_the_ink_of_a_neighbour_is_not_in_a_mark() -> None:
    """Though its box may overlap that of the mark."""
    mark, _ = pair()
    strokes = mark.found.strokes
    assert strokes is not None
    others = strokes.others.copy()
    others[2:18, 16:30] = 255
    found = Found(mark.found.box, mark.found.canonical, 0, strokes._replace(others=others))
    assert digits_in(found, [(160.0, 20.0, 140.0, 160.0)], "3") == ""


def test_strips_are_read_as_written(sources: Sources, classifier: Classifier, tmp_path: Path) -> None:
    """Several files one behind the other; what holds no strips is refused."""
    strips = draw_strips(sources, classifier, frames=4, seed=0, report=lambda _: None)
    write_strips(tmp_path / "a.npz", strips)
    both = read_strips([tmp_path / "a.npz", tmp_path / "a.npz"])
    assert np.array_equal(both.images, np.concatenate([strips.images] * 2))
    assert both.part(slice(len(strips.texts))).digest(1) == strips.digest(1)
    assert len({both.digest(1), strips.digest(1), strips.digest(2)}) == 3
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    (tmp_path / "text.npz").write_text("none")
    for name in ("other.npz", "text.npz", "missing.npz"):
        arguments = ["touching", "train", str(tmp_path / name), "--out", str(tmp_path / "n.tflite")]
        result = CliRunner().invoke(cli, arguments)
        assert (result.exit_code, result.stdout) == (6, "")
        assert name in result.stderr


def test_what_was_drawn_is_not_overwritten(tmp_path: Path) -> None:
    """Unless that is asked for."""
    (tmp_path / "s.npz").write_bytes(b"mine")
    result = CliRunner().invoke(cli, ["touching", "draw", "--out", str(tmp_path / "s.npz")])
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert (tmp_path / "s.npz").read_bytes() == b"mine"
