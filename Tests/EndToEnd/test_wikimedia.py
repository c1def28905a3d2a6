"""deploy/envoy-wikimedia.yaml and edge.preset: wikimedia: at once Lua and the service see who it is."""

import re
import shutil
import time

import asking
import jwt
import pytest
import requests
import stack
from cookies import make_centralauth_token, make_cookie, session_jwt, set_cookies
from edge import Edge
from envoy.service.ratelimit.v3.rls_pb2 import RateLimitResponse
from ratelimit import Recorder

SOURCE = stack.ROOT / "deploy" / "envoy-wikimedia.yaml"
ADDRESS = {"x-client-ip": "198.51.100.7"}
NAMES = ("x-wmf-user-id", "x-wmf-ratelimit-class")


class WikimediaEdge(Edge):
    """The wiki's one key signs access tokens and cookies, as Wikimedia's does."""

    def start_sessiongate(self):
        keys = self.state / "keys"
        shutil.copy(keys / "access-token.key", keys / "session-cookie.key")
        super().start_sessiongate()

    @staticmethod
    def subject(user_id):
        return f"mw:CentralAuth::{user_id}"


def preset(text):
    changed = text.replace("\nedge:\n", "\nedge:\n  preset: wikimedia\n")
    assert changed != text
    return changed


def demo_issuer(text):
    """The demo's tokens name an issuer of their own, which its configuration has beside the preset."""
    changed = text.replace("issuer: https://meta.wikimedia.org", "issuer: https://wiki.demo.test")
    assert changed.count("wiki.demo.test") == 3
    return changed.replace("timeout: 2s", "timeout: 5s").replace("timeout: 0.1s", "timeout: 5s")


class Service(Recorder):
    """Refuses keys that it is told to."""

    def __init__(self, port):
        self.full = set()
        super().__init__(port)

    def answer(self, request, context):
        answer = super().answer(request, context)
        if self.full & {value for one in self.asked[-1] for _, value in one}:
            return RateLimitResponse(overall_code=RateLimitResponse.OVER_LIMIT)
        return answer


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wikimedia")
    with WikimediaEdge(folder, change=demo_issuer, source=SOURCE, configure=preset) as running:
        running.service = Service(running.ports["ratelimit"])
        # Envoy's connection to the service may be in its back-off from before the service was there.
        deadline = time.monotonic() + 20
        while not running.service.asked and time.monotonic() < deadline:
            running.get(headers=ADDRESS)
            time.sleep(0.1)
        assert running.service.asked
        yield running
        running.service.server.stop(0)


def told(gateway, method="GET", path="/w/api.php", **options):
    """Key and class as the wiki got them, which have to be those that the service was asked about."""
    gateway.service.asked.clear()
    options["headers"] = ADDRESS | options.get("headers", {})
    response = requests.request(method, gateway.url + path, timeout=10, **options)
    assert response.status_code == 200, response.text
    key, name = (gateway.wiki.last["headers"].get(header) for header in NAMES)
    expected = [[[("class", name), ("key", key)]]] if key and name else []
    assert [one for one in gateway.service.asked if one != [[]]] == expected
    return key, name


def user(gateway, name):
    return gateway.demo[name]["user_id"]


def test_oauth1_is_counted_on_its_user_at_once(gateway):
    """No cookie is kept, and the tokens of OAuth 1 are none that jwt_authn reads."""
    key, name = told(gateway, auth=gateway.oauth1())
    assert key == f"jwt-sub:mw:CentralAuth::{user(gateway, 'oauth1')}"
    assert name == "established-user"
    other, _ = told(gateway, auth=gateway.oauth1("oauth1_other_user"))
    assert other == f"jwt-sub:mw:CentralAuth::{user(gateway, 'oauth1_other_user')}"


def test_an_owner_only_token_has_the_class_of_its_user(gateway):
    """The token itself lasts a thousand years, and names no class."""
    key, name = told(gateway, headers=gateway.bearer("oauth2_owner_only"))
    assert (key, name) == (f"jwt-sub:mw:CentralAuth::{user(gateway, 'oauth2_owner_only')}", "approved-bot")


