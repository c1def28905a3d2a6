"""What reaches the upstream: who it is, and nothing that the client made up."""

import pytest
import requests
from edge import FORGED


def identity_headers(wiki):
    return {name: value for name, value in wiki.last["headers"].items() if name.startswith("x-session-")}


def test_anonymous_request_carries_no_identity(edge, wiki):
    response = edge.get(headers=FORGED)
    assert response.status_code == 200
    assert response.json()["query"]["userinfo"]["id"] == 0
    assert identity_headers(wiki) == {}


@pytest.mark.contract("request headers are overwritten")
def test_forged_headers_are_overwritten(edge, wiki):
    alice = edge.demo["oauth1"]
    assert edge.get(headers=FORGED, auth=edge.oauth1()).status_code == 200
    headers = identity_headers(wiki)
    assert headers["x-session-user-id"] == str(alice["user_id"])
    assert headers["x-session-consumer"] == alice["consumer_key"]
    assert "forged" not in str(headers) and "approved-bot" not in str(headers)


@pytest.mark.contract("forged headers are removed")
def test_repeated_and_oddly_spelt_forged_headers(edge, wiki):
    forged = [("X-Session-User-Id", "1"), ("x-session-USER-id", "2"), ("X-SESSION-SUB", "mw:local:wiki:1")]
    assert edge.raw("GET", "/w/api.php", forged).status == 200
    assert identity_headers(wiki) == {}


@pytest.mark.contract("forged headers are removed")
def test_unknown_parts_are_removed_beside_known_ones(edge, wiki):
    """Client credentials name a consumer and no user: a forged user must not fill the gap."""
    assert edge.get(headers=FORGED | edge.bearer("oauth2_client_credentials")).status_code == 200
    headers = identity_headers(wiki)
    assert "x-session-user-id" not in headers
    assert "x-session-sub" not in headers


@pytest.mark.ext_authz
def test_who_am_i(edge):
    url = f"{edge.sessiongate_url}/v1/identity"
    alice = edge.demo["oauth1"]
    for _ in range(2):  # reading is repeatable
        answer = requests.get(url, headers=edge.bearer("oauth2_owner_only"), timeout=5)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        assert answer.json()["outcome"] == "authenticated"
    signed = requests.Request("GET", url, auth=edge.oauth1()).prepare()
    with requests.Session() as session:
        answers = [session.send(signed, timeout=5).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["user"]["id"] == alice["user_id"]
    assert requests.get(url, timeout=5).json()["outcome"] == "anonymous"


@pytest.mark.ext_authz
@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
def test_admin_pages_are_not_on_the_data_listener(edge, path):
    assert requests.get(edge.admin_url + path, timeout=5).status_code == 200
    assert requests.get(edge.sessiongate_url + path, timeout=5).status_code == 404


def test_metrics_count_and_name_no_secrets(edge):
    edge.get(auth=edge.oauth1())
    text = edge.metrics()
    assert "# TYPE" in text
    for entry in edge.demo.values():
        if isinstance(entry, dict):
            for name in ("consumer_secret", "token_secret", "token", "access_token"):
                assert entry.get(name, "-" * 40) not in text
