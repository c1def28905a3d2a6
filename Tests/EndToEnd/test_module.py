"""Sessiongate inside Envoy: what goes wrong there, and what is replaced while it runs."""

import json
import os
import re
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
from pathlib import Path

import envoy_matrix
import inside
import pytest
import requests
import stack
import yaml
from certificates import Authority
from cookies import session_jwt
from edge import FORGED, ModuleEdge, plenty

pytestmark = pytest.mark.module

# How many requests are reset while a lookup is under way: RESETS=100000 for a soak, whose lookups end before them.
RESETS = int(os.environ.get("RESETS", 2000))


def start(folder, change=lambda text: text, **options):
    """What an Envoy that does not start says. `change` edits the configuration, in which the demo's file is named."""
    state = folder / "state"
    subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True)
    ports = stack.free_ports([*stack.PORTS, "sessiongate_admin"])

    def edit(text):
        return change(stack.module_config(state)(text))

    config = stack.write_envoy_config(folder / "envoy.yaml", ports, source=stack.MODULE_YAML, change=edit)
    environment = stack.module_environment(ports) | options.pop("environment", {})
    with pytest.raises(stack.StartError, match="ended with status 1"):
        program = stack.start_envoy(config, ports, folder / "log", environment=environment, **options)
        program.stop()
    return (folder / "log").read_text()


def test_a_file_that_is_missing(way, tmp_path):
    log = start(tmp_path, lambda text: text.replace("sessiongate.yaml", "absent.yaml"))
    assert "absent.yaml:1: No such file" in log and "Failed to initialize dynamic module" in log


def test_all_that_is_wrong_is_said(way, tmp_path):
    wrong = {"SESSIONGATE_OAUTH1_TIMESTAMP_WINDOW": "soon", "SESSIONGATE_CACHE_CAPACITY": "many"}
    log = start(tmp_path, environment=wrong)
    assert "oauth1.timestamp_window: got" in log and "cache.capacity: got" in log


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("max_form_bytes: 2097152", "max_form_bytes: -1", "max_form_bytes: got -1; expected a whole number"),
        ("max_form_bytes: 2097152", "max_form: 1", "max_form: unknown; expected one of config, metadata_namespace"),
        ("failure_mode_allow: false", "failure_mode_allow: 1", "failure_mode_allow: got 1; expected true or false"),
    ],
)
def test_options_that_are_wrong(way, tmp_path, before, after, said):
    assert said in start(tmp_path, lambda text: text.replace(before, after))


def with_route(value):
    """A change that says this of the routes."""

    def change(text):
        document = yaml.safe_load(text)
        [listener] = document["static_resources"]["listeners"]
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        [host] = manager["route_config"]["virtual_hosts"]
        host["routes"].insert(
            0,
            {
                "match": {"prefix": "/other"},
                "route": {"cluster": "wiki"},
                "typed_per_filter_config": {"sessiongate": inside.route_config(value)},
            },
        )
        return yaml.safe_dump(document)

    return change


def test_a_route_that_is_wrong(way, tmp_path):
    log = start(tmp_path, with_route({"mode": "observed", "sessiongate.wiki": "x"}))
    assert 'mode: got "observed"; expected enforce or observe' in log
    assert "sessiongate.wiki: unknown; expected one of mode, profile, wiki, form_bodies, disabled" in log


