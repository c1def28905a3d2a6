"""OAuth 1.0a as clients that are not ours sign it, decided behind a real Envoy."""

import re
import subprocess
import time

import pytest
import requests
import stack
from cookies import session_jwt, set_cookies, verified_claims
from oauthlib.oauth1 import SIGNATURE_RSA, SIGNATURE_TYPE_BODY, SIGNATURE_TYPE_QUERY
from requests_oauthlib import OAuth1


def send(request):
    """Sends a prepared request as it is."""
    with requests.Session() as session:
        return session.send(request, timeout=10)


def assert_refused(response, reason, code="mwoauth-invalid-authorization"):
    """An error as MediaWiki's API answers it, that names the reason and sets no cookie."""
    assert response.status_code == 200, response.text
    assert response.headers["mediawiki-api-error"] == code
    assert response.headers["www-authenticate"].startswith("OAuth")
    assert response.headers["content-type"].startswith("application/json")
    assert response.json()["error"]["code"] == code
    assert reason in response.text
    assert set_cookies(response) == []


@pytest.mark.contract("one Set-Cookie, and the upstream once each header")
def test_first_request_is_identified_and_gets_a_cookie(edge, wiki):
    response = edge.get(auth=edge.oauth1())
    alice = edge.demo["oauth1"]
    assert response.status_code == 200
    assert response.json()["query"]["userinfo"]["name"] == alice["user_name"]
    claims = verified_claims(edge, session_jwt(response))
    assert claims["sub"] == edge.subject(alice["user_id"])
    headers = wiki.last["headers"]
    assert headers["x-session-user-id"] == str(alice["user_id"])
    assert headers["x-session-sub"] == claims["sub"]
    assert headers["x-session-consumer"] == alice["consumer_key"]
    assert headers["x-session-type"] == "oauth1"


@pytest.mark.contract("signed form bodies")
def test_form_body_is_part_of_the_signature(edge, wiki):
    form = {"action": "query", "meta": "userinfo", "format": "json", "text": "ünï & = + ~*%"}
    request = edge.signed("POST", edge.api, data=form)
    assert send(request).status_code == 200
    assert wiki.last["headers"]["x-session-type"] == "oauth1"
    tampered = edge.signed("POST", edge.api, data=form)
    tampered.body = as_bytes(tampered.body).replace(b"userinfo", b"siteinfo")
    assert_refused(send(tampered), "signature-invalid")


