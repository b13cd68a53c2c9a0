"""Measuring on another machine: over a real sshd on the loopback, and with connections that break."""

import dataclasses
import io
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.command import bench
from benchmarks.measuring_digits import SAMPLE_TEST, load_measuring_digits
from benchmarks.parcel import pack_parcel, remote_path
from benchmarks.remote import Remote, run_remote
from benchmarks.results import BenchResult
from benchmarks.settings import BenchSettings
from benchmarks.subjects import read_subjects
from device.errors import DataError, FitError, SourceError, UsageError
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
needs_runtime = pytest.mark.skipif(not installed_runtimes(), reason="needs a device runtime")
needs_sshd = pytest.mark.skipif(
    SSHD is None or shutil.which("ssh-keygen") is None, reason="needs sshd: apt install openssh-server"
)
QUICK = BenchSettings(
    num_runs=3, min_s=0, warmup_runs=0, rounds=2, runtimes=tuple(installed_runtimes()[:1]), data=SAMPLE_TEST
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_sshd(folder, port):
    """Run an sshd of its own on the loopback that knows one key, with its own files alone."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "authorized").write_text((folder / "user.pub").read_text())
    config = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {folder / 'host'}",
        f"AuthorizedKeysFile {folder / 'authorized'}",
        f"PidFile {folder / 'pid'}",
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "PermitRootLogin yes",
    ]
    (folder / "config").write_text("\n".join(config) + "\n")
    daemon = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "config"], stderr=subprocess.PIPE)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if daemon.poll() is not None:
                pytest.skip(f"sshd does not start here: {daemon.stderr.read().decode()[:200]}")
            time.sleep(0.05)
        yield
    finally:
        daemon.terminate()
        daemon.wait()
        daemon.stderr.close()


@pytest.fixture
def ssh(tmp_path):
    """The command that connects to an sshd of our own."""
    separation = Path("/run/sshd")
    made = os.geteuid() == 0 and not separation.exists()
    if made:
        separation.mkdir(mode=0o755)
    port = free_port()
    options = ["-F", "none", "-p", str(port), "-i", tmp_path / "user", "-o", "StrictHostKeyChecking=no"]
    options += ["-o", f"UserKnownHostsFile={tmp_path / 'known'}", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]
    try:
        with running_sshd(tmp_path, port):
            yield ("ssh", *map(str, options))
    finally:
        if made:
            separation.rmdir()


def fake_ssh(folder, *lines):
    """A program that stands for ssh: it drops what comes before the command, which is in $command."""
    path = folder / "ssh"
    drop = 'while [ "$1" != "--" ]; do shift; done; shift; shift; command="$*"'
    path.write_text("\n".join(["#!/bin/sh", drop, *lines]) + "\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return (str(path),)


def test_without_a_model_to_send_the_reasons_are_said(tmp_path):
    """Also where nothing but errors is."""
    with pytest.raises(DataError, match=r"found none that can be read: .*gone\.tflite"):
        run_remote([tmp_path / "gone.tflite"], Remote("pi"), settings=QUICK, report=lambda line: None)


@pytest.mark.parametrize("data", [None, SAMPLE_TEST])
def test_the_other_side_knows_whether_the_digits_were_named(tmp_path, data):
    """They are sent in any case, and tell nothing of models of other things unless they were named for them."""
    ssh = fake_ssh(tmp_path, "cat > /dev/null", f'echo "$command" > {tmp_path / "command"}', "exit 1")
    settings = dataclasses.replace(QUICK, data=data)
    with pytest.raises(FitError):
        run_remote([DEFAULT_MODEL], Remote("pi", ssh=ssh), settings=settings, report=lambda line: None)
    command = (tmp_path / "command").read_text()
    assert ("--data digits.npz" in command, "EDGE_DIGITS_DATA=digits.npz" in command) == (bool(data), not data)


@needs_sshd
@needs_runtime
def test_a_model_is_measured_over_a_real_sshd(ssh, tmp_path, monkeypatch):
    """The result is that of the other side, on the digits of this one, and nothing stays there."""
    monkeypatch.setenv("EDGE_DIGITS_DATA", str(Path("benchmarks/assets/mnist_sample_test.npz").resolve()))
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    out = tmp_path / "out.json"
    quick = ["--num-runs", "3", "--min-secs", "0", "--warmup-runs", "0", "--rounds", "1"]
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\npwd > {tmp_path / "where"}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    done = CliRunner().invoke(
        bench,
        [
            str(DEFAULT_MODEL),
            *("--remote", f"{user}@127.0.0.1", "--remote-python", str(python), "--ssh", " ".join(ssh)),
            *("--runtime", installed_runtimes()[0], "--json", str(out), *quick),
        ],
    )
    assert done.exit_code == 0, done.output
    (row,) = BenchResult.from_json(out.read_bytes()).rows
    assert row.model == DEFAULT_MODEL.name
    assert row.accuracy is not None
    assert (row.accuracy.n, "mnist_sample_test.npz" in row.data_source) == (2000, True)
    assert f"{user}@127.0.0.1: round 1 of 1: {DEFAULT_MODEL.name}" in done.stderr
    assert not Path((tmp_path / "where").read_text().strip()).exists()


@needs_sshd
@needs_runtime
def test_a_connection_cut_in_the_middle_leaves_results_here_and_nothing_there(ssh, tmp_path):
    """With ssh killed during the second process, the first one's figures are kept and the folder there goes away."""
    client, python = tmp_path / "client", tmp_path / "python"
    client.write_text(f'#!/bin/sh\necho $$ > {tmp_path / "client.pid"}\nexec "$@"\n')
    python.write_text(f'#!/bin/sh\npwd > {tmp_path / "where"}\nexec {sys.executable} "$@"\n')
    for script in (client, python):
        script.chmod(0o755)
    said = []

    def cut_at_the_second(line):
        said.append(line)
        if " round " in line and sum(" round " in each for each in said) == 2:
            os.kill(int((tmp_path / "client.pid").read_text()), signal.SIGKILL)

    remote = Remote("127.0.0.1", str(python), (str(client), *ssh))
    settings = dataclasses.replace(QUICK, rounds=20)
    result = run_remote([DEFAULT_MODEL], remote, settings=settings, report=cut_at_the_second)
    assert result.stopped_by == "connection"
    assert result.rows[0].latency is not None
    assert 1 <= len(result.rows[0].latency.round_medians_s) < 20
    folder = Path((tmp_path / "where").read_text().strip())
    for _ in range(300):
        if not folder.exists():
            break
        time.sleep(0.1)
    assert not folder.exists()


def test_a_program_that_is_not_there_is_a_usage_error():
    """Without ssh the line says what is missing."""
    with pytest.raises(UsageError, match="--ssh: expected a program"):
        run_remote([DEFAULT_MODEL], Remote("pi", ssh=("nosuchssh",)), settings=QUICK, report=lambda line: None)


@needs_sshd
def test_no_sshd_is_said_in_one_line(ssh, tmp_path):
    """Where nothing answers, the exit code is 5 and the line is ssh's own reason."""
    nowhere = ("ssh", "-F", "none", "-p", str(free_port()), "-o", "BatchMode=yes")
    with pytest.raises(SourceError, match=r"expected to connect by ssh, found: .*refused"):
        run_remote([DEFAULT_MODEL], Remote("127.0.0.1", ssh=nowhere), settings=QUICK, report=lambda line: None)


@needs_runtime
def test_what_was_measured_before_the_connection_broke_is_kept(tmp_path):
    """A connection that ends after the first process gives that process's figures, marked incomplete."""
    ssh = fake_ssh(tmp_path, 'sh -c "$command" | head -n 1', "exit 255")
    lines = []
    result = run_remote([DEFAULT_MODEL], Remote("pi", sys.executable, ssh), settings=QUICK, report=lines.append)
    assert (result.complete, result.stopped_by) == (False, "connection")
    assert result.rows[0].latency is not None
    assert len(result.rows[0].latency.round_medians_s) == 1
    assert any("connection broke" in line for line in lines)


@needs_runtime
def test_a_broken_connection_is_exit_code_5_after_writing(tmp_path):
    """The command writes what it has and then says that it is not all."""
    (ssh,) = fake_ssh(tmp_path, 'sh -c "$command" | head -n 1', "exit 255")
    out = tmp_path / "out.json"
    quick = ["--num-runs", "3", "--min-secs", "0", "--warmup-runs", "0", "--rounds", "2"]
    place = ["--remote", "pi", "--ssh", ssh, "--remote-python", sys.executable]
    done = CliRunner().invoke(bench, [str(DEFAULT_MODEL), *place, *quick, "--json", str(out)])
    assert done.exit_code == 5, done.output
    assert BenchResult.from_json(out.read_bytes()).stopped_by == "connection"


@needs_runtime
@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_stop_keeps_what_came_from_the_other_side(tmp_path, stop, code):
    """A signal while the other side measures writes what has come, and the exit code is that of the signal."""
    (ssh,) = fake_ssh(tmp_path, 'sh -c "$command"')
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "benchmarks", str(DEFAULT_MODEL), "--remote", "pi", "--ssh", ssh]
    command += [
        "--remote-python",
        sys.executable,
        "--num-runs",
        "3",
        "--min-secs",
        "0",
        "--rounds",
        "50",
        "--json",
        str(out),
    ]
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which these tests may have been started to ignore
    child = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    signal.signal(signal.SIGHUP, before)
    assert child.stderr is not None
    # The line about a process is said after the result of the one before it was sent.
    rounds = (line for line in child.stderr if b" round " in line)
    for _ in range(4):
        assert next(rounds)
    if stop is signal.SIGINT:  # a terminal sends it to all, a supervisor its SIGTERM to the one it started
        os.killpg(child.pid, stop)
    else:
        os.kill(child.pid, stop)
    child.stderr.read()
    child.stderr.close()
    assert child.wait() == code
    assert BenchResult.from_json(out.read_bytes()).stopped_by == stop.name


