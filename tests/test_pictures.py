"""Pictures: files of many formats become one kind of array, and damaged ones one kind of error."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from device.errors import PictureError
from device.sources import pictures
from device.sources.picture_kinds import readable_kinds
from device.sources.pictures import decode_picture, read_picture

GREY = np.add.outer(np.arange(24) * 5, np.arange(32) * 4).astype(np.uint8)  # (24, 32), dark at the upper left
COLOUR = np.dstack([GREY, 255 - GREY, GREY // 2])  # RGB
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {}),
    "jpeg": ("JPEG", {}),
    "progressive jpeg": ("JPEG", {"progressive": True}),
    "gif": ("GIF", {}),
    "bmp": ("BMP", {}),
    "webp": ("WEBP", {"lossless": True}),
    "tiff": ("TIFF", {}),
    "tiff lzw": ("TIFF", {"compression": "tiff_lzw"}),
    "tiff jpeg": ("TIFF", {"compression": "jpeg"}),
    "ppm": ("PPM", {}),
}


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Save a picture to bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> np.ndarray:
    """Save a picture and decode it."""
    return decode_picture(encoded(picture, kind, **options), name="x")


def empty_png(width: int, height: int) -> bytes:
    """Make a PNG whose header promises a size and which holds next to nothing."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    for name, content in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        parts.append(struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content)))
    return b"".join(parts)


@pytest.mark.parametrize("name", FORMATS)
def test_every_common_format_is_read(name: str) -> None:
    """A coloured picture becomes uint8 (H, W, 3) in the order blue, green, red."""
    kind, options = FORMATS[name]
    picture = decoded(Image.fromarray(COLOUR), kind, **options)
    assert picture.dtype == np.uint8
    assert picture.shape == (24, 32, 3)
    # JPEG and GIF lose detail; a swapped channel would differ by far more.
    assert np.abs(picture[:, :, ::-1].astype(int) - COLOUR).mean() < 8


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_a_grey_picture_stays_grey(kind: str) -> None:
    """A grey picture becomes uint8 (H, W), value for value."""
    assert np.array_equal(decoded(Image.fromarray(GREY), kind), GREY)


def test_a_photograph_is_turned_upright() -> None:
    """The EXIF orientation is applied."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is the right side of the stored picture
    picture = decoded(Image.fromarray(GREY), "JPEG", exif=exif, quality=95)
    assert picture.shape == (32, 24)
    assert np.abs(picture.astype(int) - np.rot90(GREY, -1)).mean() < 4


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_lies_on_white(mode: str) -> None:
    """What is transparent is white paper, not what colour the file has there."""
    layered = Image.fromarray(GREY // 4).convert("LA")
    layered.putalpha(Image.fromarray(np.where(np.arange(32) < 16, 0, 255).astype(np.uint8)[np.newaxis].repeat(24, 0)))
    picture = decoded(
        layered if mode == "LA" else layered.convert("RGBA").convert(mode), "TIFF" if mode == "PA" else "PNG"
    )
    assert picture[:, :16].min() == 255
    assert picture[:, 16:].max() < 80
    assert picture.ndim == (2 if mode == "LA" else 3)


@pytest.mark.parametrize(
    ("light", "covered", "paper"), [(255, 8, 0), (200, 8, 0), (40, 8, 255), (255, 20, 255), (0, 0, 255)]
)
def test_light_ink_on_transparent_ground_lies_on_black(light: int, covered: int, paper: int) -> None:
    """Programs with a dark ground save it so; what covers most of a picture is no ink."""
    layered = np.full((24, 32, 4), light, np.uint8)
    layered[..., 3] = np.where(np.arange(32) < covered, 255, 0)
    picture = decoded(Image.fromarray(layered))
    assert (picture[:, :covered] == light).all()
    assert (picture[:, covered:] == paper).all()


def test_a_palette_with_a_transparent_colour_lies_on_white() -> None:
    """A GIF's transparent colour is white paper too."""
    paletted = Image.fromarray(np.repeat([[0, 1]], 4, axis=0).astype(np.uint8)).convert("P")
    paletted.putpalette([10, 20, 30, 200, 0, 0])
    picture = decoded(paletted, "GIF", transparency=0)
    assert picture[0].tolist() == [[255, 255, 255], [0, 0, 200]]


