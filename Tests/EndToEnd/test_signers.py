"""Thousands of random requests, signed by oauthlib and by Authlib: each is accepted, and refused with one byte changed.

Two readings of such requests: MediaWiki's, which takes names with dots, brackets, digits alone or repetitions in a
query in PHP's way (so the random queries have none of these), and RFC 5849's, which leaves nothing out.
"""

import json
import os
import random
import re
import subprocess
from functools import cache
from urllib.parse import quote, urlencode

import proto_json
import pytest
import stack
from authlib.oauth1 import ClientAuth
from oauthlib.oauth1 import SIGNATURE_HMAC, SIGNATURE_RSA, Client
from proto_json import CLOCK, SERVER, named, secret

COUNT = 1500
ALPHABETS = ["abcXYZ019", "äöüßñé", "日本語", "🙂", "~-_.", "!*'()", "&=+ %", "/?:@;,", '"<>[]{}|\\^`#']
PLAIN = ALPHABETS[:5]
LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"


def text(random, alphabets, longest=12):
    return "".join(random.choice(random.choice(alphabets)) for _ in range(random.randint(0, longest)))


def parameters(random, reading, place):
    """Names and values: any at all for the RFC; for MediaWiki those that PHP reads as everybody else."""
    names, pairs = set(), []
    for _ in range(random.randint(0, 6)):
        if reading == "rfc5849":
            name = text(random, ALPHABETS) or "x"
        else:
            # Query and form must not share names (the form's would win), and only forms may repeat them.
            name = place + re.sub(r"[. ]", "_", text(random, PLAIN))
            if place == "q" and name in names:
                continue
        names.add(name)
        pairs.append((name, text(random, ALPHABETS)))
    if pairs and (reading == "rfc5849" or place == "f") and random.random() < 0.3:
        pairs.append((pairs[0][0], text(random, ALPHABETS)))
    return pairs


class Request:
    """A random request, signed."""

    def __init__(self, random, number, reading):
        self.number = number
        self.method = random.choice(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "get"])
        tail = quote(text(random, ALPHABETS[:7]), safe="~-_.!*'():@;,")
        self.path = random.choice(["/w/api.php", "/w/rest.php/v1/page/" + tail, "/api.php"])
        pairs = parameters(random, reading, "q")
        self.query = urlencode(pairs, quote_via=random.choice([quote, quote_plus_form])) if pairs else ""
        self.body = (urlencode(parameters(random, reading, "f")) or None) if self.method == "POST" else None
        self.signed_by = random.choice([by_oauthlib, by_authlib])
        self.rsa = random.random() < 0.2
        self.authorization = self.signed_by(self, f"{reading}-{number}")

    @property
    def target(self):
        return self.path + (f"?{self.query}" if self.query else "")

    @property
    def acceptance(self):
        return "rsa-tool-alice" if self.rsa else "tool-alice"

    @property
    def headers(self):
        return {"Content-Type": "application/x-www-form-urlencoded"} if self.body else {}

    def document(self):
        """The CheckRequest, as proto3 JSON."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        return proto_json.check_request(
            self.number % 20_000,
            method=self.method,
            path=self.target,
            headers=headers | {"authorization": self.authorization},
            body=self.body,
        )

    def changed(self, random):
        """The same with one byte changed in something that is signed."""
        other = object.__new__(Request)
        other.__dict__ |= self.__dict__
        parts = ["authorization", "path", "method"] + [part for part in ("query", "body") if getattr(self, part)]
        part = random.choice(parts)
        if part == "authorization":
            names = "oauth_nonce|oauth_timestamp|oauth_signature|oauth_token|oauth_consumer_key"
            found = random.choice(list(re.finditer(rf'({names})="([^"]+)"', self.authorization)))
            # The timestamp's last digits: another time, and still within the window.
            first = found.end(2) - 2 if found[1] == "oauth_timestamp" else found.start(2)
            other.authorization = exchange(random, self.authorization, first, found.end(2))
        else:
            value = getattr(self, part)
            setattr(other, part, exchange(random, value, 1 if part == "path" else 0, len(value)) or value + "x")
        return other


def quote_plus_form(value, safe="", encoding=None, errors=None):
    """A space as +, as forms have it."""
    return quote(value, safe=safe, encoding=encoding, errors=errors).replace("%20", "+")


def exchange(random, value, first, last):
    """`value` with a letter or digit in the range replaced by another, so that escapes remain escapes of something."""
    places = [place for place in range(first, last) if value[place].lower() in LETTERS_AND_DIGITS]
    if not places:
        return None
    place = random.choice(places)
    old = value[place].lower()
    alike = next(letters for letters in ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz") if old in letters)
    return value[:place] + random.choice(alike.replace(old, "")) + value[place + 1 :]


@cache
def rsa_key():
    return proto_json.key("rsa-tool")


def credentials(request):
    consumer = proto_json.ACCEPTANCES[request.acceptance][0]
    return (
        named("consumer", consumer),
        secret("consumer secret", consumer),
        named("token", request.acceptance),
        secret("token secret", request.acceptance),
    )


def by_oauthlib(request, nonce):
    method, key = (SIGNATURE_RSA, rsa_key()) if request.rsa else (SIGNATURE_HMAC, None)
    client = Client(*credentials(request), signature_method=method, rsa_key=key, nonce=nonce, timestamp=str(CLOCK))
    return client.sign(SERVER + request.target, request.method, body=request.body, headers=request.headers)[1][
        "Authorization"
    ]


def by_authlib(request, nonce):
    key, secret_, token, token_secret = credentials(request)
    method = "RSA-SHA1" if request.rsa else "HMAC-SHA1"
    client = ClientAuth(key, secret_, token, token_secret, rsa_key=rsa_key(), signature_method=method)
    url, headers, body = SERVER + request.target, request.headers, request.body or ""
    pairs = client.get_oauth_params(nonce, str(CLOCK))
    _, signed, _ = client._render(url, dict(headers), body, pairs)
    pairs.append(("oauth_signature", client.get_oauth_signature(request.method, url, signed, body)))
    return client._render(url, dict(headers), body, pairs)[1]["Authorization"]


def decide(requests, reading):
    """The metadata of all answers, from one run of `sessiongate check`."""
    lines = "".join(json.dumps(request.document()) + "\n" for request in requests)
    config = proto_json.STATE / "sessiongate.yaml"
    done = subprocess.run(
        [stack.SESSIONGATE, "check", "--config", config, "--clock", str(CLOCK)],
        input=lines,
        capture_output=True,
        text=True,
        timeout=100,
        # Random paths are the REST API's, so that a signature that does not verify is refused.
        env={
            **os.environ,
            "SESSIONGATE_OAUTH1_COMPATIBILITY": reading,
            "SESSIONGATE_ENTRY_POINTS_REST_PREFIXES": '["/"]',
        },
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["dynamicMetadata"]["session"] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("reading", ["mediawiki", "rfc5849"])
def test_random_requests(reading):
    seeded = random.Random(f"{reading} 1")
    requests = [Request(seeded, number, reading) for number in range(COUNT)]
    changed = [request.changed(seeded) for request in requests]
    # The changed ones first: none may spend the nonce of the request that it was made from.
    answers = decide(changed + requests, reading)
    assert len(answers) == 2 * COUNT
    passed = [each.__dict__ for each, answer in zip(changed, answers, strict=False) if answer["outcome"] != "refused"]
    assert passed == []
    refused = [
        (answer["reason"], request.__dict__)
        for request, answer in zip(requests, answers[COUNT:], strict=True)
        if answer["outcome"] != "authenticated"
    ]
    assert refused == []
