"""Requests that a hostile client may send, and the wiki that they are aimed at: a CGI server behind a proxy.

A CGI server names header fields HTTP_…, each byte that is not alphanumeric becoming `_` (RFC 3875 section 4.1.18, as
lighttpd does it), so that `X!Session!User!Id` is `X-Session-User-Id` to it. This one also does what such servers have
been seen to do: it removes the fields that `Connection` names, and takes trailers for header fields (CVE-2025-12642).
"""

import re
import socket
import threading
from dataclasses import dataclass, field

from upstream import LoopbackServer

# An address that no client of the tests has.
FORGED = "198.51.100.66"
# The identity headers of the samples.
NAMES = [
    "X-Session-User-Id",
    "X-Session-Sub",
    "X-Session-Consumer",
    "X-Session-Class",
    "X-Session-Type",
    "X-Wmf-User-Id",
    "X-Wmf-Ratelimit-Class",
]
# What tells where a request comes from, or which one it is: the proxy's to say.
HEARSAY = [
    "X-Client-IP",
    "X-Real-IP",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Forwarded-Prefix",
    "X-Original-URI",
    "X-Original-URL",
    "X-Original-Method",
    "X-Original-Host",
    "X-Rewrite-URL",
    "X-Cluster-Client-IP",
    "X-Envoy-External-Address",
    "X-Envoy-Original-Path",
    "Forwarded",
    "True-Client-IP",
    "Client-IP",
]


@dataclass
class Case:
    """A hostile request: `lines` come behind the credentials, `trailers` behind a body."""

    name: str
    lines: list[bytes] = field(default_factory=list)
    target: bytes = b"/w/api.php?action=query"
    hosts: tuple[bytes, ...] = (b"wiki.demo.test",)
    trailers: list[bytes] = field(default_factory=list)
    # Whether the wiki must answer it: a proxy has no reason to refuse it.
    passes: bool = False
    # Whether a proxy may make another request of it, one without valid credentials for Sessiongate and the wiki alike.
    may_be_anonymous: bool = False

    def encode(self, credentials):
        """The request's bytes, with these lines of credentials before the hostile ones."""
        method = b"POST" if self.trailers else b"GET"
        lines = [method + b" " + self.target + b" HTTP/1.1", *(b"Host: " + host for host in self.hosts)]
        if not any(line.lower().startswith(b"connection:") for line in self.lines):
            lines.append(b"Connection: close")
        lines += [*credentials, *self.lines]
        if not self.trailers:
            return b"\r\n".join([*lines, b"", b""])
        chunked = [b"Transfer-Encoding: chunked", b"Content-Type: text/plain", b"", b"1", b"x", b"0"]
        return b"\r\n".join([*lines, *chunked, *self.trailers, b"", b""])


def identity_lines(separator=b"-", value=b"1"):
    """Lines that say whose request it is, with this between the words of the names."""
    return [name.encode().replace(b"-", separator) + b": " + value for name in NAMES]


def aliases():
    """Every byte that is not alphanumeric in place of `-`: in all places, and in one of them."""
    for byte in range(256):
        separator = bytes([byte])
        if separator.isalnum() and byte < 128 or separator in b"\n\r:-":
            continue
        one = [b"X-Session-User" + separator + b"Id: 1", b"X" + separator + b"Session-Sub: mw:local:demowiki:1"]
        yield Case(f"alias {byte:#04x}", identity_lines(separator))
        yield Case(f"alias {byte:#04x} once", one)


def names():
    """Other ways to write a name."""
    yield Case("the names themselves", identity_lines(), passes=True)
    yield Case("upper case", [line.upper() for line in identity_lines()], passes=True)
    yield Case("twice", identity_lines() + identity_lines(value=b"2"), passes=True)
    yield Case("empty", identity_lines(value=b""), passes=True)
    yield Case("white space before the colon", [line.replace(b":", b" :", 1) for line in identity_lines()])
    yield Case("folded", [b"X-Folded: a", *(b" " + line for line in identity_lines())])
    yield Case("a bare line feed", [b"X-Text: a\n" + line for line in identity_lines()])
    yield Case("a bare carriage return", [b"X-Text: a\r" + line for line in identity_lines()])
    yield Case("no name", [b": 1", *identity_lines()])
    yield Case("no colon", [b"X-Session-User-Id", *identity_lines()])
    yield Case("a control byte in a value", [b"X-Session-User-Id: 1\x01", b"X-Session-Sub: \x0b1"])
    yield Case("NUL in a value", [b"X-Session-User-Id: 1\x00"])
    yield Case("bytes that are not ASCII in a value", [b"X-Session-User-Id: \xff\xfe"])
    yield Case("HTTP_ before the name", [b"HTTP_" + line for line in identity_lines(b"_")])


def connections():
    """Names that hops are told to remove."""
    wanted = b", ".join(name.lower().encode() for name in NAMES)
    tokens = {
        "one": [b"Connection: close, x-session-user-id"],
        "several": [b"Connection: close, " + wanted],
        "on lines of their own": [b"Connection: close", b"Connection: " + wanted],
        "in other letters": [b"Connection: close,X-SESSION-USER-ID,,\tX-Session-Sub"],
        "credentials": [b"Connection: close, authorization, cookie"],
        "forwarding": [b"Connection: close, x-forwarded-for, x-forwarded-proto, x-forwarded-uri, x-original-uri, host"],
        "beside forged ones": [b"Connection: close, x-session-user-id", *identity_lines()],
        "in Proxy-Connection": [
            b"Connection: close",
            b"Proxy-Connection: x-session-user-id",
            b"Keep-Alive: x-session-sub",
        ],
        "with an upgrade": [b"Connection: upgrade, x-session-user-id", b"Upgrade: anything"],
    }
    for name, lines in tokens.items():
        passes = name not in ("with an upgrade", "forwarding")
        yield Case(f"Connection: {name}", lines, passes=passes, may_be_anonymous=name == "credentials")


