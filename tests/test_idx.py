from __future__ import annotations

import gzip
import hashlib
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from digit_fakes import idx_bytes, make_digits, write_idx_folder, write_npz

from device.errors import DataError
from device.idx import idx_header, idx_md5, parse_idx, read_part


def test_header_is_that_of_the_published_files():
    """An IDX header is two zeros, the type, the number of axes and each axis, big-endian."""
    assert idx_header((60000, 28, 28)) == bytes.fromhex("00000803 0000ea60 0000001c 0000001c")
    assert idx_header((10000,)) == bytes.fromhex("00000801 00002710")


def test_digest_is_of_the_whole_file():
    """The digest of an array is the MD5 of its IDX file, also where its memory is not contiguous."""
    images = make_digits().train_images
    assert idx_md5(images[::2]) == hashlib.md5(idx_bytes(images[::2])).hexdigest()


def test_digest_of_several_arrays_is_of_their_files_in_a_row():
    """The digest of two arrays is the MD5 of one IDX file after the other."""
    digits = make_digits()
    both = idx_bytes(digits.test_images) + idx_bytes(digits.test_labels)
    assert idx_md5(digits.test_images, digits.test_labels) == hashlib.md5(both).hexdigest()


def test_what_was_written_is_read():
    """An IDX file gives back the array that it was made of."""
    images = make_digits().test_images
    assert np.array_equal(parse_idx(idx_bytes(images), "a file"), images)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x08",
        b"\0\0\x08\0",
        b"\0\0\x08\x03\0\0",
        b"\x89PNG\r\n\x1a\n",
        b"\0\0\x0d\x01\0\0\0\1abcd",
        b"\0\0\x08\x01\0\0\0\x05four",
        b"\0\0\x08\x01\0\0\0\x02more",
        b"\0\0\x08\x03" + b"\xff" * 12 + b"x",
    ],
)
def test_foreign_or_cut_bytes_are_refused(content: bytes):
    """Bytes that are not a whole IDX file of unsigned bytes are refused in one line that names the file."""
    with pytest.raises(DataError, match=r"^a file: expected [^\n]*$"):
        parse_idx(content, "a file")


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("form", ["npz", "folder", "zipped folder", "folder with npz", "dotted names"])
def test_every_form_gives_the_same_digits(form: str, part: str, tmp_path: Path):
    """An npz file, IDX files plain or gzipped, and a folder that holds mnist.npz are read alike."""
    digits = make_digits()
    if form == "npz":
        path = write_npz(digits, tmp_path / "any.npz")
    elif form == "folder with npz":
        path = write_npz(digits, tmp_path / "mnist.npz").parent
    else:
        path = write_idx_folder(digits, tmp_path / "idx", zipped=form == "zipped folder")
    if form == "dotted names":
        for file in path.iterdir():
            file.rename(path / file.name.replace("-idx", ".idx"))
    found = read_part(path, part)
    assert np.array_equal(found.images, getattr(digits, f"{part}_images"))
    assert np.array_equal(found.labels, getattr(digits, f"{part}_labels"))


def test_wide_labels_are_narrowed(tmp_path: Path):
    """Labels of any whole-number type become uint8."""
    np.savez(tmp_path / "a.npz", x_test=np.zeros((3, 28, 28), np.uint8), y_test=np.array([0, 9, 4], np.int64))
    assert read_part(tmp_path / "a.npz", "test").labels.dtype == np.uint8


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((2, 28, 28), np.float32), np.zeros(2, np.uint8)),
        (np.zeros((2, 28, 28, 1), np.uint8), np.zeros(2, np.uint8)),
        (np.zeros((2, 32, 32), np.uint8), np.zeros(2, np.uint8)),
        (np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8)),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(3, np.uint8)),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.float32)),
        (np.zeros((2, 28, 28), np.uint8), np.array([0, 10])),
        (np.zeros((2, 28, 28), np.uint8), np.array([-1, 3])),
        (np.array([{}, {}]), np.zeros(2, np.uint8)),
    ],
)
def test_what_is_not_digits_is_refused(images: np.ndarray, labels: np.ndarray, tmp_path: Path):
    """Arrays that are not uint8 (N, 28, 28) with as many labels 0–9 are refused in one line."""
    np.savez(tmp_path / "a.npz", x_test=images, y_test=labels)
    with pytest.raises(DataError, match=r"a\.npz: expected [^\n;]*, found [^\n;]*; [^\n]*$") as raised:
        read_part(tmp_path / "a.npz", "test")
    assert "pickle" not in str(raised.value)


def test_absent_array_is_named(tmp_path: Path):
    """An npz file without the arrays of a part is refused, and the message names what is absent."""
    np.savez(tmp_path / "a.npz", x_train=np.zeros((1, 28, 28), np.uint8))
    with pytest.raises(DataError, match="found no y_train; save them under these names"):
        read_part(tmp_path / "a.npz", "train")


