"""What breaks around a server that is well: what clients and the log see, and that it is over when it is over.

Faults with a suite of their own: databases (test_mariadb, test_outage), Redis (test_redis), certificates, sockets and
descriptors (test_listeners), standard streams (test_standard_streams), keys (test_rotation), the wire
(test_wire_floods). deploy/faults.md lists all of them.
"""

import contextlib
import itertools
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pinned
import pytest
import requests
import stack
from cookies import session_jwt
from database_server import soon
from edge import Edge, plenty

RETRY = "num_retries: 1"
# Not the instance that has just failed, as long as there is another.
OTHER_HOST = """num_retries: 2
                          retry_host_predicate:
                            - name: envoy.retry_host_predicates.previous_hosts
                              typed_config:
                                "@type": type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate
                          host_selection_retry_max_attempts: 3"""  # noqa: E501


class Pair(Edge):
    """An edge with two instances, on one state and without a store that they share."""

    def __init__(self, folder, **options):
        super().__init__(folder, change=self.both, **options)
        self.ports |= stack.free_ports(["second", "second_admin"])

    def both(self, text):
        """Envoy's configuration with both of them in one cluster."""
        endpoint = re.search(
            rf"( +- endpoint: \{{ address: .*port_value: ){self.ports['sessiongate']}( \}} \}} \}}\n)", text
        )
        text = text.replace(endpoint[0], endpoint[0] + f"{endpoint[1]}{self.ports['second']}{endpoint[2]}")
        assert text.count(RETRY) == 1
        return plenty(text).replace(RETRY, OTHER_HOST)

    def start_second(self):
        """Starts the second instance (again)."""
        ports = {"sessiongate": self.ports["second"], "sessiongate_admin": self.ports["second_admin"]}
        self.second = stack.start_sessiongate(self.state, ports, self.folder / "second.log")
        self.programs.append(self.second)

    def start_proxy(self):
        self.start_second()
        super().start_proxy()