def test_a_regular_token_is_read_by_jwt_authn(gateway):
    key, name = told(gateway, headers=gateway.bearer("oauth2"))
    # The demo's token has a bare id as its subject, and no class.
    assert key.startswith("jwt-sub:") and key.endswith(str(user(gateway, "oauth2")))
    assert name == "authed-user"


def test_a_cookie_alone_and_a_central_auth_token(gateway):
    someone = user(gateway, "oauth1")
    cookie = make_cookie(gateway, someone, rlc="established-user")
    expected = (f"jwt-sub:mw:CentralAuth::{someone}", "established-user")
    assert told(gateway, headers={"cookie": f"a=1; sessionJwt={cookie}"}) == expected
    token = make_centralauth_token(gateway, someone, rlc="approved-bot")
    key = expected[0]
    assert told(gateway, headers={"authorization": f"CentralAuthToken {token}"}) == (key, "approved-bot")
    assert told(gateway, path=f"/w/api.php?action=query&centralauthtoken={token}") == (key, "approved-bot")


def test_cookies_have_no_name_of_a_key(gateway):
    """Whatever the gateway's JWKS calls the key."""
    response = gateway.get(auth=gateway.oauth1(), headers=ADDRESS)
    assert jwt.get_unverified_header(session_jwt(response)) == {"typ": "JWT", "alg": "RS256"}


def test_what_does_not_verify_counts_for_nothing(gateway):
    """An access token is no session, although the key is the same; a cookie of another key is none either."""
    token = gateway.demo["oauth2_owner_only"]["access_token"]
    anonymous = ("x-client-ip:198.51.100.7", "anon")
    assert told(gateway, headers={"cookie": f"sessionJwt={token}"}) == anonymous
    assert told(gateway, headers={"cookie": "sessionJwt=a.b.c"}) == anonymous
    forged = {"x-wmf-user-id": "jwt-sub:forged", "x-wmf-ratelimit-class": "BYPASS", "x.wmf.user.id": "jwt-sub:forged"}
    assert told(gateway, headers=forged) == anonymous
    assert "x.wmf.user.id" not in gateway.wiki.last["headers"]


def test_a_token_counts_only_as_what_it_is(gateway):
    """The key of all three is one: a cookie of long ago has the class that its user had then, and never expires."""
    someone = user(gateway, "oauth1")
    old = make_cookie(gateway, someone, rlc="approved-bot", sxp=int(time.time()) - 86400)
    anonymous = ("x-client-ip:198.51.100.7", "anon")
    assert told(gateway, headers={"cookie": f"sessionJwt={old}"}) == anonymous
    assert told(gateway, headers={"authorization": f"CentralAuthToken {old}"}) == anonymous
    assert told(gateway, path=f"/w/api.php?action=query&centralauthtoken={old}") == anonymous
    assert told(gateway, path="/w/load.php", headers={"authorization": f"Bearer {old}"}) == anonymous
    key = f"jwt-sub:mw:CentralAuth::{user(gateway, 'oauth1_other_user')}"
    path = f"/w/api.php?action=query&centralauthtoken={old}"
    assert told(gateway, path=path, auth=gateway.oauth1("oauth1_other_user"))[0] == key


@pytest.mark.parametrize("prefix", ["Bearer  ", "Bearer\t"])
def test_a_regular_token_however_it_is_written(gateway, prefix):
    """MediaWiki takes all of them."""
    token = gateway.demo["oauth2"]["access_token"]
    key, name = told(gateway, headers={"authorization": prefix + token})
    assert key.startswith("jwt-sub:") and name == "authed-user"


