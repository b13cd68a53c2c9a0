"""Distorting digits while training, and drawing things that are no digits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from device.inference.classifier import Classifier
from device.inference.model_file import read_model
from device.inference.runtime import installed_runtimes, load_runtime
from device.paths import DEFAULT_MODEL
from edge_digits.data.mnist_sources import from_sample
from edge_digits.recipes import CAMERA, FAMILY, RECIPES, WRITE_UPS, Augmentation, Recipe
from edge_digits.synthetic.augmentation import augment
from edge_digits.synthetic.camera_flaws import FLAWS, misframe, slant
from edge_digits.synthetic.non_digits import KINDS, draw_non_digits
from edge_digits.synthetic.pen_digits import draw_large, draw_pen_digits
from edge_digits.synthetic.printed_digits import draw_printed_digits
from edge_digits.synthetic.solid_shapes import draw_solid_shape
from edge_digits.synthetic.warping import affine_matrices, warp
from edge_digits.training.epochs import NO_DIGIT, Lessons, epochs_of

DIGITS = from_sample()
STILL = Augmentation(rotation_rad=0, zoom=0, shear=0, shift_px=0)


def lessons(**changes: object) -> Lessons:
    fields = {
        "images": DIGITS.train_images[:100],
        "labels": DIGITS.train_labels[:100].astype(np.int16),
        "frequency": None,
        "classes": 10,
        "augmentation_in": lambda epoch: CAMERA,
        **changes,
    }
    return Lessons(**fields)


def test_distortion_depends_on_the_epoch_alone() -> None:
    """The same epoch distorts alike, another does not, and no range leaves digits as they are."""
    images = DIGITS.train_images[:1200]
    one, same, other = (augment(images, CAMERA, epoch=epoch) for epoch in (2, 2, 3))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any(axis=(1, 2)).mean() > 0.99
    np.testing.assert_array_equal(augment(images, STILL, epoch=0), images)


def test_distorted_digits_stay_where_they_are() -> None:
    """Most of the ink of a digit is where it was, and its amount is nearly the same."""
    images = DIGITS.train_images[:500]
    distorted = augment(images, Augmentation(), epoch=0)
    assert 0.85 < distorted.sum() / images.sum() < 1.15
    overlap = np.minimum(images, distorted).sum(axis=(1, 2)) / images.sum(axis=(1, 2))
    assert np.median(overlap) > 0.4


def test_a_warp_moves_pixels_the_stated_way() -> None:
    """A shift by whole pixels moves every pixel by that much; a zoom of two doubles a square."""
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 12:16, 12:16] = 200
    still = {"angle": np.zeros(1), "zoom": np.ones((2, 1)), "shear": np.zeros(1), "shift": np.zeros((2, 1))}
    shifted = warp(image, affine_matrices(**{**still, "shift": np.array([[3.0], [-2.0]])}))
    np.testing.assert_array_equal(shifted[0, 14:18, 9:13], image[0, 12:16, 12:16])
    doubled = warp(image, affine_matrices(**{**still, "zoom": np.full((2, 1), 2.0)}))
    assert 3.5 < doubled.sum() / image.sum() < 4.5


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.__name__)
def test_each_flaw_changes_digits_and_leaves_them_readable(flaw) -> None:
    """Every digit changes, and still looks more like itself than like another."""
    digits = DIGITS.train_images[:60].astype(np.float32)
    flawed = np.clip(flaw(digits.copy(), np.random.default_rng(0)), 0, 255)
    assert flawed.shape == digits.shape
    assert (np.abs(flawed - digits).max(axis=(1, 2)) > 1).mean() > 0.8
    likeness = np.corrcoef(np.concatenate([digits, flawed]).reshape(120, -1))[:60, 60:]
    least = 0.2 if flaw in (misframe, slant) else 0.85  # those two move the ink away from itself; chance is 1 in 60
    assert (likeness.argmax(axis=0) == np.arange(60)).mean() > least


def test_what_is_no_digit_is_framed_and_repeatable() -> None:
    """The same seed draws the same; pictures differ from each other."""
    draw = {"images": DIGITS.train_images[:200], "labels": DIGITS.train_labels[:200]}
    drawn = draw_non_digits(80, seed=1, **draw)
    np.testing.assert_array_equal(drawn, draw_non_digits(80, seed=1, **draw))
    assert drawn.shape == (80, 28, 28)
    assert len(np.unique(drawn.reshape(80, -1), axis=0)) > 70
    signs = drawn[np.arange(80) % KINDS < 2]
    assert all(max(np.ptp(np.nonzero(each)[0]), np.ptp(np.nonzero(each)[1])) <= 20 for each in signs)


def test_an_epoch_goes_on_where_it_was_left() -> None:
    """Starting at the third epoch gives what a whole run gives there; the order is the seed's."""
    whole = list(epochs_of(lessons(), numbers=range(3), seed=5))
    late = next(epochs_of(lessons(), numbers=range(2, 3), seed=5))
    np.testing.assert_array_equal(whole[2].images, late.images)
    np.testing.assert_array_equal(whole[2].targets, late.targets)
    other = next(epochs_of(lessons(), numbers=range(2, 3), seed=6))
    assert (other.images != late.images).any()
    assert np.sort(other.images.sum(axis=(1, 2, 3))).tolist() == np.sort(late.images.sum(axis=(1, 2, 3))).tolist()


