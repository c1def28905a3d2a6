"""The hooks of deploy/redis.md for LocalSettings.php, run by PHP: what they announce counts at once everywhere."""

import contextlib
import json
import re
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import stack
from farm import Farm, signed

RUNNER = Path(__file__).with_name("hooks.php")
# Each event is about a user of its own, since what was announced is forgotten once more a second later.
FIRST = 1000


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    with Farm(tmp_path_factory.mktemp("farm")) as running:
        yield running


@pytest.fixture(scope="module")
def settings(farm):
    """The page's PHP as it is there, with the first instance's admin listener."""
    page = (stack.ROOT / "deploy" / "redis.md").read_text()
    (code,) = re.findall(r"^```php\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert code.count("127.0.0.1:9002") == 1
    file = farm.folder / "LocalSettings.php"
    file.write_text("<?php\n" + code.replace("127.0.0.1:9002", farm.instances[0].admin))
    return file


def change(farm, sql, values):
    """Changes the wiki's database."""
    with contextlib.closing(sqlite3.connect(farm.state / "oauth.sqlite")) as database:
        changed = database.execute(sql, values).rowcount
        database.commit()
    assert changed == 1


def add_user(farm, number):
    """A user with this id who has authorized what the demo's user has; the credentials."""
    keys = farm.demo["oauth1"] | {"token": f"{number:032x}"}
    change(farm, "INSERT INTO user (user_id, user_name) VALUES (?, ?)", (number, f"User {number}"))
    columns = "oaac_wiki, oaac_consumer_id, oaac_access_secret, oaac_grants, oaac_accepted, oaac_oauth_version"
    accepted = f"INSERT INTO oauth_accepted_consumer (oaac_user_id, oaac_access_token, {columns})"
    source = f"SELECT ?, ?, {columns} FROM oauth_accepted_consumer WHERE oaac_access_token = ?"
    change(farm, f"{accepted} {source}", (number, keys["token"], farm.demo["oauth1"]["token"]))
    return keys


def run(settings, hook, **about):
    """Runs the handlers of a hook; what was posted."""
    command = ["php", RUNNER, settings, hook, *(f"{kind}={value}" for kind, value in about.items())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    return json.loads(done.stdout)


GROUP = "INSERT INTO user_groups (ug_user, ug_group) VALUES (:user, 'bot')", "class", "approved-bot"
REVOKED = "DELETE FROM oauth_accepted_consumer WHERE oaac_user_id = :user", "reason", "token-invalid"
DISABLED = (
    "UPDATE oauth_registered_consumer SET oarc_stage = 4 WHERE oarc_consumer_key = :consumer",
    "reason",
    "consumer-not-approved",
)
GRANTS = {"page": "OAuthManageMyGrants", "sub": "update/7"}
CONSUMERS = {"page": "OAuthManageConsumers", "sub": ":consumer"}
# A hook, the page that it is called for, what the wiki has written, and whom the message names. The last changes all.
EVENTS = [
    ("UserGroupsChanged", {}, GROUP, "user"),
    ("CentralAuthGlobalUserGroupMembershipChanged", {}, GROUP, "user"),
    ("BlockIpComplete", {}, REVOKED, "user"),
    ("UnblockUserComplete", {}, REVOKED, "user"),
    ("CentralAuthGlobalUserLockStatusChanged", {}, REVOKED, "user"),
    ("SpecialPageAfterExecute", GRANTS, REVOKED, "user"),
    ("SpecialPageAfterExecute", CONSUMERS, DISABLED, "consumer"),
]


def test_what_the_hooks_announce_counts_at_once_everywhere(farm, settings):
    one, two = farm.instances
    taken = []
    for number, (hook, page, (sql, fact, expected), subject) in enumerate(EVENTS, FIRST):
        keys = add_user(farm, number)
        names = {"user": number, "consumer": keys["consumer_key"]}
        before = one.check(signed(keys))
        assert before["outcome"] == two.check(signed(keys))["outcome"] == "authenticated"
        change(farm, sql, names)
        # What was read before counts until it is announced.
        assert one.check(signed(keys)).get(fact) == two.check(signed(keys)).get(fact) == before.get(fact) != expected
        about = {kind: value.replace(":consumer", names["consumer"]) for kind, value in page.items()}
        (posted,) = run(settings, hook, user=number, **about)
        assert json.loads(posted["sent"]) == {subject: names[subject]}
        assert json.loads(posted["answer"]) == {"invalidated": True, "instances": 2}
        assert two.check(signed(keys))[fact] == expected, hook
        taken.append(time.time() - posted["began"])
        assert one.check(signed(keys))[fact] == expected, hook
    # With the end of PHP's process, and on a machine that is busy with other things.
    assert max(taken) < 1 and min(taken) < 0.1, taken


def test_what_concerns_no_user_is_not_announced(settings):
    assert run(settings, "BlockIpComplete") == []
    assert run(settings, "SpecialPageAfterExecute", page="OAuthConsumerRegistration", sub="propose/oauth2") == []
    assert run(settings, "SpecialPageAfterExecute", page="Userlogin") == []
