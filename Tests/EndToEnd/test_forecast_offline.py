"""`sessiongate forecast --decisions`: policies tried out on decision logs."""

import csv
import io
import json
import random
import subprocess
from datetime import UTC, datetime

import forecasts
import jsonschema
import pytest
import stack
import yaml

START = 1_772_366_400
SCHEMA = json.loads((stack.ROOT / "proto-json" / "forecast.schema.json").read_text())
POLICIES = {
    "strict": {"limits": {"authed-user": {"SECOND": 2, "MINUTE": 5}, "*": {"MINUTE": 4, "HOUR": 60, "DAY": 90}}},
    "mild": {"limits": {"approved-bot": {"HOUR": 100}, "anon": {"MINUTE": 10}}},
}


def decisions(count, seed, weights=(1,)):
    """Lines of a decision log, and the requests that they stand for."""
    random.seed(seed)
    lines, requests = [], []
    for _ in range(count):
        number = int(random.random() ** 3 * 200)
        time = (
            START + random.randrange(2 * 86_400_000) / 1000 if number % 5 else START + random.randrange(600_000) / 1000
        )
        name = ["authed-user", "approved-bot", "anon", "established-user", ""][number % 5]
        line = {
            "time": datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "outcome": "anonymous" if name == "anon" else "authenticated",
            "mode": "enforce",
            "sample_weight": random.choice(weights),
        }
        if name:
            line["class"] = name
        if name == "anon":
            line["client_address"] = key = f"192.0.2.{number}"
            consumer = ""
        else:
            line["rate_limit_key"] = key = f"jwt-sub:mw:local:wiki:{number}"
            line["consumer_key"] = consumer = f"consumer{number % 20}"
        kind = random.randrange(12)
        if kind == 0:
            # It gets to no limit.
            line |= {"outcome": "refused", "reason": "bad_signature"}
        elif kind == 1:
            line |= {"outcome": "failed", "fault": "store_unavailable"}
        else:
            if kind == 2:
                # The consumer is what its credentials claim.
                line |= {"outcome": "refused", "mode": "observe", "reason": "bad_signature"}
                consumer = ""
            requests.append((time, key, name, consumer, line["sample_weight"]))
        lines.append(json.dumps(line))
    return lines, requests


def forecast(*arguments, status=0, **options):
    done = subprocess.run(
        [stack.SESSIONGATE, "forecast", *arguments], capture_output=True, text=True, timeout=60, **options
    )
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture
def policies(tmp_path):
    path = tmp_path / "policies.yaml"
    path.write_text(yaml.safe_dump({"forecast": {"policies": POLICIES}}, sort_keys=False))
    return path


@pytest.mark.parametrize("weights", [(1,), (1, 100), (1, 2.5, 4)])
def test_as_counted_plainly(tmp_path, policies, weights):
    lines, requests = decisions(15_000, seed=len(weights), weights=weights)
    files = [tmp_path / f"{number}.jsonl" for number in range(2)]
    # Two instances: the requests of one client are in both files.
    for number, file in enumerate(files):
        file.write_text("\n".join(lines[number::2]) + "\n")
    done = forecast("--decisions", *files, "--policies", policies, "--json")
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    is_sampled = max(weights) > 1
    assert all(row["exact"] != is_sampled for row in [*report["rows"], report["cookies"]])
    assert all(row["error"]["sampled"] for row in report["rows"] if is_sampled)
    assert ("stand for several requests each (sample_weight above 1)" in done.stderr) == is_sampled
    expected = forecasts.count(requests, POLICIES)
    assert forecasts.plain(report) == expected
    assert any(row["limited_requests"] > 0 for row in expected.values())
    for row in report["rows"]:
        assert row["top"] == sorted(row["top"], key=lambda key: -key["limited_requests"])
        assert len(row["top"]) == min(20, row["keys"])


def test_malformed_lines_are_counted_and_passed_over(tmp_path, policies):
    lines, requests = decisions(500, seed=1)
    broken = [
        "{",
        "null",
        '{"outcome": "anonymous"}',
        '{"time": "yesterday", "outcome": "anonymous"}',
        "\xff",
        "{}" * 3,
    ]
    text = "\n".join([*lines[:250], *broken, "", *lines[250:], lines[0][:40]])
    done = forecast("--decisions", "-", "--policies", policies, "--json", input=text)
    assert forecasts.plain(json.loads(done.stdout)) == forecasts.count(requests, POLICIES)
    assert f"{len(broken) + 1} malformed lines passed over, the first: standard input:251: " in done.stderr
    assert f"{len(requests)} decisions counted" in done.stderr
    forecast("--decisions", "-", "--policies", policies, input="no log\n", status=2)


