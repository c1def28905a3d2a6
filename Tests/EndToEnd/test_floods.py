"""What a flood does to honest clients of other kinds: none of their requests fails, and they wait little longer than
behind Envoy alone (deploy/envoy.yaml, less ext_authz)."""

import contextlib
import re

import edge as edges
import floods
import pytest
import requests
import stack
from edge import PLENTY, Edge

# Honest requests a second of each kind, and for how long.
RATE, SECONDS = 50, 3.0
# A machine that is busy with other things may be this slow, in milliseconds, whatever it does.
NOISE = 200


def plenty(text):
    """The sample with full buckets, and its own timeouts."""
    return re.sub(r"token_bucket: \{.*\}", f"token_bucket: {PLENTY}", text)


class FloodedEdge(Edge):
    """An edge with a second Envoy beside it that does not ask Sessiongate, at `alone`."""

    def start_proxy(self):
        super().start_proxy()
        ports = self.ports | stack.free_ports(["envoy", "envoy_admin"])
        self.alone = ports["envoy"]
        config = stack.write_envoy_config(
            self.folder / "alone.yaml", ports, change=lambda text: edges.without_filter(plenty(text))
        )
        self.programs.append(stack.start_envoy(config, ports, self.folder / "alone.log"))

    def statistic(self, name):
        """A count among Envoy's statistics."""
        url = f"http://127.0.0.1:{self.ports['envoy_admin']}/stats?filter={name}"
        return sum(int(line.rsplit(": ", 1)[1]) for line in requests.get(url, timeout=5).text.splitlines())


@contextlib.contextmanager
def warm_edge(folder, change):
    """A flooded edge that has read before what is read once."""
    edge = FloodedEdge(folder, change=change)
    edge.upstream = floods.fast_wiki(folder)
    with edge:
        floods.Honest(edge, edge.ports["envoy"], 20, 0.5).report()
        yield edge


@pytest.fixture(scope="module")
def flooded(tmp_path_factory):
    with warm_edge(tmp_path_factory.mktemp("flooded"), plenty) as edge:
        yield edge


def beside(edge, port, flood, name=None, more=None, **repetition):
    """What becomes of honest clients beside a flood on this port, and what the flood got."""
    honest = floods.Honest(edge, port, RATE, SECONDS, name, more)
    with floods.repeated(lambda: flood(port), **repetition) as results:
        return honest.report(), results


def assert_unharmed(reports, alone):
    """None failed, and the slowest hundredth waited no longer than five times what they wait behind Envoy alone."""
    assert {kind: report["failed"] for kind, report in reports.items()} == {kind: {} for kind in reports}
    for kind, report in reports.items():
        assert report["p99"] < 5 * max(alone[kind]["p99"], NOISE), (kind, report, alone[kind])


@pytest.mark.parametrize("connections, streams", [(2, 1000), (16, 100)])
def test_many_requests_at_once(flooded, connections, streams):
    """More than Envoy's circuit breakers let pass by default, 1024 at a time for all clients together."""

    def flood(port):
        return floods.many_gets(port, connections, streams)

    alone, _ = beside(flooded, flooded.alone, flood, every=1.2)
    reports, results = beside(flooded, flooded.ports["envoy"], flood, every=1.2)
    assert_unharmed(reports, alone)
    assert set(results) == {f"status codes: {connections * streams} 2xx, 0 3xx, 0 4xx, 0 5xx"}


def test_requests_that_are_given_up(flooded):
    """3,000 a second, without credentials. Envoy passes each on to Sessiongate as a reset of a stream.

    If Sessiongate ended the connection for them, the checks of other clients would fail with it.
    """

    def flood(port):
        return floods.aborts(port, 750)

    alone, _ = beside(flooded, flooded.alone, flood, times=4)
    reports, results = beside(flooded, flooded.ports["envoy"], flood, times=4)
    assert_unharmed(reports, alone)
    assert sum(results) > 2000 * SECONDS


def test_forms_that_are_never_finished(tmp_path):
    """Each is as long as Envoy keeps one. When they fill the heap, they are what is dropped."""
    length = int(re.search(r"max_request_bytes: (\d+)", stack.ENVOY_YAML.read_text())[1])
    count = 100

    def small(text):
        """A heap that they fill to 87 %, and a second in place of five."""
        text = plenty(text)
        assert text.count("max_heap_size_bytes: 1073741824") == text.count("min_timeout: 5s") == 1
        heap = int((count * length * 1.03 + (8 << 20)) / 0.87)
        text = text.replace("max_heap_size_bytes: 1073741824", f"max_heap_size_bytes: {heap}")
        return text.replace("min_timeout: 5s", "min_timeout: 1s")

    edge = FloodedEdge(tmp_path, change=small)
    edge.upstream = floods.fast_wiki(tmp_path)
    with edge:
        honest = floods.Honest(edge, edge.ports["envoy"], RATE, SECONDS)
        connections = [floods.unfinished_form(edge.ports["envoy"], length) for _ in range(count)]
        reports = honest.report()
        for connection in connections:
            connection.close()
        assert {kind: report["failed"] for kind, report in reports.items()} == {kind: {} for kind in reports}
        assert edge.statistic("http.edge.downstream_rq_idle_timeout") > 0


def long_forms(text):
    """As long as PHP takes them, by default 8 MiB."""
    assert text.count("max_request_bytes: 2097152") == 1
    return plenty(text).replace("max_request_bytes: 2097152", "max_request_bytes: 9437184")


@pytest.fixture(scope="module")
def form_edge(tmp_path_factory):
    with warm_edge(tmp_path_factory.mktemp("forms"), long_forms) as edge:
        yield edge


@pytest.mark.parametrize(
    "body, rate, threads", [(b"text=" + b"%" * (8 << 20), 3, 3), (b"text=" + b"x" * 70_000, 500, 8)]
)
def test_large_forms(form_edge, body, rate, threads):
    """One known client, whose signatures are wrong, beside others whose forms are too large for an event loop, too."""

    def flood(port):
        return floods.send(port, floods.hostile_form(form_edge, body).encode())

    def form(number):
        return floods.signed_form(form_edge, number, 100_000)

    repetition = {"every": threads / rate, "times": threads, "name": "form", "more": form}
    alone, _ = beside(form_edge, form_edge.alone, flood, **repetition)
    reports, results = beside(form_edge, form_edge.ports["envoy"], flood, **repetition)
    assert reports["form"]["sent"] == RATE * SECONDS and len(results) >= rate * SECONDS / 2
    assert_unharmed(reports, alone)