def targets():
    """Ways to say twice, or in doubt, which request it is."""
    yield Case("a raw fragment", target=b"/w/api.php?action=query#&origin=*")
    yield Case("a raw fragment in the path", target=b"/w/api.php#/load.php", may_be_anonymous=True)
    yield Case("a control byte in the target", target=b"/w/api.php?a=\x01")
    yield Case("NUL in the target", target=b"/w/api.php?a=\x00")
    yield Case("a space in the target", target=b"/w/api.php?a=b c")
    yield Case("two Host lines", hosts=(b"wiki.demo.test", b"other.demo.test"))
    yield Case("two equal Host lines", hosts=(b"wiki.demo.test", b"wiki.demo.test"))
    yield Case("no Host line", hosts=())
    yield Case("a Host with a path", hosts=(b"wiki.demo.test/w/load.php?",))
    yield Case("absolute form", target=b"http://wiki.demo.test/w/api.php?action=query")
    yield Case("absolute form, another host", target=b"http://other.demo.test/w/api.php?action=query")
    yield Case("authority form", target=b"wiki.demo.test:80")
    yield Case("no leading slash", target=b"w/api.php")


def hearsay():
    """What a client says about where its request comes from, or which one it is."""
    for name in HEARSAY:
        lines = [name.encode() + b": " + FORGED.encode(), name.replace("-", "_").encode() + b": " + FORGED.encode()]
        yield Case(f"forged {name}", lines, passes=True)
    yield Case("forged names of all kinds", [f"{name}: /{FORGED}".encode() for name in HEARSAY], passes=True)
    yield Case("partial", [b"X-Envoy-Auth-Partial-Body: true", b"Grpc-Timeout: 1n", b"X-HTTP-Method-Override: PUT"])


def trailers():
    """Fields behind a body."""
    announced = [b"Trailer: " + b", ".join(name.encode() for name in NAMES)]
    yield Case("trailers", trailers=identity_lines())
    yield Case("announced trailers", announced, trailers=identity_lines())
    yield Case("trailers with TE", [*announced, b"TE: trailers"], trailers=identity_lines(b"_"))
    address = [b"X-Forwarded-For: " + FORGED.encode(), b"X-Client-IP: " + FORGED.encode()]
    yield Case("trailers with an address", trailers=address)


def credentials():
    """Credentials twice, and beside others."""
    for value in (b"Basic eDp5", b"OAuth", b"Bearer x"):
        yield Case(f"a second Authorization line: {value.decode()}", [b"Authorization: " + value])
    yield Case("an alias of Authorization", [b"Authorization_: OAuth x", b"X_Authorization: OAuth x"])
    yield Case("two Cookie lines", [b"Cookie: a=1", b"Cookie: sessionJwt=x"])


CASES = [case for kind in (aliases, names, connections, targets, hearsay, trailers, credentials) for case in kind()]


@dataclass
class Seen:
    """One request as a program behind a CGI server sees it: values by name, all of one name together."""

    target: str
    variables: dict[str, list[str]]

    def identity(self, prefixes):
        """Whose request it is, by the variables whose names begin with one of these."""
        return {name: ", ".join(values) for name, values in self.variables.items() if name.startswith(prefixes)}


class CGI(LoopbackServer):
    """The CGI server. `seen` holds what arrived."""

    def __init__(self, port, _user_names):
        super().__init__(port, None)
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        """Answers one request, and closes the connection."""
        request.settimeout(5)
        with request.makefile("rb") as source:
            target = source.readline().decode("latin-1").split(" ")[1]
            fields = list(read_fields(source))
            fields += read_trailers(source, fields)
        self.seen.append(Seen(target, variables(fields)))
        request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


def read_fields(source):
    """Names and values up to the empty line; white space around both is dropped, as lenient servers do."""
    while line := source.readline().rstrip(b"\r\n"):
        name, _, value = line.decode("latin-1").partition(":")
        yield name.strip().lower(), value.strip()


def read_trailers(source, fields):
    """Skips the body; the fields behind its chunks."""
    if ("transfer-encoding", "chunked") not in fields:
        source.read(int(dict(fields).get("content-length", 0)))
        return []
    while (size := int(source.readline().split(b";")[0], 16)) > 0:
        source.read(size + 2)
    return list(read_fields(source))


def variables(fields):
    """CGI's names for these fields, without those that `Connection` tells a hop to remove."""
    removed = {token.strip().lower() for name, value in fields if name == "connection" for token in value.split(",")}
    found = {}
    for name, value in fields:
        if name not in removed:
            found.setdefault("HTTP_" + re.sub("[^A-Z0-9]", "_", name.upper()), []).append(value)
    return found


def send(port, data):
    """The status of the answer to these bytes; None when the connection ends without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        try:
            words = connection.makefile("rb").readline().split()
        except ConnectionError:
            return None
    return int(words[1]) if len(words) > 1 else None
