"""Floods on the wire, against Sessiongate itself: what they do to its memory and to honest clients beside them, and
that nothing of it stays. `pytest -s` prints the figures.
"""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import stack
import wire
from certificates import Authority

SECONDS = 1.0
# Honest requests a second of each kind.
RATE = 50
# A machine that is busy with other things may be this slow, in milliseconds, whatever it does.
NOISE = 200
MEBIBYTE = 1 << 20
# What a flood may take, and what may be left of it.
MOST, LEFT = 192 * MEBIBYTE, 96 * MEBIBYTE


class Gate:
    """Sessiongate without a proxy: one listener in the clear, one with TLS."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = stack.free_ports(["sessiongate", "sessiongate_admin", "tls"])
        state = folder / "state"
        subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True)
        self.demo = json.loads((state / "demo.json").read_text())
        Authority(folder).issue("server", dns=["localhost"])
        listeners = [
            f"127.0.0.1:{self.ports['sessiongate']}",
            {"address": f"127.0.0.1:{self.ports['tls']}", "tls": True},
        ]
        environment = {
            "SESSIONGATE_SERVER_LISTEN": json.dumps(listeners),
            "SESSIONGATE_TLS_CERTIFICATE": str(folder / "server.pem"),
            "SESSIONGATE_TLS_KEY": str(folder / "server.key"),
            "SESSIONGATE_LOG_LEVEL": "error",
            # A stranger's limits, not those of the proxy on this machine.
            "SESSIONGATE_HTTP_TRUSTED_PEERS": "[192.0.2.1]",
        }
        self.program = stack.start_sessiongate(state, self.ports, folder / "log", environment)

    def resident(self):
        """Bytes of the process's own memory that the machine holds."""
        text = Path(f"/proc/{self.program.process.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", text)[1]) << 10

    def metric(self, name):
        url = f"http://127.0.0.1:{self.ports['sessiongate_admin']}/metrics"
        with urllib.request.urlopen(url, timeout=5) as page:
            return int(re.search(rf"^{name} (\d+)$", page.read().decode(), re.MULTILINE)[1])

    def honest(self, seconds):
        """Honest clients for so long, in a process of their own."""
        token = self.demo["oauth2_owner_only"]["access_token"]
        head = "GET /v1/identity HTTP/1.1\r\nHost: x\r\n"
        heads = {"anonymous": [head + "\r\n"], "known": [f"{head}Authorization: Bearer {token}\r\n\r\n"]}
        file = self.folder / "honest.json"
        port = self.ports["sessiongate"]
        file.write_text(json.dumps({"port": port, "rate": RATE, "seconds": seconds, "heads": heads}))
        command = [sys.executable, Path(__file__).parent / "honest.py", file]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    gate = Gate(tmp_path_factory.mktemp("gate"))
    yield gate
    assert gate.program.stop() == 0, gate.program.tail()


def report(process):
    """What became of honest clients: how many failed, and the larger 99th percentile."""
    output, _ = process.communicate(timeout=60)
    kinds = json.loads(output).values()
    return {status: count for kind in kinds for status, count in kind["failed"].items()}, max(k["p99"] for k in kinds)


@pytest.fixture(scope="module")
def idle(gate):
    """The 99th percentile without a flood; what is read and kept once is read before."""
    report(gate.honest(0.2))
    failed, p99 = report(gate.honest(1))
    assert not failed
    return p99


def flooded(gate, name, port):
    """What the flood did; the largest memory during it; what became of honest clients beside it."""
    command = [sys.executable, wire.__file__, name, str(port), str(SECONDS)]
    honest = gate.honest(SECONDS)
    largest = gate.resident()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flood:
        while flood.poll() is None:
            largest = max(largest, gate.resident())
            time.sleep(0.02)
        assert flood.returncode == 0
        done = json.loads(flood.stdout.read().splitlines()[-1])
    return done, largest, report(honest)


