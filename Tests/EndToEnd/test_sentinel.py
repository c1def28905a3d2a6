"""Redis behind Debian's Sentinel: another server becomes the master under load, and each nonce still counts once."""

import threading
import time
from typing import NamedTuple

import pytest
from farm import Farm, eventually
from sentinel import NAME, SentinelRedis

OUTAGES = "sessiongate_redis_outages_total"
UP = "sessiongate_redis_up"
PENDING = "sessiongate_redis_handover_pending"


class Claim(NamedTuple):
    """A request that was let in: by which instance, since when, and its headers."""

    instance: int
    begun: float
    headers: dict


class Load:
    """Signed requests to both instances in turn, as long as its `with` block."""

    def __init__(self, farm):
        self.farm = farm
        self.outcomes = []
        self.accepted = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def run(self):
        number = 0
        while not self.ended.is_set():
            claim = Claim(number % 2, time.monotonic(), self.farm.signed())
            answer = self.farm.instances[claim.instance].check(claim.headers, f"load-{number}")
            self.outcomes.append(answer.get("outcome", answer["status"]))
            if answer.get("outcome") == "authenticated":
                self.accepted.append(claim)
            number += 1
            time.sleep(0.005)


def killed(redis):
    redis.kill("first")


def planned(redis):
    """With the setting of deploy/redis.md; else the old master takes claims until it is told to be a replica."""
    redis.ask("first", "CONFIG", "SET", "min-replicas-to-write", "1")
    redis.ask("sentinel", "SENTINEL", "failover", NAME)


@pytest.mark.parametrize("change", [killed, planned])
def test_another_server_becomes_the_master_under_claims(tmp_path, change):
    redis = SentinelRedis()
    with Farm(tmp_path, redis=redis) as farm:
        one, two = farm.instances
        before = farm.signed()
        assert one.check(before, "before")["outcome"] == "authenticated"
        eventually(redis.is_copied)
        with Load(farm) as load:
            begun = time.monotonic()
            change(redis)
            eventually(lambda: redis.master == "second")
            eventually(lambda: all(instance.metric(OUTAGES) == 1 for instance in farm.instances))
            eventually(lambda: all(instance.metric(UP) == 1 for instance in farm.instances))
            eventually(lambda: all(instance.metric(PENDING) == 0 for instance in farm.instances))
            back = time.monotonic()
            eventually(lambda: load.accepted[-1].begun > back)
        # No client is turned away meanwhile.
        assert set(load.outcomes) == {"authenticated"}
        # What the old master has copied, what each instance has claimed by itself, and what was claimed at the new one.
        assert two.check(before)["reason"] == "nonce-used"
        assert two.check(before, "before")["outcome"] == "authenticated"
        since = [claim for claim in load.accepted if claim.begun > begun]
        assert since[0].begun < back < since[-1].begun
        for claim in since:
            assert farm.instances[1 - claim.instance].check(claim.headers)["reason"] == "nonce-used"
        assert redis.ask("second", "ROLE").startswith("master")
        for instance in farm.instances:
            log = instance.log.read_text()
            assert log.count("Redis is away") == 1 and log.count("Redis is back") == 1
