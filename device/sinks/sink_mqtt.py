"""Readings to an MQTT broker, kept on disk while it is away, with discovery by Home Assistant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from ..errors import UsageError
from ..paths import cache_dir
from ..printable import printable
from ..reading import Reading
from ..secret_files import read_secret
from ..settings.settings import MqttSettings
from ..version import VERSION
from .mqtt_link import Broker, MqttLink
from .mqtt_queue import MqttQueue
from .sink import Event
from .tls_files import TlsFiles

PASSWORD_VARIABLE = "EDGE_DIGITS_MQTT_PASSWORD"  # noqa: S105 - the name of a variable
PORT, TLS_PORT = 1883, 8883


class MqttSink:
    """Puts what each reading says into the queue; a link of its own sends it."""

    name, every, pictures = "MQTT", False, False

    def __init__(self, settings: MqttSettings, *, regions: Sequence[str] = (), say: Callable[[str], None]) -> None:
        """Open the queue and start to connect.

        Args:
            settings: broker, names and queue.
            regions: names of the regions that are read.
            say: is told what is wrong, and when it is right again.

        Raises:
            UsageError: settings that make no sense, or two regions would have one topic.
            ExtraMissingError: paho-mqtt is not installed.
            EdgeDigitsError: the queue cannot be opened.
        """
        _refuse_one_topic_for_two(regions)
        broker = make_broker(settings)
        self._say = say
        self._base = f"{settings.topic}/{settings.name}"
        self._was_error = True  # a retained error of a run before is taken back by the first good reading
        path = settings.queue or cache_dir() / _queue_name(settings.name)
        self.queue = MqttQueue(path, max_bytes=round(settings.queue_mb * 1e6))
        greetings = discovery_messages(settings, device=self.queue.device) if settings.discovery else []
        self.link = MqttLink(broker, self.queue, greetings=greetings, say=say)

    def write(self, events: Sequence[Event]) -> None:
        """Queue the messages of the readings.

        Raises:
            OutputError: the queue's disk is full or gone.
        """
        before = self.queue.lost
        self.queue.put(self._messages([each.reading for each in events]))
        self.link.wake()
        if before == 0 < self.queue.lost:
            self._say(f"MQTT: {self.queue.path} is full ([mqtt] queue_mb); the oldest messages go")

    def close(self) -> None:
        """Send what can be sent at once; the rest stays on disk, and that is said."""
        self.link.close()
        left = len(self.queue)
        self.queue.close()
        if self.queue.lost:
            self._say(f"MQTT: {self.queue.lost} messages went because the queue was full")
        if left:
            self._say(f"MQTT: {left} messages wait in {self.queue.path} for the next run")

    def _messages(self, readings: list[Reading]) -> list[tuple[str, str, bool]]:
        found: list[tuple[str, str, bool]] = []
        next_id = self.queue.next_id()
        for reading in readings:
            for topic, payload, retain in reading_messages(reading, clear_error=self._was_error):
                if topic == "json":
                    # The number that the queue will give this very message, unique together with the queue's own.
                    fields = {"id": f"{self.queue.device}-{next_id + len(found)}", **json.loads(payload)}
                    payload = json.dumps(fields, ensure_ascii=False)
                found.append((f"{self._base}/{topic}", payload, retain))
            self._was_error = reading.error is not None or reading.held_back is not None
        return found


def reading_messages(reading: Reading, *, clear_error: bool) -> Iterator[tuple[str, str, bool]]:
    """Yield what a reading says: the last part of a topic, the payload, and whether the broker keeps it.

    Args:
        reading: what was read.
        clear_error: whether the error topic says something that no longer holds.
    """
    error = reading.error or reading.held_back
    if error is not None:
        yield "error", printable(error), True
    elif clear_error:
        yield "error", "", True
    if reading.error is None:
        yield "raw", reading.text, False
        # A still that is held back is not stable; of a stream the value that is believed holds meanwhile.
        if reading.stable or reading.held is not None:
            yield "value", "\n".join(reading.shown_rows), True
            yield from _region_messages("value", reading, reading.shown_rows, retain=True)
        yield from _region_messages("raw", reading, reading.rows, retain=False)
    yield "json", reading.to_json(), False


def _region_messages(
    topic: str, reading: Reading, texts: Sequence[str], *, retain: bool
) -> Iterator[tuple[str, str, bool]]:
    """Yield what each named region shows, where some were named: "value/NAME"."""
    if len(texts) == len(reading.rois):
        for name, text in zip(reading.rois, texts, strict=True):
            yield f"{topic}/{_topic_level(name)}", text, retain


def _queue_name(name: str) -> str:
    """Return the name of a device's queue file, which no other device's name gives."""
    return f"mqtt-{quote(name, safe='', errors='surrogateescape')}.sqlite"


def _topic_level(name: str) -> str:
    """Return a name as one level of a topic, where only these mean something else (MQTT 5, 4.7 and 1.5.4)."""
    return re.sub(r"[/+#\x00-\x1f\x7f-\x9f]", "_", name)


def _refuse_one_topic_for_two(regions: Sequence[str]) -> None:
    """Raise UsageError where two regions would overwrite each other's value."""
    known: dict[str, str] = {}
    for name in regions:
        first = known.setdefault(_topic_level(name), name)
        if first != name:
            raise UsageError(
                f"[reading] rois: expected an MQTT topic of its own for each region, found {_topic_level(name)} "
                f"for {first} and {name}; rename one"
            )


