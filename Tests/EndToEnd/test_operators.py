"""What operators ask Sessiongate: why a request was refused, whether it is ready, what it does; and who may ask."""

import json
import os
import re
import shutil
import subprocess
import time
from urllib.parse import quote

import pytest
import requests
import stack

TOKEN = "a-token-of-the-tests-0123456789"


def sessiongate(*arguments, edge=None, **options):
    """Runs a command, against the server of `edge`."""
    environment = dict(os.environ)
    if edge:
        environment["SESSIONGATE_SERVER_ADMIN"] = f"127.0.0.1:{edge.ports['sessiongate_admin']}"
    command = [stack.SESSIONGATE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment, **options)


def until(found, seconds=15):
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return result


def refused(edge, change, **options):
    """Sends a signed request whose Authorization header is changed; returns the header and the request's id."""
    request = edge.signed(**options)
    header = request.headers["authorization"]
    header = change(header.decode() if isinstance(header, bytes) else header)
    request.headers["authorization"] = header
    before = latest(edge)
    with requests.Session() as session:
        assert "mediawiki-api-error" in session.send(request, timeout=10).headers
    return header, until(lambda: [entry for entry in latest(edge) if entry not in before])[0]["request_id"]


def latest(edge):
    return requests.get(f"{edge.admin_url}/v1/refusals", timeout=5).json()["latest"]


def explained(edge, identifier, config=None):
    return sessiongate(
        "explain", "--config", config or edge.state / "sessiongate.yaml", "--request-id", identifier, edge=edge
    )


# Why was it refused?


def test_a_refused_request_is_explained_by_its_id(edge):
    url = f"{edge.api}?action=query&titles=A%20B&format=json&token=a-csrf-token"
    wrong = re.compile(r'oauth_signature="[^"]+"')
    header, identifier = refused(
        edge, lambda text: wrong.sub('oauth_signature="c2lnbmF0dXJlLW9mLW5vYm9keQ%3D%3D"', text), url=url
    )
    done = explained(edge, identifier)
    assert done.returncode == 0, done.stderr
    text = done.stdout
    consumer = edge.demo["oauth1"]["consumer_key"]
    assert "FAILED  signature was valid when it was checked" in text and "ok      consumer is registered" in text
    assert "signature-invalid" in text and f"id {identifier}" in text and consumer in text and "registered" in text
    # The base string is the one that was signed, but for what is masked.
    assert "GET&http%3A%2F%2F127.0.0.1" in text and "titles%3DA%2520B" in text and "mends it" in text
    nonce = re.search(r'oauth_nonce="([^"]+)"', header)[1]
    assert f"oauth_nonce%3D{nonce}" in text
    secrets = [
        edge.demo["oauth1"]["consumer_secret"],
        edge.demo["oauth1"]["token_secret"],
        "c2lnbmF0dXJlLW9mLW5v",
        "a-csrf-token",
    ]
    page = requests.get(f"{edge.admin_url}/v1/refusals", params={"request_id": identifier}, timeout=5).text
    for secret in secrets:
        assert secret not in text and secret not in page and quote(secret, safe="") not in page
    assert consumer in page and json.loads(page)["reason"] == "signature-invalid"


def test_a_request_that_was_refused_after_its_signature_is_explained_too(edge):
    """Its nonce is used: everything before that held, and would today."""
    request = edge.signed()
    with requests.Session() as session:
        session.send(request, timeout=10)
        before = latest(edge)
        session.send(request, timeout=10)
    identifier = until(lambda: [entry for entry in latest(edge) if entry not in before])[0]["request_id"]
    text = explained(edge, identifier).stdout
    assert "ok      signature was valid when it was checked" in text and "refused: nonce-used" in text


def test_a_revoked_token_is_explained_with_its_claims(edge):
    before = latest(edge)
    token = edge.demo["oauth2_revoked"]["access_token"]
    edge.get(headers={"authorization": f"Bearer {token}"})
    entry = until(lambda: [entry for entry in latest(edge) if entry not in before])[0]
    text = explained(edge, entry["request_id"]).stdout
    assert "ok      token was a JWT of a known key when it was checked" in text and entry["reason"] in text
    assert (
        token.rsplit(".", 1)[1][:20]
        not in requests.get(f"{edge.admin_url}/v1/refusals", params={"request_id": entry["request_id"]}, timeout=5).text
    )


def test_what_is_not_kept_is_said(edge):
    done = explained(edge, "no-such-id")
    assert done.returncode == 2 and "decisions.keep_refused" in done.stderr and done.stdout == ""


