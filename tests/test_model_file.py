"""A model file vouches for every byte of itself."""

from __future__ import annotations

import json
import random
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from device.errors import ModelFileError
from device.inference.model_card import CARD_VERSION, ModelCard
from device.inference.model_file import LABELS_NAME, ModelFile, pack_model, read_bare_flatbuffer, read_model
from device.paths import DEFAULT_MODEL


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_packed_model_reads_back(model: ModelFile, tmp_path: Path) -> None:
    """Flatbuffer and card come back as they went in."""
    path = write(tmp_path / "m.tflite", pack_model(model.flatbuffer, model.card))
    again = read_model(path)
    assert (again.flatbuffer, again.card) == (model.flatbuffer, model.card)


def test_zipfile_alone_reads_labels_and_card() -> None:
    """The file follows the associated-files convention: it is a flatbuffer and a ZIP at once."""
    with zipfile.ZipFile(DEFAULT_MODEL) as archive:
        assert archive.testzip() is None
        assert archive.read(LABELS_NAME).decode().split() == list("0123456789")


def test_every_flipped_byte_is_refused(model: ModelFile, tmp_path: Path) -> None:
    """One changed byte anywhere, in the model, the card or the seal, is noticed."""
    content = DEFAULT_MODEL.read_bytes()
    rng = random.Random(1)
    positions = [*rng.sample(range(len(content)), 300), *range(len(content) - 120, len(content)), *range(12)]
    for position in positions:
        changed = bytearray(content)
        changed[position] ^= 1 << rng.randrange(8)
        with pytest.raises(ModelFileError, match=r"^[^\n]+$"):
            read_model(write(tmp_path / "m.tflite", bytes(changed)))


def test_every_truncation_is_refused(model: ModelFile, tmp_path: Path) -> None:
    """A file cut short anywhere is noticed."""
    content = DEFAULT_MODEL.read_bytes()
    for length in [*random.Random(2).sample(range(len(content)), 200), 0, 1, 7, 8, len(content) - 1]:
        with pytest.raises(ModelFileError, match=r"^[^\n]+$"):
            read_model(write(tmp_path / "m.tflite", content[:length]))


def test_a_model_without_a_card_is_refused_where_it_is_cut_short(model: ModelFile, tmp_path: Path) -> None:
    """Parts that lie beyond the end of the file tell that it is damaged, before a runtime dies of it."""
    whole = model.flatbuffer
    assert read_bare_flatbuffer(write(tmp_path / "m.tflite", whole)) == whole
    for length in [*random.Random(3).sample(range(8, len(whole)), 200), *range(len(whole) - 40, len(whole))]:
        with pytest.raises(ModelFileError, match=r"^[^\n]+ copy it again or get it from its source$"):
            read_bare_flatbuffer(write(tmp_path / "m.tflite", whole[:length]))


def test_appended_bytes_are_refused(tmp_path: Path) -> None:
    """What follows the seal does not belong to the model."""
    with pytest.raises(ModelFileError, match="cut off or changed"):
        read_model(write(tmp_path / "m.tflite", DEFAULT_MODEL.read_bytes() + b"\0"))


def test_a_model_without_a_card_is_refused(model: ModelFile, tmp_path: Path) -> None:
    """A bare flatbuffer says nothing about itself; the message names both ways out."""
    path = write(tmp_path / "m.tflite", model.flatbuffer)
    with pytest.raises(ModelFileError, match=r"without one.*edge-digits convert.*--labels"):
        read_model(path)
    assert read_bare_flatbuffer(path) == model.flatbuffer


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"hello world", "no"), (b"\x1c\0\0\0TFL2", "none")])
def test_what_is_no_model_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    """An empty file, a text and another flatbuffer are told by their first bytes, with what to do."""
    with pytest.raises(ModelFileError, match=rf"{said}.*; name a converted model$"):
        read_model(write(tmp_path / "m.tflite", content))


def test_a_missing_model_and_a_folder_are_refused(tmp_path: Path) -> None:
    """Neither a missing file nor a folder is a model."""
    with pytest.raises(ModelFileError, match="found none"):
        read_model(tmp_path / "missing.tflite")
    with pytest.raises(ModelFileError, match="folder"):
        read_model(tmp_path)


def test_a_card_of_a_newer_layout_is_refused(model: ModelFile) -> None:
    """A program does not guess what a later one meant."""
    newer = replace(model.card, card_version=CARD_VERSION + 1)
    with pytest.raises(ModelFileError, match="update edge-digits"):
        ModelCard.from_json(newer.to_json())


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"decision": {"reject_below": "abc"}}, "reject_below 'abc'"),
        ({"decision": {"reject_below": None}}, "reject_below None"),
        ({"decision": []}, "decision []"),
        ({"labels": [*range(10)]}, "labels (0, 1"),
        ({"golden": 7}, "golden 7"),
        ({"name": None}, "name None"),
        ({"contract_version": "1"}, "contract_version '1'"),
    ],
)
def test_a_card_that_holds_something_else_is_refused(changes: dict[str, object], found: str, model: ModelFile) -> None:
    """In one line that says where, and not by whatever first trips over it."""
    fields = {**json.loads(model.card.to_json()), **changes}
    with pytest.raises(ModelFileError, match=f"as `convert` writes it, found {re.escape(found)}"):
        ModelCard.from_json(json.dumps(fields))


def test_a_card_that_is_nested_too_deeply_is_refused() -> None:
    """As any other text that is no card."""
    with pytest.raises(ModelFileError, match="expected a model card as JSON"):
        ModelCard.from_json("[" * 100_000)


def test_a_card_of_another_flatbuffer_is_not_packed(model: ModelFile) -> None:
    """The card must name the bytes it is packed with."""
    with pytest.raises(ValueError, match="expected a card for"):
        pack_model(model.flatbuffer + b"\0", model.card)


def test_the_card_stays_small(model: ModelFile) -> None:
    """What follows the flatbuffer is at most 8 KiB."""
    assert DEFAULT_MODEL.stat().st_size - len(model.flatbuffer) <= 8 * 1024
