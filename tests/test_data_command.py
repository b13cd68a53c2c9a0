from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from digit_fakes import CLOSED_URL, hide_npm, make_digits, pose_as_mnist, send, serve, write_npz
from PIL import Image

from edge_digits.commands.data import data
from edge_digits.data.digit_set import digests
from edge_digits.data.mnist_sources import cache_file


@pytest.fixture(autouse=True)
def _secluded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", CLOSED_URL)
    monkeypatch.delenv("EDGE_DIGITS_DATA", raising=False)
    hide_npm(tmp_path / "no-npm", monkeypatch)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch):
    """Small digits that stand for MNIST."""
    digits = make_digits()
    pose_as_mnist(digits, monkeypatch)
    return digits


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(data, [str(argument) for argument in arguments])


def test_fetch_says_source_and_place(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`fetch` puts MNIST into the cache and says how many digits, from where, and where they lie."""
    with serve(send(write_npz(mnist, tmp_path / "a.npz").read_bytes())) as url:
        monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", url)
        result = run("fetch")
    assert result.exit_code == 0
    assert result.stdout == f"40 training and 20 test digits from {url}, kept in {cache_file()}\n"
    assert result.stderr == f"MNIST: {url}\n"


def test_fetch_asks_the_server_again_only_with_force(mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`fetch` is content with the cache; `--force` fetches again."""
    write_npz(mnist, cache_file())
    with serve(send(write_npz(mnist, tmp_path / "a.npz").read_bytes())) as url:
        monkeypatch.setenv("EDGE_DIGITS_MNIST_URL", url)
        assert f"from {cache_file()}" in run("fetch").stdout
        assert f"from {url}" in run("fetch", "--force").stdout


def test_fetch_of_a_named_mnist_fills_the_cache(mnist, tmp_path: Path):
    """`fetch --data` with MNIST keeps it, so that later commands need not name it."""
    result = run("fetch", "--data", write_npz(mnist, tmp_path / "a.npz"))
    assert result.exit_code == 0
    assert f"kept in {cache_file()}" in result.stdout
    assert run("info").stderr == f"MNIST: {cache_file()}\n"


def test_fetch_of_other_digits_leaves_the_cache(mnist, tmp_path: Path):
    """`fetch --data` with other digits than MNIST's does not keep them."""
    result = run("fetch", "--data", write_npz(make_digits(seed=7), tmp_path / "own.npz"))
    assert "not those of MNIST), not kept in the cache" in result.stdout
    assert not cache_file().exists()


def test_fetch_without_network_says_it_is_the_sample():
    """`fetch` without any source warns, and its answer says that this is the sample and that nothing is kept."""
    result = run("fetch")
    assert result.exit_code == 0
    assert result.stdout.startswith("10,000 training and 2,000 test digits from the embedded sample")
    assert result.stdout.endswith("not kept in the cache\n")
    assert "warning: " in result.stderr


@pytest.mark.parametrize("command", ["fetch", "info", "show"])
def test_missing_data_have_their_exit_code(command: str, tmp_path: Path):
    """A named file that is not there is a DataError with exit code 6, on every command."""
    result = run(command, "--data", tmp_path / "none.npz")
    assert result.exit_code == 6
    assert result.stderr.splitlines()[-1].startswith("error: ")


def test_info_json_is_one_document(mnist, tmp_path: Path):
    """`info --json` prints one JSON document on stdout with source, shapes, counts, digests and cache."""
    path = write_npz(mnist, tmp_path / "a.npz")
    result = run("info", "--json", "--data", path)
    facts = json.loads(result.stdout)
    assert facts["schema"] == "edge-digits.data-info/1"
    assert (facts["source"], facts["canonical"], facts["sample"]) == (str(path), True, False)
    assert facts["cache"] == {"path": str(cache_file()), "exists": False}
    assert facts["train"]["shape"] == [40, 28, 28]
    assert facts["test"]["per_class"] == {str(label): 2 for label in range(10)}
    assert facts["test"]["md5"]["images"] == digests(mnist)["test_images"]
    assert result.stderr == f"digits: {path}\n"


def test_info_json_says_what_is_not_canonical(mnist, tmp_path: Path):
    """`info --json` of other digits says that they are not canonical."""
    result = run("info", "--json", "--data", write_npz(make_digits(seed=7), tmp_path / "own.npz"))
    assert json.loads(result.stdout)["canonical"] is False


def test_info_shows_counts_and_digests(mnist, tmp_path: Path):
    """`info` shows the counts of each class, their sum, the shapes and the digests."""
    result = run("info", "--data", write_npz(mnist, tmp_path / "a.npz"))
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["MNIST", "yes"] in rows
    assert ["train", *["4"] * 10, "40"] in rows
    assert ["test", *["2"] * 10, "20"] in rows
    assert digests(mnist)["test_labels"] in result.stdout
    assert "(40, 28, 28)" in result.stdout


@pytest.mark.parametrize(("split", "total"), [("train", "40 training"), ("test", "20 test")])
def test_show_draws_the_part_asked_for(split: str, total: str, mnist, tmp_path: Path):
    """`show` writes a PNG of digits of the part asked for and says what it drew."""
    write_npz(mnist, cache_file())
    result = run("show", "--split", split, "--count", "10", "--out", tmp_path / "a.png")
    assert result.exit_code == 0
    assert f"a.png: 10 of {total} digits, 978×" in result.stdout
    with Image.open(tmp_path / "a.png") as sheet:
        assert sheet.format == "PNG"


def test_show_draws_one_label_only(mnist, tmp_path: Path):
    """`show --label` draws digits of that label; all of them when as many are asked for."""
    write_npz(mnist, cache_file())
    run("show", "--split", "test", "--label", "7", "--count", "2", "--out", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        sheet = np.asarray(picture.convert("L"))
    top = next(row for row in range(sheet.shape[0]) if np.array_equal(sheet[row, 24:108:3], mnist.test_images[7, 0]))
    assert np.array_equal(sheet[top : top + 84 : 3, 24:108:3], mnist.test_images[7])
    assert np.array_equal(sheet[top : top + 84 : 3, 118:202:3], mnist.test_images[17])


def test_show_is_repeatable(mnist, tmp_path: Path):
    """The same seed draws the same picture, another seed another one."""
    write_npz(mnist, cache_file())
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run("show", "--count", "10", "--label", "3", "--count", "2", "--seed", str(seed), "--out", f"{name}.png")
    first, again, other = (Path(f"{name}.png").read_bytes() for name in "abc")
    assert first == again
    assert first != other


def test_show_overwrites_only_with_force(mnist, tmp_path: Path):
    """`show` refuses a file that is there, and overwrites it with `--force`."""
    write_npz(mnist, cache_file())
    Path("digits.png").write_bytes(b"before")
    result = run("show", "--count", "10")
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert Path("digits.png").read_bytes() == b"before"
    assert run("show", "--count", "10", "--force").exit_code == 0
    assert Path("digits.png").read_bytes() != b"before"


@pytest.mark.parametrize("arguments", [("--out", "digits.jpg"), ("--count", "41"), ("--label", "3", "--count", "5")])
def test_show_refuses_what_makes_no_sense(arguments: tuple[str, ...], mnist):
    """A picture that is not a PNG, or more digits than there are, is a UsageError and leaves no file."""
    write_npz(mnist, cache_file())
    assert run("show", *arguments).exit_code == 2
    assert not list(Path.cwd().glob("*.[pj][np]g"))


def test_show_refuses_a_label_that_does_not_occur(tmp_path: Path):
    """`show --label` with a label that the data lack is a UsageError that says so."""
    path = write_npz(make_digits(train=3, test=3), tmp_path / "few.npz")
    result = run("show", "--data", path, "--label", "9", "--count", "1")
    assert result.exit_code == 2
    assert "found none in these data" in result.stderr