@pytest.mark.parametrize("cut", [0, 1, 100, 5000, -1])
def test_cut_npz_is_refused(cut: int, tmp_path: Path):
    """A truncated npz file is refused in one line."""
    whole = write_npz(make_digits(), tmp_path / "whole.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[:cut])
    with pytest.raises(DataError, match=r"cut\.npz: expected [^\n]*$"):
        read_part(tmp_path / "cut.npz", "test")


def test_changed_npz_is_refused_or_the_same(tmp_path: Path):
    """An npz file with a byte changed is refused in one line, or the change is outside what matters."""
    digits = make_digits(train=1, test=2)
    whole = write_npz(digits, tmp_path / "whole.npz").read_bytes()
    generator = np.random.default_rng(0)
    refusals = []
    for _ in range(300):
        changed = bytearray(whole)
        changed[generator.integers(len(whole))] ^= int(generator.integers(1, 256))
        (tmp_path / "changed.npz").write_bytes(changed)
        try:
            assert np.array_equal(read_part(tmp_path / "changed.npz", "test").images, digits.test_images)
        except DataError as error:
            refusals.append(str(error))
    assert len(refusals) > 100
    assert not any("\n" in line for line in refusals)


@pytest.mark.parametrize(("content", "said"), [(b"", "an empty file"), (b"text", "another kind of file")])
def test_what_is_no_npz_is_not_called_damaged(content: bytes, said: str, tmp_path: Path):
    """It never was a zip file, and what to do is said."""
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.npz: expected an \.npz file, found {said}; "):
        read_part(tmp_path / "a.npz", "test")


@pytest.mark.parametrize("zipped", [False, True])
def test_no_more_of_an_idx_file_is_read_than_its_header_promises(zipped: bool, tmp_path: Path):
    """Neither gigabytes of zeros, which are no IDX, nor what follows whole digits, nor what unpacks without end."""
    folder = write_idx_folder(make_digits(), tmp_path / "idx", zipped=zipped)
    file = folder / ("t10k-images-idx3-ubyte" + zipped * ".gz")
    whole = idx_bytes(make_digits().test_images)
    zeros, many = bytes(64 << 20), idx_header((1 << 30, 28, 28))
    for content, said in (
        (zeros, "found something else"),
        (whole + zeros, "found more"),
        (many + zeros, "at most 2,147"),
    ):
        file.write_bytes(gzip.compress(content, 1) if zipped else content)
        tracemalloc.start()
        with pytest.raises(DataError, match=rf"t10k-images.*{said}.*; fetch it again"):
            read_part(folder, "test")
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
        tracemalloc.stop()


def test_an_array_that_would_unpack_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By the size that the archive says, before it is unpacked."""
    monkeypatch.setattr("device.idx._MOST_BYTES", 1000)
    with pytest.raises(
        DataError, match=r"expected at most 1,000 bytes of digits, found x_test of 15,808; fetch it again"
    ):
        read_part(write_npz(make_digits(), tmp_path / "a.npz"), "test")


@pytest.mark.parametrize("cut", [0, 5, 200])
def test_cut_gzip_is_refused(cut: int, tmp_path: Path):
    """A truncated gzipped IDX file is refused in one line that names it."""
    folder = write_idx_folder(make_digits(), tmp_path / "idx", zipped=True)
    file = folder / "t10k-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte\.gz: expected [^\n]*$"):
        read_part(folder, "test")


def test_absent_path_and_empty_folder_are_refused(tmp_path: Path):
    """A path where nothing is and a folder without digits are refused, saying what was expected."""
    with pytest.raises(DataError, match="found nothing there"):
        read_part(tmp_path / "none", "test")
    with pytest.raises(DataError, match="expected t10k-images-idx3-ubyte"):
        read_part(tmp_path, "test")


@pytest.mark.parametrize("missing", ["images-idx3", "labels-idx1"])
def test_half_a_pair_names_the_other_half(missing: str, tmp_path: Path):
    """Images without labels and labels without images are refused by the file that lacks."""
    folder = write_idx_folder(make_digits(), tmp_path / "idx", zipped=False)
    (folder / f"t10k-{missing}-ubyte").unlink()
    with pytest.raises(DataError, match=rf"expected t10k-{missing}-ubyte \(plain or \.gz\) beside t10k-"):
        read_part(folder, "test")


@pytest.mark.parametrize(
    ("content", "kind"),
    [(gzip.compress(b"label,pixel0", mtime=0), "gzipped file; unpack"), (b"\x93NUMPY\1\0", "single array")],
)
def test_another_kind_of_file_is_named(content: bytes, kind: str, tmp_path: Path):
    """A gzipped CSV and a single array are no damaged npz."""
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(DataError, match=kind):
        read_part(tmp_path / "other", "test")


def test_a_device_is_not_read():
    """What has no end is refused before it is read."""
    with pytest.raises(DataError, match="found a device or pipe"):
        read_part(Path("/dev/zero"), "test")


def test_a_path_that_cannot_be_asked_for_is_data_that_is_missing():
    """As a folder that nobody may read, or a name that is too long."""
    with pytest.raises(DataError, match="cannot be read: File name too long; check the path"):
        read_part(Path("x" * 300), "test")
