"""deploy/envoy-gateway.yaml: a jwt_authn filter sees who it is on the first request, by OAuth 1 too."""

import re
import time

import jwt
import pytest
import requests
import stack
from cookies import (
    ATTRIBUTES,
    central_users,
    make_centralauth_token,
    make_cookie,
    session_jwt,
    set_cookies,
    verified_claims,
)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from edge import PLENTY, WAYS, Edge

SOURCE = stack.ROOT / "deploy" / "envoy-gateway.yaml"


def profile(text):
    """Sessiongate's configuration with what the file's first comment asks for."""
    wanted = re.search(r"#   edge:\n((?:#     .*\n)+)", SOURCE.read_text())[1]
    lines = "".join(line.removeprefix("#   ") + "\n" for line in wanted.splitlines())
    changed = text.replace("\nedge:\n", "\nedge:\n" + lines)
    assert changed != text
    return changed


def slow(text):
    """Buckets that are not filled again while a test runs, and time for a busy machine."""
    return text.replace("fill_interval: 10s", "fill_interval: 600s").replace("timeout: 2s", "timeout: 5s")


def plenty(text):
    return re.sub(r"token_bucket: \{.*\}", f"token_bucket: {PLENTY}", slow(text))


@pytest.fixture(scope="module")
def gateway(way, tmp_path_factory):
    with WAYS[way](tmp_path_factory.mktemp("gateway"), change=plenty, source=SOURCE, configure=profile) as running:
        yield running


# What is told of anonymous requests: they count on their address.
ANONYMOUS = {"x-wmf-user-id": "x-client-ip:127.0.0.1", "x-wmf-ratelimit-class": "anon"}


def assert_anonymous(edge):
    """The last request was told to be anonymous."""
    headers = edge.wiki.last["headers"]
    assert {name: headers.get(name) for name in ANONYMOUS} == ANONYMOUS


