"""The cookie's key is changed while clients use their cookies, and Envoy's jwt_authn verifies each of them."""

import json
import subprocess
import threading
import time

import jwt
import pytest
import requests
import stack
from cookies import get_with_cookie, session_jwt
from edge import Edge, plenty

# Long enough for a server that reads its configuration within three seconds, and an Envoy that keeps keys for one.
PUBLISH_SECONDS = 8

JWT_AUTHN = """\
                  - name: envoy.filters.http.jwt_authn
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                      providers:
                        cookie:
                          issuer: https://wiki.demo.test
                          from_cookies: [sessionJwt]
                          forward: true
                          remote_jwks:
                            http_uri:
                              uri: http://sessiongate/.well-known/jwks.json
                              cluster: sessiongate
                              timeout: 5s
                            cache_duration: 1s
                      rules:
                        - match: { prefix: / }
                          requires:
                            requires_any: { requirements: [{ provider_name: cookie }, { allow_missing: {} }] }
"""


def with_jwt_authn(text):
    """A cookie that does not verify is 401 there; no cookie passes."""
    before = "                  - name: envoy.filters.http.ext_authz\n"
    assert text.count(before) == 1
    return plenty(text).replace(before, JWT_AUTHN + before)


def publish_soon(text):
    changed = text.replace("  #publish_time: 15m", f"  publish_time: {PUBLISH_SECONDS}s")
    assert changed != text
    return changed


@pytest.fixture
def own_edge(tmp_path):
    with Edge(tmp_path, change=with_jwt_authn, configure=publish_soon) as running:
        yield running


def keys(edge, *arguments):
    command = [stack.SESSIONGATE, "keys", *arguments, "--config", edge.state / "sessiongate.yaml"]
    return subprocess.run(command, capture_output=True, text=True)


class Client(threading.Thread):
    """Keeps its first cookie, gets others, and uses all of them."""

    def __init__(self, edge, name):
        super().__init__(daemon=True)
        self.edge, self.credential = edge, name
        self.cookies, self.failures, self.count = [], [], 0
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            answer = self.edge.get(auth=self.edge.oauth1(self.credential))
            if answer.status_code == 200:
                token = session_jwt(answer)
                if token not in self.cookies:
                    self.cookies.append(token)
            else:
                self.failures.append(answer.text)
            for cookie in {self.cookies[0], self.cookies[-1]} if self.cookies else []:
                answer = get_with_cookie(self.edge, f"sessionJwt={cookie}")
                if answer.status_code != 200:
                    self.failures.append((jwt.get_unverified_header(cookie)["kid"], answer.status_code, answer.text))
            self.count += 1


def kids(client):
    return {jwt.get_unverified_header(cookie)["kid"] for cookie in client.cookies}


def test_no_cookie_is_refused_while_the_key_changes(own_edge):
    clients = [Client(own_edge, name) for name in ("oauth1", "oauth1_other_user")]
    for client in clients:
        client.start()
    added = keys(own_edge, "add")
    assert added.returncode == 0, added.stderr
    early = keys(own_edge, "promote")
    assert early.returncode == 1 and "it may sign from" in early.stderr
    time.sleep(PUBLISH_SECONDS + 1)
    promoted = keys(own_edge, "promote")
    assert promoted.returncode == 0, promoted.stderr
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not all(len(kids(client)) == 2 for client in clients):
        time.sleep(0.1)
    # The cookies of both keys are in use beside each other.
    time.sleep(3)
    for client in clients:
        client.ending.set()
        client.join()
        assert client.failures == []
        assert len(kids(client)) == 2 and client.count > 5
    status = json.loads(keys(own_edge, "status", "--json").stdout)
    assert [key["state"] for key in status] == ["signing", "retired"]
    assert keys(own_edge, "retire").returncode == 1
    published = requests.get(f"{own_edge.sessiongate_url}/.well-known/jwks.json").json()["keys"]
    assert [key["kid"] for key in published] == [key["kid"] for key in status]


def test_a_key_that_is_taken_out_counts_no_more(own_edge):
    old = session_jwt(own_edge.get(auth=own_edge.oauth1()))
    assert get_with_cookie(own_edge, f"sessionJwt={old}").status_code == 200
    for step in (["add"], ["promote", "--force"], ["retire", "--force"]):
        done = keys(own_edge, *step)
        assert done.returncode == 0, done.stderr
    # Envoy's workers learn of it one after the other.
    deadline = time.monotonic() + 30
    while {get_with_cookie(own_edge, f"sessionJwt={old}").status_code for _ in range(8)} != {401}:
        assert time.monotonic() < deadline
        time.sleep(0.2)