class Load(threading.Thread):
    """h2load at a fixed rate with a cookie, and beside it clients that sign each request."""

    def __init__(self, edge, seconds, rate=2000, signers=2):
        super().__init__()
        cookie = session_jwt(edge.get(auth=edge.oauth1()))
        connections = 20
        self.command = ["h2load", "--h1", "-c", connections, "-t", 1, "-D", seconds, "--rps", rate // connections]
        self.command += ["-H", f"cookie: sessionJwt={cookie}", f"{edge.url}/w/api.php?action=query&format=json"]
        self.edge, self.failures = edge, []
        self.signed = 0
        self.signers = [threading.Thread(target=self.sign) for _ in range(signers)]
        self.is_over = threading.Event()

    def __enter__(self):
        self.start()
        for signer in self.signers:
            signer.start()
        return self

    def __exit__(self, *_):
        self.join()

    def run(self):
        done = subprocess.run([str(part) for part in self.command], capture_output=True, text=True, timeout=120)
        self.is_over.set()
        for signer in self.signers:
            signer.join()
        self.statuses = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
        self.summary = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", done.stdout)
        self.output = done.stdout + done.stderr

    def sign(self):
        with requests.Session() as session:
            while not self.is_over.is_set():
                answer = session.send(self.edge.signed())
                self.signed += 1
                # A refusal at api.php has the status 200, too.
                if answer.status_code != 200 or "error" in answer.json():
                    self.failures.append((answer.status_code, answer.text))

    def check(self):
        """That no request failed."""
        good = int(self.statuses[1])
        print(f"{good} with a cookie, {self.signed} signed")
        assert self.failures == []
        assert [int(number) for number in self.statuses.groups()[1:]] == [0, 0, 0], self.output
        assert [int(number) for number in self.summary.groups()] == [0, 0, 0], self.output
        assert good > 1000 and self.signed > 20


def log(edge):
    return (edge.folder / "sessiongate.log").read_text()


def test_one_of_two_instances_is_killed_under_load(tmp_path):
    """No request fails: what was being asked of it is asked of the other."""
    with Pair(tmp_path) as edge:
        with Load(edge, seconds=6) as load:
            time.sleep(2)
            edge.second.process.kill()
            edge.second.process.wait()
            time.sleep(2)
            edge.start_second()
        load.check()
        assert soon(lambda: served(edge.ports["second_admin"]) != "0")


def served(port):
    """Checks that an instance has decided since its start."""
    page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    return sum(map(float, re.findall(r"^sessiongate_checks_total\{.*\} (\d+)$", page, re.MULTILINE)))


def test_restarts_under_load_through_envoy(tmp_path):
    """A new process starts beside the old one, which then ends: at 2,000 requests a second not one is lost."""

    def configure(text):
        text = text.replace("  #drain_delay: 0ms", "  drain_delay: 500ms")
        changed = text.replace("  #share_listeners: false", "  share_listeners: true")
        assert "\n  drain_delay: 500ms" in changed and changed != text
        return changed

    with Edge(tmp_path, configure=configure) as edge:
        with Load(edge, seconds=8) as load:
            for _ in range(2):
                time.sleep(1)
                old = edge.sessiongate
                edge.start_sessiongate()
                assert old.stop() == 0
        load.check()


def test_envoy_is_restarted(tmp_path):
    """Its connections end with it, and a request that it had let through is not let through again."""
    with Edge(tmp_path) as edge:
        request = edge.signed()
        with requests.Session() as client:
            assert "error" not in client.send(request).json()
        edge.envoy.process.kill()
        edge.envoy.process.wait()
        edge.start_proxy()
        assert requests.Session().send(request).json()["error"]["reason"] == "nonce-used"
        assert edge.outcome(auth=edge.oauth1()) == 200
        assert edge.outcome() == 200


class Clock:
    """Sessiongate's wall clock, which a file sets; its timers run on."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.set(0)

    def set(self, seconds):
        """Moves it so far from the real time, both ways."""
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{seconds:+d}s\n")
        draft.replace(self.file)

    @property
    def environment(self):
        """For the process whose clock it is."""
        variables = pinned.clock() | {"FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_CACHE_DURATION": "1"}
        del variables["FAKETIME"]
        return variables


class ClockEdge(Edge):
    """An edge whose Sessiongate has a clock of its own."""

    def start_sessiongate(self):
        self.clock = Clock(self.folder)
        log = self.folder / "sessiongate.log"
        environment = self.clock.environment
        self.sessiongate = stack.start_sessiongate(self.state, self.ports, log, environment, wrapper=["/usr/bin/env"])
        self.programs.append(self.sessiongate)

    def signed_at(self, offset):
        """A request that is signed with a clock as far off as that."""
        return self.signed(auth=self.oauth1(timestamp=str(int(time.time()) + offset)))

    def reason(self, request):
        """Why it is refused; None when it is not."""
        return requests.Session().send(request, timeout=10).json().get("error", {}).get("reason")


@pytest.fixture
def clock_edge(tmp_path):
    with ClockEdge(tmp_path) as running:
        yield running
    pinned.clean_up(running.sessiongate)


@pytest.mark.parametrize("jump", [3600, -3600])
def test_the_clock_jumps_by_an_hour_and_back(clock_edge, jump):
    """What is signed by another time is refused; no nonce counts twice; and rows are no older than they may be."""
    edge = clock_edge
    before = edge.signed_at(0)
    assert edge.reason(before) is None
    edge.clock.set(jump)
    assert soon(lambda: edge.reason(edge.signed_at(jump)) is None)
    assert edge.reason(edge.signed_at(0)) == "timestamp-expired"
    during = edge.signed_at(jump)
    assert edge.reason(during) is None
    assert edge.reason(during) == "nonce-used"
    edge.clock.set(0)
    assert soon(lambda: edge.reason(edge.signed_at(0)) is None)
    assert edge.reason(before) == "nonce-used"
    assert edge.reason(edge.signed_at(jump)) == "timestamp-expired"
    # Rows that were read in the other hour are not newer than those that are read now.
    with sqlite3.connect(edge.state / "oauth.sqlite") as database:
        database.execute("UPDATE oauth_accepted_consumer SET oaac_access_token = 'gone-' || oaac_access_token")
    database.close()
    assert soon(lambda: edge.reason(edge.signed_at(0)) == "token-invalid", seconds=20)


# A file system that is as full as it says, for the one process that is started so.
SMALL_DISK = 'mount -t tmpfs -o size=$1 none "$2" && shift 2 && exec "$@"'


def full_disk(folder, size="4k"):
    """A command before another one: for that one the disk of `folder` is full at `size`."""
    folder.mkdir(exist_ok=True)
    root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *root, "--mount", "sh", "-c", SMALL_DISK, "sh", size, folder]


def test_a_disk_that_is_full(tmp_path):
    """It serves on; what can't be kept is said, and the end is in order."""

    class Full(Edge):
        def start_sessiongate(self):
            log = self.folder / "sessiongate.log"
            wrapper = full_disk(self.state / "disk")
            self.sessiongate = stack.start_sessiongate(self.state, self.ports, log, wrapper=wrapper)
            self.programs.append(self.sessiongate)

    def configure(text):
        changed = text.replace("  #nonce_file: /var/lib/sessiongate/nonces", "  nonce_file: disk/nonces")
        assert changed != text
        return changed

    with Full(tmp_path, configure=configure) as edge:
        for _ in range(300):
            assert edge.outcome(auth=edge.oauth1()) == 200
        assert edge.sessiongate.stop() == 0
        assert "nonces can't be handed over" in log(edge) and "No space left on device" in log(edge)


KEPT = "the one in force stays"


def test_key_files_that_become_garbage(tmp_path):
    """A running server keeps its keys and says what is wrong with which file; the right file counts again."""
    with Edge(tmp_path) as edge:
        files = [edge.state / "keys" / name for name in ("session-cookie.key", "access-token.pub")]
        kept = [file.read_bytes() for file in files]
        for file, garbage in itertools.product(files, [b"", b"nonsense", os.urandom(4096)]):
            file.write_bytes(garbage)
            lines = log(edge).count(KEPT)
            edge.sessiongate.process.send_signal(signal.SIGHUP)
            assert soon(lambda lines=lines: log(edge).count(KEPT) > lines)
            assert soon(lambda lines=lines, name=file.name: name in log(edge).split(KEPT, lines + 1)[-1]), log(edge)
            assert edge.outcome(auth=edge.oauth1()) == 200
            assert edge.outcome(headers=edge.bearer("oauth2")) == 200
            for each, content in zip(files, kept, strict=True):
                each.write_bytes(content)
            edge.sessiongate.process.send_signal(signal.SIGHUP)
        assert session_jwt(edge.get(auth=edge.oauth1("oauth1_other_user")))


# Those that have said nothing, begun a request, or begun HTTP/2.
BEGINNINGS = [b"", b"GET /v1/iden", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"]


def test_ten_thousand_peers_that_are_gone_without_a_word(tmp_path):
    """Others are served, and each connection is closed when nothing has come for as long as that may be."""

    def configure(text):
        changed = text.replace("  #idle_timeout: 5m", "  idle_timeout: 5s")
        assert changed != text
        return changed

    kept = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (20_000, max(20_000, kept[1])))
    try:
        with Edge(tmp_path, configure=configure) as edge, contextlib.ExitStack() as peers:
            address = ("127.0.0.1", edge.ports["sessiongate"])
            for number in range(10_000):
                peer = peers.enter_context(socket.create_connection(address, timeout=10))
                peer.sendall(BEGINNINGS[number % 3])
            waited = []
            for _ in range(50):
                begin = time.monotonic()
                assert edge.outcome(auth=edge.oauth1()) == 200
                waited.append(time.monotonic() - begin)
            print(f"slowest of 50 requests beside them: {max(waited) * 1000:.0f} ms")
            assert max(waited) < 2
            assert soon(lambda: connections(edge) < 100, seconds=30)
            assert edge.outcome(auth=edge.oauth1()) == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (kept[0], max(20_000, kept[1])))


def connections(edge):
    """How many are open on Sessiongate's side."""
    return sum(map(int, re.findall(r"^sessiongate_open_connections(?:\{.*\})? (\d+)$", edge.metrics(), re.MULTILINE)))
