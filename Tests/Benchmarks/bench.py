"""CPU time per check, one event loop: h2load asks over loopback, the kernel says what the server spent.

Beside it nghttpd (C, the same HTTP/2 library) serving a 600-byte file, so that numbers of different machines compare.
`REQUESTS=…` changes how many requests each row takes (100,000).
"""

import os
import re
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import asking
import grpc
import stack
from cookies import make_cookie
from edge import Edge
from envoy.service.auth.v3.external_auth_pb2 import CheckResponse
from oauthlib.oauth1 import Client

REQUESTS = int(os.environ.get("REQUESTS", "100000"))
ROUNDS = 3
URL = "http://wiki.example/w/api.php?action=query&meta=userinfo&format=json&formatversion=2"


def cpu_seconds(process):
    """User and system time that the process has spent."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check_request(**headers):
    """A CheckRequest of about 1.5 KB, as a browser's or bot's becomes."""
    names = {
        ":method": "GET",
        ":scheme": "http",
        ":authority": "wiki.example",
        ":path": URL.removeprefix("http://wiki.example"),
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "accept-encoding": "gzip, deflate, br, zstd",
        "accept-language": "en-GB,en;q=0.7,de;q=0.3",
        "x-forwarded-for": "203.0.113.5",
        "x-forwarded-proto": "http",
        "x-request-id": "b1946ac9-2492-4d23-84c6-235b45d2611e",
        "x-filler": "f" * 400,
    } | headers
    http = {"id": "4711", "method": "GET", "path": names[":path"], "host": "wiki.example", "scheme": "http"}
    source = {"address": {"socket_address": {"address": "203.0.113.5", "port_value": 40000}}}
    return {"attributes": {"source": source, "request": {"http": {**http, "headers": names, "protocol": "HTTP/2"}}}}


def oauth1_header(edge):
    keys = edge.demo["oauth1"]
    names = ("consumer_key", "consumer_secret", "token", "token_secret")
    client = Client(*(keys[name] for name in names[:2]), *(keys[name] for name in names[2:]))
    return client.sign(URL)[1]["Authorization"]


def h2load(*arguments):
    """Runs h2load; all its requests must have been answered with 200."""
    options = ["-n", str(REQUESTS), "-c", "8", "-m", "32", "-t", "1"]
    done = subprocess.run(["h2load", *options, *arguments], capture_output=True, text=True, timeout=300, check=True)
    answered = int(re.search(r"status codes: (\d+) 2xx", done.stdout)[1])
    assert answered == REQUESTS, done.stdout


def microseconds(process, *arguments):
    """CPU microseconds per request, the median of some rounds."""

    def one_round():
        before = cpu_seconds(process)
        h2load(*arguments)
        return (cpu_seconds(process) - before) / REQUESTS * 1e6

    return statistics.median(one_round() for _ in range(ROUNDS))


def measure_check(edge, folder, name, document, outcome):
    message = asking.to_message(document).SerializeToString()
    with grpc.insecure_channel(f"127.0.0.1:{edge.ports['sessiongate']}") as channel:
        answer = CheckResponse.FromString(asking.call(channel, message))
    assert answer.dynamic_metadata["session"]["outcome"] == outcome, answer
    body = folder / "body"
    body.write_bytes(struct.pack(">BI", 0, len(message)) + message)
    grpc_headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
    spent = microseconds(edge.sessiongate.process, "-d", str(body), *grpc_headers, edge.sessiongate_url + asking.METHOD)
    print(f"{name:<44}{spent:6.1f} µs  ({len(message)} bytes asked)", flush=True)


def measure_nghttpd(folder):
    (folder / "file").write_bytes(b"x" * 600)
    port = stack.free_ports(["nghttpd"])["nghttpd"]
    program = stack.Program("nghttpd", ["nghttpd", "--no-tls", "-n", "1", "-d", folder, port], folder / "nghttpd.log")
    try:
        program.wait_for(lambda: stack.is_taken(port))
        spent = microseconds(program.process, f"http://127.0.0.1:{port}/file")
    finally:
        program.stop()
    print(f"{'nghttpd, a file of 600 bytes':<44}{spent:6.1f} µs", flush=True)


def main():
    print(f"CPU time per request; h2load -c 8 -m 32, {REQUESTS} requests, median of {ROUNDS} rounds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure_nghttpd(folder)
        with Edge(folder, environment={"SESSIONGATE_SERVER_EVENT_LOOPS": "1"}) as edge:
            bearer = edge.bearer("oauth2_owner_only")
            cookie = make_cookie(edge, edge.demo["oauth1"]["user_id"], iss=edge.demo["issuer"])
            rows = [
                ("anonymous", {}, "anonymous"),
                ("OAuth 1, HMAC-SHA1, verified each time", {"authorization": oauth1_header(edge)}, "authenticated"),
                ("owner-only access token, known", bearer, "authenticated"),
                ("session cookie, known", {"cookie": f"sessionJwt={cookie}"}, "authenticated"),
            ]
            for title, headers, outcome in rows:
                measure_check(edge, folder, title, check_request(**headers), outcome)
                time.sleep(0.2)


if __name__ == "__main__":
    main()
