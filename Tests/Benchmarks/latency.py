"""One request at a time: what a client waits for, and what it costs unbatched, as Envoy asks at low load."""

import contextlib
import statistics

import clients
import measure
import servers
from measure import Row
from results import Result
from stored import StoredRequests

COUNT = 10_000 if measure.QUICK else 20_000
ALONE = ("-c", "1", "-m", "1")
UNBATCHED = ("-c", "8", "-m", "1")


def ask(server, file, options):
    """Options of h2load for a stored request to this server."""
    return (server.url, *options, "-d", file, *(clients.GRPC if server.name == "sessiongate" else ()))


def all_rows(folder, table):
    """Median latency and CPU time without concurrency on a connection."""
    with contextlib.ExitStack() as stack:
        nghttpd = stack.enter_context(servers.Nghttpd(folder))
        demo = stack.enter_context(servers.Sessiongate(folder, servers.demo_state(folder / "latency")))
        requests = StoredRequests(folder, demo)
        waits(table, nghttpd, demo, requests)
        costs(table, nghttpd, demo, requests)


def waits(table, nghttpd, demo, requests):
    """`-c 1 -m 1`, p50."""
    pairs = []
    for _ in range(measure.ROUNDS + 1):
        file = requests.write("oauth1")
        pairs.append(
            tuple(
                clients.h2load_median(url, COUNT // 4, *options)
                for url, *options in (ask(nghttpd, file, ALONE), ask(demo, file, ALONE))
            )
        )
    # The first is for warming.
    ratio = statistics.median(ours / base for base, ours in pairs[1:])
    base, ours = (statistics.median(times) for times in zip(*pairs[1:], strict=True))
    note = f"{ours:.0f} µs; nghttpd {base:.0f} µs"
    table.add(Result("-c 1 -m 1, OAuth 1 warm, p50", "h2load", ratio, goal=1.3, note=note))


def costs(table, nghttpd, demo, requests):
    """`-c 8 -m 1`, CPU."""
    file = requests.write("oauth1")

    def drive(server):
        url, *options = ask(server, file, UNBATCHED)
        return lambda count: clients.h2load(url, count, *options)

    rows = [Row(it.name, "h2load", it.pid, drive(it), COUNT) for it in (nghttpd, demo)]
    measured = measure.interleave(rows, prepare=lambda: requests.write("oauth1"))
    row, base = measured["sessiongate"], measured["nghttpd"]
    note = f"nghttpd {base.microseconds:.2f} µs"
    name = "-c 8 -m 1, OAuth 1 warm"
    table.add(Result(name, "h2load", row.ratio(base), cost=row.microseconds, goal=1.6, note=note))
