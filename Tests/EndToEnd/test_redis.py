"""Several instances with one Redis: a nonce is accepted once, and what a wiki announces counts at once, everywhere."""

import json
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import requests
import stack
from asking import call, to_message
from edge import Edge
from envoy.service.auth.v3.external_auth_pb2 import CheckResponse
from farm import Farm, Redis, document, eventually

FRESH = 'sessiongate_redis_claims_total{outcome="fresh"}'


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    with Farm(tmp_path_factory.mktemp("farm")) as running:
        yield running


def test_of_a_hundred_races_exactly_one_wins_each_time(farm):
    with ThreadPoolExecutor(4) as pool, requests.Session() as left, requests.Session() as right:
        sessions = list(zip(farm.instances, (left, right), strict=True))
        for race in range(100):
            headers = farm.signed()
            asked = [
                pool.submit(instance.check, headers, f"{race}-{number}", session)
                for number, (instance, session) in enumerate(sessions)
            ]
            found = sorted((answer.result()["outcome"], answer.result().get("reason")) for answer in asked)
            assert found == [("authenticated", None), ("refused", "nonce-used")]
    assert sum(instance.metric(FRESH) for instance in farm.instances) >= 100


def test_the_proxys_retry_is_recognized_by_the_other_instance(farm):
    one, two = farm.instances
    headers = farm.signed()
    assert one.check(headers, "a-request")["outcome"] == "authenticated"
    assert two.check(headers, "a-request")["outcome"] == "authenticated"
    assert two.check(headers, "another")["reason"] == "nonce-used"
    assert one.check(headers)["reason"] == "nonce-used"


def test_a_claim_that_outlasts_its_checks_deadline(farm):
    """The late answer is not given to any check, and the nonce is the request's whose claim it was."""
    one, two = farm.instances
    assert one.check(farm.signed())["outcome"] == "authenticated"
    fresh = one.metric(FRESH)
    headers = farm.signed()
    with grpc.insecure_channel(f"127.0.0.1:{one.ports['sessiongate']}") as channel:
        # The link waits for two seconds.
        with farm.redis.hanging(), pytest.raises(grpc.RpcError) as failure:
            call(channel, to_message(document(headers, "late")).SerializeToString(), timeout=0.3)
        assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        eventually(lambda: one.metric(FRESH) == fresh + 1)
        assert one.metric("sessiongate_redis_outages_total") == 0
        for instance in (two, one):
            assert instance.check(headers, "another")["reason"] == "nonce-used"
            assert instance.check(headers, "late")["outcome"] == "authenticated"
        answer = call(channel, to_message(document(farm.signed(), "next")).SerializeToString())
        assert CheckResponse.FromString(answer).status.code == 0


def test_a_restart_forgets_no_nonce(farm):
    one, _ = farm.instances
    headers = farm.signed()
    assert one.check(headers)["outcome"] == "authenticated"
    one.program.stop()
    one.start()
    assert one.check(headers)["reason"] == "nonce-used"


def revoke(farm, name):
    """Withdraws the authorization of these credentials."""
    keys = farm.demo[name]
    with sqlite3.connect(farm.state / "oauth.sqlite") as database:
        sql = "UPDATE oauth_accepted_consumer SET oaac_access_token = ? WHERE oaac_access_token = ?"
        assert database.execute(sql, ("gone-" + keys["token"][:20], keys["token"])).rowcount == 1
    database.close()


def restore(farm, name):
    keys = farm.demo[name]
    with sqlite3.connect(farm.state / "oauth.sqlite") as database:
        sql = "UPDATE oauth_accepted_consumer SET oaac_access_token = ? WHERE oaac_access_token = ?"
        assert database.execute(sql, (keys["token"], "gone-" + keys["token"][:20])).rowcount == 1
    database.close()


def outcomes(farm, name="oauth1"):
    return [instance.check(farm.signed(name))["outcome"] for instance in farm.instances]


@pytest.mark.parametrize("what", ["user", "consumer", "token", "all"])
def test_a_revocation_that_is_announced_counts_at_once_everywhere(farm, what):
    one, two = farm.instances
    keys = farm.demo["oauth1"]
    body = {"user": keys["user_id"], "consumer": keys["consumer_key"], "token": keys["token"]}
    # What was announced before is forgotten once more a second later.
    time.sleep(1.2)
    assert outcomes(farm) == ["authenticated"] * 2
    revoke(farm, "oauth1")
    try:
        assert outcomes(farm) == ["authenticated"] * 2
        began = time.monotonic()
        answer = one.post({what: body[what]} if what != "all" else None)
        assert answer.status_code == 200 and answer.json() == {"invalidated": True, "instances": 2}
        heard = 'sessiongate_redis_invalidations_total{cause="message"}'
        while two.check(farm.signed())["outcome"] == "authenticated":
            assert time.monotonic() - began < 2
        # The answer itself is within these: the machine may be busy with other things.
        assert time.monotonic() - began < 0.5
        assert two.check(farm.signed())["reason"] == "token-invalid"
        assert one.check(farm.signed())["reason"] == "token-invalid"
        assert two.metric(heard) > 0
    finally:
        restore(farm, "oauth1")
        one.post()
    assert outcomes(farm) == ["authenticated"] * 2