def recovered(gate, before):
    """Seconds until the flood's connections are gone and its memory is given back."""
    begun = time.monotonic()
    while gate.metric("sessiongate_open_connections") > 40 or gate.resident() > before + LEFT:
        assert time.monotonic() - begun < 15, (gate.metric("sessiongate_open_connections"), gate.resident() >> 20)
        time.sleep(0.1)
    return time.monotonic() - begun


@pytest.mark.parametrize("name", [*wire.FLOODS, *wire.TLS_FLOODS])
def test_a_flood(gate, idle, name):
    before = gate.resident()
    port = gate.ports["tls" if name in wire.TLS_FLOODS else "sessiongate"]
    done, largest, (failed, p99) = flooded(gate, name, port)
    seconds = recovered(gate, before)
    print(
        f"{name}: {done['frames']} frames on {done['connections']} connections, "
        f"+{(largest - before) / MEBIBYTE:.0f} MiB, p99 {p99} ms (idle {idle}), back after {seconds:.1f} s"
    )
    assert done["frames"] > 0 and failed == {}
    assert largest - before < MOST
    assert p99 < 5 * max(idle, NOISE)


def test_half_a_million_streams_on_one_connection(gate):
    """Each is answered, and none leaves anything behind."""
    url = f"http://127.0.0.1:{gate.ports['sessiongate']}/v1/identity"
    command = ["h2load", "-n", "500000", "-c", "1", "-m", "100", "-t", "1", url]
    before, begun = gate.resident(), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert "500000 succeeded, 0 failed" in done.stdout, done.stdout
    grown = gate.resident() - before
    print(f"500,000 streams: {time.monotonic() - begun:.1f} s, {grown / MEBIBYTE:+.1f} MiB")
    assert grown < 16 * MEBIBYTE


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"0\r\n\r\n" + SMUGGLED
LENGTH = b"%d" % len(SMUGGLED)
# Heads that some servers end where others don't, and what follows them.
SHAPES = {
    "CL.TE": ([b"Content-Length: " + b"5", b"Transfer-Encoding: chunked"], CHUNKED),
    "TE.CL": ([b"Transfer-Encoding: chunked", b"Content-Length: " + LENGTH], CHUNKED),
    "TE.TE": ([b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"], CHUNKED),
    "an obscured TE": ([b"Transfer-Encoding: xchunked"], CHUNKED),
    "a tab before chunked": ([b"Transfer-Encoding: chunked", b"Transfer-encoding:\tx"], CHUNKED),
    "white space before the colon": ([b"Content-Length : " + LENGTH], SMUGGLED),
    "two lengths": ([b"Content-Length: 0", b"Content-Length: " + LENGTH], SMUGGLED),
    "a list of lengths": ([b"Content-Length: 0, " + LENGTH], SMUGGLED),
    "a signed length": ([b"Content-Length: +" + LENGTH], SMUGGLED),
    "a length in hexadecimal": ([b"Content-Length: 0x" + b"%x" % len(SMUGGLED)], SMUGGLED),
    "a folded line": ([b"X: a", b" Content-Length: " + LENGTH], SMUGGLED),
    "a bare line feed": ([b"X: a\nTransfer-Encoding: chunked"], CHUNKED),
    "a bare carriage return": ([b"X: a\rContent-Length: " + LENGTH], SMUGGLED),
    "NUL in a name": ([b"Content\x00-Length: " + LENGTH], SMUGGLED),
    "a chunk size that overflows": ([b"Transfer-Encoding: chunked"], b"10000000000000000\r\n" + CHUNKED),
    "a chunk with a bare line feed": ([b"Transfer-Encoding: chunked"], b"1\nx\r\n" + CHUNKED),
    "a chunk that is longer than it says": ([b"Transfer-Encoding: chunked"], b"1\r\nxy\r\n" + CHUNKED),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_smuggling(gate, shape):
    """The request is refused, its connection ends, and what follows is never taken for a request."""
    lines, rest = SHAPES[shape]
    head = [b"POST /v1/identity HTTP/1.1", b"Host: x", *lines, b"", b""]
    with socket.create_connection(("127.0.0.1", gate.ports["sessiongate"]), timeout=10) as connection:
        connection.sendall(b"\r\n".join(head) + rest)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer.lower()
