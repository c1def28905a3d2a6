"""MariaDB behind Sessiongate behind Envoy: two replicas and a primary fail in turn, and what clients notice of it."""

import contextlib
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import database_server
import pytest
import requests
import stack
from database_server import DatabaseServer, soon
from edge import Edge
from farm import Instance, eventually, signed
from relay import Relay

# As many lookups as one query takes.
BATCH = 32


class Farm(Edge):
    """An edge whose rows are on two replicas and a primary, each of which has what the demo's SQLite file has."""

    def __enter__(self):
        self.state = self.folder / "state"
        subprocess.run([stack.SESSIONGATE, "init", self.state], check=True, capture_output=True)
        self.databases = []
        try:
            for number in range(3):
                server = DatabaseServer(self.folder / f"db{number}").__enter__()
                self.databases.append(server)
                server.load(self.state / "oauth.sqlite", "wiki")
                server.grant("wiki")
            self.first, self.second, self.primary = self.databases
            self.configure = lambda text: database_server.configure(
                text, [self.first, self.second], self.folder, self.primary, query_timeout="500ms"
            )
            return super().__enter__()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        for server in self.databases:
            server.__exit__()

    def forget(self):
        """Empties memory, so that the next request needs rows."""
        requests.post(f"{self.admin_url}/cache/invalidate", timeout=5).raise_for_status()

    def status(self, name="oauth1"):
        """What becomes of a request by a client that memory does not know."""
        self.forget()
        return self.outcome(auth=self.oauth1(name))

    def log(self):
        return (self.folder / "sessiongate.log").read_text()

    def is_asked(self, server):
        """What /metrics says of a server: 1 or 0."""
        page = requests.get(f"{self.admin_url}/metrics", timeout=5).text
        name = f'sessiongate_database_server_asked{{server="unix:{server.socket}"'
        (line,) = (line for line in page.splitlines() if line.startswith(name))
        return line.endswith(" 1")

    @property
    def is_ready(self):
        return stack.http_status(f"{self.admin_url}/readyz") == 200


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    with Farm(tmp_path_factory.mktemp("farm")) as running:
        yield running


