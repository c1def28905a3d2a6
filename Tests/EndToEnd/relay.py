"""A Unix socket before a MariaDB server, that sees what is sent to it: each command costs its client one round trip."""

import contextlib
import socket
import threading

# What the connection that watches a server asks once a second.
WATCH = {b"\x03SELECT 1", b"\x03SHOW ALL SLAVES STATUS"}


class Relay:
    """Passes everything on, in its `with` block; stands for its `server` where a socket is asked for."""

    def __init__(self, server, socket_path):
        self.server = server
        self.socket = socket_path
        self.commands = []
        self.gate = threading.Event()
        self.gate.set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(socket_path))
        self.listener.listen()

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.gate.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.server.socket))
                threading.Thread(target=self.ask, args=(client, server), daemon=True).start()
                threading.Thread(target=answer, args=(server, client), daemon=True).start()

    def ask(self, client, server):
        """Passes on what the client sends, packet by packet; commands wait for the gate."""
        with contextlib.suppress(OSError), client.makefile("rb") as stream:
            # Three bytes of length, and the packet's number: 0 in a command, more in the login.
            while header := stream.read(4):
                body = stream.read(int.from_bytes(header[:3], "little"))
                if header[3] == 0 and body not in WATCH:
                    self.commands.append(body[1:].decode(errors="replace"))
                    self.gate.wait()
                server.sendall(header + body)
        close(server)

    def hold(self):
        """Lets no command through until `release`."""
        self.gate.clear()

    def release(self):
        """Lets what has come meanwhile through, and what comes."""
        self.gate.set()


def answer(server, client):
    """Passes on what the server answers."""
    with contextlib.suppress(OSError):
        while data := server.recv(1 << 16):
            client.sendall(data)
    close(client)


def close(connection):
    """Ends both directions: the thread that reads from it ends too."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
