"""`make bench-edge`: what a request through Envoy costs with each way to verify it: processor time of all processes.

Interleaved in one run, each with its own Envoy of one worker, the same listener and upstream: no check, ext_authz to
Sessiongate (gRPC over TCP and over a Unix socket, HTTP mode), ext_authz to a C++ gRPC server that always says yes
(where it could be built), Envoy's own jwt_authn with its cache and without, and the module. `workbench load` sends
distinct, validly signed requests on a schedule, so that the same runs give the latency. RATE=1000: requests a second.
"""

import contextlib
import json
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import asking
import chart
import clients
import grpc
import inside
import jwt
import measure
import results
import servers
import stack
import stored
import through_envoy
import yaml

RATE = int(os.environ.get("RATE", 1000))
ROUNDS = 3 if measure.QUICK else 9
SECONDS = 2 if measure.QUICK else 4
CORES = 10_000
# What is asked, by what the tables call it.
KINDS = {"oauth1-cookie": "OAuth 1, verified in full", "owner-cookie": "Bearer token", "cookie": "session cookie"}
NONE, MODULE, MODULE_TWO = "no check", "module", "module, two workers"
GRPC, UNIX, HTTP, ALWAYS_OK = (
    "ext_authz, gRPC",
    "ext_authz, Unix socket",
    "ext_authz, HTTP mode",
    "ext_authz to C++ yes",
)
JWT, JWT_CACHED = "jwt_authn", "jwt_authn, its cache"
JWT_TYPES = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3"


@dataclass
class Row:
    """One way and one kind of request, with a figure of each round: CPU µs a request, p50 and p99 in ms."""

    way: str
    kind: str
    port: int
    pids: list
    spent: list = field(default_factory=list)
    p50: list = field(default_factory=list)
    p99: list = field(default_factory=list)

    def measure(self):
        options = ["--protocol", "http", "--connections", 16, "--users", 200, "--mix", self.kind, "--warm", "--plain"]
        # As many as it can do: what a request costs when there are many, not what waking up for each of few costs.
        before = [measure.cpu_seconds(pid) for pid in self.pids]
        said = clients.load(self.port, *options, "--duration", SECONDS, prefix=())
        after = [measure.cpu_seconds(pid) for pid in self.pids]
        seconds = sum(max(now[0] - then[0], 0) for now, then in zip(after, before, strict=True))
        self.spent.append(seconds / said["requests"] * 1e6)
        for _ in range(3):
            said = clients.load(self.port, *options, "--rate", RATE, "--duration", SECONDS, prefix=())
            if said["rate"] >= RATE * 0.95:
                break
        else:
            raise clients.ClientError(f"{self.way}: {said['rate']:.0f} instead of {RATE} requests a second")
        self.p50.append(said["latency_us"]["p50"] / 1000)
        self.p99.append(said["latency_us"]["p99"] / 1000)

    @property
    def cost(self):
        return statistics.median(self.spent)


def sample(text, new):
    """The sample without rate limits and access log, which cost the same with all ways.

    `new` stands in place of ext_authz; None leaves that filter, and False takes it out.
    """
    document = yaml.safe_load(through_envoy.configured(text))
    [listener] = document["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    manager.pop("access_log", None)
    filters = [it for it in manager["http_filters"] if it["name"] != "envoy.filters.http.local_ratelimit"]
    if new is not None:
        filters = [it for it in filters if it["name"] != inside.EXT_AUTHZ]
        filters[:0] = [new] if new else []
        for route in manager["route_config"]["virtual_hosts"][0]["routes"]:
            route.pop("typed_per_filter_config", None)
    manager["http_filters"] = filters
    return document


def of_cluster(document, address):
    """The document with the cluster `sessiongate` at this address."""
    [cluster] = [it for it in document["static_resources"]["clusters"] if it["name"] == "sessiongate"]
    [endpoint] = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
    endpoint["endpoint"]["address"] = address
    return document


def jwt_filter(state, cache):
    """jwt_authn with the key of the access tokens."""
    key = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    public = key.prepare_key((state / "keys" / "access-token.pub").read_bytes())
    jwks = {"keys": [json.loads(key.to_jwk(public)) | {"use": "sig", "alg": "RS256"}]}
    provider = {"local_jwks": {"inline_string": json.dumps(jwks)}, "forward": True}
    if cache:
        provider["jwt_cache_config"] = {"jwt_cache_size": 1000}
    return {
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": f"{JWT_TYPES}.JwtAuthentication",
            "providers": {"tokens": provider},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "tokens"}}],
        },
    }


