"""Some thousand generated requests, each by ext_authz and through the module.

Status, what the wiki and the client get, and the metadata are the same.
"""

import base64
import http.client
import json
import os
import random
import re
import shutil
import string
import time

import pytest
import requests
from cookies import make_cookie
from edge import FORGED, Edge, ModuleEdge, plenty

COUNT = int(os.environ.get("BOTH_WAYS", 4000))
HOST = "wiki.demo.test"
META = "%DYNAMIC_METADATA(envoy.filters.http.ext_authz)%"
PATHS = [
    "/w/api.php?action=query&meta=userinfo&format=json",
    "/w/api.php?action=query&format=xml&errorformat=html",
    "/w/api.php?origin=*&action=query",
    "/w/api.php?format=php",
    "/w/api.php/Foo",
    "/w/rest.php/v1/page/A%2FB%7ec%C3%BC/./x?b=%7E&a=1",
    "/w/index.php?title=Special:OAuth/token",
    "/w/load.php?modules=site",
    "/wiki/Main_Page",
    "/x.php?a=1&a=2&&=&%zz=%",
    "/w/api.php?" + "a[]=1&" * 50,
    "/?",
]
# What differs whatever is asked: times, ids, and where the two are.
# `connection`: whether the body was there when the answer was.
VOLATILE = {
    "connection",
    "x-request-id",
    "x-envoy-upstream-service-time",
    "date",
    "x-envoy-expected-rq-timeout-ms",
    "x-case",
}


def logged(text):
    """The sample with the metadata and the number of the request in the access log."""
    begin = "%REQ(:METHOD)% %PATH(NQ)%"
    assert text.count(begin) == 1
    return plenty(text).replace(begin, f"case=%REQ(X-CASE)% meta={META} {begin}")


@pytest.fixture(scope="module")
def both(way, tmp_path_factory):
    """An edge of each kind, with the same state."""
    one, other = tmp_path_factory.mktemp("beside"), tmp_path_factory.mktemp("inside")
    with Edge(one, change=logged) as beside:
        shutil.copytree(beside.state, other / "state")
        with ModuleEdge(other, change=logged) as within:
            yield beside, within


