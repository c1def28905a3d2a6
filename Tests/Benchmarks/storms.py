"""Bad moments: thousands of users without a cookie at once, a cold cache, and millions of requests in a row."""

import contextlib
import os
import time

import clients
import measure
import scale
import servers
from database_server import DatabaseServer
from results import Result

STORM_USERS = 2_000 if measure.QUICK else 10_000
COLD = 20_000 if measure.QUICK else 100_000
SOAK = 10_000_000 if os.environ.get("SOAK") else 500_000 if measure.QUICK else 1_000_000
COLD_RATE = 20_000
# Takes longer than nonces are remembered; before a soak, as long as allocator and tables need to have met their worst:
# memory grows by a few MB over the first five millions, and then no more.
SETTLING = 5_000_000 if os.environ.get("SOAK") else 1_000_000
# Whoever makes a storm would sit on another machine: here they yield to the server and to the bystander.
YIELDING = ("nice", "-n", "10")
RESOLVED = 'sessiongate_store_lookups_total{kind="rows",result="resolved"'
SIGNED = 'sessiongate_store_lookups_total{kind="cookies",result="resolved"'


@contextlib.contextmanager
def bystander(port, mix, rate):
    """Somebody else's requests at a fixed rate while something happens; afterwards `said` holds how long they took.

    `said["quiet"]` is the 99th percentile just before: what this machine, with all else that it does, is good for.
    """
    options = ("--mix", mix, "--users", 100, "--rate", rate, "--connections", 4, "--warm", "--duration")
    said = {"quiet": clients.load(port, *options, 2, prefix=())["latency_us"]["p99"]}
    process = clients.start_load(port, *options, 8 if measure.QUICK else 15, prefix=())
    try:
        # The bystander signs and warms before its clock starts.
        time.sleep(2)
        yield said
        if process.poll() is not None:
            raise clients.ClientError("what happened took longer than its bystander stayed")
        said.update(clients.finish(process)["latency_us"])
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def mint(folder, table, state):
    """Users without a cookie, all at once."""
    with (
        servers.Sessiongate(folder, state, pinned=False) as gate,
        bystander(gate.port, "oauth1-cookie=1,cookie=1,anonymous=1", 500) as others,
    ):
        before = gate.count(SIGNED)
        storm = ("--mix", "oauth1=1", "--users", STORM_USERS, "--connections", 40, "--streams", 250)
        begin = time.monotonic()
        clients.load(gate.port, *storm, "--warm", "--requests", STORM_USERS // 10, prefix=YIELDING)
        seconds = time.monotonic() - begin
        signed = gate.count(SIGNED) - before
    note = f"before {others['quiet'] / 1000:.2f} ms; p50 {others['p50']:.0f} µs; the storm took {seconds:.1f} s"
    table.add(
        Result(
            f"mint storm, {STORM_USERS:,} users: p99 of others", "load", others["p99"] / 1000, "ms", goal=5, note=note
        ),
        Result("mint storm: signatures a user", "load", signed / STORM_USERS, "", goal=1, exact=True),
    )


def cold(folder, table, state):
    """Distinct tokens, in the database only: how many can be resolved, and whether others notice COLD_RATE a second.

    At the most that can be, whoever comes waits behind all that is under way, as at any busy server.
    """
    options = ("--mix", "oauth1=1", "--plain", "--users", scale.USERS, "--requests", COLD)
    with servers.Sessiongate(folder, state, pinned=False, **scale.LARGE) as gate:
        with bystander(gate.port, "anonymous=1", 1000) as others:
            clients.load(gate.port, *options, "--rate", COLD_RATE, "--seed", 1, prefix=YIELDING)
        before = gate.count(RESOLVED)
        said = clients.load(gate.port, *options, "--seed", 2, prefix=YIELDING)
        resolved = gate.count(RESOLVED) - before
        answered = gate.count('sessiongate_checks_total{outcome="authenticated",type="oauth1"')
    if answered != 2 * COLD:
        raise clients.ClientError(f"{answered:.0f} of {2 * COLD} checks were answered")
    note = f"before {others['quiet'] / 1000:.2f} ms; p50 {others['p50']:.0f} µs, p99.9 {others['p99.9']:.0f} µs"
    rate = resolved / said["seconds"]
    name = f"cold cache, {COLD_RATE:,} tokens a second: p99 of anonymous requests"
    table.add(
        Result(f"cold cache, {COLD:,} tokens from SQLite", "load", rate, "/s", goal=20_000, at_least=True),
        Result(name, "load", others["p99"] / 1000, "ms", goal=1, note=note),
    )


def cold_mariadb(folder, table, state):
    """The same from a MariaDB server on this machine, which takes its part of the processors."""
    with DatabaseServer(folder / "mariadb") as database:
        database.load(state / "oauth.sqlite", "wiki")
        database.grant("wiki", password="measured")
        database.client("ANALYZE TABLE wiki.user, wiki.oauth_registered_consumer, wiki.oauth_accepted_consumer")
        password = folder / "database-password"
        password.write_text("measured")
        password.chmod(0o600)
        settings = scale.LARGE | {
            "STORE_SQLITE_FILE": "null",
            "STORE_MARIADB_REPLICAS": f"unix:{database.socket}",
            "STORE_MARIADB_USER": "sessiongate",
            "STORE_MARIADB_PASSWORD_FILE": password,
            "STORE_MARIADB_DATABASE": "wiki",
        }
        options = ("--mix", "oauth1=1", "--plain", "--users", COLD, "--requests", COLD)
        with servers.Sessiongate(folder, state, pinned=False, **settings) as gate:
            said = clients.load(gate.port, *options, "--seed", 1, prefix=YIELDING)
            resolved = gate.count(RESOLVED)
            selects = int(database.client("SHOW GLOBAL STATUS LIKE 'Com_select'").stdout.split()[1])
    note = f"{resolved / selects:.1f} lookups in a SELECT"
    rate = resolved / said["seconds"]
    table.add(
        Result(f"cold cache, {COLD:,} tokens from MariaDB", "load", rate, "/s", goal=10_000, at_least=True, note=note)
    )


def soak(folder, table, state):
    """Caches that are too small, nonces that expire: memory stays as it is once they are full."""
    settings = {"CACHE_CAPACITY": 800, "OAUTH1_TIMESTAMP_WINDOW": "2s"}
    mix = "oauth1-cookie=2,owner-cookie=2,cookie=3,anonymous=3"
    with servers.Sessiongate(folder, state, **settings) as gate:
        options = ("--mix", mix, "--users", 1000, "--requests")
        clients.load(gate.port, *options, SETTLING, "--warm", "--seed", 1)
        before = measure.settled_bytes(gate.pid)
        clients.load(gate.port, *options, SOAK, "--seed", 2)
        grown = measure.settled_bytes(gate.pid) - before
    note = f"from {before / 1e6:.1f} MB"
    table.add(Result(f"memory, growth over {SOAK:,} distinct requests", "load", grown / 1e6, "MB", goal=4, note=note))
