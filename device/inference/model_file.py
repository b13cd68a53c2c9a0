"""The converted model as one self-describing file: the flatbuffer, then an appended ZIP with labels and card.

Every TFLite runtime loads such a file, because a flatbuffer ignores what follows it, and `zipfile` alone reads the
rest: this is the associated-files convention of TFLite Metadata. The ZIP's comment holds the SHA-256 of all bytes
before it, so that any changed byte of the file is noticed before a runtime sees it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelFileError
from .input_range import RAW, InputRange
from .model_card import ModelCard

PACKAGE = Path(__file__).parent.parent
IDENTIFIER = b"TFL3"
CARD_NAME = "model_card.json"
LABELS_NAME = "labels.txt"
MAX_BYTES = 1 << 30

_SEAL = b"edge-digits sha256 "
_SEAL_BYTES = len(_SEAL) + 64
_LOCAL_HEADER = b"PK\x03\x04"


@dataclass(frozen=True)
class ModelFile:
    """A model file whose every byte has been checked.

    Attributes:
        path: where it was read from.
        flatbuffer: the bytes a runtime loads.
        card: what it says about itself.
        taken: the range it was trained on; a model that came with a card takes raw pixels.
    """

    path: Path
    flatbuffer: bytes
    card: ModelCard
    taken: InputRange = RAW


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content` as 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def pack_model(flatbuffer: bytes, card: ModelCard) -> bytes:
    """Return the bytes of a self-describing model file.

    Args:
        flatbuffer: what the TFLite converter gave.
        card: the card, whose digest must be that of `flatbuffer`.

    Raises:
        ValueError: the card belongs to another flatbuffer.
    """
    if card.flatbuffer_sha256 != sha256(flatbuffer):
        raise ValueError(f"expected a card for {sha256(flatbuffer)}, found one for {card.flatbuffer_sha256}")
    # A stream that already holds the flatbuffer makes zipfile write offsets from the start of the file.
    stream = io.BytesIO(flatbuffer)
    stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream, "a") as archive:
        for name, text in ((LABELS_NAME, "\n".join(card.labels) + "\n"), (CARD_NAME, card.to_json())):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            # Stored, because MediaPipe's reader opens no other.
            entry.compress_type = zipfile.ZIP_STORED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
        archive.comment = _SEAL + b"0" * 64
    unsealed = stream.getvalue()[:-_SEAL_BYTES]
    return unsealed + _SEAL + sha256(unsealed).encode()


def read_model(path: Path) -> ModelFile:
    """Read a model file and check every byte of it.

    Raises:
        ModelFileError: the file is missing, empty, no TFLite model, damaged, or carries no card.
    """
    try:
        return _read_whole(path)
    except ModelFileError as cause:
        if PACKAGE not in path.parents:
            raise
        found = str(cause).partition("; ")[0]
        raise ModelFileError(f"{found}; it came with this package: install edge-digits again") from cause


def _read_whole(path: Path) -> ModelFile:
    content = read_model_bytes(path)
    if content[-_SEAL_BYTES:-64] != _SEAL:
        _refuse_cut_off(path, content)
        raise ModelFileError(
            f"{path}: expected a model with its card, found a TFLite model without one (foreign, or cut short); "
            "make one with `edge-digits convert`, or name its labels where a command has --labels"
        )
    if sha256(content[:-_SEAL_BYTES]).encode() != content[-64:]:
        raise ModelFileError(f"{path}: expected the bytes that were sealed, found others: it is damaged; copy it again")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            card = ModelCard.from_json(archive.read(CARD_NAME))
            start = min(entry.header_offset for entry in archive.infolist())
    except (zipfile.BadZipFile, KeyError) as cause:
        raise ModelFileError(f"{path}: expected a ZIP with {CARD_NAME} behind the model, found {cause}") from cause
    except ModelFileError as cause:
        raise ModelFileError(f"{path}: {cause}") from cause
    flatbuffer = content[:start]
    if sha256(flatbuffer) != card.flatbuffer_sha256:
        raise ModelFileError(f"{path}: expected the flatbuffer that its card names, found another; convert again")
    return ModelFile(path=path, flatbuffer=flatbuffer, card=card)


def read_bare_flatbuffer(path: Path) -> bytes:
    """Read a TFLite model, leaving aside the card it may carry.

    Its bytes are vouched for only if it has a card: a runtime must be tried in a child process on any other.

    Raises:
        ModelFileError: no TFLite model, one cut short, or one whose card shows that it is damaged.
    """
    content = read_model_bytes(path)
    if content[-_SEAL_BYTES:-64] == _SEAL:
        return read_model(path).flatbuffer
    _refuse_cut_off(path, content)
    from .whole_model import check_whole  # late: models with a card do not need it

    check_whole(path, content)
    return content


def has_card(path: Path) -> bool:
    """Tell whether a file ends as models with a card do; whether that is true is for `read_model` to say."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            file.seek(-_SEAL_BYTES, io.SEEK_END)
            return file.read(len(_SEAL)) == _SEAL
    except OSError:  # it cannot be read, or is less than a seal
        return False


def _refuse_cut_off(path: Path, content: bytes) -> None:
    if _LOCAL_HEADER in content and CARD_NAME.encode() in content:
        raise ModelFileError(f"{path}: expected a whole model file, found its end cut off or changed; copy it again")


def read_model_bytes(path: Path) -> bytes:
    """Read a file that claims to be a TFLite model, its identifier checked and nothing else.

    Raises:
        ModelFileError: the file is missing, unreadable, empty, too large or not a TFLite flatbuffer.
    """
    try:
        if path.exists() and not path.is_file():
            raise ModelFileError(f"{path}: expected a .tflite file, found a folder, device or pipe; name a file")
        size_bytes = path.stat().st_size
        if size_bytes > MAX_BYTES:
            raise ModelFileError(
                f"{path}: expected a model of at most {MAX_BYTES} bytes, found {size_bytes}; check the path"
            )
        content = path.read_bytes()
    except FileNotFoundError as cause:
        raise ModelFileError(f"{path}: expected a .tflite file, found none; check the path") from cause
    except ModelFileError:
        raise
    except OSError as cause:
        raise ModelFileError(f"{path}: the model cannot be read: {cause.strerror or cause}") from cause
    if content[4:8] != IDENTIFIER:
        what = f"it starts with {content[:8]!r}" if content else "the file is empty"
        raise ModelFileError(f"{path}: expected a TFLite model, found none ({what}); name a converted model")
    return content
