"""What holds behind every proxy: a cookie for the client, identity for the wiki, the wiki's own headers left alone."""

import re

import pytest
import requests
from cookies import make_cookie, session_jwt, set_cookies, verified_claims
from edge import Edge
from proxies import DEPLOY, FORGED, KINDS, HAProxyEdge


@pytest.fixture(scope="module", params=KINDS)
def proxied(request, tmp_path_factory):
    with KINDS[request.param](tmp_path_factory.mktemp(request.param)) as running:
        running.kind = request.param
        yield running


@pytest.fixture
def seen(proxied):
    proxied.wiki.seen.clear()
    return proxied.wiki


def identity(seen):
    """The identity headers that the wiki got, and all that CGI takes for them."""
    return {
        name: value
        for name, value in seen.last["headers"].items()
        if re.sub("[^a-z0-9]", "-", name).startswith("x-session-")
    }


def test_a_cookie_for_the_client_and_identity_for_the_wiki(proxied, seen):
    response = proxied.get(auth=proxied.oauth1())
    alice = proxied.demo["oauth1"]
    assert response.status_code == 200
    assert verified_claims(proxied, session_jwt(response))["sub"] == proxied.subject(alice["user_id"])
    assert identity(seen) == {
        "x-session-user-id": str(alice["user_id"]),
        "x-session-sub": proxied.subject(alice["user_id"]),
        "x-session-consumer": alice["consumer_key"],
        "x-session-class": "established-user",
        "x-session-type": "oauth1",
    }


def test_an_owner_only_token(proxied, seen):
    response = proxied.get(headers=proxied.bearer("oauth2_owner_only"))
    assert session_jwt(response)
    assert seen.last["headers"]["x-session-type"] == "oauth2-owner"


def test_a_fresh_cookie_is_kept(proxied, seen):
    cookie = make_cookie(proxied, proxied.demo["oauth1"]["user_id"])
    assert set_cookies(proxied.get(headers={"cookie": f"a=1; sessionJwt={cookie}"}, auth=proxied.oauth1())) == []
    assert seen.last["headers"]["cookie"] == f"a=1; sessionJwt={cookie}"
    alone = proxied.get(headers={"cookie": f"sessionJwt={cookie}"})
    assert alone.status_code == 200
    assert seen.last["headers"]["x-session-type"] == "cookie"


def test_nobody_and_nothing_forged(proxied, seen):
    response = proxied.get(headers=FORGED)
    assert response.status_code == 200
    assert set_cookies(response) == []
    assert identity(seen) == {}
    proxied.get(headers=FORGED | proxied.bearer("oauth2_client_credentials"))
    assert identity(seen).keys() <= {"x-session-consumer", "x-session-class", "x-session-type"}
    assert identity(seen)["x-session-type"] == "oauth2-client"


def test_a_bad_signature(proxied, seen):
    bad = proxied.signed().headers["Authorization"].decode().replace('oauth_signature="', 'oauth_signature="A')
    response = proxied.get(headers={"authorization": bad})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "OAuth"
    assert response.headers["content-type"].startswith("application/json")
    assert response.json()["error"]["code"] == "mwoauth-invalid-authorization"
    assert response.json()["error"]["reason"] == "signature-invalid"
    assert set_cookies(response) == [] and not seen.seen
    revoked = proxied.get(headers=proxied.bearer("oauth2_revoked"))
    assert revoked.status_code == 401
    assert revoked.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_a_replay(proxied):
    header = proxied.signed().headers["Authorization"].decode()
    statuses = [proxied.get(headers={"authorization": header}).status_code for _ in range(3)]
    assert statuses == [200, 401, 401]


def test_the_signed_url_is_the_original_one(proxied, seen):
    url = f"{proxied.api}?b=2&a=%C3%BC+x&empty=&action=query"
    with requests.Session() as session:
        assert session.send(proxied.signed("GET", url), timeout=10).status_code == 200
        assert session.send(proxied.signed("DELETE", url), timeout=10).status_code == 200
    assert seen.last["headers"]["x-session-type"] == "oauth1"


