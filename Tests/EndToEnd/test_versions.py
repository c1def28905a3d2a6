"""Instances of two versions side by side: what version 0.1.0 wrote and said is understood, and still written and said.

What is recorded here must not change. Another format needs another name for it: a key, a first word, a member.
"""

import contextlib
import hashlib
import json
import socket
import sqlite3
import struct
import subprocess
import time

import pytest
import stack
from farm import Farm, Instance, eventually, signed

# One signed request's consumer, token and nonce, and the id that the proxy has given it.
CONSUMER = "0123456789abcdef0123456789abcdef"
TOKEN = "fedcba9876543210fedcba9876543210"
NONCE = "nonce-of-version-0.1.0"
REQUEST = "5a2b6e0c-0000-4000-8000-000000000001"
# The nonce in Redis.
KEY = "sessiongate:n:85dfb5b9bc17d7b522cb8bd4ac91466e"
VALUE = "74541c70e41903f0"
# The same nonce in a file of nonces (oauth1.nonce_file): the secret of the hashes, and the nonce's parts but its end.
SECRET = bytes.fromhex("fb8ecb7dcdd3fcbbf9df79c68dd7f95e")
HIGH, LOW, OWNER = 0x95A5573CCD275B85, 0x5D040BF2, 0xBB8C2522E4291734
# What is published when something is to be forgotten.
CHANNEL = "sessiongate:invalidate"
MESSAGES = {
    "user": '{"user":1000}',
    "consumer": f'{{"consumer":"{CONSUMER}"}}',
    "token": f'{{"token_sha256":"{hashlib.sha256(TOKEN.encode()).hexdigest()}"}}',
    "all": '{"all":true}',
}


def execute(state, *statements):
    """Changes the wiki's database."""
    with contextlib.closing(sqlite3.connect(state / "oauth.sqlite")) as database:
        for sql, values in statements:
            assert database.execute(sql, values).rowcount > 0
        database.commit()


def rename(state):
    """Gives the demo's consumer and token the recorded names; the credentials."""
    keys = json.loads((state / "demo.json").read_text())["oauth1"]
    consumer = "UPDATE oauth_registered_consumer SET oarc_consumer_key = ? WHERE oarc_consumer_key = ?"
    token = "UPDATE oauth_accepted_consumer SET oaac_access_token = ? WHERE oaac_access_token = ?"
    execute(state, (consumer, (CONSUMER, keys["consumer_key"])), (token, (TOKEN, keys["token"])))
    return keys | {"consumer_key": CONSUMER, "token": TOKEN}


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    with Farm(tmp_path_factory.mktemp("farm")) as running:
        running.keys = rename(running.state)
        yield running


def is_recorded_request_taken(instance, keys):
    """Whether the nonce counts as the recorded request's, which is let in again, and no other."""
    assert instance.check(signed(keys, nonce=NONCE), "another")["reason"] == "nonce-used"
    return instance.check(signed(keys, nonce=NONCE), REQUEST)["outcome"] == "authenticated"


def test_nonces_in_redis(farm):
    one, two = farm.instances
    assert one.check(signed(farm.keys, nonce=NONCE), REQUEST)["outcome"] == "authenticated"
    assert farm.redis.ask("GET", KEY) == VALUE
    # The other instance has it from Redis alone.
    assert is_recorded_request_taken(two, farm.keys)


def test_nonces_in_a_file(tmp_path):
    state = tmp_path / "state"
    subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True)
    keys = rename(state)
    contents = b"SGNONCE1" + SECRET + struct.pack("<QIIQ", HIGH, LOW, int(time.time()) + 300, OWNER)
    file = tmp_path / "nonces"
    file.write_bytes(contents + hashlib.sha256(contents).digest())
    file.chmod(0o600)
    instance = Instance(tmp_path / "instance", state, {"SESSIONGATE_OAUTH1_NONCE_FILE": str(file)})
    try:
        assert is_recorded_request_taken(instance, keys)
    finally:
        instance.program.stop()
    written = file.read_bytes()
    assert written[:24] == contents[:24]
    assert struct.unpack("<QIIQ", written[24:48])[:2] == (HIGH, LOW)


def test_messages_that_are_heard(farm):
    _, two = farm.instances
    user = two.check(signed(farm.keys))["user"]["id"]
    heard = 'sessiongate_redis_invalidations_total{cause="message"}'
    for count, message in enumerate(MESSAGES.values(), 1):
        revoke = "UPDATE oauth_accepted_consumer SET oaac_access_token = ? WHERE oaac_access_token = ?"
        names = (TOKEN, "withdrawn") if count % 2 == 0 else ("withdrawn", TOKEN)
        execute(farm.state, (revoke, names))
        before = two.metric(heard)
        farm.redis.ask("PUBLISH", CHANNEL, message.replace("1000", user))
        eventually(lambda before=before: two.metric(heard) == before + 1)
        expected = "authenticated" if count % 2 == 0 else "refused"
        # Sooner than rows get too old.
        eventually(lambda expected=expected: two.check(signed(farm.keys))["outcome"] == expected, seconds=5)


def test_messages_that_are_said(farm):
    one, _ = farm.instances
    bodies = {"user": 1000, "consumer": CONSUMER, "token": TOKEN}
    with socket.socket(socket.AF_UNIX) as redis, redis.makefile("rwb") as stream:
        redis.connect(str(farm.redis.socket))
        redis.settimeout(10)
        stream.write(f"SUBSCRIBE {CHANNEL}\r\n".encode())
        stream.flush()
        for what, message in MESSAGES.items():
            assert one.post({what: bodies[what]} if what in bodies else None).json()["invalidated"]
            while (line := stream.readline().decode().strip()) != message:
                assert not line.startswith("{"), line