def test_targets_are_distributions() -> None:
    """Smoothed for digits, even for what is none, mixed with the teachers' answers where there are teachers."""
    labels = DIGITS.train_labels[:100].astype(np.int16)
    labels[50:] = NO_DIGIT
    still = {"labels": labels, "augmentation_in": lambda epoch: None}
    smooth = next(epochs_of(lessons(label_smoothing=0.1, **still), numbers=range(1), seed=0)).targets
    np.testing.assert_allclose(smooth.sum(axis=1), 1, rtol=1e-6)
    assert sorted({round(float(each), 3) for each in smooth.max(axis=1)}) == [0.1, 0.91]
    asked = []

    def say_three(images: NDArray[np.uint8], epoch: int) -> NDArray[np.float32]:
        asked.append(images)
        return np.tile(np.eye(10, dtype=np.float32)[3], (len(images), 1))

    taught = lessons(soft_targets=say_three, soft_share=0.75, **still)
    targets = next(epochs_of(taught, numbers=range(1), seed=0)).targets
    np.testing.assert_array_equal(asked, [DIGITS.train_images[:50]])  # teachers are not asked what is no digit
    assert (targets[:, 3] >= 0.75).sum() == 50
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)


def test_teachers_are_asked_about_the_first_digits_alone() -> None:
    """What is drawn in forms that they do not know is learned by its label, also where digits come in any number."""
    asked = []

    def say_three(images: NDArray[np.uint8], epoch: int) -> NDArray[np.float32]:
        asked.append(len(images))
        return np.tile(np.eye(10, dtype=np.float32)[3], (len(images), 1))

    for frequency, count in ((None, 60), (np.full(100, 2, np.float32), 120)):
        lesson = lessons(soft_targets=say_three, soft_share=0.75, taught=60, label_smoothing=0.1, frequency=frequency)
        epoch = next(epochs_of(lesson, numbers=range(1), seed=0))
        assert asked.pop() == count
        others = DIGITS.train_labels[60:100]
        untaught = epoch.targets[np.isclose(epoch.targets.max(axis=1), 0.91)].argmax(axis=1)
        assert sorted(untaught) == sorted(np.repeat(others, count // 60))


def test_weights_decide_how_often_a_digit_is_seen() -> None:
    """A digit of weight three is drawn three times, each distorted in its own way; one of weight nought never."""
    frequency = np.zeros(100, np.float32)
    frequency[7], frequency[8] = 3.0, 1.5
    seen = [len(epoch.images) for epoch in epochs_of(lessons(frequency=frequency), numbers=range(40), seed=0)]
    assert set(seen) == {4, 5}
    first = next(epochs_of(lessons(frequency=frequency), numbers=range(1), seed=0)).images
    assert len(np.unique(first.reshape(len(first), -1), axis=0)) == len(first)


def test_the_last_epochs_may_be_distorted_otherwise() -> None:
    """A recipe says for how many; without it all epochs are alike, and each is distorted as its number says."""
    recipe = Recipe(8, 1, 0.1, augmentation=CAMERA, last_augmentation=STILL, last_share=0.25)
    assert [recipe.augmentation_in(epoch) for epoch in range(8)] == 6 * [CAMERA] + 2 * [STILL]
    assert {replace(recipe, last_augmentation=None).augmentation_in(epoch) for epoch in range(8)} == {CAMERA}
    assert {replace(recipe, augmentation=None, last_augmentation=None).augmentation_in(7)} == {None}
    still = epochs_of(lessons(augmentation_in=recipe.augmentation_in), numbers=range(5, 7), seed=0)
    pictures = [{picture.tobytes() for picture in epoch.images} for epoch in still]
    originals = {picture.tobytes() for picture in DIGITS.train_images[:100]}
    assert pictures[0] != originals
    assert pictures[1] == originals


def test_recipes_are_complete() -> None:
    """Every architecture has a recipe; those of the write-ups train without the project's means."""
    assert {*WRITE_UPS, *FAMILY, "cnn-quick"} == RECIPES.keys()
    assert all(RECIPES[name].augmentation is None and not RECIPES[name].non_digits for name in WRITE_UPS)
    assert all(RECIPES[name].calibrated for name in FAMILY)


def test_solid_shapes_are_framed_and_hold_no_stroke_of_a_one() -> None:
    """The same seed draws the same; whatever is drawn fills the frame of a digit, and no slender bar is among it."""
    drawn = np.stack([draw_solid_shape(np.random.default_rng([3, place])) for place in range(200)])
    np.testing.assert_array_equal(drawn[7], draw_solid_shape(np.random.default_rng([3, 7])))
    sides = [np.ptp(np.nonzero(each), axis=1) + 1 for each in drawn]
    assert all(18 <= max(side) <= 22 for side in sides)
    slender = [each for each, side in zip(drawn, sides, strict=True) if side[1] < 0.3 * side[0]]
    assert len(slender) < 10  # those that lean or have gaps


def test_printed_digits_are_framed_repeatable_and_balanced() -> None:
    """Each digit as often as any other, none like another, as large as digits are framed."""
    drawn, labels = draw_printed_digits(400, seed=5)
    np.testing.assert_array_equal(drawn, draw_printed_digits(400, seed=5)[0])
    assert (drawn != draw_printed_digits(400, seed=6)[0]).any()
    assert (drawn.dtype, labels.dtype) == (np.uint8, np.uint8)
    assert np.bincount(labels).tolist() == [40] * 10
    assert len(np.unique(drawn.reshape(400, -1), axis=0)) > 390
    sides = [max(np.ptp(np.nonzero(each > 30), axis=1)) + 1 for each in drawn if each.max() > 150]
    assert 18 <= min(sides) <= max(sides) <= 21
    assert all(len(part) == 0 for part in draw_printed_digits(0, seed=5))


def test_pen_digits_are_framed_repeatable_and_balanced() -> None:
    """Each digit as often as any other, none like another, as large as digits are framed."""
    drawn, labels = draw_pen_digits(400, seed=5)
    np.testing.assert_array_equal(drawn, draw_pen_digits(400, seed=5)[0])
    assert (drawn != draw_pen_digits(400, seed=6)[0]).any()
    assert (drawn.dtype, labels.dtype) == (np.uint8, np.uint8)
    assert np.bincount(labels).tolist() == [40] * 10
    assert len(np.unique(drawn.reshape(400, -1), axis=0)) > 390
    sides = [max(np.ptp(np.nonzero(each > 30), axis=1)) + 1 for each in drawn]
    assert 18 <= min(sides) <= max(sides) <= 21
    assert all(len(part) == 0 for part in draw_pen_digits(0, seed=5))


def test_pen_digits_are_what_their_labels_say(classifier: Classifier) -> None:
    """The model that ships reads nearly all, each digit alike; it has seen none drawn with this seed."""
    drawn, labels = draw_pen_digits(1000, seed=77)
    right = classifier.scores(drawn).argmax(axis=1) == labels
    assert min(right[labels == digit].mean() for digit in range(10)) >= 0.97


def test_pen_digits_are_drawn_in_any_size_by_any_pen() -> None:
    """Nothing is around them, they are about as high as asked for, and a thin pen leaves less ink."""
    for label in range(10):
        thin, thick = (draw_large(label, np.random.default_rng(label), high_px=200, pen=pen) for pen in (0.02, 0.1))
        for image in (thin, thick):
            assert 150 < len(image) < 260
            assert all(side.any() for side in (image[0], image[-1], image[:, 0], image[:, -1]))
        assert 2 * np.count_nonzero(thin > 127) < np.count_nonzero(thick > 127)


def test_printed_digits_are_what_their_labels_say() -> None:
    """The default model, which was taught other ones, reads nearly all of them."""
    drawn, labels = draw_printed_digits(200, seed=77)
    scores = Classifier(read_model(DEFAULT_MODEL), load_runtime(installed_runtimes()[0])).scores(drawn)
    assert (scores.argmax(axis=1) == labels).mean() > 0.99
