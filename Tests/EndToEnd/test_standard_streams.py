"""Standard input, output and error that are closed, full, or read by nobody: none of it holds a server up."""

import contextlib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import stack


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state") / "demo"
    subprocess.run(
        [stack.SESSIONGATE, "init", folder],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=30,
    )
    return folder


@contextlib.contextmanager
def serving(state, prepare=None, **streams):
    """A server, and the ports of its listeners."""
    ports = stack.free_ports(["data", "admin"])
    process = subprocess.Popen(
        [stack.SESSIONGATE, "serve", "--config", state / "sessiongate.yaml"],
        env={
            **os.environ,
            "SESSIONGATE_SERVER_LISTEN": f"127.0.0.1:{ports['data']}",
            "SESSIONGATE_SERVER_ADMIN": f"127.0.0.1:{ports['admin']}",
            "SESSIONGATE_SERVER_EVENT_LOOPS": "2",
        },
        preexec_fn=prepare,
        **streams,
    )
    try:
        deadline = time.monotonic() + 20
        while stack.http_status(f"http://127.0.0.1:{ports['admin']}/readyz") != 200:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        yield process, ports
    finally:
        process.kill()
        process.wait()


def ends(process, number=signal.SIGTERM):
    process.send_signal(number)
    return process.wait(15)


def check(port, request_id="r"):
    """A check with bad credentials, which is refused and logged."""
    http = {"id": request_id, "method": "GET", "path": "/w/api.php", "headers": {"authorization": "Bearer x"}}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/envoy.service.auth.v3.Authorization/Check",
        data=json.dumps({"attributes": {"request": {"http": http}}}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.status


def dropped(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return int(
            re.search(
                r"^sessiongate_log_lines_dropped_total (\d+)$",
                answer.read().decode(),
                re.MULTILINE,
            )[1]
        )


def full_pipe():
    """A pipe that has no room left."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    return reading, writing


def test_a_full_pipe_at_standard_error_holds_nothing_up(state):
    reading, writing = full_pipe()
    with serving(state, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writing) as (process, ports):
        start = time.monotonic()
        for number in range(200):
            assert check(ports["data"], f"{number}-" + "x" * 60_000) == 200
        assert time.monotonic() - start < 20
        assert stack.http_status(f"http://127.0.0.1:{ports['admin']}/healthz") == 200
        assert ends(process) == 0
        assert time.monotonic() - start < 40
    os.close(reading)
    os.close(writing)


def test_lines_are_bounded_whatever_the_wire_brings(state, tmp_path):
    log = tmp_path / "log"
    with (
        open(log, "wb") as file,
        serving(state, stdout=subprocess.DEVNULL, stderr=file) as (process, ports),
    ):
        assert check(ports["data"], "a" * 60_000) == 200
        assert ends(process) == 0
    lines = log.read_text().splitlines()
    refused = [line for line in lines if " refused " in line]
    assert len(refused) == 1 and "id=" + "a" * 128 + "…" in refused[0]
    assert all(len(line) < 6000 for line in lines)
    assert lines[-1].endswith(" stopped"), "what is queued is written at the end"


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_full_standard_output_blocks_neither_the_start_nor_signals(state, kind, tmp_path):
    reading, writing = (
        full_pipe() if kind == "pipe" else (os.open("/dev/null", os.O_RDONLY), os.open("/dev/full", os.O_WRONLY))
    )
    log = tmp_path / "log"
    with (
        open(log, "wb") as file,
        serving(state, stdout=writing, stderr=file) as (process, ports),
    ):
        assert check(ports["data"]) == 200
        process.send_signal(signal.SIGHUP)
        assert ends(process, signal.SIGINT) == 0
    assert "configuration and keys are unchanged" in log.read_text()
    assert ("standard output: No space left" in log.read_text()) == (kind == "device")
    os.close(reading)
    os.close(writing)


def test_a_reader_of_the_log_that_is_gone_costs_lines_only(state):
    reading, writing = os.pipe()
    with serving(state, stdout=subprocess.DEVNULL, stderr=writing) as (process, ports):
        os.close(writing)
        os.close(reading)
        for _ in range(5):
            assert check(ports["data"]) == 200
        deadline = time.monotonic() + 10
        while dropped(ports["admin"]) < 5:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert ends(process) == 0


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
def test_standard_descriptors_that_are_closed_are_opened_first(state, closed):
    def close():
        for descriptor in closed:
            os.close(descriptor)

    with serving(state, prepare=close, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as (process, ports):
        for descriptor in range(3):
            assert os.readlink(f"/proc/{process.pid}/fd/{descriptor}") == "/dev/null" or descriptor not in closed
        assert check(ports["data"]) == 200
        assert ends(process) == 0


def test_the_soft_limit_of_descriptors_is_raised(state):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    def lower():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))

    with serving(state, prepare=lower, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as (process, _):
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        soft = int(re.search(r"^Max open files +(\d+)", limits, re.MULTILINE)[1])
        assert soft == min(hard, 1 << 20) if hard >= 0 else soft > 256


def test_a_second_signal_ends_the_process_at_once(state):
    with serving(state, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as (process, ports):
        client = socket.create_connection(("127.0.0.1", ports["data"]))
        # Half a request: the drain waits for the rest of it.
        client.sendall(b"POST /v1/identity HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\n12345")
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        assert ends(process) == -signal.SIGTERM
        client.close()