def test_the_command(farm):
    one, _ = farm.instances
    token = farm.demo["oauth2_owner_only"]["access_token"]

    def run(*options, status=0, **more):
        command = [stack.SESSIONGATE, "invalidate", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, **more)
        assert done.returncode == status, done.stderr
        return done

    for options in (["--user", "1"], ["--consumer", "key"], ["--token", "some"], []):
        done = run("--admin", one.admin, *options)
        assert json.loads(done.stdout) == {"invalidated": True, "instances": 2}
    assert json.loads(run("--admin", f"http://{one.admin}/", "--token", "-", input=token + "\n").stdout)["invalidated"]
    assert "only one of" in run("--user", "1", "--token", "x", status=64).stderr
    assert "one token" in run("--token", "-", "--admin", one.admin, input="two tokens", status=64).stderr
    assert "Connection refused" in run("--admin", "127.0.0.1:1", status=1).stderr
    assert "host:port" in run("--admin", "nonsense", status=64).stderr
    assert token not in one.log.read_text() and "what=a token" in one.log.read_text().replace('"', "")


def test_bodies_that_are_not_understood(farm):
    one, _ = farm.instances
    for body in (
        {"user": "1"},
        {"user": 1.5},
        {"token": 5},
        {"consumer": ""},
        {"group": 1},
        {"user": 1, "token": "x"},
        [],
    ):
        answer = one.post(body)
        assert answer.status_code == 400 and "error" in answer.json(), body
    assert one.post({"user": 1}, headers={"origin": "https://elsewhere.example"}).status_code == 403
    assert requests.post(f"http://{one.admin}/cache/invalidate", data="{", timeout=5).status_code == 400


@pytest.mark.parametrize("when_down", ["local", "refuse", "fail"])
def test_redis_is_killed_and_comes_back(tmp_path, when_down):
    with Farm(tmp_path, WHEN_DOWN=when_down) as farm:
        one, two = farm.instances
        before = farm.signed()
        assert one.check(before)["outcome"] == "authenticated"
        farm.redis.kill()
        eventually(lambda: not one.metric("sessiongate_redis_up") and not two.metric("sessiongate_redis_up"))
        assert one.check(before)["reason"] == "nonce-used"
        during = farm.signed()
        answer = one.check(during, "during")
        if when_down == "local":
            assert answer["outcome"] == "authenticated"
        elif when_down == "refuse":
            assert answer["reason"] == "nonce-unverified"
            denied = answer["body"]["deniedResponse"]
            headers = {entry["header"]["key"]: entry["header"]["value"] for entry in denied["headers"]}
            assert headers["retry-after"] == "5"
        else:
            assert answer["status"] == 503 and answer["body"] == {"error": "nonce store unavailable"}
            assert one.metric('sessiongate_faults_total{fault="nonce-store-unavailable"}') == 1
        # What has no nonce is served as ever, and so is /readyz.
        bearer = {"authorization": f"Bearer {farm.demo['oauth2_owner_only']['access_token']}"}
        assert one.check(bearer)["outcome"] == "authenticated"
        assert requests.get(f"http://{one.admin}/readyz", timeout=5).status_code == 200
        assert one.post({"user": 1}).status_code == 202
        farm.redis.start()
        eventually(lambda: one.metric("sessiongate_redis_up") and two.metric("sessiongate_redis_up"))
        if when_down == "local":
            eventually(lambda: one.metric('sessiongate_redis_handover_total{result="written"}') == 1)
            assert two.check(during)["reason"] == "nonce-used"
            assert two.check(during, "during")["outcome"] == "authenticated"
        else:
            assert one.check(during, "during")["outcome"] == "authenticated"
        log = one.log.read_text()
        assert log.count("Redis is away") == 1 and log.count("Redis is back") == 1


def test_clients_see_a_refusal_with_retry_after(tmp_path):
    with Redis() as redis:
        environment = {
            "SESSIONGATE_NONCES_REDIS_URL": redis.url,
            "SESSIONGATE_NONCES_REDIS_WHEN_DOWN": "refuse",
            "SESSIONGATE_NONCES_REDIS_TIMEOUT": "2s",
        }
        with Edge(tmp_path, environment=environment) as edge:
            assert edge.get(auth=edge.oauth1()).status_code == 200
            redis.kill()
            eventually(lambda: "\nsessiongate_redis_up 0\n" in edge.metrics())
            refused = edge.get(auth=edge.oauth1())
            assert refused.status_code == 429
            assert refused.headers["retry-after"] == "5" and "www-authenticate" not in refused.headers
            assert refused.json()["error"]["reason"] == "nonce-unverified"
            assert edge.get().status_code == 200
            redis.start()
            eventually(lambda: edge.get(auth=edge.oauth1()).status_code == 200)
