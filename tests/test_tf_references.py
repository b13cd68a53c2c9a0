"""Classifiers of any origin convert, and take raw pixels afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from converters import ConversionRequest, Gate, ImageSet, convert
from converters.input_range import find_input_range
from converters.keras_models import read_trained
from converters.mending import make_for_targets
from converters.references import load_reference
from converters.request import VARIANT_NAMES
from converters.variants import VARIANTS
from device.errors import ContractError, ExtraMissingError, FitError, ModelFileError, UsageError
from device.inference.input_range import INPUT_RANGES
from device.inference.model_file import read_model
from device.inference.runtime import installed_runtimes
from device.inference.trial import try_model
from edge_digits.data.mnist_sources import from_sample

LOOSE = Gate(min_agreement=0.9, max_drop=0.1)  # these models are hardly trained


@pytest.fixture(scope="module")
def images() -> ImageSet:
    """Training digits."""
    sample = from_sample()
    return ImageSet(sample.train_images[:2000], sample.train_labels[:2000], {"source": "sample"})


@pytest.fixture(scope="module")
def held_back() -> ImageSet:
    """Test digits."""
    sample = from_sample()
    return ImageSet(sample.test_images[:300], sample.test_labels[:300], {"source": "sample"})


def fitted(model: keras.Model, images: ImageSet, prepare: Callable[[np.ndarray], np.ndarray]) -> keras.Model:
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(prepare(images.images.astype(np.float32)), images.labels, epochs=3, verbose=0)
    return model


def flat_model() -> keras.Model:
    return keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, "softmax")])


@pytest.fixture(scope="module")
def zero_to_one(images: ImageSet) -> keras.Model:
    """A model over 784 values, 0–1."""
    return fitted(flat_model(), images, lambda x: x.reshape(-1, 784) / 255)


@pytest.fixture(scope="module")
def minus_one_to_one(images: ImageSet) -> keras.Model:
    """A model over (28, 28), −1–1."""
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    return fitted(model, images, lambda x: x / 127.5 - 1)


def request_for(model: Path, images: ImageSet, held_back: ImageSet, tmp_path: Path) -> ConversionRequest:
    return ConversionRequest(
        model=model,
        out=tmp_path / "out",
        name="m",
        test=held_back,
        calibration=replace(images, images=images.images[:100], labels=images.labels[:100]),
        variants=("float32", "int8"),
        gate=LOOSE,
    )


def save(model: keras.Model, folder: Path, kind: str) -> Path:
    path = folder / {"keras": "m.keras", "h5": "m.h5", "saved_model": "m"}[kind]
    if kind == "saved_model":
        model.export(path, verbose=False)
    else:
        model.save(path)
    return path


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")  # Keras: that is what is tested
@pytest.mark.parametrize("kind", ["keras", "h5", "saved_model"])
def test_every_format_converts_and_takes_raw_pixels(
    kind: str, zero_to_one: keras.Model, images: ImageSet, held_back: ImageSet, tmp_path: Path
) -> None:
    """A model trained on 0–1 is recognised as such; what is written takes 0–255 and keeps its accuracy."""
    path = save(zero_to_one, tmp_path, kind)
    float32, int8 = convert(request_for(path, images, held_back, tmp_path))
    for conversion in (float32, int8):
        assert conversion.failure is None
        assert conversion.agreements[0].correct > 0.75 * 300
    card = read_model(float32.path).card
    assert card.input.shape == (1, 784)
    assert card.conversion["original_input_range"] == "0-1"


def test_a_model_of_two_dimensions_and_minus_one_to_one_converts(
    minus_one_to_one: keras.Model, images: ImageSet, held_back: ImageSet, tmp_path: Path
) -> None:
    """(28, 28) input is taken as it is; the range is found from training images."""
    path = save(minus_one_to_one, tmp_path, "keras")
    float32, _ = convert(request_for(path, images, held_back, tmp_path))
    card = read_model(float32.path).card
    assert (card.input.shape, card.conversion["original_input_range"]) == ((1, 28, 28), "-1-1")


def test_a_model_of_mixed_precision_converts(images: ImageSet, held_back: ImageSet, tmp_path: Path) -> None:
    """What a GPU trained with float16 arithmetic has float32 weights, and converts as others do."""
    mixed = {"dtype": "mixed_float16"}
    layers = [
        keras.layers.Rescaling(1 / 255, **mixed),
        keras.layers.Conv2D(4, 3, 2, **mixed),
        keras.layers.Flatten(**mixed),
        keras.layers.Dense(10, "softmax", **mixed),
    ]
    model = fitted(keras.Sequential([keras.Input((28, 28, 1)), *layers]), images, lambda x: x[..., np.newaxis])
    path = save(model, tmp_path, "keras")
    conversions = convert(request_for(path, images, held_back, tmp_path))
    assert [each.failure for each in conversions] == [None, None]
    assert read_model(conversions[0].path).card.input.dtype == "float32"


def test_a_colour_model_with_its_own_labels_converts_in_every_variant(tmp_path: Path) -> None:
    """Another size, three channels and three classes: every variant is written and verified."""
    generator = np.random.default_rng(0)
    inputs = keras.Input((20, 24, 3))
    x = keras.layers.Conv2D(6, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.Dense(3, "softmax")(keras.layers.Flatten()(x))
    path = save(keras.Model(inputs, x), tmp_path, "keras")
    pictures = [generator.integers(0, 256, (40, 20, 24, 3), dtype=np.uint8) for _ in range(2)]
    request = ConversionRequest(
        model=path,
        out=tmp_path / "out",
        name="colour",
        test=ImageSet(pictures[0], None, {}),
        calibration=ImageSet(pictures[1], None, {}),
        labels=("cat", "dog", "fish"),
        gate=LOOSE,
    )
    conversions = convert(request)
    assert [each.variant for each in conversions] == list(VARIANT_NAMES)
    assert [each.failure for each in conversions] == [None] * len(conversions)
    cards = {each.variant: read_model(each.path).card for each in conversions}
    assert {name: card.input.dtype for name, card in cards.items()} == {
        **dict.fromkeys(("float32", "float16", "dynamic", "int8-float"), "float32"),
        **{"int8": "int8", "int8-uint8": "uint8", "int16x8": "int16"},
    }
    assert cards["int8"].labels == ("cat", "dog", "fish")
    assert cards["int8"].golden == {}


def test_an_unlabelled_set_cannot_tell_the_input_range(zero_to_one: keras.Model, images: ImageSet, tmp_path) -> None:
    """Without labels or a rescaling layer the user has to say it; with a rescaling layer there is nothing to ask."""
    reference = load_reference(save(zero_to_one, tmp_path, "keras"))
    with pytest.raises(UsageError, match="--input-range"):
        find_input_range(reference, replace(images, labels=None))
    assert find_input_range(reference, images) == INPUT_RANGES["0-1"]
    assert find_input_range(replace(reference, rescales=True), None) == INPUT_RANGES["0-255"]


@pytest.mark.parametrize("first", [[], [keras.layers.Rescaling(2, -1)]])
@pytest.mark.parametrize("last", ["sigmoid", "softmax"])
def test_sigmoids_and_layers_that_rescale_do_not_hide_the_range(
    first: list[keras.Layer], last: str, images: ImageSet, tmp_path: Path
) -> None:
    """A model trained on 0–1 is measured, whatever it ends in and whether it rescales that; the range is said."""
    layers = [keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(10, last)]
    model = keras.Sequential([keras.Input((28, 28)), *first, *layers])
    reference = load_reference(save(fitted(model, images, lambda x: x / 255), tmp_path, "keras"))
    said: list[str] = []
    assert find_input_range(reference, images, report=said.append) == INPUT_RANGES["0-1"]
    assert "the model takes 0-1: " in said[0]


@pytest.mark.parametrize("scaling", [lambda: keras.layers.Rescaling(1 / 255), keras.layers.BatchNormalization])
@pytest.mark.parametrize("epochs", [0, 1])
def test_a_model_that_scales_raw_pixels_takes_them(
    scaling: Callable[[], keras.Layer], epochs: int, images: ImageSet, tmp_path: Path
) -> None:
    """Also one that was hardly or never trained; where a layer rescales, there is nothing to say."""
    layers = [scaling(), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
    if epochs:
        fitted(model, replace(images, images=images.images[:500], labels=images.labels[:500]), lambda x: x[..., None])
    said: list[str] = []
    reference = load_reference(save(model, tmp_path, "keras"))
    assert find_input_range(reference, images, report=said.append) == INPUT_RANGES["0-255"]
    assert len(said) == (not reference.rescales)


def test_calibration_apart_from_the_test_set(
    zero_to_one: keras.Model, images: ImageSet, held_back: ImageSet, tmp_path: Path
) -> None:
    """A representative set that holds a test image is refused; integer variants without one are too."""
    request = request_for(save(zero_to_one, tmp_path, "keras"), images, held_back, tmp_path)
    mixed = np.concatenate([images.images[:20], held_back.images[:1]])
    with pytest.raises(UsageError, match="found 1 of its 21 images there"):
        convert(replace(request, calibration=ImageSet(mixed, None, {})))
    with pytest.raises(UsageError, match="int8 needs a representative set"):
        convert(replace(request, calibration=None))


def two_inputs() -> keras.Model:
    one, other = keras.Input((4,)), keras.Input((4,))
    return keras.Model([one, other], keras.layers.Dense(2)(keras.layers.Add()([one, other])))


def free_size() -> keras.Model:
    inputs = keras.Input((None, None, 1))
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(inputs)))


def picture_to_picture() -> keras.Model:
    inputs = keras.Input((8, 8, 1))
    return keras.Model(inputs, keras.layers.Conv2D(1, 3)(inputs))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (two_inputs, "expected one input"),
        (free_size, "fixed input shape"),
        (picture_to_picture, r"expected output \(batch, classes\)"),
    ],
)
def test_what_is_no_classifier_of_fixed_shape_is_refused(build: Callable, said: str, tmp_path: Path) -> None:
    """Several inputs, free sizes and pictures as output are one line and exit code 4."""
    path = save(build(), tmp_path, "keras")
    with pytest.raises(ContractError, match=said) as caught:
        load_reference(path)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("name", "content"), [("m.h5", b""), ("m.h5", b"text"), ("m.keras", b""), ("m.onnx", b"x"), ("none.keras", None)]
)
def test_what_is_no_model_is_refused(name: str, content: bytes | None, tmp_path: Path) -> None:
    """Empty, foreign and missing files are one line, which says what to do, and exit code 6."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=r"^[^\n]+expected[^\n]+found[^\n]+; [^\n]+$") as caught:
        load_reference(tmp_path / name)
    assert caught.value.exit_code == 6


