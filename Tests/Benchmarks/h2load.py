"""`make h2load`: a stored OAuth 1 request and h2load, against a server that runs or one of its own.

The request's `http.id` is always the same, so each repetition is the proxy's retry: verified in full, not a replay.
Its timestamp is good for five minutes. OPTIONS="-n 100000 -c 8 -m 32" goes to h2load.
"""

import contextlib
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import clients
import servers
import stack
from stored import StoredRequests

OPTIONS = os.environ.get("OPTIONS") or "-n 200000 -c 8 -m 32"
FILE = stack.BUILD / "benchmarks" / "oauth1.request"


class Running:
    """The server of `make run`."""

    def __init__(self):
        self.port = int(os.environ.get("SESSIONGATE_PORT", stack.PORTS["sessiongate"]))
        self.state = Path(os.environ.get("DEMO_DIR", stack.BUILD / "demo"))
        self.demo = servers.read_demo(self.state)
        self.url = f"http://127.0.0.1:{self.port}{clients.CHECK}"


def server(context):
    """The demo when it runs, else a Sessiongate with a state of its own until the end of the context."""
    if stack.is_taken(int(os.environ.get("SESSIONGATE_PORT", stack.PORTS["sessiongate"]))):
        return Running()
    folder = context.enter_context(tempfile.TemporaryDirectory())
    return context.enter_context(servers.Sessiongate(folder, servers.demo_state(folder), pinned=False))


def main():
    with contextlib.ExitStack() as context:
        FILE.parent.mkdir(exist_ok=True)
        gate = server(context)
        made = StoredRequests(FILE.parent, gate).write("oauth1-set-cookie")
        made.replace(FILE)
        file = FILE.relative_to(stack.ROOT)
        command = ["h2load", *shlex.split(OPTIONS), "-d", str(file), *clients.GRPC, gate.url]
        print(shlex.join(command), flush=True)
        return subprocess.run(command, cwd=stack.ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
