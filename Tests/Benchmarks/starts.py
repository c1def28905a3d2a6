"""Start to ready, and one event loop beside two."""

import contextlib
import os
import statistics
import subprocess
import time
from functools import partial

import clients
import measure
import servers
import stack
from measure import Row
from results import Result
from stored import StoredRequests

CONSUMERS = 100_000
COUNT = 40_000 if measure.QUICK else 150_000


def ready_milliseconds(state):
    """From the start of the process to the line that says that it is ready."""
    ports = stack.free_ports(["data", "admin"])
    environment = {
        "SESSIONGATE_SERVER_LISTEN": f"127.0.0.1:{ports['data']}",
        "SESSIONGATE_SERVER_ADMIN": f"127.0.0.1:{ports['admin']}",
    }
    command = [stack.SESSIONGATE, "serve", "--config", state / "sessiongate.yaml"]
    begin = time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment}
    ) as process:
        try:
            line = process.stdout.readline()
            milliseconds = (time.monotonic() - begin) * 1000
            if not line.startswith("ready ") or stack.http_status(f"http://127.0.0.1:{ports['admin']}/readyz") != 200:
                raise stack.StartError(f"Sessiongate said {line!r}")
        finally:
            process.terminate()
    return milliseconds


def start(table, state):
    """The median of some starts; the first one is not counted."""
    times = [ready_milliseconds(state) for _ in range(measure.ROUNDS + 1)]
    name = f"start to ready, {CONSUMERS:,} consumers in the database"
    table.add(Result(name, "", statistics.median(times[1:]), "ms", goal=150))


def loops(folder, table):
    """CPU time of one event loop and of two, on both cores, which the client shares."""
    with contextlib.ExitStack() as context:
        state = servers.demo_state(folder / "loops")
        gates = [
            context.enter_context(servers.Sessiongate(folder, state, pinned=False, SERVER_EVENT_LOOPS=number))
            for number in (1, 2)
        ]
        requests = StoredRequests(folder, gates[0])
        file = requests.write("oauth1")

        def ask(gate, count):
            clients.h2load(gate.url, count, *clients.PARALLEL, *clients.GRPC, "-d", file, prefix=())

        names = ("one event loop", "two event loops on two cores, beside one")
        rows = [
            Row(name, "h2load", gate.pid, partial(ask, gate), COUNT) for name, gate in zip(names, gates, strict=True)
        ]
        one, two = measure.interleave(rows, prepare=lambda: requests.write("oauth1")).values()
    table.add(Result(two.name, "h2load", two.ratio(one), cost=two.microseconds, goal=1.1))
