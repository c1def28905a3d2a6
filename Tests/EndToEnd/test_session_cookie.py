"""The sessionJwt cookie: when it is set, kept, renewed, refused, and what it says."""

import base64
import time
from email.utils import parsedate_to_datetime

import jwt
import pytest
from cookies import (
    ATTRIBUTES,
    get_with_cookie,
    make_cookie,
    published_keys,
    session_jwt,
    set_cookies,
    verified_claims,
)
from cryptography.hazmat.primitives.asymmetric import rsa


@pytest.fixture
def alice(edge):
    return edge.demo["oauth1"]["user_id"]


def test_claims(edge, alice):
    before = int(time.time())
    response = edge.get(auth=edge.oauth1())
    token = session_jwt(response)
    claims = verified_claims(edge, token)
    assert set(claims) == {"iss", "sxp", "jti", "sub", "iat", "rlc"}
    assert claims["iss"] == edge.demo["issuer"]
    assert claims["sub"] == edge.subject(alice)
    assert before - 600 <= claims["iat"] <= time.time()
    # cookie.backdate: an edge or a wiki whose clock is slow takes it, too.
    assert claims["sxp"] == claims["iat"] + 5 + 14400
    assert len(base64.b64decode(claims["jti"], validate=True)) == 16
    assert claims["rlc"] in {"authed-user", "established-user"}
    assert jwt.get_unverified_header(token) | {"kid": ""} == {"typ": "JWT", "alg": "RS256", "kid": ""}
    expires = parsedate_to_datetime(ATTRIBUTES.match(set_cookies(response)[0])["expires"]).timestamp()
    assert abs(expires - time.time() - 14400) < 601


def test_published_keys(edge):
    response = published_keys(edge)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/")
    for key in response.json()["keys"]:
        assert key["kty"] == "RSA" and key["alg"] == "RS256" and key["use"] == "sig" and key["kid"]
        assert "d" not in key and "p" not in key


def test_one_signature_serves_a_user_for_a_while(edge):
    tokens = {session_jwt(edge.get(auth=edge.oauth1())) for _ in range(5)}
    assert len(tokens) == 1
    assert session_jwt(edge.get(auth=edge.oauth1("oauth1_other_user"))) not in tokens


def test_fresh_cookie_is_kept(edge):
    first = session_jwt(edge.get(auth=edge.oauth1()))
    again = get_with_cookie(edge, f"sessionJwt={first}", auth=edge.oauth1())
    assert again.status_code == 200
    assert set_cookies(again) == []


@pytest.mark.parametrize("left, renewed", [(14_000, False), (10_850, False), (10_750, True), (60, True), (-60, True)])
def test_renewed_when_less_than_three_quarters_are_left(edge, alice, left, renewed):
    cookie = make_cookie(edge, alice, sxp=int(time.time()) + left)
    response = get_with_cookie(edge, f"sessionJwt={cookie}", auth=edge.oauth1())
    assert response.status_code == 200
    assert len(set_cookies(response)) == (1 if renewed else 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": "mw:local:demowiki:999999"},
        {"sub": "mw:local:otherwiki:3"},
        {"sub": None},
        {"iss": "https://elsewhere.example"},
        {"exp": 1_700_000_000},
    ],
    ids=["other user", "other scope", "no subject", "other issuer", "past its hard expiry"],
)
def test_wrong_cookie_beside_credentials_is_refused(edge, wiki, alice, changes):
    response = get_with_cookie(edge, f"sessionJwt={make_cookie(edge, alice, **changes)}", auth=edge.oauth1())
    assert response.status_code == 200
    assert response.json()["error"]["code"] == "mwoauth-invalid-authorization-jwt"
    assert wiki.seen == []


@pytest.mark.parametrize("value", ["garbage", "", "a.b.c", "x" * 20_000])
def test_malformed_cookie_beside_credentials_is_refused(edge, value):
    response = get_with_cookie(edge, f"sessionJwt={value}", auth=edge.oauth1())
    assert response.status_code == 200
    assert response.json()["error"]["code"] == "mwoauth-invalid-authorization-jwt"


def test_cookie_signed_by_a_stranger(edge, wiki, alice):
    claims = jwt.decode(make_cookie(edge, alice), options={"verify_signature": False})
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    cookie = jwt.encode(claims, stranger, algorithm="RS256")
    refused = get_with_cookie(edge, f"sessionJwt={cookie}", auth=edge.oauth1())
    assert refused.headers["mediawiki-api-error"] == "mwoauth-invalid-authorization-jwt"
    alone = get_with_cookie(edge, f"sessionJwt={cookie}")
    assert alone.status_code == 200
    assert "x-session-user-id" not in wiki.last["headers"]


def test_deleted_counts_as_absent(edge):
    response = get_with_cookie(edge, "sessionJwt=deleted", auth=edge.oauth1())
    assert response.status_code == 200
    assert session_jwt(response)


def test_cookie_alone_identifies(edge, wiki, alice):
    response = get_with_cookie(edge, f"a=1; sessionJwt={make_cookie(edge, alice)}; b=2")
    assert response.status_code == 200
    assert set_cookies(response) == []
    headers = wiki.last["headers"]
    assert headers["x-session-type"] == "cookie"
    assert headers["x-session-user-id"] == str(alice)
    assert "x-session-consumer" not in headers


@pytest.mark.parametrize("changes", [{"sxp": 1_700_000_000}, {"iss": "https://elsewhere.example"}, {"sub": "x"}])
def test_cookie_alone_that_does_not_hold_is_nobody(edge, wiki, alice, changes):
    response = get_with_cookie(edge, f"sessionJwt={make_cookie(edge, alice, **changes)}")
    assert response.status_code == 200
    assert "x-session-user-id" not in wiki.last["headers"]


def test_200_cookies(edge, wiki, alice):
    others = "; ".join(f"c{number}=v{number}" for number in range(200))
    cookie = f"{others}; sessionJwt={make_cookie(edge, alice)}; {others}"
    assert get_with_cookie(edge, cookie).status_code == 200
    assert wiki.last["headers"]["x-session-user-id"] == str(alice)
    assert wiki.last["headers"]["cookie"] == cookie


def test_two_session_cookies(edge):
    """A bad one beside a good one: PHP takes the first, and so the bad one first is a refusal."""
    good = session_jwt(edge.get(auth=edge.oauth1()))
    response = get_with_cookie(edge, f"sessionJwt=bad; sessionJwt={good}", auth=edge.oauth1())
    assert response.headers["mediawiki-api-error"] == "mwoauth-invalid-authorization-jwt"
    response = get_with_cookie(edge, f"sessionJwt={good}; sessionJwt=bad", auth=edge.oauth1())
    assert response.status_code == 200 and "mediawiki-api-error" not in response.headers


@pytest.mark.contract("the upstream's Set-Cookie survives")
def test_the_upstreams_own_cookies_survive(edge):
    edge.wiki.extra_headers = {"set-cookie": "theirs=1; path=/"}
    try:
        cookies = set_cookies(edge.get(auth=edge.oauth1()))
    finally:
        edge.wiki.extra_headers = {}
    assert len(cookies) == 2
    assert "theirs=1; path=/" in cookies
    assert sum(bool(ATTRIBUTES.match(cookie)) for cookie in cookies) == 1
