"""Learning from teachers, from mixtures, and going on from a trained model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from click.testing import CliRunner

from device.errors import ContractError, DataError, EdgeDigitsError, GateError
from edge_digits.cli import cli
from edge_digits.data.mixture import Mixture, load_mixture
from edge_digits.data.mnist_sources import from_sample
from edge_digits.recipes import CAMERA
from edge_digits.run_files import digest_of, write_npz
from edge_digits.synthetic.augmentation import augment
from edge_digits.training.distillation import lesson_names, teach
from edge_digits.training.fine_tuning import (
    Change,
    HeldBack,
    comparison,
    held_back_of,
    load_digit_model,
    mnist_held_back,
    warn_of_ungated,
)
from edge_digits.training.score_calibration import (
    decide,
    expected_calibration_error,
    fit_temperature,
    soften,
    soften_model,
)
from edge_digits.training.training import TrainingSettings, held_back_split, train

SAMPLE = from_sample()


def ignore(line: str) -> None:
    pass


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thousand digits of the sample as an npz."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    write_npz(
        path,
        x_train=SAMPLE.train_images[:1000],
        y_train=SAMPLE.train_labels[:1000],
        x_test=SAMPLE.test_images[:300],
        y_test=SAMPLE.test_labels[:300],
    )
    return path


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a device's corrected crops: other digits of the sample, faint as its camera sees them."""
    folder = tmp_path_factory.mktemp("collected")
    for place, (image, label) in enumerate(
        zip(SAMPLE.train_images[1000:1200], SAMPLE.train_labels[1000:1200], strict=True)
    ):
        (folder / str(label)).mkdir(exist_ok=True)
        cv2.imwrite(str(folder / str(label) / f"{place}.png"), image // 2)
    return folder


@pytest.fixture
def mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for MNIST: two thousand digits of the sample that no other fixture has."""
    images, labels = SAMPLE.train_images[2000:4000], SAMPLE.train_labels[2000:4000]
    write_npz(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=images[:10], y_test=labels[:10])
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(tmp_path / "mnist.npz"))
    return tmp_path / "mnist.npz"


@pytest.fixture(scope="module")
def teacher(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network of one hidden layer, trained on a thousand digits."""
    out = tmp_path_factory.mktemp("teacher")
    settings = TrainingSettings.from_recipe("mlp-100", epochs=6, validation=100)
    return train(load_mixture([data], report=ignore).digits, settings, out, report=ignore).model


def test_teachers_answer_once_for_each_epoch(teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are softened distributions, kept in the cache and the same from there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    images = SAMPLE.test_images[:50]
    fresh = teach([teacher], lesson_in=lambda epoch: "a", temperature=2.0)(images, 3)
    assert len(list(tmp_path.rglob("0003.npy"))) == 1
    kept = teach([teacher], lesson_in=lambda epoch: "a", temperature=2.0)(np.zeros_like(images), 3)
    np.testing.assert_allclose(kept, fresh, atol=2e-3)  # kept in half precision
    np.testing.assert_allclose(fresh.sum(axis=1), 1, rtol=1e-5)
    sharp = teach([teacher], lesson_in=None, temperature=1.0)(images, 3)
    assert sharp.max(axis=1).mean() > fresh.max(axis=1).mean()


def test_answers_that_cannot_be_kept_or_read_are_asked_for(
    teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut leaves half a file, and a cache may be on a full disk: training goes on, and that is said once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    images, said = SAMPLE.test_images[:50], []
    fresh = teach([teacher], lesson_in=lambda epoch: "a", temperature=2.0)(images, 3)
    (kept,) = tmp_path.rglob("0003.npy")
    for content in (b"", kept.read_bytes()[:60], kept.read_bytes()[:-20]):
        kept.write_bytes(content)
        again = teach([teacher], lesson_in=lambda epoch: "a", temperature=2.0)(images, 3)
        np.testing.assert_allclose(again, fresh, atol=1e-6)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    unkept = teach([teacher], lesson_in=lambda epoch: "a", temperature=2.0, warn=said.append)
    np.testing.assert_allclose(unkept(images, 3), unkept(images, 3))
    assert len(said) == 1
    assert "the answers of teachers are not kept" in said[0]


def test_answers_are_kept_for_digits_that_are_distorted_alike() -> None:
    """By which pictures they are, and which share a chunk with them; what comes after that changes nothing."""
    images = SAMPLE.train_images

    def name(count: int, *, digits: int) -> str:
        return lesson_names(images[:count], lambda epoch: CAMERA, digits=digits)(0)

    def distorted(count: int, *, digits: int) -> bytes:
        return augment(images[:count], CAMERA, epoch=0)[:digits].tobytes()

    for one, other, digits, alike in ((1000, 1100, 1000, True), (900, 950, 800, False), (900, 900, 900, True)):
        assert (name(one, digits=digits) == name(other, digits=digits)) is alike
        assert (distorted(one, digits=digits) == distorted(other, digits=digits)) is alike
    assert name(1000, digits=1000) != name(1000, digits=999)


def test_a_student_learns_from_its_teacher(data: Path, teacher: Path, tmp_path: Path) -> None:
    """Teachers are part of what a run is: their digests are recorded and another teacher is another run."""
    digits = load_mixture([data], report=ignore).digits
    settings = TrainingSettings.from_recipe("softmax", epochs=1, validation=100, teachers=(digest_of(teacher),))
    train(digits, settings, tmp_path, teachers=[teacher], report=ignore)
    record = json.loads((tmp_path / "training.json").read_text())
    assert record["settings"]["teachers"] == [digest_of(teacher)]
    with pytest.raises(DataError, match=r"expected a \.keras or \.h5 model, found another kind of file"):
        teach([data], lesson_in=None, temperature=2.0)


def test_a_calibrated_run_records_its_decision(data: Path, tmp_path: Path) -> None:
    """The threshold accepts 99.5 % of the digits held back, up to one of them."""
    digits = load_mixture([data], report=ignore).digits
    train(digits, TrainingSettings.from_recipe("cnn-nano", epochs=2, validation=200), tmp_path, report=ignore)
    decision = json.loads((tmp_path / "training.json").read_text())["decision"]
    assert 0 < decision["reject_below"] < 1
    assert decision["accepted"] >= 0.99
    assert decision["reject_below"] * 256 % 1 == 0


def test_fine_tuning_learns_the_new_and_keeps_the_old(
    data: Path, collected: Path, teacher: Path, mnist: Path, tmp_path: Path
) -> None:
    """From the command line: both sources are reported, old against new, and the new digits are read better."""
    weights = ["--data", str(data), "--weight", "1", "--data", str(collected), "--weight", "1"]
    arguments = ["train", "--init", str(teacher), *weights, "--epochs", "8", "--out", str(tmp_path / "tuned")]
    # Of 84 digits that are held back, 5 points are four.
    result = CliRunner().invoke(cli, [*arguments, "--validation", "100", "--max-drop", "5", "--h5"])
    assert result.exit_code == 0, result.stderr
    lines = [line for line in result.stderr.splitlines() if "→" in line]
    assert [("few.npz" in line, "collected" in line) for line in lines].count((True, False)) == 2
    assert sum("for report only" in line for line in lines) == 1
    assert (tmp_path / "tuned/model.h5").exists()
    one, other = (
        keras.models.load_model(tmp_path / "tuned" / name, compile=False) for name in ("model.keras", "model.h5")
    )
    np.testing.assert_array_equal(one.get_weights()[0], other.get_weights()[0])
    record = json.loads((tmp_path / "tuned/training.json").read_text())
    assert record["settings"]["init"] == digest_of(teacher)
    assert record["settings"]["weights"] == [1.0, 1.0]
    assert [each["is_gated"] for each in record["changes"]] == [True, False, True, True]
    assert str(mnist) in record["changes"][0]["name"]
    assert all(
        0 <= each["before"] <= each["count"] and 0 <= each["after"] <= each["count"] for each in record["changes"]
    )


def test_a_model_that_got_worse_is_refused(teacher: Path, data: Path) -> None:
    """Exit code 3 names the source and the figures; a test set alone never decides."""
    model = load_digit_model(teacher)
    held = HeldBack("held", SAMPLE.test_images[:200], SAMPLE.test_labels[:200], is_gated=True)
    reported = HeldBack("test", SAMPLE.test_images[200:400], SAMPLE.test_labels[200:400], is_gated=False)
    said: list[str] = []
    accept = comparison(model, [held, reported], max_drop=0.01, report=said.append)
    accept(model)
    forgetful = keras.models.clone_model(model)
    with pytest.raises(GateError, match=r"held: .*→.*not written"):
        accept(forgetful)
    assert "for report only" in said[-1]
    comparison(model, [reported], max_drop=0.0, report=said.append)(forgetful)


def test_a_model_that_forgot_mnist_is_refused_whatever_it_learned(
    data: Path, teacher: Path, mnist: Path, tmp_path: Path
) -> None:
    """MNIST that weights leave out of the mixture decides all the same: exit code 3 names it."""
    images, labels = SAMPLE.train_images[1000:1600], (SAMPLE.train_labels[1000:1600] + 1) % 10
    write_npz(tmp_path / "own.npz", x_train=images, y_train=labels)
    options = ["--data", str(tmp_path / "own.npz"), "--weight", "1", "--epochs", "6", "--out", str(tmp_path / "tuned")]
    result = CliRunner().invoke(cli, ["train", "--init", str(teacher), *options, "--learning-rate", "0.01"])
    assert result.exit_code == 3, result.stderr
    assert str(mnist) in result.stderr.splitlines()[-1]
    assert not (tmp_path / "tuned/model.keras").exists()


def test_mnist_is_compared_once_and_on_digits_that_are_not_learned(
    data: Path, mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that is MNIST needs no second one; one that holds all of its digits leaves none to compare on."""
    own, same = (load_mixture([each], report=ignore) for each in (data, mnist))
    everything = np.arange(len(own.labels))
    assert [len(each.labels) for each in mnist_held_back(own, everything, report=ignore)] == [200]
    assert mnist_held_back(load_mixture(["mnist"], report=ignore), everything, report=ignore) == []
    assert mnist_held_back(same, np.arange(len(same.labels)), report=ignore) == []
    said: list[str] = []
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(mnist.with_name("gone.npz")))
    assert mnist_held_back(own, everything, report=said.append) == []
    assert len(said) == 1
    assert "a model that forgets it is not noticed" in said[0]


def test_each_source_keeps_some_apart(data: Path, collected: Path) -> None:
    """Nothing of what is held back is learned from, and every source has its share."""
    mixture: Mixture = load_mixture([data, collected], report=ignore)
    settings = TrainingSettings.from_recipe("cnn-nano", validation=200)
    split = held_back_split(mixture.digits, settings, mixture.part)
    assert not set(split.train) & set(split.validation)
    sets = held_back_of(mixture, split.validation)
    assert [each.is_gated for each in sets] == [False, True, True]
    assert all(len(each.labels) for each in sets)


@pytest.mark.parametrize(("count", "warned"), [(4, True), (5, False)])
def test_a_source_too_small_to_hold_any_back_is_said(count: int, warned: bool, data: Path, tmp_path: Path) -> None:
    """Old and new are compared on none of it then; another source whose name begins alike hides nothing."""
    places = np.concatenate([np.flatnonzero(SAMPLE.train_labels == label)[:count] for label in range(10)])
    write_npz(tmp_path / "new", x_train=SAMPLE.train_images[places], y_train=SAMPLE.train_labels[places])
    shutil.copy(data, tmp_path / "new.npz")
    mixture = load_mixture([data, tmp_path / "new", tmp_path / "new.npz"], report=ignore)
    settings = TrainingSettings.from_recipe("cnn-nano", validation=100)
    said: list[str] = []
    held = held_back_of(mixture, held_back_split(mixture.digits, settings, mixture.part).validation)
    warn_of_ungated(mixture, held, report=said.append)
    assert [f"nothing of {tmp_path / 'new'} is held back" in line for line in said] == [True] * warned


@pytest.mark.parametrize("count", [100, 300])
def test_a_mixture_holds_back_what_its_first_source_alone_does(count: int, data: Path, collected: Path) -> None:
    """The model that a run goes on from has learned from none of the digits that old and new are compared on."""
    settings = TrainingSettings.from_recipe("cnn-nano", validation=count)
    alone, mixture = load_mixture([data], report=ignore), load_mixture([data, collected], report=ignore)
    before = held_back_split(alone.digits, settings, alone.part).validation
    held = held_back_split(mixture.digits, settings, mixture.part).validation
    assert len(before) == len(held) == count
    own = held[mixture.part[held] == 0]
    assert 0 < len(own) < count
    assert np.isin(own, before).all()
    assert np.bincount(mixture.labels[own]).min() > 0


def test_what_one_source_holds_back_is_not_learned_from_another(data: Path, tmp_path: Path) -> None:
    """Sources that hold the same pictures, as Kaggle's train.csv and MNIST do, hold them back together."""
    with np.load(data) as arrays:
        again = {name: arrays[name] for name in arrays}
    again["x_train"], again["y_train"] = again["x_train"][:600], again["y_train"][:600]
    write_npz(tmp_path / "again.npz", **again)
    mixture = load_mixture([data, tmp_path / "again.npz"], report=ignore)
    split = held_back_split(mixture.digits, TrainingSettings.from_recipe("cnn-nano", validation=200), mixture.part)
    learned, held = ({mixture.images[place].tobytes() for place in part} for part in (split.train, split.validation))
    assert len(split.validation) == 200
    assert not learned & held


@pytest.mark.parametrize(
    ("count", "before", "after", "p_value", "max_drop", "is_worse"),
    [
        (5000, 4900, 4894, 0.31, None, False),  # fewer, but by chance
        (5000, 4900, 4890, 0.03, None, True),
        (5000, 4900, 4910, 0.03, None, False),
        (300, 290, 288, 0.69, None, True),  # a small set, of which chance cannot be told from loss
        (84, 80, 79, 1.0, None, False),  # one digit
        (5000, 4900, 4890, 0.03, 0.01, False),  # who says what may be lost is heard
        (5000, 4900, 4894, 0.31, 0.001, True),
    ],
)
def test_what_counts_as_worse(
    count: int, before: int, after: int, p_value: float, max_drop: float | None, is_worse: bool
) -> None:
    """More digits lost than chance takes, or than half a point; or than --max-drop says."""
    assert Change("a", count, before, after, p_value, is_gated=True).is_worse(max_drop) is is_worse


class MistakenModel:
    """Stands for a model that reads all digits of the sample right but the first few."""

    def __init__(self, mistakes: int) -> None:
        self._answers = SAMPLE.test_labels[:1000].astype(int)
        self._answers[:mistakes] += 1

    def predict(self, _images: np.ndarray, **_: object) -> np.ndarray:
        return np.eye(11)[self._answers]


def test_a_loss_within_chance_is_written_and_said() -> None:
    """Three digits of a thousand: the report has McNemar's p."""
    held = HeldBack("held", SAMPLE.test_images[:1000], SAMPLE.test_labels[:1000], is_gated=True)
    said: list[str] = []
    accept = comparison(MistakenModel(1), [held], max_drop=None, report=said.append)
    assert accept(MistakenModel(4))[0]["after"] == 996
    assert said == ["held: 99.90% → 99.60% of 1,000 digits (McNemar p = 0.25), which is within chance"]
    with pytest.raises(
        GateError, match=r"at most 0.5 points lost, and none beyond chance \(p 0.05 or more\), found held"
    ):
        accept(MistakenModel(9))


def test_a_change_that_cannot_be_chance_says_so() -> None:
    """No probability is printed as 0."""
    assert str(Change("a", 100, 90, 20, 1e-12, is_gated=True)).endswith("(McNemar p < 0.01)")
    assert str(Change("a", 100, 90, 89, 1.0, is_gated=True)).endswith("(McNemar p = 1.00)")


@pytest.mark.parametrize("wrong", ["missing.keras", "few.npz"])
def test_what_is_no_model_cannot_be_gone_on_from(wrong: str, data: Path, tmp_path: Path) -> None:
    """One line and exit code 6."""
    result = CliRunner().invoke(
        cli, ["train", "--init", str(data.parent / wrong), "--data", str(data), "--out", str(tmp_path / "x")]
    )
    assert result.exit_code == 6
    assert len([line for line in result.stderr.splitlines() if line.startswith("error")]) == 1


def test_a_model_of_another_size_cannot_be_gone_on_or_learned_from(tmp_path: Path) -> None:
    """Input and output are named."""
    other = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(4)])
    other.save(tmp_path / "other.keras")
    for use in (lambda path: teach([path], lesson_in=None, temperature=2.0), load_digit_model):
        with pytest.raises(ContractError, match=r"28, 28, 1.*found \(None, 32, 32, 3\)"):
            use(tmp_path / "other.keras")


def foreign_model(shape: tuple[int, ...], *first: keras.layers.Layer) -> keras.Model:
    """A network of one layer that answers with the digit whose mean image, of pixels 0–1, is nearest."""
    pixels = SAMPLE.train_images.reshape(-1, 784).astype(np.float32) / 255
    mean = np.stack([pixels[SAMPLE.train_labels == digit].mean(0) for digit in range(10)])
    dense = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input(shape), *first, keras.layers.Flatten(), dense])
    dense.set_weights([mean.T, -(mean**2).sum(1) / 2])
    return model


