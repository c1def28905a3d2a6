"""TLS, client certificates and Unix sockets: with Envoy's own transport socket, and with Python's ssl."""

import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import time
from pathlib import Path

import pytest
import stack
from certificates import Authority
from edge import Edge, plenty

SPIFFE = "spiffe://wiki.example/envoy"


@pytest.fixture
def authority(tmp_path):
    authority = Authority(tmp_path)
    authority.issue("server", dns=["sessiongate.test"])
    authority.issue("envoy", uris=[SPIFFE])
    authority.issue("stranger", uris=["spiffe://wiki.example/stranger"], dns=["envoy.wiki.example.evil"])
    authority.issue("expired", uris=[SPIFFE], days=-1)
    return authority


def listening(folder, client_certificates="required", names=f"[{SPIFFE}, envoy.wiki.example]"):
    """Edits the configuration: TLS beside the plain listener, and a Unix socket."""

    def configure(text):
        tls = f"""
tls:
  certificate: {folder}/server.pem
  key: {folder}/server.key
  client_certificates: {client_certificates}
  client_ca: {folder}/ca.pem
  client_names: {names}
"""
        listen = f"""
  listen:
    - 127.0.0.1:0
    - {{address: "127.0.0.1:TLSPORT", tls: true}}
    - {{address: "unix:{folder}/gate.sock", mode: "0600"}}
"""
        lines = [line for line in text.splitlines() if not line.startswith("tls:")]
        text = "\n".join(lines).replace("\nserver:\n", "\nserver:" + listen)
        port = stack.free_ports(["tls"])["tls"]
        (folder / "tls.port").write_text(str(port))
        return text.replace("TLSPORT", str(port)) + tls

    return configure


class Listening(Edge):
    """An edge whose Sessiongate listens as its own configuration says, not as the environment does."""

    def start_sessiongate(self):
        program = stack.Program(
            "Sessiongate",
            [stack.SESSIONGATE, "serve", "--config", self.state / "sessiongate.yaml"],
            self.folder / "sessiongate.log",
            {"SESSIONGATE_SERVER_ADMIN": f"127.0.0.1:{self.ports['sessiongate_admin']}"},
        )
        self.sessiongate = program.wait_for(lambda: stack.http_status(f"{self.admin_url}/readyz") == 200)
        self.programs.append(self.sessiongate)


def tls_port(folder):
    return int((folder / "tls.port").read_text())


def through_tls(folder, certificate):
    """Edits Envoy's configuration: Sessiongate over TLS, with this certificate."""

    def change(text):
        text = plenty(text)
        start = text.index("    - name: sessiongate\n")
        end = text.index("    - name: wiki\n", start)
        cluster = text[start:end]
        port = cluster.split("port_value: ")[1].split(" ")[0]
        socket_config = f"""      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          sni: sessiongate.test
          common_tls_context:
            alpn_protocols: [h2]
            tls_certificates:
              - certificate_chain: {{ filename: {folder}/{certificate}.pem }}
                private_key: {{ filename: {folder}/{certificate}.key }}
            validation_context:
              trusted_ca: {{ filename: {folder}/ca.pem }}
              match_typed_subject_alt_names:
                - {{ san_type: DNS, matcher: {{ exact: sessiongate.test }} }}
"""
        changed = cluster.replace(f"port_value: {port}", f"port_value: {tls_port(folder)}")
        changed = changed.replace("      load_assignment:\n", socket_config + "      load_assignment:\n")
        return text[:start] + changed + text[end:]

    return change


def test_mutual_tls_with_envoy(tmp_path, authority):
    with Listening(tmp_path, change=through_tls(tmp_path, "envoy"), configure=listening(tmp_path)) as edge:
        assert edge.outcome(auth=edge.oauth1()) == 200
        assert edge.wiki.last["headers"]["x-session-type"] == "oauth1"
        assert edge.outcome() == 200


@pytest.mark.parametrize("certificate", ["stranger", "expired"])
def test_a_client_certificate_that_is_not_good(tmp_path, authority, certificate):
    """No decision is reached: Envoy's failure mode answers."""
    with Listening(tmp_path, change=through_tls(tmp_path, certificate), configure=listening(tmp_path)) as edge:
        assert edge.outcome(auth=edge.oauth1()) == 503
        assert edge.outcome() == 503
        assert "sessiongate_tls_handshakes_failed_total 0" not in edge.metrics()
        if certificate == "stranger":
            assert "client certificate refused" in edge.sessiongate.log.read_text()