def test_other_forms(tmp_path, policies):
    lines, requests = decisions(2000, seed=2)
    (tmp_path / "log").write_text("\n".join(lines))
    table = forecast("--decisions", tmp_path / "log", "--policies", policies).stdout
    assert "hit hardest" in table and "session cookie:" in table
    rows = list(
        csv.DictReader(io.StringIO(forecast("--decisions", tmp_path / "log", "--policies", policies, "--csv").stdout))
    )
    expected = forecasts.count(requests, POLICIES)
    assert {(row["policy"], row["class"], row["unit"]): float(row["requests"]) for row in rows} == {
        key: row["requests"] for key, row in expected.items()
    }
    only = forecast("--decisions", tmp_path / "log", "--policies", policies, "--json", "--policy", "mild").stdout
    assert {row["policy"] for row in json.loads(only)["rows"]} == {"mild"}
    # `policies` alone, and as a part of a whole configuration.
    for text in [{"policies": POLICIES}, {"mode": "enforce", "forecast": {"policies": POLICIES}}]:
        policies.write_text(yaml.safe_dump(text))
        report = json.loads(forecast("--decisions", tmp_path / "log", "--policies", policies, "--json").stdout)
        assert forecasts.plain(report) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "policies:\n  p:\n    limits: {anon: {FORTNIGHT: 3}}\n",
            ':3: policies.p.limits.anon: unknown key "FORTNIGHT"',
        ),
        ("policies:\n  p:\n    limits:\n      anon: {MINUTE: -1}\n", ":4: policies.p.limits.anon.MINUTE: got"),
        ("policies: {p: {limits: {}}}\n", ":1: policies.p.limits: got nothing"),
        ("forecast:\n  policies:\n    p: 3\n", ":3: forecast.policies.p: got"),
        ("forecast: {}\n", ":1: forecast: there are no policies"),
        (
            "policies:\n  p: {limits: {anon: {HOUR: 1}}}\n  p: {limits: {anon: {HOUR: 1}}}\n",
            ":3: policies.p: given more",
        ),
        ("a: [\n", "can't be read as YAML"),
        (None, ":1: No such file"),
    ],
)
def test_wrong_policies(tmp_path, text, problem):
    path = tmp_path / "policies.yaml"
    if text:
        path.write_text(text)
    done = forecast("--decisions", "-", "--policies", path, input="", status=78)
    assert problem in done.stderr


def test_all_problems_of_a_policy_at_once(tmp_path):
    path = tmp_path / "policies.yaml"
    path.write_text(
        "policies:\n  p:\n    limits:\n      anon: {SECONDS: 5, MINUTE: -1, HOUR: x, DAY: 1.5}\n"
        "      bots: {MINUTE: -2}\n    extra: 1\n  q: {limits: {anon: {HOUR: -3}}}\n"
    )
    lines = forecast("--decisions", "-", "--policies", path, input="", status=78).stderr.splitlines()
    for number, part in [
        (4, 'anon: unknown key "SECONDS"'),
        (4, "anon.MINUTE: got"),
        (4, "anon.HOUR: got"),
        (4, "anon.DAY: got"),
        (5, "bots.MINUTE: got"),
    ]:
        assert any(line.startswith(f"{path}:{number}: policies.p.limits.{part}") for line in lines), (part, lines)
    assert any('policies.p: unknown key "extra"' in line for line in lines)
    assert any("policies.q.limits.anon.HOUR: got" in line for line in lines)
    assert len(lines) == 7, lines


def test_wrong_use(tmp_path, policies):
    assert "--policies FILE" in forecast("--decisions", "-", status=64).stderr
    missing = forecast("--decisions", tmp_path / "missing", "--policies", policies, status=2).stderr
    assert missing == f"error: {tmp_path / 'missing'}: No such file or directory\n"
    twice = forecast("--instances", "127.0.0.1:9", "127.0.0.1:8", "http://127.0.0.1:9/", status=64).stderr
    assert "127.0.0.1:9 is given twice" in twice
    assert (
        "no policy" in forecast("--decisions", "-", "--policies", policies, "--policy", "x", input="", status=64).stderr
    )