def test_a_model_of_other_pixels_cannot_be_gone_on_or_learned_from(tmp_path: Path) -> None:
    """Its range is found as `evaluate` finds it; what the line says to do helps."""
    foreign_model((28, 28, 1)).save(tmp_path / "small.keras")
    foreign_model((28, 28, 1), keras.layers.Rescaling(1 / 255, 0)).save(tmp_path / "raw.keras")
    for use in (lambda path: teach([path], lesson_in=None, temperature=2.0), load_digit_model):
        with pytest.raises(
            ContractError, match=r"raw pixels 0-255, found one that takes 0-1; put .*Rescaling\(1/255, 0\)"
        ):
            use(tmp_path / "small.keras")
        use(tmp_path / "raw.keras")


def test_a_model_without_an_axis_of_channels_is_told_how_to_get_one(tmp_path: Path) -> None:
    """`evaluate` reshapes for it, training does not."""
    foreign_model((28, 28), keras.layers.Rescaling(1 / 255)).save(tmp_path / "flat.keras")
    with pytest.raises(ContractError, match=r"put a keras.layers.Reshape\(\(28, 28\)\) in front") as raised:
        load_digit_model(tmp_path / "flat.keras")
    assert raised.value.exit_code == 4


def test_logits_are_made_scores_before_anything_learns_from_them(tmp_path: Path) -> None:
    """A model that ends without softmax gets one, as start and as teacher, and that is said; scores stay so."""
    ends = {"logits.keras": foreign_model((28, 28, 1), keras.layers.Rescaling(1 / 255))}
    ends["scores.keras"] = keras.models.clone_model(ends["logits.keras"])
    ends["scores.keras"].set_weights(ends["logits.keras"].get_weights())
    ends["logits.keras"].layers[-1].activation = keras.activations.linear
    images, said = SAMPLE.test_images[:50], []
    for name, model in ends.items():
        model.save(tmp_path / name)
    logits, scores = (load_digit_model(tmp_path / name, report=said.append) for name in ends)
    expected = scores.predict(images[..., np.newaxis], verbose=0)
    np.testing.assert_allclose(logits.predict(images[..., np.newaxis], verbose=0), expected, atol=1e-6)
    assert [line.partition(": ")[0] for line in said] == [str(tmp_path / "logits.keras")]
    taught = [teach([tmp_path / name], lesson_in=None, temperature=1.0, warn=said.append)(images, 0) for name in ends]
    np.testing.assert_allclose(*taught, atol=1e-6)
    assert len(said) == 2


