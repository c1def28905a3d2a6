"""One client that signs very many requests is told to wait; the others notice nothing."""

import inside
import pytest
import requests
from edge import Edge, ModuleEdge
from proxies import KINDS

# A tenth of a thousand nonces is what one client may have.
SMALL = {"SESSIONGATE_OAUTH1_NONCE_CAPACITY": "1000", "SESSIONGATE_OAUTH1_NONCE_SHARE": "10"}
SAMPLES = {"envoy": Edge} | inside.samples(ModuleEdge) | KINDS
FORWARD_AUTH = ("nginx", "haproxy", "caddy")


@pytest.fixture(scope="module", params=SAMPLES)
def busy(request, tmp_path_factory):
    """An edge at which one client has asked as often as it may."""
    edge = SAMPLES[request.param](tmp_path_factory.mktemp(request.param))
    edge.environment = SMALL
    edge.kind = request.param
    with edge, requests.Session() as session:
        for number in range(110):
            session.send(edge.signed(url=f"{edge.api}?action=query&format=json&number={number}"), timeout=10)
        yield edge


def test_the_client_that_has_its_share_is_told_to_wait(busy):
    response = busy.get(auth=busy.oauth1(), headers={"origin": "https://app.example"})
    assert response.status_code == (403 if busy.kind in FORWARD_AUTH else 429)
    assert response.headers["retry-after"] == "60"
    assert response.headers["mediawiki-api-error"] == "ratelimited"
    assert "www-authenticate" not in response.headers
    assert response.headers["access-control-allow-origin"] == "https://app.example"
    error = response.json()["error"]
    assert (error["code"], error["reason"]) == ("ratelimited", "nonce-share")


def test_the_others_are_served(busy):
    for _ in range(40):
        response = busy.get(auth=busy.oauth1("oauth1_owner_only"))
        assert response.status_code == 200 and "mediawiki-api-error" not in response.headers
    assert 'sessiongate_faults_total{fault="nonce-memory-full"} 0' in busy.metrics()
