"""The same client asked about by gRPC and by the HTTP modes of other proxies: what each costs, beside each other.

The same headers in each: a regular OAuth 2 token, seen before. Over HTTP/1.1 a connection has one request at a time, as
proxies send them.
"""

import contextlib
from functools import partial

import clients
import measure
import servers
from measure import Row
from results import Result
from stored import HOST, PATH, StoredRequests, check_request

COUNT = 10_000 if measure.QUICK else 30_000
BASE = "gRPC, regular OAuth 2 token seen before"


def fields(requests, forwarded):
    """Options of h2load: the headers of the request that is asked about, without those that HTTP itself has."""
    headers = check_request(**requests.headers("oauth2"))["attributes"]["request"]["http"]["headers"]
    headers = {name: value for name, value in headers.items() if not name.startswith(":")}
    if forwarded:
        headers |= {"x-forwarded-uri": PATH, "x-forwarded-method": "GET", "x-forwarded-host": HOST}
    return [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]


def all_rows(folder, table):
    """`/authz` over both versions of HTTP, as Envoy's HTTP mode and as forward auth asks, with goals beside gRPC."""
    with contextlib.ExitStack() as stack:
        demo = stack.enter_context(servers.Sessiongate(folder, servers.demo_state(folder)))
        requests = StoredRequests(folder, demo)
        file = requests.write("oauth2")
        root = f"http://127.0.0.1:{demo.port}"

        def grpc(count):
            clients.h2load(demo.url, count, *clients.PARALLEL, *clients.GRPC, "-d", file)

        def http(path, options, count):
            clients.h2load(root + path, count, *options)

        rows = [Row(BASE, "h2load", demo.pid, grpc, COUNT)]
        goals = {}
        for asker, path, forwarded in [("Envoy's HTTP mode", f"/authz{PATH}", False), ("forward auth", "/authz", True)]:
            for version, options, goal in [("HTTP/2", clients.PARALLEL, 1.5), ("HTTP/1.1", ("--h1", "-c", "8"), 2.5)]:
                name = f"{asker}, {version}"
                goals[name] = goal
                drive = partial(http, path, [*options, *fields(requests, forwarded)])
                rows.append(Row(name, "h2load", demo.pid, drive, COUNT, BASE))
        measured = measure.interleave(rows)
    base = measured[BASE]
    table.add(Result(BASE, "h2load", 1.0, cost=base.microseconds))
    for row in rows[1:]:
        table.add(Result(row.name, row.client, row.ratio(base), cost=row.microseconds, goal=goals[row.name]))
