"""deploy/traefik.yaml, without Traefik: its keys are Traefik's, and its patterns mean what its comments say."""

import re

import hostile
import pytest
import yaml
from proxies import DEPLOY, FORGED

# Traefik v3, dynamic configuration: ForwardAuth.
FORWARD_AUTH = {
    "address",
    "tls",
    "trustForwardHeader",
    "authResponseHeaders",
    "authResponseHeadersRegex",
    "authRequestHeaders",
    "addAuthCookiesToResponse",
    "headerField",
    "forwardBody",
    "maxBodySize",
    "maxResponseBodySize",
    "preserveLocationHeader",
    "preserveRequestMethod",
    "authSigninURL",
}


@pytest.fixture(scope="module")
def sample():
    return yaml.safe_load((DEPLOY / "traefik.yaml").read_text())["http"]


@pytest.fixture(scope="module")
def middleware(sample):
    return sample["middlewares"]["sessiongate"]["forwardAuth"]


def test_its_keys_are_traefiks(sample, middleware):
    assert sample.keys() == {"routers", "middlewares", "services"}
    router = sample["routers"]["wiki"]
    assert router["middlewares"] == ["said-by-clients", "sessiongate"] and router["service"] in sample["services"]
    assert middleware.keys() <= FORWARD_AUTH
    assert middleware["address"].endswith("/authz")
    assert middleware["addAuthCookiesToResponse"] == ["sessionJwt"]


def test_sessiongate_gets_what_it_reads_and_nothing_else_of_the_clients(middleware):
    assert middleware["trustForwardHeader"] is False
    assert middleware["authRequestHeaders"] == [
        "Authorization",
        "Cookie",
        "Content-Type",
        "Origin",
        "Treat-as-Untrusted",
        "User-Agent",
    ]


def test_what_clients_say_about_forwarding_is_removed(sample):
    """Traefik writes the others itself, whatever a client has sent, unless it is told to trust it."""
    removed = sample["middlewares"]["said-by-clients"]["headers"]["customRequestHeaders"]
    own = {f"X-Forwarded-{name}" for name in ("For", "Host", "Port", "Proto", "Server")} | {"X-Real-Ip"}
    assert set(removed.values()) == {""}
    assert {name.title() for name in hostile.HEARSAY} == removed.keys() - {"Connection", "Proxy"} | own
    assert "Connection" in removed


def test_forged_names_are_removed(middleware):
    """Go writes each letter after a `-` large, and so are names when Traefik's pattern meets them."""
    pattern = re.compile(middleware["authResponseHeadersRegex"])
    lines = [line for case in hostile.aliases() for line in case.lines if b"ession" in line]
    for name in [*FORGED, *(line.decode("latin-1").split(": ")[0] for line in lines)]:
        assert pattern.search(name) and pattern.search(name.title()), name
    for name in ("X-Sessiongate-Outcome", "Set-Cookie", "Content-Length", "Authorization", "X-Forwarded-For"):
        assert not pattern.search(name), name
