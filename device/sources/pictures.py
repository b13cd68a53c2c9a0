"""Read a picture, from a file or from bytes of any origin, into an array.

Pillow decodes, so that a picture of 28×28 px needs no OpenCV. Bytes may come from strangers: only common picture
formats are tried, the size is checked on the header, and whatever a decoder says of damaged bytes becomes PictureError.
"""

from __future__ import annotations

import io
import math
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ..errors import PictureError
from ..native_stderr import hidden_native_stderr
from ..printable import printable
from .picture_kinds import FORMATS, readable_names

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

COMMON_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "PPM")  # those that Pillow loads at once
MOST_PIXELS = 100_000_000
MOST_BYTES = 512 * 1024 * 1024  # more than MOST_PIXELS take without compression
CHUNK_BYTES = 1024 * 1024
MOST_KEPT = 16_000_000  # pixels: a picture of more is made smaller, since converting takes 20 bytes for each
STRIP = 64  # rows of what is made smaller
INK = 0.5  # of a picture: what covers more of it is no ink on transparent ground
NEEDED_SIDE = 2000  # px: a JPEG with a longer side is decoded smaller, but not below this
PNG_MARK = b"\x89PNG\r\n\x1a\n"
TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
ORIENTATION_KEYS = {"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"}  # in Pillow's `Image.info`
# ISO/IEC 23008-12, the photographs of iPhones, and AVIF, which an older Pillow does not read.
HEIF_BRANDS = {**dict.fromkeys((b"heic", b"heix", b"hevc", b"mif1", b"msf1"), "HEIC"), b"avif": "AVIF", b"avis": "AVIF"}
ANY_HEIF, BRANDS = (b"mif1", b"msf1"), slice(16, 64)  # first brands of either kind; where the others stand, bytes
DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")  # more than 8 bits a pixel, grey
AVERAGED_AS = {"1": "L", "P": "RGB", **dict.fromkeys(DEEP_MODES[2:], "I")}  # Pillow takes no means of these modes


def read_picture(path: Path) -> NDArray[Any]:
    """Read a picture file.

    Args:
        path: a file in one of FORMATS.

    Returns:
        uint8 (H, W) of a grey picture or uint8 (H, W, 3), BGR, of a coloured one; upright, 0–255.

    Raises:
        PictureError: the file is missing, not a file, not readable, or not a whole picture.
    """
    name = printable(str(path))
    try:
        if path.exists() and not path.is_file():
            raise PictureError(f"{name}: expected a picture file, found a folder or device; name the picture itself")
        if path.stat().st_size > MOST_BYTES:
            raise PictureError(f"{name}: expected at most {MOST_BYTES} bytes, found {path.stat().st_size}; shrink it")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise PictureError(f"{name}: expected a picture file, found nothing there; check the name") from error
    except PictureError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PictureError(f"{name}: expected a readable file, found: {reason}; check name and permissions") from error
    return decode_picture(content, name=name)


def read_picture_from(stream: BinaryIO, *, name: str) -> NDArray[Any]:
    """Read a picture from a stream, such as standard input, which may have no end.

    Args:
        stream: gives the whole file.
        name: what messages call it.

    Returns:
        uint8 (H, W) of a grey picture or uint8 (H, W, 3), BGR, of a coloured one; upright, 0–255.

    Raises:
        PictureError: the stream gives more than MOST_BYTES, cannot be read, or is not a whole picture.
    """
    name, content = printable(name), bytearray()
    try:
        while chunk := stream.read(CHUNK_BYTES):
            content += chunk
            if len(content) > MOST_BYTES:
                raise PictureError(f"{name}: expected at most {MOST_BYTES} bytes, found more; shrink the picture")
    except OSError as cause:
        raise PictureError(
            f"{name}: expected a picture, found: {cause.strerror or cause}; save it as a file"
        ) from cause
    return decode_picture(bytes(content), name=name)


def decode_picture(content: bytes, *, name: str) -> NDArray[Any]:
    """Decode the bytes of a picture file; of an animation the first frame.

    EXIF rotation is applied, a picture of more than MOST_KEPT pixels is made smaller, transparency lies on white, light
    ink on black, and grey of more than 8 bits is stretched from its own least and greatest value to 0–255, since 10 and
    12 bits are stored in 16 too.

    Args:
        content: the whole file.
        name: what messages call it.

    Returns:
        uint8 (H, W) of a grey picture or uint8 (H, W, 3), BGR, of a coloured one; upright, 0–255.

    Raises:
        PictureError: the bytes are not one whole picture in one of FORMATS, or it has more than MOST_PIXELS.
    """
    from PIL import Image, UnidentifiedImageError

    name = printable(name)
    if not content:
        raise PictureError(f"{name}: expected a picture, found an empty file; copy or save it again")
    # Pillow warns of odd metadata, which does not matter here, and of large pictures, which are refused below.
    # libtiff, alone of the decoders, writes its complaints to stderr itself.
    with warnings.catch_warnings(), hidden_native_stderr() if content[:4] in TIFF_MARKS else nullcontext():
        warnings.simplefilter("ignore")
        try:
            return _decode(content, name)
        except PictureError:
            raise
        except Image.DecompressionBombError as error:
            raise PictureError(f"{name}: expected at most {MOST_PIXELS} pixels, found more; shrink it") from error
        except UnidentifiedImageError as error:
            raise PictureError(f"{name}: {_unknown(content)}") from error
        except Exception as error:  # on damaged bytes decoders raise almost any type
            reason = " ".join(str(error).split()) or type(error).__name__
            raise PictureError(f"{name}: expected a whole picture, found damage ({reason}); save it again") from error