class Requests:
    """Generates requests, the same ones for the same seed."""

    def __init__(self, edge, seed):
        self.edge = edge
        self.random = random.Random(seed)
        self.cookie = make_cookie(edge, edge.demo["oauth1"]["user_id"])

    def choose(self, *choices):
        chosen = self.random.choice(choices)
        return chosen() if callable(chosen) else chosen

    def noise(self, length=20):
        return "".join(self.random.choice(string.printable[:94] + "\x80\xff") for _ in range(length))

    def broken(self, text):
        """The text with one character of it replaced."""
        place = self.random.randrange(len(text))
        return text[:place] + self.random.choice(string.ascii_letters + '%",=. ') + text[place + 1 :]

    def signed(self, method, path, body):
        name = self.choose("oauth1", "oauth1_other_user", "oauth1_owner_only")
        form = {"content-type": "application/x-www-form-urlencoded"} if body is not None else {}
        request = requests.Request(
            method, f"http://{HOST}{path}", auth=self.edge.oauth1(name), headers=form, data=body or None
        )
        return request.prepare().headers["Authorization"].decode()

    def authorization(self, method, path, body):
        def good():
            return self.signed(method, path, body)

        def token():
            return self.edge.bearer(self.choose("oauth2", "oauth2_owner_only", "oauth2_client_credentials"))[
                "authorization"
            ]

        return self.choose(
            lambda: [good()],
            lambda: [self.broken(good())],
            lambda: [good(), good()],
            lambda: [good(), "Basic eDp5"],
            lambda: [token()],
            lambda: [token()],
            lambda: [self.broken(token())],
            lambda: [token(), token()],
            lambda: [self.edge.bearer("oauth2_revoked")["authorization"]],
            lambda: ["", token()],
            lambda: ["Basic " + base64.b64encode(self.noise().encode()).decode()],
            lambda: ["OAuth " + self.noise(60)],
            lambda: ["Bearer " + self.noise(60)],
            lambda: ["Bearer"],
            lambda: [self.noise(200)],
            lambda: [],
            lambda: [],
            lambda: [],
        )

    def cookies(self):
        return self.choose(
            lambda: [f"sessionJwt={self.cookie}"],
            lambda: [f"a=1; sessionJwt={self.cookie}; b=2"],
            lambda: ["a=1", f"sessionJwt={self.cookie}"],
            lambda: [f"sessionJwt={self.broken(self.cookie)}"],
            lambda: [f"sessionJwt={self.cookie}; sessionJwt=x"],
            lambda: ["sessionJwt=deleted"],
            lambda: ["sessionJwt="],
            lambda: [self.noise(100)],
            lambda: [],
            lambda: [],
            lambda: [],
        )

    def form(self):
        return self.choose("", "action=query&meta=userinfo", "a=" + "x" * 3000, "a=%C3%BC&b=+&c", "a=" + "y" * 70_000)

    def next(self, number):
        """Method, path, header lines and body."""
        path = self.choose(*PATHS)
        method = self.choose("GET", "GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "DELETE")
        body = self.form() if method == "POST" else None
        lines = [("host", self.choose(HOST, HOST, HOST, HOST, HOST.upper(), "other.test:81")), ("x-case", str(number))]
        lines += [("authorization", value) for value in self.authorization(method, path, body)]
        lines += [("cookie", value) for value in self.cookies()]
        if self.random.random() < 0.2:
            lines += list(FORGED.items())
        if self.random.random() < 0.2:
            lines.append(("origin", self.choose("https://app.example", "null", "x y")))
        if self.random.random() < 0.05:
            lines.append(("treat-as-untrusted", "1"))
        if self.random.random() < 0.1:
            lines.append((self.choose("x-forwarded-for", "x-client-ip", "x-forwarded-proto"), self.noise(10)))
        if body is not None:
            form = "application/x-www-form-urlencoded"
            lines.append(
                ("content-type", self.choose(form, form, form, form + "; charset=UTF-8", "text/plain", form.upper()))
            )
            if self.random.random() < 0.05:
                # Another body than the signed one.
                body += "&more=1"
        return method, path, lines, body, self.choose(True, False)


def ask(edge, case):
    """Status, fields and body of the answer, and what the wiki got."""
    method, path, lines, body, is_chunked = case
    edge.wiki.seen.clear()
    connection = http.client.HTTPConnection("127.0.0.1", edge.ports["envoy"], timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in lines:
        connection.putheader(name, value.encode("latin-1"))
    content = (body or "").encode()
    if body is None:
        connection.endheaders()
    elif is_chunked:
        connection.putheader("transfer-encoding", "chunked")
        connection.endheaders()
        for start in range(0, len(content), 20_000):
            part = content[start : start + 20_000]
            connection.send(b"%x\r\n%s\r\n" % (len(part), part))
        connection.send(b"0\r\n\r\n")
    else:
        connection.putheader("content-length", str(len(content)))
        connection.endheaders(content)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    fields = sorted((name.lower(), value) for name, value in answer.getheaders() if name.lower() not in VOLATILE)
    seen = [request | {"headers": steady(request["headers"])} for request in edge.wiki.seen]
    # What the wiki answers repeats what it got.
    return answer.status, [normalized(field) for field in fields], None if seen else text, seen


def steady(headers):
    return {name: value for name, value in headers.items() if name not in VOLATILE}


def normalized(field):
    """The field; of a session cookie only that it is one, since each is signed anew."""
    name, value = field
    if name == "content-length":
        return name, ""
    return name, re.sub(r"sessionJwt=[\w-]+\.[\w-]+\.[\w-]+; expires=[^;]*", "sessionJwt=JWT", value)


def metadata(edge, count):
    """The metadata of each request, by its number."""
    deadline = time.monotonic() + 20
    while True:
        found = {}
        for line in edge.envoy.log.read_text(errors="replace").splitlines():
            if match := re.match(r"case=(\d+) meta=(\{.*?\}) (?=[A-Z]+ )", line):
                found[int(match[1])] = json.loads(match[2])
                # Envoy's own, of the filter that asks.
                found[int(match[1])].pop("ext_authz_duration", None)
        if len(found) >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


@pytest.mark.module
@pytest.mark.timeout(600)
def test_generated_requests(both):
    beside, within = both
    generated = Requests(beside, seed=16)
    answered, different = 0, []
    for number in range(COUNT):
        case = generated.next(number)
        one, other = ask(beside, case), ask(within, case)
        answered += one[0] < 500
        if one != other:
            different.append((case, one, other))
    assert not different, f"{len(different)} of {COUNT}, the first: {different[0]}"
    assert answered > COUNT / 2
    one, other = metadata(beside, answered), metadata(within, answered)
    assert len(one) >= COUNT / 2
    unequal = {
        number: (one.get(number), other.get(number)) for number in one | other if one.get(number) != other.get(number)
    }
    assert not unequal, f"{len(unequal)}, the first: {next(iter(unequal.items()))}"