def test_every_kind_of_session(farm):
    """With an account that has the documented rights and no others."""
    farm.forget()
    assert farm.get(auth=farm.oauth1()).status_code == 200
    answer = farm.get(headers=farm.bearer("oauth2_owner_only"))
    assert answer.status_code == 200 and "sessionJwt" in answer.headers["set-cookie"]
    assert farm.get(headers=farm.bearer("oauth2")).status_code == 200
    assert "lag is unknown" not in farm.log()
    check = [stack.SESSIONGATE, "config", "check", "--config", farm.state / "sessiongate.yaml"]
    done = subprocess.run(check, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


def test_a_revocation_counts(farm):
    for server in farm.databases:
        server.client("UPDATE wiki.oauth_accepted_consumer SET oaac_access_token = CONCAT('gone', oaac_access_token)")
    try:
        farm.forget()
        assert "mwoauth-invalid-authorization" in farm.get(auth=farm.oauth1()).text
    finally:
        for server in farm.databases:
            server.client("UPDATE wiki.oauth_accepted_consumer SET oaac_access_token = SUBSTR(oaac_access_token, 5)")
    assert farm.status() == 200


@pytest.mark.contract("an outage is 503, never a refusal")
def test_outage_and_recovery(farm):
    """One server after the other is killed; no client notices before the last."""
    farm.first.kill()
    assert [farm.status() for _ in range(6)] == [200] * 6
    assert soon(lambda: not farm.is_asked(farm.first)) and farm.is_asked(farm.second)
    farm.second.kill()
    # The primary stands in for the replicas.
    assert farm.status() == 200
    farm.primary.kill()
    for _ in range(5):
        assert farm.status() == 503
    assert soon(lambda: not farm.is_ready)
    farm.second.start()
    assert soon(lambda: farm.status() == 200)
    assert soon(lambda: farm.is_ready)
    farm.first.start()
    farm.primary.start()
    assert soon(lambda: farm.log().count("can be asked again") >= 3), farm.log()
    assert "not asked until it answers" in farm.log()
    assert [farm.status() for _ in range(6)] == [200] * 6


def test_a_server_that_hangs(farm):
    """It costs one client one timeout of half a second, within Envoy's time."""
    farm.first.hang()
    try:
        assert [farm.status() for _ in range(10)] == [200] * 10
    finally:
        farm.first.go_on()
    assert soon(lambda: farm.log().rstrip().endswith("can be asked again")), farm.log()


def test_read_only(farm):
    """A primary that fails over is read-only for a while."""
    for server in farm.databases:
        server.client("SET GLOBAL read_only = 1")
    assert [farm.status() for _ in range(4)] == [200] * 4
    for server in farm.databases:
        server.client("SET GLOBAL read_only = 0")


def test_a_restart_of_sessiongate_in_an_outage(farm):
    """It starts without a database, says that it is not ready, and is as soon as one answers."""
    for server in farm.databases:
        server.kill()
    assert farm.sessiongate.stop() == 0
    log = farm.folder / "sessiongate.log"
    farm.sessiongate = stack.Program(
        "sessiongate",
        [stack.SESSIONGATE, "serve", "--config", farm.state / "sessiongate.yaml"],
        log,
        {
            "SESSIONGATE_SERVER_LISTEN": f"127.0.0.1:{farm.ports['sessiongate']}",
            "SESSIONGATE_SERVER_ADMIN": f"127.0.0.1:{farm.ports['sessiongate_admin']}",
        },
    )
    farm.programs.append(farm.sessiongate)
    assert soon(lambda: stack.http_status(f"{farm.admin_url}/healthz") == 200)
    assert farm.outcome(auth=farm.oauth1()) == 503
    assert soon(lambda: not farm.is_ready)
    for server in farm.databases:
        server.start()
    assert soon(lambda: farm.is_ready)
    assert soon(lambda: farm.status() == 200)


def token(number):
    """The token of the user with this number."""
    return f"{number:032x}"


def add_users(server, name, keys, numbers):
    """Users with these numbers, who have authorized what the user of these credentials has."""
    columns = "oaac_wiki, oaac_consumer_id, oaac_access_secret, oaac_grants, oaac_accepted, oaac_oauth_version"
    accepted = f"INSERT INTO oauth_accepted_consumer (oaac_id, oaac_user_id, oaac_access_token, {columns})"
    source = f"FROM oauth_accepted_consumer WHERE oaac_access_token = '{keys['token']}'"
    script = [f"USE {name}"]
    for number in numbers:
        script.append(f"INSERT INTO user (user_id, user_name) VALUES ({number}, 'User {number}')")
        script.append(f"{accepted} SELECT {number}, {number}, '{token(number)}', {columns} {source}")
    server.client(";".join(script))


@contextlib.contextmanager
def behind_relays(farm, folder, are_users_elsewhere):
    """An instance with one thread for lookups, a function that says whose request one of a user is, and the relays
    before its servers: the wiki's, and that of the users where they are elsewhere."""
    with tempfile.TemporaryDirectory(prefix="sg-relay-") as short, contextlib.ExitStack() as opened:
        relays = [opened.enter_context(Relay(farm.first, Path(short) / "wiki"))]
        settings = {"REPLICAS": f"unix:{relays[0].socket}", "QUERY_TIMEOUT": "10s"}
        if are_users_elsewhere:
            relays.append(opened.enter_context(Relay(farm.first, Path(short) / "people")))
            settings["USERS_REPLICAS"] = f"unix:{relays[1].socket}"
            settings |= {"USERS_USER": "reader", "USERS_DATABASE": "people"}
            settings["USERS_PASSWORD_FILE"] = farm.folder / "database-password"
        environment = {f"SESSIONGATE_STORE_MARIADB_{name}": str(value) for name, value in settings.items()}
        # Nothing is read anew meanwhile.
        environment |= {"SESSIONGATE_WORKERS_ROWS": "1", "SESSIONGATE_CACHE_LIFETIME": "1m"}
        instance = Instance(folder / "instance", farm.state, environment)
        opened.callback(instance.program.stop)

        def check(number):
            return instance.check(signed(farm.demo["oauth1"] | {"token": token(number)}))["user"]["id"]

        # Connections are opened, and ask which tables there are, when they are first needed.
        assert check(1000) == "1000"
        for relay in relays:
            relay.commands.clear()
        yield instance, check, relays


@pytest.fixture(scope="module")
def users(farm):
    """A hundred users more on the first server, and its database `people`, which has them once more."""
    farm.first.load(farm.state / "oauth.sqlite", "people")
    farm.first.grant("people", "reader")
    for name in ("wiki", "people"):
        add_users(farm.first, name, farm.demo["oauth1"], range(1000, 1100))


@pytest.mark.parametrize("are_users_elsewhere", [False, True], ids=["one database", "users on other servers"])
def test_lookups_cost_one_round_trip_to_each_database(farm, users, tmp_path, are_users_elsewhere):
    with behind_relays(farm, tmp_path, are_users_elsewhere) as (instance, check, relays):
        # A user who is not in memory.
        assert check(1001) == "1001"
        assert [len(relay.commands) for relay in relays] == [1] * len(relays), [relay.commands for relay in relays]
        assert check(1001) == "1001"
        assert [len(relay.commands) for relay in relays] == [1] * len(relays)
        # Those who wait for the answer about another one are looked up together.
        relays[0].hold()
        with ThreadPoolExecutor(BATCH + 1) as pool:
            first = pool.submit(check, 1002)
            eventually(lambda: len(relays[0].commands) == 2)
            others = [pool.submit(check, 1003 + number) for number in range(BATCH)]
            pending = 'sessiongate_store_pending{kind="rows"}'
            eventually(lambda: instance.metric(pending) == BATCH + 1)
            relays[0].release()
            found = [answer.result() for answer in (first, *others)]
        assert found == [str(1002 + number) for number in range(BATCH + 1)]
        for relay in relays:
            assert len(relay.commands) == 3, relay.commands
        assert all(token(1003 + number).encode().hex() in relays[0].commands[2].lower() for number in range(BATCH))
