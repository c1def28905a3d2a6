"""deploy/haproxy/oauth1-only.cfg: Sessiongate is asked about OAuth 1, and about nothing else."""

import re

import pytest
from cookies import session_jwt
from proxies import FORGED, OAuth1OnlyEdge, plenty


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with OAuth1OnlyEdge(tmp_path_factory.mktemp("oauth1"), change=plenty) as edge:
        yield edge


def asked(edge):
    """How many questions Sessiongate was asked."""
    return sum(
        int(count) for count in re.findall(r"^sessiongate_checks_total\{.*\} (\d+)$", edge.metrics(), re.MULTILINE)
    )


def identity(edge):
    return {name for name in edge.wiki.last["headers"] if "session" in name}


def test_oauth1_is_asked_about(running):
    before = asked(running)
    response = running.get(auth=running.oauth1(), headers=FORGED)
    assert response.status_code == 200
    assert session_jwt(response)
    assert running.wiki.last["headers"]["x-session-user-id"] == str(running.demo["oauth1"]["user_id"])
    assert asked(running) == before + 1
    bad = running.signed().headers["Authorization"].decode().replace('oauth_signature="', 'oauth_signature="A')
    refused = running.get(headers={"authorization": bad})
    assert refused.status_code == 401
    assert refused.json()["error"]["reason"] == "signature-invalid"


def test_nothing_else_is(running):
    before = asked(running)
    for headers in (
        {},
        running.bearer("oauth2_owner_only"),
        {"cookie": "sessionJwt=x"},
        {"authorization": "Basic eA=="},
    ):
        assert running.get(headers=headers | FORGED).status_code == 200
        assert identity(running) == set()
    assert asked(running) == before


@pytest.mark.parametrize("lines", [["OAuth x"], ["Basic eA==", "OAuth x"], ["Basic eA==, OAuth x"], ["oauth\tx"]])
def test_whatever_the_wiki_might_take_for_it_is_asked_about(running, lines):
    before = asked(running)
    running.raw("GET", "/w/api.php", [("authorization", line) for line in lines])
    assert asked(running) == before + 1


def test_an_outage_stops_oauth1_alone(tmp_path):
    with OAuth1OnlyEdge(tmp_path, change=plenty) as edge:
        edge.sessiongate.stop()
        assert edge.get(auth=edge.oauth1()).status_code == 503
        assert edge.get(headers=FORGED).status_code == 200
        assert identity(edge) == set()
