"""Keeping OpenCV from writing to stderr: what matters of it comes as a value or an exception."""

from __future__ import annotations

import os
from typing import Any


def import_quiet_opencv() -> Any:
    """Import OpenCV with its own log and FFmpeg's switched off.

    OpenCV 4.11 has `setLogLevel` at its top, 4.12 and later only in `utils.logging`; some builds have neither.

    Raises:
        ImportError: OpenCV is not installed, or broken.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    import cv2

    logging = getattr(cv2, "utils", None) and getattr(cv2.utils, "logging", None)
    set_level = getattr(cv2, "setLogLevel", None) or getattr(logging, "setLogLevel", None)
    if set_level is not None:
        set_level(0)
    return cv2