def test_a_machine_without_what_is_needed_is_said(tmp_path):
    """What the other side says last is told, with its exit code."""
    ssh = fake_ssh(tmp_path, "echo 'no such Python' >&2", "exit 127")
    with pytest.raises(FitError, match=r"pi: the benchmark there ended with exit code 127 .*: no such Python"):
        run_remote([DEFAULT_MODEL], Remote("pi", ssh=ssh), settings=QUICK, report=lambda line: None)


@pytest.mark.parametrize("host", ["", "-oProxyCommand=touch /tmp/x"])
def test_a_host_that_is_an_option_is_refused(host):
    """What begins with a dash would be an option of ssh."""
    with pytest.raises(UsageError, match="--remote"):
        run_remote([DEFAULT_MODEL], Remote(host), settings=QUICK, report=lambda line: None)


def test_a_parcel_holds_what_is_needed_and_no_more(tmp_path):
    """Two models of one name lie apart; of the folders the code goes along, and the networks that read with any."""
    paths = [tmp_path / name / "m.tflite" for name in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(DEFAULT_MODEL.read_bytes() if path.parent.name == "a" else b"\x1c\0\0\0TFL3" + bytes(99))
    subjects, _ = read_subjects(paths)
    with tarfile.open(fileobj=io.BytesIO(pack_parcel(subjects, load_measuring_digits(None), None))) as parcel:
        names = parcel.getnames()
    assert {
        "device/cli.py",
        "device/assets/context_float16.tflite",
        "device/assets/touching_float16.tflite",
        "benchmarks/worker.py",
        "digits.npz",
        *map(remote_path, subjects),
    } <= set(names)
    assert len({remote_path(subject) for subject in subjects}) == 2
    assert not [name for name in names if "__pycache__" in name or ".." in name or name.startswith("/")]