def test_refusals_are_counted_by_consumer(edge):
    refused(edge, lambda text: text.replace("oauth_nonce", "oauth_nonsense"))
    counts = requests.get(f"{edge.admin_url}/v1/refusals", timeout=5).json()["by_consumer"]
    key = edge.demo["oauth1"]["consumer_key"]
    mine = [entry for entry in counts if entry.get("consumer_key") == key and entry["reason"] == "nonce-missing"]
    assert mine[0]["count"] >= 1 and mine[0]["name"]


def test_a_pasted_curl_command_and_a_raw_request_are_explained(edge, tmp_path):
    request = edge.signed()
    header = request.headers["authorization"]
    header = header.decode() if isinstance(header, bytes) else header
    config = edge.state / "sessiongate.yaml"
    curl = f"curl -s \\\n  -H 'Authorization: {header}' '{request.url}'\n"
    done = sessiongate("explain", "--config", config, input=curl)
    assert done.returncode == 0 and "  authenticated" in done.stdout, done.stdout + done.stderr
    target = request.url.split(str(edge.ports["envoy"]), 1)[1]
    fields = {"Host": f"127.0.0.1:{edge.ports['envoy']}", "X-Forwarded-Proto": "http", "Authorization": header}
    raw = f"GET {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    file = tmp_path / "request.txt"
    file.write_text(raw)
    done = sessiongate("explain", "--config", config, file)
    assert done.returncode == 0 and "  authenticated" in done.stdout, done.stdout + done.stderr
    done = sessiongate("explain", "--config", config, input="curl -F a=b http://wiki.example/")
    assert done.returncode == 2 and "option -F of curl is not understood" in done.stderr


def test_what_curl_prints_is_explained_as_it_is(edge, tmp_path):
    """All that curl -v writes on both outputs, with its progress meter, and the answer's body behind it."""
    request = edge.signed()
    header = request.headers["authorization"]
    header = header.decode() if isinstance(header, bytes) else header
    command = ["curl", "-v", "--max-time", "10", "-H", f"Authorization: {header}", "-H", "X-Forwarded-Proto: http"]
    file = tmp_path / "curl.txt"
    with file.open("wb") as output:
        subprocess.run([*command, request.url], stdout=output, stderr=output, check=True, timeout=20)
    text = file.read_text()
    assert "% Total" in text and "\n* " in text and "\n< HTTP/" in text and "\n{ [" in text
    config = edge.state / "sessiongate.yaml"
    done = sessiongate("explain", "--config", config, file)
    assert done.returncode == 0 and "Request\n  GET http://" in done.stdout, done.stdout + done.stderr
    # The server has claimed the nonce; this process has not.
    assert "  authenticated" in done.stdout


def test_explain_says_what_it_was_not_given(edge, tmp_path):
    config = edge.state / "sessiongate.yaml"
    done = sessiongate("explain", "--config", config, input="")
    assert done.returncode == 2 and done.stderr == "error: there is no request in the input\n"
    done = sessiongate("explain", "--config", config, tmp_path / "missing")
    assert done.returncode == 2 and done.stderr == f"error: {tmp_path / 'missing'}: No such file or directory\n"
    done = sessiongate("explain", "--config", config, input="{}")
    assert "without method, host and path" in done.stdout and "://" not in done.stdout
    done = sessiongate("explain", "--config", config, input="curl http://wiki.example/ | jq .")
    assert done.returncode == 2 and "| is the shell's" in done.stderr


def test_the_page_about_reasons_has_the_tables_of_the_program():
    done = sessiongate("reasons", "--markdown")
    page = (stack.ROOT / "deploy/refusals.md").read_text()
    tables = done.stdout.strip().split("\n\n")
    assert len(tables) == 2 and all(table in page for table in tables)
    done = sessiongate("reasons", "nonce")
    assert done.stdout.count("\n    means  ") == 6 and "https://" not in done.stdout
    assert sessiongate("reasons", "nonsense").returncode != 0


# Is it ready, and what does it do?


def test_health(edge, tmp_path):
    admin = f"127.0.0.1:{edge.ports['sessiongate_admin']}"
    done = sessiongate("health", "--admin", admin)
    assert (done.returncode, done.stdout) == (0, "ok\n")
    assert sessiongate("health", "--config", edge.state / "sessiongate.yaml", edge=edge).returncode == 0
    port = stack.free_ports(["none"])["none"]
    done = sessiongate("health", "--admin", f"127.0.0.1:{port}")
    assert done.returncode == 1 and "Connection refused" in done.stderr
    assert sessiongate("health", "--admin", "nonsense").returncode == 64


