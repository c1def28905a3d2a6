"""Nonces that all instances share: what a check costs more with Redis, no two requests the same."""

import contextlib
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import clients
import measure
import servers
import stack
from distinct import drive
from measure import Row
from results import Result

COUNT = 25_000 if measure.QUICK else 50_000
KIND = "oauth1-cookie"
ALONE = "distinct: OAuth 1, nonces in memory"
SHARED = "distinct: OAuth 1, nonces in Redis"


class Redis:
    """redis-server on a Unix socket, beside the clients."""

    def __init__(self):
        # A socket's path has at most 107 bytes.
        self.folder = TemporaryDirectory(prefix="sg-redis-")
        self.socket = Path(self.folder.name) / "socket"

    def __enter__(self):
        command = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no"]
        self.program = stack.Program("Redis", [*measure.ON_CLIENT_CORE, *command], Path(self.folder.name) / "log")
        self.program.wait_for(self.socket.exists)
        return self

    def __exit__(self, *_):
        self.program.stop()
        self.folder.cleanup()


def all_rows(folder, table):
    """With Redis and without, in turn; a second of waiting for Redis must not make a figure better."""
    state = servers.large_state(folder, 1000)
    with contextlib.ExitStack() as context:
        redis = context.enter_context(Redis())
        alone = context.enter_context(servers.Sessiongate(folder / "alone", state))
        settings = {"NONCES_REDIS_URL": f"unix:{redis.socket}", "NONCES_REDIS_TIMEOUT": "1s"}
        shared = context.enter_context(servers.Sessiongate(folder / "shared", state, **settings))
        rows = [
            Row(name, "load", gate.pid, partial(drive, gate.port, KIND, ("--warm",)), COUNT)
            for name, gate in ((ALONE, alone), (SHARED, shared))
        ]
        measured = measure.interleave(rows)
        claimed = shared.count('sessiongate_redis_claims_total{outcome="fresh"}')
        if claimed < COUNT * measure.ROUNDS or shared.count("sessiongate_redis_outages_total"):
            raise clients.ClientError(f"only {claimed:.0f} nonces were claimed in Redis")
    base, row = measured[ALONE], measured[SHARED]
    added = row.microseconds - base.microseconds
    note = f"{row.microseconds:.2f} µs with it, {base.microseconds:.2f} µs without"
    table.add(Result("Redis for nonces: added to a distinct OAuth 1 check", "load", added, "µs", goal=6.0, note=note))
