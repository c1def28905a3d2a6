"""/v1/identity: what it says of every kind of credentials, and that asking changes nothing."""

import json
import time

import jsonschema
import pytest
import requests
import stack
from cookies import make_cookie, session_jwt

# Nothing of it is inside Envoy.
pytestmark = pytest.mark.ext_authz

SCHEMA = json.loads((stack.ROOT / "proto-json" / "identity.schema.json").read_text())


@pytest.fixture
def ask(edge):
    """Asks /v1/identity; the answer holds to the schema."""

    def ask(method="GET", **options):
        answer = requests.request(method, f"{edge.sessiongate_url}/v1/identity", timeout=5, **options)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert not {"set-cookie", "etag"} & {name.lower() for name in answer.headers}
        identity = answer.json()
        jsonschema.validate(identity, SCHEMA, cls=jsonschema.Draft202012Validator)
        return identity

    return ask


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_nobody(ask):
    assert ask() == {"outcome": "anonymous", "type": "none", "acts_as": "anonymous", "cookie": "none"}


@pytest.mark.parametrize("name", ["oauth1", "oauth1_owner_only"])
def test_oauth1(edge, ask, name):
    keys = edge.demo[name]
    url = f"{edge.sessiongate_url}/v1/identity"
    signed = requests.Request("GET", url, auth=edge.oauth1(name)).prepare()
    first, second = (ask(headers=dict(signed.headers)) for _ in range(2))
    assert first == second, "no nonce is consumed"
    assert first["type"] == "oauth1"
    assert (first["user"]["id"], first["user"]["name"]) == (keys["user_id"], keys["user_name"])
    assert first["consumer"]["key"] == keys["consumer_key"]
    assert first["cookie"] == "set" and "expires" not in first
    with_cookie = dict(signed.headers) | {"cookie": f"sessionJwt={make_cookie(edge, keys['user_id'])}"}
    assert ask(headers=with_cookie)["cookie"] == "keep"


@pytest.mark.parametrize(
    "name, type, cookie",
    [("oauth2_owner_only", "oauth2-owner", "set"), ("oauth2", "oauth2", "none"),
     ("oauth2_client_credentials", "oauth2-client", "none")],
)  # fmt: skip
def test_access_tokens(edge, ask, name, type, cookie):
    by_header = ask(headers=edge.bearer(name))
    assert (by_header["type"], by_header["cookie"]) == (type, cookie)
    assert by_header["expires"] > time.time()
    assert by_header["grants"]
    assert ("user" in by_header) == (name != "oauth2_client_credentials")
    assert ask("POST", json={"token": edge.demo[name]["access_token"]}) == by_header


def test_cookies(edge, ask):
    user = edge.demo["oauth1"]["user_id"]
    cookie = make_cookie(edge, user, sxp=int(time.time()) + 100)
    by_header = ask(headers={"cookie": f"a=1; sessionJwt={cookie}"})
    assert (by_header["type"], by_header["user"]["id"]) == ("cookie", user)
    assert abs(by_header["expires"] - time.time() - 100) < 5
    assert ask("POST", json={"cookie": cookie}) == by_header
    minted = session_jwt(edge.get(auth=edge.oauth1()))
    assert ask("POST", json={"cookie": minted})["rate_limit_key"] == by_header["rate_limit_key"]
    stale = make_cookie(edge, user, sxp=int(time.time()) - 1)
    assert ask("POST", json={"cookie": stale})["outcome"] == "anonymous"


def test_refusals(edge, ask):
    revoked = ask(headers=edge.bearer("oauth2_revoked"))
    assert revoked["outcome"] == "refused"
    assert revoked["reason"] == "access-token-revoked"
    assert revoked["error"] == "mwoauth-invalid-authorization"
    assert ask("POST", json={"token": "x"})["reason"] == "access-token-malformed"


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"token":1}', '{"token":"a","cookie":"b"}', '{"password":"x"}', '{"cookie":"a;b"}', "{"]
)
def test_what_is_no_question(edge, body):
    answer = requests.post(f"{edge.sessiongate_url}/v1/identity", data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]
