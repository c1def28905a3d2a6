"""Under a service manager: what systemd is told, what it passes, and a restart that no client notices."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time

import pytest
import requests
import stack
from floods import repeated

PASSING = """
import os, sys
for number, descriptor in enumerate(map(int, sys.argv[1].split(",")), 3):
    os.dup2(descriptor, number)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sys.argv[1].split(","))), LISTEN_FDNAMES="x")
os.execv(sys.argv[2], sys.argv[2:])
"""


class Manager:
    """The socket that a service manager listens at."""

    def __init__(self, folder, is_abstract):
        self.name = f"@sessiongate-test-{os.getpid()}" if is_abstract else str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.name.replace("@", "\0"))

    def next(self, seconds=10, skip="WATCHDOG=1"):
        """What is told next, by name."""
        self.socket.settimeout(seconds)
        while (text := self.socket.recv(4096).decode()) == skip:
            pass
        return dict(line.split("=", 1) for line in text.splitlines())


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    folder = tmp_path_factory.mktemp("managed") / "state"
    subprocess.run([stack.SESSIONGATE, "init", folder], check=True, capture_output=True)
    return folder


def command(state):
    return [str(stack.SESSIONGATE), "serve", "--config", str(state / "sessiongate.yaml")]


def environment(ports, **more):
    addresses = {"LISTEN": "data", "ADMIN": "admin"}
    return {
        **os.environ,
        **{f"SESSIONGATE_SERVER_{name}": f"127.0.0.1:{ports[port]}" for name, port in addresses.items()},
        **more,
    }


@pytest.mark.parametrize("is_abstract", [False, True])
def test_what_is_told(state, tmp_path, is_abstract):
    manager, ports = Manager(tmp_path, is_abstract), stack.free_ports(["data", "admin"])
    watchdog = {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "400000"}
    with subprocess.Popen(command(state), env=environment(ports, **watchdog), stderr=subprocess.DEVNULL) as process:
        told = manager.next()
        assert told["READY"] == "1" and "mode enforce" in told["STATUS"]
        # Who is told can rely on it.
        assert requests.get(f"http://127.0.0.1:{ports['admin']}/readyz", timeout=5).status_code == 200
        begun = time.monotonic()
        for _ in range(5):
            assert manager.next(skip=None) == {"WATCHDOG": "1"}
        assert time.monotonic() - begun < 3
        process.send_signal(signal.SIGHUP)
        told = manager.next()
        assert told["RELOADING"] == "1" and abs(int(told["MONOTONIC_USEC"]) / 1e6 - time.monotonic()) < 10
        assert manager.next()["READY"] == "1"
        process.send_signal(signal.SIGTERM)
        assert manager.next()["STOPPING"] == "1"
        assert process.wait(10) == 0


def test_a_hanging_process_is_not_said_to_be_well(state, tmp_path):
    manager, ports = Manager(tmp_path, False), stack.free_ports(["data", "admin"])
    watchdog = {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "400000"}
    process = subprocess.Popen(command(state), env=environment(ports, **watchdog), stderr=subprocess.DEVNULL)
    try:
        assert manager.next()["READY"] == "1"
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            while True:
                manager.next(1, skip=None)
        process.send_signal(signal.SIGCONT)
        assert manager.next(skip=None) == {"WATCHDOG": "1"}
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def passed(ports):
    """Listening sockets on these ports, as systemd holds them."""
    with contextlib.ExitStack() as sockets:
        yield [
            sockets.enter_context(socket.create_server(("127.0.0.1", ports[name]), backlog=1024))
            for name in ("data", "admin")
        ]


def start(state, ports, sockets, log):
    """A process that these sockets are passed to."""
    descriptors = [each.fileno() for each in sockets]
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    arguments = ["python3", "-c", PASSING, ",".join(map(str, descriptors)), *command(state)]
    return subprocess.Popen(arguments, env=environment(ports), pass_fds=descriptors, stderr=log, stdout=subprocess.PIPE)


def started(*arguments):
    """The same, ready."""
    process = start(*arguments)
    assert process.stdout.readline().startswith(b"ready")
    return process


def test_restarts_with_passed_sockets_lose_no_request(state, tmp_path):
    """Each request has a connection of its own: not one is refused or reset while processes come and go."""
    ports = stack.free_ports(["data", "admin"])
    url = f"http://127.0.0.1:{ports['data']}/v1/identity"

    def ask():
        return requests.get(url, timeout=10).status_code

    with passed(ports) as sockets, (tmp_path / "log").open("w") as log:
        process = started(state, ports, sockets, log)
        with repeated(ask, every=0.004, times=4) as statuses:
            for _ in range(4):
                time.sleep(0.3)
                process.send_signal(signal.SIGTERM)
                assert process.wait(15) == 0
                process = started(state, ports, sockets, log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert len(statuses) > 100 and set(statuses) == {200}
    print(f"{len(statuses)} requests over four restarts")


def test_a_passed_socket_without_a_listener_is_an_error(state, tmp_path):
    ports = stack.free_ports(["data", "admin", "other"])
    with passed(ports) as sockets, (tmp_path / "log").open("w") as log:
        process = start(state, ports | {"data": ports["other"]}, sockets, log)
        assert process.wait(10) == 1
    text = (tmp_path / "log").read_text()
    assert re.search(rf"server\.listen: can't listen on 127\.0\.0\.1:{ports['data']}: a socket .*LISTEN_FDS", text)


def test_a_new_process_beside_the_old_one(state, tmp_path):
    """server.share_listeners: the new one starts before the old one ends."""
    ports = stack.free_ports(["data", "admin"])
    shared = environment(ports, SESSIONGATE_SERVER_SHARE_LISTENERS="true")

    def ready():
        process = subprocess.Popen(command(state), env=shared, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout.readline().startswith(b"ready")
        return process

    def ask():
        return requests.get(f"http://127.0.0.1:{ports['data']}/v1/identity", timeout=10).status_code

    old = ready()
    statuses = [ask() for _ in range(10)]
    new = ready()
    statuses += [ask() for _ in range(40)]
    old.send_signal(signal.SIGTERM)
    assert old.wait(15) == 0
    statuses += [ask() for _ in range(40)]
    assert set(statuses) == {200}
    new.send_signal(signal.SIGTERM)
    assert new.wait(15) == 0
