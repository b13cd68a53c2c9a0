"""What a conversion says at its end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from converters import Agreement, Conversion
from device.errors import FitError, GateError
from edge_digits.commands.convert import raise_failures
from edge_digits.conversion_report import format_table, guessing_warning, telling_what_was_kept, write_manifest

LABELS = np.arange(1000) % 10


def converted(right: int | None) -> list[Conversion]:
    """A conversion of a model that reads so many of the test images."""
    agreement = Agreement("a runtime", 1000, 1.0, (), 0.0, 0.0, 0.0, correct=right, reference_correct=right)
    return [Conversion("float32", Path("a.tflite"), 1, 1, (agreement,))]


@pytest.mark.parametrize("right", [0, 95, 115])
def test_a_model_that_guesses_is_converted_with_a_warning(right: int) -> None:
    """A tenth of ten classes is what any answer that is always the same reaches, give or take chance."""
    warning = guessing_warning(converted(right), LABELS)
    assert warning is not None
    assert f"reads {right / 1000:.2%} of 1,000 test images" in warning
    assert "10.00%" in warning


def test_a_model_that_reads_is_converted_without_one() -> None:
    """However badly."""
    assert guessing_warning(converted(200), LABELS) is None


def test_where_guessing_cannot_be_told_nothing_is_said() -> None:
    """Labels are not known, all images are of one class, or nothing was verified."""
    assert guessing_warning(converted(None), None) is None
    assert guessing_warning(converted(1000), np.zeros(1000, int)) is None
    assert guessing_warning([], LABELS) is None


def test_what_was_not_written_has_no_size(tmp_path: Path) -> None:
    """A size in the manifest is that of a file."""
    (written,) = converted(None)
    write_manifest([written, replace(written, variant="int8", failure="no")], tmp_path / "m.json")
    entries = json.loads((tmp_path / "m.json").read_text())["conversions"]
    assert [(each["size_bytes"], each["flatbuffer_bytes"]) for each in entries] == [(1, 1), (None, None)]


def test_a_file_that_passes_for_what_was_not_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --force it is that of another model; the line that says what failed says so."""
    (written,) = converted(None)
    gated = replace(written, path=tmp_path / "a_int8.tflite", failure="too unlike")
    misfit = replace(gated, misfit=True)
    with pytest.raises(GateError, match=r"train longer$"):
        raise_failures([gated], named=True)
    gated.path.touch()
    left = "what is there by the name of a_int8.tflite is of an earlier conversion"
    with pytest.raises(GateError, match=f"; {left}$"):
        raise_failures([gated], named=True)
    with pytest.raises(FitError, match=f"; {left}$"):
        raise_failures([misfit], named=True)
    raise_failures([written, misfit], named=False)
    assert f"warning: {left}" in capsys.readouterr().err


def interrupt_after(*conversions: Conversion, said: list[str]) -> None:
    with telling_what_was_kept(said.append) as done:
        done.extend(conversions)
        raise KeyboardInterrupt


def test_a_conversion_that_is_interrupted_names_what_it_leaves() -> None:
    """The same command would be refused for these files; where there are none, nothing is said."""
    (written,) = converted(None)
    failed = replace(written, path=Path("b.tflite"), failure="too unlike")
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupt_after(failed, said=said)
    assert said == []
    with pytest.raises(KeyboardInterrupt):
        interrupt_after(written, failed, said=said)
    assert said == [
        "kept, each verified and whole: a.tflite; go on with --variant for the others, or start again with --force"
    ]


def test_a_name_with_a_line_break_stays_one_line_of_the_table() -> None:
    """What cannot be shown is escaped, in rows, reasons and notes."""
    (written,) = converted(None)
    odd = replace(written, path=Path("new\nline.tflite"), mending="mended")
    failed = replace(odd, failure="model\nof mine: too unlike")
    lines = format_table([odd, failed]).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["file", *["new\\nline.tflite"] * 2, *["new\\nline.tflite:"] * 2]
