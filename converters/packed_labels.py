"""Labels that a foreign model carries: the text file that TFLite Metadata appends to the flatbuffer as a ZIP."""

from __future__ import annotations

import io
import zipfile
import zlib

from device.inference.flatbuffer_reader import without_controls

MAX_BYTES = 1 << 20


def read_packed_labels(content: bytes) -> tuple[str, ...]:
    """Return the labels in the first text file whose name speaks of labels, else in the only text file; else none.

    What cannot be read is as if it were not there: labels are an extra of a file that stands without them.

    Args:
        content: the whole file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            texts = [name for name in archive.namelist() if name.lower().endswith(".txt")]
            named = [name for name in texts if "label" in name.lower()]
            if not named and len(texts) != 1:
                return ()
            with archive.open((named or texts)[0]) as file:
                lines = file.read(MAX_BYTES).decode("utf-8").splitlines()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, KeyError, IndexError):
        return ()
    return tuple(without_controls(line.strip()) for line in lines if line.strip())