def seen_by_jwt_authn(gateway, path):
    """The subject in the access log's line for this path: what jwt_authn's metadata said."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for line in gateway.envoy.log.read_text().splitlines():
            if f" {path} " in line:
                return re.search(r"jwt_sub=(\S*)", line)[1]
        time.sleep(0.05)
    raise AssertionError(gateway.envoy.tail())


@pytest.mark.contract("injected cookie: jwt_authn, first request limited")
def test_the_first_request_is_counted_on_its_user(way, tmp_path):
    """No cookie is ever kept by this bot: jwt_authn and the limit see its user all the same."""
    with WAYS[way](tmp_path, change=slow, source=SOURCE, configure=profile) as limited:
        size = int(re.search(r"max_tokens: (\d+)", SOURCE.read_text())[1])
        statuses = [limited.get(auth=limited.oauth1()).status_code for _ in range(size + 3)]
        assert statuses == [200] * size + [429] * 3
        assert limited.get(auth=limited.oauth1("oauth1_other_user")).status_code == 200
        # Anonymous requests have a bucket for each address, and so one here.
        assert [limited.get().status_code for _ in range(size + 1)] == [200] * size + [429]
        # The same person by cookie alone is the same subject.
        cookie = make_cookie(limited, limited.demo["oauth1"]["user_id"])
        assert limited.get(headers={"cookie": f"sessionJwt={cookie}"}).status_code == 429


def test_a_regular_token_is_counted_on_its_user_too(way, tmp_path):
    """Nobody gives it a cookie, so jwt_authn sees nobody; its user is verified all the same."""
    with WAYS[way](tmp_path, change=slow, source=SOURCE, configure=profile) as limited:
        size = int(re.search(r"\{ key: key \}\]\s+token_bucket: \{ max_tokens: (\d+)", SOURCE.read_text())[1])
        token = limited.bearer("oauth2")
        statuses = [limited.get("/regular", headers=token).status_code for _ in range(size + 3)]
        assert statuses == [200] * size + [429] * 3
        assert seen_by_jwt_authn(limited, "/regular") == ""
        others = [
            name
            for name in ("oauth1", "oauth1_other_user", "oauth2_owner_only")
            if limited.demo[name]["user_id"] != limited.demo["oauth2"]["user_id"]
        ]
        for name in others:
            options = {"headers": limited.bearer(name)} if "oauth2" in name else {"auth": limited.oauth1(name)}
            assert limited.get(**options).status_code == 200, name
        assert others and limited.get().status_code == 200
        assert limited.get("/regular", headers=token).status_code == 429


def test_jwt_authn_reads_the_payload(gateway):
    gateway.get("/first", auth=gateway.oauth1())
    assert seen_by_jwt_authn(gateway, "/first") == gateway.subject(gateway.demo["oauth1"]["user_id"])
    gateway.get("/owner", headers=gateway.bearer("oauth2_owner_only"))
    assert seen_by_jwt_authn(gateway, "/owner") == gateway.subject(gateway.demo["oauth2_owner_only"]["user_id"])
    gateway.get("/nobody")
    assert seen_by_jwt_authn(gateway, "/nobody") == ""


def test_es256_cookies_are_read_by_jwt_authn_and_by_pyjwt(tmp_path):
    """What the documentation of keys.cookie says about P-256 keys."""

    def configure(text):
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (tmp_path / "state" / "keys" / "session-cookie.key").write_bytes(pem)
        return profile(text)

    with Edge(tmp_path, change=plenty, source=SOURCE, configure=configure) as es256:
        subject = es256.subject(es256.demo["oauth1"]["user_id"])
        token = session_jwt(es256.get("/set", auth=es256.oauth1()))
        assert jwt.get_unverified_header(token)["alg"] == "ES256"
        claims = verified_claims(es256, token, "ES256")
        assert claims["sub"] == subject
        assert seen_by_jwt_authn(es256, "/set") == subject
        # And the other way round: what PyJWT signs identifies its user.
        cookie = jwt.encode(claims, es256.cookie_key, algorithm="ES256")
        assert es256.get("/sent", headers={"cookie": f"sessionJwt={cookie}"}).status_code == 200
        assert es256.wiki.last["headers"]["x-wmf-user-id"] == "jwt-sub:" + subject
        assert seen_by_jwt_authn(es256, "/sent") == subject


@pytest.mark.contract("injected cookie: others byte for byte")
def test_the_wiki_gets_cookies_as_they_were_sent(gateway):
    sent = 'theme="dark"; empty=; sessionJwt=deleted; lang=en=us'
    response = gateway.get("/w/api.php", headers={"cookie": sent}, auth=gateway.oauth1())
    token = session_jwt(response)
    assert gateway.wiki.last["headers"]["cookie"] == sent.replace("=deleted", f"={token}")
    gateway.get("/w/api.php", auth=gateway.oauth1())
    assert gateway.wiki.last["headers"]["cookie"] == f"sessionJwt={token}"
    # A good cookie of the client's own, and no OAuth: nothing is touched.
    own = make_cookie(gateway, gateway.demo["oauth1"]["user_id"])
    gateway.get("/w/api.php", headers={"cookie": f"a=1; sessionJwt={own}"}, auth=gateway.oauth1())
    assert gateway.wiki.last["headers"]["cookie"] == f"a=1; sessionJwt={own}"
    gateway.get("/w/api.php", headers={"cookie": "a=1;  b=2 "})
    assert gateway.wiki.last["headers"]["cookie"] == "a=1;  b=2"


def test_only_the_verified_cookie_of_two_goes_on(gateway):
    alice, bob = (gateway.demo[name]["user_id"] for name in ("oauth1", "oauth1_other_user"))
    assert alice != bob
    first, second = make_cookie(gateway, alice), make_cookie(gateway, bob)
    gateway.get("/two", headers={"cookie": f"sessionJwt={first}; x=1; sessionJwt={second}"})
    assert gateway.wiki.last["headers"]["cookie"] == f"sessionJwt={first}; x=1"
    assert seen_by_jwt_authn(gateway, "/two") == gateway.subject(alice)


def test_the_gateways_headers(gateway):
    forged = {"x-wmf-user-id": "jwt-sub:forged", "x-wmf-ratelimit-class": "approved-bot", "x-session-user-id": "1"}
    gateway.get(headers=forged, auth=gateway.oauth1())
    headers = gateway.wiki.last["headers"]
    assert headers["x-wmf-user-id"] == "jwt-sub:" + gateway.subject(gateway.demo["oauth1"]["user_id"])
    assert headers["x-wmf-ratelimit-class"] in {"authed-user", "established-user"}
    assert "x-session-user-id" not in headers
    forged |= {"x.wmf.user.id": "jwt-sub:forged", "x-wmf.ratelimit-class": "approved-bot", "x-session.user-id": "1"}
    gateway.get(headers=forged)
    assert {name for name in gateway.wiki.last["headers"] if re.match(r"x\W(wmf|session)", name)} == set(ANONYMOUS)
    assert_anonymous(gateway)


@pytest.mark.contract("context_extensions reach Sessiongate")
def test_a_route_in_observe_mode_refuses_nothing(gateway):
    tampered = gateway.signed().headers["Authorization"].decode().replace('oauth_signature="', 'oauth_signature="A')
    gateway.wiki.seen.clear()
    refused = gateway.get("/w/api.php", headers={"authorization": tampered})
    assert refused.json()["error"]["reason"] == "signature-invalid" and gateway.wiki.seen == []
    response = gateway.get("/observed/w/api.php", headers={"authorization": tampered})
    assert response.status_code == 200
    assert not set_cookies(response)
    assert_anonymous(gateway)
    assert "sessiongate_refusals_observed_total 1" in gateway.metrics()
    form = {"action": "query", "meta": "userinfo", "format": "json"}
    observed = requests.post(f"{gateway.url}/observed/w/api.php", data=form, auth=gateway.oauth1(), timeout=10)
    assert observed.status_code == 200
    assert gateway.wiki.last["headers"]["x-wmf-user-id"].startswith("jwt-sub:")
    observed = requests.post(
        f"{gateway.url}/observed/w/api.php", data=form, headers={"authorization": tampered}, timeout=10
    )
    assert observed.status_code == 200
    assert_anonymous(gateway)


@pytest.mark.contract("Cache-Control of a response with our cookie")
def test_a_response_with_our_cookie_is_private(gateway):
    """Whatever the wiki says about caching: no shared cache may hand our cookie to others."""
    first = gateway.get(auth=gateway.oauth1())
    assert session_jwt(first) and first.headers["cache-control"] == "private, no-store"
    assert "cache-control" not in gateway.get().headers
    gateway.wiki.extra_headers = {"cache-control": "public, s-maxage=3600"}
    try:
        second = gateway.get(auth=gateway.oauth1())
        anonymous = gateway.get()
    finally:
        gateway.wiki.extra_headers = {}
    assert session_jwt(second) and second.raw.headers.getlist("cache-control") == ["private, no-store"]
    assert anonymous.headers["cache-control"] == "public, s-maxage=3600"


@pytest.mark.contract("the upstream's own sessionJwt comes first")
def test_when_the_wiki_sets_the_cookie_too(gateway):
    """Both reach the client, ours last; of two with one name, path and domain a client keeps the last (RFC 6265)."""
    gateway.wiki.extra_headers = {"set-cookie": "sessionJwt=theirs; path=/; secure; HttpOnly"}
    try:
        cookies = set_cookies(gateway.get(auth=gateway.oauth1()))
    finally:
        gateway.wiki.extra_headers = {}
    assert cookies[0].startswith("sessionJwt=theirs;")
    assert ATTRIBUTES.match(cookies[1]) and len(cookies) == 2


@pytest.mark.contract("session cookie stripped before the wiki")
def test_a_wiki_with_another_key_gets_no_session_cookie(way, tmp_path):
    def strip(text):
        changed = plenty(text).replace("disabled: true", "disabled: false")
        assert changed != plenty(text)
        return changed

    with WAYS[way](tmp_path, change=strip, source=SOURCE, configure=profile) as stripping:
        stripping.get("/both", headers={"cookie": "a=1; sessionJwt=deleted; b=2"}, auth=stripping.oauth1())
        assert stripping.wiki.last["headers"]["cookie"] == "a=1; b=2"
        assert seen_by_jwt_authn(stripping, "/both") == stripping.subject(stripping.demo["oauth1"]["user_id"])
        stripping.get("/alone", auth=stripping.oauth1())
        assert "cookie" not in stripping.wiki.last["headers"]


def test_a_route_that_asks_for_what_is_not_there_gets_no_answer(tmp_path):
    """The operator's mistake: no request is judged by rules that nobody wrote, and the log says what is wrong."""

    def misspelt(text):
        changed = plenty(text).replace("sessiongate.mode: observe", "sessiongate.mode: observed")
        assert changed != plenty(text)
        return changed

    with Edge(tmp_path, change=misspelt, source=SOURCE, configure=profile) as running:
        assert running.get("/observed/x", auth=running.oauth1()).status_code == 503
        assert running.get("/w/api.php", auth=running.oauth1()).status_code == 200
        log = running.sessiongate.log.read_text()
        assert 'sessiongate.mode: \\"observed\\", expected enforce or observe' in log or (
            'sessiongate.mode: "observed", expected enforce or observe' in log
        ), log
        assert 'sessiongate_faults_total{fault="route-misconfigured"}' in running.metrics()


