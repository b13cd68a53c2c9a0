from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import edge_digits.data.kaggle
from device.errors import DataError
from edge_digits.data.kaggle import LABEL, PIXELS, read_kaggle_test, read_kaggle_train

HEADER = ",".join((LABEL, *PIXELS))


def digits(count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (count, 28, 28), dtype=np.uint8), (np.arange(count) % 10).astype(np.uint8)


def rows(images: np.ndarray, labels: np.ndarray | None = None) -> list[str]:
    flat = images.reshape(len(images), -1).tolist()
    return [",".join(map(str, ([] if labels is None else [labels[place]]) + row)) for place, row in enumerate(flat)]


def write(path: Path, *lines: str, end: str = "\n") -> Path:
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


def with_field(line: str, column: int, text: str) -> str:
    fields = line.split(",")
    fields[column] = text
    return ",".join(fields)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_training_file_gives_its_digits_and_labels(end: str, tmp_path: Path) -> None:
    """Labels and pixels come back as they were written, whatever the line ends."""
    images, labels = digits()
    read = read_kaggle_train(write(tmp_path / "train.csv", HEADER, *rows(images, labels), end=end))
    assert np.array_equal(read.images, images)
    assert np.array_equal(read.labels, labels)
    assert (read.images.dtype, read.labels.dtype) == (np.uint8, np.uint8)


def test_a_test_file_gives_its_digits_in_order(tmp_path: Path) -> None:
    """A test.csv has no labels; its digits come in the order of the file."""
    images, _ = digits()
    read = read_kaggle_test(write(tmp_path / "test.csv", ",".join(PIXELS), *rows(images)))
    assert np.array_equal(read, images)


