# ruff: noqa: RUF009 - `setting` makes dataclass fields
"""The settings of the runner: one frozen dataclass a section of the settings file, each setting documented once here.

The file (`run --config`), the options of `run` and what `run --print-config` prints all come from these fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .model_settings import ModelSettings
from .reading_settings import ReadingSettings
from .setting import setting
from .voting_settings import VotingSettings

MOST_MB = 1_000_000


@dataclass(frozen=True)
class SourceSettings:
    """[source]: where frames come from."""

    source: str = setting(
        "0",
        "Camera (0, /dev/video0, or part of its name), stream (rtsp://, http://), video file, picture, folder, glob, "
        "or - for a picture on standard input.",
        option="--source",
    )
    watch: bool = setting(False, "Go on reading pictures that come into the folder.", option="--watch")
    wait: bool = setting(False, "Wait for a camera or watched folder that is not there at the start.", option="--wait")
    fake_camera: Path | None = setting(
        None, "Play a picture, folder or video as a camera.", option="--fake-camera", example="digits.png"
    )
    faults: str = setting(
        "", 'Faults of the fake camera: "5:unplug 8:replug", a file of them, or random:SEED.', option="--faults"
    )
    max_frames: int | None = setting(None, "Stop after so many frames.", option="--max-frames", example=100, least=1)


@dataclass(frozen=True)
class CameraSettings:
    """[camera]: how a camera or stream is opened and looked after."""

    width: int | None = setting(None, "Width to ask the camera for, pixels.", option="--width", example=640, least=1)
    height: int | None = setting(None, "Height to ask the camera for, pixels.", option="--height", example=480, least=1)
    fps: float | None = setting(None, "Frames a second to ask for.", option="--fps", example=30.0, least=0.1)
    rotate: Literal[0, 90, 180, 270] = setting(0, "Turn frames clockwise, degrees.", option="--rotate")
    crop: tuple[int, int, int, int] | None = setting(
        None, "Part of the frame to read: x, y, width, height, pixels, before turning.", option="--crop",
        example=[0, 0, 320, 240],
    )  # fmt: skip
    exposure: float | None = setting(
        None, "Exposure time in milliseconds; automatic where absent.", option="--exposure", example=10.0, least=0.01
    )
    backend: Literal["auto", "v4l2", "picamera2"] = setting(
        "auto", "What opens a camera; auto takes picamera2 where V4L2 gives nothing.", option="--backend"
    )
    silence_s: float = setting(5.0, "Seconds without a frame after which the camera is opened again.", least=0.05)


@dataclass(frozen=True)
class OutputSettings:
    """[output]: what is written to standard output, and windows."""

    format: Literal["lines", "json", "live", "none"] = setting(
        "lines", "Lines for people, JSON lines, a live view of the terminal, or nothing.", option="--format"
    )
    every_frame: bool = setting(
        False,
        "Write a line for every frame of a camera or video, not only when the text that holds changes.",
        option="--every-frame",
    )
    display: bool = setting(False, "Show frames and readings in a window.", option="--display")


@dataclass(frozen=True)
class HistorySettings:
    """[history]: readings kept in files."""

    csv: Path | None = setting(None, "CSV file to append to.", option="--csv", example="readings.csv")
    sqlite: Path | None = setting(None, "SQLite file to append to.", option="--sqlite", example="readings.sqlite")
    max_mb: float = setting(
        50.0, "Most megabytes of each; the oldest readings go.", option="--history-mb", least=0.1, most=MOST_MB
    )


@dataclass(frozen=True)
class PictureSettings:
    """[pictures]: frames with what was read drawn on them."""

    folder: Path | None = setting(
        None, "Folder for a JPEG of every reading that is written.", option="--pictures", example="pictures"
    )
    video: Path | None = setting(None, "AVI file (Motion JPEG) of every frame.", option="--video", example="run.avi")
    max_mb: float = setting(
        250.0, "Most megabytes of each; the oldest pictures go, a video ends.", least=0.1, most=MOST_MB
    )


@dataclass(frozen=True)
class MqttSettings:
    """[mqtt]: readings to a broker; the password comes from password_file or EDGE_DIGITS_MQTT_PASSWORD."""

    host: str | None = setting(None, "Broker; no MQTT where absent.", option="--mqtt-host", example="broker.local")
    port: int | None = setting(
        None, "Port; 1883, with TLS 8883, where absent.", option="--mqtt-port", example=1883, least=1, most=65535
    )
    topic: str = setting("edge-digits", "Topics are TOPIC/NAME/value, raw, json, error and status.")
    name: str = setting("camera", "Name of this device, in topics and in Home Assistant.", option="--mqtt-name")
    user: str | None = setting(None, "User name.", option="--mqtt-user", example="meter")
    password_file: Path | None = setting(None, "File whose first line is the password.", example="/etc/mqtt-password")
    tls: bool = setting(False, "Encrypt, and check the broker's certificate.", option="--mqtt-tls")
    ca_file: Path | None = setting(None, "Certificates to trust; the system's where absent.", example="ca.pem")
    cert_file: Path | None = setting(None, "Certificate of this device.", example="device.pem")
    key_file: Path | None = setting(None, "Key of that certificate.", example="device.key")
    discovery: str = setting("homeassistant", "Home Assistant's discovery prefix; empty for no discovery.")
    queue: Path | None = setting(
        None, "File that keeps readings while the broker is away; in the cache where absent.", example="queue.sqlite"
    )
    queue_mb: float = setting(50.0, "Most megabytes of that file; the oldest readings go.", least=0.1, most=MOST_MB)


@dataclass(frozen=True)
class HttpSettings:
    """[http]: readings and pictures over HTTP; the token comes from token_file or EDGE_DIGITS_HTTP_TOKEN."""

    listen: str | None = setting(
        None, "PORT or HOST:PORT to serve on (127.0.0.1 unless told otherwise).", option="--http", example="8080"
    )
    token_file: Path | None = setting(
        None, "File whose first line is the token, needed beyond 127.0.0.1.", example="/etc/edge-digits-token"
    )
    keep: int = setting(100, "Readings that /readings remembers.", least=1, most=100_000)


@dataclass(frozen=True)
class CollectSettings:
    """[collect]: crops and frames kept for correcting and training."""

    folder: Path | None = setting(None, "Folder to keep them in.", option="--collect", example="collected")
    quota_mb: float = setting(
        250.0, "Most megabytes (10^6 bytes) of the folder.", option="--quota-mb", least=0.1, most=MOST_MB
    )
    below: float = setting(0.9, "Keep digits whose score is below this.", least=0, most=1)
    changes: bool = setting(True, "Keep digits whose label changed since the frame before.")
    every_s: float = setting(600.0, "Keep a sample every so many seconds; 0 for none.", least=0)
    again_s: float = setting(60.0, "Keep the same text of a camera again only after so many seconds.", least=0)
    frames: bool = setting(True, "Keep the whole frame too.")


@dataclass(frozen=True)
class Settings:
    """All settings, one section each."""

    model: ModelSettings = field(default_factory=ModelSettings)
    source: SourceSettings = field(default_factory=SourceSettings)
    camera: CameraSettings = field(default_factory=CameraSettings)
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    voting: VotingSettings = field(default_factory=VotingSettings)
    output: OutputSettings = field(default_factory=OutputSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    pictures: PictureSettings = field(default_factory=PictureSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    collect: CollectSettings = field(default_factory=CollectSettings)