def test_health_over_a_unix_socket_and_while_the_store_is_gone(tmp_path):
    socket = tmp_path / "admin.sock"
    ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
    subprocess.run([stack.SESSIONGATE, "init", tmp_path / "state"], check=True, capture_output=True)
    environment = os.environ | {
        "SESSIONGATE_SERVER_LISTEN": f"127.0.0.1:{ports['sessiongate']}",
        "SESSIONGATE_SERVER_ADMIN": f"unix:{socket}",
    }
    log = tmp_path / "log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [stack.SESSIONGATE, "serve", "--config", tmp_path / "state/sessiongate.yaml"],
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        until(lambda: sessiongate("health", "--admin", f"unix:{socket}").returncode == 0)
        database = tmp_path / "state/oauth.sqlite"
        shutil.move(database, tmp_path / "away")
        done = until(lambda: (done := sessiongate("health", "--admin", f"unix:{socket}")).returncode and done)
        assert done.returncode == 1 and done.stdout.startswith("not ready: store: ")
        assert sessiongate("health", "--live", "--admin", f"unix:{socket}").returncode == 0
        # What the file says of the listener is enough to ask: the store is away, and an edit has gone wrong.
        text = (tmp_path / "state/sessiongate.yaml").read_text()
        # Not the server's own file: it would take the edit for a reload.
        config = tmp_path / "state/edited.yaml"
        config.write_text(text + "decisions: {queue: nonsense}\n")

        def by_configuration(*words):
            command = [stack.SESSIONGATE, *words, "--config", config]
            return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)

        done = by_configuration("health")
        assert done.returncode == 1 and done.stdout.startswith("not ready: store: ")
        assert by_configuration("health", "--live").returncode == 0
        assert by_configuration("top", "--once").returncode == 0
        # A section that nobody knows may be the listener's, misspelt.
        config.write_text(text + "sever: {admin: none}\n")
        assert by_configuration("health").returncode == 78
        for number in range(3):
            document = {
                "attributes": {
                    "request": {
                        "http": {
                            "path": "/w/api.php",
                            "headers": {"authorization": f'OAuth oauth_consumer_key="k{number}", oauth_token="t"'},
                        }
                    }
                }
            }
            answer = requests.post(
                f"http://127.0.0.1:{ports['sessiongate']}/envoy.service.auth.v3.Authorization/Check",
                json=document,
                timeout=10,
            )
            assert answer.status_code == 503
        time.sleep(3)
        shutil.move(tmp_path / "away", database)
        until(lambda: "store can be read again" in log.read_text())
    finally:
        process.terminate()
        assert process.wait(15) == 0
    # One line when it began, one when it ended.
    lines = [line for line in log.read_text().splitlines() if "store" in line and " error " in line or "again" in line]
    assert len(lines) == 2 and "store can't be read" in lines[0] and "problem=" in lines[0], lines
    seconds, failed = (int(re.search(rf"{name}=(\d+)", lines[1])[1]) for name in ("seconds", "failed_checks"))
    assert 3 <= seconds < 30 and failed >= 3
    start = next(line for line in log.read_text().splitlines() if " starting " in line)
    for word in ("mode=enforce", "store=sqlite:", "keys=", "cookie:signing:", "wikis=demowiki", "configuration="):
        assert word in start, start


def test_top_prints_one_screen_where_there_is_no_terminal(edge):
    refused(edge, lambda text: text.replace("oauth_nonce", "oauth_nonsense"))
    admin = f"127.0.0.1:{edge.ports['sessiongate_admin']}"
    process = subprocess.Popen(
        [stack.SESSIONGATE, "top", "--admin", admin, "--interval", "2"], stdout=subprocess.PIPE, text=True
    )
    time.sleep(0.7)
    for _ in range(10):
        edge.get()
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"at {admin}: ready, mode enforce" in output and "\x1b" not in output
    rate = re.search(r"^checks/s +([\d.]+)", output, re.M)
    assert 2 < float(rate[1]) < 8
    assert "nonce-missing" in output and edge.demo["oauth1"]["consumer_key"] in output and re.search("50 % ≤ ", output)


# The log's level


def debug(log):
    """Its lines of level debug."""
    return [line for line in log.read_text().splitlines() if " debug " in line]