def test_an_expired_certificate_is_renewed(tmp_path, authority):
    """No decision reaches Envoy until there is a good one; it is taken without a restart."""
    authority.issue("server", dns=["sessiongate.test"], days=-1)
    with Listening(tmp_path, change=through_tls(tmp_path, "envoy"), configure=listening(tmp_path)) as edge:
        assert edge.outcome(auth=edge.oauth1()) == 503
        authority.issue("server", dns=["sessiongate.test"])
        deadline = time.monotonic() + 20
        while edge.outcome(auth=edge.oauth1()) != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_pipe_with_envoy(tmp_path, authority):
    def change(text):
        head, cluster = plenty(text).split("    - name: sessiongate\n")
        address = r"address: \{ socket_address: \{[^}]*\} \}"
        pipe = f"address: {{ pipe: {{ path: {tmp_path}/gate.sock }} }}"
        return head + "    - name: sessiongate\n" + re.sub(address, pipe, cluster, count=1)

    with Listening(tmp_path, change=change, configure=listening(tmp_path)) as edge:
        assert edge.outcome(auth=edge.oauth1()) == 200
        assert edge.wiki.last["headers"]["x-session-type"] == "oauth1"
        info = os.stat(tmp_path / "gate.sock")
        assert stat.S_ISSOCK(info.st_mode) and stat.S_IMODE(info.st_mode) == 0o600
        edge.sessiongate.stop()
        assert not (tmp_path / "gate.sock").exists()


class Client:
    """A TLS connection with Python's own library."""

    def __init__(self, folder, certificate="envoy", alpn=("http/1.1",), version=None, trust="ca", suites=None):
        context = ssl.create_default_context(cafile=folder / f"{trust}.pem")
        if certificate:
            context.load_cert_chain(folder / f"{certificate}.pem", folder / f"{certificate}.key")
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if suites:
            context.set_ciphers(suites + ":@SECLEVEL=0")
        if version:
            context.minimum_version = context.maximum_version = version
        raw = socket.create_connection(("127.0.0.1", tls_port(folder)), timeout=5)
        self.socket = context.wrap_socket(raw, server_hostname="sessiongate.test")

    def get(self, path="/.well-known/jwks.json"):
        """The status line; empty when the server hangs up."""
        try:
            self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while part := self.socket.recv(65536):
                answer += part
            return answer.split(b"\r\n")[0].decode()
        except OSError:
            return ""


@pytest.fixture
def gate(tmp_path, authority):
    """Sessiongate alone, on TLS."""
    with Serving(tmp_path, listening(tmp_path)) as running:
        yield running


class Serving:
    """Sessiongate without an edge."""

    def __init__(self, folder, configure, prefix=()):
        self.folder, self.configure, self.prefix = folder, configure, prefix

    def __enter__(self):
        state = self.folder / "state"
        subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True)
        file = state / "sessiongate.yaml"
        file.write_text(self.configure(file.read_text()))
        admin = stack.free_ports(["admin"])["admin"]
        self.log = self.folder / "gate.log"
        environment = {"SESSIONGATE_SERVER_ADMIN": f"127.0.0.1:{admin}"}
        self.program = stack.Program(
            "Sessiongate", [*self.prefix, stack.SESSIONGATE, "serve", "--config", file], self.log, environment
        )
        self.admin_url = f"http://127.0.0.1:{admin}"
        self.program.wait_for(lambda: stack.http_status(f"{self.admin_url}/readyz") == 200)
        return self

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.program.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __exit__(self, *_):
        assert self.program.stop() == 0


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("alpn", [["http/1.1"], ["h2", "http/1.1"], []])
def test_versions_and_protocols(tmp_path, gate, version, alpn):
    client = Client(tmp_path, alpn=alpn, version=version)
    assert client.socket.selected_alpn_protocol() == (alpn[0] if alpn else None)
    # What is spoken is told by the first bytes, whatever was agreed on.
    assert client.get() == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("alpn", [["spdy/3"], ["h3", "http/1.0"]])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_other_protocols_are_refused(tmp_path, gate, version, alpn):
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        Client(tmp_path, alpn=alpn, version=version)


@pytest.mark.parametrize(
    "suite, good",
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", True),
        ("ECDHE-ECDSA-AES128-SHA", False),
        ("ECDHE-ECDSA-AES256-SHA", False),
    ],
)
def test_suites_of_tls_1_2(tmp_path, gate, suite, good):
    """RFC 9113 section 9.2.2: AEAD only."""
    try:
        status = Client(tmp_path, version=ssl.TLSVersion.TLSv1_2, suites=suite).get()
    except (ssl.SSLError, OSError):
        status = ""
    assert status == ("HTTP/1.1 200 OK" if good else "")


