"""`make bench-envoy`: latency through Envoy at fixed rates, with Sessiongate and without.

`workbench load` sends distinct signed HTTP requests on a schedule, and measures each from the moment it was due. Envoy
has deploy/envoy.yaml with buckets that never empty; without: the same less the ext_authz filter. The upstream is
nghttpd with a file of 600 bytes. RATES="500 1000": other rates; one that the machine can't do ends the run.
"""

import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import chart
import clients
import edge
import measure
import results
import servers
import stack

RATES = [int(rate) for rate in os.environ.get("RATES", "500 1000 2000 4000 8000").split()]
ROUNDS = 1 if measure.QUICK else 3
SECONDS = 4 if measure.QUICK else 8
CONNECTIONS = 32
QUANTILES = ("p50", "p99", "p99.9")
MIX = "anonymous=6,oauth1-cookie=5,cookie=5,owner-cookie=3,oauth1=1"
WITH, WITHOUT = "with Sessiongate", "Envoy without ext_authz"
UPSTREAM_PROTOCOL = """    - name: wiki
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
"""


def configured(text):
    """The sample with full buckets, for an upstream that speaks HTTP/2."""
    text = re.sub(r"token_bucket: \{.*\}", f"token_bucket: {edge.PLENTY}", text)
    changed = text.replace("    - name: wiki\n      type", UPSTREAM_PROTOCOL + "      type")
    assert changed != text
    return changed


def without_filter(text):
    """The same less ext_authz."""
    return edge.without_filter(configured(text))


class Upstream(servers.Nghttpd):
    """The wiki: every request of `workbench load` is for its API."""

    def command(self):
        (self.folder / "w").mkdir(parents=True)
        (self.folder / "w" / "api.php").write_bytes(b"x" * 600)
        return ["nghttpd", "--no-tls", "-n", "1", "-d", self.folder, self.port]


def start_envoys(folder, context):
    """The port of each Envoy, by name."""
    upstream = context.enter_context(Upstream(folder / "upstream"))
    gate = context.enter_context(
        servers.Sessiongate(folder, servers.large_state(folder, 1000), pinned=False, SERVER_EVENT_LOOPS="auto")
    )
    listening = {}
    for name, change in ((WITH, configured), (WITHOUT, without_filter)):
        ports = stack.free_ports(stack.PORTS) | {"sessiongate": gate.port, "upstream": upstream.port}
        config = stack.write_envoy_config(folder / f"envoy{len(listening)}.yaml", ports, change=change)
        program = stack.start_envoy(config, ports, config.with_suffix(".log"))
        context.callback(program.stop)
        listening[name] = ports["envoy"]
    return listening


def ask(port, name, rate, seconds):
    """One run at a fixed rate."""
    options = ["--protocol", "http", "--connections", CONNECTIONS, "--users", 200, "--mix", MIX, "--warm"]
    # Without the filter there is no cookie to look for in the answers.
    options += ["--plain"] if name == WITHOUT else []
    return clients.load(port, *options, "--rate", rate, "--duration", seconds, prefix=())


def measure_rate(listening, rate):
    """Milliseconds by name and quantile, medians of rounds; None when the machine can't do this rate."""
    runs = {name: [] for name in listening}
    for _ in range(ROUNDS):
        for name, port in listening.items():
            said = ask(port, name, rate, SECONDS)
            # The schedule is kept by waiting in line; a line that only grows is not a latency.
            if said["rate"] < rate * 0.97 or said["latency_us"]["p50"] > 50_000:
                return None
            runs[name].append(said["latency_us"])
    return {
        name: {quantile: statistics.median(run[quantile] for run in them) / 1000 for quantile in QUANTILES}
        for name, them in runs.items()
    }


def measure_all(listening):
    """Rows of rate, name and quantiles, printed as they come."""
    print(f"\n{'requests/s':>10}  {'':<26}" + "".join(f"{quantile + ' ms':>10}" for quantile in QUANTILES), flush=True)
    rows = []
    for rate in RATES:
        measured = measure_rate(listening, rate)
        if not measured:
            print(f"{rate:>10,}  more than this machine can do")
            break
        for name, values in measured.items():
            rows.append({"rate": rate, "edge": name, **values})
            print(f"{rate:>10,}  {name:<26}" + "".join(f"{values[it]:>10.2f}" for it in QUANTILES), flush=True)
    return rows


def draw(rows, version):
    """Three panels, one for each quantile."""
    kinds = {WITHOUT: "other dashed", WITH: "ours"}
    groups = [
        (
            quantile,
            [
                (name, kind, [(row["rate"], row[quantile]) for row in rows if row["edge"] == name])
                for name, kind in kinds.items()
            ],
        )
        for quantile in QUANTILES
    ]
    where = results.machine()
    foot = f"{where['processors']} cores of {where['processor']} for client, Envoy {version}, Sessiongate and upstream"
    text = chart.lines("Latency through Envoy at fixed rates", groups, foot)
    (results.FOLDER / "bench-envoy.svg").write_text(text)


def envoy_version():
    said = subprocess.run([stack.ENVOY, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"/(\d+\.\d+\.\d+)/", said)[1]


def main():
    version = envoy_version()
    print(f"Envoy {version}, {results.machine()}; {MIX}; median of {ROUNDS} runs of {SECONDS} s")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as context:
        rows = measure_all(start_envoys(Path(name), context))
    if not rows:
        print("error: nothing was measured")
        return 1
    if not measure.QUICK:
        results.write("bench-envoy", [], envoy=version, mix=MIX, latency_ms=rows)
        draw(rows, version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
