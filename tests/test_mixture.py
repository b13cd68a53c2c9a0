from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from digit_fakes import make_digits, write_idx_folder, write_npz
from PIL import Image

from device.errors import DataError, UsageError
from edge_digits.data.digit_set import digests
from edge_digits.data.kaggle import LABEL, PIXELS
from edge_digits.data.mixture import Mixture, load_mixture


def mix(*sources: Path | str, weights: list[float] | None = None, seed: int = 0, every_class: bool = True) -> Mixture:
    return load_mixture(sources, weights, seed=seed, every_class=every_class, report=lambda line: None)


def write_csv(images: np.ndarray, labels: np.ndarray, path: Path) -> Path:
    rows = np.column_stack([labels, images.reshape(len(images), -1)])
    np.savetxt(path, rows, fmt="%d", delimiter=",", header=",".join((LABEL, *PIXELS)), comments="")
    return path


def write_pictures(images: np.ndarray, labels: np.ndarray, folder: Path) -> Path:
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        dark = image.copy()
        dark[[0, -1]], dark[:, [0, -1]] = 0, 0
        Image.fromarray(dark).save(folder / str(label) / f"{index:04}.png")
    return folder


def found(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_a_single_source_is_unchanged(tmp_path: Path) -> None:
    """One source with its own test part gives the very digits it holds, weighing alike."""
    digits = make_digits()
    mixture = mix(write_npz(digits, tmp_path / "a.npz"))
    assert digests(mixture.digits) == digests(digits)
    assert mixture.sampling_weights.tolist() == [1.0] * 40
    assert mixture.sampling_weights.dtype == np.float32
    assert (mixture.sources[0].kind, mixture.sources[0].is_held_back) == ("npz", False)
    assert mixture.sources[0].md5 == digests(digits)


def test_every_kind_of_source_goes_into_one_mixture(tmp_path: Path) -> None:
    """Npz, IDX folder, Kaggle CSV and pictures by class mix; each digit knows its source."""
    sets = [make_digits(train=100, seed=seed) for seed in range(4)]
    mixture = mix(
        write_npz(sets[0], tmp_path / "a.npz"),
        write_idx_folder(sets[1], tmp_path / "idx"),
        write_csv(sets[2].train_images, sets[2].train_labels, tmp_path / "train.csv"),
        write_pictures(sets[3].train_images, sets[3].train_labels, tmp_path / "pictures"),
    )
    assert [each.kind for each in mixture.sources] == ["npz", "idx", "csv", "pictures"]
    assert [each.train_count for each in mixture.sources] == [100, 100, 90, 90]
    assert [each.test_count for each in mixture.sources] == [20, 20, 10, 10]
    assert (mixture.part.dtype, mixture.part.tolist()) == (np.int16, [0] * 100 + [1] * 100 + [2] * 90 + [3] * 90)
    assert np.array_equal(mixture.images[100:200], sets[1].train_images)
    assert np.array_equal(mixture.test_of(1).images, sets[1].test_images)
    assert found(mixture.images[200:290]) | found(mixture.test_of(2).images) == found(sets[2].train_images)


def test_the_word_mnist_names_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source "mnist" is MNIST as it is found without naming anything."""
    digits = make_digits()
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(write_npz(digits, tmp_path / "named.npz")))
    mixture = mix("mnist", write_npz(make_digits(seed=1), tmp_path / "a.npz"))
    assert np.array_equal(mixture.images[:40], digits.train_images)
    assert mixture.sources[0].kind == "mnist"


def test_weights_are_the_shares_that_sources_are_drawn_by(tmp_path: Path) -> None:
    """A source's digits together weigh what the source weighs, however many they are; the mean weight is 1."""
    paths = [write_npz(make_digits(train=count, seed=count), tmp_path / f"{count}.npz") for count in (100, 20)]
    weights = mix(*paths, weights=[1, 3]).sampling_weights
    assert weights[:100].sum() / weights.sum() == pytest.approx(0.25)
    assert weights.mean() == pytest.approx(1)
    assert mix(*paths).sampling_weights == pytest.approx(1)


def test_a_tenth_of_each_class_is_held_back(tmp_path: Path) -> None:
    """A source without test part gives a tenth of each class to test on, apart from what is trained on."""
    digits = make_digits(train=400)
    mixture = mix(write_csv(digits.train_images, digits.train_labels, tmp_path / "train.csv"))
    assert np.bincount(mixture.test_labels).tolist() == [4] * 10
    assert np.bincount(mixture.labels).tolist() == [36] * 10
    assert not found(mixture.images) & found(mixture.test_images)
    assert mixture.sources[0].is_held_back


def test_what_is_held_back_follows_from_pixels_and_seed(tmp_path: Path) -> None:
    """The order of the file does not matter; another seed holds back others."""
    digits = make_digits(train=200)
    first = write_csv(digits.train_images, digits.train_labels, tmp_path / "a.csv")
    again = write_csv(digits.train_images[::-1], digits.train_labels[::-1], tmp_path / "b.csv")
    assert found(mix(first).test_images) == found(mix(again).test_images)
    assert found(mix(first).test_images) != found(mix(first, seed=1).test_images)


def test_a_growing_collection_keeps_most_of_what_was_held_back(tmp_path: Path) -> None:
    """When pictures are added, few that were tested on become ones to train on."""
    digits = make_digits(train=1200)
    before = mix(write_csv(digits.train_images[:1000], digits.train_labels[:1000], tmp_path / "a.csv"))
    after = mix(write_csv(digits.train_images, digits.train_labels, tmp_path / "b.csv"))
    lost = found(before.test_images) - found(after.test_images)
    assert len(lost) < 0.1 * len(before.test_labels)


def test_small_classes_are_not_emptied(tmp_path: Path) -> None:
    """Of fewer than five digits of a class none is held back, of five to nine one."""
    digits = make_digits(train=10)
    images = np.concatenate([digits.train_images, make_digits(train=40, seed=1).train_images[3::10]])
    labels = np.concatenate([digits.train_labels, np.full(4, 3, np.uint8)])
    mixture = mix(write_csv(images, labels, tmp_path / "a.csv"))
    assert mixture.test_labels.tolist() == [3]


def test_what_is_held_back_is_said_where_there_is_something(tmp_path: Path) -> None:
    """A line about no digits says nothing."""
    digits, said = make_digits(train=100), list[str]()
    for count in (10, 100):
        path = write_csv(digits.train_images[:count], digits.train_labels[:count], tmp_path / f"{count}.csv")
        load_mixture([path], report=said.append)
    held_back = [line for line in said if "held back" in line]
    assert held_back == [f"{tmp_path / '100.csv'}: held back 10 of its digits to test on"]


def test_the_same_picture_is_never_on_both_sides(tmp_path: Path) -> None:
    """A digit that occurs twice in a source is held back twice or not at all."""
    digits = make_digits(train=100)
    twice = np.concatenate([digits.train_images] * 2), np.concatenate([digits.train_labels] * 2)
    mixture = mix(write_csv(*twice, tmp_path / "a.csv"))
    assert len(mixture.test_labels) > 0
    assert not found(mixture.images) & found(mixture.test_images)


def test_what_another_source_tests_on_is_not_trained_on(tmp_path: Path) -> None:
    """A digit of one source's test part, own or held back, leaves every other source's training part."""
    digits, lines = make_digits(train=100), []
    npz = write_npz(digits, tmp_path / "a.npz")
    all_images = np.concatenate([digits.train_images, digits.test_images, make_digits(train=60, seed=5).train_images])
    all_labels = np.concatenate([digits.train_labels, digits.test_labels, np.arange(60, dtype=np.uint8) % 10])
    path = write_csv(all_images, all_labels, tmp_path / "train.csv")
    mixture = load_mixture([npz, path], report=lines.append)
    assert not found(mixture.images) & found(mixture.test_images)
    assert np.array_equal(mixture.test_of(0).images, digits.test_images)
    assert mixture.sources[1].taken_out == 20
    assert f"{path}: left out 20 training digits that another source tests on" in lines
    assert mixture.sources[0].taken_out == len(found(mixture.test_of(1).images) & found(digits.train_images)) > 0


def test_missing_classes_are_named(tmp_path: Path) -> None:
    """A mixture without any digit of a class is refused with the classes, unless that is asked for."""
    digits = make_digits()
    few = digits.train_labels < 8
    path = write_csv(digits.train_images[few], digits.train_labels[few], tmp_path / "a.csv")
    with pytest.raises(DataError, match="every class, found none of 8, 9;"):
        mix(path)
    assert mix(path, every_class=False).labels.max() == 7
    assert len(mix(path, write_npz(make_digits(seed=1), tmp_path / "b.npz")).sources) == 2


def test_a_file_of_one_part_is_a_source(tmp_path: Path) -> None:
    """An npz with training digits alone has some held back; one with test digits alone has nothing to train on."""
    digits = make_digits(train=100)
    np.savez(tmp_path / "train.npz", x_train=digits.train_images, y_train=digits.train_labels)
    np.savez(tmp_path / "test.npz", x_test=digits.test_images, y_test=digits.test_labels)
    assert mix(tmp_path / "train.npz").sources[0].test_count == 10
    with pytest.raises(DataError, match=r"test\.npz: expected digits to train on, found only test digits"):
        mix(tmp_path / "test.npz")
    assert mix(tmp_path / "test.npz", every_class=False).sources[0].test_count == 20


def test_training_and_test_folders_of_pictures_stay_apart(tmp_path: Path) -> None:
    """Pictures in train/ and test/ are not mixed, nor are further ones held back."""
    digits = make_digits(train=100)
    write_pictures(digits.train_images, digits.train_labels, tmp_path / "all" / "train")
    write_pictures(digits.test_images, digits.test_labels, tmp_path / "all" / "test")
    source = mix(tmp_path / "all").sources[0]
    assert (source.train_count, source.test_count, source.is_held_back) == (100, 20, False)


@pytest.mark.parametrize(
    ("count", "weights", "fault"),
    [
        (0, None, "at least one source"),
        (1, [1.0, 2.0], "a weight for each of 1 sources, found 2"),
        (1, [0.0], "weights above 0, found 0"),
        (1, [float("nan")], "weights above 0, found nan"),
        (2, None, "twice"),
    ],
)
def test_requests_that_make_no_sense_are_refused(
    count: int, weights: list[float] | None, fault: str, tmp_path: Path
) -> None:
    """No source, a source twice, and weights that are no share are UsageErrors."""
    path = write_npz(make_digits(), tmp_path / "a.npz")
    with pytest.raises(UsageError, match=fault):
        mix(*[path] * count, weights=weights)


def test_weights_too_large_to_add_are_refused(tmp_path: Path) -> None:
    """Each of them is a number, their sum is none."""
    paths = [write_npz(make_digits(), tmp_path / f"{name}.npz") for name in "ab"]
    with pytest.raises(UsageError, match=r"expected weights whose sum is finite, found 1e\+308 and 1e\+308"):
        mix(*paths, weights=[1e308, 1e308])


def test_a_source_spelled_in_two_ways_is_one(tmp_path: Path) -> None:
    """Paths are compared by where they lead."""
    path = write_npz(make_digits(), tmp_path / "a.npz")
    (tmp_path / "b.npz").symlink_to(path)
    with pytest.raises(UsageError, match="twice"):
        mix(path, tmp_path / "b.npz")


def test_a_folder_of_none_of_the_kinds_is_refused(tmp_path: Path) -> None:
    """A folder without IDX files, npz or classes is a DataError that says what was looked for."""
    with pytest.raises(DataError, match=r"expected IDX files, an mnist\.npz or pictures in folders named 0 to 9"):
        mix(tmp_path)
    with pytest.raises(DataError, match="found nothing there"):
        mix(tmp_path / "none")