def test_few_descriptors(tmp_path, authority):
    """More clients than descriptors: the operator is answered, no processor is busy with accepting, and it passes."""
    with Serving(tmp_path, listening(tmp_path), prefix=["prlimit", "--nofile=220:220"]) as running:
        address = ("127.0.0.1", tls_port(tmp_path))
        clients = [socket.create_connection(address, timeout=5) for _ in range(600)]
        assert stack.http_status(f"{running.admin_url}/readyz") == 200
        before, start = running.cpu_seconds(), time.monotonic()
        time.sleep(2)
        assert running.cpu_seconds() - before < 0.3 * (time.monotonic() - start)
        assert stack.http_status(f"{running.admin_url}/readyz") == 200
        for client in clients:
            client.close()
        deadline = time.monotonic() + 10
        while True:
            try:
                assert Client(tmp_path).get() == "HTTP/1.1 200 OK"
                break
            except (AssertionError, OSError):
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert running.log.read_text().count("can't be accepted") <= 1


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_versions_are_not_spoken(tmp_path, gate):
    with pytest.raises((ssl.SSLError, OSError)):
        Client(tmp_path, version=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize("certificate, good", [("envoy", True), ("stranger", False), ("expired", False), (None, False)])
def test_client_certificates_required(tmp_path, gate, certificate, good):
    try:
        status = Client(tmp_path, certificate).get()
    except (ssl.SSLError, OSError):
        status = ""
    assert status == ("HTTP/1.1 200 OK" if good else "")


@pytest.mark.parametrize("certificate, good", [("envoy", True), ("stranger", False), (None, True)])
def test_client_certificates_optional(tmp_path, authority, certificate, good):
    with Serving(tmp_path, listening(tmp_path, "optional")):
        try:
            status = Client(tmp_path, certificate).get()
        except (ssl.SSLError, OSError):
            status = ""
        assert status == ("HTTP/1.1 200 OK" if good else "")


def test_another_authority(tmp_path, gate):
    other = tmp_path / "other"
    other.mkdir()
    foreign = Authority(other)
    pem, key = foreign.issue("envoy", uris=[SPIFFE])
    pem.rename(tmp_path / "foreign.pem")
    key.rename(tmp_path / "foreign.key")
    try:
        status = Client(tmp_path, "foreign").get()
    except (ssl.SSLError, OSError):
        status = ""
    assert status == ""


def serial(folder):
    return Client(folder).socket.getpeercert()["serialNumber"]


@pytest.mark.parametrize("signalled", [True, False])
def test_a_new_certificate_is_taken_without_a_restart(tmp_path, authority, gate, signalled):
    before = serial(tmp_path)
    held = Client(tmp_path)
    authority.issue("server", dns=["sessiongate.test"])
    if signalled:
        gate.program.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 15
    while serial(tmp_path) == before:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert held.get() == "HTTP/1.1 200 OK"
    # What can't be used is reported, and changes nothing.
    after = serial(tmp_path)
    (tmp_path / "server.pem").write_text("nonsense")
    gate.program.process.send_signal(signal.SIGHUP)
    while "the old ones stay" not in gate.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert serial(tmp_path) == after


@pytest.mark.parametrize(
    "change, key, expected",
    [
        (lambda folder: (folder / "server.pem").unlink(), "tls.certificate", "no certificate in PEM form"),
        (lambda folder: (folder / "server.key").write_text("x"), "tls.key", "not a private key"),
        (lambda folder: (folder / "envoy.key").replace(folder / "server.key"), "tls.key", "not the key of"),
        (lambda folder: (folder / "ca.pem").write_text(""), "tls.client_ca", "no certificate in PEM form"),
    ],
)
def test_files_that_are_not_what_they_should_be(tmp_path, authority, change, key, expected):
    state = tmp_path / "state"
    subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True)
    file = state / "sessiongate.yaml"
    file.write_text(listening(tmp_path)(file.read_text()))
    check = [stack.SESSIONGATE, "config", "check", "--config", file]
    assert subprocess.run(check, capture_output=True).returncode == 0
    change(tmp_path)
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode != 0
    assert key in done.stderr and expected in done.stderr, done.stderr
