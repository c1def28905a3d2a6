"""What the operator says of the wiki behind: version, consumers in the configuration, hosts, classes."""

import sqlite3
import time

import grpc
import jwt
import pytest
from cookies import make_cookie, session_jwt
from edge import WAYS, Edge


def section(name, *lines):
    """Adds keys to a section that the demo's file has."""

    def configure(text):
        changed = text.replace(f"\n{name}:\n", f"\n{name}:\n" + "".join(f"  {line}\n" for line in lines))
        assert changed != text
        return changed

    return configure


@pytest.fixture(scope="module")
def old(way, tmp_path_factory):
    """In front of MediaWiki 1.39."""
    with WAYS[way](tmp_path_factory.mktemp("old"), configure=section("mediawiki", 'version: "1.39"')) as running:
        yield running


def test_an_old_wiki_ignores_oauth_outside_the_api(old, edge):
    for path in ("/wiki/Main_Page", "/w/index.php"):
        signed = old.get(path, auth=old.oauth1())
        assert signed.status_code == 200
        headers = old.wiki.last["headers"]
        assert "x-session-user-id" not in headers and headers["x-session-class"] == "established-user"
        assert old.get(path, headers={"authorization": "Bearer junk"}).status_code == 200
        assert edge.get(path, auth=edge.oauth1()).status_code == 400


def test_an_old_wiki_looks_at_no_cookie_beside_oauth(old, edge):
    others = {"cookie": "sessionJwt=" + make_cookie(old, old.demo["oauth1_other_user"]["user_id"])}
    answer = old.get(headers=others, auth=old.oauth1())
    assert answer.status_code == 200 and session_jwt(answer)
    assert old.wiki.last["headers"]["x-session-user-id"] == str(old.demo["oauth1"]["user_id"])
    others = {"cookie": "sessionJwt=" + make_cookie(edge, edge.demo["oauth1_other_user"]["user_id"])}
    assert edge.get(headers=others, auth=edge.oauth1()).json()["error"]["reason"] == "cookie-subject"


def test_a_consumer_of_the_configuration(way, tmp_path):
    """Its row is deleted; its acceptances stay rows."""
    secret = tmp_path / "state" / "keys" / "tool-secret"

    def configure(text):
        with sqlite3.connect(tmp_path / "state" / "oauth.sqlite") as database:
            columns = "oarc_id, oarc_consumer_key, oarc_secret_key, oarc_user_id"
            sql = f"SELECT {columns} FROM oauth_registered_consumer WHERE oarc_id = 1"
            number, key, stored, owner = (
                value.decode() if isinstance(value, bytes) else value for value in database.execute(sql).fetchone()
            )
            database.execute("DELETE FROM oauth_registered_consumer WHERE oarc_id = 1")
        secret.write_text(stored + "\n")
        secret.chmod(0o600)
        consumer = (
            f"{{id: {number}, key: {key}, name: Configured, oauth_version: 1, owner: {owner},"
            " secret_file: keys/tool-secret}"
        )
        return section("oauth", f"static_consumers: [{consumer}]")(text)

    with WAYS[way](tmp_path, configure=configure) as edge:
        assert edge.get(auth=edge.oauth1()).status_code == 200
        headers = edge.wiki.last["headers"]
        assert headers["x-session-user-id"] == str(edge.demo["oauth1"]["user_id"])
        assert headers["x-session-consumer"] == edge.demo["oauth1"]["consumer_key"]
        assert edge.get(auth=edge.oauth1("oauth1_other_user")).status_code == 200
        keys = edge.demo["oauth1"] | {"consumer_secret": "x"}
        edge.demo["wrong"] = keys
        assert edge.get(auth=edge.oauth1("wrong")).json()["error"]["reason"] == "signature-invalid"
        assert secret.read_text().strip() not in edge.sessiongate.log.read_text()


def test_domains(way, tmp_path):
    hosts = ("unknown_hosts: refuse", "hosts:", '  "*.wiki.test": {id: demowiki, server: detect}')
    with WAYS[way](tmp_path, configure=section("wikis", *hosts)) as edge:
        token = edge.bearer("oauth2_owner_only")
        for host, is_known in {
            "de.wiki.test": True,
            "a.b.WIKI.test": True,
            "wiki.test": False,
            "x.test": False,
        }.items():
            answer = edge.get(headers=token | {"host": host})
            assert ("x-session-user-id" in str(edge.wiki.last) and "error" not in answer.json()) == is_known, host
            assert is_known or answer.json()["error"]["reason"] == "wiki-unknown"


def test_a_class_that_is_not_allowed_is_logged_once(way, tmp_path):
    with WAYS[way](tmp_path) as edge:
        key = (edge.state / "keys" / "access-token.key").read_text()
        claims = jwt.decode(edge.demo["oauth2"]["access_token"], options={"verify_signature": False})
        for _ in range(3):
            token = jwt.encode(claims | {"rlc": "gold"}, key, algorithm="RS256")
            assert edge.get(headers={"authorization": f"Bearer {token}"}).status_code == 200
            time.sleep(0.1)
        assert edge.wiki.last["headers"]["x-session-class"] != "gold"
        lines = [line for line in edge.sessiongate.log.read_text().splitlines() if "gold" in line]
        assert len(lines) == 1 and "classes.allowed" in lines[0]


def test_health_over_grpc_follows_the_store(tmp_path):
    """As /readyz does; a watcher is told each change."""
    with Edge(tmp_path) as edge, grpc.insecure_channel(f"127.0.0.1:{edge.ports['sessiongate']}") as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        told = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=60)
        assert next(told) == b"\x08\x01" and check(b"", timeout=5) == b"\x08\x01"
        file = edge.state / "oauth.sqlite"
        file.rename(edge.state / "away")
        assert next(told) == b"\x08\x02" and check(b"", timeout=5) == b"\x08\x02"
        (edge.state / "away").rename(file)
        assert next(told) == b"\x08\x01" and check(b"", timeout=5) == b"\x08\x01"
