"""Envoy configured in other ways than deploy/envoy.yaml has it: what its comments say must hold there too."""

import edge as edges
import pytest
import requests
from cookies import get_with_cookie, session_jwt


def changed(text, before, after):
    """The configuration with one setting changed; it must be there."""
    assert text.count(before) == 1
    return edges.plenty(text.replace(before, after))


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    """Envoy's default: headers as a map, repeated ones joined with a comma."""

    def change(text):
        return changed(text, "encode_raw_headers: true", "encode_raw_headers: false")

    with edges.Edge(tmp_path_factory.mktemp("joined"), change=change) as running:
        yield running


def test_joined_headers(joined):
    cookie = session_jwt(joined.get(auth=joined.oauth1()))
    alone = get_with_cookie(joined, f"a=1; sessionJwt={cookie}")
    assert alone.json()["query"]["userinfo"]["name"] == joined.demo["oauth1"]["user_name"]
    form = {"action": "query", "meta": "userinfo", "format": "json", "text": "ünï & = + ~*%"}
    assert joined.post(form, auth=joined.oauth1()).status_code == 200
    assert joined.wiki.last["headers"]["x-session-type"] == "oauth1"


def test_joined_authorization_headers(joined):
    value = joined.signed().headers["Authorization"].decode()
    url = joined.signed().path_url
    assert joined.raw("GET", url, [("authorization", value), ("authorization", "Basic eDp5")]).status == 200
    assert joined.wiki.last["headers"]["x-session-type"] == "oauth1"
    assert joined.raw("GET", url, [("authorization", "Basic eDp5"), ("authorization", value)]).status == 200
    assert "x-session-type" not in joined.wiki.last["headers"]


def test_partial_bodies_are_refused_by_name(tmp_path):
    def change(text):
        before = "max_request_bytes: 2097152, allow_partial_message: false"
        return changed(text, before, "max_request_bytes: 1000, allow_partial_message: true")

    with edges.Edge(tmp_path, change=change) as running:
        assert running.post({"text": "short"}, auth=running.oauth1()).status_code == 200
        answer = running.post({"text": "long " * 1000}, auth=running.oauth1())
        assert answer.json()["error"]["reason"] == "body-unavailable"
        assert running.post({"text": "long " * 1000}, headers=running.bearer("oauth2")).status_code == 200


def test_bodies_that_are_not_forwarded_are_refused_by_name(tmp_path):
    def change(text):
        without = [line for line in text.splitlines(keepends=True) if "with_request_body: {" not in line]
        assert len(without) == len(text.splitlines()) - 1
        return edges.plenty("".join(without))

    with edges.Edge(tmp_path, change=change) as running:
        answer = running.post({"text": "short"}, auth=running.oauth1())
        assert answer.json()["error"]["reason"] == "body-unavailable"
        assert running.get(auth=running.oauth1()).status_code == 200


def test_a_chunked_body_that_is_not_forwarded_is_no_empty_form(tmp_path):
    """Envoy tells neither its length nor that there is one: what was signed as an empty form could have any body."""

    def change(text):
        text = changed(text, "sessiongate.form_bodies: always", "sessiongate.mode: enforce")
        return "".join(line for line in text.splitlines(keepends=True) if "with_request_body: {" not in line)

    with edges.Edge(tmp_path, change=change) as running:
        form = {"content-type": "application/x-www-form-urlencoded"}
        empty = requests.Request("POST", running.api, data="", headers=form, auth=running.oauth1()).prepare()
        headers = form | {"authorization": empty.headers["Authorization"].decode()}
        answer = requests.post(running.api, data=iter([b"action=evil"]), headers=headers, timeout=10)
        assert answer.json()["error"]["reason"] == "body-unavailable"
        answer = requests.post(running.api, data=b"", headers=headers, timeout=10)
        assert answer.status_code == 200, "a length of 0 says it"


def test_failure_mode_allow(tmp_path):
    """Requests pass through an outage, and nobody can use it to be somebody else."""

    def change(text):
        assert text.count("failure_mode_allow: false") == 1
        return text.replace("failure_mode_allow: false", "failure_mode_allow: true")

    with edges.Edge(tmp_path, change=change) as running:
        running.sessiongate.stop()
        forged = {"x-session-user-id": "1", "x-session-type": "oauth1", "x-session-class": "approved-bot"}
        forged |= {
            "x_session_user_id": "1",
            "x-session_user-id": "1",
            "x.session.user.id": "1",
            "x-session.type": "oauth1",
        }
        answer = running.get(headers=forged, auth=running.oauth1())
        assert answer.status_code == 200
        assert answer.json()["query"]["userinfo"]["id"] == 0
        assert not [name for name in running.wiki.last["headers"] if "session" in name]
