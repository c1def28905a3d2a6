"""The decision log behind a real Envoy: what it says, what it never says, and how it is rotated."""

import json
import os
import re
import signal
import subprocess
import time
from urllib.parse import quote, unquote

import jsonschema
import pytest
import requests
import stack
from edge import Edge

# Readers pass over fields that they don't know; of ours there is none that the schema does not describe.
SCHEMA = json.loads((stack.ROOT / "proto-json" / "decision.schema.json").read_text()) | {"additionalProperties": False}
EVERYTHING = {f"SESSIONGATE_DECISIONS_SAMPLE_{name}": "1" for name in ("AUTHENTICATED", "ANONYMOUS")}
TRACE = "0af7651916cd43dd8448eb211c80319c"


def until(found, seconds=10):
    """What `found` returns, once that is something."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return result


def lines(file):
    """The lines of a decision log; each holds to the schema."""
    found = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    for line in found:
        jsonschema.validate(line, SCHEMA, cls=jsonschema.Draft202012Validator)
    return found


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    environment = {"SESSIONGATE_DECISIONS_FILE": str(folder / "decisions.jsonl"), **EVERYTHING}
    with Edge(folder, environment=environment) as running:
        running.decisions = folder / "decisions.jsonl"
        yield running


def ask(edge, **options):
    """Sends a request, and returns it with its line."""
    count = len(lines(edge.decisions))
    request = options.pop("request", None) or edge.signed(**options)
    with requests.Session() as session:
        response = session.send(request, timeout=10)
    return request, response, until(lambda: lines(edge.decisions)[count:])[0]


def authorization(request):
    header = request.headers["authorization"]
    return header.decode() if isinstance(header, bytes) else header


def test_the_schema_is_one():
    published = json.loads((stack.ROOT / "proto-json" / "decision.schema.json").read_text())
    assert published.get("additionalProperties", True) is True
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_an_authenticated_request(recorded):
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    _, _, line = ask(recorded, headers=headers)
    user = recorded.demo["oauth1"]
    assert line["outcome"] == "authenticated" and line["type"] == "oauth1" and line["cookie"] == "set"
    assert line["user_id"] == user["user_id"] and line["consumer_key"] == user["consumer_key"]
    assert line["rate_limit_key"] == f"jwt-sub:{line['user_sub']}"
    assert (line["method"], line["path"], line["wiki"]) == ("GET", "/w/api.php", "demowiki")
    assert line["host"] == f"127.0.0.1:{recorded.ports['envoy']}" and line["mode"] == "enforce"
    assert line["trace_id"] == TRACE and line["lookups"] >= 2 and line["duration_us"] > 100
    assert abs(time.time() - time.mktime(time.strptime(line["time"][:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone) < 60
    assert not {"user_name", "client_address", "reason", "fault"} & set(line)


def test_an_anonymous_request_has_its_address(recorded):
    _, _, line = ask(recorded, request=requests.Request("GET", recorded.api).prepare())
    assert line["outcome"] == "anonymous" and line["client_address"] == "127.0.0.1"
    assert "user_id" not in line and "consumer_key" not in line


def test_one_id_joins_the_logs_and_a_registered_consumer_is_named(recorded):
    key = recorded.demo["oauth1"]["consumer_key"]
    request = recorded.signed()
    request.headers["authorization"] = re.sub(
        r'oauth_signature="[^"]+"', 'oauth_signature="AAAA"', authorization(request)
    )
    _, response, line = ask(recorded, request=request)
    assert response.headers["mediawiki-api-error"] == "mwoauth-invalid-authorization"
    assert (line["outcome"], line["reason"], line["consumer_key"]) == ("refused", "signature-invalid", key)
    log = until(
        lambda: re.search(rf"refused .*{line['request_id']}.*", (recorded.folder / "sessiongate.log").read_text())
    )
    assert f"consumer={key}" in log[0] and "reason=signature-invalid" in log[0]
    access = until(lambda: re.search(rf".*id={line['request_id']} .*", (recorded.folder / "envoy.log").read_text()))
    assert (
        f"refused_consumer={key}" in access[0]
        and " consumer= " in access[0]
        and "reason=signature-invalid" in access[0]
    )


def test_an_unknown_consumer_is_not_named(recorded):
    stranger = "some-text-of-a-stranger"
    headers = {"authorization": f'OAuth oauth_consumer_key="{stranger}", oauth_token="x", oauth_nonce="n"'}
    _, _, line = ask(recorded, request=requests.Request("GET", recorded.api, headers=headers).prepare())
    assert line["reason"] == "consumer-unknown" and "consumer_key" not in line
    for log in ("sessiongate.log", "decisions.jsonl"):
        assert stranger not in (recorded.folder / log).read_text()


def test_nothing_that_proves_who_one_is_is_written(recorded):
    keys = recorded.demo["oauth1"]
    request, response, _ = ask(recorded, url=f"{recorded.api}?action=query&secret=of-the-query")
    fields = dict(re.findall(r'(oauth_\w+)="([^"]+)"', authorization(request)))
    cookie = re.search(r"sessionJwt=([^;]+)", response.headers["set-cookie"])[1]
    bearer = recorded.demo["oauth2_owner_only"]["access_token"]
    recorded.get(headers={"authorization": f"Bearer {bearer}"})
    recorded.get(headers={"cookie": f"sessionJwt={cookie}"})
    secrets = [keys["consumer_secret"], keys["token_secret"], keys["token"], cookie, bearer, "of-the-query"]
    secrets += [fields["oauth_signature"], fields["oauth_nonce"]]
    until(lambda: {"oauth2-owner", "cookie"} <= {line["type"] for line in lines(recorded.decisions)})
    for log in ("sessiongate.log", "decisions.jsonl"):
        text = (recorded.folder / log).read_text()
        for secret in secrets:
            forms = (secret, unquote(secret), quote(secret, safe=""))
            assert not any(form in text for form in forms), (log, secret[:4])


def test_sighup_opens_a_rotated_file_anew(recorded):
    ask(recorded)
    old = recorded.decisions.rename(recorded.decisions.with_suffix(".1"))
    before = len(lines(old))
    recorded.sessiongate.process.send_signal(signal.SIGHUP)
    until(recorded.decisions.exists)
    _, _, line = ask(recorded)
    assert line["outcome"] == "authenticated" and len(lines(old)) == before
    assert recorded.decisions.stat().st_mode & 0o777 == 0o640
    assert f"decision log opened anew file={recorded.decisions}" in (recorded.folder / "sessiongate.log").read_text()


def test_standard_output_has_the_lines_after_ready(tmp_path):
    with Edge(tmp_path, environment={"SESSIONGATE_DECISIONS_FILE": "-", **EVERYTHING}) as running:
        running.get(auth=running.oauth1())
        log = tmp_path / "sessiongate.log"
        written = until(lambda: [line for line in log.read_text().splitlines() if line.startswith('{"time"')])
    jsonschema.validate(json.loads(written[0]), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_two_instances_pick_the_same_requests(tmp_path):
    picked = []
    for name in ("a", "b"):
        file = tmp_path / f"{name}.jsonl"
        environment = {
            "SESSIONGATE_DECISIONS_FILE": str(file),
            "SESSIONGATE_DECISIONS_SAMPLE_ANONYMOUS": "0.2",
            "SESSIONGATE_DECISIONS_INSTANCE": name,
        }
        folder = tmp_path / name
        folder.mkdir()
        ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
        os.system(f"{stack.SESSIONGATE} init {folder / 'state'} > /dev/null")
        program = stack.start_sessiongate(folder / "state", ports, folder / "log", environment)
        try:
            for number in range(200):
                document = {"attributes": {"request": {"http": {"id": f"request-{number}", "path": "/"}}}}
                url = f"http://127.0.0.1:{ports['sessiongate']}/envoy.service.auth.v3.Authorization/Check"
                assert requests.post(url, json=document, timeout=10).status_code == 200
        finally:
            program.stop()
        found = lines(file)
        assert all(line["instance"] == name and line["sample_weight"] == 5 for line in found)
        picked.append([line["request_id"] for line in found])
    assert picked[0] == picked[1] and 20 < len(picked[0]) < 65


def test_a_file_that_cant_be_opened_is_an_error_of_the_configuration(tmp_path):
    os.system(f"{stack.SESSIONGATE} init {tmp_path / 'state'} > /dev/null")
    ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
    for file, problem in [("/nonexistent/decisions.jsonl", "No such file"), (tmp_path, "Is a directory")]:
        environment = {"SESSIONGATE_DECISIONS_FILE": str(file)}
        with pytest.raises(stack.StartError) as error:
            stack.start_sessiongate(tmp_path / "state", ports, tmp_path / "log", environment)
        expected = f"SESSIONGATE_DECISIONS_FILE: decisions.file: {file}: {problem}"
        assert expected in str(error.value)
        # `config check` says the same.
        done = check(tmp_path / "state", environment)
        assert done.returncode == 78 and expected in done.stderr and "OK" not in done.stdout
    done = check(tmp_path / "state", {"SESSIONGATE_DECISIONS_FILE": str(tmp_path / "new.jsonl")})
    assert done.returncode == 0 and not (tmp_path / "new.jsonl").exists()


def check(state, environment):
    command = [stack.SESSIONGATE, "config", "check", "--config", state / "sessiongate.yaml"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=os.environ | environment)


def test_outputs_that_a_service_manager_may_make_are_warned_of(tmp_path):
    os.system(f"{stack.SESSIONGATE} init {tmp_path / 'state'} > /dev/null")
    names = {"SERVER_ADMIN": "unix:/nonexistent/admin", "OAUTH1_NONCE_FILE": "/nonexistent/nonces"}
    done = check(tmp_path / "state", {f"SESSIONGATE_{name}": value for name, value in names.items()})
    assert done.returncode == 0 and done.stdout.endswith(": OK\n")
    for name in names:
        assert re.search(f"^warning: SESSIONGATE_{name}: .* /nonexistent: No such file", done.stderr, re.M), done.stderr


def test_a_dash_without_quotes_is_hinted_at(tmp_path):
    os.system(f"{stack.SESSIONGATE} init {tmp_path / 'state'} > /dev/null")
    config = tmp_path / "state" / "sessiongate.yaml"
    text = re.sub(r"^ *#file: /var/log/sessiongate/decisions.jsonl$", "  file: -", config.read_text(), flags=re.M)
    config.write_text(text if "file: -\n" in text else text + "decisions:\n  file: -\n")
    done = check(tmp_path / "state", {})
    assert done.returncode == 78 and 'has to be in quotes: "-"' in done.stderr
    config.write_text(config.read_text().replace("file: -\n", 'file: "-"\n'))
    assert check(tmp_path / "state", {}).returncode == 0


def test_a_full_disk_is_said_once(tmp_path):
    environment = {"SESSIONGATE_DECISIONS_FILE": "/dev/full", **EVERYTHING}
    with Edge(tmp_path, environment=environment) as running:
        for _ in range(30):
            running.get()
            time.sleep(0.05)
        log = tmp_path / "sessiongate.log"
        said = until(lambda: [line for line in log.read_text().splitlines() if "decision" in line and "lost" in line])
        assert len(said) == 1 and "file=/dev/full" in said[0] and "No space left on device" in said[0]
        dropped = re.search(r"^sessiongate_decision_lines_dropped_total (\d+)$", running.metrics(), re.M)
        assert int(dropped[1]) == 30