@pytest.mark.contract("signed form bodies")
def test_an_empty_form_over_http2(edge, wiki):
    """Nothing in HTTP/2 says that there is no body: it is the route that does, by `sessiongate.form_bodies: always`."""
    type_ = {"content-type": "application/x-www-form-urlencoded"}
    url = f"{edge.api}?action=query&meta=userinfo&format=json"
    empty, full = edge.signed("POST", url, headers=type_), edge.signed("POST", url, data={"text": "left out"})
    assert not empty.body and full.body
    for request, is_refused in ((empty, False), (full, True)):
        headers = type_ | {"authorization": request.headers["Authorization"].decode()}
        options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        command = ["curl", "-sS", "--fail", "--http2-prior-knowledge", "-X", "POST", *options, url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        assert ("signature-invalid" in done.stdout) == is_refused, done.stdout
    assert wiki.last["headers"]["x-session-type"] == "oauth1"
    assert len(wiki.seen) == 1


def test_large_form_body(edge):
    """Up to what deploy/envoy.yaml lets Envoy keep in memory."""
    limit = int(re.search(r"max_request_bytes: (\d+)", stack.ENVOY_YAML.read_text())[1])
    form = {"action": "edit", "title": "Long", "text": "日本語 " * (limit // 32)}
    response = send(edge.signed("POST", edge.api, data=form))
    assert response.status_code == 200, response.text
    assert len(set_cookies(response)) == 1
    assert send(edge.signed("POST", edge.api, data=form | {"more": "x" * (limit // 8)})).status_code == 413


def test_other_bodies_are_not_signed_and_pass(edge, wiki):
    upload = edge.signed("POST", f"{edge.api}?action=upload", files={"file": ("a.bin", bytes(range(256)) * 4000)})
    assert send(upload).status_code == 200
    assert wiki.last["headers"]["x-session-type"] == "oauth1"
    assert wiki.last["body_bytes"] == len(upload.body)


@pytest.mark.parametrize("header, outcome", [("OAuth x", "oauth1"), (None, None), ("OAuth", None), ("oauth x", None)])
def test_query_placement_needs_the_header_too(edge, wiki, header, outcome):
    request = edge.signed(auth=edge.oauth1(signature_type=SIGNATURE_TYPE_QUERY))
    assert "oauth_signature=" in request.url
    if header:
        request.headers["Authorization"] = header
    response = send(request)
    assert response.status_code == 200
    assert wiki.last["headers"].get("x-session-type") == outcome
    assert len(set_cookies(response)) == (1 if outcome else 0)


@pytest.mark.parametrize("header, outcome", [("OAuth x", "oauth1"), (None, None)])
def test_body_placement_needs_the_header_too(edge, wiki, header, outcome):
    auth = edge.oauth1(signature_type=SIGNATURE_TYPE_BODY)
    form = {"action": "query", "meta": "userinfo", "format": "json"}
    request = edge.signed("POST", edge.api, auth=auth, data=form)
    assert b"oauth_signature=" in as_bytes(request.body)
    if header:
        request.headers["Authorization"] = header
    response = send(request)
    assert response.status_code == 200
    assert wiki.last["headers"].get("x-session-type") == outcome
    assert len(set_cookies(response)) == (1 if outcome else 0)


def as_bytes(body):
    return body.encode() if isinstance(body, str) else body


def test_rsa_sha1(edge, wiki):
    keys = edge.demo["oauth1_rsa"]
    auth = OAuth1(
        keys["consumer_key"],
        resource_owner_key=keys["token"],
        signature_method=SIGNATURE_RSA,
        rsa_key=keys["private_key_pem"],
    )
    response = edge.get(auth=auth)
    assert response.status_code == 200
    assert wiki.last["headers"]["x-session-user-id"] == str(keys["user_id"])
    assert session_jwt(response)


def test_owner_only(edge, wiki):
    response = edge.get(auth=edge.oauth1("oauth1_owner_only"))
    assert response.status_code == 200
    assert wiki.last["headers"]["x-session-consumer"] == edge.demo["oauth1_owner_only"]["consumer_key"]
    assert session_jwt(response)


@pytest.mark.contract("refusal: status, headers, body")
def test_tampered_signature(edge, wiki):
    request = edge.signed()
    value = request.headers["Authorization"].decode()
    start = value.index('oauth_signature="') + len('oauth_signature="')
    request.headers["Authorization"] = value[:start] + ("A" if value[start] != "A" else "B") + value[start + 1 :]
    assert_refused(send(request), "signature-invalid")
    assert wiki.seen == []


def test_tampered_query(edge):
    request = edge.signed()
    request.url += "&extra=1"
    assert_refused(send(request), "signature-invalid")


def test_tampered_method(edge):
    request = edge.signed()
    request.method = "DELETE"
    assert_refused(send(request), "signature-invalid")


def test_wrong_token_secret(edge):
    keys = edge.demo["oauth1"]
    auth = OAuth1(keys["consumer_key"], keys["consumer_secret"], keys["token"], keys["token_secret"] + "x")
    assert_refused(edge.get(auth=auth), "signature-invalid")


def test_unknown_consumer(edge):
    keys = edge.demo["oauth1"]
    auth = OAuth1("nobody", keys["consumer_secret"], keys["token"], keys["token_secret"])
    assert_refused(edge.get(auth=auth), "consumer-unknown")


def test_token_of_another_consumer(edge):
    keys, other = edge.demo["oauth1"], edge.demo["oauth1_owner_only"]
    auth = OAuth1(keys["consumer_key"], keys["consumer_secret"], other["token"], other["token_secret"])
    assert_refused(edge.get(auth=auth), "token-invalid")


@pytest.mark.parametrize(
    "offset, reason", [(-290, None), (290, None), (-310, "timestamp-expired"), (310, "timestamp-expired")]
)
def test_timestamp_window(edge, offset, reason):
    response = edge.get(auth=edge.oauth1(timestamp=str(int(time.time()) + offset)))
    if reason:
        assert_refused(response, reason)
    else:
        assert response.status_code == 200


def test_replay_is_refused(edge):
    request = edge.signed()
    assert send(request).status_code == 200
    assert_refused(send(request), "nonce-used")


def test_a_failed_attempt_does_not_burn_the_nonce(edge):
    request = edge.signed()
    forged = request.copy()
    forged.url += "&forged=1"
    assert_refused(send(forged), "signature-invalid")
    assert send(request).status_code == 200


def test_not_at_the_wikis_pages(edge, wiki):
    request = edge.signed(url=f"{edge.url}/w/index.php?title=Main_Page")
    refused = send(request)
    assert refused.status_code == 400
    assert refused.headers["mediawiki-api-error"] == "mwoauth-not-api"
    assert "not-api" in refused.text and refused.headers["content-type"].startswith("text/plain")
    assert wiki.seen == []


def test_path_is_signed_as_sent(edge, wiki):
    request = edge.signed(url=f"{edge.url}/w/rest.php/v1/page/A%2FB%7ec%C3%BC/./x?b=%7E&a=1")
    response = send(request)
    assert response.status_code == 200, response.text
    assert wiki.last["headers"]["x-session-type"] == "oauth1"


def test_two_authorization_headers(edge, wiki):
    """Envoy hands both on; MediaWiki sees them joined: `OAuth …` first counts, anything else first does not."""
    value = edge.signed().headers["Authorization"].decode()
    path = "/w/api.php?action=query&meta=userinfo&format=json"
    oauth_first = edge.raw("GET", path, [("authorization", value), ("authorization", "Basic eDp5")])
    assert oauth_first.status == 200
    assert wiki.last["headers"]["x-session-type"] == "oauth1"
    basic_first = edge.raw("GET", path, [("authorization", "Basic eDp5"), ("authorization", value)])
    assert basic_first.status == 200
    assert "x-session-type" not in wiki.last["headers"]
