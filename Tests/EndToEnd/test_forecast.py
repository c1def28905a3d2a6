"""The forecast of a running server: /v1/forecast, and `sessiongate forecast`."""

import csv
import io
import json
import subprocess
import time

import forecasts
import jsonschema
import pytest
import requests
import stack
import yaml

SCHEMA = json.loads((stack.ROOT / "proto-json" / "forecast.schema.json").read_text())
POLICIES = {
    "strict": {"limits": {"established-user": {"MINUTE": 6}, "*": {"SECOND": 3, "HOUR": 20}}},
    "mild": {"limits": {"*": {"DAY": 30}}},
}


class Server:
    """Sessiongate alone with policies, and what it was sent."""

    def __init__(self, folder, policies=POLICIES, **environment):
        self.state = folder / "state"
        subprocess.run([stack.SESSIONGATE, "init", self.state], check=True, capture_output=True)
        self.demo = json.loads((self.state / "demo.json").read_text())
        self.ports = stack.free_ports(["sessiongate", "sessiongate_admin"])
        self.admin = f"127.0.0.1:{self.ports['sessiongate_admin']}"
        environment["SESSIONGATE_FORECAST_POLICIES"] = json.dumps(policies)
        self.program = stack.start_sessiongate(self.state, self.ports, folder / "log", environment)
        self.sent = []
        self.session = requests.Session()

    def check(self, address="192.0.2.1", credential=None, **more):
        """A check; returns its metadata."""
        headers = {}
        if credential:
            headers["authorization"] = "Bearer " + self.demo[credential]["access_token"]
        attributes = {
            "source": {"address": {"socketAddress": {"address": address, "portValue": 4711}}},
            "request": {
                "http": {
                    "method": "GET",
                    "path": "/w/api.php?action=query",
                    "host": "wiki.example",
                    "headers": headers | more,
                }
            },
        }
        url = f"http://127.0.0.1:{self.ports['sessiongate']}/envoy.service.auth.v3.Authorization/Check"
        before = time.time()
        answer = self.session.post(url, json={"attributes": attributes}, timeout=10).json()
        session = answer["dynamicMetadata"]["session"]
        refused = "deniedResponse" in answer
        self.sent.append((before, time.time(), address, session, refused))
        return session

    def requests(self):
        """What a limit would have counted, for forecasts.count."""
        for before, after, address, session, refused in self.sent:
            if refused:
                continue
            assert int(before) == int(after)
            key = session.get("rate_limit_key", address)
            yield before, key, session.get("class", ""), session.get("consumer", {}).get("key", ""), 1

    def forecast(self, query="span=start", **options):
        answer = requests.get(f"http://{self.admin}/v1/forecast?{query}", timeout=10, **options)
        assert answer.status_code == 200, answer.text
        return answer


def converse(server):
    """Checks of all kinds; whether it is known in which second each was decided."""
    for number in range(3):
        time.sleep(1.05 - time.time() % 1)
        for client in range(4):
            server.check(f"192.0.2.{client % 2}")
            server.check("192.0.2.9", "oauth2_owner_only")
            server.check("192.0.2.9", "oauth2")
            server.check("2001:db8::1", authorization="Bearer junk")
        if number == 1:
            server.check("192.0.2.77", "oauth2_client_credentials")
    return all(int(before) == int(after) for before, after, *_ in server.sent)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    for _ in range(5):
        server = Server(tmp_path_factory.mktemp("forecast"))
        if converse(server):
            break
        # The machine was too busy.
        server.program.stop()
    yield server
    server.program.stop()


def test_as_counted_plainly(server):
    report = server.forecast().json()
    jsonschema.validate(report, SCHEMA)
    expected = forecasts.count(list(server.requests()), POLICIES)
    assert forecasts.plain(report) == expected
    assert any(row["limited_requests"] for row in expected.values())
    assert any(refused for *_, refused in server.sent)
    # What was never refused, counted, or known keeps out of the report: names are keys, not users.
    keys = {key["key"] for row in report["rows"] for key in row["top"]}
    assert "192.0.2.0" in keys and any(key.startswith("jwt-sub:mw:local:demowiki:") for key in keys)
    assert "2001:db8::1" not in keys


def test_cookies(server):
    cookies = server.forecast().json()["cookies"]
    sets = [session for *_, session, _ in server.sent if session.get("cookie") == "set"]
    clients = {(session["rate_limit_key"], session["consumer"]["key"]) for session in sets}
    assert cookies["clients"] == cookies["returning"] == len(clients) > 0
    assert (cookies["set"], cookies["kept"], cookies["keeping"], cookies["share"]) == (len(sets), 0, 0, 0)


