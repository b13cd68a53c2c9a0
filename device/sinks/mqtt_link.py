"""The connection to an MQTT broker: sends what the queue holds, in order, until the broker has confirmed it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..errors import ExtraMissingError, OutputError, one_line
from .mqtt_queue import MqttQueue
from .tls_files import TlsFiles

MOST_IN_FLIGHT = 20
FIRST_PAUSE_S, MOST_PAUSE_S = 0.5, 10.0
CONNECT_S = 5.0
KEEPALIVE_S = 30
CLOSING_S = 0.6
_LOOP_S = 0.1


@dataclass(frozen=True)
class Broker:
    """Where and how to connect.

    Attributes:
        host: name or address.
        port: number.
        user: user name, or None.
        password: its password, or None.
        tls: certificates, or None for no TLS.
        status_topic: where "online" and the last will "offline" go.
    """

    host: str
    port: int
    user: str | None
    password: str | None
    tls: TlsFiles | None
    status_topic: str

    def __str__(self) -> str:
        """Return how messages call it."""
        return f"MQTT broker {self.host}:{self.port}"


class MqttLink:
    """A thread that keeps connected and empties the queue.

    Every connection starts with a new client at the first message that no broker has confirmed, so messages arrive in
    order; after a break some come a second time, with the same number.
    """

    def __init__(
        self, broker: Broker, queue: MqttQueue, *, greetings: list[tuple[str, str]], say: Callable[[str], None]
    ) -> None:
        """Start the thread.

        Args:
            broker: where to connect.
            queue: what to send.
            greetings: retained messages (topic, payload) to send after every connecting.
            say: is told, once per change of state, that the broker is away or back.

        Raises:
            ExtraMissingError: paho-mqtt is not installed.
        """
        try:
            import paho.mqtt.client
        except ModuleNotFoundError as cause:
            raise ExtraMissingError("MQTT needs paho-mqtt; pip install 'edge-digits[mqtt]'") from cause
        self._paho: Any = paho.mqtt.client
        self._broker, self._queue, self._greetings, self._say = broker, queue, greetings, say
        self._news, self._stop = threading.Event(), threading.Event()
        self.connected = False
        self._confirmed: list[int] = []
        self._away: bool | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Tell that the queue has got something."""
        self._news.set()

    def close(self) -> None:
        """Send what can be sent in half a second, say goodbye and end; the rest stays in the queue."""
        self._stop.set()
        self._thread.join(timeout=CLOSING_S + 0.2)

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            connection: _Connection | None = None
            try:
                connection = _Connection(self._paho, self._broker)
                self._serve(connection)
            except Exception as cause:  # noqa: BLE001 - sockets and TLS raise anything, and the next attempt may do better
                self._go_away((connection and connection.refusal) or one_line(cause))
            if connection and connection.is_open:
                pause_s = FIRST_PAUSE_S
            self.connected = False
            self._stop.wait(pause_s)
            pause_s = min(2 * pause_s, MOST_PAUSE_S)

    def _serve(self, connection: _Connection) -> None:
        """Connect and send until the program ends.

        Raises:
            OSError: the connection failed or broke.
        """
        try:
            connection.connect()
            self._come_back()
            connection.say(self._broker.status_topic, "online")
            for topic, payload in self._greetings:
                connection.say(topic, payload)
            self._news.set()
            while not self._stop.is_set():
                self._send(connection)
            deadline_s = time.monotonic() + CLOSING_S
            while time.monotonic() < deadline_s and (connection.flying or self._news.is_set()):
                self._send(connection)
            connection.say(self._broker.status_topic, "offline")
        finally:
            self._confirm(connection)
            connection.close()

    def _send(self, connection: _Connection) -> None:
        room = MOST_IN_FLIGHT - len(connection.flying)
        if room and self._news.is_set():
            self._news.clear()
            messages = self._queue.after(connection.last_id, most=room)
            for message in messages:
                connection.send(message.id, message.topic, message.payload, retain=message.retain)
            if len(messages) == room:
                self._news.set()
        # A full flight waits for confirmations, news for room; only an idle link waits for long.
        connection.loop(_LOOP_S if not self._news.is_set() or len(connection.flying) == MOST_IN_FLIGHT else 0.0)
        self._confirm(connection)

    def _confirm(self, connection: _Connection) -> None:
        """Let the queue forget what the broker has confirmed; on a full disk, of which the sink tells, that waits."""
        self._confirmed += connection.take_confirmed()
        if self._confirmed:
            with suppress(OutputError):
                self._queue.confirm(self._confirmed)
                self._confirmed = []

    def _go_away(self, reason: str) -> None:
        if self._away is not True and not self._stop.is_set():
            self._say(f"{self._broker}: {reason}; readings are kept on disk until it is back")
            self._away = True

    def _come_back(self) -> None:
        self.connected = True
        if self._away:
            self._say(f"{self._broker}: back, {len(self._queue)} messages waiting")
        self._away = False


class _Connection:
    """One connection, from connecting to its break."""

    def __init__(self, paho: Any, broker: Broker) -> None:
        self._paho, self._broker = paho, broker
        self.flying: dict[int, int] = {}
        self._confirmed: list[int] = []
        self.last_id = 0
        self.is_open = False
        self.refusal: str | None = None
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, clean_session=True)
        self._client.max_inflight_messages_set(0)
        self._client.connect_timeout = CONNECT_S
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.will_set(broker.status_topic, "offline", qos=1, retain=True)
        if broker.user is not None:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.tls is not None:
            self._client.tls_set_context(broker.tls.context())  # anew, because certificates are renewed

    def connect(self) -> None:
        """Connect and wait for the broker's consent.

        Raises:
            OSError: nobody answers, or the broker refuses.
        """
        self._client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        deadline_s = time.monotonic() + CONNECT_S
        while not self.is_open:
            self.loop(_LOOP_S)
            if self.refusal or time.monotonic() > deadline_s:
                self.refusal = self.refusal or f"no answer within {CONNECT_S:.0f} s"
                raise OSError(self.refusal)

    def say(self, topic: str, payload: str) -> None:
        """Send a retained message that no queue holds."""
        self._client.publish(topic, payload, qos=1, retain=True)

    def send(self, message_id: int, topic: str, payload: str, *, retain: bool) -> None:
        """Send a message and remember it until it is confirmed."""
        self.flying[self._client.publish(topic, payload, qos=1, retain=retain).mid] = message_id
        self.last_id = message_id

    def loop(self, wait_s: float) -> None:
        """Read and write what there is, waiting so long for something to read.

        Raises:
            OSError: the connection broke.
        """
        code = self._client.loop(timeout=wait_s)
        if code != self._paho.MQTT_ERR_SUCCESS:
            raise OSError(self.refusal or f"the connection broke ({self._paho.error_string(code)})")

    def take_confirmed(self) -> list[int]:
        """Return the messages confirmed since the last call."""
        confirmed, self._confirmed = self._confirmed, []
        return confirmed

    def close(self) -> None:
        """Say goodbye and let go of the sockets, of which paho keeps a pair until nobody refers to the client."""
        self._client.disconnect()
        self._client.on_connect = self._client.on_publish = None

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.refusal = f"it refuses: {reason}; check user and password"
        else:
            self.is_open = True

    def _on_publish(self, _client: Any, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        if mid in self.flying:
            self._confirmed.append(self.flying.pop(mid))
