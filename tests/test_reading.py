"""Readings say what was read, and their JSON line keeps its schema."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from device.errors import PictureError
from device.frames import Frame
from device.inference.classifier import Classifier
from device.printable import printable
from device.reader import Decision, Reader, decide
from device.reading import ReadDigit, Reading, Timing, utc_timestamp

LABELS = tuple("0123456789")


def test_a_canonical_digit_is_read(classifier: Classifier, seven: np.ndarray) -> None:
    """A 28×28 picture is taken as it is."""
    read = Reader(classifier).read(Frame("seven.png", 0, 1.5, seven))
    assert read.text == "7"
    assert read.confidence > 0.9
    assert read.model is not None
    assert read.model.sha256 == classifier.model.card.flatbuffer_sha256


def test_a_dark_digit_on_light_ground_is_read(classifier: Classifier, seven: np.ndarray) -> None:
    """Polarity is found, not asked for."""
    assert Reader(classifier).read(Frame("seven.png", 0, 0.0, 255 - seven)).text == "7"


def test_an_empty_picture_reads_as_nothing(classifier: Classifier) -> None:
    """Nothing found is an answer."""
    read = Reader(classifier).read(Frame("blank.png", 0, 0.0, np.full((120, 160, 3), 255, np.uint8)))
    assert (read.text, read.digits, read.error) == ("", (), None)
    assert read.to_line() == "blank.png: nothing found"


def test_a_frame_with_an_error_reads_as_that_error(classifier: Classifier) -> None:
    """A source's error travels to the output."""
    read = Reader(classifier).read(Frame("x.png", 0, 0.0, None, error=PictureError("x.png: no picture")))
    assert json.loads(read.to_json()).keys() == {"schema", "ts", "source", "frame", "error"}
    assert read.to_line() == "x.png: no picture"


def test_the_json_line_has_the_schema_of_the_design() -> None:
    """Field names and their meaning are a promise to programs that read them."""
    read = Reading(
        "photo.jpg",
        17,
        1769860800.1239,
        (ReadDigit("4", 0.99, (1, 2, 3, 4), top=(("4", 0.99), ("9", 0.01))),),
        timing=Timing(total_s=0.0125),
    )
    assert json.loads(read.to_json()) == {
        "schema": "edge-digits.reading/1",
        "ts": "2026-01-31T12:00:00.123Z",
        "source": "photo.jpg",
        "frame": 17,
        "text": "4",
        "confidence": 0.99,
        "stable": True,
        "rows": ["4"],
        "digits": [
            {
                "label": "4",
                "score": 0.99,
                "box": [1, 2, 3, 4],
                "row": 0,
                "top": [{"label": "4", "score": 0.99}, {"label": "9", "score": 0.01}],
            }
        ],
        "timing_ms": {"capture": 0.0, "find": 0.0, "prepare": 0.0, "invoke": 0.0, "total": 12.5},
    }


def test_the_json_line_says_how_large_the_frame_is(classifier: Classifier, seven: np.ndarray) -> None:
    """Its boxes are in pixels of that, to which a large picture may have been made smaller."""
    read = json.loads(Reader(classifier).read(Frame("x.png", 0, 0.0, np.pad(seven, ((20, 20), (60, 60))))).to_json())
    assert (read["width"], read["height"]) == (148, 68)


def test_a_score_below_the_threshold_is_a_question_mark() -> None:
    """The label is withheld, the score is not."""
    scores = np.array([0.1] * 9 + [0.55], np.float32)
    assert decide(scores, LABELS, (0, 0, 1, 1), Decision(threshold=0.6)).label == "?"
    assert decide(scores, LABELS, (0, 0, 1, 1), Decision(threshold=0.5)).label == "9"


def test_the_best_labels_come_best_first() -> None:
    """--top-k gives labels with scores, and never more than there are."""
    scores = np.linspace(0, 0.9, 10).astype(np.float32)
    top = decide(scores, LABELS, (0, 0, 1, 1), Decision(top_k=3)).top
    assert [label for label, _ in top] == ["9", "8", "7"]
    assert len(decide(scores, LABELS, (0, 0, 1, 1), Decision(top_k=50)).top) == 10


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "1970-01-01T00:00:00.000Z"), (0.9999, "1970-01-01T00:00:00.999Z")])
def test_timestamps_are_utc_with_milliseconds(seconds: float, text: str) -> None:
    """Never rounded up into a second that has not begun."""
    assert utc_timestamp(seconds) == text


def test_rows_are_lines_of_the_text() -> None:
    """The text is one string; programs get the rows as a list, people with a bar between them."""
    digits = tuple(ReadDigit(label, 0.9, (0, 0, 1, 1), row=row) for label, row in (("1", 0), ("2", 0), ("3", 1)))
    read = Reading("page.png", 0, 0.0, digits)
    fields = json.loads(read.to_json())
    assert (fields["text"], fields["rows"]) == ("123", ["12", "3"])
    assert read.to_line() == "page.png: 12 | 3  (0.900)"


def test_a_line_of_a_stream_says_what_holds() -> None:
    """And what its frame reads, where that is something else; nothing may hold too."""
    one = ReadDigit("7", 0.9, (0, 0, 1, 1))
    stream = Reading("camera", 5, 0.0, (one,), stable=False)
    assert stream.to_line() == "camera#5: 7  (0.900)"
    assert replace(stream, held="7").to_line() == "camera#5: 7  (0.900)"
    assert replace(stream, held="1").to_line() == "camera#5: 1  (0.900)  this frame: 7"
    assert replace(stream, held="").to_line() == "camera#5: nothing found  (0.900)  this frame: 7"
    assert replace(stream, held="1", digits=()).to_line() == "camera#5: 1  this frame: nothing found"
    doubted = replace(stream, held="1", held_back="fell from 8 to 7")
    assert doubted.to_line() == "camera#5: 1  (0.900)  this frame: 7  held back: fell from 8 to 7"
    regions = replace(stream, rois=("a", "b"), held="1\n2", digits=(replace(one, roi="a"),))
    assert regions.to_line() == "camera#5: a=1 | b=2  (0.900)  this frame: a=7 | b="


def test_regions_have_texts_of_their_own() -> None:
    """A region where nothing was found has an empty text, and the digits name their region."""
    read = Reading("m.png", 0, 0.0, (ReadDigit("4", 0.9, (0, 0, 1, 1), roi="day"),), rois=("night", "day"))
    fields = json.loads(read.to_json())
    assert (fields["text"], fields["rois"]) == ("4", {"night": "", "day": "4"})
    assert fields["digits"][0]["roi"] == "day"


def test_what_holds_over_frames_is_in_the_json_line() -> None:
    """A reading of a stream says what holds, whether that is new, and why a value was not believed."""
    read = Reading("0", 3, 0.0, held="41", changed=True, held_back="fell from 42 to 41")
    fields = json.loads(read.to_json())
    assert (fields["held"], fields["changed"], fields["held_back"]) == ("41", True, "fell from 42 to 41")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\x1b.png", "a\\nb\\x1b.png"),
        ("é×.png", "é×.png"),
        (b"\xc3\xa9.png".decode("ascii", "surrogateescape"), "é.png"),
        (b"\xc3\xa9\xff.png".decode("utf-8", "surrogateescape"), "é\\xff.png"),
        ("\ud800.png", "\\ud800.png"),
    ],
)
def test_a_name_is_shown_as_what_its_bytes_mean(text: str, shown: str) -> None:
    """A name is UTF-8 where it can be, also where the locale is not; what cannot be shown is escaped."""
    assert printable(text) == shown
    assert printable(shown) == shown
