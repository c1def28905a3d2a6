"""The rule by user in deploy/envoy.yaml, with its own numbers: it slows one user down and no other."""

import re

import pytest
import requests
import stack
from edge import WAYS


@pytest.fixture(scope="module")
def limited(way, tmp_path_factory):
    """An edge with the buckets of deploy/envoy.yaml, refilled so slowly that no test sees it."""

    def slow(text):
        changed = re.sub(r"fill_interval: 10s", "fill_interval: 600s", text)
        assert changed != text
        return changed

    with WAYS[way](tmp_path_factory.mktemp("limited"), change=slow) as running:
        yield running


def bucket(name):
    """The size of a bucket in deploy/envoy.yaml."""
    return int(
        re.search(rf"\{{ key: {name} \}}\]\s+token_bucket: \{{ max_tokens: (\d+)", stack.ENVOY_YAML.read_text())[1]
    )


@pytest.mark.contract("local rate limit by metadata")
def test_heavy_user_is_slowed_down_and_nobody_else(limited):
    size = bucket("user")
    statuses = [limited.get(auth=limited.oauth1()).status_code for _ in range(size + 5)]
    assert statuses == [200] * size + [429] * 5
    # Another user of the same consumer has a bucket of her own, and so has the anonymous crowd none.
    assert limited.demo["oauth1"]["consumer_key"] == limited.demo["oauth1_other_user"]["consumer_key"]
    assert limited.get(auth=limited.oauth1("oauth1_other_user")).status_code == 200
    assert [limited.get().status_code for _ in range(size + 5)] == [200] * (size + 5)


def test_the_limit_is_the_users_whatever_the_credential(limited):
    """After the test above: the same person by another way lands in the same, empty bucket."""
    alice = limited.demo["oauth1"]["user_id"]
    other_ways = [name for name in ("oauth2_owner_only", "oauth2") if limited.demo[name]["user_id"] == alice]
    for name in other_ways:
        assert limited.get(headers=limited.bearer(name)).status_code == 429


@pytest.mark.parametrize(
    "path",
    ["/w/api.php?origin=*", "/w/api.php?callback=f", "/w/load.php", "/w/api.php/Foo", "/w/rest.php/v1/page/100%25"],
)
def test_no_way_around_the_limit(limited, path):
    """After the tests above: where the wiki acts for an anonymous user, the request counts on its user all the same."""
    alice = limited.demo["oauth1"]["user_id"]
    name = next(name for name in ("oauth2_owner_only", "oauth2") if limited.demo[name]["user_id"] == alice)
    assert limited.get(path, headers=limited.bearer(name)).status_code == 429
    url = f"{limited.url}/w/api.php?origin=*&action=edit"
    posted = requests.post(url, data={"origin[]": ""}, headers=limited.bearer(name), timeout=5)
    assert posted.status_code == 429


def test_consumer_limit(limited):
    """Client credentials have no user, so the rule by consumer alone acts."""
    headers = limited.bearer("oauth2_client_credentials")
    size = bucket("consumer")
    statuses = [limited.get(headers=headers).status_code for _ in range(size + 3)]
    assert statuses == [200] * size + [429] * 3
