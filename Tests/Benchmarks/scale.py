"""What grows with the size of things: connections, nonces, tokens and users; and what memory they take."""

import contextlib
import statistics

import clients
import measure
import servers
from results import Result
from stored import StoredRequests

USERS = 100_000 if measure.QUICK else 1_000_000
NONCES = 100_000 if measure.QUICK else 1_000_000
CONNECTIONS = 1_000 if measure.QUICK else 5_000
COUNT = 40_000 if measure.QUICK else 100_000
TOKENS = 5_000 if measure.QUICK else 10_000
# Signed anew for each run, which takes 0.7 ms each: what is remembered of so many is three times the processor's cache.
SIGNED_TOKENS = 5_000 if measure.QUICK else 20_000
GROWS = 1.2
PLAIN = ("--mix", "oauth1=1", "--plain")
# glibc's allocator asks for pages of 2 MB in its main arena only, so there has to be one for all threads.
HUGE_PAGES = ("env", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1")
# Rows stay good for the whole run, and no cookie is signed for a million users: it would take ten minutes.
LARGE = {
    "CACHE_CAPACITY": 4_000_000,
    "CACHE_MEMORY": "4GiB",
    "CACHE_LIFETIME": "1d",
    "COOKIE_FOR_OAUTH1": "false",
    "OAUTH1_NONCE_CAPACITY": 8_000_000,
}


def microseconds(server, count, work):
    """CPU microseconds a request."""
    return measure.cpu_spent(server.pid, work) / count * 1e6


def connections(folder, table):
    """Few and many connections, one request at a time on each; what it takes to accept them is not counted."""
    with contextlib.ExitStack() as stack:
        gate = stack.enter_context(servers.Sessiongate(folder, servers.demo_state(folder / "connections")))
        nghttpd = stack.enter_context(servers.Nghttpd(folder))
        requests = StoredRequests(folder, gate)
        grown = {gate: [], nghttpd: []}
        for _ in range(measure.ROUNDS):
            file = requests.write("oauth1")
            for server, pairs in grown.items():
                few, many = (connected_cost(server, number, file) for number in (10, CONNECTIONS))
                pairs.append((many / few, many))
    (ratio, cost), (base, base_cost) = (map(statistics.median, zip(*pairs, strict=True)) for pairs in grown.values())
    # The kernel's share grows for everybody: what is ours to keep small is the growth beyond nghttpd's.
    name = f"10 → {CONNECTIONS:,} connections, one request at a time on each: growth beside nghttpd's"
    note = f"{ratio:.2f} ×; nghttpd {base:.2f} ×, {base_cost:.2f} µs"
    table.add(Result(name, "h2load", ratio / base, cost=cost, goal=GROWS, note=note))


def connected_cost(server, number, file):
    """CPU microseconds of a request over so many connections."""
    options = ("-c", number, "-m", "1", "-d", file, *(clients.GRPC if server.name == "sessiongate" else ()))

    def run(count):
        return measure.cpu_spent(server.pid, lambda: clients.h2load(server.url, count, *options))

    return (run(number + COUNT) - run(number)) / COUNT * 1e6


def nonces(folder, table, state):
    """The first nonces and those after a million others; memory for each."""
    with servers.Sessiongate(folder, state) as gate:

        def ask(count, *options):
            clients.load(gate.port, "--mix", "oauth1-cookie=1", "--users", 100, "--requests", count, *options)

        def remembered():
            return gate.count('sessiongate_memory_entries{kind="nonces"')

        ask(10, "--warm")
        few = microseconds(gate, COUNT // 10, lambda: ask(COUNT // 10))
        bytes_before, before = measure.settled_bytes(gate.pid), remembered()
        ask(NONCES)
        grown = (measure.settled_bytes(gate.pid) - bytes_before) / (remembered() - before)
        many = microseconds(gate, COUNT // 10, lambda: ask(COUNT // 10))
    table.add(
        Result(f"10 → {NONCES:,} remembered nonces", "load", many / few, cost=many, goal=GROWS),
        Result("memory, a nonce", "load", grown, "B", goal=40),
    )


def users(folder, table, state):
    """Few and many OAuth 1 tokens and their users in memory; many of them in huge pages, too."""
    with contextlib.ExitStack() as stack:

        def start(name, number, under=()):
            gate = stack.enter_context(servers.Sessiongate(folder / name, state, under=under, **LARGE))
            before = measure.settled_bytes(gate.pid)
            clients.load(gate.port, *PLAIN, "--users", number, "--warm", "--requests", 1000)
            return gate, (measure.settled_bytes(gate.pid) - before) / number

        few, _ = start("few", 1000)
        many, grown = start("many", USERS)
        huge, _ = start("huge", USERS, HUGE_PAGES)
        rounds = []
        for _ in range(measure.ROUNDS):
            base, *costs = (ask_users(*pair) for pair in ((few, 1000), (many, USERS), (huge, USERS)))
            rounds.append([(cost / base, cost) for cost in costs])
    title = f"1,000 → {USERS:,} remembered tokens and users"
    for name, pairs in zip((title, f"{title}, huge pages"), zip(*rounds, strict=True), strict=True):
        ratio, cost = map(statistics.median, zip(*pairs, strict=True))
        table.add(Result(name, "load", ratio, cost=cost, goal=GROWS))
    note = "OAuth 1: token, acceptance, user, its answer; and the nonce of its request"
    table.add(Result("memory, an OAuth 1 token with its user and answer", "load", grown, "B", goal=1240, note=note))


def ask_users(gate, number):
    """CPU time of a request of one of so many users; all must be known already."""
    kind = 'sessiongate_checks_total{outcome="authenticated",type="oauth1"'
    before, lookups = gate.count(kind), gate.count("sessiongate_lookups_total")
    cost = microseconds(gate, COUNT, lambda: clients.load(gate.port, *PLAIN, "--users", number, "--requests", COUNT))
    if gate.count(kind) - before != COUNT or gate.count("sessiongate_lookups_total") != lookups:
        raise clients.ClientError(f"{number} users were not all known")
    return cost


def bearers(folder, table, state):
    """Few and many OAuth 2 tokens and their users in memory."""
    with contextlib.ExitStack() as stack:
        numbers = {"few-bearers": 1000, "many-bearers": SIGNED_TOKENS}
        gates = {name: stack.enter_context(servers.Sessiongate(folder / name, state, **LARGE)) for name in numbers}
        rounds = []
        for _ in range(measure.ROUNDS):
            few, many = (ask_bearers(gates[name], number) for name, number in numbers.items())
            rounds.append((many / few, many))
    ratio, cost = map(statistics.median, zip(*rounds, strict=True))
    table.add(Result(f"1,000 → {SIGNED_TOKENS:,} remembered OAuth 2 tokens", "load", ratio, cost=cost, goal=GROWS))


def ask_bearers(gate, number):
    """CPU time of a request with one of so many tokens, each of which was seen once; no cookie in hand."""
    options = ("--mix", "owner=1", "--users", number, "--consumers", SIGNED_TOKENS, "--warm", "--requests", 2 * COUNT)
    run = clients.start_load(gate.port, *options)
    clients.wait_until_warm(run)
    return microseconds(gate, 2 * COUNT, lambda: clients.finish(run))


def tokens(folder, table, state):
    """Memory for access tokens that were verified once."""
    with servers.Sessiongate(folder, state) as gate:
        options = ("--mix", "new-token=1", "--users", 10)
        # More than there are streams: buffers are not tokens.
        clients.load(gate.port, *options, "--tokens", 1000, "--requests", 1000, "--seed", 1)
        before = measure.settled_bytes(gate.pid)
        said = clients.load(gate.port, *options, "--tokens", TOKENS, "--requests", TOKENS, "--seed", 2)
        grown = (measure.settled_bytes(gate.pid) - before) / TOKENS
    own = said["token_bytes"]
    name = "memory, a remembered access token beyond its own bytes"
    table.add(Result(name, "load", grown - own, "B", goal=450, note=f"{own} bytes of its own"))


def idle(folder, table):
    """Memory of a server that has nothing to do."""
    with servers.Sessiongate(folder, servers.demo_state(folder / "idle")) as gate:
        megabytes = measure.settled_bytes(gate.pid) / 1e6
    table.add(Result("memory, idle", "", megabytes, "MB", goal=40))