@pytest.mark.ext_authz
def test_the_levels_of_the_log_change_while_it_runs(edge):
    url = f"{edge.admin_url}/log/level"
    assert requests.get(url, params={"level": "debug"}, timeout=5).status_code == 405
    assert requests.post(url, params={"level": "loud"}, timeout=5).status_code == 400
    assert (
        requests.post(url, params={"level": "debug"}, headers={"origin": "http://evil.example"}, timeout=5).status_code
        == 403
    )
    log = edge.folder / "sessiongate.log"
    try:
        assert requests.post(url, params={"level": "debug"}, timeout=5).json() == {"level": "debug"}
        # A key that was not seen before has to be looked up.
        edge.get(headers={"authorization": 'OAuth oauth_consumer_key="of-the-log", oauth_token="t"'})
        assert re.search(r"lookups=1 .*outcome=refused|outcome=refused .*lookups=1", until(lambda: debug(log))[0])
    finally:
        assert requests.post(url, params={"level": "info"}, timeout=5).status_code == 200


# Who may look


@pytest.fixture(scope="module")
def open_edge(tmp_path_factory):
    """An admin listener that other machines reach, with a token."""
    folder = tmp_path_factory.mktemp("open")
    token = folder / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
    subprocess.run([stack.SESSIONGATE, "init", folder / "state"], check=True, capture_output=True)
    environment = {
        "SESSIONGATE_SERVER_ADMIN": f"0.0.0.0:{ports['sessiongate_admin']}",
        "SESSIONGATE_SERVER_ADMIN_TOKEN_FILE": str(token),
    }
    program = stack.start_sessiongate(folder / "state", ports, folder / "log", environment)
    yield f"http://127.0.0.1:{ports['sessiongate_admin']}", folder
    program.stop()


def test_a_token_is_demanded_but_by_probes(open_edge):
    url, folder = open_edge
    for path in ("/metrics", "/config", "/v1/refusals", "/nonsense"):
        answer = requests.get(url + path, timeout=5)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer", path
        assert TOKEN not in answer.text
        for wrong in ("x", TOKEN[:-1], TOKEN + "x", ""):
            assert requests.get(url + path, headers={"authorization": f"Bearer {wrong}"}, timeout=5).status_code == 401
    assert requests.post(f"{url}/cache/invalidate", timeout=5).status_code == 401
    assert requests.get(f"{url}/readyz", timeout=5).text == "ok\n"
    headers = {"authorization": f"Bearer {TOKEN}", "host": "sessiongate.monitoring.svc"}
    assert requests.get(f"{url}/metrics", headers=headers, timeout=5).status_code == 200
    assert TOKEN not in requests.get(f"{url}/config", headers=headers, timeout=5).text
    address = url.removeprefix("http://")
    done = sessiongate("top", "--once", "--interval", "0.1", "--admin", address, "--token-file", folder / "token")
    assert done.returncode == 0, done.stderr
    done = sessiongate("top", "--once", "--interval", "0.1", "--admin", address)
    assert done.returncode == 1 and "a bearer token is needed" in done.stderr


def test_without_a_token_nothing_is_open_to_the_network(tmp_path):
    subprocess.run([stack.SESSIONGATE, "init", tmp_path / "state"], check=True, capture_output=True)
    environment = os.environ | {"SESSIONGATE_SERVER_ADMIN": "0.0.0.0:0"}

    def check():
        command = [stack.SESSIONGATE, "config", "check", "--config", tmp_path / "state/sessiongate.yaml"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)

    done = check()
    assert (
        done.returncode == 78
        and "SESSIONGATE_SERVER_ADMIN: server.admin: 0.0.0.0:0 is open to the network" in done.stderr
    )
    assert "server.admin_token_file" in done.stderr
    (tmp_path / "short").write_text("short")
    environment["SESSIONGATE_SERVER_ADMIN_TOKEN_FILE"] = str(tmp_path / "short")
    done = check()
    assert (
        done.returncode == 78 and "server.admin_token_file" in done.stderr and "at least 16 characters" in done.stderr
    )


def test_every_page_has_headers_against_browsers_misuse(edge):
    for path in ("/metrics", "/config", "/healthz", "/v1/refusals", "/nonsense"):
        headers = requests.get(edge.admin_url + path, timeout=5).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY", path
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        if path != "/nonsense":
            assert headers["cache-control"] == "no-store"
            assert headers["content-security-policy"].startswith("default-src 'none'")


def test_a_page_of_another_name_is_not_shown_to_it(edge):
    """DNS rebinding: the browser believes that this is the site's own server."""
    for path in ("/metrics", "/config", "/v1/refusals"):
        assert requests.get(edge.admin_url + path, headers={"host": "evil.example"}, timeout=5).status_code == 403
    assert requests.get(f"{edge.admin_url}/readyz", headers={"host": "evil.example"}, timeout=5).status_code == 200
