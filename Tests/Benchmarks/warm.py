"""Everything warm, one stored request again and again: CPU time beside nghttpd and the others, by h2load."""

import contextlib
from functools import partial

import clients
import measure
import servers
from measure import Row
from results import Result
from stored import StoredRequests

COUNT = 25_000 if measure.QUICK else 50_000
BASE = "nghttpd, same POST, a file of 600 bytes"
# Name, kind of stored request, goal and reach as ratios to nghttpd.
STORED = [
    ("anonymous", "anonymous", 0.9, None),
    ("OAuth 1 HMAC-SHA1, verified each time, cookie in hand", "oauth1", 1.5, 1.0),
    ("OAuth 1 without a cookie: Set-Cookie", "oauth1-set-cookie", 1.6, 1.1),
    ("owner-only token seen before, cookie in hand", "owner", 1.2, 0.9),
    ("owner-only token seen before: Set-Cookie", "owner-set-cookie", 1.2, 0.9),
    ("regular OAuth 2 token seen before", "oauth2", 1.2, 0.9),
    ("session cookie alone, seen before", "cookie", 1.2, 0.9),
]


def stored_rows(folder, demo, nghttpd):
    """Rows that h2load drives: one request, again and again. Also what renews the stored requests."""
    requests = StoredRequests(folder, demo)
    files = {kind: requests.write(kind) for _, kind, _, _ in STORED}

    def drive(url, kind, options, count):
        clients.h2load(url, count, *clients.PARALLEL, "-d", files[kind], *options)

    rows = [Row(BASE, "h2load", nghttpd.pid, partial(drive, nghttpd.url, "anonymous", ()), COUNT)]
    for name, kind, _, _ in STORED:
        rows.append(Row(name, "h2load", demo.pid, partial(drive, demo.url, kind, clients.GRPC), COUNT, BASE))
    return rows, lambda: [requests.write(kind) for _, kind, _, _ in STORED], requests


def other_rows(stack, folder, demo, requests):
    """The others that a user could pick, on cores of the same kind."""
    token = demo.demo["oauth2_owner_only"]["access_token"]
    bearer = ("-H", f"authorization: Bearer {token}")
    haproxy = stack.enter_context(servers.HAProxy(folder, demo.state / "keys" / "access-token.pub"))

    def verify(count):
        clients.h2load(haproxy.url, count, *clients.PARALLEL, *bearer)

    yield Row("HAProxy, jwt_verify RS256 (GET)", "h2load", haproxy.pid, verify, COUNT // 5)
    if not servers.GRPC_SERVER.exists():
        return
    message = (folder / "oauth1.request").read_bytes()[5:]
    answer = requests.answer(message).SerializeToString()
    server = stack.enter_context(servers.GRPCServer(folder, answer))

    def ask(count):
        clients.h2load(server.url, count, *clients.PARALLEL, *clients.GRPC, "-d", folder / "oauth1.request")

    yield Row("C++ gRPC, always the same answer", "h2load", server.pid, ask, COUNT // 5)


def stored(folder, table):
    """The rows of one stored request."""
    with contextlib.ExitStack() as stack:
        nghttpd = stack.enter_context(servers.Nghttpd(folder))
        demo = stack.enter_context(servers.Sessiongate(folder, servers.demo_state(folder)))
        rows, renew, requests = stored_rows(folder, demo, nghttpd)
        rows += other_rows(stack, folder, demo, requests)
        measured = measure.interleave(rows, prepare=renew)
    base = measured[BASE]
    table.add(Result(BASE, "h2load", 1.0, cost=base.microseconds))
    goals = {name: (goal, reach) for name, _, goal, reach in STORED}
    for row in rows[1:]:
        goal, reach = goals.get(row.name, (None, None))
        table.add(Result(row.name, row.client, row.ratio(base), cost=row.microseconds, goal=goal, reach=reach))
    if not servers.GRPC_SERVER.exists():
        table.add(Result("C++ gRPC, always the same answer", "h2load", None, note="not installed: .ci/deps grpc"))
