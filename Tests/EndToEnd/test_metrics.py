"""/metrics in both formats, and what reads it: the alert rules and the dashboard in deploy/."""

import json
import re
import socket
import subprocess

import pytest
import requests
import stack
from farm import Farm
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

RULES = stack.ROOT / "deploy" / "prometheus"
DASHBOARD = stack.ROOT / "deploy" / "grafana" / "sessiongate.json"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
# What a scraper of Prometheus 2.x and 3.x asks for.
SCRAPER = (
    "application/openmetrics-text;version=1.0.0;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.fixture(scope="module")
def busy(edge):
    """The edge, after requests of several kinds."""
    assert edge.get(auth=edge.oauth1()).status_code == 200
    assert edge.get().status_code == 200
    assert "mediawiki-api-error" in edge.get(headers={"authorization": "Bearer x"}).headers
    return edge


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    """Instances with Redis, after a request."""
    with Farm(tmp_path_factory.mktemp("farm")) as running:
        assert running.instances[0].check(running.signed())["outcome"] == "authenticated"
        running.admin_url = f"http://{running.instances[0].admin}"
        yield running


def page(edge, accept=None):
    answer = requests.get(f"{edge.admin_url}/metrics", headers={"accept": accept} if accept else {}, timeout=5)
    assert answer.status_code == 200
    return answer


def families(edge):
    return {family.name: family for family in text_string_to_metric_families(page(edge).text)}


def samples(family, **labels):
    return [sample for sample in family.samples if labels.items() <= sample.labels.items()]


def test_promtool_has_nothing_to_say(busy, farm):
    for edge in (busy, farm):
        done = subprocess.run(["promtool", "check", "metrics"], input=page(edge).text, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("accept", [OPEN_METRICS, SCRAPER])
def test_open_metrics_for_those_who_ask(busy, accept):
    answer = page(busy, accept)
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.text.endswith("\n# EOF\n")
    names = {family.name for family in openmetrics.text_string_to_metric_families(answer.text)}
    # The same families: OpenMetrics leaves `_total` out of the names of counters, as this parser does of the others.
    assert names == set(families(busy))


@pytest.mark.parametrize(
    "accept", [None, "*/*", "text/plain", "application/openmetrics-text;q=0", f"text/plain, {OPEN_METRICS};q=0.1"]
)
def test_the_text_format_for_all_others(busy, accept):
    answer = page(busy, accept)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# EOF" not in answer.text


def test_latencies_are_those_of_the_checks(busy):
    found = families(busy)
    checks = {
        outcome: sum(sample.value for sample in samples(found["sessiongate_checks"], outcome=outcome))
        for outcome in ("authenticated", "anonymous", "refused")
    }
    durations = found["sessiongate_check_duration_seconds"]
    for outcome, count in checks.items():
        counts = [sample for sample in samples(durations, outcome=outcome) if sample.name.endswith("_count")]
        assert count >= 1 and counts[0].value == count
        buckets = [sample.value for sample in samples(durations, outcome=outcome) if sample.name.endswith("_bucket")]
        assert buckets == sorted(buckets) and buckets[-1] == count
    total = [sample.value for sample in samples(durations, outcome="authenticated") if sample.name.endswith("_sum")]
    assert 0 < total[0] < 10 * checks["authenticated"]
    for name in ("store_lookup", "mint"):
        family = found[f"sessiongate_{name}_duration_seconds"]
        assert [sample.value for sample in family.samples if sample.name.endswith("_count")][0] >= 1
    lag = found["sessiongate_event_loop_lag_seconds"]
    assert [sample.value for sample in lag.samples if sample.name.endswith("_count")][0] >= 1


def rejected(edge):
    """Requests that could not be decided, by endpoint and problem."""
    family = families(edge)["sessiongate_rejected_requests"]
    return {(sample.labels["endpoint"], sample.labels["problem"]): sample.value for sample in family.samples}


@pytest.mark.ext_authz
def test_requests_that_can_not_be_decided_are_seen(busy):
    """Over HTTP/1.1, as proxies and their operators send them."""
    url = busy.sessiongate_url
    check = f"{url}/envoy.service.auth.v3.Authorization/Check"
    before, checks = rejected(busy), families(busy)["sessiongate_checks"].samples
    asked = [
        (requests.post(check, data="{", headers={"content-type": "application/json"}, timeout=5), 400),
        (requests.post(check, data="a=b", headers={"content-type": "text/plain"}, timeout=5), 415),
        (requests.get(check, timeout=5), 405),
        (requests.get(f"{url}/authz", timeout=5), 400),
        (requests.get(f"{url}/authz", headers={"x-original-uri": "/a", "x-forwarded-uri": "/b"}, timeout=5), 400),
        (requests.get(f"{url}/authz/w/api.php", headers={"x-large": "x" * 300_000}, timeout=5), 431),
        (requests.post(f"{url}/v1/identity", data="[]", timeout=5), 400),
        (requests.get(f"{url}/auth/w/api.php", timeout=5), 404),
    ]
    assert [answer.status_code for answer, _ in asked] == [status for _, status in asked]
    with socket.create_connection(("127.0.0.1", busy.ports["sessiongate"]), timeout=5) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400 ")
    added = {key: value - before[key] for key, value in rejected(busy).items() if value > before[key]}
    # A head that is too large, or no HTTP, is answered before its path is known.
    assert added == {
        ("check", "malformed"): 1,
        ("check", "unsupported"): 2,
        ("forward-auth", "malformed"): 2,
        ("identity", "malformed"): 1,
        ("other", "too-large"): 1,
        ("other", "unknown-path"): 1,
        ("other", "malformed"): 1,
    }
    assert families(busy)["sessiongate_checks"].samples == checks


@pytest.mark.ext_authz
def test_answers_about_identities_are_no_checks(busy):
    url = f"{busy.sessiongate_url}/v1/identity"

    def counted():
        samples = families(busy)["sessiongate_identity_requests"].samples
        return {sample.labels["outcome"]: sample.value for sample in samples if sample.labels["fault"] == "none"}

    before, checks = counted(), families(busy)["sessiongate_checks"].samples
    assert requests.get(url, timeout=5).json()["outcome"] == "anonymous"
    assert requests.get(url, headers={"authorization": "Bearer x"}, timeout=5).json()["outcome"] == "refused"
    after = counted()
    assert {name: after[name] - before[name] for name in after} == {"authenticated": 0, "anonymous": 1, "refused": 1}
    assert families(busy)["sessiongate_checks"].samples == checks


def test_claims_of_nonces_are_timed(farm):
    family = families(farm)["sessiongate_redis_claim_duration_seconds"]
    assert [sample.value for sample in family.samples if sample.name.endswith("_count")][0] >= 1


def test_what_is_configured_is_shown(busy):
    found = families(busy)
    assert {sample.labels["mode"]: sample.value for sample in found["sessiongate_mode"].samples} == {
        "enforce": 1,
        "observe": 0,
    }
    keys = found["sessiongate_key_info"].samples
    assert {sample.labels["use"] for sample in keys} == {"access_token", "cookie"}
    published = requests.get(f"{busy.sessiongate_url}/.well-known/jwks.json", timeout=5).json()["keys"]
    assert {key["kid"] for key in published} == {
        sample.labels["kid"] for sample in keys if sample.labels["use"] == "cookie"
    }
    entries = {sample.labels["kind"] for sample in found["sessiongate_memory_entries"].samples}
    assert entries == {sample.labels["kind"] for sample in found["sessiongate_memory_capacity_entries"].samples}
    assert re.fullmatch(r"[0-9a-f]{12}", found["sessiongate_configuration_info"].samples[0].labels["hash"])
    assert found["sessiongate_store_last_read_timestamp_seconds"].samples[0].value > 1.7e9


def test_no_user_no_token_and_no_consumer_is_a_label(busy):
    text = page(busy).text
    for entry in busy.demo.values():
        if isinstance(entry, dict):
            for name in ("user_name", "consumer_key", "access_token", "token"):
                assert not entry.get(name) or str(entry[name]) not in text


def queries():
    """The expressions of the rules and of the dashboard, by where they are."""
    for rule in re.findall(r"expr: (?:>-\n)?(.*?)(?=\n +(?:for|labels):)", (RULES / "alerts.yaml").read_text(), re.S):
        yield "alerts.yaml", rule
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def test_rules_and_dashboard_read_what_there_is(busy, farm):
    found = families(busy) | families(farm)
    names = {sample.name for family in found.values() for sample in family.samples} | {
        # Without a key that waits, without TLS, MariaDB and policies of forecasts there is no sample.
        "sessiongate_key_due_timestamp_seconds",
        "sessiongate_certificate_expiry_timestamp_seconds",
        "sessiongate_database_server_asked",
        "sessiongate_database_server_lag_seconds",
        "sessiongate_database_failures_total",
        "sessiongate_forecast_requests_total",
        "sessiongate_forecast_limited_requests_total",
        # Prometheus itself makes it.
        "up",
    }
    labels = {label for family in found.values() for sample in family.samples for label in sample.labels} | {
        "instance",
        "server",
        "state",
        "policy",
        "class",
        "unit",
        "job",
    }
    seen = set()
    for place, query in queries():
        used = set(re.findall(r"\b(?:sessiongate|process)_\w+|\bup\b", query))
        assert used and used <= names, (place, used - names)
        for group in re.findall(r"(?:by|on|group_left) \(([^)]*)\)", query):
            assert set(re.findall(r"\w+", group)) <= labels, (place, group)
        for label in re.findall(r"[{,](\w+)=", query):
            assert label in labels, (place, label)
        seen |= used
    assert len(seen) > 25
    # What an operator should see is on the dashboard: families of our own that no query reads are named here.
    ours = {re.sub(r"_(bucket|count|sum)$", "", name) for name in names if name.startswith("sessiongate_")}
    unread = ours - {re.sub(r"_bucket$", "", name) for name in seen}
    assert unread <= {
        "sessiongate_event_loops",
        "sessiongate_retries_total",
        "sessiongate_refusals_observed_total",
        "sessiongate_requests_total",
        "sessiongate_connections_total",
        "sessiongate_store_lookups_total",
        "sessiongate_tls_handshakes_failed_total",
        "sessiongate_connections_expired_total",
        "sessiongate_connections_broken_total",
        "sessiongate_connections_reset_floods_total",
        "sessiongate_redis_outages_total",
        "sessiongate_redis_handover_total",
        "sessiongate_redis_invalidations_total",
    }, unread


def test_the_dashboards_queries_are_promql(tmp_path):
    rules = [
        {"record": f"q{number}", "expr": re.sub(r"\$__rate_interval", "5m", query).replace("$instance", ".*")}
        for number, (_, query) in enumerate(queries())
    ]
    file = tmp_path / "queries.yaml"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_do_what_they_say():
    tests = ["alerts.test.yaml", "alerts.days.test.yaml"]
    for command in (["check", "rules", "alerts.yaml"], ["test", "rules", *tests]):
        done = subprocess.run(["promtool", *command], cwd=RULES, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