def test_a_model_cut_short_is_said_in_own_words(tmp_path: Path) -> None:
    """Nothing of what HDF5 says of addresses and truncated blocks."""
    path = tmp_path / "m.h5"
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]).save(path)
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:100] + bytes(300) + whole[400:]):
        path.write_bytes(damaged)
        for read in (load_reference, read_trained):
            with pytest.raises(ModelFileError, match="found a damaged file; save it again"):
                read(path)


def test_an_empty_folder_is_no_saved_model(tmp_path: Path) -> None:
    """A folder without saved_model.pb, or with a damaged one, is refused."""
    with pytest.raises(ModelFileError, match=r"no saved_model\.pb"):
        load_reference(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"damaged")
    with pytest.raises(ModelFileError, match="whole SavedModel"):
        load_reference(tmp_path)


def test_a_layer_without_its_code_is_named(tmp_path: Path) -> None:
    """The message names the class whose code is missing."""

    class Twice(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 2

    inputs = keras.Input((4,))
    path = save(keras.Model(inputs, keras.layers.Dense(2)(Twice()(inputs))), tmp_path, "keras")
    with pytest.raises(ModelFileError, match="the layer Twice, whose code is not here"):
        load_reference(path)


def test_a_lambda_layer_is_named(tmp_path: Path) -> None:
    """Its code is never run from a file; the line says what to do."""
    inputs = keras.Input((4,))
    doubled = keras.layers.Lambda(lambda values: values * 2)(inputs)
    path = save(keras.Model(inputs, keras.layers.Dense(2)(doubled)), tmp_path, "keras")
    with pytest.raises(ModelFileError, match=r"a Lambda layer, whose Python code is not run; .*model\.export"):
        load_reference(path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # tf_keras is the Keras of 2023
def test_a_keras_2_file_is_read_through_tf_keras(images: ImageSet, tmp_path: Path, monkeypatch) -> None:
    """A Lambda-free HDF5 file of Keras 2 converts; without tf_keras the line says what to install."""
    tf_keras = pytest.importorskip("tf_keras")
    inputs = tf_keras.Input((28, 28, 1))
    x = tf_keras.layers.experimental.SyncBatchNormalization()(inputs)  # a layer Keras 3 does not have
    old = tf_keras.Model(inputs, tf_keras.layers.Dense(10, "softmax")(tf_keras.layers.Flatten()(x)))
    with pytest.warns(UserWarning, match="HDF5"):
        old.save(tmp_path / "old.h5")
    reference = load_reference(tmp_path / "old.h5")
    digits = images.images[:5]
    expected = old.predict(digits[..., None].astype(np.float32), verbose=0)
    np.testing.assert_allclose(reference.scores(reference.shaped(digits), INPUT_RANGES["0-255"]), expected, atol=1e-5)
    made = make_for_targets(
        lambda: reference.make_converter(INPUT_RANGES["0-255"]), VARIANTS["float32"], None, targets=()
    )
    assert made.flatbuffer[4:8] == b"TFL3"
    monkeypatch.setattr("converters.keras_models.importlib.import_module", _missing)
    with pytest.raises(ExtraMissingError, match="pip install tf_keras"):
        load_reference(tmp_path / "old.h5")


def _missing(name: str) -> None:
    raise ModuleNotFoundError(name)


def test_the_most_reported_error_is_mended(tmp_path: Path) -> None:
    """A large Dense in the dynamic variant asks for FULLY_CONNECTED v12; for tflite-runtime 2.14 it is mended."""
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(100, "relu"), keras.layers.Dense(10)])
    reference = load_reference(save(model, tmp_path, "keras"))

    def make(*targets: str):
        converter = lambda: reference.make_converter(INPUT_RANGES["0-255"])  # noqa: E731 - a factory
        return make_for_targets(converter, VARIANTS["dynamic"], None, targets=targets)

    assert make("ai-edge-litert-2").mending == ""
    assert "per tensor" in make("tflite-runtime-2.14", "ai-edge-litert-2").mending
    with pytest.raises(UsageError, match="expected"):
        make("tflite-runtime-9")


