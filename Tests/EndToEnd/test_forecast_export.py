"""`sessiongate forecast export`: what was forecast is what is enforced, behind the real Envoy."""

import subprocess
import time

import forecasts
import pytest
import requests
import stack
import yaml
from edge import Edge, plenty
from ratelimit import RateLimitService

SOURCE = stack.ROOT / "deploy" / "envoy-ratelimit.yaml"
POLICY = {"limits": {"established-user": {"MINUTE": 9, "HOUR": 10}, "approved-bot": {"HOUR": 7}, "*": {"HOUR": 5}}}


def export(path, part, *arguments):
    command = [stack.SESSIONGATE, "forecast", "export", "--policies", path, "--part", part, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Limited(Edge):
    """An edge whose route asks a rate limit service, both as exported."""

    def __init__(self, folder, *arguments):
        policies = folder / "policies.yaml"
        policies.write_text(yaml.safe_dump({"policies": {"new": POLICY}}))
        self.service_text = export(policies, "service", *arguments)
        route = yaml.safe_load(export(policies, "route", *arguments))
        environment = {"SESSIONGATE_FORECAST_POLICIES": yaml.safe_dump({"new": POLICY}, default_flow_style=True)}

        def change(text):
            text = (
                plenty(text)
                .replace("timeout: 0.1s", "timeout: 5s")
                .replace("failure_mode_deny: false", "failure_mode_deny: true")
            )
            configuration = yaml.safe_load(text)
            listener = configuration["static_resources"]["listeners"][0]
            manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
            manager["route_config"]["virtual_hosts"][0]["rate_limits"] = route["rate_limits"]
            return yaml.safe_dump(configuration)

        super().__init__(folder, change=change, source=SOURCE, environment=environment)

    def __enter__(self):
        self.service = RateLimitService(self.ports["ratelimit"], self.service_text)
        try:
            return super().__enter__()
        except BaseException:
            self.service.stop()
            raise

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        self.service.stop()


def traffic(edge):
    """Requests of all kinds; returns the statuses of those that are not refused."""
    # A window that ends meanwhile would make two of it.
    for unit in (3600, 60):
        if time.time() % unit > unit - 30:
            time.sleep(unit - time.time() % unit)
    kinds = [
        {},
        {"auth": "oauth1"},
        {"auth": "oauth1_other_user"},
        {"headers": edge.bearer("oauth2_owner_only")},
        {"headers": edge.bearer("oauth2_client_credentials")},
        {"headers": {"authorization": "Bearer junk"}},
    ]
    statuses = []
    for number in range(8):
        for kind in kinds * (2 if number % 3 == 0 else 1):
            signed = {"auth": edge.oauth1(kind["auth"])} if "auth" in kind else kind
            answer = edge.get(**signed)
            if "mediawiki-api-error" not in answer.headers:
                statuses.append(answer.status_code)
    return statuses


def report(edge):
    return requests.get(f"{edge.admin_url}/v1/forecast?span=start", timeout=10).json()


def over(service):
    """Requests over each limit, as the service counted them, by class and unit as the policy names them."""
    found = dict.fromkeys([(name, unit) for name, units in POLICY["limits"].items() for unit in units], 0)
    for entries, number in service.over.items():
        (_, policy), (_, unit), (_, name) = entries
        assert policy == "new"
        found[name if name in POLICY["limits"] else "*", unit] += number
    return found


@pytest.mark.contract("rate limit service gets the descriptors")
@pytest.mark.parametrize("arguments", [[], ["--shadow"]], ids=["enforced", "shadow"])
def test_forecast_is_what_the_service_limits(tmp_path, arguments):
    with Limited(tmp_path, *arguments) as edge:
        statuses = traffic(edge)
        rows = forecasts.plain(report(edge))
        limited = over(edge.service)
        assert {(name, unit): row["limited_requests"] for (_, name, unit), row in rows.items()} == limited
        assert all(number > 0 for number in limited.values())
        if arguments:
            assert 429 not in statuses
        else:
            # A request is stopped once, however many limits it is over.
            assert max(limited.values()) <= statuses.count(429) <= sum(limited.values())
        assert edge.service.asked == len(statuses)


def test_parts_and_policies(tmp_path):
    """What is printed, and for which policies; the test above has run it."""
    policies = tmp_path / "policies.yaml"
    policies.write_text(yaml.safe_dump({"policies": {"a": POLICY, "b": {"limits": {"*": {"DAY": 9}}}}}))
    service, route = yaml.safe_load_all(export(policies, "both", "--domain", "edge"))
    assert service["domain"] == "edge"
    assert [node["value"] for node in service["descriptors"]] == ["a", "b"]
    # Two lists of actions for each policy and unit: with a key, and by address.
    assert len(route["rate_limits"]) == 2 * 3
    alone = yaml.safe_load(export(policies, "service", "--policy", "b"))
    assert [node["value"] for node in alone["descriptors"]] == ["b"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [([], "either --config or --policies"), (["--policies", "POLICIES", "--policy", "x"], "--policy: expected a")],
)
def test_wrong_use(tmp_path, arguments, error):
    (tmp_path / "p.yaml").write_text(yaml.safe_dump({"policies": {"a": POLICY}}))
    arguments = [str(tmp_path / "p.yaml") if one == "POLICIES" else one for one in arguments]
    done = subprocess.run(
        [stack.SESSIONGATE, "forecast", "export", *arguments], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 64 and error in done.stderr