def test_spans_policies_and_forms(server):
    whole = server.forecast().json()["rows"]
    assert server.forecast("span=hour").json()["rows"] == whole == server.forecast("span=day").json()["rows"]
    assert server.forecast("").json()["rows"] == whole
    mild = server.forecast("policy=mild").json()["rows"]
    assert mild == [row for row in whole if row["policy"] == "mild"]
    for text in (
        server.forecast("format=csv").text,
        server.forecast("", headers={"accept": "text/csv"}).text,
    ):
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [float(row["requests"]) for row in rows] == [row["requests"] for row in whole]
    assert server.forecast("", headers={"accept": "application/json, text/csv"}).json()["rows"] == whole
    assert "hit hardest" in server.forecast("format=table").text


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("span=week", 400, "span: expected hour, day or start"),
        ("policy=x", 404, "policy: expected strict or mild"),
        ("format=xml", 400, "format: expected"),
        ("top=-1", 400, "top: expected"),
    ],
)
def test_wrong_queries(server, query, status, error):
    answer = requests.get(f"http://{server.admin}/v1/forecast?{query}", timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(error)


def test_only_reads(server):
    assert requests.post(f"http://{server.admin}/v1/forecast", timeout=10).status_code == 405


def test_command(server):
    def forecast(*arguments):
        command = [stack.SESSIONGATE, "forecast", "--admin", server.admin, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30)

    whole = server.forecast().json()
    report = json.loads(forecast("--span", "start", "--json").stdout)
    assert report["rows"] == whole["rows"] and report["cookies"] == whole["cookies"]
    assert "policy" in forecast().stdout and "hit hardest" in forecast("--policy", "strict").stdout
    assert forecast("--csv").stdout.startswith("policy,class,unit,limit,")
    wrong = forecast("--policy", "nosuch")
    assert wrong.returncode == 1 and "policy: expected strict or mild" in wrong.stderr


def test_metrics(server):
    text = requests.get(f"http://{server.admin}/metrics", timeout=10).text
    for row in server.forecast().json()["rows"]:
        labels = f'policy="{row["policy"]}",class="{row["class"]}",unit="{row["unit"]}"'
        assert f"sessiongate_forecast_requests_total{{{labels}}} {row['requests']}\n" in text
        assert f"sessiongate_forecast_limited_requests_total{{{labels}}} {row['limited_requests']}\n" in text
    assert "sessiongate_forecast_requests_lost_total 0\n" in text


def test_instances_together(server, tmp_path):
    """Another instance, with other clients: the sum is as exact as its parts."""
    other = Server(tmp_path)
    try:
        time.sleep(1.05 - time.time() % 1)
        for _ in range(5):
            other.check("198.51.100.7")
        command = [stack.SESSIONGATE, "forecast", "--json", "--span", "start"]
        command += ["--instances", f"http://{server.admin}", f"http://{other.admin}/"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        jsonschema.validate(report, SCHEMA)
        assert forecasts.plain(report) == forecasts.count([*server.requests(), *other.requests()], POLICIES)
        command[-2:] = [server.admin, f"http://{server.admin}/"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode == 64 and "is given twice" in done.stderr
        # Under another name the same instance is not known again: it shares all keys with itself.
        command[-1] = server.admin.replace("127.0.0.1", "localhost")
        report = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=30).stdout)
        rows = [row for row in report["rows"] if row["keys"]]
        assert rows and all(not row["exact"] and row["error"]["shared_keys"] for row in rows)
    finally:
        other.program.stop()


def test_other_policies_when_the_configuration_is_read_again(tmp_path):
    server = Server(tmp_path)
    try:
        assert server.forecast().json()["rows"]
    finally:
        server.program.stop()
    file = server.state / "sessiongate.yaml"
    text = file.read_text()

    def with_policies(policies):
        return text + "\n" + yaml.safe_dump({"forecast": {"policies": policies}})

    # The key of the commented example is there already.
    assert "\nforecast:\n" in text
    text = text.replace("\nforecast:\n", "\n")
    file.write_text(with_policies({"first": {"limits": {"*": {"MINUTE": 1}}}}))
    program = stack.start_sessiongate(server.state, server.ports, tmp_path / "log")
    try:
        server.check()
        assert [row["policy"] for row in server.forecast().json()["rows"]] == ["first"]
        assert server.forecast().json()["rows"][0]["requests"] == 1
        file.write_text(with_policies({"second": {"limits": {"*": {"MINUTE": 1}}}}))
        deadline = time.monotonic() + 20
        while server.forecast().json()["rows"][0]["policy"] == "first":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert server.forecast().json()["rows"][0]["requests"] == 0
        server.check()
        assert server.forecast().json()["rows"][0]["requests"] == 1
    finally:
        program.stop()


def test_without_policies(tmp_path):
    server = Server(tmp_path, policies={})
    try:
        answer = requests.get(f"http://{server.admin}/v1/forecast", timeout=10)
        assert answer.status_code == 404 and "forecast.policies" in answer.json()["error"]
    finally:
        server.program.stop()