@pytest.mark.parametrize("prefix", ["centralauthtoken ", "CENTRALAUTHTOKEN\t", "CentralAuthToken  "])
def test_a_central_auth_token_however_it_is_written(gateway, prefix):
    someone = user(gateway, "oauth1")
    token = make_centralauth_token(gateway, someone, rlc="approved-bot")
    key, _ = told(gateway, headers={"authorization": prefix + token})
    assert key == f"jwt-sub:mw:CentralAuth::{someone}"


def test_what_is_not_limited(gateway):
    forged = {"x-wmf-user-id": "jwt-sub:forged", "x-wmf-ratelimit-class": "approved-bot"}
    assert told(gateway, "OPTIONS", headers=forged) == (None, None)
    gateway.service.asked.clear()
    assert gateway.get(headers=forged, auth=gateway.oauth1()).status_code == 200
    assert not [name for name in NAMES if name in gateway.wiki.last["headers"]]
    assert all(one == [[]] for one in gateway.service.asked)


def test_a_user_over_the_limit(gateway):
    gateway.service.full = {f"jwt-sub:mw:CentralAuth::{user(gateway, 'oauth1')}"}
    try:
        assert gateway.get(headers=ADDRESS, auth=gateway.oauth1()).status_code == 429
        assert gateway.get(headers=ADDRESS, auth=gateway.oauth1("oauth1_other_user")).status_code == 200
        assert gateway.get(headers=ADDRESS).status_code == 200
    finally:
        gateway.service.full = set()


CONTACT = {"x-ua-contact": "me@tool.example"}


@pytest.mark.parametrize(
    "headers, expected",
    [
        ({}, ("x-client-ip:198.51.100.7", "anon")),
        ({"x-trusted-request": "A"}, ("user-agent:Tool/1.0", "known-network")),
        ({"x-trusted-request": "B", "x-provenance": "client=x"}, ("x-provenance:client=x", "known-client")),
        ({"x-trusted-request": "B"}, ("x-client-ip:198.51.100.7", "known-client")),
        (CONTACT | {"x-trusted-request": "C"}, ("x-ua-contact:me@tool.example", "unauthed-bot")),
        (CONTACT | {"x-trusted-request": "D"}, ("x-ua-contact:me@tool.example", "unauthed-bot")),
        (CONTACT | {"x-trusted-request": "E"}, ("x-client-ip:198.51.100.7", "anon")),
        ({"x-is-browser": "40"}, ("x-client-ip:198.51.100.7", "anon-browser")),
        ({"x-is-browser": "10"}, ("x-client-ip:198.51.100.7", "anon")),
    ],
)
def test_anonymous_requests_and_the_profile_gateway(gateway, headers, expected):
    """The Lua, and Sessiongate's profile for those without such a Lua, decide alike."""
    headers = {"user-agent": "Tool/1.0"} | headers
    assert told(gateway, headers=headers) == expected
    assert ask_profile(gateway, ADDRESS | headers) == expected
    signed = requests.Request("GET", "http://wiki.test/w/api.php", auth=gateway.oauth1()).prepare()
    key, name = ask_profile(gateway, ADDRESS | headers | {"authorization": signed.headers["Authorization"].decode()})
    assert (key, name) == told(gateway, headers=headers, auth=gateway.oauth1())


def ask_profile(gateway, headers):
    """What the profile gateway tells of this request."""
    http = {"method": "GET", "path": "/w/api.php", "host": "wiki.test", "scheme": "http", "headers": headers}
    document = {"attributes": {"request": {"http": http}, "contextExtensions": {"sessiongate.profile": "gateway"}}}
    (answer,) = asking.through_json(gateway.ports["sessiongate"], [document])
    found = {one["header"]["key"]: one["header"]["value"] for one in answer["okResponse"]["headers"]}
    return tuple(found.get(name) for name in NAMES)


def test_the_samples_issuer_is_the_presets():
    assert len(re.findall(r"issuer: https://meta\.wikimedia\.org$", SOURCE.read_text(), re.M)) == 3


def test_nothing_is_set_for_regular_tokens(gateway):
    assert not set_cookies(gateway.get(headers=ADDRESS | gateway.bearer("oauth2")))