def test_one_bit_becomes_black_and_white() -> None:
    """A fax holds 0 and 255."""
    assert np.array_equal(decoded(Image.fromarray(GREY > 100)), np.where(GREY > 100, 255, 0))


@pytest.mark.parametrize("top", [65535, 4095])
def test_deep_grey_is_stretched_from_its_own_range(top: int) -> None:
    """Grey of 16 bits is scaled to 8, and so is grey of 12 bits that is stored in 16."""
    deep = np.linspace(0, top, 24 * 32).reshape(24, 32).astype(np.uint16)
    picture = decoded(Image.fromarray(deep))
    assert picture.dtype == np.uint8
    assert np.abs(picture.astype(float) - deep * (255 / top)).max() <= 0.6  # rounding, of 0.5 at most, and of the range


def test_deep_grey_of_one_value_is_black() -> None:
    """A range of nothing stretches to nothing."""
    assert decoded(Image.fromarray(np.full((4, 4), 900, np.uint16))).max() == 0


def test_print_colours_become_screen_colours() -> None:
    """A CMYK picture is read as BGR."""
    picture = decoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF")
    assert picture[0, 0].tolist() == [0, 0, 255]


def test_an_animation_gives_its_first_frame() -> None:
    """Later frames are left alone."""
    first, second = Image.new("L", (9, 7), 0), Image.new("L", (9, 7), 255)
    assert decoded(first, "GIF", save_all=True, append_images=[second]).max() < 10


def test_a_large_photograph_is_decoded_smaller() -> None:
    """A JPEG of 4800 px is halved while it is decoded, and never below 2000 px; such a PNG stays as it is."""
    large = Image.new("L", (4800, 300), 90)
    assert decoded(large, "JPEG").shape == (150, 2400)
    assert decoded(large, "PNG").shape == (300, 4800)


