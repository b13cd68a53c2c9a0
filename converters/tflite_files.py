"""Reading a `.tflite` file of any origin: with a card that vouches for every byte, or without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from device.errors import ModelFileError
from device.inference.model_file import ModelFile, read_bare_flatbuffer, read_model, read_model_bytes

from .graph import Graph, read_graph


@dataclass(frozen=True)
class TfliteFile:
    """A file that starts like a TFLite model.

    Attributes:
        content: all its bytes.
        flatbuffer: what a runtime reads; of a foreign file, all of it.
        sealed: the file with its card, every byte checked; None for a foreign one, whose bytes are unchecked.
    """

    content: bytes
    flatbuffer: bytes
    sealed: ModelFile | None


def read_any_model(path: Path) -> TfliteFile:
    """Read a `.tflite` file.

    Raises:
        ModelFileError: the file is missing, no TFLite model, or one whose card shows that it is damaged.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ModelFileError(f"{path}: expected a .tflite file, found a device or pipe; name a file")
    content = read_model_bytes(path)
    flatbuffer = read_bare_flatbuffer(path)
    sealed = read_model(path) if len(flatbuffer) < len(content) else None
    return TfliteFile(content, flatbuffer, sealed)


def read_graph_of(path: Path, flatbuffer: bytes) -> Graph:
    """Read the graph of a file's flatbuffer.

    Raises:
        ModelFileError: it is damaged; names the file.
    """
    try:
        return read_graph(flatbuffer)
    except ModelFileError as cause:
        raise ModelFileError(f"{path}: {cause}; copy it again or get it from its source") from cause
