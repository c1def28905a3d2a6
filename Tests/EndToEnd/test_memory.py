"""What a flood took is given back when it is over."""

import resource
import socket
import subprocess
import time

import pytest
import stack
from floods import repeated

COUNT, LENGTH = 900, 400_000
MEBIBYTE = 1 << 20


@pytest.fixture
def server(tmp_path):
    """Sessiongate alone, and its port."""
    state = tmp_path / "state"
    subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True)
    ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
    environment = {"SESSIONGATE_LOG_LEVEL": "error"}
    program = stack.start_sessiongate(state, ports, tmp_path / "log", environment)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    yield program, ports["sessiongate"]
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    program.stop()


def resident(program):
    """Bytes of the process's own memory that the machine holds."""
    with open(f"/proc/{program.process.pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("RssAnon"))


def settled(program, is_expected):
    """The memory as soon as it is as expected, which takes some seconds."""
    deadline = time.monotonic() + 15
    while not is_expected(memory := resident(program)):
        assert time.monotonic() < deadline, memory >> 20
        time.sleep(0.1)
    return memory


def unfinished(port):
    """A connection with a message that is not whole."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    lines = ["POST /envoy.service.auth.v3.Authorization/Check HTTP/1.1", "Host: x", "Content-Type: application/json"]
    lines += [f"Content-Length: {LENGTH + 1}", "", ""]
    connection.sendall("\r\n".join(lines).encode() + b"x" * LENGTH)
    return connection


def short(port):
    """A small request on a connection of its own: what it leaves lies between the large ones."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /v1/identity HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return connection.recv(1000)[9:12]


def test_what_a_flood_took_is_given_back(server):
    program, port = server
    before = resident(program)
    with repeated(lambda: short(port), every=0.005, times=2) as answers:
        connections = [unfinished(port) for _ in range(COUNT)]
    assert answers
    flooded = settled(program, lambda resident: resident > before + 250 * MEBIBYTE)
    for connection in connections:
        connection.close()
    left = settled(program, lambda resident: resident < before + 80 * MEBIBYTE)
    assert short(port) == b"200"
    print(f"{before >> 20} MiB before, {flooded >> 20} in the flood, {left >> 20} after it")
