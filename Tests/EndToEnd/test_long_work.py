"""Checks as large as they may be, sent by a proxy itself: small ones on the same event loop don't wait for them."""

import json
import subprocess
import time

import asking
import grpc
import pytest
import stack
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse
from floods import repeated

LENGTH = 8 << 20
FORM = {"content-type": "application/x-www-form-urlencoded", "content-length": str(LENGTH)}
OPTIONS = [("grpc.max_send_message_length", 2 * LENGTH), ("grpc.use_local_subchannel_pool", 1)]
# A machine that is busy with other things may be this slow, in milliseconds, whatever it does.
NOISE = 50


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Sessiongate alone with one event loop: its port and the demo's credentials."""
    folder = tmp_path_factory.mktemp("long")
    state = folder / "state"
    subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True)
    ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
    environment = {"SESSIONGATE_SERVER_EVENT_LOOPS": "1", "SESSIONGATE_LOG_LEVEL": "error"}
    program = stack.start_sessiongate(state, ports, folder / "log", environment)
    yield ports["sessiongate"], json.loads((state / "demo.json").read_text())
    program.stop()


def check(path="/w/api.php?action=query", body=b"", **headers):
    """An encoded CheckRequest."""
    request = CheckRequest()
    http = request.attributes.request.http
    http.method, http.path, http.host, http.scheme = "POST" if body else "GET", path, "wiki.demo.test", "http"
    http.raw_body, http.size = body, len(body)
    for name, value in headers.items():
        http.headers[name] = value
    return request.SerializeToString()


def oauth1(keys):
    values = {"consumer_key": keys["consumer_key"], "token": keys["token"], "signature": "x", "nonce": "x"}
    values |= {"signature_method": "HMAC-SHA1", "timestamp": int(time.time())}
    return "OAuth " + ", ".join(f'oauth_{name}="{value}"' for name, value in values.items())


def slowest(port, large):
    """The longest wait of small checks beside large ones, in milliseconds, and the last large one's answer."""
    small, waits = check(), []

    def ask():
        start = time.monotonic()
        asking.call(channel, small)
        waits.append((time.monotonic() - start) * 1000)

    address = f"127.0.0.1:{port}"
    with (
        grpc.insecure_channel(address, OPTIONS) as channel,
        grpc.insecure_channel(address, OPTIONS) as other,
        repeated(ask, every=0.001),
    ):
        answers = [CheckResponse.FromString(asking.call(other, large)) for _ in range(5)]
    return max(waits), answers[-1]


HOSTILE = {
    "a path": (lambda bearer, oauth1: check("/w/api.php?" + "%" * LENGTH, authorization=oauth1), 414),
    "a query": (lambda bearer, oauth1: check("/w/api.php?" + "%" * 65_000, authorization=oauth1), 200),
    "a form of an OAuth 1 client": (
        lambda bearer, oauth1: check(body=b"%" * LENGTH, authorization=oauth1, **FORM),
        200,
    ),
    "a form beside a token": (lambda bearer, oauth1: check(body=b"&" * LENGTH, authorization=bearer, **FORM), None),
    "a header": (lambda bearer, oauth1: check(authorization=f'OAuth oauth_nonce="{"%" * LENGTH}"'), 200),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_small_checks_do_not_wait(server, kind):
    port, demo = server
    make, status = HOSTILE[kind]
    # A body that is not read: what it takes to receive so many bytes.
    unread, _ = slowest(port, check(body=b"x" * LENGTH))
    wait, answer = slowest(port, make(f"Bearer {demo['oauth2_owner_only']['access_token']}", oauth1(demo["oauth1"])))
    assert wait < 5 * max(unread, NOISE), (wait, unread)
    assert (answer.denied_response.status.code or None) == status
