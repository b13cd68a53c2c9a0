"""A model of ours tells standard readers what pixels it takes and where its labels are."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from flatbuffers import number_types
from flatbuffers.table import Table

from benchmarks.measuring_digits import MeasuringDigits
from converters.flatbuffer_objects import pack_model, unpack_model
from converters.stripping import strip
from converters.tflite_metadata import add_metadata
from device.contract import LABELS
from device.errors import FitError, UsageError
from device.inference import model_file
from device.inference.model_card import ModelCard, TensorCard
from device.inference.model_file import read_model
from device.inference.runtime import installed_runtimes
from device.inference.trial import try_model

SHIPPED = ("cnn_float32", "cnn_int8")
# Field numbers of the tables Model, Metadata and Buffer in the schema of TFLite.
MODEL_BUFFERS, MODEL_METADATA = 4, 6


class Fields:
    """A table of a flatbuffer, read by field numbers with the flatbuffers package alone."""

    def __init__(self, content: bytes, position: int | None = None) -> None:
        start = struct.unpack_from("<I", content)[0] if position is None else position
        self.table = Table(bytearray(content), start)

    def _at(self, field: int) -> int:
        return self.table.Offset(4 + 2 * field)

    def number(self, field: int, flags: Any) -> Any:
        return self.table.Get(flags, self.table.Pos + self._at(field)) if self._at(field) else 0

    def text(self, field: int) -> str:
        return self.table.String(self.table.Pos + self._at(field)).decode()

    def child(self, field: int) -> Fields:
        return Fields(self.table.Bytes, self.table.Indirect(self.table.Pos + self._at(field)))

    def has(self, field: int) -> bool:
        return self._at(field) != 0

    def children(self, field: int) -> list[Fields]:
        start = self.table.Vector(self._at(field))
        count = self.table.VectorLen(self._at(field))
        return [Fields(self.table.Bytes, self.table.Indirect(start + 4 * index)) for index in range(count)]

    def floats(self, field: int) -> list[float]:
        values = self.table.GetVectorAsNumpy(number_types.Float32Flags, self._at(field))
        return [float(value) for value in values]

    def data(self, field: int) -> tuple[int, bytes]:
        """Return where a vector of bytes starts, and the bytes."""
        start = self.table.Vector(self._at(field))
        return start, bytes(self.table.Bytes[start : start + self.table.VectorLen(self._at(field))])


def find_metadata(flatbuffer: bytes) -> tuple[int, bytes]:
    """Return the only TFLITE_METADATA of a model, and where it starts."""
    model = Fields(flatbuffer)
    (entry,) = (each for each in model.children(MODEL_METADATA) if each.text(0) == "TFLITE_METADATA")
    return model.children(MODEL_BUFFERS)[entry.number(1, number_types.Uint32Flags)].data(0)


def tensors(flatbuffer: bytes) -> tuple[Fields, Fields]:
    """Return the metadata of the only input and of the only output."""
    (graph,) = Fields(find_metadata(flatbuffer)[1]).children(3)
    ((image,), (scores,)) = graph.children(2), graph.children(3)
    return image, scores


def shipped(name: str) -> bytes:
    """Read the flatbuffer of a model that ships."""
    return read_model(ROOT / f"device/models/{name}.tflite").flatbuffer


def described(flatbuffer: bytes, *, labels: tuple[str, ...] = LABELS, mean: float = 0, std: float = 1) -> bytes:
    return add_metadata(flatbuffer, labels=labels, name="cnn", description="Digits.", mean=mean, std=std)


def changed(flatbuffer: bytes, change: Callable[[Any], None]) -> bytes:
    """Return a model after `change` has been applied to its objects."""
    model = unpack_model(flatbuffer)
    change(model)
    return pack_model(model)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_answers_are_the_same_bits(name: str, sample_digits: MeasuringDigits) -> None:
    """Every runtime gives the same scores with metadata and without."""
    flatbuffer, digits = shipped(name), sample_digits.images[:200]
    for runtime in installed_runtimes():
        before = try_model(flatbuffer, runtime=runtime, digits=digits)
        after = try_model(described(flatbuffer), runtime=runtime, digits=digits)
        np.testing.assert_array_equal(after.raw_scores, before.raw_scores)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_model_and_its_pixels_are_described(name: str) -> None:
    """Name, grey picture of 28×28, and a normalisation that changes nothing: raw pixels of 0–255 go in."""
    flatbuffer = described(shipped(name))
    metadata = Fields(find_metadata(flatbuffer)[1])
    assert [metadata.text(field) for field in (0, 1, 7)] == ["cnn", "Digits.", "1.0.0"]
    image, _ = tensors(flatbuffer)
    content = image.child(3)
    assert content.number(0, number_types.Uint8Flags) == 2  # ImageProperties
    assert content.child(1).number(0, number_types.Int8Flags) == 2  # GRAYSCALE
    size = content.child(1).child(1)
    assert [size.number(field, number_types.Uint32Flags) for field in (0, 1)] == [28, 28]
    (unit,) = image.children(4)
    assert unit.number(0, number_types.Uint8Flags) == 1  # NormalizationOptions
    assert (unit.child(1).floats(0), unit.child(1).floats(1)) == ([0.0], [1.0])
    assert (image.child(5).floats(0), image.child(5).floats(1)) == ([255.0], [0.0])


@pytest.mark.parametrize("name", SHIPPED)
def test_the_labels_are_the_file_behind_the_flatbuffer(name: str) -> None:
    """The associated file that the output names is in the ZIP of the whole file, one label a line."""
    flatbuffer = described(shipped(name))
    tensor = TensorCard((1, 28, 28, 1), "float32")
    card = ModelCard("cnn", "any", model_file.sha256(flatbuffer), LABELS, tensor, tensor, contract_version=1)
    content = model_file.pack_model(flatbuffer, card)
    _, scores = tensors(content)
    assert scores.child(3).number(0, number_types.Uint8Flags) == 1  # FeatureProperties
    assert (scores.child(5).floats(0), scores.child(5).floats(1)) == ([1.0], [0.0])
    (file,) = scores.children(6)
    assert file.number(2, number_types.Int8Flags) == 2  # TENSOR_AXIS_LABELS
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert tuple(archive.read(file.text(0)).decode().splitlines()) == LABELS


def test_the_metadata_is_a_flatbuffer_of_its_own() -> None:
    """It has the identifier that readers look for, and starts at a multiple of 16."""
    start, metadata = find_metadata(described(shipped("cnn_int8")))
    assert start % 16 == 0
    assert metadata[4:8] == b"M001"


def test_a_model_that_normalises_outside_says_so() -> None:
    """Mean and deviation are as given, and the limits are those of the normalised pixels."""
    image, _ = tensors(described(shipped("cnn_float32"), mean=127.5, std=127.5))
    options = image.children(4)[0].child(1)
    assert (options.floats(0), options.floats(1)) == ([127.5], [127.5])
    assert (image.child(5).floats(0), image.child(5).floats(1)) == ([1.0], [-1.0])


def test_new_metadata_replaces_old() -> None:
    """A model described twice carries the second description only, and what the converter noted stays."""
    once = described(shipped("cnn_int8"))
    twice = add_metadata(once, labels=LABELS, name="other", description="Other.", mean=0, std=1)
    assert Fields(find_metadata(twice)[1]).text(0) == "other"
    assert b"Digits." not in strip(twice).flatbuffer
    assert any(entry.name == b"min_runtime_version" for entry in unpack_model(twice).metadata)


def test_stripping_keeps_the_metadata() -> None:
    """Describing and stripping go together in either order."""
    flatbuffer = shipped("cnn_int8")
    _, metadata = find_metadata(described(flatbuffer))
    for both in (strip(described(flatbuffer)).flatbuffer, described(strip(flatbuffer).flatbuffer)):
        assert find_metadata(both)[1] == metadata
        assert tensors(both)[1].children(6)[0].text(0) == "labels.txt"


def test_scores_without_limits_have_no_limits() -> None:
    """Only what a softmax or a logistic function gives lies between 0 and 1."""

    def end_before_softmax(model: Any) -> None:
        graph = model.subgraphs[0]
        graph.outputs = graph.operators[-1].inputs[:1]
        graph.operators = graph.operators[:-1]

    _, scores = tensors(described(changed(shipped("cnn_float32"), end_before_softmax)))
    assert not scores.has(5)


@pytest.mark.parametrize(
    ("shape", "color_space", "size"),
    [((1, 20, 30, 3), 1, [30, 20]), ((1, 20, 30), 2, [30, 20]), ((1, 784), 2, [784, 1])],
)
def test_pictures_of_other_shapes_are_described(shape: tuple[int, ...], color_space: int, size: list[int]) -> None:
    """Three channels are RGB; without an axis for channels it is one grey one; width comes before height."""

    def reshape(model: Any) -> None:
        model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = np.array(shape, np.int32)

    properties = tensors(described(changed(shipped("cnn_float32"), reshape)))[0].child(3).child(1)
    assert properties.number(0, number_types.Int8Flags) == color_space
    assert [properties.child(1).number(field, number_types.Uint32Flags) for field in (0, 1)] == size


def test_what_is_no_image_classifier_is_refused() -> None:
    """Two channels, two inputs, and another number of labels than scores are one line each."""

    def two_channels(model: Any) -> None:
        model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = np.array((1, 28, 28, 2), np.int32)

    def two_inputs(model: Any) -> None:
        model.subgraphs[0].inputs = np.array([0, 1], np.int32)

    flatbuffer = shipped("cnn_float32")
    with pytest.raises(FitError, match="1 or 3 channels"):
        described(changed(flatbuffer, two_channels))
    with pytest.raises(FitError, match="expected one input, found 2"):
        described(changed(flatbuffer, two_inputs))
    with pytest.raises(FitError, match=r"expected an output \(1, 3\)"):
        described(flatbuffer, labels=("a", "b", "c"))


@pytest.mark.parametrize(("mean", "std"), [(0, 0), (0, -1), (float("nan"), 1), (0, float("inf"))])
def test_a_normalisation_that_cannot_be_is_refused(mean: float, std: float) -> None:
    """A mean that is no number, or a deviation that is not above 0, is an error of use."""
    with pytest.raises(UsageError, match="a finite mean and a std above 0"):
        described(shipped("cnn_float32"), mean=mean, std=std)
