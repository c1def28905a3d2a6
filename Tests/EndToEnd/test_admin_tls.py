"""The commands ask an admin listener that speaks TLS: by the configuration, or by its address and a CA."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
import stack
from certificates import Authority

NAME = "sessiongate.test"
TOKEN = "a-token-of-the-tests-0123456789"


class Gate:
    """Sessiongate alone, whose admin listener speaks TLS, and the commands about it."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.config = folder / "state/sessiongate.yaml"
        if not self.config.exists():
            subprocess.run([stack.SESSIONGATE, "init", folder / "state"], check=True, capture_output=True)
        self.ports = stack.free_ports(["data", "admin"])
        self.url = f"https://localhost:{self.ports['admin']}"
        settings = {
            "SERVER_LISTEN": f"127.0.0.1:{self.ports['data']}",
            "SERVER_ADMIN": f"127.0.0.1:{self.ports['admin']}",
            "SERVER_ADMIN_TLS": "true",
            "TLS_CERTIFICATE": folder / "server.pem",
            "TLS_KEY": folder / "server.key",
            "FORECAST_POLICIES": json.dumps({"tried": {"limits": {"*": {"MINUTE": 100}}}}),
            **settings,
        }
        self.environment = {f"SESSIONGATE_{name}": str(value) for name, value in settings.items()}
        self.program = stack.Program(
            "Sessiongate", [stack.SESSIONGATE, "serve", "--config", self.config], folder / "log", self.environment
        )

    def __enter__(self):
        self.program.wait_for(lambda: " ready " in (self.folder / "log").read_text())
        return self

    def __exit__(self, *_):
        assert self.program.stop() == 0

    def run(self, *arguments, **environment):
        command = [stack.SESSIONGATE, *map(str, arguments)]
        environment = os.environ | self.environment | environment
        return subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)

    def configured(self, command, *arguments, **environment):
        return self.run(command, "--config", self.config, *arguments, **environment)


