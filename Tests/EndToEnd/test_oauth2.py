"""OAuth 2 access tokens behind a real Envoy."""

import json

import jwt
import pytest
from cookies import make_cookie, session_jwt, set_cookies, verified_claims
from cryptography.hazmat.primitives.asymmetric import rsa
from requests_oauthlib import OAuth2Session


def bearer(token):
    return {"authorization": f"Bearer {token}"}


def assert_refused(response, reason):
    assert response.status_code == 200, response.text
    assert response.headers["mediawiki-api-error"] == "mwoauth-invalid-authorization"
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert response.json()["error"]["code"] == "mwoauth-invalid-authorization"
    assert reason in response.text
    assert set_cookies(response) == []


def test_owner_only_token_gets_a_cookie(edge, wiki):
    token = edge.demo["oauth2_owner_only"]
    client = OAuth2Session(token["client_id"], token={"access_token": token["access_token"], "token_type": "Bearer"})
    # requests-oauthlib refuses plain http for OAuth 2; the token is added the way it would add it.
    _, headers, _ = client._client.add_token("https://wiki.example/w/api.php", http_method="GET")
    response = edge.get(headers=headers)
    assert response.status_code == 200
    assert response.json()["query"]["userinfo"]["name"] == token["user_name"]
    assert verified_claims(edge, session_jwt(response))["sub"] == edge.subject(token["user_id"])
    headers = wiki.last["headers"]
    assert headers["x-session-type"] == "oauth2-owner"
    assert headers["x-session-user-id"] == str(token["user_id"])
    assert headers["x-session-consumer"] == token["client_id"]


def test_owner_only_token_keeps_a_fresh_cookie(edge):
    token = edge.demo["oauth2_owner_only"]
    cookie = make_cookie(edge, token["user_id"])
    response = edge.get(headers=edge.bearer("oauth2_owner_only") | {"cookie": f"sessionJwt={cookie}"})
    assert response.status_code == 200
    assert set_cookies(response) == []


def test_regular_token_identifies_and_sets_no_cookie(edge, wiki):
    token = edge.demo["oauth2"]
    response = edge.get(headers=edge.bearer("oauth2"))
    assert response.status_code == 200
    assert set_cookies(response) == []
    headers = wiki.last["headers"]
    assert headers["x-session-type"] == "oauth2"
    assert headers["x-session-user-id"] == str(token["user_id"])


def test_regular_token_does_not_look_at_the_cookie(edge):
    response = edge.get(headers=edge.bearer("oauth2") | {"cookie": "sessionJwt=garbage"})
    assert response.status_code == 200
    assert set_cookies(response) == []


def test_client_credentials_are_valid_and_nobody(edge, wiki):
    response = edge.get(headers=edge.bearer("oauth2_client_credentials"))
    assert response.status_code == 200
    assert set_cookies(response) == []
    headers = wiki.last["headers"]
    assert headers["x-session-type"] == "oauth2-client"
    assert headers["x-session-consumer"] == edge.demo["oauth2_client_credentials"]["client_id"]
    assert "x-session-user-id" not in headers
    assert "x-session-sub" not in headers


def test_revoked(edge, wiki):
    assert_refused(edge.get(headers=edge.bearer("oauth2_revoked")), "access-token-revoked")
    assert wiki.seen == []


@pytest.mark.parametrize("part", [0, 1, 2])
def test_tampered(edge, part):
    parts = edge.demo["oauth2"]["access_token"].split(".")
    flipped = "A" if parts[part][10] != "A" else "B"
    parts[part] = parts[part][:10] + flipped + parts[part][11:]
    assert "mediawiki-api-error" in edge.get(headers=bearer(".".join(parts))).headers


def test_signed_by_a_stranger(edge):
    claims = jwt.decode(edge.demo["oauth2"]["access_token"], options={"verify_signature": False})
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert_refused(edge.get(headers=bearer(jwt.encode(claims, stranger, algorithm="RS256"))), "access-token-signature")


def test_algorithm_none_and_the_public_key_as_a_secret(edge):
    claims = jwt.decode(edge.demo["oauth2"]["access_token"], options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, algorithm="none")
    assert_refused(edge.get(headers=bearer(unsigned)), "access-token")
    header, payload = ({"typ": "JWT", "alg": "HS256"}, claims)
    confused = jwt.api_jws.PyJWS()
    confused._algorithms["HS256"].prepare_key = lambda key: key
    token = confused.encode(json.dumps(payload).encode(), edge.access_token_key, algorithm="HS256", headers=header)
    assert_refused(edge.get(headers=bearer(token)), "access-token")


@pytest.mark.parametrize(
    "value, is_refused",
    [
        ("Bearer", True),
        ("Bearer ", True),
        ("BearerX", True),
        ("Bearer x.y.z", True),
        ("bearer x.y.z", False),
        ("Basic eDp5", False),
    ],
)
def test_header_forms(edge, wiki, value, is_refused):
    response = edge.get(headers={"authorization": value})
    assert response.status_code == 200
    assert ("mediawiki-api-error" in response.headers) == is_refused
    if is_refused:
        assert wiki.seen == []
    else:
        assert "x-session-type" not in wiki.last["headers"]


def test_64_kib_of_token(edge):
    """Envoy's own limit on headers (60 KiB) may answer first."""
    response = edge.get(headers=bearer("a" * 50_000))
    assert_refused(response, "access-token-malformed")
    longer = edge.get(headers=bearer("a" * 65_536))
    assert longer.status_code == 431 or "mediawiki-api-error" in longer.headers