def test_a_frozen_model_cannot_be_gone_on_from(data: Path, tmp_path: Path) -> None:
    """Nothing of it would learn; as a teacher it may be frozen."""
    model = foreign_model((28, 28, 1), keras.layers.Rescaling(1 / 255))
    model.trainable = False
    model.save(tmp_path / "frozen.keras")
    arguments = ["train", "--init", tmp_path / "frozen.keras", "--data", data, "--out", tmp_path / "out"]
    result = CliRunner().invoke(cli, [*map(str, arguments)])
    assert result.exit_code == 4
    assert "frozen.keras: expected weights that can learn, found every layer frozen" in result.stderr
    assert not (tmp_path / "out").exists()
    assert load_digit_model(tmp_path / "frozen.keras").count_params() == model.count_params()


def test_weights_go_with_sources(data: Path, tmp_path: Path) -> None:
    """A weight too many is a usage error."""
    result = CliRunner().invoke(
        cli, ["train", "--data", str(data), "--weight", "1", "--weight", "2", "--out", str(tmp_path / "x")]
    )
    assert result.exit_code == 2


def test_calibration_makes_scores_probabilities() -> None:
    """Scores drawn so that they are right as often as they say, then sharpened, come back."""
    generator = np.random.default_rng(0)
    honest = soften(np.exp(generator.normal(0, 2, (20000, 10))).astype(np.float32), 1.0)
    labels = (honest.cumsum(axis=1) < generator.random((20000, 1))).sum(axis=1).clip(max=9).astype(np.uint8)
    sharpened = soften(honest, 0.5)
    temperature = fit_temperature(sharpened, labels)
    assert temperature == pytest.approx(2.0, rel=0.05)  # what 20,000 draws allow
    assert expected_calibration_error(sharpened, labels) > 0.05
    assert expected_calibration_error(soften(sharpened, temperature), labels) < 0.01


