"""The demo's upstream: answers every request with what reached it, as JSON.

What a client sees here is what a wiki behind Envoy and Sessiongate would see: the identity headers that Sessiongate
set, and nothing that a client forged. The end-to-end tests build their small MediaWiki on the same class.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_BODY = 16 * 1024 * 1024


class Echo(BaseHTTPRequestHandler):
    """Echoes method, path, headers and body length of any request."""

    protocol_version = "HTTP/1.1"
    server_version = "demo-upstream"
    # Headers and body leave in one segment: no delayed acknowledgement slows keep-alive clients down.
    wbufsize = -1

    def answer(self, body):
        """The status, headers and JSON document for this request; for subclasses to replace."""
        return 200, {}, self.describe(body)

    def describe(self, body):
        """What reached the upstream."""
        return {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): ", ".join(self.headers.get_all(name)) for name in self.headers},
            "body_bytes": len(body),
        }

    def handle_one(self):
        status, headers, document = self.answer(self.read_body())
        payload = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("content-length", str(len(payload)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def read_body(self):
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return self.read_chunks()
        return self.rfile.read(min(int(self.headers.get("content-length") or 0), MAX_BODY))

    def read_chunks(self):
        body = b""
        while (size := int(self.rfile.readline().split(b";")[0], 16)) > 0 and len(body) < MAX_BODY:
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = handle_one

    def log_message(self, *_):
        """Envoy's access log says it all."""


class LoopbackServer(ThreadingHTTPServer):
    """A server for this machine only, which keeps up with many connections."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port, handler=Echo):
        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, request, client_address):
        """A proxy that hangs up is nothing to report."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    LoopbackServer(int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("UPSTREAM_PORT", "8080"))).serve_forever()
