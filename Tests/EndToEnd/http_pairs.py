"""Pairs of plain HTTP in proto-json/http: Envoy's HTTP mode, forward auth, /v1/identity and the published keys.

    <case>.request.json    {"method", "path", "headers", "body"?}, signed by oauthlib and PyJWT
    <case>.response.json   {"status", "headers", "body"?}: JSON bodies as JSON; without `date` and `content-length`

The same state and clock as the other pairs (proto_json.py); `make proto-json` makes both.
"""

import http.client
import json
import tempfile

import pinned
import proto_json
from proto_json import ALICE, API, access_token, oauth1, session_cookie, session_token

PAIRS = proto_json.PAIRS / "http"


def cases():
    """All requests by name. The order of the names is the order in which they are asked."""

    def ask(path, method="GET", body=None, **headers):
        request = {"method": method, "path": path, "headers": {"host": "wiki.example"}}
        request["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
        return request | ({"body": body} if body is not None else {})

    def signed(nonce, path=API):
        return oauth1("tool-alice", nonce, path=path)

    nginx = {"x_original_uri": API, "x_original_method": "GET", "x_forwarded_proto": "https"}
    traefik = {
        "x_forwarded_uri": API,
        "x_forwarded_method": "GET",
        "x_forwarded_proto": "https",
        "x_forwarded_host": "wiki.example",
        "x_forwarded_for": "203.0.113.5",
    }
    token = access_token("owner-only").removeprefix("Bearer ")
    return {
        "authz-anonymous": ask(f"/authz{API}", x_session_user_id="1"),
        "authz-bad-signature": ask(f"/authz{API}", authorization=signed("http-wrong", path="/w/api.php")),
        "authz-cookie-alone": ask(f"/authz{API}", cookie=session_cookie(ALICE, 9_000)),
        "authz-oauth1-first": ask(f"/authz{API}", authorization=signed("http-first")),
        "authz-oauth2-not-the-api": ask("/authz/wiki/Main_Page", authorization=access_token("owner-only")),
        "authz-oauth2-regular": ask(f"/authz{API}", authorization=access_token("regular")),
        "forward-auth-nginx-oauth1-first": ask("/authz", authorization=signed("http-nginx"), **nginx),
        "forward-auth-nginx-refused": ask("/authz", authorization=access_token("revoked"), **nginx),
        "forward-auth-no-uri": ask("/authz", authorization=access_token("owner-only")),
        "forward-auth-traefik-anonymous": ask("/authz", **traefik),
        "forward-auth-traefik-oauth2-owner-only": ask("/authz", authorization=access_token("owner-only"), **traefik),
        "identity-anonymous": ask("/v1/identity"),
        "identity-oauth1": ask("/v1/identity", authorization=signed("http-identity", path="/v1/identity")),
        "identity-of-a-cookie": ask(
            "/v1/identity",
            "POST",
            {"cookie": session_token(ALICE, 9_000, rlc="approved-bot")},
            content_type="application/json",
        ),
        "identity-of-a-token": ask("/v1/identity", "POST", {"token": token}, content_type="application/json"),
        "identity-refused": ask("/v1/identity", authorization=access_token("expired")),
        "keys": ask("/.well-known/jwks.json"),
    }


def answer(port, request):
    """What the server on this port answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        body = json.dumps(request["body"]) if "body" in request else None
        connection.request(request["method"], request["path"], body, request["headers"])
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    headers = {name.lower(): value for name, value in response.getheaders()}
    found = {"status": response.status}
    found["headers"] = {name: headers[name] for name in sorted(headers) if name not in ("date", "content-length")}
    if text:
        is_json = headers.get("content-type", "").startswith("application/json")
        found["body"] = json.loads(text) if is_json else text
    return proto_json.placeholders(found)


def record(port):
    """Makes all pairs again with the answers of a server that has seen nothing before."""
    for name, request in cases().items():
        proto_json.write(name, "request", request, PAIRS)
        proto_json.write(name, "response", answer(port, request), PAIRS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, pinned.server(folder) as gate:
        record(gate)
