"""deploy/envoy-ratelimit.yaml: every kind of rule acts, on the user or consumer that it is about and on no other."""

import re

import pytest
import stack
from edge import PLENTY, WAYS
from ratelimit import Recorder

SOURCE = stack.ROOT / "deploy" / "envoy-ratelimit.yaml"
# The rules by their descriptors' entries, as the file writes them.
RULES = {
    "user": "[{ key: user }]",
    "consumer": "[{ key: consumer }]",
    "user and consumer": "[{ key: user }, { key: consumer }]",
    "class": "[{ key: class, value: established-user }, { key: key }]",
    "anonymous": "[{ key: outcome, value: anonymous }, { key: remote_address }]",
}


def only(rule, size=4):
    """The file with this rule's bucket small and never filled again, and all others without an end."""

    def change(text):
        text = re.sub(r"token_bucket: \{.*\}", f"token_bucket: {PLENTY}", text).replace("timeout: 2s", "timeout: 5s")
        before = f"entries: {RULES[rule]}\n                          token_bucket: {PLENTY}"
        assert text.count(before) == 1
        small = f"{{ max_tokens: {size}, tokens_per_fill: {size}, fill_interval: 600s }}"
        return text.replace(before, before.replace(PLENTY, small))

    return change


def statuses(edge, count, **options):
    return [edge.get(**options).status_code for _ in range(count)]


FULL, EMPTY = [200] * 4 + [429] * 2, [429]


def test_by_user(way, tmp_path):
    with WAYS[way](tmp_path, change=only("user"), source=SOURCE) as edge:
        assert [statuses(edge, 1, auth=edge.oauth1())[0] for _ in range(6)] == FULL
        assert edge.get(auth=edge.oauth1("oauth1_other_user")).status_code == 200
        assert statuses(edge, 8) == [200] * 8
        # One key for one person: by every other way the same bucket, which is empty.
        alice = edge.demo["oauth1"]["user_id"]
        for name in ("oauth2", "oauth1_owner_only", "oauth1_rsa", "oauth2_owner_only"):
            if edge.demo[name]["user_id"] != alice:
                continue
            keys = edge.demo[name]
            options = {"headers": edge.bearer(name)} if "access_token" in keys else {"auth": edge.oauth1(name)}
            if name != "oauth1_rsa":
                assert edge.get(**options).status_code == 429, name


def test_by_consumer(way, tmp_path):
    with WAYS[way](tmp_path, change=only("consumer"), source=SOURCE) as edge:
        both = [edge.oauth1(), edge.oauth1("oauth1_other_user")] * 3
        assert [edge.get(auth=auth).status_code for auth in both] == FULL
        assert statuses(edge, 6, headers=edge.bearer("oauth2_client_credentials")) == FULL
        assert statuses(edge, 8) == [200] * 8


@pytest.mark.contract("local rate limit by metadata")
def test_by_user_and_consumer(way, tmp_path):
    with WAYS[way](tmp_path, change=only("user and consumer"), source=SOURCE) as edge:
        assert statuses(edge, 6, auth=edge.oauth1()) == FULL
        assert statuses(edge, 6, auth=edge.oauth1("oauth1_other_user")) == FULL
        # Without a user there is no such descriptor.
        assert statuses(edge, 8, headers=edge.bearer("oauth2_client_credentials")) == [200] * 8


@pytest.mark.contract("local rate limit by metadata")
def test_by_class(way, tmp_path):
    with WAYS[way](tmp_path, change=only("class"), source=SOURCE) as edge:
        assert edge.get(auth=edge.oauth1()).json()["query"]["userinfo"]
        assert edge.wiki.last["headers"]["x-session-class"] == "established-user"
        assert statuses(edge, 5, auth=edge.oauth1()) == [200] * 3 + [429] * 2
        # Users of another class have no such limit.
        edge.get(headers=edge.bearer("oauth2_owner_only"))
        assert edge.wiki.last["headers"]["x-session-class"] == "approved-bot"
        assert statuses(edge, 8, headers=edge.bearer("oauth2_owner_only")) == [200] * 8


@pytest.mark.contract("local rate limit by metadata")
def test_anonymous_by_address(way, tmp_path):
    with WAYS[way](tmp_path, change=only("anonymous"), source=SOURCE) as edge:
        assert statuses(edge, 6) == FULL
        # From the same address, with credentials.
        assert statuses(edge, 8, auth=edge.oauth1()) == [200] * 8
        assert statuses(edge, 8, headers=edge.bearer("oauth2_client_credentials")) == [200] * 8
        # A cookie that does not count makes no other client of it.
        assert statuses(edge, 1, headers={"cookie": "sessionJwt=junk"}) == EMPTY


def test_signed_forms(way, tmp_path):
    with WAYS[way](tmp_path, change=only("user"), source=SOURCE) as edge:
        form = {"action": "query", "meta": "userinfo", "format": "json", "text": "ünï & = +"}
        assert [edge.post(form, auth=edge.oauth1()).status_code for _ in range(6)] == FULL
        assert edge.wiki.last["headers"]["x-session-type"] == "oauth1"
        assert edge.wiki.last["body_bytes"] > 0


@pytest.fixture
def asked(way, tmp_path):
    """An edge, and the descriptors that its rate limit service was asked about."""
    with WAYS[way](tmp_path, change=only("class", 100_000), source=SOURCE) as edge:
        service = Recorder(edge.ports["ratelimit"])
        yield edge, service.asked
        service.stop()


@pytest.mark.contract("rate limit service gets the descriptors")
def test_descriptors_for_the_rate_limit_service(asked):
    edge, descriptors = asked
    keys = edge.demo["oauth1"]
    user, consumer = str(keys["user_id"]), keys["consumer_key"]
    # Envoy's connection to the service may be in its back-off from before the service was there.
    for _ in range(100):
        assert edge.get(auth=edge.oauth1()).status_code == 200
        if descriptors:
            break
    assert descriptors[0] == [
        [("user", user)],
        [("consumer", consumer)],
        [("user", user), ("consumer", consumer)],
        [("class", "established-user"), ("key", f"jwt-sub:{edge.subject(user)}")],
        [("outcome", "authenticated"), ("remote_address", "127.0.0.1")],
    ]
    descriptors.clear()
    edge.get(headers=edge.bearer("oauth2_client_credentials"))
    key = edge.demo["oauth2_client_credentials"]["client_id"]
    address = [("remote_address", "127.0.0.1")]
    assert descriptors == [
        [
            [("consumer", key)],
            [("class", "authed-user"), ("key", f"consumer:{key}")],
            [("outcome", "authenticated"), *address],
        ]
    ]
    descriptors.clear()
    edge.get()
    assert descriptors == [[[("outcome", "anonymous"), *address]]]