@pytest.mark.parametrize("block", [1, 700, 3000, 10_000])
def test_blocks_do_not_show(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a block of the file ends makes no difference."""
    monkeypatch.setattr(edge_digits.data.kaggle, "BLOCK_BYTES", block)
    images, labels = digits()
    read = read_kaggle_train(write(tmp_path / "train.csv", HEADER, *rows(images, labels)))
    assert np.array_equal(read.images, images)


@pytest.mark.parametrize(
    "spelling", [lambda text: f'"{text}"', lambda text: f" {text} ", lambda text: f"{int(text):03d}"]
)
def test_quoted_and_padded_numbers_are_numbers(spelling, tmp_path: Path) -> None:
    """A spreadsheet may quote, space or zero-fill the numbers."""
    images, labels = digits(3)
    lines = [",".join(spelling(field) for field in line.split(",")) for line in rows(images, labels)]
    read = read_kaggle_train(write(tmp_path / "train.csv", HEADER, *lines))
    assert np.array_equal(read.images, images)


@pytest.mark.parametrize("prefix", ["\ufeff", ""])
@pytest.mark.parametrize("suffix", ["", "\n\n", "\r\n \n"])
def test_byte_order_mark_and_blank_end_are_passed_over(prefix: str, suffix: str, tmp_path: Path) -> None:
    """What editors add before and after the data does not matter, nor does a missing last line end."""
    images, labels = digits(3)
    text = prefix + "\n".join([HEADER, *rows(images, labels)]) + suffix
    path = tmp_path / "train.csv"
    path.write_bytes(text.encode())
    assert np.array_equal(read_kaggle_train(path).labels, labels)


@pytest.mark.parametrize(
    ("column", "text", "name", "limit"),
    [
        (5, "256", "pixel4", "0 to 255"),
        (5, "300", "pixel4", "0 to 255"),
        (5, "999", "pixel4", "0 to 255"),
        (784, "-1", "pixel783", "0 to 255"),
        (1, "1.5", "pixel0", "0 to 255"),
        (9, "", "pixel8", "0 to 255"),
        (9, "x", "pixel8", "0 to 255"),
        (9, "1_0", "pixel8", "0 to 255"),
        (9, "٣", "pixel8", "0 to 255"),
        (9, "0000000000255", "pixel8", "0 to 255"),
        (0, "10", "label", "0 to 9"),
        (0, "255", "label", "0 to 9"),
        (0, "1e0", "label", "0 to 9"),
    ],
)
def test_a_wrong_value_is_named_by_line_and_column(
    column: int, text: str, name: str, limit: str, tmp_path: Path
) -> None:
    """What is no whole number in range is refused with file, line and column."""
    images, labels = digits()
    lines = rows(images, labels)
    lines[6] = with_field(lines[6], column, text)
    path = write(tmp_path / "train.csv", HEADER, *lines)
    with pytest.raises(DataError) as caught:
        read_kaggle_train(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: expected")
    assert f"in line 8, column {name}" in message
    assert limit in message
    assert message.endswith("; correct the line, or download the file again")
    assert "\n" not in message


@pytest.mark.parametrize("line", [0, 6, 11])
@pytest.mark.parametrize(
    ("change", "found"), [(lambda text: text[: text.rindex(",")], "784"), (lambda text: text + ",0", "786")]
)
def test_ragged_lines_are_refused(line: int, change, found: str, tmp_path: Path) -> None:
    """A line with a value too few or too many is refused by its number."""
    lines = rows(*digits())
    lines[line] = change(lines[line])
    path = write(tmp_path / "train.csv", HEADER, *lines)
    with pytest.raises(DataError, match=f"785 values in line {line + 2}, found {found}; correct the line"):
        read_kaggle_train(path)


def test_lines_that_make_up_for_each_other_are_refused(tmp_path: Path) -> None:
    """A value too many in one line does not stand for one too few in the next."""
    lines = rows(*digits())
    lines[2] += ",0"
    lines[3] = lines[3][: lines[3].rindex(",")]
    with pytest.raises(DataError, match="785 values in line 4, found 786"):
        read_kaggle_train(write(tmp_path / "train.csv", HEADER, *lines))


def test_an_empty_line_amid_the_digits_is_refused(tmp_path: Path) -> None:
    """A line without values is a line with too few."""
    lines = rows(*digits())
    with pytest.raises(DataError, match="line 4, found 0"):
        read_kaggle_train(write(tmp_path / "train.csv", HEADER, *lines[:2], "", *lines[2:]))


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        (",".join(PIXELS), "found no column label; this is a test.csv"),
        (",".join((LABEL, *PIXELS[:-2])), "found no pixel782, pixel783;"),
        (",".join((LABEL, *PIXELS, "pixel784")), "found also pixel784;"),
        ("a,b", "found no label, pixel0, pixel1 and 782 more and also a, b;"),
        (",".join((LABEL, PIXELS[1], PIXELS[0], *PIXELS[2:])), "another order"),
        (",".join((LABEL, LABEL, *PIXELS)), "more than once"),
        ("", "an empty one"),
        ("PK\x03\x04", "packed"),
    ],
)
def test_other_columns_are_refused_by_name(header: str, fault: str, tmp_path: Path) -> None:
    """Missing, extra and disordered columns are named."""
    path = write(tmp_path / "train.csv", header, *rows(*digits(2)))
    with pytest.raises(DataError) as caught:
        read_kaggle_train(path)
    assert fault in str(caught.value)


def test_a_training_file_is_no_test_file(tmp_path: Path) -> None:
    """A train.csv in the place of a test.csv is told as such."""
    with pytest.raises(DataError, match=r"this is a train\.csv, name the test\.csv"):
        read_kaggle_test(write(tmp_path / "a.csv", HEADER, *rows(*digits(2))))


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", "an empty one"), (HEADER.encode(), "header line alone"), (HEADER.encode() + b"\n\n", "header line alone")],
)
def test_a_file_without_digits_is_refused(content: bytes, fault: str, tmp_path: Path) -> None:
    """An empty file and a header alone are errors."""
    path = tmp_path / "train.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=fault):
        read_kaggle_train(path)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A missing file and a folder are DataErrors."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataError, match="expected a readable CSV file"):
            read_kaggle_train(path)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of more bytes than any row has is refused before it fills the memory."""
    monkeypatch.setattr(edge_digits.data.kaggle, "BLOCK_BYTES", 1000)
    with pytest.raises(DataError, match="found one of over 65536 bytes"):
        read_kaggle_train(write(tmp_path / "train.csv", HEADER, "0," * 100_000))