def test_what_no_mending_helps_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """The line names operation, version, the oldest runtime that has it, and the ways out."""
    inputs = keras.Input((16,))
    x = keras.layers.Lambda(lambda t: tf.math.cumsum(t, axis=-1), output_shape=(16,))(inputs)
    model = keras.Model(inputs, keras.layers.Dense(4)(x))
    from converters.keras_models import with_raw_pixels

    def converter():
        return tf.lite.TFLiteConverter.from_keras_model(with_raw_pixels(model, INPUT_RANGES["0-255"]))

    with pytest.raises(FitError, match=r"CUMSUM v1 \(oldest: .*take another variant"):
        make_for_targets(converter, VARIANTS["float32"], None, targets=("tensorflow-2.3",))


def test_a_dense_layer_can_be_a_convolution(tmp_path: Path, images: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no target has the dense operation, a 1×1 convolution computes the same, and the mending is named."""
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(20, "relu"), layers.Dense(10)]
    )
    reference = load_reference(save(model, tmp_path, "keras"))
    raw = INPUT_RANGES["0-255"]
    lacks_dense = lambda counts, target: [name for name in counts if name.startswith("FULLY_CONNECTED")]  # noqa: E731
    monkeypatch.setattr("converters.mending.missing_operations", lacks_dense)
    made = make_for_targets(
        lambda: reference.make_converter(raw),
        VARIANTS["float32"],
        None,
        targets=("micro",),
        make_convolution_converter=lambda: reference.make_convolution_converter(raw),
    )
    assert made.mending == "mended for micro: Dense layers computed as 1×1 convolutions"
    digits = images.images[:20]
    for runtime in installed_runtimes():
        trial = try_model(made.flatbuffer, runtime=runtime, digits=digits)
        np.testing.assert_allclose(
            trial.raw_scores, reference.scores(reference.shaped(digits), raw), rtol=1e-3, atol=1e-2
        )


def test_converting_a_function_says_nothing_of_its_own(
    zero_to_one: keras.Model, images: ImageSet, held_back: ImageSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """TensorFlow's advice to its own developers does not reach the user of a SavedModel."""
    request = request_for(save(zero_to_one, tmp_path, "saved_model"), images, held_back, tmp_path)
    with caplog.at_level("WARNING", logger="absl"):
        convert(replace(request, variants=("float32",)))
    assert not caplog.records


def recurrent_model(*, unroll: bool) -> keras.Model:
    inputs = keras.Input((28, 28))
    layer = keras.layers.Bidirectional(keras.layers.SimpleRNN(4, unroll=unroll))
    return keras.Model(inputs, keras.layers.Dense(10, "softmax")(layer(inputs)))


@pytest.mark.parametrize("kind", ["keras", "saved_model"])
def test_loops_are_noticed(kind: str, tmp_path: Path) -> None:
    """In the layers of layers and in the functions of a SavedModel; an unrolled layer has none."""
    for unroll in (False, True):
        folder = tmp_path / str(unroll)
        folder.mkdir()
        assert load_reference(save(recurrent_model(unroll=unroll), folder, kind)).loops is not unroll


def test_a_model_with_a_loop_is_refused_as_int8_and_converts_as_float32(
    zero_to_one: keras.Model, images: ImageSet, held_back: ImageSet, tmp_path: Path
) -> None:
    """TensorFlow's calibration would end the process; the other variant is written and nothing more is tried."""
    request = request_for(save(zero_to_one, tmp_path, "keras"), images, held_back, tmp_path)
    float32, int8 = convert(request, reference=replace(load_reference(request.model), loops=True))
    assert float32.failure is None
    assert int8.misfit
    assert "unroll=True" in str(int8.failure)


def small(*, name: str = "small", layer: str = "scores", named: bool = False) -> keras.Model:
    pixels = keras.Input((28, 28), name="x")
    scores = keras.layers.Dense(10, activation="softmax", name=layer)(keras.layers.Flatten(name="flat")(pixels))
    return keras.Model({"x": pixels} if named else pixels, {"y": scores} if named else scores, name=name)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: small(name="My model"), "found the model 'My model'; build it again with another name"),
        (lambda: small(layer="größe"), "found the layer 'größe'; build it again with another name"),
        (lambda: small(named=True), "expected a model to take one tensor, found one by the name x; build another"),
    ],
)
def test_what_keras_takes_and_tensorflow_does_not_is_one_line(
    model: Callable[[], keras.Model], said: str, tmp_path: Path
) -> None:
    """Before anything is asked of it."""
    try:
        model().save(tmp_path / "m.keras")
    except ValueError:
        pytest.skip("this Keras refuses to save it")
    with pytest.raises(ContractError, match=said):
        load_reference(tmp_path / "m.keras")
