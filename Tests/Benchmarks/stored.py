"""Stored requests, for h2load to repeat: about 1.5 KB each, as Envoy describes a browser's or a bot's.

An OAuth 1 request under the same `http.id` is the proxy's retry, not a replay: its signature is verified each time.
"""

import base64
import itertools
import struct
import time
import uuid

import asking
import clients
import grpc
import jwt
from envoy.service.auth.v3.external_auth_pb2 import CheckResponse
from oauthlib.oauth1 import Client

HOST = "wiki.example"
URL = f"http://{HOST}/w/api.php?action=query&meta=userinfo&format=json&formatversion=2"
PATH = URL.removeprefix(f"http://{HOST}")
ids = itertools.count(4711)


def check_request(**headers):
    """A CheckRequest in proto3 JSON."""
    names = {
        ":method": "GET",
        ":scheme": "http",
        ":authority": HOST,
        ":path": PATH,
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "accept-encoding": "gzip, deflate, br, zstd",
        "accept-language": "en-GB,en;q=0.7,de;q=0.3",
        "x-forwarded-for": "203.0.113.5",
        "x-forwarded-proto": "http",
        "x-request-id": "b1946ac9-2492-4d23-84c6-235b45d2611e",
    } | headers
    # A client with short credentials has other headers instead: all requests are of about one size.
    missing = 1250 - sum(len(name) + len(value) for name, value in names.items())
    if missing > 0:
        names["x-filler"] = "f" * missing
    http = {"id": str(next(ids)), "method": "GET", "path": PATH, "host": HOST, "scheme": "http"}
    source = {"address": {"socket_address": {"address": "203.0.113.5", "port_value": 40000}}}
    return {"attributes": {"source": source, "request": {"http": {**http, "headers": names, "protocol": "HTTP/2"}}}}


def oauth1_header(demo):
    """An Authorization header of now, with a new nonce."""
    keys = demo["oauth1"]
    names = ("consumer_key", "consumer_secret", "token", "token_secret")
    client = Client(*(keys[name] for name in names[:2]), *(keys[name] for name in names[2:]))
    return client.sign(URL)[1]["Authorization"]


def session_cookie(server, user_id):
    """A fresh session cookie, signed with the demo's own key."""
    now = int(time.time())
    claims = {
        "iss": server.demo["issuer"],
        "sxp": now + 14400,
        "jti": base64.b64encode(uuid.uuid4().bytes).decode(),
        "sub": f"mw:local:demowiki:{user_id}",
        "iat": now,
    }
    key = (server.state / "keys" / "session-cookie.key").read_text()
    return f"sessionJwt={jwt.encode(claims, key, algorithm='RS256')}"


class StoredRequests:
    """Files with one gRPC message each, for `h2load -d`."""

    def __init__(self, folder, server):
        self.folder = folder
        self.server = server
        demo = server.demo
        self.cookies = {
            name: session_cookie(server, demo[name]["user_id"]) for name in ("oauth1", "oauth2_owner_only", "oauth2")
        }

    def headers(self, kind):
        """The headers by which the server knows the client."""
        demo = self.server.demo

        def bearer(name):
            return {"authorization": f"Bearer {demo[name]['access_token']}"}

        match kind:
            case "anonymous":
                return {}
            case "oauth1":
                return {"authorization": oauth1_header(demo), "cookie": self.cookies["oauth1"]}
            case "oauth1-set-cookie":
                return {"authorization": oauth1_header(demo)}
            case "owner":
                return bearer("oauth2_owner_only") | {"cookie": self.cookies["oauth2_owner_only"]}
            case "owner-set-cookie":
                return bearer("oauth2_owner_only")
            case "oauth2":
                return bearer("oauth2")
            case "cookie":
                return {"cookie": self.cookies["oauth1"]}
        raise ValueError(kind)

    def write(self, kind):
        """Stores a request of this kind, made now, once the server has answered it as it must. Returns the file."""
        message = asking.to_message(check_request(**self.headers(kind))).SerializeToString()
        file = self.folder / f"{kind}.request"
        file.write_bytes(struct.pack(">BI", 0, len(message)) + message)
        session = self.answer(message).dynamic_metadata["session"]
        expected = "anonymous" if kind == "anonymous" else "authenticated"
        cookie = "set" if kind.endswith("set-cookie") else "keep" if "cookie" in self.headers(kind) else "none"
        if session["outcome"] != expected or session["cookie"] != (cookie if kind != "cookie" else "none"):
            raise clients.ClientError(f"{kind} was answered with {dict(session)}")
        return file

    def answer(self, message):
        """The CheckResponse to one message."""
        with grpc.insecure_channel(f"127.0.0.1:{self.server.port}") as channel:
            return CheckResponse.FromString(asking.call(channel, message))
