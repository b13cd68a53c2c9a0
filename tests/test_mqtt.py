"""MQTT against a real Mosquitto: nothing lost, nothing out of order, whatever becomes of the broker."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device.errors import DataError, OutputError, UsageError
from device.reading import ReadDigit, Reading
from device.settings.settings import MqttSettings
from device.sinks.mqtt_queue import MqttQueue
from device.sinks.sink import Event
from device.sinks.sink_mqtt import MqttSink, discovery_messages, make_broker, reading_messages

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
needs_broker = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed (apt install mosquitto)")


def reading(number: int) -> Reading:
    digits = tuple(ReadDigit(mark, 0.9, (0, 0, 9, 9)) for mark in f"{number:04d}")
    return Reading("camera:0", number, 1_700_000_000.0 + number, digits, held=f"{number:04d}")


class Mosquitto:
    """Runs a broker that keeps its sessions, and can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        folder.mkdir()
        folder.chmod(0o777)
        self.lines = [f"listener {self.port} 127.0.0.1", "persistence true", f"persistence_location {folder}/"]
        self.lines += ["autosave_on_changes true", "autosave_interval 1", "user root", "max_queued_messages 0"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join([*self.lines, *(more or ["allow_anonymous true"])]) + "\n")
        assert MOSQUITTO
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers)

    def kill(self, number: int = signal.SIGKILL) -> None:
        if self._process:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None

    def save(self) -> None:
        """Write sessions to disk, which SIGKILL would not."""
        assert self._process
        self._process.send_signal(signal.SIGUSR1)
        wait_until((self.folder / "mosquitto.db").exists)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def wait_until(true: Callable[[], bool], *, limit_s: float = 60) -> None:
    deadline_s = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline_s, "it does not happen"
        time.sleep(0.02)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "broker")
    yield broker
    broker.kill()


