"""Sessiongate on the state of the pairs in proto-json/, at the pairs' time."""

import contextlib
from pathlib import Path

import proto_json
import stack


def clock():
    """Environment variables that make a program believe that it is the pairs' time; its timers run on."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    assert library, "libfaketime is missing: make deps"
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": "2026-03-01 12:00:00",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": "UTC",
    }


def clean_up(program):
    """Removes what the library leaves behind of a program that has ended."""
    for left in Path("/dev/shm").glob(f"*faketime_*_{program.process.pid}"):
        left.unlink()


@contextlib.contextmanager
def server(folder):
    """The port of a process that has seen nothing before."""
    ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
    # Through `env`, since the library changes the environment that Swift's runtime finds the arguments by.
    log = Path(folder) / "sessiongate.log"
    program = stack.start_sessiongate(proto_json.STATE, ports, log, clock(), wrapper=["/usr/bin/env"])
    try:
        yield ports["sessiongate"]
    finally:
        program.stop()
        clean_up(program)