@pytest.fixture(scope="module")
def central(way, tmp_path_factory):
    """The same in front of wikis with CentralAuth."""
    folder = tmp_path_factory.mktemp("central")

    def configure(text):
        return central_users(profile(text))

    with WAYS[way](folder, change=plenty, source=SOURCE, configure=configure) as running:
        yield running


def test_central_auth_tokens_are_exposed_and_never_cookied(central):
    user = central.demo["oauth1"]["user_id"]
    # The class is what is known of the user, whatever the token says.
    token = make_centralauth_token(central, user, rlc="approved-bot")
    response = central.get("/w/api.php", headers={"authorization": f"CentralAuthToken {token}"})
    assert central.wiki.last["headers"]["x-wmf-user-id"] == f"jwt-sub:mw:CentralAuth::{user}"
    assert not set_cookies(response)
    by_query = central.get("/w/api.php", params={"action": "query", "centralauthtoken": token, "format": "json"})
    assert central.wiki.last["headers"]["x-wmf-user-id"] == f"jwt-sub:mw:CentralAuth::{user}"
    assert not set_cookies(by_query)


@pytest.mark.parametrize("make", [make_cookie, make_centralauth_token])
def test_what_is_no_central_auth_token_here(gateway, central, make):
    """A session cookie is none, and without CentralAuth there are none."""
    edge = central if make is make_cookie else gateway
    token = make(edge, edge.demo["oauth1"]["user_id"])
    edge.get("/w/api.php", headers={"authorization": f"CentralAuthToken {token}"})
    assert_anonymous(edge)


def test_classes_named_by_tokens(gateway):
    """An access token's rlc counts; a cookie's and a CentralAuth token's do not: a client could keep an old one."""
    user = gateway.demo["oauth1"]["user_id"]

    def told(**options):
        gateway.get(**options)
        return gateway.wiki.last["headers"].get("x-wmf-ratelimit-class")

    own = told(auth=gateway.oauth1())
    cookie = {"cookie": f"sessionJwt={make_cookie(gateway, user, rlc='approved-bot')}"}
    assert own != "approved-bot"
    assert told(headers=cookie) == own
    assert told(headers=cookie, auth=gateway.oauth1()) == own
    unknown = {"cookie": f"sessionJwt={make_cookie(gateway, user, rlc='BYPASS')}"}
    assert told(headers=unknown) == own
    token = make_cookie(gateway, user, rlc="approved-bot", sxp=int(time.time()) + 60)
    assert told(headers=cookie | {"authorization": f"CentralAuthToken {token}"}) == own


def test_the_minted_cookie_says_the_class(gateway):
    token = session_jwt(gateway.get(auth=gateway.oauth1()))
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["rlc"] == gateway.wiki.last["headers"]["x-wmf-ratelimit-class"]