class Ways:
    """The programs of all ways; rows of what is asked of each."""

    def __init__(self, folder, context):
        self.folder, self.context = folder, context
        self.state = servers.large_state(folder, 1000)
        self.upstream = context.enter_context(through_envoy.Upstream(folder / "upstream"))
        self.socket = folder / "socket"
        self.gate = context.enter_context(Gate(folder, self.state, self.socket))
        self.rows = []

    def add(self, way, change, kinds, beside=(), source=stack.ENVOY_YAML, workers=1, environment=None, **ports):
        """Starts an Envoy for a way."""
        number = len({row.way for row in self.rows})
        names = {*stack.PORTS} - {"upstream", "sessiongate"}
        ports = stack.free_ports([*names, "sessiongate_admin"]) | {"upstream": self.upstream.port} | ports
        config = stack.write_envoy_config(
            self.folder / f"envoy{number}.yaml", ports, source=source, change=lambda text: yaml.safe_dump(change(text))
        )
        environment = (environment or (lambda _: {}))(ports)
        log = config.with_suffix(".log")
        envoy = stack.start_envoy(config, ports, log, environment=environment, workers=workers)
        self.context.callback(envoy.stop)
        pids = [envoy.process.pid, *(program.pid for program in beside)]
        self.rows += [Row(way, kind, ports["envoy"], pids) for kind in kinds]

    def add_all(self):
        port = {"sessiongate": self.gate.port}
        self.add(NONE, lambda text: sample(text, False), KINDS, **port)
        self.add(GRPC, lambda text: sample(text, None), KINDS, [self.gate], **port)
        pipe = {"pipe": {"path": str(self.socket)}}
        self.add(UNIX, lambda text: of_cluster(sample(text, None), pipe), KINDS, [self.gate], **port)
        source = stack.ROOT / "deploy" / "envoy-http.yaml"
        self.add(HTTP, lambda text: sample(text, None), KINDS, [self.gate], source=source, **port)
        if servers.GRPC_SERVER.exists():
            answer = self.gate.answer()
            yes = self.context.enter_context(servers.GRPCServer(self.folder, answer))
            self.add(ALWAYS_OK, lambda text: sample(text, None), ["oauth1-cookie"], [yes], sessiongate=yes.port)
        for way, cache in ((JWT, False), (JWT_CACHED, True)):
            new = jwt_filter(self.state, cache)
            self.add(way, lambda text, new=new: sample(text, new), ["owner-cookie"], **port)
        module = inside.module_filter(config=str(self.state / "sessiongate.yaml"))
        for way, workers in ((MODULE, 1), (MODULE_TWO, 2)):
            self.add(
                way,
                lambda text: sample(text, module),
                KINDS if workers == 1 else ["oauth1-cookie"],
                workers=workers,
                environment=stack.module_environment,
                **port,
            )


class Gate(servers.Sessiongate):
    """Sessiongate on a TCP port and a Unix socket."""

    def __init__(self, folder, state, socket):
        super().__init__(folder, state, pinned=False)
        self.socket = socket

    def __enter__(self):
        # start_sessiongate names the port; the socket is beside it.
        self.settings["SERVER_LISTEN"] = f"127.0.0.1:{self.port},unix:{self.socket}"
        return super().__enter__()

    def answer(self):
        """A usual answer, for a server that gives no other."""
        message = asking.to_message(stored.check_request()).SerializeToString()
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            return asking.call(channel, message)