def make_broker(settings: MqttSettings) -> Broker:
    """Return where and how to connect; the password comes from its file or from the environment.

    Raises:
        UsageError: a file cannot be read, or a password comes without a user.
    """
    assert settings.host is not None
    password = read_secret(settings.password_file, PASSWORD_VARIABLE, what="password")
    if password is not None and settings.user is None:
        raise UsageError("[mqtt] user: expected a user name for the password, found none; give --mqtt-user")
    for key in ("topic", "name"):
        if re.search(r"[+#\0]", getattr(settings, key)) or not getattr(settings, key):
            raise UsageError(f"[mqtt] {key}: expected a name without + and #, found {getattr(settings, key)!r}")
    files = TlsFiles(settings.ca_file, settings.cert_file, settings.key_file)
    if files != TlsFiles() and not settings.tls:
        raise UsageError("[mqtt] tls: expected true together with certificate files, found false; give --mqtt-tls")
    if files.key and not files.cert:
        raise UsageError(f"[mqtt] cert_file: expected the certificate of the key {files.key}, found none")
    if settings.tls:
        files.context()
    tls = files if settings.tls else None
    port = settings.port or (TLS_PORT if settings.tls else PORT)
    status = f"{settings.topic}/{settings.name}/status"
    return Broker(settings.host, port, settings.user, password, tls, status)


def discovery_messages(settings: MqttSettings, *, device: str) -> list[tuple[str, str]]:
    """Return the configuration messages by which Home Assistant finds the value and the error.

    The format is that of Home Assistant's MQTT discovery.

    Args:
        settings: topic, name and discovery prefix.
        device: an identifier that stays.
    """
    base, node = f"{settings.topic}/{settings.name}", f"edge_digits_{device[:12]}"
    about = {
        "identifiers": [node],
        "name": settings.name,
        "manufacturer": "edge_digits",
        "model": "digit reader",
        "sw_version": VERSION,
    }
    common = {"availability_topic": f"{base}/status", "device": about}
    value = {
        "name": "Value",
        "unique_id": f"{node}_value",
        "state_topic": f"{base}/value",
        "json_attributes_topic": f"{base}/json",
        "icon": "mdi:counter",
    }
    error = {
        "name": "Error",
        "unique_id": f"{node}_error",
        "state_topic": f"{base}/error",
        "entity_category": "diagnostic",
        "icon": "mdi:alert-circle-outline",
    }
    return [
        (f"{settings.discovery}/sensor/{node}/{name}/config", json.dumps({**own, **common}))
        for name, own in (("value", value), ("error", error))
    ]
