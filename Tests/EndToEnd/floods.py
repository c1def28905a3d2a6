"""Floods through Envoy, and honest clients beside them."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import stack
from cookies import make_cookie

FAST = """
daemon off;
pid nginx.pid;
error_log stderr crit;
worker_processes 1;
worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    keepalive_requests 10000000;
    client_max_body_size 0;
    server {
        listen 127.0.0.1:PORT backlog=4096;
        location / { return 200 "ok"; }
        # What is passed on is read first, as a wiki reads its forms.
        location /w/ {
            client_body_buffer_size 16m;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_pass http://127.0.0.1:PORT/;
        }
    }
}
"""


def fast_wiki(folder):
    """A kind of wiki for Edge.upstream that does nothing, and so is never what a client waits for."""

    class FastWiki:
        def __init__(self, port, _user_names):
            (folder / "wiki").mkdir()
            config = folder / "wiki" / "nginx.conf"
            config.write_text(FAST.replace("PORT", str(port)))
            command = ["/usr/sbin/nginx", "-p", config.parent, "-c", config]
            self.program = stack.start_proxy("the wiki", command, port, folder / "wiki.log")

        def shutdown(self):
            self.program.stop()

        def server_close(self):
            """It went with the program."""

    return FastWiki


class Honest:
    """Honest clients of an edge at `port`, started at once; `report()` waits for their end.

    `more(number)` makes the requests of one more kind, `name`.
    """

    def __init__(self, edge, port, rate, seconds, name=None, more=None):
        count = int(rate * seconds)
        heads = {
            "anonymous": [head("/wiki/Page")],
            "oauth1": [signed(edge, number) for number in range(count)],
            "owner-only": [head("/w/api.php?action=query", f"Authorization: {authorization(edge)}")],
            "cookie": [head("/w/api.php?action=query", f"Cookie: sessionJwt={make_cookie(edge, 2)}")],
        }
        if more:
            heads[name] = [more(number) for number in range(count)]
        file = edge.folder / "honest.json"
        file.write_text(json.dumps({"port": port, "rate": rate, "seconds": seconds, "heads": heads}))
        command = [sys.executable, Path(__file__).parent / "honest.py", file]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def report(self):
        """The figures by kind."""
        output, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return json.loads(output)


def head(target, *lines):
    """A request without a body."""
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: wiki.demo.test", *lines, "", ""])


def signed(edge, number):
    """A request like no other, signed."""
    target = f"/w/api.php?action=query&number={number}"
    header = edge.signed(url=f"http://wiki.demo.test{target}").headers["Authorization"]
    return head(target, f"Authorization: {header.decode()}")


def signed_form(edge, number, length):
    """A form of this length, like no other, signed by another client than those of `signed` and of `hostile_form`."""
    client = edge.oauth1("oauth1_owner_only")
    data = {"action": "edit", "number": str(number), "text": "x" * length}
    request = edge.signed("POST", "http://wiki.demo.test/w/api.php", auth=client, data=data)
    return posted(request.headers["Authorization"].decode(), request.body)


def hostile_form(edge, body):
    """A form with a known consumer and token, and with a signature that is none."""
    keys = edge.demo["oauth1"]
    parameters = {
        "oauth_consumer_key": keys["consumer_key"],
        "oauth_token": keys["token"],
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": int(time.time()),
        "oauth_nonce": uuid.uuid4().hex,
        "oauth_signature": "x",
    }
    return posted("OAuth " + ", ".join(f'{name}="{value}"' for name, value in parameters.items()), body)


def posted(authorization, form):
    """A request with this form."""
    lines = ["POST /w/api.php HTTP/1.1", "Host: wiki.demo.test", f"Authorization: {authorization}"]
    lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}", "", ""]
    return "\r\n".join(lines) + (form if isinstance(form, str) else form.decode())


def send(port, request, patience=30):
    """The status of the answer to this request; empty when there is none, since not all of it was read."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        connection.sendall(request)
        return connection.recv(65536)[9:12].decode()
    return ""


def authorization(edge):
    """A token that gets a cookie."""
    return edge.bearer("oauth2_owner_only")["authorization"]


@contextlib.contextmanager
def repeated(action, every=0.0, times=1):
    """Runs `action()` again and again, so often, in as many threads, until the block ends; yields what it returned."""
    results, end = [], threading.Event()

    def loop():
        due = time.monotonic()
        while not end.is_set():
            results.append(action())
            due = max(due + every, time.monotonic())
            end.wait(due - time.monotonic())

    threads = [threading.Thread(target=loop) for _ in range(times)]
    for thread in threads:
        thread.start()
    try:
        yield results
    finally:
        end.set()
        for thread in threads:
            thread.join()


def many_gets(port, connections, streams):
    """As many plain GETs at once, by HTTP/2; h2load's summary of statuses."""
    url = f"http://127.0.0.1:{port}/wiki/Page"
    command = ["h2load", "-n", connections * streams, "-c", connections, "-m", streams, url]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)
    return next(line for line in done.stdout.splitlines() if line.startswith("status codes"))


def unfinished_form(port, length):
    """A connection with a form that says that it is signed, of which the last byte is missing."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    lines = ["POST /w/api.php HTTP/1.1", "Host: wiki.demo.test", "Authorization: OAuth x", f"Content-Length: {length}"]
    lines += ["Content-Type: application/x-www-form-urlencoded", "", ""]
    with contextlib.suppress(OSError):
        connection.sendall("\r\n".join(lines).encode() + b"x" * (length - 1))
    return connection


def frame(kind, flags, stream, payload=b""):
    """An HTTP/2 frame (RFC 9113 section 4.1)."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def field(name, value):
    """A header field, literal and not indexed (RFC 7541 section 6.2.2)."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def aborts(port, rate, streams=400):
    """Requests that are given up as soon as they are sent, at this rate, on one connection.

    Fewer than Envoy's own limit: it ends a connection with more than 500 requests of which most were given up.
    """
    block = field(b":method", b"GET") + field(b":scheme", b"http") + field(b":path", b"/w/api.php?action=query")
    block += field(b":authority", b"wiki.demo.test")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(4, 1, 0))
        start = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for number in range(streams):
                stream = 2 * number + 1
                # In the time between, Envoy asks Sessiongate.
                connection.sendall(frame(1, 5, stream, block))
                time.sleep(max(0, start + number / rate - time.monotonic()))
                connection.sendall(frame(3, 0, stream, (8).to_bytes(4, "big")))
    return streams