@pytest.mark.parametrize(("size", "halves"), [((4000, 303), 1), ((303, 4000), 1), ((3999, 303), 0), ((8000, 239), 2)])
def test_a_photograph_is_decoded_smaller_whatever_its_shorter_side(size: tuple[int, int], halves: int) -> None:
    """As often as the longer side allows; where halves of the shorter one are no whole pixels, they are rounded up."""
    width, height = (-(-side // 2**halves) for side in size)
    assert decoded(Image.new("L", size, 90), "JPEG").shape == (height, width)


DEEP = {"I;16": np.uint16, "I": np.int32, "F": np.float32}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", *DEEP])
def test_a_picture_of_very_many_pixels_is_made_smaller(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it fits into the memory of a device: each pixel is the mean of a square, whatever the mode."""
    picture = Image.fromarray(COLOUR).convert(mode) if mode not in DEEP else Image.fromarray(GREY.astype(DEEP[mode]))
    whole = decoded(picture, "TIFF").astype(float)
    monkeypatch.setattr(pictures, "MOST_KEPT", GREY.size // 4)
    monkeypatch.setattr(pictures, "STRIP", 5)
    small = decoded(picture, "TIFF")
    means = whole.reshape(12, 2, 16, 2, -1).mean(axis=(1, 3))
    if mode in DEEP:  # stretched from its own range
        means = (means - means.min()) * (255 / np.ptp(means))
    assert small.shape[:2] == (12, 16)
    assert np.abs(small.reshape(means.shape) - means).max() <= 2  # rounding, of both and of the range


def test_only_a_picture_of_more_pixels_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are kept stay; sides that no square divides are rounded up."""
    monkeypatch.setattr(pictures, "MOST_KEPT", 31 * 23)
    assert decoded(Image.new("L", (31, 23))).shape == (23, 31)
    assert decoded(Image.new("L", (33, 23))).shape == (12, 17)


def test_a_file_is_read(tmp_path: Path) -> None:
    """A path is enough."""
    Image.fromarray(GREY).save(tmp_path / "a.png")
    assert np.array_equal(read_picture(tmp_path / "a.png"), GREY)


def test_reading_needs_no_opencv(tmp_path: Path) -> None:
    """Pillow alone reads a picture."""
    Image.fromarray(GREY).save(tmp_path / "a.png")
    code = (
        "import sys; sys.modules['cv2'] = None\n"
        "from pathlib import Path\n"
        "from device.sources.pictures import read_picture\n"
        "assert read_picture(Path(sys.argv[1])).shape == (24, 32)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.png")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def refusal(path: Path) -> str:
    """Return the one line that says why a file is refused, with the exit code for data."""
    with pytest.raises(PictureError) as refused:
        read_picture(path)
    message = str(refused.value)
    assert refused.value.exit_code == 6
    assert message.startswith(str(path))
    assert "\n" not in message
    assert "; " in message  # what to do
    return message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """What is not there is said to be not there."""
    assert "found nothing there" in refusal(tmp_path / "none.png")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """A folder is no picture."""
    assert "folder" in refusal(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    """A file of no bytes is said to be empty."""
    (tmp_path / "a.png").touch()
    assert "empty" in refusal(tmp_path / "a.png")


def test_a_text_is_refused_whatever_its_name(tmp_path: Path) -> None:
    """The content decides, not the suffix."""
    (tmp_path / "a.png").write_text("seven")
    assert "expected a picture" in refusal(tmp_path / "a.png")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason is passed on."""
    (tmp_path / "a.png").write_bytes(b"x")

    def deny(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", deny)
    assert "Permission denied" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"heic\0\0\0\0mif1avif", b"mif1\0\0\0\0mif1heic", b"heic"])
def test_a_format_without_decoder_is_named(brands: bytes) -> None:
    """The photographs of an iPhone are HEIC, by their first brand where it says so; the message tells what to do."""
    for length in (b"\0\0\0\x18", b"\0\0\0\0"):
        with pytest.raises(PictureError, match=r"found HEIC.*save it as JPEG"):
            decode_picture(length + b"ftyp" + brands, name="x")


@pytest.mark.parametrize("brands", [b"avif\0\0\0\0mif1avif", b"mif1\0\0\0\0mif1avif"])
def test_avif_is_called_by_its_name_where_pillow_lacks_it(brands: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is read, only damage can be the reason; its first brand may be the one of all such pictures."""
    content = b"\0\0\0\x18ftyp" + brands
    monkeypatch.setitem(sys.modules, "PIL._avif", None)
    monkeypatch.setattr("PIL.AvifImagePlugin.SUPPORTED", False)
    with pytest.raises(PictureError, match=r"found AVIF.*save it as JPEG"):
        decode_picture(content, name="x")


def test_the_message_names_every_kind_that_is_read() -> None:
    """What it says to save as is read then."""
    with pytest.raises(PictureError) as raised:
        decode_picture(b"no picture", name="x")
    assert all(kind.name in str(raised.value) for kind in readable_kinds())


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (10_001, 10_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_on_the_header(width: int, height: int) -> None:
    """A picture of more than 100 million pixels is never decoded, and Pillow's own warning does not show."""
    with pytest.raises(PictureError, match="expected at most 100000000 pixels"):
        decode_picture(empty_png(width, height), name="x")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_half_a_picture_is_refused(name: str, share: float) -> None:
    """A truncated file never passes for a picture with a grey lower half."""
    kind, options = FORMATS[name]
    noise = np.random.default_rng(1).integers(0, 256, (60, 60, 3)).astype(np.uint8)
    content = encoded(Image.fromarray(noise), kind, **options)
    with pytest.raises(PictureError):
        decode_picture(content[: int(share * len(content))], name="x")


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_bytes_give_an_array_or_picture_error(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever bytes are changed, there is no other error, no warning and nothing on stderr."""
    kind, options = FORMATS[name]
    whole = encoded(Image.fromarray(COLOUR), kind, **options)
    rng = random.Random(7)
    for _ in range(120):
        content = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 8))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        if rng.random() < 0.3:
            del content[rng.randrange(len(content)) :]
        with contextlib.suppress(PictureError):
            assert decode_picture(bytes(content), name="x").dtype == np.uint8
    assert capfd.readouterr().err == ""


def test_a_name_with_line_breaks_stays_on_one_line() -> None:
    """A file's name cannot break the line of its message."""
    with pytest.raises(PictureError) as refused:
        decode_picture(b"", name="a\nb.png")
    assert "\n" not in str(refused.value)
