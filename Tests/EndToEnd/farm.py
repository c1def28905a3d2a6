"""Two instances on one state and one Redis, asked directly: what a farm of edges has, without the edges."""

import contextlib
import json
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import requests
import stack
from asking import METHOD
from oauthlib.oauth1 import Client

URL = "http://wiki.example/w/api.php?action=query&format=json"


class Redis:
    """redis-server on a Unix socket, in a folder whose name is short enough for one."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sg-redis-")
        self.socket = Path(self.folder.name) / "socket"
        self.url = f"unix:{self.socket}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        self.folder.cleanup()

    def start(self):
        """Starts it (again), empty."""
        command = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no"]
        self.program = stack.Program("Redis", command, Path(self.folder.name) / "log")
        self.program.wait_for(self.socket.exists)

    def kill(self):
        """Ends it at once."""
        self.program.process.kill()
        self.program.process.wait()
        self.socket.unlink(missing_ok=True)

    @contextlib.contextmanager
    def hanging(self):
        """Keeps its connections, and answers nothing, as long as the `with` block."""
        self.program.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.program.process.send_signal(signal.SIGCONT)

    def ask(self, *words):
        """What redis-cli says."""
        command = ["redis-cli", "-s", self.socket, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()


class Instance:
    """One `sessiongate serve`."""

    def __init__(self, folder, state, environment):
        self.folder = folder
        self.state = state
        self.environment = environment
        self.log = folder / "log"
        self.ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
        self.admin = f"127.0.0.1:{self.ports['sessiongate_admin']}"
        folder.mkdir()
        self.start()

    def start(self):
        """Starts it (again)."""
        self.program = stack.start_sessiongate(self.state, self.ports, self.log, self.environment)

    def check(self, headers, request_id="", session=requests):
        """The answer's identity facts, and the HTTP status: 503 for a fault."""
        answer = session.post(
            f"http://127.0.0.1:{self.ports['sessiongate']}{METHOD}", json=document(headers, request_id), timeout=10
        )
        body = answer.json()
        return body.get("dynamicMetadata", {}).get("session", {}) | {"status": answer.status_code, "body": body}

    def post(self, body=None, **options):
        """`POST /cache/invalidate`."""
        data = None if body is None else json.dumps(body)
        return requests.post(f"http://{self.admin}/cache/invalidate", data=data, timeout=10, **options)

    def metric(self, name):
        """One figure of /metrics."""
        lines = requests.get(f"http://{self.admin}/metrics", timeout=10).text.splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + " "))


def document(headers, request_id=""):
    """A CheckRequest with these headers."""
    http = {"id": request_id, "method": "GET", "scheme": "http", "host": "wiki.example"}
    http |= {"path": URL.partition("wiki.example")[2], "headers": headers}
    source = {"address": {"socketAddress": {"address": "203.0.113.5", "portValue": 1}}}
    return {"attributes": {"request": {"http": http}, "source": source}}


class Farm:
    """A state, a Redis, and two instances. The Redis that is given begins and ends with it."""

    def __init__(self, folder, redis=None, **settings):
        self.folder = folder
        self.state = folder / "state"
        self.settings = settings
        self.redis = redis or Redis()
        self.instances = []

    def __enter__(self):
        subprocess.run([stack.SESSIONGATE, "init", self.state], check=True, capture_output=True)
        self.demo = json.loads((self.state / "demo.json").read_text())
        self.redis.__enter__()
        # A machine that is busy with other things is not an outage.
        settings = {"URL": self.redis.url, "TIMEOUT": "2s"} | self.settings
        environment = {f"SESSIONGATE_NONCES_REDIS_{name}": value for name, value in settings.items()}
        try:
            for name in ("one", "two"):
                self.instances.append(Instance(self.folder / name, self.state, environment))
            eventually(lambda: all(instance.metric("sessiongate_redis_up") for instance in self.instances))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for instance in self.instances:
            instance.program.stop()
        self.redis.__exit__()

    def signed(self, name="oauth1"):
        """The headers of a request that is signed anew."""
        return signed(self.demo[name])


def signed(keys, **options):
    """The headers of a request that is signed anew with these credentials of a demo.json; `options` are oauthlib's."""
    client = Client(
        keys["consumer_key"],
        client_secret=keys["consumer_secret"],
        resource_owner_key=keys["token"],
        resource_owner_secret=keys["token_secret"],
        **options,
    )
    return {"authorization": client.sign(URL)[1]["Authorization"]}


def eventually(condition, seconds=10):
    """Waits until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
