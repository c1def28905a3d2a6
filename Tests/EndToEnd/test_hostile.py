"""Every sample against every hostile request: a CGI program behind it sees the identity that was verified, or none."""

import subprocess

import hostile
import inside
import pytest
import test_gateway
from edge import Edge, ModuleEdge
from proxies import DEPLOY, KINDS, OAuth1OnlyEdge, plenty

SAMPLES = (
    KINDS
    | inside.samples(ModuleEdge)
    | {
        "haproxy-oauth1": lambda folder: OAuth1OnlyEdge(folder, change=plenty),
        "envoy": Edge,
        "envoy-ratelimit": lambda folder: Edge(folder, source=DEPLOY / "envoy-ratelimit.yaml"),
        "envoy-gateway": lambda folder: Edge(
            folder, change=test_gateway.plenty, source=test_gateway.SOURCE, configure=test_gateway.profile
        ),
    }
)
SESSION, WMF = "HTTP_X_SESSION_", "HTTP_X_WMF_"
GOOD = hostile.Case("good")


@pytest.fixture(scope="module", params=SAMPLES)
def target(request, tmp_path_factory):
    """A sample in front of a CGI server. `prefixes`: how the names of its identity headers begin there."""
    edge = SAMPLES[request.param](tmp_path_factory.mktemp(request.param))
    edge.upstream = hostile.CGI
    edge.kind = request.param
    edge.prefixes = (SESSION, WMF) if request.param == "envoy-gateway" else (SESSION,)
    with edge:
        yield edge


def ask(edge, case, credentials=()):
    """The status of the answer, and what the CGI server saw."""
    edge.wiki.seen.clear()
    try:
        status = hostile.send(edge.ports["envoy"], case.encode(credentials))
    except TimeoutError:
        status = None
    return status, list(edge.wiki.seen)


def credentials(edge, case=GOOD):
    """Lines with good credentials for a request."""
    if edge.kind != "haproxy-oauth1":
        return [f"Authorization: {edge.bearer('oauth2_owner_only')['authorization']}".encode()]
    signed = edge.signed("POST" if case.trailers else "GET", "http://wiki.demo.test/w/api.php?action=query")
    return [b"Authorization: " + signed.headers["Authorization"]]


def verified(edge):
    """The identity that goes with them."""
    _, [seen] = ask(edge, GOOD, credentials(edge))
    identity = seen.identity(edge.prefixes)
    assert len(identity) == (2 if WMF in edge.prefixes else 5)
    return identity


def anonymous(edge):
    """What goes with none: with Wikimedia's headers the address, on which such requests count."""
    _, [seen] = ask(edge, GOOD)
    identity = seen.identity(edge.prefixes)
    if WMF in edge.prefixes:
        assert "x-client-ip:127.0.0.1" in str(identity) and len(identity) == 2
    else:
        assert identity == {}
    return identity


def flaws(edge, case, expected, unnamed):
    """What is wrong with the answer to one hostile request, with good credentials unless `unnamed` is expected."""
    status, all_seen = ask(edge, case, credentials(edge, case) if expected != unnamed else [])
    if case.passes and status != 200:
        yield f"status {status} instead of 200"
    if status and status >= 500:
        yield f"status {status}"
    for seen in all_seen:
        identity = seen.identity(edge.prefixes)
        # Where the wiki acts for an anonymous user it is told the class alone.
        is_anonymous = identity == unnamed or identity.keys() <= {"HTTP_X_SESSION_CLASS"}
        if identity != expected and not (case.may_be_anonymous and is_anonymous):
            yield f"identity {identity}"
        if "#" in seen.target:
            yield f"target {seen.target}"
        forged = {name: values for name, values in seen.variables.items() if hostile.FORGED in str(values)}
        if forged:
            yield f"forged {forged}"


@pytest.mark.contract("hostile requests forge no identity and lose none")
@pytest.mark.parametrize("who", ["anonymous", "authenticated"])
def test_identity_is_what_was_verified(target, who):
    unnamed = anonymous(target)
    expected = verified(target) if who == "authenticated" else unnamed
    found = {case.name: list(flaws(target, case, expected, unnamed)) for case in hostile.CASES}
    assert {name: what for name, what in found.items() if what} == {}


# By HTTP/2, where fields need no lines: options of nghttp.
HTTP2 = [
    ["-H", "x-session-user-id: 1", "-H", f"x-client-ip: {hostile.FORGED}"],
    ["-H", "x!session!user!id: 1", "-H", "x_session_user_id: 1", "-H", "x.session.sub: 1"],
    ["-d", "BODY", "--no-content-length", "--trailer", "x-session-user-id: 1"],
    ["-d", "BODY", "-H:method: GET", "--no-content-length", "--trailer", "x-session-user-id: 1"],
    ["-H", "connection: x-session-user-id"],
]


def ask_http2(edge, options):
    """What the CGI server saw of a request by HTTP/2."""
    edge.wiki.seen.clear()
    command = ["nghttp", "--null-out", *options, f"{edge.url}/w/api.php?action=query"]
    subprocess.run(command, capture_output=True, timeout=20, check=False)
    return list(edge.wiki.seen)


def test_by_http2(target, tmp_path):
    """The samples for Envoy speak it in the clear; the others don't, so that nothing arrives."""
    (tmp_path / "body").write_text("x")
    name, value = credentials(target)[0].decode().split(": ", 1)
    for options in HTTP2:
        options = [str(tmp_path / "body") if option == "BODY" else option for option in options]
        for own, expected in (([], anonymous(target)), (["-H", f"{name.lower()}: {value}"], verified(target))):
            all_seen = ask_http2(target, [*options, *own])
            assert [seen.identity(target.prefixes) for seen in all_seen] in ([], [expected]), options
            assert hostile.FORGED not in str(all_seen)
            assert all_seen or "envoy" not in target.kind or options[1].startswith("connection"), options


@pytest.mark.parametrize("who", ["anonymous", "authenticated"])
def test_requests_near_the_limits_pass(target, who):
    """94 header fields leave little room for what Sessiongate adds; 60 KB is Envoy's default for a head."""
    is_known = who == "authenticated"
    expected = verified(target) if is_known else anonymous(target)
    many = hostile.Case("many", [f"X-Field-{number}: x".encode() for number in range(94 - 2 - is_known)])
    long = hostile.Case("long", [f"X-Field-{number}: {'x' * 6000}".encode() for number in range(10)])
    for case in [many, long] if "envoy" in target.kind else [many]:
        status, all_seen = ask(target, case, credentials(target) if is_known else [])
        assert (status, [seen.identity(target.prefixes) for seen in all_seen]) == (200, [expected]), case.name