class Subscriber:
    """Subscribes durably and keeps what comes."""

    def __init__(self, port: int, topic: str) -> None:
        import paho.mqtt.client as paho

        self.messages: list[tuple[str, str]] = []
        self._subscribed = False
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="reader", clean_session=False)
        self._client.reconnect_delay_set(0.1, 0.1)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: setattr(self, "_subscribed", True)
        self._client.on_message = lambda _client, _data, message: self.messages.append(
            (message.topic.rpartition("/")[2], message.payload.decode())
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        wait_until(lambda: self._subscribed)

    def of(self, topic: str) -> list[str]:
        return [payload for name, payload in self.messages if name == topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def settings(port: int, tmp_path: Path, **more: object) -> MqttSettings:
    return MqttSettings(host="127.0.0.1", port=port, name="meter", queue=tmp_path / "queue.sqlite", **more)


@needs_broker
def test_readings_arrive_on_their_topics(broker: Mosquitto, tmp_path: Path) -> None:
    """value, raw and json for each reading, error when there is one, status online and then offline, discovery."""
    broker.start()
    subscriber = Subscriber(broker.port, "#")
    sink = MqttSink(settings(broker.port, tmp_path), say=pytest.fail)
    sink.write([Event(reading(1)), Event(Reading("camera:0", 2, 0.0, error="no picture")), Event(reading(3))])
    wait_until(lambda: len(subscriber.of("json")) == 3)
    sink.close()
    wait_until(lambda: subscriber.of("status") == ["online", "offline"])
    subscriber.close()
    assert subscriber.of("value") == subscriber.of("raw") == ["0001", "0003"]
    assert subscriber.of("error") == ["", "no picture", ""]
    first = json.loads(subscriber.of("json")[0])
    assert (first["text"], first["schema"]) == ("0001", "edge-digits.reading/1")
    assert [json.loads(each)["name"] for each in subscriber.of("config")] == ["Value", "Error"]


@needs_broker
def test_nothing_is_lost_when_the_broker_is_killed_in_mid_stream(broker: Mosquitto, tmp_path: Path) -> None:
    """Killed twice without warning and started again: every reading arrives, in order, once per id."""
    broker.start()
    subscriber = Subscriber(broker.port, "edge-digits/meter/json")
    broker.save()
    said: list[str] = []
    sink = MqttSink(settings(broker.port, tmp_path, discovery=""), say=said.append)
    for number in range(400):
        if number in (100, 250):
            wait_until(lambda least=number - 60: len(subscriber.messages) > least)
            broker.kill()
        if number in (180, 300):
            broker.start()
        sink.write([Event(reading(number))])
    first_seen: dict[str, str] = {}
    wait_until(lambda: len({json.loads(each)["id"] for each in subscriber.of("json")}) == 400)
    for each in subscriber.of("json"):
        fields = json.loads(each)
        first_seen.setdefault(fields["id"], fields["text"])
    wait_until(lambda: len(sink.queue) == 0)
    sink.close()
    subscriber.close()
    assert [*first_seen.values()] == [f"{number:04d}" for number in range(400)]
    assert [line.rpartition(" ")[2] for line in said] == ["back", "waiting"] * 2


@needs_broker
def test_what_was_not_sent_is_sent_by_the_next_run(broker: Mosquitto, tmp_path: Path) -> None:
    """The queue outlives the program; numbers go on where they ended."""
    said: list[str] = []
    sink = MqttSink(settings(broker.port, tmp_path), say=said.append)
    sink.write([Event(reading(1)), Event(reading(2))])
    wait_until(lambda: bool(said))
    sink.close()
    assert "readings are kept on disk until it is back" in said[0]
    assert said[1:] == [f"MQTT: 7 messages wait in {tmp_path / 'queue.sqlite'} for the next run"]
    broker.start()
    subscriber = Subscriber(broker.port, "edge-digits/meter/json")
    sink = MqttSink(settings(broker.port, tmp_path), say=pytest.fail)
    sink.write([Event(reading(3))])
    wait_until(lambda: len(subscriber.messages) == 3)
    sink.close()
    subscriber.close()
    fields = [json.loads(each) for each in subscriber.of("json")]
    assert [each["text"] for each in fields] == ["0001", "0002", "0003"]
    numbers = [int(each["id"].rpartition("-")[2]) for each in fields]
    assert numbers == sorted(set(numbers))


@needs_broker
def test_a_broker_that_refuses_is_said_and_asked_again(broker: Mosquitto, tmp_path: Path) -> None:
    """A wrong password is one line; the right one, from a file, is let in."""
    (tmp_path / "users").touch()
    subprocess.run(["mosquitto_passwd", "-b", tmp_path / "users", "me", "right"], check=True)
    (tmp_path / "users").chmod(0o644)
    broker.start("allow_anonymous false", f"password_file {tmp_path}/users")
    said: list[str] = []
    (tmp_path / "password").write_text("wrong\n")
    given = settings(broker.port, tmp_path, user="me", password_file=tmp_path / "password")
    sink = MqttSink(given, say=said.append)
    sink.write([Event(reading(1))])
    wait_until(lambda: bool(said))
    sink.close()
    assert "refuses: Not authorized; check user and password" in said[0]
    (tmp_path / "password").write_text("right\n")
    sink = MqttSink(given, say=pytest.fail)
    wait_until(lambda: len(sink.queue) == 0)
    sink.close()


@needs_broker
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates and is not installed")
@pytest.mark.filterwarnings(
    "ignore:.*SSLSocket:pytest.PytestUnraisableExceptionWarning"
)  # paho drops a failed one open
def test_tls_checks_the_brokers_certificate(broker: Mosquitto, tmp_path: Path) -> None:
    """A certificate that nobody trusts is refused; one that the given file trusts is taken."""
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    make += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*make, "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True, capture_output=True
    )
    broker.start("allow_anonymous true", f"certfile {tmp_path}/cert.pem", f"keyfile {tmp_path}/key.pem")
    said: list[str] = []
    sink = MqttSink(settings(broker.port, tmp_path, tls=True), say=said.append)
    sink.write([Event(reading(1))])
    wait_until(lambda: bool(said))
    sink.close()
    assert "certificate verify failed" in said[0]
    sink = MqttSink(settings(broker.port, tmp_path, tls=True, ca_file=tmp_path / "cert.pem"), say=pytest.fail)
    wait_until(lambda: len(sink.queue) == 0)
    sink.close()


@needs_broker
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts handles as Linux shows them")
def test_broken_connections_leave_no_handles(broker: Mosquitto, tmp_path: Path) -> None:
    """None waits for a collection of garbage, which may be long in coming."""
    import gc

    def open_handles() -> int:
        return len([*Path("/proc/self/fd").iterdir()])

    sink = MqttSink(settings(broker.port, tmp_path), say=lambda line: None)
    counts = []
    gc.disable()
    try:
        for _ in range(4):
            broker.start()
            wait_until(lambda: sink.link.connected)
            broker.kill()
            wait_until(lambda: not sink.link.connected)
            counts.append(open_handles())
    finally:
        gc.enable()
    sink.close()
    assert counts[-1] <= counts[0] + 2, "paho has two, which the next connection takes the place of"


@needs_broker
def test_a_full_disk_breaks_no_connection(broker: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the broker has confirmed is forgotten when there is room again; until then it is not sent over and over."""
    broker.start()
    subscriber = Subscriber(broker.port, "#")
    sink = MqttSink(settings(broker.port, tmp_path, discovery=""), say=pytest.fail)
    tries: list[int] = []

    def confirm(ids: list[int]) -> None:
        tries.append(len(ids))
        raise OutputError("database or disk is full")

    with monkeypatch.context() as full:
        full.setattr(sink.queue, "confirm", confirm)
        sink.write([Event(reading(1))])
        wait_until(lambda: len(tries) > 5)
        assert len(subscriber.of("json")) == 1
    wait_until(lambda: len(sink.queue) == 0)
    sink.close()
    subscriber.close()
    assert len(subscriber.of("json")) == 1


def test_a_queue_survives_and_has_a_limit(tmp_path: Path) -> None:
    """The oldest messages go, counted; the file stays under its limit."""
    queue = MqttQueue(tmp_path / "q.sqlite", max_bytes=200_000)
    for number in range(100):
        queue.put([("t", f"{number} " + "x" * 4000, False)])
    kept = queue.after(0, most=1000)
    assert (tmp_path / "q.sqlite").stat().st_size <= 200_000
    assert len(kept) + queue.lost == 100
    assert kept[-1].payload.startswith("99 ")
    assert [each.id for each in kept] == list(range(101 - len(kept), 101))
    queue.close()


def test_a_queue_that_is_deleted_is_begun_anew(tmp_path: Path) -> None:
    """What waited in it is gone; what comes is kept, with numbers that go on, for those who read behind one."""
    queue = MqttQueue(tmp_path / "q.sqlite", max_bytes=200_000)
    queue.put([("t", "a", False), ("t", "b", False)])
    device = queue.device
    queue.path.unlink()
    assert queue.next_id() == 3
    queue.put([("t", "c", False)])
    assert [(each.id, each.payload) for each in queue.after(2, most=9)] == [(3, "c")]
    queue.close()
    again = MqttQueue(tmp_path / "q.sqlite", max_bytes=200_000)
    assert (again.device, len(again), again.next_id()) == (device, 1, 4)
    again.close()


def test_many_readings_at_once_fit_in_a_small_queue(tmp_path: Path) -> None:
    """After a pause the newest of hundreds are kept; none is refused because there was room for the first alone."""
    queue = MqttQueue(tmp_path / "q.sqlite", max_bytes=100_000)
    queue.put([("t", f"{number} " + "x" * 700, False) for number in range(1500)])
    kept = queue.after(0, most=2000)
    assert kept[-1].payload.startswith("1499 ")
    assert len(kept) + queue.lost == 1500
    queue.close()


def test_a_full_queue_is_said(tmp_path: Path) -> None:
    """Once when it begins to lose the oldest, and how many in the end."""
    said: list[str] = []
    sink = MqttSink(settings(1, tmp_path, queue_mb=0.1), say=said.append)
    for number in range(300):
        sink.write([Event(reading(number))])
    sink.close()
    assert [line for line in said if "is full" in line] == [
        f"MQTT: {sink.queue.path} is full ([mqtt] queue_mb); the oldest messages go"
    ]
    assert f"MQTT: {sink.queue.lost} messages went because the queue was full" in said


def test_two_runs_never_share_a_queue(tmp_path: Path) -> None:
    """They would send each other's messages."""
    queue = MqttQueue(tmp_path / "q.sqlite", max_bytes=100_000)
    with pytest.raises(UsageError, match="another run uses this queue"):
        MqttQueue(tmp_path / "q.sqlite", max_bytes=100_000)
    queue.close()
    (tmp_path / "text.sqlite").write_text("no database" * 1000)
    with pytest.raises(DataError, match="expected a queue of messages"):
        MqttQueue(tmp_path / "text.sqlite", max_bytes=100_000)


def test_each_device_has_a_queue_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that differ in an umlaut or a space alone run side by side; a plain one is in its file's name."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    names = ("küche", "köche", "a b", "a_b", "a/b")
    sinks = [MqttSink(MqttSettings(host="127.0.0.1", port=1, name=name), say=lambda line: None) for name in names]
    for sink in sinks:
        sink.close()
    assert {sink.queue.path.parent for sink in sinks} == {tmp_path / "edge-digits"}
    assert sinks[3].queue.path.name == "mqtt-a_b.sqlite"


def test_an_unstable_reading_gives_no_value_of_its_own() -> None:
    """Value is the text that holds; raw is what this frame showed."""
    unstable = Reading("c", 1, 0.0, (ReadDigit("9", 0.5, (0, 0, 1, 1)),), stable=False, held="7")
    topics = {topic: payload for topic, payload, _ in reading_messages(unstable, clear_error=False)}
    assert (topics["value"], topics["raw"]) == ("7", "9")
    none_yet = Reading("c", 1, 0.0, (ReadDigit("9", 0.5, (0, 0, 1, 1)),), stable=False)
    assert "value" not in {topic for topic, _, _ in reading_messages(none_yet, clear_error=False)}


def test_what_is_held_back_keeps_no_other_region_from_its_value() -> None:
    """Of a stream the last value believed holds; a picture of which one is held back has none."""
    digits = (ReadDigit("9", 0.9, (0, 0, 1, 1), roi="a"), ReadDigit("4", 0.9, (0, 0, 1, 1), roi="b"))
    doubted = Reading("c", 1, 0.0, digits, rois=("a", "b"), stable=False, held_back="b: fell from 5 to 4")
    told = [*reading_messages(replace(doubted, held="9\n5"), clear_error=False)]
    topics = {topic: payload for topic, payload, _ in told}
    assert (topics["value/a"], topics["value/b"], topics["error"]) == ("9", "5", "b: fell from 5 to 4")
    assert not any(topic.startswith("value") for topic, _, _ in reading_messages(doubted, clear_error=False))


def test_named_regions_have_topics_of_their_own() -> None:
    """Below value and raw, by their names."""
    digits = (ReadDigit("4", 0.9, (0, 0, 1, 1), roi="gas"), ReadDigit("7", 0.9, (9, 0, 1, 1), roi="hot/water"))
    both = Reading("c", 1, 0.0, digits, rois=("gas", "hot/water"), held="3\n7")
    topics = {topic: payload for topic, payload, _ in reading_messages(both, clear_error=False)}
    assert (topics["value"], topics["value/gas"], topics["raw/gas"]) == ("3\n7", "3", "4")
    assert topics["value/hot_water"] == topics["raw/hot_water"] == "7"


def test_regions_keep_their_names_in_topics() -> None:
    """Umlauts and spaces are no reason for two regions to share one."""
    names = ("ä", "ö", "a b", "a_b", "a.b")
    both = Reading("c", 1, 0.0, rois=names, held="1\n2\n3\n4\n5")
    topics = {topic: payload for topic, payload, _ in reading_messages(both, clear_error=False)}
    assert [topics[f"value/{name}"] for name in names] == ["1", "2", "3", "4", "5"]


def test_two_regions_with_one_topic_are_refused(tmp_path: Path) -> None:
    """One would overwrite the other; nothing is begun."""
    with pytest.raises(UsageError, match="found a_b for a/b and a_b; rename one"):
        MqttSink(settings(1, tmp_path), regions=["a/b", "a_b"], say=pytest.fail)
    assert [*tmp_path.iterdir()] == []


def test_the_value_of_a_picture_has_the_form_of_a_cameras() -> None:
    """Rows are apart by a line feed, and each named region has its topic, also where nothing is voted on."""
    digits = (ReadDigit("4", 0.9, (0, 0, 1, 1), row=0, roi="gas"), ReadDigit("7", 0.9, (9, 0, 1, 1), row=1, roi="hot"))
    picture = Reading("a.png", 0, 0.0, digits, rois=("gas", "empty", "hot"))
    topics = {topic: payload for topic, payload, _ in reading_messages(picture, clear_error=False)}
    assert (topics["value"], topics["raw"]) == ("4\n\n7", "47")
    assert [topics[f"value/{name}"] for name in picture.rois] == ["4", "", "7"]
    rows = {topic: payload for topic, payload, _ in reading_messages(replace(picture, rois=()), clear_error=False)}
    assert (rows["value"], rows["raw"]) == ("4\n7", "47")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"topic": "a/#"}, "without \\+ and #"),
        ({"name": ""}, "expected a name"),
        ({"ca_file": Path("x.pem")}, "expected true together with certificate files"),
        ({"tls": True, "ca_file": Path("no.pem")}, "no.pem: expected a PEM certificate.*No such file"),
        ({"tls": True, "ca_file": Path(__file__)}, "expected a PEM certificate.*NO_CERTIFICATE"),
        ({"tls": True, "cert_file": Path(__file__)}, "expected a PEM certificate"),
        ({"tls": True, "key_file": Path("k.pem")}, "expected the certificate of the key k.pem"),
        ({"password_file": Path("no-file")}, "expected a file with the password"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object], said: str) -> None:
    """One line each, before anything connects."""
    with pytest.raises(UsageError, match=said):
        make_broker(MqttSettings(host="h", **wrong))


def test_discovery_names_the_topics() -> None:
    """Home Assistant is told where value, error and availability are."""
    messages = discovery_messages(MqttSettings(host="h", name="meter"), device="0123456789abcdef")
    topics = [topic for topic, _ in messages]
    assert topics[0] == "homeassistant/sensor/edge_digits_0123456789ab/value/config"
    config = json.loads(messages[0][1])
    assert (config["state_topic"], config["availability_topic"]) == (
        "edge-digits/meter/value",
        "edge-digits/meter/status",
    )
