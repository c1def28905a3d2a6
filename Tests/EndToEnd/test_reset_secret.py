"""A secret that was reset counts with the next request, as in MediaWiki, and the old one no longer does."""

import hashlib
import hmac
import sqlite3
import time

import pytest
from edge import WAYS
from requests_oauthlib import OAuth1

RESETS = {
    "consumer_secret": "UPDATE oauth_registered_consumer SET oarc_secret_key = ? WHERE oarc_consumer_key = ?",
    "token_secret": "UPDATE oauth_accepted_consumer SET oaac_access_secret = ? WHERE oaac_access_token = ?",
}


def derived(edge, stored):
    """The secret that the client is told, of one that is stored."""
    key = (edge.state / "keys/oauth1-secret-key").read_text().strip()
    return hmac.new(key.encode(), stored.encode(), hashlib.sha1).hexdigest()


def reset(edge, which, keys):
    """Keys with a new secret, which the database has from now on."""
    stored = hashlib.md5(which.encode()).hexdigest()
    row = keys["consumer_key" if which == "consumer_secret" else "token"]
    with sqlite3.connect(edge.state / "oauth.sqlite") as database:
        assert database.execute(RESETS[which], (stored, row)).rowcount == 1
    database.close()
    return keys | {which: derived(edge, stored)}


def reason(edge, keys):
    """Why a request that is signed with these keys is refused, None when it is not."""
    auth = OAuth1(keys["consumer_key"], keys["consumer_secret"], keys["token"], keys["token_secret"])
    return edge.get(auth=auth).json().get("error", {}).get("reason")


@pytest.mark.parametrize("which", RESETS)
def test_a_new_secret_counts_at_once(way, tmp_path, which):
    # Rows are remembered for longer than the test takes.
    with WAYS[way](tmp_path, environment={"SESSIONGATE_CACHE_LIFETIME": "1h"}) as edge:
        old = edge.demo["oauth1"]
        assert reason(edge, old) is None
        # Rows that were read within a tenth of a second are not read again.
        time.sleep(0.2)
        new = reset(edge, which, old)
        assert reason(edge, new) is None
        assert reason(edge, old) == "signature-invalid"
        assert reason(edge, new) is None
