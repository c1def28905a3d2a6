"""Starts and stops the programs of the demo: Sessiongate, Envoy, and whatever stands beside them.

Used by `make run` and by the end-to-end tests, so that both run the same thing. Needs nothing but Python's own library.
"""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
SESSIONGATE = BUILD / "release" / "sessiongate"
ENVOY = Path(os.environ.get("ENVOY_BINARY", BUILD / "venv" / "bin" / "envoy"))
ENVOY_YAML = ROOT / "deploy" / "envoy.yaml"
# Envoy with Sessiongate inside, and the folder that it finds the module in.
MODULE_YAML = ROOT / "deploy" / "envoy-module.yaml"
MODULES = Path(os.environ.get("ENVOY_DYNAMIC_MODULES_SEARCH_PATH", BUILD / "release"))

# The ports in deploy/envoy*.yaml, by what listens there; not every file names all of the last ones.
PORTS = {"envoy": 10000, "envoy_admin": 9901, "sessiongate": 9001, "upstream": 8080}
MORE_PORTS = {"ratelimit": 8081}


class StartError(Exception):
    """A program that did not come up, and why, for a person to read."""


class Program:
    """A child process that ends when we do, however we end."""

    def __init__(self, name, arguments, log=None, environment=None):
        self.name = name
        self.log = Path(log) if log else None
        with open(self.log or os.devnull, "wb") as output:
            # In a session of its own: a Ctrl-C reaches us alone, and we end the programs one after the other.
            self.process = subprocess.Popen(
                [str(part) for part in arguments],
                stdin=subprocess.DEVNULL,
                stdout=output if self.log else None,
                stderr=output if self.log else None,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def wait_for(self, ready, seconds=20):
        """Returns when `ready()` is true; raises StartError when the program ends or the time is over first."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise StartError(f"{self.name} ended with status {self.process.returncode}{self.tail()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} was not ready within {seconds} s{self.tail()}")
            time.sleep(0.05)
        return self

    def stop(self, seconds=10):
        """Asks the program to end, then makes it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def tail(self, lines=15):
        """The end of the log, for an error message."""
        if not self.log or not self.log.exists():
            return ""
        end = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "".join(f"\n  {line}" for line in end)


def _die_with_parent():
    if sys.platform == "linux":
        parent_death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)


def free_ports(names):
    """A free loopback port for each name."""
    sockets = {name: socket.socket() for name in names}
    try:
        for free in sockets.values():
            free.bind(("127.0.0.1", 0))
        return {name: free.getsockname()[1] for name, free in sockets.items()}
    finally:
        for free in sockets.values():
            free.close()


def is_taken(port):
    """Whether something listens on this loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def http_status(url, seconds=1):
    """The status of a GET, 0 when there is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def write_envoy_config(target, ports, source=ENVOY_YAML, change=lambda text: text):
    """Writes an Envoy configuration with these ports instead of its own; `change` may edit the text further."""
    text = Path(source).read_text()
    for name, port in PORTS.items():
        found = re.findall(rf"port_value: {port}\b", text)
        # Sessiongate inside Envoy has no port there.
        if len(found) != 1 and (found or name != "sessiongate"):
            raise StartError(f"{source} must name port {port} ({name}) exactly once")
    numbers = {str(port): str(ports.get(name, port)) for name, port in (PORTS | MORE_PORTS).items()}
    text = re.sub(r"port_value: (\d+)", lambda match: f"port_value: {numbers.get(match[1], match[1])}", text)
    Path(target).write_text(change(text))
    return Path(target)


def module_config(state):
    """A change for write_envoy_config: the module decides by the configuration in the directory `state`."""
    return lambda text: text.replace("/etc/sessiongate/sessiongate.yaml", f"{Path(state) / 'sessiongate.yaml'}")


def module_environment(ports):
    """The environment of an Envoy with the module."""
    return {
        "ENVOY_DYNAMIC_MODULES_SEARCH_PATH": str(MODULES),
        "SESSIONGATE_SERVER_ADMIN": f"127.0.0.1:{ports['sessiongate_admin']}",
    }


def start_envoy(config, ports, log, binary=ENVOY, environment=None, log_level="warn", workers=2):
    """Envoy with a file of write_envoy_config; its log holds the access log too."""
    # Without hot restart several Envoys can run on one machine.
    options = [
        "--disable-hot-restart",
        "--concurrency",
        workers,
        "--log-level",
        log_level,
        "--file-flush-interval-msec",
        "100",
    ]
    ready = f"http://127.0.0.1:{ports['envoy_admin']}/ready"
    program = Program("Envoy", [binary, "-c", config, *options], log, environment)
    return _started(program, lambda: http_status(ready) == 200)


def start_sessiongate(directory, ports, log, environment=None, wrapper=()):
    """`sessiongate serve` for a state that `sessiongate init` made, on `ports`."""
    program = Program(
        "Sessiongate",
        [*wrapper, SESSIONGATE, "serve", "--config", Path(directory) / "sessiongate.yaml"],
        log,
        {
            "SESSIONGATE_SERVER_LISTEN": f"127.0.0.1:{ports['sessiongate']}",
            "SESSIONGATE_SERVER_ADMIN": f"127.0.0.1:{ports['sessiongate_admin']}",
            **(environment or {}),
        },
    )
    ready = f"http://127.0.0.1:{ports['sessiongate_admin']}/readyz"
    return _started(program, lambda: http_status(ready) == 200)


def write_config(source, target, ports):
    """Copies a proxy's configuration with these ports instead of its own."""
    text = Path(source).read_text()
    numbers = {str(port): str(ports.get(name, port)) for name, port in PORTS.items()}
    text = re.sub(r"127\.0\.0\.1:(\d+)", lambda match: f"127.0.0.1:{numbers.get(match[1], match[1])}", text)
    Path(target).write_text(text)
    return Path(target)


def start_proxy(name, command, port, log):
    """A proxy other than Envoy."""
    return _started(Program(name, command, log), lambda: is_taken(port))


def _started(program, ready):
    try:
        return program.wait_for(ready)
    except BaseException:
        program.stop()
        raise