def failed(done, status=1):
    """The one line that says why."""
    assert done.returncode == status and done.stdout == "", (done.stdout, done.stderr)
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The folder of a CA, with the certificates of the server and of clients."""
    folder = tmp_path_factory.mktemp("admin-tls")
    authority = Authority(folder)
    authority.issue("server", dns=[NAME, "localhost"])
    authority.issue("operator", dns=["operator.test"])
    other = folder / "other"
    other.mkdir()
    Authority(other).issue("operator", dns=["operator.test"])
    return folder


@pytest.fixture(scope="module")
def gate(files):
    """Callers need no certificate, but the token."""
    token = files / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    with Gate(files, SERVER_ADMIN_TOKEN_FILE=token) as running:
        yield running


@pytest.fixture(scope="module")
def mutual(files):
    """Callers need a certificate."""
    with Gate(files, TLS_CLIENT_CERTIFICATES="required", TLS_CLIENT_CA=files / "ca.pem") as running:
        yield running


def operator(folder):
    return "--certificate", folder / "operator.pem", "--key", folder / "operator.key"


def asked(gate, how, *options):
    """Every command that asks the listener has its answer."""
    assert gate.run("health", *how, *options).stdout == "ok\n"
    done = gate.run("top", *how, "--once", "--interval", "0.1", *options)
    assert done.returncode == 0 and "ready, mode enforce" in done.stdout, done.stderr
    assert gate.run("invalidate", *how, "--user", "1", *options).returncode == 0
    assert gate.run("forecast", *how, "--json", *options).returncode == 0


def test_the_configured_certificate_is_known_by_its_file(gate):
    """The address is none of its names, and no CA is named."""
    asked(gate, ("--config", gate.config))
    done = gate.configured("explain", "--request-id", "no-such-id")
    assert done.returncode == 2 and "decisions.keep_refused" in done.stderr


def test_by_address_and_authority(gate, files):
    options = ("--ca", files / "ca.pem", "--token-file", files / "token")
    asked(gate, ("--admin", gate.url), *options)
    address = f"https://127.0.0.1:{gate.ports['admin']}/"
    assert gate.run("health", "--admin", address, *options, "--server-name", NAME).stdout == "ok\n"
    done = gate.run("forecast", "--instances", gate.url + "/", "--json", *options)
    assert done.returncode == 0, done.stderr
    assert "a bearer token is needed" in failed(gate.run("forecast", "--instances", gate.url, *options[:2]))


def test_who_is_not_believed(gate, files):
    other = ("--ca", files / "other/ca.pem")
    assert f"not of a CA in {files}/other/ca.pem" in failed(gate.run("health", "--admin", gate.url, *other))
    assert "not of a CA in the system's list; name its CA with --ca" in failed(gate.run("health", "--admin", gate.url))
    own = ("--ca", files / "ca.pem")
    address = f"https://127.0.0.1:{gate.ports['admin']}"
    assert "does not have the name 127.0.0.1; name another with --server-name" in failed(
        gate.run("health", "--admin", address, *own)
    )
    assert "does not have the name x.test" in failed(
        gate.run("health", "--admin", gate.url, *own, "--server-name", "x.test")
    )
    # Options of TLS go before what the configuration says.
    assert "not of a CA in" in failed(gate.configured("health", *other, "--server-name", NAME))
    # Another server that has a good certificate of the same CA is not the configured one.
    line = failed(
        gate.configured(
            "health",
            SESSIONGATE_TLS_CERTIFICATE=str(files / "operator.pem"),
            SESSIONGATE_TLS_KEY=str(files / "operator.key"),
        )
    )
    assert f"it shows another certificate than {files}/operator.pem (tls.certificate)" in line


def test_tls_on_one_side_only(gate, files):
    admin = f"127.0.0.1:{gate.ports['admin']}"
    for address in (admin, f"http://{admin}"):
        line = failed(gate.run("health", "--admin", address))
        assert line.startswith(f"error: {admin}: ") and "if it speaks TLS, ask with https://" in line
    plain = f"https://127.0.0.1:{gate.ports['data']}"
    line = failed(gate.run("health", "--admin", plain, "--ca", files / "ca.pem"))
    assert line == f"error: {plain}: it does not speak TLS; ask with http://\n"
    line = failed(gate.configured("health", SESSIONGATE_SERVER_ADMIN_TLS="false"))
    assert "if it speaks TLS" in line
    done = gate.run("health", "--admin", admin, "--ca", files / "ca.pem")
    assert "options of TLS need an address that begins with https://" in failed(done, 2)
    done = gate.configured("health", "--ca", files / "ca.pem", SESSIONGATE_SERVER_ADMIN_TLS="false")
    assert "server.admin_tls is false" in failed(done, 2)


def test_files_that_can_not_be_used(gate, files):
    missing = files / "missing.pem"
    line = failed(gate.run("health", "--admin", gate.url, "--ca", missing))
    assert line.startswith(f"error: {missing}: there is no certificate in PEM form")
    mixed = ("--certificate", files / "operator.pem", "--key", files / "server.key")
    assert "are not a certificate and its key" in failed(gate.run("health", "--admin", gate.url, *mixed))
    done = gate.run("health", "--admin", gate.url, "--certificate", files / "operator.pem")
    assert done.returncode == 64 and "--certificate FILE and --key FILE belong together" in done.stderr
    assert gate.run("health", "--admin", "https://unix:/x").returncode == 64


def test_mutual_tls(mutual, files):
    asked(mutual, ("--config", mutual.config), *operator(files))
    asked(mutual, ("--admin", mutual.url), "--ca", files / "ca.pem", *operator(files))
    done = mutual.configured("explain", "--request-id", "no-such-id", *operator(files))
    assert done.returncode == 2 and "decisions.keep_refused" in done.stderr


def test_mutual_tls_without_a_good_certificate(mutual, files):
    for command in (("health",), ("top",), ("invalidate",), ("explain", "--request-id", "x")):
        line = failed(mutual.configured(*command), 2)
        assert "tls.client_certificates: required" in line and "--certificate and --key" in line
    line = failed(mutual.run("health", "--admin", mutual.url, "--ca", files / "ca.pem"))
    assert "demands a client certificate" in line and "--certificate and --key" in line
    line = failed(mutual.configured("health", *operator(files / "other")))
    assert f"it refuses the client certificate {files}/other/operator.pem" in line


def test_a_renewed_certificate_is_known_at_once(tmp_path):
    """One that has expired too: who has its file knows the server."""
    authority = Authority(tmp_path)
    authority.issue("server", dns=[NAME, "localhost"], days=-1)
    with Gate(tmp_path) as gate:
        assert gate.configured("health").stdout == "ok\n"
        line = failed(gate.run("health", "--admin", gate.url, "--ca", tmp_path / "ca.pem"))
        assert "its certificate has expired" in line
        authority.issue("server", dns=["other.test"])
        gate.program.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 15
        while (done := gate.configured("health")).returncode:
            assert "another certificate" in failed(done) and time.monotonic() < deadline
            time.sleep(0.1)


def test_tls_over_a_unix_socket(files, tmp_path):
    with Gate(files, SERVER_ADMIN=f"unix:{tmp_path}/admin.sock") as gate:
        assert gate.configured("health").stdout == "ok\n"
        assert "if it speaks TLS" in failed(gate.run("health", "--admin", f"unix:{tmp_path}/admin.sock"))


class Odd:
    """A listener that answers every connection with some bytes, then says nothing or hangs up."""

    def __init__(self, answer, *, hangs_up):
        self.answer, self.hangs_up = answer, hangs_up
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.held = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.recv(65536)
            connection.sendall(self.answer)
            if self.hangs_up:
                connection.close()
            else:
                self.held.append(connection)


PART = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"


def test_listeners_that_are_none():
    """What they answer, whether they hang up, and what is said of it with http:// and with https://."""
    cases = [
        (b"", False, "no answer within 5 s", "no answer within 5 s"),
        (PART, False, "no answer within 5 s", "does not speak TLS"),
        (PART, True, "is not one of HTTP", "does not speak TLS"),
        (b"220 mail.test ESMTP\r\n", True, "is not one of HTTP", "does not speak TLS"),
        (b"", True, "closed the connection without an answer", "closed the connection instead of speaking TLS"),
    ]
    asked = []
    for answer, hangs_up, *said in cases:
        odd = Odd(answer, hangs_up=hangs_up)
        for scheme, expected in zip(("http", "https"), said, strict=True):
            command = [stack.SESSIONGATE, "health", "--admin", f"{scheme}://{odd.address}"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            asked.append((process, odd, expected))
    for process, odd, expected in asked:
        output, error = process.communicate(timeout=20)
        assert (process.returncode, output, error.count("\n")) == (1, "", 1), error
        assert expected in error and re.match(rf"error: (https://)?{odd.address}: ", error), error
    for _, odd, _ in asked:
        odd.listener.close()


def test_hosts_that_are_none():
    def ask(address):
        command = [stack.SESSIONGATE, "health", "--admin", address]
        return subprocess.run(command, capture_output=True, text=True, timeout=30)

    assert "there is no host no-such-host.invalid" in failed(ask("no-such-host.invalid:1"))
    assert "Connection refused" in failed(ask(f"https://127.0.0.1:{stack.free_ports(['none'])['none']}"))
    assert "No such file or directory" in failed(ask("unix:/nonexistent/admin.sock"))