@pytest.mark.parametrize("form", ["plain", "nested", "softmax apart"])
def test_softening_a_model_softens_its_scores(form: str, teacher: Path) -> None:
    """The last layer takes the temperature in, also in a model behind a layer that scales, and before a softmax."""
    model = keras.models.load_model(teacher, compile=False)
    if form != "plain":
        scaled, *inner = model.layers[1:]
        if form == "softmax apart":
            dense = keras.layers.Dense(10)
            dense.build((None, 100))
            dense.set_weights(inner[-1].get_weights())
            inner[-1:] = [dense, keras.layers.Softmax()]
        parts = [keras.Sequential(inner)] if form == "nested" else inner
        model = keras.Sequential([keras.Input((28, 28, 1)), scaled, *parts])
    images = SAMPLE.test_images[:20, ..., np.newaxis]
    before = model.predict(images, verbose=0)
    soften_model(model, 1.7)
    np.testing.assert_allclose(
        model.predict(images, verbose=0), soften(before, 1.7), atol=1e-4
    )  # scores below 1e-7 are cut


def test_the_threshold_says_what_it_accepts_and_refuses() -> None:
    """Shares are counted on what it was chosen with."""
    digits = np.full((1000, 10), 0.01, np.float32)
    digits[:, 3] = np.linspace(0.5, 1.0, 1000)
    others = np.full((100, 10), 0.1, np.float32)
    decision = decide(digits, np.full(1000, 3, np.uint8), others, temperature=1.0, accepted=0.995)
    assert decision.accepted >= 0.995
    assert 0.49 <= decision.reject_below <= 0.503
    assert decision.refused == 1.0
    decision = decide(digits, np.full(1000, 3, np.uint8), others, temperature=1.0, accepted=0.9)
    assert decision.accepted == pytest.approx(0.9, abs=0.01)  # thresholds are multiples of 1/256
    assert 0.54 <= decision.reject_below <= 0.551


