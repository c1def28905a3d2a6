"""A server that stops says so first, and its successor knows what it has accepted."""

import signal
import threading
import time

import pytest
import requests
from edge import Edge


def handing_over(text):
    changed = text.replace("  #nonce_file: /var/lib/sessiongate/nonces", "  nonce_file: nonces")
    changed = changed.replace("  #drain_delay: 0ms", "  drain_delay: 2s")
    assert changed.count("\n  nonce_file: ") == 1 and changed.count("\n  drain_delay: ") == 1
    return changed


@pytest.fixture
def own_edge(tmp_path):
    with Edge(tmp_path, configure=handing_over) as running:
        yield running


def test_a_request_from_before_a_restart_is_not_accepted_after_it(own_edge):
    request = own_edge.signed()
    with requests.Session() as client:
        assert "error" not in client.send(request).json()
        assert client.send(request).json()["error"]["code"] == "mwoauth-invalid-authorization"
        for _ in range(2):
            assert own_edge.sessiongate.stop() == 0
            assert (own_edge.state / "nonces").stat().st_mode & 0o777 == 0o600
            own_edge.start_sessiongate()
            assert client.send(request).json()["error"]["code"] == "mwoauth-invalid-authorization"
            other = own_edge.signed()
            assert "error" not in client.send(other).json()


def test_a_damaged_file_of_nonces_is_said_and_does_not_stop_the_start(own_edge):
    assert own_edge.sessiongate.stop() == 0
    (own_edge.state / "nonces").write_bytes(b"nonsense")
    own_edge.start_sessiongate()
    assert own_edge.outcome(auth=own_edge.oauth1()) == 200
    assert "nonces can't be taken over" in (own_edge.folder / "sessiongate.log").read_text()


def test_it_goes_on_for_a_while_after_it_has_said_that_it_stops(own_edge):
    stopping = own_edge.sessiongate.process
    answers = []
    stopping.send_signal(signal.SIGTERM)
    thread = threading.Thread(target=stopping.wait)
    begin = time.monotonic()
    thread.start()
    while requests.get(f"{own_edge.admin_url}/readyz").status_code == 200:
        assert time.monotonic() - begin < 1
    while time.monotonic() - begin < 1.5:
        answers.append(own_edge.outcome(auth=own_edge.oauth1()))
    assert set(answers) == {200} and len(answers) > 3
    thread.join(20)
    assert stopping.returncode == 0 and time.monotonic() - begin >= 2