def test_what_a_client_says_about_forwarding_counts_for_nothing(proxied, seen):
    """The request that is judged is the one that was sent, whatever header fields say."""
    signed = proxied.signed("GET", f"{proxied.api}?action=query")
    for name in ("X-Original-URI", "X-Forwarded-Uri"):
        headers = {"authorization": signed.headers["Authorization"].decode(), name: "/w/api.php?action=query"}
        headers |= {"X-Original-Method": "GET", "X-Forwarded-Method": "GET", "X-Forwarded-Host": "other.test"}
        other = requests.post(f"{proxied.url}/w/api.php?action=edit", headers=headers, timeout=10)
        assert other.status_code == 401, name
    assert not seen.seen


def test_the_wikis_cookies_survive(proxied):
    proxied.wiki.extra_headers = {"set-cookie": "theirs=1; path=/"}
    try:
        cookies = set_cookies(proxied.get(auth=proxied.oauth1()))
    finally:
        proxied.wiki.extra_headers = {}
    assert len(cookies) == 2 and "theirs=1; path=/" in cookies


@pytest.mark.parametrize("theirs", [None, "public, s-maxage=60"])
def test_no_shared_cache_may_store_our_cookie(proxied, theirs):
    proxied.wiki.extra_headers = {"cache-control": theirs} if theirs else {}
    try:
        with_cookie, without = proxied.get(auth=proxied.oauth1()), proxied.get()
    finally:
        proxied.wiki.extra_headers = {}
    assert session_jwt(with_cookie)
    assert with_cookie.raw.headers.getlist("cache-control") == ["private, no-store"]
    assert without.headers.get("cache-control") == theirs


def test_signed_forms(proxied, seen):
    """Envoy shows the body; the others can't, and say so."""
    response = proxied.post({"action": "query", "meta": "userinfo", "format": "json"}, auth=proxied.oauth1())
    if proxied.kind == "envoy-http":
        assert response.status_code == 200
        assert seen.last["headers"]["x-session-type"] == "oauth1"
    else:
        assert response.status_code == 401
        assert response.json()["error"]["reason"] == "body-unavailable"


def test_bodies_reach_the_wiki_whole(proxied, seen):
    """Of requests that are judged without them; a length, chunks, nothing."""
    form = b"action=query&meta=userinfo&format=json&text=" + b"x" * 300_000
    headers = proxied.bearer("oauth2") | {"content-type": "application/x-www-form-urlencoded"}
    # HAProxy asks for a length (deploy/haproxy/haproxy.cfg says why).
    chunked = 411 if proxied.kind == "haproxy" else 200
    for body, status in ((form, 200), (iter([form[:1000], form[1000:]]), chunked), (b"", 200)):
        assert requests.post(proxied.api, data=body, headers=headers, timeout=10).status_code == status
    assert [request["body_bytes"] for request in seen.seen if request["body_bytes"]] == [len(form)] * (
        1 if chunked == 411 else 2
    )
    assert {request["headers"]["x-session-type"] for request in seen.seen} == {"oauth2"}


def test_an_injected_cookie_over_http(tmp_path):
    def inject(text):
        return text.replace("\nedge:\n", "\nedge:\n  inject_cookie: true\n")

    with Edge(tmp_path, source=DEPLOY / "envoy-http.yaml", configure=inject) as running:
        token = session_jwt(running.get(headers={"cookie": "a=1"}, auth=running.oauth1()))
        assert running.wiki.last["headers"]["cookie"] == f"a=1; sessionJwt={token}"
        running.get(headers={"cookie": "a=1"})
        assert running.wiki.last["headers"]["cookie"] == "a=1"


@pytest.mark.parametrize("kind", ["envoy-http", "haproxy"])
def test_a_heavy_user_is_slowed_down(tmp_path, kind):
    def slow(text):
        return text.replace("fill_interval: 10s", "fill_interval: 600s").replace("10s", "600s")

    make = {"envoy-http": Edge, "haproxy": HAProxyEdge}[kind]
    with make(tmp_path, change=slow, source=DEPLOY / "envoy-http.yaml") as limited:
        statuses = [limited.get(auth=limited.oauth1()).status_code for _ in range(13)]
        assert statuses == [200] * 10 + [429] * 3
        # What the wiki is not told counts all the same.
        alice = limited.demo["oauth1"]["user_id"]
        name = next(name for name in ("oauth2_owner_only", "oauth2") if limited.demo[name]["user_id"] == alice)
        for path in ("/w/api.php?origin=*", "/w/api.php?callback=f", "/w/load.php"):
            assert limited.get(path, headers=limited.bearer(name)).status_code == 429
        assert limited.get(auth=limited.oauth1("oauth1_other_user")).status_code == 200
        assert limited.get().status_code == 200