def test_what_is_no_number_is_neither_learned_from_nor_gone_on_from(teacher: Path, tmp_path: Path) -> None:
    """A model with NaN weights is named with its layer, as teacher and as start."""
    model = keras.models.load_model(teacher, compile=False)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * np.nan, bias])
    model.save(tmp_path / "nan.keras")
    for use in (lambda path: teach([path], lesson_in=None, temperature=2.0), load_digit_model):
        with pytest.raises(DataError, match="found NaN or infinity in scores"):
            use(tmp_path / "nan.keras")


def test_a_loss_that_is_no_number_ends_the_run(data: Path, tmp_path: Path) -> None:
    """The error names the epoch, and no model is written."""
    settings = TrainingSettings.from_recipe("mlp-100", epochs=2, validation=100, learning_rate=1e35)
    with pytest.raises(EdgeDigitsError, match=r"expected a finite loss, found .* in epoch [12]; start over") as raised:
        train(load_mixture([data], report=ignore).digits, settings, tmp_path / "x", report=ignore)
    assert raised.value.exit_code == 1
    assert not (tmp_path / "x/model.keras").exists()


@pytest.mark.parametrize(
    "options", [["--learning-rate", "nan"], ["--learning-rate", "inf"], ["--resume", "--force"]], ids=" ".join
)
def test_what_cannot_be_meant_is_refused_at_once(options: list[str], tmp_path: Path) -> None:
    """A usage error, before anything is loaded."""
    result = CliRunner().invoke(cli, ["train", "--out", str(tmp_path / "x"), *options])
    assert result.exit_code == 2


def test_going_on_with_another_architecture_is_refused(teacher: Path, data: Path, tmp_path: Path) -> None:
    """What was asked for and what the model is are named."""
    arguments = ["train", "--init", str(teacher), "--arch", "cnn", "--data", str(data), "--out", str(tmp_path / "x")]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "expected a model of cnn, found one of mlp-100" in result.stderr