def _decode(content: bytes, name: str) -> NDArray[Any]:
    """Open, check, decode, turn upright and convert."""
    with _open(content) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise PictureError(f"{name}: expected at most {MOST_PIXELS} pixels, found {width}×{height}; shrink it")
        if picture.format == "JPEG":
            factor = max(1, max(width, height) // NEEDED_SIDE)
            picture.draft(None, (max(1, width // factor), max(1, height // factor)))
        picture.load()
        return _as_array(_reduced(_upright(picture)))


def _reduced(picture: Image.Image) -> Image.Image:
    """Make a picture of more than MOST_KEPT pixels smaller; in strips, since modes that must be converted are large."""
    width, height = picture.size
    factor = math.ceil(math.sqrt(width * height / MOST_KEPT))
    if factor == 1:
        return picture
    from PIL import Image

    mode = AVERAGED_AS.get(picture.mode, picture.mode)
    if picture.has_transparency_data and mode != "LA":
        mode = "RGBA"
    small = Image.new(mode, (math.ceil(width / factor), math.ceil(height / factor)))
    for top in range(0, small.height, STRIP):
        strip = picture.crop((0, top * factor, width, min(height, (top + STRIP) * factor)))
        small.paste(strip.convert(mode).reduce(factor), (0, top))
    return small


def _upright(picture: Image.Image) -> Image.Image:
    """Turn a picture as its EXIF or XMP data say, if it has any."""
    if picture.format != "TIFF" and not ORIENTATION_KEYS & picture.info.keys():
        return picture
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _open(content: bytes) -> Image.Image:
    """Open a picture, loading as few of Pillow's decoders as it needs: all together take a quarter of a start."""
    if content.startswith(PNG_MARK):
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(io.BytesIO(content))
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(io.BytesIO(content), formats=COMMON_FORMATS)
    except UnidentifiedImageError:
        Image.init()
        return Image.open(io.BytesIO(content), formats=[known for known in FORMATS if known in Image.OPEN])


def _as_array(picture: Image.Image) -> NDArray[Any]:
    """Convert a decoded picture of any mode to uint8 (H, W) or (H, W, 3), BGR."""
    from PIL import Image

    if picture.mode in DEEP_MODES:
        return _to_8_bit(np.asarray(picture))
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        grey = picture.mode in ("LA", "La", "L", "1")
        picture = Image.alpha_composite(Image.new("RGBA", layered.size, _paper_under(layered)), layered)
        picture = picture.convert("L" if grey else "RGB")
    if picture.mode in ("1", "L"):
        return np.array(picture.convert("L"))
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])


def _paper_under(layered: Image.Image) -> str:
    """Return the colour to lay an RGBA picture on: black under light ink, as programs with a dark ground save it."""
    from PIL import ImageStat

    alpha = layered.getchannel("A")
    covered = ImageStat.Stat(alpha).mean[0] / 255
    is_light_ink = 0 < covered < INK and ImageStat.Stat(layered.convert("L"), alpha).mean[0] > 127
    return "black" if is_light_ink else "white"


def _to_8_bit(values: NDArray[Any]) -> NDArray[Any]:
    """Stretch grey values of any dtype (H, W) from their least and greatest to uint8 0–255."""
    exact = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
    low, high = exact.min(), exact.max()
    stretched: NDArray[Any] = np.round((exact - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
    return stretched


def _unknown(content: bytes) -> str:
    """Say what was found instead of a picture."""
    kinds, brand = readable_names(), content[8:12]
    if brand in ANY_HEIF and any(each in content[BRANDS] for each in (b"avif", b"avis")):
        brand = b"avif"
    found = HEIF_BRANDS.get(brand) if content[4:8] == b"ftyp" else None
    if found is not None and found not in kinds:
        return f"expected PNG, JPEG or the like, found {found}, which has no decoder here; save it as JPEG"
    return f"expected a picture ({kinds}), found {len(content)} other or damaged bytes; save it so"
