"""Behind other proxies nothing but a verdict lets a request pass, and no verdict is 503, never a refusal."""

import socket

import hostile
import pytest
from mediawiki import Wiki
from proxies import KINDS, HAProxyEdge, plenty


@pytest.mark.parametrize("kind", KINDS)
def test_an_outage_is_no_refusal(tmp_path, kind):
    with KINDS[kind](tmp_path) as running:
        assert running.get(auth=running.oauth1()).status_code == 200
        running.sessiongate.stop()
        assert running.get(auth=running.oauth1()).status_code == 503
        assert running.get().status_code == 503
        running.start_sessiongate()
        assert running.get(auth=running.oauth1()).status_code == 200


@pytest.fixture(params=KINDS)
def asking(request, tmp_path):
    """An edge that asks a stand-in for Sessiongate, which remembers what it was asked: `gate`."""
    with KINDS[request.param](tmp_path) as running:
        running.kind = request.param
        running.sessiongate.stop()
        running.gate = Wiki(running.ports["sessiongate"], {})
        running.gate.extra_headers = {"x-sessiongate-outcome": "anonymous"}
        yield running
        running.gate.shutdown()
        running.gate.server_close()


def asked_with(running, **headers):
    """What the stand-in was sent with the question about a request with these headers, empty ones left out."""
    assert (
        running.get("/x", headers={name.replace("_", "-"): value for name, value in headers.items()}).status_code == 200
    )
    return {name: value for name, value in running.gate.last["headers"].items() if value}


def test_what_sessiongate_is_asked(asking):
    sent = asked_with(asking, grpc_timeout="1n", content_type="application/grpc", authorization="OAuth a", cookie="b=1")
    assert "grpc-timeout" not in sent
    assert (sent["authorization"], sent["cookie"]) == ("OAuth a", "b=1")
    if asking.kind != "envoy-http":
        assert "content-type" not in sent
    forged = {name.lower(): hostile.FORGED for name in hostile.HEARSAY}
    assert hostile.FORGED not in str(asked_with(asking, **forged))
    form = "application/x-www-form-urlencoded; charset=utf-8"
    assert asked_with(asking, content_type=form)["content-type"] == form


def test_only_a_verdict_lets_a_request_pass(asking):
    """With Sessiongate's own header and without: another server at its address says yes or no to everything."""
    ours = asking.gate.extra_headers
    for status in (201, 204, 302, 403, 500, 504):
        for asking.gate.extra_headers in (ours, {}):
            asking.gate.status = status
            response = asking.get("/x", allow_redirects=False)
            assert not asking.wiki.seen
            if asking.kind != "envoy-http" or status >= 500:
                assert response.status_code == 503, status
    if asking.kind != "envoy-http":  # Envoy takes 200 from any server.
        for asking.gate.status in (200, 401):
            assert asking.get("/x").status_code == 503
            assert not asking.wiki.seen


def test_a_refusal_reaches_the_client(asking):
    asking.gate.extra_headers = {"x-sessiongate-outcome": "refused"}
    for asking.gate.status in (400, 401, 403):
        # nginx knows two statuses of a refusal.
        expected = 503 if asking.kind == "nginx" and asking.gate.status == 400 else asking.gate.status
        assert asking.get("/x").status_code == expected
        assert not asking.wiki.seen


def test_a_wiki_that_is_gone_is_not_sessiongates_fault(asking):
    asking.wiki.shutdown()
    asking.wiki.server_close()
    assert asking.get("/x").status_code == (503 if asking.kind in ("envoy-http", "haproxy") else 502)


def exchange(running, head):
    """The status of the answer to a request with exactly this head."""
    with socket.create_connection(("127.0.0.1", running.ports["envoy"]), timeout=10) as connection:
        connection.sendall(head.encode() + b"\r\nconnection: close\r\n\r\n")
        return int(connection.makefile("rb").readline().split()[1])


def test_haproxy_lets_nothing_pass_that_it_could_not_ask_about(tmp_path):
    """Long heads: the question, which repeats what it is about, may find no room in a buffer."""
    with KINDS["haproxy"](tmp_path) as running:
        statuses = [
            exchange(running, f"GET /w/api.php HTTP/1.1\r\nhost: {'h' * size}\r\nauthorization: Bearer x")
            for size in [*range(7900, 8200, 50), *range(14000, 15400, 100)]
        ]
        assert set(statuses) <= {400, 401, 503}
        twice = "GET /w/api.php HTTP/1.1\r\nhost: a.test\r\nhost: {}\r\nauthorization: Bearer x"
        assert exchange(running, twice.format("a.test")) in {400, 401, 503}
        assert exchange(running, twice.format("b.test")) in {400, 401, 503}
        assert not running.wiki.seen
        assert running.get(auth=running.oauth1()).status_code == 200


@pytest.mark.parametrize("where", ["local function question(txn)\n", "function(txn, address)\n"])
def test_haproxy_lets_nothing_pass_when_its_script_fails(tmp_path, where):
    class Broken(HAProxyEdge):
        @staticmethod
        def script(text):
            assert text.count(where) == 1
            return text.replace(where, where + "    error('broken')\n")

    with Broken(tmp_path, change=plenty) as running:
        assert running.get(auth=running.oauth1()).status_code == 503
        assert running.get().status_code == 503
        assert not running.wiki.seen
