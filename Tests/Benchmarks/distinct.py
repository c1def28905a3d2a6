"""Everything warm, no two requests the same: CPU time beside nghttpd, which gets the same bytes by the same client."""

import contextlib
import itertools
import re
import subprocess
from functools import partial

import clients
import measure
import servers
from measure import Row
from results import Result

COUNT = 25_000 if measure.QUICK else 50_000
UNSEEN_COUNT = 3_000 if measure.QUICK else 5_000
USERS = 100
# Name, kind of request of `workbench load`, goal and reach as ratios to nghttpd.
KINDS = [
    ("distinct: anonymous", "anonymous", 0.9, None),
    ("distinct: OAuth 1, cookie in hand", "oauth1-cookie", 1.5, 1.0),
    ("distinct: OAuth 1, Set-Cookie", "oauth1", 1.6, 1.1),
    ("distinct: owner-only token, cookie in hand", "owner-cookie", 1.2, 0.9),
    ("distinct: owner-only token, Set-Cookie", "owner", 1.2, 0.9),
    ("distinct: session cookie alone", "cookie", 1.2, 0.9),
]
WARM = "distinct: owner-only token, Set-Cookie"
UNSEEN = "OAuth 2 token never seen, RS256 verified"
seeds = itertools.count(1000)


def drive(port, kind, options, count):
    """`count` requests of one kind, of USERS users."""
    clients.load(port, "--mix", f"{kind}=1", "--users", USERS, "--requests", count, *options)


def unseen(port, count):
    """Requests with tokens that nobody has seen (another seed makes others), of few users, whose rows are read once."""
    options = ("--mix", "new-token=1", "--users", 10, "--tokens", count, "--seed", next(seeds))
    clients.load(port, *options, "--requests", count)


def base_name(kind):
    return f"nghttpd, same bytes as {kind}"


def rows(gate, nghttpd):
    """For each kind the cost at nghttpd, then ours."""
    for name, kind, _, _ in KINDS:
        plain = ("--path", nghttpd.path, "--plain")
        yield Row(base_name(kind), "load", nghttpd.pid, partial(drive, nghttpd.port, kind, plain), COUNT)
        yield Row(name, "load", gate.pid, partial(drive, gate.port, kind, ("--warm",)), COUNT, base_name(kind))
    yield Row(UNSEEN, "load", gate.pid, partial(unseen, gate.port), UNSEEN_COUNT)


def verify_microseconds():
    """libcrypto's own RS256 verification, on the server's core."""
    command = [*measure.ON_SERVER_CORE, "openssl", "speed", "-mr", "-seconds", "1", "rsa2048"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stderr
    count, seconds = re.search(r"^\+R2:(\d+):2048:([\d.]+)", said, re.MULTILINE).groups()
    return float(seconds) / int(count) * 1e6


def all_rows(folder, table):
    """The rows of distinct requests."""
    state = servers.large_state(folder, 1000)
    with contextlib.ExitStack() as stack:
        nghttpd = stack.enter_context(servers.Nghttpd(folder))
        gate = stack.enter_context(servers.Sessiongate(folder, state))
        verify = []
        measured = measure.interleave(list(rows(gate, nghttpd)), prepare=lambda: verify.append(verify_microseconds()))
    for name, kind, goal, reach in KINDS:
        row, base = measured[name], measured[base_name(kind)]
        note = f"nghttpd {base.microseconds:.2f} µs"
        table.add(Result(name, "load", row.ratio(base), cost=row.microseconds, goal=goal, reach=reach, note=note))
    own = sorted(verify)[len(verify) // 2]
    warm = measured[WARM].microseconds
    row = measured[UNSEEN]
    note = f"to libcrypto's own verify, {own:.1f} µs, + the warm cost, {warm:.1f} µs"
    ratio = row.microseconds / (own + warm)
    table.add(Result(UNSEEN, "load", ratio, cost=row.microseconds, goal=1.3, note=note))