def judged(rows):
    """The figures with their goals."""
    by = {(row.way, row.kind): row for row in rows}

    def added(way, kind):
        row = by.get((way, kind))
        return row.cost - by[NONE, kind].cost if row else None

    def ratio(name, kind, base, goal, base_kind=None):
        ours, theirs = added(MODULE, kind), added(base, base_kind or kind)
        value = ours / theirs if theirs else None
        return results.Result(name, "load", value, cost=ours, goal=goal)

    yield ratio("module, OAuth 1: added CPU, of ext_authz by gRPC", "oauth1-cookie", GRPC, 0.2)
    yield ratio("module, OAuth 1: added CPU, of ext_authz to C++ yes", "oauth1-cookie", ALWAYS_OK, 0.2)
    yield ratio("module, OAuth 1: added CPU, of jwt_authn", "oauth1-cookie", JWT, 0.5, "owner-cookie")
    yield ratio("module, Bearer: added CPU, of ext_authz by gRPC", "owner-cookie", GRPC, 0.15)
    yield ratio("module, cookie: added CPU, of ext_authz by gRPC", "cookie", GRPC, 0.15)
    yield ratio("module, Bearer: added CPU, of jwt_authn with its cache", "owner-cookie", JWT_CACHED, 1)
    two, one = by[MODULE_TWO, "oauth1-cookie"], by[MODULE, "oauth1-cookie"]
    yield results.Result(
        "module, two workers: CPU, of one worker's", "load", two.cost / one.cost, cost=two.cost, goal=1.1
    )
    more = statistics.median(a - b for a, b in zip(one.p50, by[NONE, "oauth1-cookie"].p50, strict=True))
    yield results.Result(f"module, OAuth 1: added p50 at {RATE:,}/s", "load", more, unit="ms", goal=0.05)
    saved = (added(GRPC, "oauth1-cookie") - added(MODULE, "oauth1-cookie")) * CORES / 1e6
    yield results.Result(f"saved at {CORES:,} requests a second", "load", saved, unit="cores")


def table(rows):
    """What each row costs, as people read it."""
    base = {row.kind: row.cost for row in rows if row.way == NONE}
    print(f"\n{'way':<26}{'request':<28}{'CPU µs':>8}{'added':>8}{'p50 ms':>9}{'p99 ms':>9}")
    for row in rows:
        p50, p99 = statistics.median(row.p50), statistics.median(row.p99)
        added = row.cost - base[row.kind]
        print(f"{row.way:<26}{KINDS[row.kind]:<28}{row.cost:8.1f}{added:8.1f}{p50:9.3f}{p99:9.3f}", flush=True)
        yield {"way": row.way, "request": row.kind, "cpu_us": row.cost, "added_us": added, "p50_ms": p50, "p99_ms": p99}


def draw(figures, version):
    """Bars of what each way adds."""
    shown = [it for it in figures if it["way"] not in (NONE, MODULE_TWO)]
    bars = [
        (
            f"{it['way']}: {KINDS[it['request']]}",
            max(it["added_us"], 0.1),
            None,
            "ours" if it["way"] == MODULE else "other",
        )
        for it in shown
    ]
    where = results.machine()
    foot = f"{where['processor']}; Envoy {version}; {RATE:,} requests a second; Envoy and the service together"
    (results.FOLDER / "bench-edge.svg").write_text(
        chart.bars("CPU that a verified request adds in the edge", bars, foot)
    )


def main():
    version = through_envoy.envoy_version()
    print(f"Envoy {version}, {results.machine()}; {RATE:,} requests a second; {ROUNDS} rounds of {SECONDS} s")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as context:
        ways = Ways(Path(name), context)
        ways.add_all()
        for number in range(ROUNDS):
            for row in ways.rows:
                row.measure()
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr, flush=True)
        figures = list(table(ways.rows))
    judgements = results.Table()
    judgements.section("Goals")
    judgements.add(*judged(ways.rows))
    if not measure.QUICK:
        results.write("bench-edge", judgements.results, envoy=version, rate=RATE, rows=figures)
        draw(figures, version)
    return 1 if judgements.failed else 0


if __name__ == "__main__":
    sys.exit(main())
