"""The servers of the table: ours, and those that it is compared with, each on the server's core."""

import json
import os
import shutil
import subprocess
from functools import cached_property
from pathlib import Path

import clients
import measure
import stack

GRPC_SERVER = stack.BUILD / "benchmarks" / "grpc_server"
FAULTS = "sessiongate_faults_total"
HAPROXY = """
global
    nbthread 1
    maxconn 1000
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
frontend verify
    bind 127.0.0.1:{port} proto h2
    http-request deny unless {{ http_auth_bearer,jwt_verify("RS256","{key}") -m int 1 }}
    http-request return status 200 content-type text/plain string {answer}
"""


class Server:
    """A program that listens on loopback; ends with its `with` block."""

    name = ""
    path = "/"

    def __init__(self, folder):
        self.folder = Path(folder)
        self.port = stack.free_ports(["it"])["it"]

    def __enter__(self):
        log = self.folder / f"{self.name}.log"
        self.program = stack.Program(self.name, [*measure.ON_SERVER_CORE, *self.command()], log)
        try:
            self.program.wait_for(lambda: stack.is_taken(self.port))
        except BaseException:
            self.program.stop()
            raise
        return self

    def __exit__(self, *_):
        self.program.stop()

    @property
    def pid(self):
        return self.program.process.pid

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"


class Nghttpd(Server):
    """A static file of 600 bytes, served by C over the HTTP/2 library that we use."""

    name = "nghttpd"
    path = "/file"

    def command(self):
        (self.folder / "file").write_bytes(b"x" * 600)
        return ["nghttpd", "--no-tls", "-n", "1", "-d", self.folder, self.port]


class HAProxy(Server):
    """`jwt_verify` with this public key."""

    name = "haproxy"

    def __init__(self, folder, key):
        super().__init__(folder)
        self.key = key

    def command(self):
        config = self.folder / "haproxy.cfg"
        config.write_text(HAPROXY.format(port=self.port, key=self.key, answer="x" * 600))
        return ["/usr/sbin/haproxy", "-db", "-f", config]


class GRPCServer(Server):
    """C++ gRPC that answers each Check with the same bytes."""

    name = "grpc_server"
    path = clients.CHECK

    def __init__(self, folder, answer):
        super().__init__(folder)
        self.answer = answer

    def command(self):
        file = self.folder / "answer"
        file.write_bytes(self.answer)
        return [GRPC_SERVER, self.port, file]


class Sessiongate(Server):
    """Sessiongate on a state folder; settings by their environment variables. One event loop unless those say more.

    `under` goes before the command. So does `UNDER` in the environment: `UNDER="env LD_PRELOAD=…" make bench` measures
    another allocator.
    """

    name = "sessiongate"
    path = clients.CHECK

    def __init__(self, folder, state, pinned=True, under=(), **settings):
        super().__init__(folder)
        self.state = Path(state)
        self.admin = stack.free_ports(["it"])["it"]
        self.wrapper = (*os.environ.get("UNDER", "").split(), *under, *(measure.ON_SERVER_CORE if pinned else ()))
        self.settings = {"SERVER_EVENT_LOOPS": "1", "LOG_LEVEL": "warning"} | settings

    def __enter__(self):
        self.folder.mkdir(exist_ok=True)
        environment = {f"SESSIONGATE_{name}": str(value) for name, value in self.settings.items()}
        ports = {"sessiongate": self.port, "sessiongate_admin": self.admin}
        log = self.folder / f"{self.state.name}.log"
        self.program = stack.start_sessiongate(self.state, ports, log, environment, self.wrapper)
        return self

    def __exit__(self, kind, *more):
        try:
            # Refusals and faults are cheap: a figure with some of them in it would flatter us.
            wrong = 0 if kind else self.count('sessiongate_checks_total{outcome="refused"') + self.count(FAULTS)
        finally:
            super().__exit__(kind, *more)
        if wrong:
            raise clients.ClientError(f"{wrong:.0f} checks were refused or failed")

    @cached_property
    def demo(self):
        """The credentials in the state."""
        return read_demo(self.state)

    def count(self, name):
        """One figure of /metrics, or the sum of all with this beginning."""
        found = [value for key, value in measure.counters(self.admin).items() if key.startswith(name)]
        if not found:
            raise KeyError(name)
        return sum(found)


def read_demo(state):
    """The credentials of a state that `sessiongate init` made."""
    return json.loads((Path(state) / "demo.json").read_text())


def demo_state(folder):
    """A state with random keys, for requests that are stored and repeated."""
    state = Path(folder) / "demo"
    state.parent.mkdir(exist_ok=True)
    subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True, timeout=60)
    return state


def large_state(folder, users, consumers=1000):
    """A state of any size, whose credentials `workbench load` computes."""
    state = Path(folder) / f"state-{users}-{consumers}"
    if not state.exists():
        command = [clients.WORKBENCH, "state", state, "--users", users, "--consumers", consumers]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600)
        if done.returncode:
            shutil.rmtree(state, ignore_errors=True)
            raise clients.ClientError(f"workbench state: {done.stderr.strip()[:500]}")
    return state