def test_an_admin_address_that_is_taken(way, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        log = start(tmp_path, environment={"SESSIONGATE_SERVER_ADMIN": address})
    assert f"server.admin: can't listen on {address}" in log


def test_an_envoy_that_is_too_old(way, tmp_path):
    binary = envoy_matrix.binary("1.37.0")
    log = start(tmp_path, binary=binary)
    assert "needs Envoy 1.38, 1.39 and 1.40; this one lacks envoy_dynamic_module_callback_" in log


@pytest.mark.parametrize(
    ("value", "status"),
    [({"mode": "observe"}, 200), ({"disabled": True}, 200), ({"profile": "absent"}, 503), ({"wiki": "absent"}, 503)],
)
def test_routes(way, tmp_path, value, status):
    with ModuleEdge(tmp_path, change=lambda text: with_route(value)(plenty(text))) as edge:
        wrong = {"authorization": "Bearer x"}
        assert edge.get("/other/w/api.php", headers=wrong).status_code == status
        assert edge.get("/w/api.php", headers=wrong).json()["error"]["reason"] == "access-token-malformed"
        if value == {"disabled": True}:
            assert edge.get("/other", headers=FORGED).status_code == 200
            assert edge.wiki.last["headers"]["x-session-user-id"] == "1"


def test_the_path_alone(way, tmp_path):
    def change(text):
        document = yaml.safe_load(plenty(text))
        [listener] = document["static_resources"]["listeners"]
        filters = listener["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"]
        text = "type.googleapis.com/google.protobuf.StringValue"
        filters[0]["typed_config"]["filter_config"] = {"@type": text, "value": inside.PATH}
        return yaml.safe_dump(document)

    with ModuleEdge(tmp_path, change=change) as edge:
        assert edge.get(auth=edge.oauth1()).status_code == 200


def test_another_namespace(way, tmp_path):
    """The rules of the sample find nothing where nothing is, and the user's bucket is never asked."""

    def change(text):
        return text.replace("metadata_namespace: envoy.filters.http.ext_authz", "metadata_namespace: mine")

    with ModuleEdge(tmp_path, change=change) as edge:
        assert [edge.get(auth=edge.oauth1()).status_code for _ in range(15)] == [200] * 15


def test_a_limited_request_keeps_its_cookie(way, tmp_path):
    with ModuleEdge(tmp_path, change=lambda text: text.replace("fill_interval: 10s", "fill_interval: 600s")) as edge:
        answers = [edge.get(auth=edge.oauth1()) for _ in range(12)]
        assert answers[-1].status_code == 429
        assert session_jwt(answers[-1]) == session_jwt(answers[0])
        assert answers[-1].headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("passes", [False, True])
def test_the_database_is_away(way, tmp_path, passes):
    def change(text):
        return plenty(text).replace("failure_mode_allow: false", f"failure_mode_allow: {str(passes).lower()}")

    with ModuleEdge(tmp_path, change=change) as edge:
        known = edge.bearer("oauth2")
        assert edge.get(headers=known).status_code == 200
        file = edge.state / "oauth.sqlite"
        file.rename(edge.state / "away")
        time.sleep(1.5)
        answer = edge.get(auth=edge.oauth1("oauth1_other_user"), headers=FORGED)
        if passes:
            assert answer.status_code == 200
            assert not {name for name in edge.wiki.last["headers"] if name.startswith("x-session-")}
        else:
            assert answer.status_code == 503 and answer.json() == {"error": "no verdict"}
            assert answer.headers["retry-after"] == "5"
        # What is in memory is still decided.
        assert edge.get(headers=known).status_code == 200
        assert requests.get(f"{edge.admin_url}/readyz", timeout=5).status_code == 503
        assert 'sessiongate_faults_total{fault="store-unavailable"} 1' in edge.metrics()
        (edge.state / "away").rename(file)
        deadline = time.monotonic() + 10
        while edge.get(auth=edge.oauth1("oauth1_other_user")).headers.get("set-cookie") is None:
            assert time.monotonic() < deadline
            time.sleep(0.2)


class ReplacedEdge(ModuleEdge):
    """The listener comes from a file, which Envoy reads again when it is replaced."""

    def start_proxy(self):
        self.number = 0
        keep, self.change = self.change, self.split
        self.original = keep
        super().start_proxy()

    def split(self, text):
        document = yaml.safe_load(self.original(text))
        self.listeners = document["static_resources"].pop("listeners")
        self.file = self.folder / "listeners.yaml"
        self.replace()
        watched = {"path": str(self.file), "watched_directory": {"path": str(self.folder)}}
        document["dynamic_resources"] = {"lds_config": {"path_config_source": watched}}
        document["node"] = {"id": "edge", "cluster": "edge"}
        return yaml.safe_dump(document)

    def replace(self, path=None):
        """Another listener, which is the same but for the module's options."""
        self.number += 1
        [listener] = json.loads(json.dumps(self.listeners))
        listener["@type"] = "type.googleapis.com/envoy.config.listener.v3.Listener"
        filters = listener["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"]
        value = filters[0]["typed_config"]["filter_config"]["value"]
        value["config"] = str(path or self.state / "sessiongate.yaml")
        value["max_form_bytes"] = 2097152 + self.number
        new = self.folder / "listeners.new"
        new.write_text(yaml.safe_dump({"version_info": str(self.number), "resources": [listener]}))
        new.rename(self.file)

    def updates(self, kind):
        """How many listeners were taken (`update_success`) or rejected."""
        answer = requests.get(
            f"http://127.0.0.1:{self.ports['envoy_admin']}/stats?filter=listener_manager.lds", timeout=5
        )
        return int(re.search(rf"update_{kind}: (\d+)", answer.text)[1])

    def wait_for(self, kind, number):
        deadline = time.monotonic() + 10
        while self.updates(kind) < number:
            assert time.monotonic() < deadline, self.envoy.tail(40)
            time.sleep(0.05)


@pytest.fixture(scope="module")
def replaced(way, tmp_path_factory):
    with ReplacedEdge(tmp_path_factory.mktemp("replaced")) as running:
        yield running


def refusal(edge, request):
    with requests.Session() as session:
        return session.send(request, timeout=10).json().get("error", {}).get("reason")


def test_memory_is_kept_when_the_filter_is_replaced(replaced):
    request = replaced.signed()
    assert refusal(replaced, request) is None
    cookie = session_jwt(replaced.get(auth=replaced.oauth1()))
    done = replaced.updates("success")
    replaced.replace()
    replaced.wait_for("success", done + 1)
    assert refusal(replaced, request) == "nonce-used"
    assert session_jwt(replaced.get(auth=replaced.oauth1())) == cookie


def test_another_configuration_counts_at_once_and_nonces_stay(replaced):
    request = replaced.signed()
    assert refusal(replaced, request) is None
    file = replaced.state / "sessiongate.yaml"
    before = file.read_text()
    file.write_text(before.replace("\nrefusals:\n", "\nrefusals:\n  status: 401\n"))
    done = replaced.updates("success")
    replaced.replace()
    replaced.wait_for("success", done + 1)
    deadline = time.monotonic() + 10
    while replaced.get(headers={"authorization": "Bearer x"}).status_code != 401:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert refusal(replaced, request) == "nonce-used"
    assert '"status": "401"' in requests.get(f"{replaced.admin_url}/config", timeout=5).text
    file.write_text(before)


def test_a_wrong_configuration_leaves_the_old_one(replaced):
    file = replaced.state / "sessiongate.yaml"
    before = file.read_text()
    file.write_text(before.replace("\nrefusals:\n", "\nrefusals:\n  status: 402\n"))
    rejected = replaced.updates("rejected")
    replaced.replace()
    replaced.wait_for("rejected", rejected + 1)
    assert "refusals.status: got" in replaced.envoy.log.read_text()
    assert replaced.get(auth=replaced.oauth1()).status_code == 200
    replaced.replace(replaced.folder / "absent.yaml")
    replaced.wait_for("rejected", rejected + 2)
    assert replaced.get(auth=replaced.oauth1()).status_code == 200
    assert requests.get(f"{replaced.admin_url}/readyz", timeout=5).status_code == 200
    file.write_text(before)


def test_another_database_has_another_memory(replaced):
    """And the same admin listener, which the new one takes over."""
    copy = replaced.folder / "copy"
    subprocess.run(["cp", "-a", replaced.state, copy], check=True)
    request = replaced.signed()
    assert refusal(replaced, request) is None
    file = replaced.state / "sessiongate.yaml"
    before = file.read_text()
    file.write_text(before.replace("file: oauth.sqlite", f"file: {copy / 'oauth.sqlite'}"))
    assert file.read_text() != before
    done = replaced.updates("success")
    replaced.replace()
    replaced.wait_for("success", done + 1)
    deadline = time.monotonic() + 10
    while str(copy) not in requests.get(f"{replaced.admin_url}/config", timeout=5).text:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert refusal(replaced, request) is None
    file.write_text(before)


def test_requests_that_are_reset_while_a_lookup_is_under_way(way, tmp_path):
    """No crash, and no answer to the wrong stream: those that stay get their own."""
    environment = {"SESSIONGATE_STORE_SQLITE_BUSY_TIMEOUT": "3s"}
    with ModuleEdge(tmp_path, environment=environment) as edge:
        names = ["oauth1", "oauth1_other_user", "oauth2", "oauth2_owner_only"]
        threads, seen = [], {}
        with sqlite3.connect(edge.state / "oauth.sqlite", isolation_level=None) as database:
            database.execute("BEGIN EXCLUSIVE")
            for name in names:
                options = {"auth": edge.oauth1(name)} if name.startswith("oauth1") else {"headers": edge.bearer(name)}

                def ask(name=name, options=options):
                    seen[name] = edge.get("/echo", **options).json()

                threads.append(threading.Thread(target=ask))
                threads[-1].start()
            line = (
                f"GET /w/api.php HTTP/1.1\r\nHost: x\r\nAuthorization: {edge.bearer('oauth2')['authorization']}\r\n\r\n"
            )
            for _ in range(RESETS // 100):
                connections = [socket.create_connection(("127.0.0.1", edge.ports["envoy"])) for _ in range(100)]
                for connection in connections:
                    connection.sendall(line.encode())
                for connection in connections:
                    # A reset, not an end.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    connection.close()
            database.execute("ROLLBACK")
        for thread in threads:
            thread.join()
        told = {name: answer["headers"]["x-session-user-id"] for name, answer in seen.items()}
        assert told == {name: str(edge.demo[name]["user_id"]) for name in names}
        assert edge.envoy.process.poll() is None
        waited = re.search(r'sessiongate_lookup_waits_total\{kind="oauth2"\} (\d+)', edge.metrics())
        assert waited is None or int(waited[1]) >= 100


def test_tls_in_envoy_and_signatures_here(way, tmp_path):
    """BoringSSL and OpenSSL's libcrypto in one process, each used by its own."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("edge", dns=["edge.test"])

    def change(text):
        document = yaml.safe_load(plenty(text))
        [listener] = document["static_resources"]["listeners"]
        files = {"certificate_chain": {"filename": str(certificate)}, "private_key": {"filename": str(key)}}
        listener["filter_chains"][0]["transport_socket"] = {
            "name": "tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": {"tls_certificates": [files]},
            },
        }
        return yaml.safe_dump(document)

    with ModuleEdge(tmp_path, change=change) as edge:
        context = ssl.create_default_context(cafile=str(authority.file))
        token = edge.bearer("oauth2_owner_only")["authorization"]
        for _ in range(20):
            with (
                socket.create_connection(("127.0.0.1", edge.ports["envoy"])) as plain,
                context.wrap_socket(plain, server_hostname="edge.test") as secure,
            ):
                request = (
                    f"GET /w/api.php HTTP/1.1\r\nHost: edge.test\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n"
                )
                secure.sendall(request.encode())
                answer = b"".join(iter(lambda: secure.recv(65536), b""))
                assert answer.startswith(b"HTTP/1.1 200") and b"set-cookie: sessionJwt=" in answer
        maps = Path(f"/proc/{edge.envoy.process.pid}/maps").read_text()
        assert "libcrypto.so.3" in maps and "libsessiongate" in maps


def test_what_means_nothing_here_is_said(way, tmp_path):
    environment = {"SESSIONGATE_LOG_LEVEL": "debug"}

    def configure(text):
        return text.replace("\nserver:\n", "\nserver:\n  event_loops: 2\n", 1)

    edge = ModuleEdge(tmp_path, environment=environment, configure=configure)
    edge.log_level = "info"
    with edge:
        log = edge.envoy.log.read_text()
        assert "these keys mean nothing inside Envoy" in log and "server.event_loops" in log
